package org.dctloss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Every mistake gives one sentence with what, got and allowed, before any work. */
class DctLossArgumentsTest {
    private final float[] untouched = new float[2 * 3 * 16 * 16];
    private final ImageBatch p = batch();
    private final ImageBatch t = batch();
    private final ImageBatch g = ImageBatch.of(untouched, 2, 3, 16, 16);
    private final DctLoss loss = DctLoss.builder().build();

    DctLossArgumentsTest() {
        Arrays.fill(untouched, 7);
    }

    private static ImageBatch batch() {
        return ImageBatch.of(new float[2 * 3 * 16 * 16], 2, 3, 16, 16);
    }

    private void refused(String sentence, Executable call) {
        String message = assertThrows(IllegalArgumentException.class, call).getMessage();
        assertEquals(sentence, message);
        assertEquals(-1, message.indexOf('\n'));
        for (float v : untouched) {
            assertEquals(7f, v, "the gradient was written");
        }
    }

    private void refusedNull(String sentence, Executable call) {
        assertEquals(sentence, assertThrows(NullPointerException.class, call).getMessage());
    }

    @Test
    void nulls() {
        refusedNull("prediction: got null, allowed an ImageBatch", () -> loss.forward(null, t));
        refusedNull("target: got null, allowed an ImageBatch", () -> loss.backward(p, null, g));
        refusedNull(
                "gradient: got null, allowed an ImageBatch for it or for the target's",
                () -> loss.backward(p, t, null));
        refusedNull("options: got null, allowed LossOptions", () -> loss.forward(p, t, null));
        refusedNull(
                "weights: got null, allowed a value", () -> DctLoss.builder().weights(null));
        refusedNull(
                "penalty: got null, allowed a value", () -> DctLoss.builder().penalty(null));
        refusedNull(
                "executor: got null, allowed a value", () -> DctLoss.builder().executor(null));
        refusedNull(
                "coefficients: got null, allowed an ImageBatch",
                () -> BlockDct.of(8).forward(p, null));
    }

    @Test
    void configuration() {
        refused("block size: got 1, allowed 2 to 64", () -> DctLoss.builder().blockSize(1));
        refused("block size: got 65, allowed 2 to 64", () -> DctLoss.builder().blockSize(65));
        refused(
                "stride: got 0, allowed divisors of the block size",
                () -> DctLoss.builder().stride(0));
        refused(
                "stride: got 3, allowed divisors of the block size 8",
                () -> DctLoss.builder().stride(3).build());
        refused("threads: got 0, allowed 1 to 1024", () -> DctLoss.builder().threads(0));
        for (double bad : new double[] {0, -1, 9e-10, Double.NaN, Double.POSITIVE_INFINITY}) {
            refused("Charbonnier eps: got " + bad + ", allowed 1.0E-9 to 1.0E18", () -> Penalty.charbonnier(bad));
            refused("Huber delta: got " + bad + ", allowed 1.0E-9 to 1.0E18", () -> Penalty.huber(bad));
        }
        FrequencyWeights small = FrequencyWeights.of(new float[] {1, 2, 3, 4});
        refused(
                "weights: got " + small
                        + " of size 2x2 for block size 8, allowed that size (resample(8) brings it there)",
                () -> DctLoss.builder().weights(small).build());
        float[] table = new float[64];
        table[0] = 3e38f;
        assertTrue(assertThrows(
                        IllegalArgumentException.class,
                        () -> DctLoss.builder()
                                .weights(FrequencyWeights.of(table).normalize(Normalization.NONE))
                                .scaling(Scaling.UNNORMALIZED)
                                .build())
                .getMessage()
                .contains("stay below"));
        refused("block size: got 65, allowed 2 to 64", () -> BlockDct.of(65));
    }

    @Test
    void shapes() {
        ImageBatch other = ImageBatch.of(new float[2 * 3 * 16 * 8], 2, 3, 16, 8);
        refused("target: got shape 2x3x16x8, allowed 2x3x16x16 (N x C x H x W)", () -> loss.backward(p, other, g));
        refused("gradient: got shape 2x3x16x8, allowed 2x3x16x16 (N x C x H x W)", () -> loss.backward(p, t, other));
        ImageBatch grey = ImageBatch.of(new float[512], 2, 1, 16, 16);
        refused(
                "channels: got 1, allowed 3 (R, G, B) with colour transform BT601",
                () -> DctLoss.builder().color(ColorTransform.BT601).build().forward(grey, grey));
        FrequencyWeights two = FrequencyWeights.perChannel(FrequencyWeights.uniform(), FrequencyWeights.uniform());
        refused(
                "weights per channel: got 2 tables for 3 channels, allowed 1 or 3",
                () -> DctLoss.builder().weights(two).build().backward(p, t, g));
        ImageBatch tiny = ImageBatch.of(new float[35], 1, 1, 5, 7);
        refused(
                "image: got 5x7 pixels with edge CROP, allowed sizes that hold a complete 8x8 block at offset 0",
                () -> DctLoss.builder().edge(Edge.CROP).build().forward(tiny, tiny));
        refused(
                "image: got 16x16 pixels with edge CROP, allowed sizes that hold a complete 12x12 block at offset 6",
                () -> DctLoss.builder()
                        .blockSize(12)
                        .stride(6)
                        .edge(Edge.CROP)
                        .build()
                        .backward(p, t, g));
        refused(
                "image: got 5x7 pixels, allowed multiples of the block size 8 (pad or crop first)",
                () -> BlockDct.of(8).forward(tiny, ImageBatch.of(new float[35], 1, 1, 5, 7)));
        // One float, repeated 2^40 times: sizes are checked before anything is allocated.
        float[] one = new float[1];
        ImageBatch endless = ImageBatch.strided(one, 0, 1 << 20, 1 << 10, 16, 16, 0, 0, 0, 0);
        refused(
                "batch: got 1048576x1024x16x16 with 3221225472 block rows, allowed 134217728 or fewer",
                () -> loss.forward(endless, endless));
        ImageBatch wide = ImageBatch.strided(one, 0, 1, 1, 1, Integer.MAX_VALUE, 0, 0, 0, 0);
        refused("width: got 2147483647, allowed 1 to 1073741824", () -> loss.forward(wide, wide));
        refused("N: got 0, allowed 1 or more", () -> loss.open(0, 1, 1, 1));
    }

    @Test
    void options() {
        for (int[] bad : new int[][] {{-1, 0}, {0, 8}, {8, 0}, {0, -1}}) {
            refused(
                    "offset: got (" + bad[0] + ", " + bad[1] + "), allowed 0 to 7 for block size 8",
                    () -> loss.backward(p, t, g, LossOptions.DEFAULT.offset(bad[0], bad[1])));
        }
        refused(
                "upstream factors per sample: got reduction MEAN, allowed PER_SAMPLE",
                () -> loss.backward(p, t, g, LossOptions.DEFAULT.upstream(new float[2])));
        refused(
                "upstream factors: got 3 numbers, allowed one for each of 2 samples",
                () -> loss.toBuilder()
                        .reduction(Reduction.PER_SAMPLE)
                        .build()
                        .backward(p, t, g, LossOptions.DEFAULT.upstream(new float[3])));
        refused(
                "per-sample values: got 1 numbers, allowed one for each of 2 samples",
                () -> loss.backward(p, t, g, LossOptions.DEFAULT.perSample(new double[1])));
        refused(
                "block map: got stride 4, allowed the block size 8 (one grid)",
                () -> loss.toBuilder().stride(4).build().blockMap(p, t, LossOptions.DEFAULT));
        refused(
                "spectrum: got stride 4, allowed the block size 8 (one grid)",
                () -> loss.toBuilder().stride(4).build().spectrum(p, t, LossOptions.DEFAULT));
    }

    @Test
    void memory() {
        refused(
                "gradient: got memory that overlaps the prediction, allowed memory of its own",
                () -> loss.backward(g, t, g));
        refused(
                "gradient: got memory that overlaps the target, allowed memory of its own",
                () -> loss.backward(p, g, g));
        refused(
                "target gradient: got memory that overlaps the gradient, allowed memory of its own",
                () -> loss.backward(p, t, g, g, LossOptions.DEFAULT));
        float[] larger = new float[2 * 3 * 16 * 16 + 1];
        ImageBatch shifted = ImageBatch.strided(larger, 1, 2, 3, 16, 16, 768, 256, 16, 1);
        ImageBatch start = ImageBatch.strided(larger, 0, 2, 3, 16, 16, 768, 256, 16, 1);
        refused(
                "gradient: got memory that overlaps the prediction, allowed memory of its own",
                () -> loss.backward(start, t, shifted));
        ImageBatch repeated = ImageBatch.strided(new float[768], 0, 2, 3, 16, 16, 0, 256, 16, 1);
        refused(
                "gradient: got strides 0, 256, 16, 1 for 2x3x16x16, where pixels share memory, allowed layouts that keep all pixels apart",
                () -> loss.backward(p, t, repeated));
        assertEquals(0, loss.forward(repeated, repeated), "as an input a repeated sample is fine");
        ImageBatch readOnly = ImageBatch.of(
                ByteBuffer.allocateDirect(4 * 1536)
                        .order(ByteOrder.nativeOrder())
                        .asFloatBuffer()
                        .asReadOnlyBuffer(),
                2,
                3,
                16,
                16);
        refused("gradient: got a read-only buffer, allowed a writable one", () -> loss.backward(p, t, readOnly));
        assertEquals(0, loss.forward(readOnly, readOnly));
        ImageBatch device = ImageBatch.ofDevice(0x1000, 1, DataType.FLOAT32, this, 2, 3, 16, 16, 768, 256, 16, 1);
        refused(
                "target: got memory of device 1, allowed host memory like the other views (nothing is copied between them silently)",
                () -> loss.backward(p, device, g));
        refused(
                "coefficients: got memory that overlaps the pixels, allowed memory of its own",
                () -> BlockDct.of(8).forward(start, shifted));
    }

    @Test
    void backendsThatCannotSayWhy() {
        ImageBatch address = ImageBatch.ofAddress(0x1000, DataType.FLOAT32, this, 2, 3, 16, 16, 768, 256, 16, 1);
        DctLoss java = loss.toBuilder().backend(BackendChoice.JAVA).build();
        assertEquals(
                "backend: got java, but java cannot run this: it cannot read raw addresses, which need dctloss-native",
                assertThrows(BackendException.class, () -> java.forward(address, t))
                        .getMessage());
        ImageBatch half = ImageBatch.ofAddress(0x1000, DataType.FLOAT16, this, 2, 3, 16, 16, 768, 256, 16, 1);
        String message = assertThrows(BackendException.class, () -> java.forward(half, half))
                .getMessage();
        assertTrue(message.endsWith("it stores FLOAT32 only"), message);
        ImageBatch device = ImageBatch.ofDevice(0x1000, 0, DataType.FLOAT32, this, 2, 3, 16, 16, 768, 256, 16, 1);
        message = assertThrows(BackendException.class, () -> java.forward(device, device))
                .getMessage();
        assertTrue(message.contains("it cannot read device memory"), message);
    }

    /** Numbers in all, whatever the backend: no memory of constants is larger than its kernels and an int count. */
    @Test
    void tooManyTables() {
        FrequencyWeights[] channels = new FrequencyWeights[8193];
        Arrays.fill(channels, FrequencyWeights.uniform());
        FrequencyWeights weights = FrequencyWeights.perChannel(channels);
        refused(
                "weights: got 8193 tables of 64x64, allowed 33554432 numbers or fewer in all",
                () -> DctLoss.builder().blockSize(64).weights(weights).build());
    }

    @Test
    void whatIsMeantForDevices() {
        LossOptions none = LossOptions.DEFAULT;
        String allowed = " of a device for views in host memory, allowed only with views in device memory";
        refused("stream: got 0x2" + allowed, () -> loss.backward(p, t, g, none.stream(2)));
        refused("upstream factor: got 0x1004" + allowed, () -> loss.backward(p, t, g, none.upstreamAt(0x1004)));
        refused("loss: got 0x1008" + allowed, () -> loss.backward(p, t, g, none.lossAt(0x1008)));
        refused("per-sample values: got 0x1008" + allowed, () -> loss.backward(p, t, g, none.perSampleAt(0x1008)));
        refused(
                "upstream factor: got device address 0x1002, allowed multiples of 4 above 0",
                () -> none.upstreamAt(0x1002));
        refused("loss: got device address 0x0, allowed multiples of 8 above 0", () -> none.lossAt(0));
        refused(
                "loss: got device address 0xfffffffffffffff8, allowed multiples of 8 above 0",
                () -> none.lossAt(-8, this));
        refused(
                "per-sample values: got device address 0x1004, allowed multiples of 8 above 0",
                () -> none.perSampleAt(0x1004));
        refused(
                "stream: got 0x0 for views in host memory, allowed only with views in device memory",
                () -> BlockDct.of(8).stream(0).forward(p, g));
        String owner = "owner: got null, allowed the object that keeps the stream or the memory alive";
        refusedNull(owner, () -> none.stream(0, null));
        refusedNull(owner, () -> none.upstreamAt(8, null));
        refusedNull(owner, () -> none.lossAt(8, null));
        refusedNull(owner, () -> none.perSampleAt(8, null));
        refusedNull(owner, () -> BlockDct.of(8).stream(0, null));
        LossOptions all = none.accumulate().upstreamAt(8).stream(0x20)
                .lossAt(16)
                .perSampleAt(24)
                .offset(1, 2);
        assertEquals("offset(1, 2), upstream 1.0 times one on the device, accumulating, stream 0x20", all.toString());
    }

    @Test
    void baselines() {
        ImageBatch small = ImageBatch.of(new float[100], 1, 1, 10, 10);
        refused(
                "image: got 10x10 pixels, allowed 11x11 or more for SSIM",
                () -> Ssim.ofDataRange(1).forward(small, small));
        for (double bad : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
            refused("data range: got " + bad + ", allowed positive finite numbers", () -> Psnr.of(p, t, bad));
            refused("data range: got " + bad + ", allowed positive finite numbers", () -> Ssim.ofDataRange(bad));
        }
        refused("MSE: got -1.0, allowed 0 or more", () -> Psnr.of(-1, 1));
        refused("target: got shape 1x1x10x10, allowed 2x3x16x16 like the prediction", () -> Mse.forward(p, small));
        refused(
                "gradient: got memory that overlaps the prediction, allowed memory of its own",
                () -> Mse.backward(g, t, g, 1));
    }

    @Test
    void aSessionIsForOneThreadAtATime() throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(2);
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        // An executor that holds the first call up while a second one comes.
        DctLoss held = DctLoss.builder()
                .threads(2)
                .executor(task -> {
                    inside.countDown();
                    try {
                        go.await();
                    } catch (InterruptedException stop) {
                        Thread.currentThread().interrupt();
                    }
                })
                .build();
        float[] pixels = new float[1024 * 1024];
        ImageBatch image = ImageBatch.of(pixels, 1, 1, 1024, 1024);
        try (LossSession session = held.open(1, 1, 1024, 1024)) {
            var first = executor.submit(() -> session.forward(image, image));
            inside.await();
            String message = assertThrows(IllegalStateException.class, () -> session.forward(image, image))
                    .getMessage();
            assertEquals("session: got a call while another thread uses it, allowed one at a time", message);
            go.countDown();
            assertEquals(0, first.get());
        } finally {
            go.countDown();
            executor.shutdown();
        }
    }

    @Test
    void anExecutorThatRejectsIsAnError() {
        ExecutorService closed = Executors.newFixedThreadPool(1);
        closed.shutdown();
        DctLoss broken = DctLoss.builder().threads(2).executor(closed).build();
        ImageBatch image = ImageBatch.of(new float[1024 * 1024], 1, 1, 1024, 1024);
        assertEquals(
                "executor: got one that rejects work, allowed one that runs it",
                assertThrows(IllegalStateException.class, () -> broken.forward(image, image))
                        .getMessage());
    }

    @Test
    void equalByValueAndReadable() {
        DctLoss same =
                DctLoss.builder().weights(FrequencyWeights.jpegLuminance(50)).build();
        assertEquals(loss, same);
        assertEquals(loss.hashCode(), same.hashCode());
        assertEquals(loss, loss.toBuilder().stride(8).build());
        assertNotEquals(
                loss, DctLoss.builder().penalty(Penalty.charbonnier(1e-3)).build());
        assertEquals(Penalty.huber(0.1), Penalty.huber(0.1));
        assertEquals(16, loss.toBuilder().blockSize(16).build().stride(), "one grid stays one grid");
        assertEquals(
                "DctLoss[21x21 UNNORMALIZED, weights jpegLuminance(50).resample(21).floor().normalize(NONE), squared,"
                        + " MAGNITUDE, MEAN, edge REPLICATE, stride 21, color NONE, backend auto, threads 3]",
                DctLoss.arezoomand2021().toBuilder().threads(3).build().toString());
        assertArrayEquals(new double[] {0, 0}, loss.perSample(p, t));
    }
}

package org.dctloss.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bytedeco.javacpp.Pointer;
import org.dctloss.BackendChoice;
import org.dctloss.BackendException;
import org.dctloss.BlockDct;
import org.dctloss.DataType;
import org.dctloss.DctLoss;
import org.dctloss.FrequencyWeights;
import org.dctloss.ImageBatch;
import org.dctloss.LossOptions;
import org.dctloss.LossSession;
import org.dctloss.Reduction;
import org.dctloss.contract.Availability;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What only a device has: streams, graphs, results and factors in device memory, and data that is not copied silently. */
@Tag("device")
class SessionsTest {
    private static final int N = 2;
    private static final int C = 3;
    private static final int H = 32;
    private static final int W = 48;

    private OnDevice p;
    private OnDevice t;
    private OnDevice g;

    @BeforeEach
    void images() {
        Availability.required(BackendChoice.CUDA);
        p = OnDevice.noise(1, N, C, H, W);
        t = OnDevice.noise(2, N, C, H, W);
        g = OnDevice.zeros(N, C, H, W);
    }

    private static final DctLoss LOSS = DctLoss.builder().build();

    private double enqueueAndRead(LossSession session, LossOptions options) {
        session.enqueue(p.image(), t.image(), g.image(), null, options);
        return session.loss();
    }

    // ---------------------------------------------------------------- where data lives

    @Test
    void autoTakesItForDeviceDataAlone() {
        try (LossSession session = LOSS.open(p.image(), t.image(), null)) {
            assertEquals("cuda", session.backend());
            assertTrue(session.toString().endsWith(" on cuda for 2x3x32x48"), session.toString());
        }
        try (LossSession session = LOSS.open(N, C, H, W)) {
            assertNotEquals("cuda", session.backend());
        }
        DctLoss asked = LOSS.toBuilder().backend(BackendChoice.CUDA).build();
        try (LossSession session = asked.open(N, C, H, W)) {
            assertTrue(
                    session.toString().endsWith(", which copies the images to the device and the gradient back"),
                    session.toString());
        }
    }

    @Test
    void whatItCannotRunIsSaid() {
        DctLoss asked = LOSS.toBuilder().backend(BackendChoice.CUDA).build();
        ImageBatch address = ImageBatch.ofAddress(0x1000, DataType.FLOAT32, this, 1, 1, 8, 8, 64, 64, 8, 1);
        assertEquals(
                "backend: got cuda, but cuda cannot run this: it reads no raw addresses of the host",
                assertThrows(BackendException.class, () -> asked.forward(address, address))
                        .getMessage());
        int devices = CudaDevice.all().size();
        ImageBatch elsewhere = ImageBatch.ofDevice(0x1000, devices, DataType.FLOAT32, this, 1, 1, 8, 8, 64, 64, 8, 1);
        assertEquals(
                "backend: got cuda, but cuda cannot run this: there is no device " + devices + " (there are " + devices
                        + ")",
                assertThrows(BackendException.class, () -> asked.forward(elsewhere, elsewhere))
                        .getMessage());
        ImageBatch large = ImageBatch.ofDevice(0x1000, 0, DataType.FLOAT32, this, 1, 1, 1 << 20, 1 << 20, 0, 0, 0, 0);
        assertEquals(
                "backend: got cuda, but cuda cannot run this: the batch is larger than its kernels count",
                assertThrows(BackendException.class, () -> asked.forward(large, large))
                        .getMessage());
    }

    // ---------------------------------------------------------------- streams, and results in device memory

    @Test
    void aCallOnAStreamGivesTheSameBits() {
        double expected = LOSS.backward(p.image(), t.image(), g.image());
        float[] gradient = g.pixels();
        try (CudaStream stream = CudaStream.create(0);
                LossSession session = LOSS.open(p.image(), t.image(), g.image())) {
            g.memory().fill(0, stream);
            LossOptions options = stream.on(LossOptions.DEFAULT);
            assertEquals(expected, enqueueAndRead(session, options));
            stream.synchronize();
            assertArrayEquals(gradient, g.pixels());
        }
    }

    @Test
    void resultsAndFactorsMayStayOnTheDevice() {
        double[] samples = new double[N];
        double expected = LOSS.backward(
                p.image(),
                t.image(),
                g.image(),
                LossOptions.DEFAULT.perSample(samples).upstream(1.5));
        float[] gradient = g.pixels();
        try (CudaStream stream = CudaStream.create(0);
                DeviceMemory loss = DeviceMemory.allocate(0, 8);
                DeviceMemory perSample = DeviceMemory.allocate(0, 8 * N);
                DeviceMemory upstream = DeviceMemory.of(0, new float[] {-2});
                LossSession session = LOSS.open(p.image(), t.image(), g.image())) {
            LossOptions options = stream.on(LossOptions.DEFAULT)
                    .lossAt(loss.address(), loss)
                    .perSampleAt(perSample.address(), perSample)
                    .upstreamAt(upstream.address(), upstream)
                    .upstream(-0.75);
            session.enqueue(p.image(), t.image(), g.image(), null, options);
            double[] value = new double[1];
            loss.copyTo(value, stream);
            assertEquals(expected, value[0]);
            assertEquals(expected, session.loss());
            double[] values = new double[N];
            perSample.copyTo(values, stream);
            assertArrayEquals(samples, values);
            assertArrayEquals(gradient, g.pixels(), 1e-9f);
        }
    }

    /** More calls than the session keeps factors for, and none of them is waited for by the caller. */
    @Test
    void factorsOfSamplesAreThoseOfTheirCall() {
        DctLoss loss = LOSS.toBuilder().reduction(Reduction.PER_SAMPLE).build();
        loss.backward(p.image(), t.image(), g.image());
        float[] one = g.pixels();
        int calls = 20;
        float[] factors = new float[N];
        LossOptions options = LossOptions.DEFAULT.upstream(factors);
        List<OnDevice> gradients = new ArrayList<>();
        try (CudaStream stream = CudaStream.create(0);
                LossSession session = loss.open(p.image(), t.image(), g.image())) {
            for (int i = 0; i < calls; i++) {
                OnDevice gradient = OnDevice.zeros(N, C, H, W);
                gradients.add(gradient);
                factors[0] = i;
                factors[1] = -2 * i;
                session.enqueue(p.image(), t.image(), gradient.image(), null, stream.on(options));
            }
            stream.synchronize();
        }
        for (int i = 0; i < calls; i++) {
            float[] got = gradients.get(i).pixels();
            assertEquals(i * one[5], got[5], 1e-5 * Math.abs(i * one[5]), "call " + i);
            int second = C * H * W + 7;
            assertEquals(-2 * i * one[second], got[second], 1e-5 * Math.abs(2 * i * one[second]), "call " + i);
        }
    }

    /** A stream of which nobody knows but the options, and then nobody but the session. */
    private LossOptions lostStream() {
        return CudaStream.create(0).on(LossOptions.DEFAULT);
    }

    @Test
    void optionsAndSessionKeepTheirStream() {
        double expected = LOSS.forward(p.image(), t.image());
        try (LossSession session = LOSS.open(p.image(), t.image(), g.image())) {
            LossOptions options = lostStream();
            for (int i = 0; i < 3; i++) {
                System.gc();
                assertEquals(expected, enqueueAndRead(session, options));
            }
            session.enqueue(p.image(), t.image(), g.image(), null, lostStream());
            for (int i = 0; i < 3; i++) {
                System.gc();
                assertEquals(expected, session.loss());
            }
        }
        BlockDct dct = onLostStream();
        System.gc();
        dct.forward(p.image(), g.image());
        System.gc();
        dct.inverse(g.image(), t.image());
    }

    private static BlockDct onLostStream() {
        CudaStream stream = CudaStream.create(0);
        return BlockDct.of(8).stream(stream.handle(), stream);
    }

    /** What the session reads its results from, and the stream it waits on, are those of the last call that was queued. */
    @Test
    void aCallThatIsRefusedChangesNothing() {
        try (CudaStream stream = CudaStream.create(0);
                DeviceMemory elsewhere = DeviceMemory.of(0, new float[] {1, 2});
                LossSession session = LOSS.open(p.image(), t.image(), g.image())) {
            assertEquals(0, session.loss());
            CudaStream closed = CudaStream.create(0);
            LossOptions onClosed = closed.on(LossOptions.DEFAULT);
            closed.close();
            OnDevice gone = OnDevice.zeros(N, C, H, W);
            gone.memory().close();
            for (int i = 0; i < 2; i++) {
                double before = session.loss();
                refusedAfterClose(
                        "device memory",
                        () -> session.enqueue(
                                p.image(),
                                gone.image(),
                                null,
                                null,
                                stream.on(LossOptions.DEFAULT).lossAt(elsewhere.address(), elsewhere)));
                refusedAfterClose("stream", () -> session.enqueue(p.image(), t.image(), g.image(), null, onClosed));
                assertEquals(before, session.loss());
                session.setWeights(FrequencyWeights.watson());
                session.anneal(1);
                session.setWeights(LOSS.weights());
                enqueueAndRead(session, stream.on(LossOptions.DEFAULT));
            }
        }
    }

    /** Here because the stream of the last call was closed. */
    @Test
    void weightsThatCouldNotBeSetAreNotAnnealedLater() {
        try (LossSession session = LOSS.open(p.image(), t.image(), g.image())) {
            CudaStream stream = CudaStream.create(0);
            enqueueAndRead(session, stream.on(LossOptions.DEFAULT));
            stream.close();
            refusedAfterClose("stream", () -> session.setWeights(FrequencyWeights.watson()));
            refusedAfterClose("stream", session::loss);
            session.enqueue(p.image(), t.image(), g.image(), null, LossOptions.DEFAULT);
            session.anneal(1);
            DctLoss annealed =
                    LOSS.toBuilder().weights(LOSS.weights().anneal(1)).build();
            assertEquals(annealed.forward(p.image(), t.image()), session.forward(p.image(), t.image()));
        }
    }

    private static void refusedAfterClose(String name, Executable call) {
        assertEquals(
                name + ": got a use after close(), allowed only before",
                assertThrows(IllegalStateException.class, call).getMessage());
    }

    // ---------------------------------------------------------------- places on the device

    private void refusedPlace(String sentence, LossOptions options) {
        assertEquals(
                sentence,
                assertThrows(
                                IllegalArgumentException.class,
                                () -> LOSS.backward(p.image(), t.image(), g.image(), options))
                        .getMessage());
    }

    private static String overlapping(String what, long address, String other) {
        return what + ": got device address 0x" + Long.toHexString(address) + ", which overlaps the " + other
                + ", allowed memory of its own";
    }

    @Test
    void resultsLieApart() {
        float[] before = p.pixels();
        LossOptions none = LossOptions.DEFAULT;
        long prediction = p.memory().address();
        long last = g.memory().address() + g.memory().bytes() - 8;
        refusedPlace(overlapping("loss", prediction, "prediction"), none.lossAt(prediction));
        refusedPlace(overlapping("loss", last, "gradient"), none.lossAt(last));
        long target = t.memory().address() - 8; // of two numbers the second
        refusedPlace(overlapping("per-sample values", target, "target"), none.perSampleAt(target));
        refusedPlace(overlapping("upstream factor", last + 4, "gradient"), none.upstreamAt(last + 4));
        try (DeviceMemory results = DeviceMemory.allocate(0, 8 * (N + 1))) {
            long at = results.address();
            refusedPlace(
                    overlapping("loss", at + 8, "per-sample values"),
                    none.lossAt(at + 8).perSampleAt(at));
            refusedPlace(
                    overlapping("loss", at, "upstream factor"), none.lossAt(at).upstreamAt(at + 4));
            refusedPlace(
                    overlapping("per-sample values", at, "upstream factor"),
                    none.perSampleAt(at).upstreamAt(at + 12));
            double expected = LOSS.forward(p.image(), t.image());
            assertEquals(
                    expected, LOSS.forward(p.image(), t.image(), none.lossAt(at).perSampleAt(at + 8)));
        }
        assertArrayEquals(before, p.pixels());
    }

    @Test
    void addressesOfTheHostAreRefused() {
        ByteBuffer memory = ByteBuffer.allocateDirect(64);
        long address = (new Pointer(memory).address() + 7) / 8 * 8;
        String rest =
                ": got 0x" + Long.toHexString(address) + ", which is no memory of CUDA's, allowed memory of device 0";
        refusedPlace("loss" + rest, LossOptions.DEFAULT.lossAt(address, memory));
        refusedPlace("upstream factor" + rest, LossOptions.DEFAULT.upstreamAt(address, memory));
        ImageBatch onHost = ImageBatch.ofDevice(address, 0, DataType.FLOAT32, memory, 1, 1, 8, 8, 0, 0, 0, 0);
        assertEquals(
                "prediction" + rest,
                assertThrows(IllegalArgumentException.class, () -> LOSS.forward(onHost, onHost))
                        .getMessage());
        assertEquals(
                "pixels" + rest,
                assertThrows(
                                IllegalArgumentException.class,
                                () -> BlockDct.of(8)
                                        .forward(
                                                onHost,
                                                p.image()
                                                        .window(0, 0, 8, 8)
                                                        .samples(0, 1)
                                                        .channels(0, 1)))
                        .getMessage());
    }

    /** More than the session keeps factors for, and the stream that they were sent on is gone. */
    @Test
    void factorsDoNotNeedTheStreamOfTheCallBefore() {
        DctLoss loss = LOSS.toBuilder().reduction(Reduction.PER_SAMPLE).build();
        LossOptions options = LossOptions.DEFAULT.upstream(new float[N]);
        try (LossSession session = loss.open(p.image(), t.image(), g.image())) {
            CudaStream first = CudaStream.create(0);
            for (int i = 0; i < 8; i++) {
                session.enqueue(p.image(), t.image(), g.image(), null, first.on(options));
            }
            first.synchronize();
            first.close();
            session.enqueue(p.image(), t.image(), g.image(), null, options);
            assertEquals(loss.forward(p.image(), t.image()), session.loss());
        }
    }

    @Test
    void aTransformCanBeQueued() {
        OnDevice expected = OnDevice.zeros(N, C, H, W);
        BlockDct.of(8).forward(p.image(), expected.image());
        try (CudaStream stream = CudaStream.create(0)) {
            BlockDct.of(8).stream(stream.handle(), stream).forward(p.image(), g.image());
            stream.synchronize();
            assertArrayEquals(expected.pixels(), g.pixels());
        }
    }

    // ---------------------------------------------------------------- graphs

    @Test
    void aLossInAGraphIsOneNodeAndSeesNewWeights() {
        try (CudaStream stream = CudaStream.create(0);
                LossSession session = LOSS.open(p.image(), t.image(), g.image())) {
            LossOptions options = stream.on(LossOptions.DEFAULT);
            double before = enqueueAndRead(session, options);
            try (CudaGraph graph =
                    CudaGraph.capture(stream, () -> session.enqueue(p.image(), t.image(), g.image(), null, options))) {
                assertEquals(1, graph.nodes());
                graph.launch(stream);
                assertEquals(before, session.loss());
                session.setWeights(FrequencyWeights.watson());
                graph.launch(stream);
                double after = session.loss();
                DctLoss watson =
                        LOSS.toBuilder().weights(FrequencyWeights.watson()).build();
                OnDevice expected = OnDevice.zeros(N, C, H, W);
                assertEquals(watson.backward(p.image(), t.image(), expected.image()), after);
                assertNotEquals(before, after);
                assertArrayEquals(expected.pixels(), g.pixels());
                session.anneal(0.3);
                graph.launch(stream);
                assertEquals(
                        watson.toBuilder()
                                .weights(FrequencyWeights.watson().anneal(0.3))
                                .build()
                                .forward(p.image(), t.image()),
                        session.loss(),
                        1e-6 * after);
            }
        }
    }

    /** Each session has a workspace of its own, so neither graph sees the other's sums. */
    @Test
    void twoSessionsInTwoGraphsDoNotMeet() {
        double one = LOSS.forward(p.image(), t.image());
        double other = LOSS.forward(t.image(), g.image());
        try (CudaStream first = CudaStream.create(0);
                CudaStream second = CudaStream.create(0);
                LossSession a = LOSS.open(p.image(), t.image(), null);
                LossSession b = LOSS.open(t.image(), g.image(), null)) {
            LossOptions onFirst = first.on(LossOptions.DEFAULT);
            LossOptions onSecond = second.on(LossOptions.DEFAULT);
            try (CudaGraph graphA =
                            CudaGraph.capture(first, () -> a.enqueue(p.image(), t.image(), null, null, onFirst));
                    CudaGraph graphB =
                            CudaGraph.capture(second, () -> b.enqueue(t.image(), g.image(), null, null, onSecond))) {
                for (int i = 0; i < 4; i++) {
                    graphA.launch(first);
                    graphB.launch(second);
                }
                assertEquals(one, a.loss());
                assertEquals(other, b.loss());
            }
        }
    }

    @Test
    void factorsOfSamplesAreRefusedInAGraph() {
        DctLoss loss = LOSS.toBuilder().reduction(Reduction.PER_SAMPLE).build();
        try (CudaStream stream = CudaStream.create(0);
                LossSession session = loss.open(p.image(), t.image(), g.image())) {
            LossOptions options = stream.on(LossOptions.DEFAULT.upstream(new float[N]));
            String sentence =
                    "upstream factors: got one per sample in a call that is recorded into a graph, allowed one"
                            + " at a device address (upstreamAt)";
            Runnable call = () -> session.enqueue(p.image(), t.image(), g.image(), null, options);
            assertEquals(
                    sentence,
                    assertThrows(IllegalStateException.class, () -> CudaGraph.capture(stream, call))
                            .getMessage());
            Cuda.beginCapture(0, stream.handle()); // as another library does
            assertEquals(
                    sentence,
                    assertThrows(IllegalStateException.class, call::run).getMessage());
            Cuda.destroyGraph(0, Cuda.endCapture(0, stream.handle())[0]);
        }
    }

    // ---------------------------------------------------------------- many threads

    @Test
    void manyThreadsWithStreamsOfTheirOwn() throws Exception {
        double expected = LOSS.backward(p.image(), t.image(), g.image());
        float[] gradient = g.pixels();
        ExecutorService executor = Executors.newFixedThreadPool(6);
        try {
            List<Callable<Void>> work = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                work.add(() -> {
                    OnDevice own = OnDevice.zeros(N, C, H, W);
                    try (CudaStream stream = CudaStream.create(0);
                            LossSession session = LOSS.open(p.image(), t.image(), own.image())) {
                        LossOptions options = stream.on(LossOptions.DEFAULT);
                        for (int repeat = 0; repeat < 10; repeat++) {
                            session.enqueue(p.image(), t.image(), own.image(), null, options);
                            assertEquals(expected, session.loss());
                        }
                        stream.synchronize();
                        assertArrayEquals(gradient, own.pixels());
                    }
                    return null;
                });
            }
            for (Future<Void> future : executor.invokeAll(work)) {
                future.get();
            }
        } finally {
            executor.shutdown();
        }
    }
}

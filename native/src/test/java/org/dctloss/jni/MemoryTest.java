package org.dctloss.jni;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.SplittableRandom;
import org.dctloss.BackendChoice;
import org.dctloss.BlockDct;
import org.dctloss.DctLoss;
import org.dctloss.Edge;
import org.dctloss.ImageBatch;
import org.dctloss.LossOptions;
import org.dctloss.LossSession;
import org.dctloss.contract.Availability;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Arrays, buffers and addresses, of sizes where a call with arrays is cut into several. */
class MemoryTest {
    private static final int N = 2;
    private static final int C = 1;
    private static final int H = 404;
    private static final int W = 603;
    private static final int SIZE = N * C * H * W;

    /** Ways to lay the same pixels down. */
    private enum Kind {
        ARRAY,
        BUFFER,
        ADDRESS
    }

    /** Pixels in some memory, and a way to read them back. */
    private record Placed(ImageBatch view, FloatBuffer floats) {
        static Placed of(Kind kind, float[] pixels) {
            switch (kind) {
                case ARRAY -> {
                    float[] copy = pixels.clone();
                    return new Placed(ImageBatch.of(copy, N, C, H, W), FloatBuffer.wrap(copy));
                }
                case BUFFER -> {
                    // A slice of a buffer, and in it a position that is not 0.
                    ByteBuffer bytes = ByteBuffer.allocateDirect(4 * pixels.length + 60);
                    FloatBuffer floats = bytes.position(20)
                            .slice()
                            .order(ByteOrder.nativeOrder())
                            .asFloatBuffer();
                    floats.position(7).put(pixels).position(7).limit(7 + pixels.length);
                    return new Placed(ImageBatch.of(floats, N, C, H, W), floats.slice());
                }
                default -> {
                    RawMemory raw = RawMemory.of(pixels.length);
                    raw.floats().put(0, pixels);
                    return new Placed(raw.nchw(N, C, H, W), raw.floats());
                }
            }
        }

        float[] pixels() {
            float[] pixels = new float[SIZE];
            floats.get(0, pixels);
            return pixels;
        }
    }

    private static float[] noise(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] pixels = new float[SIZE];
        for (int i = 0; i < SIZE; i++) {
            pixels[i] = (float) random.nextDouble();
        }
        return pixels;
    }

    private static DctLoss loss(Edge edge, int threads) {
        return DctLoss.builder()
                .backend(BackendChoice.NATIVE)
                .edge(edge)
                .threads(threads)
                .build();
    }

    @BeforeEach
    void available() {
        Availability.required(BackendChoice.NATIVE);
    }

    @ParameterizedTest
    @EnumSource(Edge.class)
    void anyMixtureGivesTheSameBits(Edge edge) {
        float[] p = noise(1);
        float[] t = noise(2);
        LossOptions options = LossOptions.DEFAULT.offset(3, 5);
        double expectedLoss = 0;
        float[] expected = null;
        float[] expectedTarget = null;
        double[] expectedSpectrum = null;
        for (Kind a : Kind.values()) {
            for (Kind b : Kind.values()) {
                Placed prediction = Placed.of(a, p);
                Placed target = Placed.of(b, t);
                Placed gradient = Placed.of(Kind.values()[(a.ordinal() + b.ordinal()) % 3], new float[SIZE]);
                Placed targetGradient = Placed.of(a, new float[SIZE]);
                for (int threads : new int[] {1, 3}) {
                    DctLoss loss = loss(edge, threads);
                    double value =
                            loss.backward(prediction.view, target.view, gradient.view, targetGradient.view, options);
                    double[] spectrum = loss.spectrum(prediction.view, target.view, options);
                    if (expected == null) {
                        expectedLoss = value;
                        expected = gradient.pixels();
                        expectedTarget = targetGradient.pixels();
                        expectedSpectrum = spectrum;
                    }
                    String what = a + " and " + b + " on " + threads;
                    assertEquals(expectedLoss, value, what);
                    assertArrayEquals(expected, gradient.pixels(), 0f, what);
                    assertArrayEquals(expectedTarget, targetGradient.pixels(), 0f, what);
                    assertArrayEquals(expectedSpectrum, spectrum, what);
                }
            }
        }
    }

    /** One session, whose views change from call to call. */
    @Test
    void aSessionFollowsItsViews() {
        float[] p = noise(1);
        float[] t = noise(2);
        DctLoss loss = loss(Edge.REPLICATE, 1);
        try (LossSession session = loss.open(N, C, H, W)) {
            double there = session.forward(Placed.of(Kind.BUFFER, p).view, Placed.of(Kind.BUFFER, t).view);
            for (Kind kind : List.of(Kind.ARRAY, Kind.BUFFER, Kind.BUFFER)) {
                assertEquals(there, session.forward(Placed.of(kind, p).view, Placed.of(Kind.BUFFER, t).view));
                Placed same = Placed.of(kind, t);
                assertEquals(0.0, session.forward(same.view, Placed.of(Kind.ARRAY, t).view));
            }
        }
    }

    @Test
    void theTransformTakesAnyMixture() {
        float[] pixels = noise(1);
        BlockDct dct = BlockDct.of(4).backend(BackendChoice.NATIVE).threads(1);
        float[] expected = null;
        for (Kind a : Kind.values()) {
            for (Kind b : Kind.values()) {
                Placed in = Placed.of(a, pixels);
                Placed out = Placed.of(b, new float[SIZE]);
                dct.forward(in.view.window(0, 0, H, W - 3), out.view.window(0, 0, H, W - 3));
                expected = expected == null ? out.pixels() : expected;
                assertArrayEquals(expected, out.pixels(), 0f, a + " to " + b);
            }
        }
    }

    @Test
    void floatsBetweenTheFloatsOfMemoryAreRefused() {
        FloatBuffer odd = ByteBuffer.allocateDirect(4 * SIZE + 8)
                .position(1)
                .slice()
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer()
                .limit(SIZE);
        ImageBatch view = ImageBatch.of(odd, N, C, H, W);
        IllegalArgumentException refusal = assertThrows(
                IllegalArgumentException.class, () -> loss(Edge.REPLICATE, 1).forward(view, view));
        assertTrue(refusal.getMessage().startsWith("direct buffer: got memory at 0x"), refusal.getMessage());
    }

    /** Arrays are pinned or garbage collection waits for the call; either way nothing moves under C++. */
    @Test
    void garbageCollectionDoesNotMoveWhatCppReads() throws Exception {
        DctLoss loss = loss(Edge.REPLICATE, 2);
        float[] p = noise(1);
        float[] t = noise(2);
        Placed first = Placed.of(Kind.ARRAY, new float[SIZE]);
        double expected = loss.backward(ImageBatch.of(p, N, C, H, W), ImageBatch.of(t, N, C, H, W), first.view);
        float[] expectedGradient = first.pixels();
        boolean[] stop = new boolean[1];
        Object[] kept = new Object[64];
        Thread litter = new Thread(() -> {
            for (int i = 0; !stopped(stop); i++) {
                kept[i % kept.length] = new byte[1 << 18];
            }
        });
        litter.start();
        try {
            long end = System.nanoTime() + 1_500_000_000L;
            while (System.nanoTime() < end) {
                // New arrays, which are young and would be moved.
                Placed gradient = Placed.of(Kind.ARRAY, new float[SIZE]);
                double value =
                        loss.backward(Placed.of(Kind.ARRAY, p).view, Placed.of(Kind.ARRAY, t).view, gradient.view);
                assertEquals(expected, value);
                assertArrayEquals(expectedGradient, gradient.pixels(), 0f);
            }
        } finally {
            synchronized (stop) {
                stop[0] = true;
            }
            litter.join();
        }
    }

    private static boolean stopped(boolean[] stop) {
        synchronized (stop) {
            return stop[0];
        }
    }
}

package org.dctloss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

class LossSessionsTest {
    private static final DctLoss LOSS =
            DctLoss.builder().backend(BackendChoice.JAVA).build();

    private static ImageBatch noise(long seed, int n, int c, int h, int w) {
        float[] pixels = new float[n * c * h * w];
        Random random = new Random(seed);
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = random.nextFloat();
        }
        return ImageBatch.of(pixels, n, c, h, w);
    }

    private static void assertAgrees(DctLoss expected, LossSessions sessions, int n, int c, int h, int w) {
        ImageBatch p = noise(1, n, c, h, w);
        ImageBatch t = noise(2, n, c, h, w);
        ImageBatch g = noise(3, n, c, h, w);
        ImageBatch tg = noise(4, n, c, h, w);
        ImageBatch exact = noise(5, n, c, h, w);
        ImageBatch exactT = noise(6, n, c, h, w);
        double value = expected.backward(p, t, exact, exactT, LossOptions.DEFAULT);
        assertEquals(value, sessions.backward(p, t, g, tg, LossOptions.DEFAULT));
        assertArrayEquals(exact.array(), g.array());
        assertArrayEquals(exactT.array(), tg.array());
        assertEquals(value, sessions.forward(p, t, LossOptions.DEFAULT));
    }

    private static DctLoss with(FrequencyWeights weights) {
        return LOSS.toBuilder().weights(weights).build();
    }

    @Test
    void weightsOfNowHoldForEveryShapeOldAndNew() {
        FrequencyWeights annealed = LOSS.weights().anneal(0.7);
        FrequencyWeights other = FrequencyWeights.watson();
        try (LossSessions sessions = new LossSessions(LOSS)) {
            assertAgrees(LOSS, sessions, 2, 3, 16, 24);
            sessions.anneal(0.7);
            assertAgrees(with(annealed), sessions, 2, 3, 16, 24);
            assertAgrees(with(annealed), sessions, 1, 3, 16, 24);
            sessions.setWeights(other);
            assertAgrees(with(other), sessions, 2, 3, 16, 24);
            assertAgrees(with(other), sessions, 1, 1, 9, 7);
            sessions.anneal(0.2);
            assertAgrees(with(other.anneal(0.2)), sessions, 1, 1, 9, 7);
            assertAgrees(with(other.anneal(0.2)), sessions, 3, 1, 9, 7);
        }
        assertNotEquals(annealed, LOSS.weights());
    }

    @Test
    void moreShapesThanPlaces() {
        try (LossSessions sessions = new LossSessions(LOSS)) {
            sessions.anneal(1.5);
            for (int round = 0; round < 2; round++) {
                for (int n = 1; n <= LossSessions.PLACES + 2; n++) {
                    assertAgrees(with(LOSS.weights().anneal(1.5)), sessions, n, 1, 16, 16);
                }
            }
        }
    }

    @Test
    void theSessionUsedLongestAgoIsClosed() {
        ImageBatch first = noise(1, 1, 1, 16, 16);
        ImageBatch second = noise(1, 2, 1, 16, 16);
        try (LossSessions sessions = new LossSessions(LOSS)) {
            LossSession stays = sessions.of(first, first, null, null);
            LossSession goes = sessions.of(second, second, null, null);
            for (int n = 3; n <= LossSessions.PLACES + 1; n++) {
                ImageBatch next = noise(1, n, 1, 16, 16);
                sessions.of(next, next, null, null);
                assertSame(stays, sessions.of(first, first, null, null));
            }
            assertEquals(0, stays.forward(first, first));
            assertThrows(IllegalStateException.class, () -> goes.forward(second, second));
        }
    }

    @Test
    void threadsTakeTurns() throws InterruptedException {
        int threads = 4;
        ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
        try (LossSessions sessions = new LossSessions(LOSS)) {
            List<Thread> all = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                int first = i;
                Thread thread = new Thread(() -> {
                    for (int round = 0; round < 200; round++) {
                        int n = 1 + (first + round) % (LossSessions.PLACES + 2);
                        sessions.anneal(0.7);
                        assertAgrees(with(LOSS.weights().anneal(0.7)), sessions, n, 1, 16, 24);
                    }
                });
                thread.setUncaughtExceptionHandler((dead, why) -> failures.add(why));
                all.add(thread);
                thread.start();
            }
            for (Thread thread : all) {
                thread.join();
            }
        }
        assertEquals(List.of(), List.copyOf(failures));
    }

    @Test
    void weightsAreTriedOutBeforeAnySessionIsOpen() {
        FrequencyWeights tiny = FrequencyWeights.of(new float[] {1e-30f, 1e-30f, 1e-30f, 1e-30f});
        DctLoss loss = LOSS.toBuilder().blockSize(2).weights(tiny).build();
        try (LossSessions sessions = new LossSessions(loss)) {
            assertThrows(IllegalArgumentException.class, () -> sessions.anneal(Double.MAX_VALUE));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> sessions.setWeights(FrequencyWeights.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9})));
            assertAgrees(loss, sessions, 1, 1, 4, 4);
        }
    }

    @Test
    void whatIsRefusedChangesNothing() {
        try (LossSessions sessions = new LossSessions(LOSS)) {
            assertAgrees(LOSS, sessions, 1, 3, 16, 16);
            assertThrows(IllegalArgumentException.class, () -> sessions.anneal(-1));
            assertThrows(NullPointerException.class, () -> sessions.setWeights(null));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> sessions.setWeights(
                            FrequencyWeights.perChannel(FrequencyWeights.uniform(), FrequencyWeights.watson())));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> sessions.setWeights(FrequencyWeights.of(new float[] {1, 2, 3, 4})));
            assertAgrees(LOSS, sessions, 1, 3, 16, 16);
            assertAgrees(LOSS, sessions, 1, 3, 8, 16);
            ImageBatch p = noise(1, 1, 3, 16, 16);
            assertThrows(
                    IllegalArgumentException.class,
                    () -> sessions.backward(p, noise(2, 1, 3, 16, 8), p, null, LossOptions.DEFAULT));
            assertThrows(NullPointerException.class, () -> sessions.backward(p, p, null, null, LossOptions.DEFAULT));
            assertThrows(NullPointerException.class, () -> sessions.forward(null, p, LossOptions.DEFAULT));
        }
    }

    @Test
    void closedTwiceAndUsedAfter() {
        LossSessions sessions = new LossSessions(LOSS);
        assertAgrees(LOSS, sessions, 1, 3, 16, 16);
        sessions.close();
        sessions.close();
        ImageBatch p = noise(1, 1, 3, 16, 16);
        IllegalStateException refused =
                assertThrows(IllegalStateException.class, () -> sessions.forward(p, p, LossOptions.DEFAULT));
        assertTrue(refused.getMessage().contains("after close()"), refused::getMessage);
        assertThrows(IllegalStateException.class, () -> sessions.anneal(1));
    }
}

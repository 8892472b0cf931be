package org.dctloss.benchmarks;

import java.util.Arrays;
import java.util.stream.IntStream;

/** What memory can do: bytes read and written in a second while arrays far larger than the caches are copied. */
final class Bandwidth {
    private static final int FLOATS = 32 << 20;
    private static final int ROUNDS = 7;

    private Bandwidth() {}

    /** The median of several copies on so many threads. The JVM's copy stores past the caches. */
    static double bytesPerSecond(int threads) {
        float[] from = new float[FLOATS];
        float[] to = new float[FLOATS];
        Arrays.fill(from, 1);
        Arrays.fill(to, 2);
        double[] rates = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            long start = System.nanoTime();
            IntStream parts = IntStream.range(0, threads);
            (threads == 1 ? parts : parts.parallel()).forEach(part -> {
                int first = (int) ((long) FLOATS * part / threads);
                int end = (int) ((long) FLOATS * (part + 1) / threads);
                System.arraycopy(from, first, to, first, end - first);
            });
            rates[round] = 2.0 * Float.BYTES * FLOATS / ((System.nanoTime() - start) * 1e-9);
        }
        Arrays.sort(rates);
        return rates[ROUNDS / 2];
    }
}

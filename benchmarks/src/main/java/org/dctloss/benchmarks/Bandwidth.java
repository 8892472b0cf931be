package org.dctloss.benchmarks;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.dctloss.jni.NativeSubtraction;

/**
 * What memory can do: bytes read and written in a second by a subtraction in C++ that stores past the caches, so that
 * nothing is moved that is not counted, of arrays far larger than the caches. Without the C++ backend, by the JVM's copy,
 * which on some JVMs reads what it overwrites.
 */
final class Bandwidth {
    /** Of all threads together, in each of three arrays. */
    private static final int FLOATS = 48 << 20;

    private static final int ROUNDS = 9;

    private Bandwidth() {}

    /** The best of several rounds on so many threads. */
    static double bytesPerSecond(int threads) {
        boolean cpp = NativeSubtraction.available();
        float[][][] arrays = new float[threads][3][FLOATS / threads];
        for (float[][] part : arrays) {
            for (float[] array : part) {
                Arrays.fill(array, 1);
            }
        }
        double best = 0;
        for (int round = 0; round < ROUNDS; round++) {
            long start = System.nanoTime();
            IntStream parts = IntStream.range(0, threads);
            (threads == 1 ? parts : parts.parallel()).forEach(part -> {
                float[][] three = arrays[part];
                if (cpp) {
                    NativeSubtraction.run(three[0], three[1], three[2], true);
                } else {
                    System.arraycopy(three[0], 0, three[2], 0, three[0].length);
                }
            });
            double seconds = (System.nanoTime() - start) * 1e-9;
            best = Math.max(best, (cpp ? 3.0 : 2.0) * Float.BYTES * (FLOATS / threads) * threads / seconds);
        }
        return best;
    }
}

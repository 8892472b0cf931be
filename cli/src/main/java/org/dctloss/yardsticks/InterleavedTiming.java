package org.dctloss.yardsticks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleSupplier;

/**
 * Times contenders against each other in one run: they take turns, so that a slow moment of the machine hits all of
 * them, and the median of each counts. All are warmed up before any is timed, because compiled code settles late. An
 * object belongs to one thread.
 */
public final class InterleavedTiming {
    private static final double SHORTEST_SAMPLE = 1e-3;
    private static final double LONG = 0.05;
    private static final int WARM_UP_ROUNDS = 3;
    private static final int MOST_ROUNDS = 1001;

    private final List<DoubleSupplier> contenders = new ArrayList<>();
    private final Random shuffling = new Random(1);
    private double[][] sorted;

    /** Keeps the results alive: work whose result nobody uses may be compiled away. */
    private double sink;

    /** Adds a contender and returns its number. */
    public int add(DoubleSupplier contender) {
        contenders.add(contender);
        return contenders.size() - 1;
    }

    /** Warms up for half the time given, and measures for that time; at least three rounds of each. */
    public void run(double seconds) {
        run(seconds, WARM_UP_ROUNDS);
    }

    /** The same with at least so many rounds that count. */
    public void run(double seconds, int fewestRounds) {
        int count = contenders.size();
        double[] last = new double[count];
        rounds(seconds / 2, WARM_UP_ROUNDS, last, new double[count][MOST_ROUNDS]);
        double[][] samples = new double[count][MOST_ROUNDS];
        int rounds = rounds(seconds, fewestRounds, last, samples);
        sorted = new double[count][];
        for (int i = 0; i < count; i++) {
            sorted[i] = Arrays.copyOf(samples[i], rounds);
            Arrays.sort(sorted[i]);
        }
    }

    private int rounds(double seconds, int fewest, double[] last, double[][] samples) {
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < last.length; i++) {
            order.add(i);
        }
        long start = System.nanoTime();
        int round = 0;
        while (round < fewest || round < MOST_ROUNDS && (System.nanoTime() - start) * 1e-9 < seconds) {
            Collections.shuffle(order, shuffling); // or one would always come after the same other
            for (int i : order) {
                // The first time of all, when nothing is known, once.
                int repetitions = last[i] == 0 ? 1 : (int) Math.max(1, Math.ceil(1.2 * SHORTEST_SAMPLE / last[i]));
                if (last[i] < LONG) {
                    sample(
                            contenders.get(i),
                            1); // others have taken the caches since its last turn, and its threads sleep
                }
                last[i] = sample(contenders.get(i), repetitions);
                samples[i][round] = last[i];
            }
            round++;
        }
        return round;
    }

    private double sample(DoubleSupplier contender, int repetitions) {
        long start = System.nanoTime();
        for (int i = 0; i < repetitions; i++) {
            sink += contender.getAsDouble();
        }
        return (System.nanoTime() - start) * 1e-9 / repetitions;
    }

    /** The median time of one call of a contender, in seconds. */
    public double seconds(int contender) {
        return quantile(contender, 0.5);
    }

    /** The time of one call of a contender that a share, 0 to 1, of its samples does not exceed, in seconds. */
    public double quantile(int contender, double share) {
        double[] samples = sorted[contender];
        return samples[(int) Math.min(samples.length - 1, share * samples.length)];
    }

    /** How often each contender was measured. */
    public int samples() {
        return sorted[0].length;
    }
}

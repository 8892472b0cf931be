package org.dctloss.yardsticks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** The subtract loop on several threads, each with its own range, the calling one included. It owns the others. */
public final class ParallelSubtraction implements AutoCloseable {
    /** Below this many pixels another thread costs more than it saves. */
    private static final int SMALL = 1 << 20;

    private final int threads;
    private final ExecutorService others;

    public ParallelSubtraction(int threads) {
        this.threads = threads;
        others = Executors.newFixedThreadPool(Math.max(1, threads - 1), work -> {
            Thread thread = new Thread(work, "dctloss-subtract");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** G = P - T; returns one of its values. */
    public double run(float[] p, float[] t, float[] g) {
        int parts = g.length < SMALL ? 1 : threads;
        List<Future<?>> running = new ArrayList<>();
        for (int i = 1; i < parts; i++) {
            int from = start(i, parts, g.length);
            int to = start(i + 1, parts, g.length);
            running.add(others.submit(() -> PlainLoss.subtract(p, t, g, from, to)));
        }
        PlainLoss.subtract(p, t, g, 0, start(1, parts, g.length));
        try {
            for (Future<?> part : running) {
                part.get();
            }
        } catch (ExecutionException | InterruptedException failed) {
            throw new IllegalStateException("the subtract loop was interrupted", failed);
        }
        return g[0];
    }

    private static int start(int part, int parts, int size) {
        return (int) ((long) size * part / parts);
    }

    @Override
    public void close() {
        others.shutdownNow();
    }
}

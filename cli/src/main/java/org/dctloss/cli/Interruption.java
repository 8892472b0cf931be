package org.dctloss.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * While one is open, Ctrl-C and SIGTERM let a command put away what it has finished: the process ends when this is
 * closed, with the exit code that the signal has anyway (130, 143), or at the latest after {@link #PATIENCE_SECONDS}.
 */
final class Interruption implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 30;

    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread hook = new Thread(this::come, "dctloss interruption");
    private Runnable reaction;
    private boolean came;

    Interruption() {
        try {
            Runtime.getRuntime().addShutdownHook(hook);
        } catch (IllegalStateException ending) {
            came = true;
        }
    }

    /** What is to be done, by another thread, as soon as the signal comes; at once if it has come already. */
    void then(Runnable reaction) {
        synchronized (this) {
            this.reaction = reaction;
            if (!came) {
                return;
            }
        }
        reaction.run();
    }

    private void come() {
        Runnable now;
        synchronized (this) {
            came = true;
            now = reaction;
        }
        if (now != null) {
            now.run();
        }
        try {
            closed.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException hurried) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closed.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException ending) {
            // The signal has come; the hook runs to its end.
        }
    }
}

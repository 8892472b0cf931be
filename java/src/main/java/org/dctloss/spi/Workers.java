package org.dctloss.spi;

import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * Splits items over threads, for the CPU backends. The calling thread works along; helpers come from one shared pool of
 * daemon threads or from the caller's executor, and join while there is work. Which thread takes which item is left to
 * chance: a job must write each item's result to a place of its own.
 *
 * <p>Belongs to one session, so one thread at a time calls {@link #run}. Allocates nothing after construction (an
 * executor may).
 */
public final class Workers {
    /** Work on a range of items. */
    @FunctionalInterface
    public interface Job {
        /**
         * Does items {@code from} .. {@code to - 1}.
         *
         * @param worker number of the thread in this run: picks its scratch
         */
        void run(int from, int to, int worker);
    }

    /** Below this many pixels a second thread costs more to wake than it saves. */
    private static final int PIXELS_PER_THREAD = 1 << 16;

    /** Pieces are small enough that a thread that is held up leaves work to the others. */
    private static final int PIECES_PER_THREAD = 4;

    private static final int CLOSED = Integer.MIN_VALUE;
    private static final int SPINS = 200;

    private final int threads;
    private final Executor executor;
    private final Runnable helper = this::help;

    private Job job;
    private int items;
    private int grain;
    private int participants;
    private Thread caller;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger joined = new AtomicInteger();
    /** Helpers inside the current run; CLOSED between runs, so that one that comes late turns round. */
    private final AtomicInteger inside = new AtomicInteger(CLOSED);

    private Workers(int threads, Executor executor) {
        this.threads = threads;
        this.executor = executor;
    }

    /** Up to {@code threads} threads, the caller's included, of the shared pool. */
    public static Workers shared(int threads) {
        return new Workers(threads, SharedPool::offer);
    }

    /** Up to {@code threads} threads, the caller's included, of the given executor. */
    public static Workers of(int threads, Executor executor) {
        return new Workers(threads, Objects.requireNonNull(executor));
    }

    /** The most threads that work at once. */
    public int threads() {
        return threads;
    }

    /** Threads that so many pixels keep busy. */
    public int useful(double pixels) {
        return (int) Math.max(1, Math.min(threads, pixels / PIXELS_PER_THREAD));
    }

    /** Runs the job on all items, in pieces that suit {@code most} threads; one thread gets them all at once. */
    public void share(int items, int most, Job job) {
        run(items, most == 1 ? items : Math.max(1, items / (PIECES_PER_THREAD * most)), most, job);
    }

    /**
     * Runs the job on all items, {@code grain} consecutive ones at a time, and returns when all are done.
     *
     * @param most threads that may take part; worker numbers stay below it and below {@link #threads()}
     */
    public void run(int items, int grain, int most, Job job) {
        int pieces = (int) (((long) items + grain - 1) / grain);
        int helpers = Math.min(Math.min(threads, most), pieces) - 1;
        if (helpers < 1) {
            job.run(0, items, 0);
            return;
        }
        this.job = job;
        this.items = items;
        this.grain = grain;
        this.participants = helpers + 1;
        this.caller = Thread.currentThread();
        next.set(0);
        joined.set(1);
        inside.set(0);
        try {
            for (int i = 0; i < helpers; i++) {
                executor.execute(helper);
            }
        } catch (RejectedExecutionException shutDown) {
            failure.set(new IllegalStateException(
                    "executor: got one that rejects work, allowed one that runs it", shutDown));
        } catch (RuntimeException | Error thrown) {
            failure.set(thrown);
        }
        // After a failure nobody takes new pieces; helpers that have come in are waited for all the same.
        work(0);
        for (int spins = 0; !inside.compareAndSet(0, CLOSED); spins++) {
            if (spins < SPINS) {
                Thread.onSpinWait();
            } else {
                LockSupport.park(this);
            }
        }
        this.job = null;
        this.caller = null;
        Throwable thrown = failure.getAndSet(null);
        if (thrown instanceof Error error) {
            throw error;
        }
        if (thrown != null) {
            throw (RuntimeException) thrown;
        }
    }

    private void help() {
        int now;
        do {
            now = inside.get();
            if (now < 0) {
                return;
            }
        } while (!inside.compareAndSet(now, now + 1));
        Thread waiting = caller;
        int worker = joined.getAndIncrement();
        if (worker < participants) {
            work(worker);
        }
        if (inside.decrementAndGet() == 0) {
            LockSupport.unpark(waiting);
        }
    }

    private void work(int worker) {
        try {
            while (failure.get() == null) {
                int from = next.getAndAdd(grain);
                if (from >= items || from < 0) {
                    return;
                }
                job.run(from, Math.min(items, from + grain), worker);
            }
        } catch (RuntimeException | Error thrown) {
            failure.compareAndSet(null, thrown);
        }
    }

    /** Daemon threads that are handed work directly: a thread that is busy is passed over, never queued for. */
    private static final class SharedPool {
        private static final int MOST = Math.max(2, Runtime.getRuntime().availableProcessors());
        private static final Worker[] WORKERS = new Worker[MOST];

        private static final class Worker implements Runnable {
            final AtomicReference<Runnable> work;
            final Thread thread;

            Worker(Runnable first, int number) {
                work = new AtomicReference<>(first);
                thread = new Thread(this, "dctloss-" + number);
                thread.setDaemon(true);
                thread.setContextClassLoader(null);
            }

            @Override
            public void run() {
                while (true) {
                    Runnable now = work.get();
                    if (now == null) {
                        LockSupport.park(this);
                    } else {
                        now.run();
                        work.set(null);
                    }
                }
            }
        }

        private SharedPool() {}

        /** Hands work to an idle thread; starts one if there is none. Above the limit the callers do it themselves. */
        static void offer(Runnable work) {
            for (int i = 0; i < MOST; i++) {
                Worker worker = WORKERS[i];
                if (worker == null) {
                    try {
                        if (start(i, work)) {
                            return;
                        }
                    } catch (OutOfMemoryError noMoreThreads) {
                        return; // the caller does the work alone
                    }
                    worker = WORKERS[i];
                }
                if (worker.work.compareAndSet(null, work)) {
                    LockSupport.unpark(worker.thread);
                    return;
                }
            }
        }

        private static synchronized boolean start(int i, Runnable work) {
            if (WORKERS[i] != null) {
                return false;
            }
            Worker worker = new Worker(work, i);
            worker.thread.start();
            WORKERS[i] = worker;
            return true;
        }
    }
}

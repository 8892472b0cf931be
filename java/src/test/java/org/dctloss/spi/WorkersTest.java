package org.dctloss.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkersTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 9})
    void everyItemIsDoneOnceByAWorkerOfItsOwn(int threads) {
        Workers workers = Workers.shared(threads);
        for (int repeat = 0; repeat < 300; repeat++) {
            int items = 1 + repeat % 57;
            AtomicIntegerArray done = new AtomicIntegerArray(items);
            AtomicIntegerArray busy = new AtomicIntegerArray(threads);
            int most = 1 + repeat % threads;
            workers.run(items, 1 + repeat % 4, most, (from, to, worker) -> {
                assertTrue(worker < most, "worker " + worker);
                assertEquals(1, busy.incrementAndGet(worker), "a worker number was used twice at once");
                for (int i = from; i < to; i++) {
                    done.incrementAndGet(i);
                }
                busy.decrementAndGet(worker);
            });
            for (int i = 0; i < items; i++) {
                assertEquals(1, done.get(i), "item " + i);
            }
        }
    }

    @Test
    void whatAHelperThrowsReachesTheCaller() {
        Workers workers = Workers.shared(4);
        IllegalStateException thrown = new IllegalStateException("from a job");
        for (int repeat = 0; repeat < 100; repeat++) {
            int bad = repeat % 20;
            assertSame(
                    thrown,
                    assertThrows(
                            IllegalStateException.class,
                            () -> workers.run(20, 1, 4, (from, to, worker) -> {
                                if (from == bad) {
                                    throw thrown;
                                }
                            })));
            workers.run(20, 1, 4, (from, to, worker) -> {});
        }
    }

    /** An executor that fails half-way leaves nothing behind: no hang, no worker in the next run, no old failure. */
    @Test
    void anExecutorThatFailsHalfWayIsSurvived() {
        AtomicInteger given = new AtomicInteger();
        AtomicReference<Throwable> fault = new AtomicReference<>();
        Workers workers = Workers.of(4, task -> {
            if (given.incrementAndGet() == 2 && fault.get() instanceof RuntimeException thrown) {
                throw thrown;
            }
            if (given.get() == 2 && fault.get() instanceof Error thrown) {
                throw thrown;
            }
            new Thread(task).start();
        });
        Throwable[] faults = {new IllegalStateException("full"), new OutOfMemoryError("no native thread")};
        for (int repeat = 0; repeat < 200; repeat++) {
            given.set(0);
            fault.set(faults[repeat % 2]);
            assertSame(
                    fault.get(), assertThrows(Throwable.class, () -> workers.run(50, 1, 4, (from, to, worker) -> {})));
            fault.set(null);
            AtomicIntegerArray done = new AtomicIntegerArray(50);
            workers.run(50, 1, 4, (from, to, worker) -> done.incrementAndGet(from));
            for (int i = 0; i < 50; i++) {
                assertEquals(1, done.get(i));
            }
        }
    }

    @Test
    void aHelperThatComesLateDoesNothing() {
        ConcurrentLinkedQueue<Runnable> late = new ConcurrentLinkedQueue<>();
        Workers workers = Workers.of(3, late::add);
        AtomicIntegerArray done = new AtomicIntegerArray(8);
        workers.run(8, 1, 3, (from, to, worker) -> done.incrementAndGet(from));
        assertEquals(2, late.size());
        late.forEach(Runnable::run);
        for (int i = 0; i < 8; i++) {
            assertEquals(1, done.get(i));
        }
    }
}

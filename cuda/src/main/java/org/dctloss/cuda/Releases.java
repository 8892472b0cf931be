package org.dctloss.cuda;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How handles are given back. What CUDA refuses because a stream is being captured, by whatever library, is given back
 * when the next one is, or when memory is allocated.
 */
final class Releases {
    /** Gives a handle back and tells CUDA's code. */
    @FunctionalInterface
    interface Release {
        int of(long handle);
    }

    private record Postponed(long handle, Release release) {}

    private static final Queue<Postponed> POSTPONED = new ConcurrentLinkedQueue<>();

    private static final AtomicInteger HELD = new AtomicInteger();

    private Releases() {}

    /** A handle was created that is to be released. */
    static void taken() {
        HELD.incrementAndGet();
    }

    /** Handles that were created and not yet given back: for tests, which expect that nothing is left behind. */
    static int held() {
        return HELD.get();
    }

    static void release(long handle, Release release) {
        retry();
        attempt(new Postponed(handle, release));
    }

    /** Gives back what could not be earlier. */
    static void retry() {
        for (int i = POSTPONED.size(); i > 0; i--) {
            Postponed postponed = POSTPONED.poll();
            if (postponed == null) {
                return;
            }
            attempt(postponed);
        }
    }

    private static void attempt(Postponed one) {
        int code = one.release.of(one.handle);
        if (code == 0) {
            HELD.decrementAndGet();
        } else if (CudaCode.isOfCapture(code)) {
            POSTPONED.add(one);
        }
    }
}

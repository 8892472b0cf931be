package org.dctloss;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * A few idle sessions, for objects that are shared by threads. Borrowing and returning neither locks nor allocates; a
 * session that finds no free place pushes out another, which is closed.
 */
final class SessionPool<S extends AutoCloseable> {
    private static final int PLACES = 8;

    private final AtomicReferenceArray<S> idle = new AtomicReferenceArray<>(PLACES);
    private final AtomicInteger next = new AtomicInteger();

    /** Takes the session at place {@code i}, if there is one; its taker gives it back or closes it. */
    S take(int i) {
        return idle.get(i) == null ? null : idle.getAndSet(i, null);
    }

    int places() {
        return PLACES;
    }

    void giveBack(S session) {
        for (int i = 0; i < PLACES; i++) {
            if (idle.get(i) == null && idle.compareAndSet(i, null, session)) {
                return;
            }
        }
        close(idle.getAndSet(Math.floorMod(next.getAndIncrement(), PLACES), session));
    }

    /** Closes what is idle now. */
    void release() {
        for (int i = 0; i < PLACES; i++) {
            close(idle.getAndSet(i, null));
        }
    }

    private void close(S session) {
        try {
            if (session != null) {
                session.close();
            }
        } catch (Exception failed) {
            throw new IllegalStateException("closing an idle session failed", failed);
        }
    }
}

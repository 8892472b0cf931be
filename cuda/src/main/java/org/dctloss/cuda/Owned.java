package org.dctloss.cuda;

import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/**
 * A handle of CUDA's that is given back once: by close(), or after its owner is lost, by a cleaner. Giving back never
 * throws, and closing again does nothing.
 */
final class Owned {
    private static final Cleaner CLEANER = Cleaner.create();

    /** What the cleaner keeps, which must not know the owner. 0 once given back. */
    private static final class State implements Runnable {
        private final AtomicLong handle;
        private final LongConsumer release;

        State(long handle, LongConsumer release) {
            this.handle = new AtomicLong(handle);
            this.release = release;
        }

        @Override
        public void run() {
            long last = handle.getAndSet(0);
            if (last != 0) {
                release.accept(last);
            }
        }
    }

    private final String name;
    private final State state;
    private final Cleaner.Cleanable cleanable;

    /**
     * Takes charge of a handle.
     *
     * @param owner whose loss gives it back
     * @param name for people: "device memory"
     * @param release gives it back; must not know the owner
     */
    Owned(Object owner, String name, long handle, LongConsumer release) {
        this.name = name;
        state = new State(handle, release);
        cleanable = CLEANER.register(owner, state);
    }

    /** The handle, which is refused after close(). */
    long handle() {
        long handle = state.handle.get();
        if (handle == 0) {
            throw new IllegalStateException(name + ": got a use after close(), allowed only before");
        }
        return handle;
    }

    boolean isClosed() {
        return state.handle.get() == 0;
    }

    void close() {
        cleanable.clean();
    }
}

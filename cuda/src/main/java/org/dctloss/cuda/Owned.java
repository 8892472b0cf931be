package org.dctloss.cuda;

import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A handle of CUDA's. One that is ours is given back once: by close(), or after its owner is lost, by a cleaner; giving
 * back never throws, and closing again does nothing. One of another library is kept, with what owns it, and never given
 * back; a piece of this library's own memory ends with that.
 */
final class Owned implements Lifetime {
    private static final Cleaner CLEANER = Cleaner.create();

    /** What the cleaner keeps, which must not know the owner. 0 once given back. */
    private static final class State implements Runnable {
        private final AtomicLong handle;
        private final Releases.Release release;

        State(long handle, Releases.Release release) {
            this.handle = new AtomicLong(handle);
            this.release = release;
        }

        @Override
        public void run() {
            long last = handle.getAndSet(0);
            if (last != 0) {
                Releases.release(last, release);
            }
        }
    }

    private final String name;

    // Of ours; else null.
    private final State state;
    private final Cleaner.Cleanable cleanable;

    // Of another library.
    private final long foreign;
    private final Object foreignOwner;

    /**
     * Takes charge of a handle.
     *
     * @param owner whose loss gives it back
     * @param name for people: "device memory"
     * @param release gives it back; must not know the owner
     */
    Owned(Object owner, String name, long handle, Releases.Release release) {
        this.name = name;
        Releases.taken();
        state = new State(handle, release);
        cleanable = CLEANER.register(owner, state);
        foreign = 0;
        foreignOwner = null;
    }

    /** A handle of another library, with what keeps it alive, which may be null. */
    Owned(String name, long handle, Object owner) {
        this.name = name;
        state = null;
        cleanable = null;
        foreign = handle;
        foreignOwner = owner;
    }

    /** The handle, which is refused after close(). */
    long handle() {
        if (state == null) {
            Lifetime.checkOpen(foreignOwner);
            return foreign;
        }
        long handle = state.handle.get();
        if (handle == 0) {
            throw Lifetime.closed(this);
        }
        return handle;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean isClosed() {
        return state == null ? Lifetime.isClosed(Lifetime.of(foreignOwner)) : state.handle.get() == 0;
    }

    void close() {
        if (state != null && !isClosed()) {
            Recording.refuse(name, "close()");
            cleanable.clean();
        }
    }

    /** What people should know besides the rest: that it is closed, or whose it is. */
    @Override
    public String toString() {
        return isClosed() ? ", closed" : foreignOwner == null ? "" : " of " + foreignOwner;
    }
}

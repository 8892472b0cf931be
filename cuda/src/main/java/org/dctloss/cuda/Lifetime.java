package org.dctloss.cuda;

/** What close() ends, and with it whatever works on it. */
interface Lifetime {
    /** For people: "device memory". */
    String name();

    boolean isClosed();

    /** That of an object of this package; null for those of other libraries, which nobody can ask. */
    static Lifetime of(Object owner) {
        return owner instanceof DeviceMemory memory
                ? memory.lifetime()
                : owner instanceof PinnedMemory pinned
                        ? pinned.lifetime()
                        : owner instanceof CudaStream stream ? stream.lifetime() : null;
    }

    /** Refuses an object of this package that was closed; null is none. */
    static void checkOpen(Object owner) {
        Lifetime lifetime = of(owner);
        if (isClosed(lifetime)) {
            throw closed(lifetime);
        }
    }

    /** Whether something was closed; null is never. */
    static boolean isClosed(Lifetime lifetime) {
        return lifetime != null && lifetime.isClosed();
    }

    static IllegalStateException closed(Lifetime lifetime) {
        return new IllegalStateException(lifetime.name() + ": got a use after close(), allowed only before");
    }
}

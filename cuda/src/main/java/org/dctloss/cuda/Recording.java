package org.dctloss.cuda;

import java.util.IdentityHashMap;
import java.util.Map;

/** What a thread records into a graph: from which stream, and what its work needs as long as it may be launched. */
final class Recording {
    private static final ThreadLocal<Recording> CURRENT = new ThreadLocal<>();

    private final int device;
    private final long stream;
    /** Kept reachable. The values are null for what belongs to other libraries. */
    private final Map<Object, Lifetime> needs = new IdentityHashMap<>();

    private Recording(int device, long stream) {
        this.device = device;
        this.stream = stream;
    }

    static Recording begin(int device, long stream) {
        Recording recording = new Recording(device, stream);
        CURRENT.set(recording);
        return recording;
    }

    static void end() {
        CURRENT.remove();
    }

    /** Refuses what cannot be recorded, if this thread records. */
    static void refuse(String what, String call) {
        if (CURRENT.get() != null) {
            throw new IllegalStateException(
                    what + ": got " + call + " while this thread records a graph, allowed before or after");
        }
    }

    /** Refuses work on a stream that nothing is recorded from, if this thread records: it would be done at once. */
    static void checkStream(int device, long stream) {
        Recording now = CURRENT.get();
        if (now != null
                && (stream != now.stream || device != now.device)
                && !Cuda.isCapturing(device, stream, new int[1])) {
            throw new IllegalArgumentException("stream: got 0x" + Long.toHexString(stream) + " of device " + device
                    + " while a graph is recorded from 0x" + Long.toHexString(now.stream) + " of device " + now.device
                    + ", allowed that one, or one that waits for an event of it");
        }
    }

    /** Notes what recorded work needs: an object of this package or of another library, or null. */
    static void needs(Object thing) {
        needs(thing, Lifetime.of(thing));
    }

    /** The same, where what ends is not the thing's own. */
    static void needs(Object thing, Lifetime lifetime) {
        Recording now = CURRENT.get();
        if (now != null && thing != null) {
            now.needs.put(thing, lifetime);
        }
    }

    /** Refuses a launch after something was closed that the work needs. */
    void checkOpen() {
        for (Lifetime lifetime : needs.values()) {
            if (Lifetime.isClosed(lifetime)) {
                throw new IllegalStateException("graph: got a launch after " + lifetime.name()
                        + " that it works on was closed, allowed only before");
            }
        }
    }
}

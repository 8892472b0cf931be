package org.dctloss.cuda;

import java.lang.ref.Reference;
import java.util.function.LongConsumer;

/** A point in a stream, to wait for and to take the time between. Destroyed by {@link #close}, or after it is lost. */
public final class CudaEvent implements AutoCloseable {
    private final int device;
    private final Owned own;

    private CudaEvent(int device, long handle) {
        this.device = device;
        own = new Owned(this, "event", handle, releaser(device));
    }

    private static LongConsumer releaser(int device) {
        return handle -> Cuda.destroyEvent(device, handle);
    }

    /** A new event, which has not happened. */
    public static CudaEvent create(int device) {
        CudaDevice.checkOrdinal(device);
        return new CudaEvent(device, Cuda.createEvent(device));
    }

    /** Its device's ordinal. */
    public int device() {
        return device;
    }

    /** The {@code cudaEvent_t}. */
    public long handle() {
        return own.handle();
    }

    /** Makes this the point after all that is queued on a stream now. */
    public void record(CudaStream stream) {
        stream.checkDevice(device);
        Cuda.recordEvent(handle(), device, stream.handle());
        Reference.reachabilityFence(this);
        Reference.reachabilityFence(stream);
    }

    /** Waits until it has happened. */
    public void synchronize() {
        Cuda.synchronizeEvent(device, handle());
        Reference.reachabilityFence(this);
    }

    /** Milliseconds from an earlier event to this one; both have happened. */
    public float millisecondsSince(CudaEvent earlier) {
        float milliseconds = Cuda.elapsed(device, earlier.handle(), handle());
        Reference.reachabilityFence(this);
        Reference.reachabilityFence(earlier);
        return milliseconds;
    }

    /** Destroys it. Closing again does nothing. */
    @Override
    public void close() {
        own.close();
    }

    @Override
    public String toString() {
        return "event of device " + device + (own.isClosed() ? ", closed" : "");
    }
}

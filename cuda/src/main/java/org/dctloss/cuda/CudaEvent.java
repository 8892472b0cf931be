package org.dctloss.cuda;

import java.lang.ref.Reference;
import java.util.Objects;
import org.bytedeco.javacpp.Pointer;

/**
 * A point in a stream, to wait for and to take the time between. Created here, and destroyed by {@link #close} or after it
 * is lost; or of another library, which owns it.
 */
public final class CudaEvent implements AutoCloseable {
    private static final String NAME = "event";

    private final int device;
    private final Owned own;

    private CudaEvent(int device, long handle) {
        this.device = device;
        own = new Owned(this, NAME, handle, releaser(device));
    }

    private CudaEvent(int device, long handle, Object owner) {
        this.device = CudaDevice.checkOrdinal(device);
        if (handle == 0) {
            throw new IllegalArgumentException("event: got 0, allowed a cudaEvent_t");
        }
        own = new Owned(NAME, handle, owner);
    }

    private static Releases.Release releaser(int device) {
        return handle -> Cuda.destroyEvent(device, handle);
    }

    /** A new event, which has not happened. */
    public static CudaEvent create(int device) {
        CudaDevice.checkOrdinal(device);
        return new CudaEvent(device, Cuda.createEvent(device));
    }

    /** An event of another library: its {@code cudaEvent_t}. Closing this does not destroy it. */
    public static CudaEvent of(int device, long handle) {
        return new CudaEvent(device, handle, null);
    }

    /**
     * An event of another library: its JavaCPP pointer, such as {@code CUevent_st} of the CUDA presets, which is kept
     * reachable. Closing this does not destroy it.
     */
    public static CudaEvent of(int device, Pointer event) {
        Objects.requireNonNull(event, "event: got null, allowed a pointer");
        return new CudaEvent(device, event.address(), event);
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
        CudaStream.check(stream, device);
        Cuda.recordEvent(handle(), device, stream.handle());
        Reference.reachabilityFence(this);
        Reference.reachabilityFence(stream);
    }

    /** Waits until it has happened. */
    public void synchronize() {
        Cuda.synchronizeEvent(device, handle());
        Reference.reachabilityFence(this);
    }

    /** Milliseconds from an earlier event of the same device to this one; both have happened. */
    public float millisecondsSince(CudaEvent earlier) {
        check(earlier, device);
        float milliseconds = Cuda.elapsed(device, earlier.handle(), handle());
        Reference.reachabilityFence(this);
        Reference.reachabilityFence(earlier);
        return milliseconds;
    }

    /** Refuses null, and an event of another device. */
    static void check(CudaEvent event, int device) {
        Objects.requireNonNull(event, "event: got null, allowed a CudaEvent");
        if (event.device != device) {
            throw new IllegalArgumentException(
                    "event: got one of device " + event.device + ", allowed those of device " + device);
        }
    }

    /** Destroys it, unless it is another library's. Closing again does nothing. */
    @Override
    public void close() {
        own.close();
    }

    @Override
    public String toString() {
        return "event of device " + device + own;
    }
}

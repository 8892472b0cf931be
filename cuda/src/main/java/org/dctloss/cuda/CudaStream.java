package org.dctloss.cuda;

import java.lang.ref.Reference;
import java.util.Objects;
import java.util.function.LongConsumer;
import org.bytedeco.javacpp.Pointer;

/**
 * An order of work on a device. Created here, and destroyed by {@link #close} or after it is lost (queued work is still
 * done); or of another library, which owns it. Whoever hands its {@link #handle} on as a number keeps this object.
 */
public final class CudaStream implements AutoCloseable {
    private final int device;
    /** Null if it is another library's. */
    private final Owned own;

    private final long foreign;
    private final Object foreignOwner;

    private CudaStream(int device, long handle) {
        this.device = device;
        foreign = 0;
        foreignOwner = null;
        own = new Owned(this, "stream", handle, releaser(device));
    }

    private CudaStream(int device, long handle, Object owner) {
        this.device = device;
        foreign = handle;
        foreignOwner = owner;
        own = null;
    }

    private static LongConsumer releaser(int device) {
        return handle -> Cuda.destroyStream(device, handle);
    }

    /** A new stream, which does not wait for the default one. */
    public static CudaStream create(int device) {
        CudaDevice.checkOrdinal(device);
        return new CudaStream(device, Cuda.createStream(device));
    }

    /** The default stream of a device. */
    public static CudaStream ofDefault(int device) {
        return of(device, Cuda.DEFAULT_STREAM);
    }

    /** A stream of another library: its {@code cudaStream_t}. Closing this does not destroy it. */
    public static CudaStream of(int device, long handle) {
        return new CudaStream(CudaDevice.checkOrdinal(device), handle, null);
    }

    /**
     * A stream of another library: its JavaCPP pointer, such as {@code CUstream_st} of the CUDA presets, which is kept
     * reachable. Closing this does not destroy it.
     */
    public static CudaStream of(int device, Pointer stream) {
        Objects.requireNonNull(stream, "stream: got null, allowed a pointer (ofDefault for the default stream)");
        return new CudaStream(CudaDevice.checkOrdinal(device), stream.address(), stream);
    }

    /** Its device's ordinal. */
    public int device() {
        return device;
    }

    /** The {@code cudaStream_t}; 0 is the default stream. */
    public long handle() {
        return own == null ? foreign : own.handle();
    }

    /** Waits until all work that is queued on it is done, and throws what went wrong with it. */
    public void synchronize() {
        Cuda.synchronizeStream(device, handle());
        Reference.reachabilityFence(this);
    }

    /** Makes what is queued from now on wait for an event of the same device. */
    public void waitFor(CudaEvent event) {
        checkDevice(event.device());
        Cuda.waitEvent(event.handle(), device, handle());
        Reference.reachabilityFence(this);
        Reference.reachabilityFence(event);
    }

    void checkDevice(int other) {
        if (device != other) {
            throw new IllegalArgumentException(
                    "stream: got one of device " + device + ", allowed those of device " + other);
        }
    }

    /** Destroys it, unless it is another library's. Closing again does nothing. */
    @Override
    public void close() {
        if (own != null) {
            own.close();
        }
    }

    @Override
    public String toString() {
        String which = own != null && own.isClosed() ? "closed" : "0x" + Long.toHexString(handle());
        return "stream " + which + " of device " + device + (foreignOwner == null ? "" : " (" + foreignOwner + ")");
    }
}

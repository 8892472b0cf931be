package org.dctloss.cuda;

import java.lang.ref.Reference;
import java.util.Objects;
import org.bytedeco.javacpp.Pointer;
import org.dctloss.LossOptions;

/**
 * An order of work on a device. Created here, and destroyed by {@link #close} or after it is lost (queued work is still
 * done); or of another library, which owns it. Whoever hands its {@link #handle} on as a number keeps this object; {@link
 * #on} sees to that.
 */
public final class CudaStream implements AutoCloseable {
    private static final String NAME = "stream";

    private final int device;
    private final Owned own;

    private CudaStream(int device, long handle) {
        this.device = device;
        own = new Owned(this, NAME, handle, releaser(device));
    }

    private CudaStream(int device, long handle, Object owner) {
        this.device = CudaDevice.checkOrdinal(device);
        own = new Owned(NAME, handle, owner);
    }

    private static Releases.Release releaser(int device) {
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
        return new CudaStream(device, handle, null);
    }

    /**
     * A stream of another library: its JavaCPP pointer, such as {@code CUstream_st} of the CUDA presets, which is kept
     * reachable. Closing this does not destroy it.
     */
    public static CudaStream of(int device, Pointer stream) {
        Objects.requireNonNull(stream, "stream: got null, allowed a pointer (ofDefault for the default stream)");
        return new CudaStream(device, stream.address(), stream);
    }

    /** Its device's ordinal. */
    public int device() {
        return device;
    }

    /** The {@code cudaStream_t}; 0 is the default stream. */
    public long handle() {
        return own.handle();
    }

    /** These options on this stream, which they keep reachable. */
    public LossOptions on(LossOptions options) {
        Objects.requireNonNull(options, "options: got null, allowed LossOptions");
        return options.stream(handle(), this);
    }

    /** Waits until all work that is queued on it is done, and throws what went wrong with it. */
    public void synchronize() {
        Cuda.synchronizeStream(device, handle());
        Reference.reachabilityFence(this);
    }

    /** Makes what is queued from now on wait for an event of the same device. */
    public void waitFor(CudaEvent event) {
        CudaEvent.check(event, device);
        Cuda.waitEvent(event.handle(), device, handle());
        Reference.reachabilityFence(this);
        Reference.reachabilityFence(event);
    }

    /** Refuses null, and a stream of another device. */
    static void check(CudaStream stream, int device) {
        Objects.requireNonNull(stream, "stream: got null, allowed a CudaStream (ofDefault for the default stream)");
        if (stream.device != device) {
            throw new IllegalArgumentException(
                    "stream: got one of device " + stream.device + ", allowed those of device " + device);
        }
    }

    Lifetime lifetime() {
        return own;
    }

    /** Destroys it, unless it is another library's. Closing again does nothing. */
    @Override
    public void close() {
        own.close();
    }

    @Override
    public String toString() {
        return "stream " + (own.isClosed() ? "" : "0x" + Long.toHexString(handle()) + " ") + "of device " + device
                + own;
    }
}

package org.dctloss.cuda;

import java.lang.ref.Reference;
import java.util.Objects;

/**
 * Page-locked memory of the host, which a device copies from and to without waiting and without staging. Freed by {@link
 * #close}, or after it is lost. Not to be closed while queued copies use it.
 */
public final class PinnedMemory implements AutoCloseable {
    private static final String NAME = "page-locked memory";

    private final long bytes;
    private final Owned own;

    private PinnedMemory(int device, long bytes, long address) {
        this.bytes = bytes;
        own = new Owned(this, NAME, address, releaser(device));
    }

    private static Releases.Release releaser(int device) {
        return address -> Cuda.releasePinned(device, address);
    }

    /** Allocates; what it holds is left to chance. Takes its time, so do it once. */
    public static PinnedMemory allocate(int device, long bytes) {
        CudaDevice.checkOrdinal(device);
        DeviceMemory.checkSize(bytes);
        Recording.refuse(NAME, "an allocation");
        return new PinnedMemory(device, bytes, Cuda.allocatePinned(device, bytes));
    }

    /** Size in bytes. */
    public long bytes() {
        return bytes;
    }

    /** Address in this process. */
    public long address() {
        return own.handle();
    }

    /** Writes numbers from byte {@code at} on. */
    public void put(long at, float[] values) {
        put(at, values, length(values));
    }

    /** Writes the first {@code count} numbers of an array from byte {@code at} on. */
    void put(long at, float[] values, int count) {
        checkRange(at, (long) Float.BYTES * count);
        CudaKernels.copyIn(address() + at, values, (long) Float.BYTES * count);
        Reference.reachabilityFence(this);
    }

    /** Reads numbers from byte {@code at} on. */
    public void get(long at, float[] values) {
        get(at, values, length(values));
    }

    /** Reads {@code count} numbers from byte {@code at} on to the start of an array. */
    void get(long at, float[] values, int count) {
        checkRange(at, (long) Float.BYTES * count);
        CudaKernels.copyOut(values, address() + at, (long) Float.BYTES * count);
        Reference.reachabilityFence(this);
    }

    private static int length(float[] values) {
        return Objects.requireNonNull(values, "array: got null, allowed one of numbers").length;
    }

    private void checkRange(long at, long size) {
        if (at < 0 || at > bytes - size) {
            throw new IllegalArgumentException(
                    NAME + ": got " + size + " bytes at " + at + ", allowed what lies inside " + bytes);
        }
    }

    Lifetime lifetime() {
        return own;
    }

    /** Frees it. Closing again does nothing. */
    @Override
    public void close() {
        own.close();
    }

    @Override
    public String toString() {
        return bytes + " bytes of page-locked memory" + own;
    }
}

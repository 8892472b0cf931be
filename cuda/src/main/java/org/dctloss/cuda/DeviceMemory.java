package org.dctloss.cuda;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import java.util.function.LongConsumer;
import org.bytedeco.javacpp.Pointer;
import org.dctloss.DataType;
import org.dctloss.ImageBatch;

/**
 * Memory of a CUDA device: allocated here, and freed by {@link #close} or after this object and all images in it are
 * lost; or of another library, which owns it. Images in it keep it reachable.
 *
 * <p>Copies from and to the heap have finished when they return, and wait for the work that was queued on their stream
 * before. Thread-safe, but for closing it while another thread uses it or while queued work does.
 */
public final class DeviceMemory implements AutoCloseable {
    private static final int PIECE = 1 << 20;

    private final int device;
    private final long bytes;
    /** Null if it is another library's. */
    private final Owned own;

    private final long foreign;
    private final Object foreignOwner;

    private DeviceMemory(int device, long bytes, long address) {
        this.device = device;
        this.bytes = bytes;
        foreign = 0;
        foreignOwner = null;
        own = new Owned(this, "device memory", address, releaser(device));
    }

    private DeviceMemory(int device, long bytes, long address, Object owner) {
        this.device = device;
        this.bytes = bytes;
        foreign = address;
        foreignOwner = owner;
        own = null;
    }

    private static LongConsumer releaser(int device) {
        return address -> Cuda.release(device, address);
    }

    /**
     * Allocates. What it holds is left to chance.
     *
     * @param device ordinal
     * @param bytes 1 or more
     * @throws CudaException if there is not enough, with what there is; everything goes on working
     */
    public static DeviceMemory allocate(int device, long bytes) {
        CudaDevice.checkOrdinal(device);
        checkSize(bytes);
        return new DeviceMemory(device, bytes, Cuda.allocate(device, bytes));
    }

    /** Allocates and fills it with these numbers. */
    public static DeviceMemory of(int device, float[] values) {
        DeviceMemory memory = allocate(device, (long) Float.BYTES * values.length);
        memory.copyFrom(values);
        return memory;
    }

    /**
     * Memory of another library, as its address. Closing this does not free it.
     *
     * @param address on the device, not 0
     * @param bytes what may be used of it
     * @param owner kept reachable as long as this is, so that the memory is not freed
     */
    public static DeviceMemory of(int device, long address, long bytes, Object owner) {
        CudaDevice.checkOrdinal(device);
        Objects.requireNonNull(owner, "owner: got null, allowed the object that keeps the memory alive");
        if (address == 0) {
            throw new IllegalArgumentException("address: got 0, allowed the address of memory");
        }
        checkSize(bytes);
        return new DeviceMemory(device, bytes, address, owner);
    }

    /**
     * Memory of another library, as its JavaCPP pointer, which is kept reachable: from the pointer's position to its
     * limit. Closing this does not free it.
     *
     * @param pointer with a limit (capacity), and not one to the host's memory
     */
    public static DeviceMemory of(int device, Pointer pointer) {
        Objects.requireNonNull(pointer, "pointer: got null, allowed one to device memory");
        long element = pointer.sizeof();
        long count = pointer.limit() - pointer.position();
        if (pointer.isNull() || count < 1) {
            throw new IllegalArgumentException("pointer: got " + (pointer.isNull() ? "a null pointer" : "no elements")
                    + ", allowed one with an address and a limit (capacity) past its position");
        }
        return of(device, pointer.address() + element * pointer.position(), element * count, pointer);
    }

    static long checkSize(long bytes) {
        if (bytes < 1) {
            throw new IllegalArgumentException("memory: got " + bytes + " bytes, allowed 1 or more");
        }
        return bytes;
    }

    /** Its ordinal. */
    public int device() {
        return device;
    }

    /** Size in bytes. */
    public long bytes() {
        return bytes;
    }

    /** Address on the device. */
    public long address() {
        return own == null ? foreign : own.handle();
    }

    /** A contiguous batch (NCHW) from the start on. */
    public ImageBatch image(DataType dataType, int n, int c, int h, int w) {
        return image(dataType, 0, n, c, h, w, (long) c * h * w, (long) h * w, w, 1);
    }

    /**
     * A batch with any strides.
     *
     * @param offset of pixel (0, 0, 0, 0), in elements like the strides
     * @throws IllegalArgumentException if it reaches past the end
     */
    public ImageBatch image(
            DataType dataType,
            long offset,
            int n,
            int c,
            int h,
            int w,
            long strideN,
            long strideC,
            long strideH,
            long strideW) {
        Objects.requireNonNull(dataType, "data type: got null, allowed a DataType");
        long elements = bytes / dataType.bytes();
        if (offset < 0 || offset >= elements) {
            throw new IllegalArgumentException("offset: got " + offset + ", allowed 0 to " + (elements - 1));
        }
        ImageBatch image = ImageBatch.ofDevice(
                address() + offset * dataType.bytes(),
                device,
                dataType,
                this,
                n,
                c,
                h,
                w,
                strideN,
                strideC,
                strideH,
                strideW);
        long last = offset + image.index(n - 1, c - 1, h - 1, w - 1);
        if (last < offset || last >= elements) {
            throw new IllegalArgumentException("image batch: got device memory of " + elements + " elements for "
                    + image.shape() + " that reaches element " + last + ", allowed " + (last + 1)
                    + " elements or more");
        }
        return image;
    }

    /** Copies numbers to the start of it, behind the default stream. */
    public void copyFrom(float[] values) {
        copyFrom(values, CudaStream.ofDefault(device));
    }

    /** Copies numbers to the start of it. */
    public void copyFrom(float[] values, CudaStream stream) {
        int step = PIECE / Float.BYTES;
        checkCopy("array", (long) Float.BYTES * values.length, stream);
        ByteBuffer piece = piece((long) Float.BYTES * values.length);
        for (int at = 0; at < values.length; at += step) {
            int count = Math.min(step, values.length - at);
            piece.asFloatBuffer().put(values, at, count);
            Cuda.copyFrom(
                    piece, address() + (long) Float.BYTES * at, (long) Float.BYTES * count, device, handle(stream));
        }
        Reference.reachabilityFence(this);
    }

    /** Copies what remains of a buffer to the start of it, behind the default stream. */
    public void copyFrom(ByteBuffer values) {
        copyFrom(values, CudaStream.ofDefault(device));
    }

    /** Copies what remains of a buffer to the start of it. The buffer's position stays. */
    public void copyFrom(ByteBuffer values, CudaStream stream) {
        checkCopy("buffer", values.remaining(), stream);
        ByteBuffer piece = piece(values.remaining());
        for (int at = 0; at < values.remaining(); at += PIECE) {
            int count = Math.min(PIECE, values.remaining() - at);
            piece.put(0, values, values.position() + at, count);
            Cuda.copyFrom(piece, address() + at, count, device, handle(stream));
        }
        Reference.reachabilityFence(this);
    }

    /** Copies as many numbers as the array has from the start of it, behind the default stream. */
    public void copyTo(float[] values) {
        copyTo(values, CudaStream.ofDefault(device));
    }

    /** Copies as many numbers as the array has from the start of it. */
    public void copyTo(float[] values, CudaStream stream) {
        int step = PIECE / Float.BYTES;
        checkCopy("array", (long) Float.BYTES * values.length, stream);
        ByteBuffer piece = piece((long) Float.BYTES * values.length);
        for (int at = 0; at < values.length; at += step) {
            int count = Math.min(step, values.length - at);
            Cuda.copyTo(piece, address() + (long) Float.BYTES * at, (long) Float.BYTES * count, device, handle(stream));
            piece.asFloatBuffer().get(values, at, count);
        }
        Reference.reachabilityFence(this);
    }

    /** Copies as many numbers as the array has from the start of it: a loss, the values of samples. */
    public void copyTo(double[] values, CudaStream stream) {
        int step = PIECE / Double.BYTES;
        checkCopy("array", (long) Double.BYTES * values.length, stream);
        ByteBuffer piece = piece((long) Double.BYTES * values.length);
        for (int at = 0; at < values.length; at += step) {
            int count = Math.min(step, values.length - at);
            Cuda.copyTo(
                    piece, address() + (long) Double.BYTES * at, (long) Double.BYTES * count, device, handle(stream));
            piece.asDoubleBuffer().get(values, at, count);
        }
        Reference.reachabilityFence(this);
    }

    /** Fills what remains of a buffer from the start of it, behind the default stream. */
    public void copyTo(ByteBuffer values) {
        copyTo(values, CudaStream.ofDefault(device));
    }

    /** Fills what remains of a buffer from the start of it. The buffer's position stays. */
    public void copyTo(ByteBuffer values, CudaStream stream) {
        checkCopy("buffer", values.remaining(), stream);
        ByteBuffer piece = piece(values.remaining());
        for (int at = 0; at < values.remaining(); at += PIECE) {
            int count = Math.min(PIECE, values.remaining() - at);
            Cuda.copyTo(piece, address() + at, count, device, handle(stream));
            values.put(values.position() + at, piece, 0, count);
        }
        Reference.reachabilityFence(this);
    }

    /** Queues a copy of all of a page-locked memory to the start of this one; both must live until it is done. */
    public void copyFrom(PinnedMemory from, CudaStream stream) {
        checkCopy("page-locked memory", from.bytes(), stream);
        Cuda.copy(address(), from.address(), from.bytes(), device, handle(stream));
        Reference.reachabilityFence(this);
        Reference.reachabilityFence(from);
    }

    /** Queues a copy of the start of this to all of a page-locked memory; both must live until it is done. */
    public void copyTo(PinnedMemory to, CudaStream stream) {
        checkCopy("page-locked memory", to.bytes(), stream);
        Cuda.copy(to.address(), address(), to.bytes(), device, handle(stream));
        Reference.reachabilityFence(this);
        Reference.reachabilityFence(to);
    }

    /** Queues setting every byte to a value: 0 for zeros of every type. */
    public void fill(int value, CudaStream stream) {
        checkCopy("fill", bytes, stream);
        Cuda.fill(address(), value, bytes, device, handle(stream));
        Reference.reachabilityFence(this);
    }

    private static ByteBuffer piece(long size) {
        return ByteBuffer.allocateDirect((int) Math.min(PIECE, size)).order(ByteOrder.nativeOrder());
    }

    private static long handle(CudaStream stream) {
        return stream.handle();
    }

    private void checkCopy(String what, long size, CudaStream stream) {
        if (size > bytes) {
            throw new IllegalArgumentException(
                    what + ": got " + size + " bytes, allowed " + bytes + " or fewer, which the device memory has");
        }
        stream.checkDevice(device);
    }

    /** Frees it, unless it is another library's. Closing again does nothing. */
    @Override
    public void close() {
        if (own != null) {
            own.close();
        }
    }

    @Override
    public String toString() {
        return bytes + " bytes on device " + device + (own == null ? " of " + foreignOwner : "")
                + (own != null && own.isClosed() ? ", closed" : "");
    }
}

package org.dctloss.cuda;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
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
    private static final String NAME = "device memory";
    private static final String ARRAY_NEEDED = "array: got null, allowed one of numbers";
    private static final int PIECE = 1 << 20;

    private final int device;
    private final long bytes;
    private final Owned own;

    private DeviceMemory(int device, long bytes, long address) {
        this.device = device;
        this.bytes = bytes;
        own = new Owned(this, NAME, address, releaser(device));
    }

    private DeviceMemory(int device, long bytes, long address, Object owner) {
        this.device = device;
        this.bytes = bytes;
        own = new Owned(NAME, address, owner);
    }

    private static Releases.Release releaser(int device) {
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
        Recording.refuse(NAME, "an allocation");
        return new DeviceMemory(device, bytes, Cuda.allocate(device, bytes));
    }

    /** Allocates and fills it with these numbers. */
    public static DeviceMemory of(int device, float[] values) {
        DeviceMemory memory = allocate(device, bytes(values));
        memory.copyFrom(values);
        return memory;
    }

    /**
     * Memory of another library, as its address. Closing this does not free it.
     *
     * @param address on the device, above 0
     * @param bytes what may be used of it
     * @param owner kept reachable as long as this is, so that the memory is not freed
     */
    public static DeviceMemory of(int device, long address, long bytes, Object owner) {
        CudaDevice.checkOrdinal(device);
        Objects.requireNonNull(owner, "owner: got null, allowed the object that keeps the memory alive");
        checkSize(bytes);
        if (address <= 0 || address > Long.MAX_VALUE - bytes) {
            throw new IllegalArgumentException("address: got 0x" + Long.toHexString(address) + " for " + bytes
                    + " bytes, allowed addresses above 0 of memory that ends below 2^63");
        }
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
        return own.handle();
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
        if (elements == 0) {
            throw new IllegalArgumentException("device memory: got " + bytes + " bytes for an image of " + dataType
                    + ", allowed " + dataType.bytes() + " or more");
        }
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
        long address = checkCopy("array", bytes(values), stream);
        ByteBuffer piece = piece(bytes(values));
        for (int at = 0; at < values.length; at += step) {
            int count = Math.min(step, values.length - at);
            piece.asFloatBuffer().put(values, at, count);
            Cuda.copyFrom(
                    piece, address + (long) Float.BYTES * at, (long) Float.BYTES * count, device, stream.handle());
        }
        Reference.reachabilityFence(this);
        Reference.reachabilityFence(stream);
    }

    /** Copies what remains of a buffer to the start of it, behind the default stream. */
    public void copyFrom(ByteBuffer values) {
        copyFrom(values, CudaStream.ofDefault(device));
    }

    /** Copies what remains of a buffer to the start of it. The buffer's position stays. */
    public void copyFrom(ByteBuffer values, CudaStream stream) {
        long address = checkCopy("buffer", bytes(values), stream);
        ByteBuffer piece = piece(values.remaining());
        for (int at = 0; at < values.remaining(); at += PIECE) {
            int count = Math.min(PIECE, values.remaining() - at);
            piece.put(0, values, values.position() + at, count);
            Cuda.copyFrom(piece, address + at, count, device, stream.handle());
        }
        Reference.reachabilityFence(this);
        Reference.reachabilityFence(stream);
    }

    /** Copies as many numbers as the array has from the start of it, behind the default stream. */
    public void copyTo(float[] values) {
        copyTo(values, CudaStream.ofDefault(device));
    }

    /** Copies as many numbers as the array has from the start of it. */
    public void copyTo(float[] values, CudaStream stream) {
        int step = PIECE / Float.BYTES;
        long address = checkCopy("array", bytes(values), stream);
        ByteBuffer piece = piece(bytes(values));
        for (int at = 0; at < values.length; at += step) {
            int count = Math.min(step, values.length - at);
            Cuda.copyTo(piece, address + (long) Float.BYTES * at, (long) Float.BYTES * count, device, stream.handle());
            piece.asFloatBuffer().get(values, at, count);
        }
        Reference.reachabilityFence(this);
        Reference.reachabilityFence(stream);
    }

    /** Copies as many numbers as the array has from the start of it: a loss, the values of samples. */
    public void copyTo(double[] values, CudaStream stream) {
        Objects.requireNonNull(values, ARRAY_NEEDED);
        int step = PIECE / Double.BYTES;
        long address = checkCopy("array", (long) Double.BYTES * values.length, stream);
        ByteBuffer piece = piece((long) Double.BYTES * values.length);
        for (int at = 0; at < values.length; at += step) {
            int count = Math.min(step, values.length - at);
            Cuda.copyTo(
                    piece, address + (long) Double.BYTES * at, (long) Double.BYTES * count, device, stream.handle());
            piece.asDoubleBuffer().get(values, at, count);
        }
        Reference.reachabilityFence(this);
        Reference.reachabilityFence(stream);
    }

    /** Fills what remains of a buffer from the start of it, behind the default stream. */
    public void copyTo(ByteBuffer values) {
        copyTo(values, CudaStream.ofDefault(device));
    }

    /** Fills what remains of a buffer from the start of it. The buffer's position stays. */
    public void copyTo(ByteBuffer values, CudaStream stream) {
        long address = checkCopy("buffer", bytes(values), stream);
        if (values.isReadOnly()) {
            throw new IllegalArgumentException("buffer: got a read-only one, allowed one that can be written");
        }
        ByteBuffer piece = piece(values.remaining());
        for (int at = 0; at < values.remaining(); at += PIECE) {
            int count = Math.min(PIECE, values.remaining() - at);
            Cuda.copyTo(piece, address + at, count, device, stream.handle());
            values.put(values.position() + at, piece, 0, count);
        }
        Reference.reachabilityFence(this);
        Reference.reachabilityFence(stream);
    }

    /** Queues a copy of all of a page-locked memory to the start of this one; both must live until it is done. */
    public void copyFrom(PinnedMemory from, CudaStream stream) {
        long address = checkQueued(from, stream);
        Cuda.copy(address, from.address(), from.bytes(), device, stream.handle());
        Reference.reachabilityFence(this);
        Reference.reachabilityFence(from);
        Reference.reachabilityFence(stream);
    }

    /** Queues a copy of the start of this to all of a page-locked memory; both must live until it is done. */
    public void copyTo(PinnedMemory to, CudaStream stream) {
        long address = checkQueued(to, stream);
        Cuda.copy(to.address(), address, to.bytes(), device, stream.handle());
        Reference.reachabilityFence(this);
        Reference.reachabilityFence(to);
        Reference.reachabilityFence(stream);
    }

    /**
     * Queues setting every byte to a value: 0 for zeros of every type.
     *
     * @param value a byte, with or without sign: -128 to 255
     */
    public void fill(int value, CudaStream stream) {
        if (value < Byte.MIN_VALUE || value > 255) {
            throw new IllegalArgumentException("fill: got " + value + ", allowed the bytes -128 to 255");
        }
        CudaStream.check(stream, device);
        long address = address();
        Recording.checkStream(device, stream.handle());
        Recording.needs(this);
        Cuda.fill(address, value, bytes, device, stream.handle());
        Reference.reachabilityFence(this);
        Reference.reachabilityFence(stream);
    }

    private static ByteBuffer piece(long size) {
        return ByteBuffer.allocateDirect((int) Math.min(PIECE, size)).order(ByteOrder.nativeOrder());
    }

    private static long bytes(float[] values) {
        return (long) Float.BYTES * Objects.requireNonNull(values, ARRAY_NEEDED).length;
    }

    private static long bytes(ByteBuffer values) {
        return Objects.requireNonNull(values, "buffer: got null, allowed a ByteBuffer")
                .remaining();
    }

    /** Refuses a copy, also an empty one, that cannot be; gives the address. */
    private long checkCopy(String what, long size, CudaStream stream) {
        if (size > bytes) {
            throw new IllegalArgumentException(
                    what + ": got " + size + " bytes, allowed " + bytes + " or fewer, which the device memory has");
        }
        CudaStream.check(stream, device);
        return address();
    }

    private long checkQueued(PinnedMemory other, CudaStream stream) {
        Objects.requireNonNull(other, "page-locked memory: got null, allowed a PinnedMemory");
        long address = checkCopy("page-locked memory", other.bytes(), stream);
        Recording.checkStream(device, stream.handle());
        Recording.needs(this);
        Recording.needs(other);
        return address;
    }

    Lifetime lifetime() {
        return own;
    }

    /** Frees it, unless it is another library's. Closing again does nothing. */
    @Override
    public void close() {
        own.close();
    }

    @Override
    public String toString() {
        return bytes + " bytes on device " + device + own;
    }
}

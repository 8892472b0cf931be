package org.dctloss;

import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Objects;

/**
 * A view of N x C x H x W pixels: memory, data type and layout. Element (n, c, y, x) lies
 * {@code offset + n*strideN + c*strideC + y*strideH + x*strideW} elements into the memory, so NCHW, NHWC, Fortran
 * order and slices of larger arrays are all views of the same kind. Strides are counted in elements and never negative;
 * a stride of 0 repeats an input and is refused for an output.
 *
 * <p>The view is immutable and owns nothing but a reference that keeps its memory reachable; the pixels may change.
 * Making one checks that every element lies inside the memory, as far as the memory's size is known.
 */
public final class ImageBatch {
    /** Where the pixels live. */
    public enum Memory {
        /** A {@code float[]}. */
        ARRAY,
        /** A direct {@code FloatBuffer}. */
        BUFFER,
        /** A raw address in this process. */
        ADDRESS,
        /** A raw address on a CUDA device. */
        DEVICE
    }

    /**
     * A memory. The owner tells one from another: the array, the caller's buffer, or whatever keeps an address alive.
     */
    private record Storage(
            Memory kind, DataType dataType, float[] array, FloatBuffer buffer, long address, int device, Object owner) {
        static Storage of(float[] pixels) {
            Objects.requireNonNull(pixels, "pixels: got null, allowed a float[]");
            return new Storage(Memory.ARRAY, DataType.FLOAT32, pixels, null, 0, -1, pixels);
        }
    }

    /** Sizes and strides, each in its range. */
    private record Extent(int n, int c, int h, int w, long strideN, long strideC, long strideH, long strideW) {
        Extent {
            checkDimension("N", n);
            checkDimension("C", c);
            checkDimension("H", h);
            checkDimension("W", w);
            checkStride("N", strideN);
            checkStride("C", strideC);
            checkStride("H", strideH);
            checkStride("W", strideW);
        }

        static Extent nchw(int n, int c, int h, int w) {
            return new Extent(n, c, h, w, (long) c * h * w, (long) h * w, w, 1);
        }

        static Extent nhwc(int n, int c, int h, int w) {
            return new Extent(n, c, h, w, (long) h * w * c, 1, (long) w * c, c);
        }

        Extent resized(int n, int c, int h, int w) {
            return new Extent(n, c, h, w, strideN, strideC, strideH, strideW);
        }

        /** The last element that is reached; refused if it, or the number of pixels, leaves 64 bits. */
        long last(long offset, int bytes) {
            try {
                long last = offset;
                last = Math.addExact(last, Math.multiplyExact(n - 1, strideN));
                last = Math.addExact(last, Math.multiplyExact(c - 1, strideC));
                last = Math.addExact(last, Math.multiplyExact(h - 1, strideH));
                last = Math.addExact(last, Math.multiplyExact(w - 1, strideW));
                Math.multiplyExact(Math.multiplyExact(Math.multiplyExact((long) n, c), h), w);
                Math.multiplyExact(last + 1, bytes);
                return last;
            } catch (ArithmeticException overflow) {
                throw new IllegalArgumentException("image batch: got " + shape()
                        + ", whose size does not fit 64 bits, allowed batches that fit the memory of a machine");
            }
        }

        String shape() {
            return n + "x" + c + "x" + h + "x" + w;
        }
    }

    private final Storage storage;
    private final Extent extent;
    private final long offset;

    // Read for every row of pixels, so copied out of the records.
    private final float[] array;
    private final FloatBuffer buffer;
    private final int step;

    private ImageBatch(Storage storage, long capacity, long offset, Extent extent) {
        if (offset < 0) {
            throw new IllegalArgumentException("offset: got " + offset + ", allowed 0 or more elements");
        }
        long last = extent.last(offset, storage.dataType.bytes());
        if (last >= capacity) {
            throw new IllegalArgumentException("image batch: got memory of " + capacity + " elements for "
                    + extent.shape() + " that reaches element " + last + ", allowed " + (last + 1)
                    + " elements or more");
        }
        this.storage = storage;
        this.extent = extent;
        this.offset = offset;
        this.array = storage.array;
        this.buffer = storage.buffer;
        // Inside an array or buffer the stride of more than one column fits an int, and that of one does not matter.
        this.step = (int) extent.strideW;
    }

    static void checkDimension(String name, int size) {
        if (size < 1) {
            throw new IllegalArgumentException(name + ": got " + size + ", allowed 1 or more");
        }
    }

    private static void checkStride(String axis, long stride) {
        if (stride < 0) {
            throw new IllegalArgumentException("stride of " + axis + ": got " + stride
                    + ", allowed 0 or more elements (negative strides are not supported; copy the flipped image)");
        }
    }

    /** A contiguous NCHW view of a whole array, which must hold exactly n*c*h*w floats. */
    public static ImageBatch of(float[] pixels, int n, int c, int h, int w) {
        return whole(Storage.of(pixels), "array", pixels.length, Extent.nchw(n, c, h, w));
    }

    /** A contiguous NHWC view (channels last) of a whole array; the dimensions are still given as N, C, H, W. */
    public static ImageBatch ofNhwc(float[] pixels, int n, int c, int h, int w) {
        return whole(Storage.of(pixels), "array", pixels.length, Extent.nhwc(n, c, h, w));
    }

    private static ImageBatch whole(Storage storage, String what, long got, Extent extent) {
        checkLength(what, got, extent);
        return new ImageBatch(storage, got, 0, extent);
    }

    /** A view of an array with any strides, in elements. */
    public static ImageBatch strided(
            float[] pixels,
            long offset,
            int n,
            int c,
            int h,
            int w,
            long strideN,
            long strideC,
            long strideH,
            long strideW) {
        Extent extent = new Extent(n, c, h, w, strideN, strideC, strideH, strideW);
        return new ImageBatch(Storage.of(pixels), pixels.length, offset, extent);
    }

    /**
     * A contiguous NCHW view of a buffer from its position, which must have exactly n*c*h*w floats remaining.
     *
     * @param pixels direct and in native byte order, or a heap buffer with an accessible array
     */
    public static ImageBatch of(FloatBuffer pixels, int n, int c, int h, int w) {
        Objects.requireNonNull(pixels, "pixels: got null, allowed a FloatBuffer");
        Extent extent = Extent.nchw(n, c, h, w);
        checkLength("buffer", pixels.remaining(), extent);
        return ofBuffer(pixels, 0, extent);
    }

    /**
     * A view of a buffer with any strides, in elements; the offset counts from the buffer's position. Two views that
     * are made from the same buffer object are known to share memory; duplicates and slices made by the caller cannot
     * be recognised as such, and keeping an output apart from the inputs is then up to the caller.
     *
     * @param pixels direct and in native byte order, or a heap buffer with an accessible array
     */
    public static ImageBatch strided(
            FloatBuffer pixels,
            long offset,
            int n,
            int c,
            int h,
            int w,
            long strideN,
            long strideC,
            long strideH,
            long strideW) {
        Objects.requireNonNull(pixels, "pixels: got null, allowed a FloatBuffer");
        return ofBuffer(pixels, offset, new Extent(n, c, h, w, strideN, strideC, strideH, strideW));
    }

    private static ImageBatch ofBuffer(FloatBuffer pixels, long offset, Extent extent) {
        Storage storage;
        long start = pixels.position();
        if (pixels.hasArray()) {
            storage = Storage.of(pixels.array());
            start += pixels.arrayOffset();
        } else {
            if (!pixels.isDirect()) {
                throw new IllegalArgumentException(
                        "buffer: got a heap buffer without an accessible array (read-only, or"
                                + " a view of bytes), allowed direct buffers and buffers with an accessible array");
            }
            if (pixels.order() != ByteOrder.nativeOrder()) {
                throw new IllegalArgumentException("buffer: got byte order " + pixels.order()
                        + ", allowed the native order " + ByteOrder.nativeOrder());
            }
            storage = new Storage(Memory.BUFFER, DataType.FLOAT32, null, pixels.duplicate(), 0, -1, pixels);
        }
        // Checked against what remains of the buffer, which may end before its memory does.
        new ImageBatch(storage, pixels.remaining(), offset, extent);
        return new ImageBatch(storage, Long.MAX_VALUE, start + offset, extent);
    }

    /**
     * A view of raw memory of this process, for pointers of other libraries. Nothing can check its size.
     *
     * @param address of element 0, a multiple of the data type's size and not 0
     * @param owner kept reachable as long as this view is, so that the memory is not freed; not null
     */
    public static ImageBatch ofAddress(
            long address,
            DataType dataType,
            Object owner,
            int n,
            int c,
            int h,
            int w,
            long strideN,
            long strideC,
            long strideH,
            long strideW) {
        Extent extent = new Extent(n, c, h, w, strideN, strideC, strideH, strideW);
        return raw(Memory.ADDRESS, address, -1, dataType, owner, extent);
    }

    /**
     * A view of memory on a CUDA device. Nothing can check its size.
     *
     * @param address device address of element 0, a multiple of the data type's size and not 0
     * @param device ordinal of the device, 0 or more
     * @param owner kept reachable as long as this view is, so that the memory is not freed; not null
     */
    public static ImageBatch ofDevice(
            long address,
            int device,
            DataType dataType,
            Object owner,
            int n,
            int c,
            int h,
            int w,
            long strideN,
            long strideC,
            long strideH,
            long strideW) {
        if (device < 0) {
            throw new IllegalArgumentException("device ordinal: got " + device + ", allowed 0 or more");
        }
        Extent extent = new Extent(n, c, h, w, strideN, strideC, strideH, strideW);
        return raw(Memory.DEVICE, address, device, dataType, owner, extent);
    }

    private static ImageBatch raw(
            Memory kind, long address, int device, DataType dataType, Object owner, Extent extent) {
        Objects.requireNonNull(dataType, "data type: got null, allowed a DataType");
        Objects.requireNonNull(owner, "owner: got null, allowed the object that keeps the memory alive");
        if (address == 0 || address % dataType.bytes() != 0) {
            throw new IllegalArgumentException("address: got 0x" + Long.toHexString(address) + ", allowed multiples of "
                    + dataType.bytes() + " other than 0");
        }
        long bytes = (extent.last(0, dataType.bytes()) + 1) * dataType.bytes();
        if (kind == Memory.DEVICE && (address < 0 || address > Long.MAX_VALUE - bytes)) {
            throw new IllegalArgumentException("address: got 0x" + Long.toHexString(address) + " for " + bytes
                    + " bytes, allowed addresses on a device, which end below 2^63");
        }
        Storage storage = new Storage(kind, dataType, null, null, address, device, owner);
        return new ImageBatch(storage, Long.MAX_VALUE, 0, extent);
    }

    private static void checkLength(String what, long got, Extent extent) {
        // In double: exact far beyond any array, and no product of four ints overflows it.
        double needed = (double) extent.n * extent.c * extent.h * extent.w;
        if (got != needed) {
            throw new IllegalArgumentException(what + ": got " + got + " floats for " + extent.shape()
                    + ", allowed exactly " + (needed < 1e18 ? Long.toString((long) needed) : Double.toString(needed)));
        }
    }

    /** The {@code count} samples from {@code first} on, as a view. */
    public ImageBatch samples(int first, int count) {
        checkRange("samples", first, count, extent.n);
        return view(offset + first * extent.strideN, extent.resized(count, extent.c, extent.h, extent.w));
    }

    /** The {@code count} channels from {@code first} on, as a view. */
    public ImageBatch channels(int first, int count) {
        checkRange("channels", first, count, extent.c);
        return view(offset + first * extent.strideC, extent.resized(extent.n, count, extent.h, extent.w));
    }

    /** The window of {@code height} x {@code width} pixels whose top left corner is (y, x), as a view. */
    public ImageBatch window(int y, int x, int height, int width) {
        checkRange("rows", y, height, extent.h);
        checkRange("columns", x, width, extent.w);
        long start = offset + y * extent.strideH + x * extent.strideW;
        return view(start, extent.resized(extent.n, extent.c, height, width));
    }

    private ImageBatch view(long start, Extent part) {
        return new ImageBatch(storage, Long.MAX_VALUE, start, part);
    }

    private static void checkRange(String what, int first, int count, int size) {
        if (first < 0 || count < 1 || first > size - count) {
            throw new IllegalArgumentException(
                    what + ": got " + count + " from " + first + ", allowed 1 or more inside 0.." + (size - 1));
        }
    }

    /** Where the pixels live. */
    public Memory memory() {
        return storage.kind;
    }

    /** How a pixel is stored. */
    public DataType dataType() {
        return storage.dataType;
    }

    /** The array of {@link Memory#ARRAY}, else null. */
    public float[] array() {
        return array;
    }

    /** The buffer of {@link Memory#BUFFER}, to be read by absolute index, else null. */
    public FloatBuffer buffer() {
        return buffer;
    }

    /** The address that the offset counts from, for {@link Memory#ADDRESS} and {@link Memory#DEVICE}, else 0. */
    public long address() {
        return storage.address;
    }

    /** The device ordinal of {@link Memory#DEVICE}, else -1. */
    public int device() {
        return storage.device;
    }

    /** The object that keeps the memory alive. */
    public Object owner() {
        return storage.owner;
    }

    /** Elements before pixel (0, 0, 0, 0). */
    public long offset() {
        return offset;
    }

    /** Number of samples. */
    public int n() {
        return extent.n;
    }

    /** Number of channels. */
    public int c() {
        return extent.c;
    }

    /** Height in pixels. */
    public int h() {
        return extent.h;
    }

    /** Width in pixels. */
    public int w() {
        return extent.w;
    }

    /** Elements from one sample to the next. */
    public long strideN() {
        return extent.strideN;
    }

    /** Elements from one channel to the next. */
    public long strideC() {
        return extent.strideC;
    }

    /** Elements from one row to the next. */
    public long strideH() {
        return extent.strideH;
    }

    /** Elements from one pixel of a row to the next. */
    public long strideW() {
        return extent.strideW;
    }

    /** Elements before pixel (n, c, y, x). */
    public long index(int n, int c, int y, int x) {
        return offset + n * extent.strideN + c * extent.strideC + y * extent.strideH + x * extent.strideW;
    }

    /** Whether plain Java reaches the pixels: arrays and direct buffers. */
    public boolean isReadable() {
        return array != null || buffer != null;
    }

    /** Whether the pixels may be written. */
    public boolean isWritable() {
        return buffer == null || !buffer.isReadOnly();
    }

    private int checkedIndex(int n, int c, int y, int x) {
        if (!isReadable()) {
            throw new IllegalStateException("pixel access: got " + this + ", allowed arrays and direct buffers");
        }
        Objects.checkIndex(n, extent.n);
        Objects.checkIndex(c, extent.c);
        Objects.checkIndex(y, extent.h);
        Objects.checkIndex(x, extent.w);
        return (int) index(n, c, y, x);
    }

    /** One pixel, of an array or direct buffer. */
    public float get(int n, int c, int y, int x) {
        int i = checkedIndex(n, c, y, x);
        return array != null ? array[i] : buffer.get(i);
    }

    /** Sets one pixel, of an array or direct buffer. */
    public void set(int n, int c, int y, int x, float value) {
        int i = checkedIndex(n, c, y, x);
        if (array != null) {
            array[i] = value;
        } else {
            buffer.put(i, value);
        }
    }

    /** Copies {@code count} pixels from (n, c, y, x) to the right into {@code row} at {@code at}. */
    public void readRow(int n, int c, int y, int x, int count, float[] row, int at) {
        int start = checkedIndex(n, c, y, x);
        Objects.checkIndex(x + count - 1, extent.w);
        if (array != null && step == 1) {
            System.arraycopy(array, start, row, at, count);
        } else if (array != null) {
            for (int i = 0; i < count; i++) {
                row[at + i] = array[start + i * step];
            }
        } else if (step == 1) {
            buffer.get(start, row, at, count);
        } else {
            for (int i = 0; i < count; i++) {
                row[at + i] = buffer.get(start + i * step);
            }
        }
    }

    /** Copies {@code count} numbers of {@code row} at {@code at} to the pixels from (n, c, y, x) to the right. */
    public void writeRow(int n, int c, int y, int x, int count, float[] row, int at) {
        int start = checkedIndex(n, c, y, x);
        Objects.checkIndex(x + count - 1, extent.w);
        if (array != null && step == 1) {
            System.arraycopy(row, at, array, start, count);
        } else if (array != null) {
            for (int i = 0; i < count; i++) {
                array[start + i * step] = row[at + i];
            }
        } else if (step == 1) {
            buffer.put(start, row, at, count);
        } else {
            for (int i = 0; i < count; i++) {
                buffer.put(start + i * step, row[at + i]);
            }
        }
    }

    /** Like {@link #writeRow}, but adds to the pixels. */
    public void addRow(int n, int c, int y, int x, int count, float[] row, int at) {
        int start = checkedIndex(n, c, y, x);
        Objects.checkIndex(x + count - 1, extent.w);
        if (array != null) {
            for (int i = 0; i < count; i++) {
                array[start + i * step] += row[at + i];
            }
        } else {
            for (int i = 0; i < count; i++) {
                int to = start + i * step;
                buffer.put(to, buffer.get(to) + row[at + i]);
            }
        }
    }

    /** Whether both have the same N, C, H and W. */
    public boolean sameShape(ImageBatch other) {
        return extent.n == other.extent.n
                && extent.c == other.extent.c
                && extent.h == other.extent.h
                && extent.w == other.extent.w;
    }

    /** Whether both are the very same pixels in the same layout. */
    public boolean sameView(ImageBatch other) {
        Storage mine = storage;
        Storage theirs = other.storage;
        return mine.kind == theirs.kind
                && mine.dataType == theirs.dataType
                && mine.device == theirs.device
                && (mine.address != 0 ? mine.address == theirs.address : mine.owner == theirs.owner)
                && offset == other.offset
                && extent.equals(other.extent);
    }

    /** "2x3x96x96". */
    public String shape() {
        return extent.shape();
    }

    @Override
    public String toString() {
        return shape() + " " + storage.dataType + " " + storage.kind
                + (storage.device < 0 ? "" : " " + storage.device) + ", strides " + extent.strideN + ", "
                + extent.strideC + ", " + extent.strideH + ", " + extent.strideW;
    }
}

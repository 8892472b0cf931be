package org.dctloss.jni;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import org.dctloss.ImageBatch;

/** The Job of border.h, written by offset: its fields, in their order. */
final class Job {
    /** The version of border.h that this file was written for. */
    static final int ABI_VERSION = 2;

    static final int ACCUMULATE = 1;
    static final int STREAM = 2;
    static final int PREFETCH = 64;
    static final int INVERSE = 4;
    static final int WANTS_GRADIENT = 8;
    static final int WANTS_TARGET_GRADIENT = 16;
    static final int WANTS_MAP = 32;

    private static int end;
    static final int ABI = int32();
    static final int ISA = int32();
    static final int N = int32();
    static final int C = int32();
    static final int H = int32();
    static final int W = int32();
    static final int BLOCK = int32();
    static final int PLANES = int32();
    static final int TABLES = int32();
    static final int PENALTY = int32();
    static final int COEFFICIENTS = int32();
    static final int EDGE = int32();
    static final int ROWS = int32();
    static final int COLUMNS = int32();
    static final int START_Y = int32();
    static final int START_X = int32();
    static final int FLAGS = int32();

    static {
        int32(); // reserved
    }

    static final int PARAMETER = int64(1);
    static final int SCALE = int64(1);
    static final int COLOR = int64(9);
    static final int SAMPLE_SCALES = int64(1);
    static final int CONSTANTS = int64(1);
    static final int SUMS = int64(1);
    static final int SPECTRUM = int64(1);
    static final int PREDICTION = int64(6);
    static final int TARGET = int64(6);
    static final int GRADIENT = int64(6);
    static final int TARGET_GRADIENT = int64(6);

    /** Bytes of a job. */
    static final int SIZE = end;

    private static int int32() {
        int at = end;
        end += 4;
        return at;
    }

    /** Numbers of 8 bytes. */
    private static int int64(int count) {
        int at = end;
        end += 8 * count;
        return at;
    }

    private final NativeMemory memory = new NativeMemory(SIZE);
    private final ByteBuffer bytes = memory.bytes;
    final long address = memory.address;

    /** A job on blocks of a batch; every other field is zero. */
    Job(InstructionSet set, int n, int c, int h, int w, int block) {
        put(ABI, ABI_VERSION);
        put(ISA, set.ordinal());
        put(N, n);
        put(C, c);
        put(H, h);
        put(W, w);
        put(BLOCK, block);
    }

    /** Why a library with this answer of abi() cannot be used with this class; null if it can. */
    static String mismatch(long abi) {
        int version = (int) abi;
        int size = (int) (abi >> 32);
        return version == ABI_VERSION && size == SIZE
                ? null
                : "its library and its classes do not belong together: got border " + version + " with jobs of " + size
                        + " bytes, allowed " + ABI_VERSION + " with " + SIZE
                        + " (use jars of one release, and clear JavaCPP's cache)";
    }

    void put(int field, int value) {
        bytes.putInt(field, value);
    }

    void put(int field, long value) {
        bytes.putLong(field, value);
    }

    void put(int field, double value) {
        bytes.putDouble(field, value);
    }

    /** Writes where a view's pixels lie; no address for an array, and for a view that is null. */
    void put(int field, ImageBatch view) {
        if (view == null) {
            bytes.putLong(field, 0);
            return;
        }
        bytes.putLong(field, addressOf(view));
        bytes.putLong(field + 8, view.offset());
        bytes.putLong(field + 16, view.strideN());
        bytes.putLong(field + 24, view.strideC());
        bytes.putLong(field + 32, view.strideH());
        bytes.putLong(field + 40, view.strideW());
    }

    /** Of element 0, which offsets count from. */
    private static long addressOf(ImageBatch view) {
        FloatBuffer buffer = view.buffer();
        if (buffer == null) {
            return view.address();
        }
        // Touched in Java, which throws where a memory segment behind the buffer is closed or of another thread.
        buffer.get((int) view.offset());
        long address = NativeKernels.address(buffer) - (long) Float.BYTES * buffer.position();
        // Java allows it and cannot tell; C++ may not.
        if (address % Float.BYTES != 0) {
            throw new IllegalArgumentException("direct buffer: got memory at 0x" + Long.toHexString(address)
                    + ", allowed multiples of 4 for the native backend (a slice of bytes can start between them)");
        }
        return address;
    }
}

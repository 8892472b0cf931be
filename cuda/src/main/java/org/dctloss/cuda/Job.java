package org.dctloss.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.dctloss.DataType;
import org.dctloss.ImageBatch;

/** The Job of device_border.h, written by offset: its fields, in their order. */
final class Job {
    /** The version of device_border.h that this file was written for. */
    static final int ABI_VERSION = 2;

    static final int ACCUMULATE = 1;
    static final int ACCUMULATE_LOSS = 2;
    static final int INVERSE = 4;

    private static int end;
    static final int ABI = int32();
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
    static final int INPUT = int32();
    static final int OUTPUT = int32();
    static final int FLAGS = int32();
    static final int PARAMETER = int64(1);
    static final int SCALE = int64(1);
    static final int LOSS_SCALE = int64(1);
    static final int SAMPLE_SCALE = int64(1);
    static final int COLOR = int64(9);
    static final int CONSTANTS = int64(1);
    static final int WORKSPACE = int64(1);
    static final int UPSTREAM = int64(1);
    static final int SAMPLE_FACTORS = int64(1);
    static final int LOSS = int64(1);
    static final int PER_SAMPLE = int64(1);
    static final int MAP = int64(1);
    static final int SPECTRUM = int64(1);
    static final int PREDICTION = int64(5);
    static final int TARGET = int64(5);
    static final int GRADIENT = int64(5);
    static final int TARGET_GRADIENT = int64(5);

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

    /** As it crosses. */
    final ByteBuffer bytes = ByteBuffer.allocateDirect(SIZE).order(ByteOrder.nativeOrder());

    /** A job on blocks of a batch; every other field is zero. */
    Job(int n, int c, int h, int w, int block, DataType input, DataType output) {
        put(ABI, ABI_VERSION);
        put(N, n);
        put(C, c);
        put(H, h);
        put(W, w);
        put(BLOCK, block);
        put(INPUT, input.ordinal());
        put(OUTPUT, output.ordinal());
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

    /** Address of a view's first pixel. */
    static long pixels(ImageBatch view) {
        return view.address() + view.offset() * view.dataType().bytes();
    }

    /** Writes where a view's pixels lie on the device; no address for one that is null. */
    void put(int field, ImageBatch view) {
        if (view == null) {
            bytes.putLong(field, 0);
            return;
        }
        bytes.putLong(field, pixels(view));
        bytes.putLong(field + 8, view.strideN());
        bytes.putLong(field + 16, view.strideC());
        bytes.putLong(field + 24, view.strideH());
        bytes.putLong(field + 32, view.strideW());
    }
}

package org.dctloss.jni;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Zeros outside the heap, aligned to a cache line. They live as long as this object. */
final class NativeMemory {
    private static final int LINE = 64;

    final ByteBuffer bytes;
    final long address;

    NativeMemory(long size) {
        if (size > Integer.MAX_VALUE - 2 * LINE) {
            throw new OutOfMemoryError("native workspace: got " + size + " bytes, allowed less than 2 GiB");
        }
        bytes = ByteBuffer.allocateDirect((int) roundUp(size) + LINE - 1)
                .alignedSlice(LINE)
                .order(ByteOrder.nativeOrder());
        address = NativeKernels.address(bytes.asFloatBuffer());
    }

    /** To whole cache lines. */
    static long roundUp(long size) {
        return (size + LINE - 1) / LINE * LINE;
    }
}

package org.dctloss.jni;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.dctloss.DataType;
import org.dctloss.ImageBatch;

/** Memory of another library, as a test sees it: floats behind an address that no vector register likes. */
record RawMemory(FloatBuffer floats, long address) {
    static RawMemory of(int size) {
        FloatBuffer floats = ByteBuffer.allocateDirect(4 * size + 4)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer()
                .position(1)
                .slice();
        return new RawMemory(floats, NativeKernels.address(floats));
    }

    ImageBatch view(long offset, int n, int c, int h, int w, long strideN, long strideC, long strideH, long strideW) {
        return ImageBatch.ofAddress(
                address + 4 * offset, DataType.FLOAT32, this, n, c, h, w, strideN, strideC, strideH, strideW);
    }

    ImageBatch nchw(int n, int c, int h, int w) {
        return view(0, n, c, h, w, (long) c * h * w, (long) h * w, w, 1);
    }
}

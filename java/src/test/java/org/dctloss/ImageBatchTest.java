package org.dctloss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class ImageBatchTest {
    private static String refusal(Executable call) {
        return assertThrows(IllegalArgumentException.class, call).getMessage();
    }

    private static float[] counting(int length) {
        float[] a = new float[length];
        for (int i = 0; i < length; i++) {
            a[i] = i;
        }
        return a;
    }

    @Test
    void viewsFindTheirPixels() {
        ImageBatch nchw = ImageBatch.of(counting(2 * 3 * 4 * 5), 2, 3, 4, 5);
        assertEquals(((1 * 3 + 2) * 4 + 3) * 5 + 4, nchw.get(1, 2, 3, 4));
        ImageBatch nhwc = ImageBatch.ofNhwc(counting(120), 2, 3, 4, 5);
        assertEquals(((1 * 4 + 3) * 5 + 4) * 3 + 2, nhwc.get(1, 2, 3, 4));
        ImageBatch part = nchw.samples(1, 1).channels(1, 2).window(1, 2, 3, 2);
        assertEquals("1x2x3x2", part.shape());
        assertEquals(nchw.get(1, 2, 3, 3), part.get(0, 1, 2, 1));
        part.set(0, 1, 2, 1, -7);
        assertEquals(-7, nchw.get(1, 2, 3, 3));
    }

    @Test
    void buffersCountFromTheirPosition() {
        FloatBuffer direct =
                ByteBuffer.allocateDirect(4 * 30).order(ByteOrder.nativeOrder()).asFloatBuffer();
        direct.put(counting(30));
        direct.position(6);
        ImageBatch view = ImageBatch.of(direct, 1, 2, 3, 4);
        assertEquals(6, view.get(0, 0, 0, 0));
        assertEquals(29, view.get(0, 1, 2, 3));
        direct.position(0);
        assertEquals(6, view.get(0, 0, 0, 0), "a later move of the position does not matter");
        FloatBuffer heap = FloatBuffer.wrap(counting(30), 6, 24);
        assertEquals(29, ImageBatch.of(heap, 1, 2, 3, 4).get(0, 1, 2, 3));
        heap.limit(29);
        assertTrue(refusal(() -> ImageBatch.strided(heap, 0, 1, 2, 3, 4, 0, 12, 4, 1))
                .contains("got memory of 23 elements"));
    }

    @Test
    void whatDoesNotFitIsRefused() {
        float[] memory = new float[24];
        assertEquals(
                "array: got 24 floats for 1x2x3x5, allowed exactly 30",
                refusal(() -> ImageBatch.of(memory, 1, 2, 3, 5)));
        assertEquals("C: got 0, allowed 1 or more", refusal(() -> ImageBatch.of(memory, 1, 0, 3, 4)));
        assertEquals("W: got -4, allowed 1 or more", refusal(() -> ImageBatch.ofNhwc(memory, 1, 2, 3, -4)));
        assertEquals(
                "stride of H: got -4, allowed 0 or more elements (negative strides are not supported; copy the flipped image)",
                refusal(() -> ImageBatch.strided(memory, 23, 1, 2, 3, 4, 24, 12, -4, 1)));
        assertEquals(
                "offset: got -1, allowed 0 or more elements",
                refusal(() -> ImageBatch.strided(memory, -1, 1, 2, 3, 4, 24, 12, 4, 1)));
        assertEquals(
                "image batch: got memory of 24 elements for 1x2x3x4 that reaches element 24, allowed 25 elements or more",
                refusal(() -> ImageBatch.strided(memory, 1, 1, 2, 3, 4, 24, 12, 4, 1)));
        int big = Integer.MAX_VALUE;
        assertTrue(refusal(() -> ImageBatch.of(memory, big, big, big, big)).contains("allowed exactly 2."));
        assertTrue(refusal(() -> ImageBatch.of(memory, 65536, 1, 65536, 1)).contains("allowed exactly 4294967296"));
        assertTrue(refusal(() -> ImageBatch.strided(memory, 0, big, big, big, big, 0, 0, 0, 0))
                .contains("does not fit 64 bits"));
        assertTrue(refusal(() -> ImageBatch.strided(memory, 0, 2, 1, 1, 2, Long.MAX_VALUE, 1, 1, Long.MAX_VALUE))
                .contains("does not fit 64 bits"));
        assertTrue(refusal(() -> ImageBatch.of(FloatBuffer.wrap(memory).asReadOnlyBuffer(), 1, 2, 3, 4))
                .contains("a heap buffer without an accessible array"));
        FloatBuffer foreign = ByteBuffer.allocateDirect(96)
                .order(ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN)
                .asFloatBuffer();
        assertTrue(refusal(() -> ImageBatch.of(foreign, 1, 2, 3, 4)).contains("byte order"));
        ImageBatch view = ImageBatch.of(memory, 1, 2, 3, 4);
        assertEquals("channels: got 2 from 1, allowed 1 or more inside 0..1", refusal(() -> view.channels(1, 2)));
        assertEquals("rows: got 3 from -1, allowed 1 or more inside 0..2", refusal(() -> view.window(-1, 0, 3, 4)));
        assertThrows(NullPointerException.class, () -> ImageBatch.of((float[]) null, 1, 1, 1, 1));
        assertThrows(IndexOutOfBoundsException.class, () -> view.get(0, 0, 0, 4));
    }

    @Test
    void rawMemoryNeedsAnAddressAndAnOwner() {
        assertTrue(refusal(() -> ImageBatch.ofAddress(0, DataType.FLOAT32, this, 1, 1, 1, 1, 1, 1, 1, 1))
                .contains("got 0x0"));
        assertTrue(refusal(() -> ImageBatch.ofAddress(0x1002, DataType.FLOAT32, this, 1, 1, 1, 1, 1, 1, 1, 1))
                .contains("multiples of 4"));
        assertTrue(refusal(() -> ImageBatch.ofDevice(0x1000, -1, DataType.FLOAT32, this, 1, 1, 1, 1, 1, 1, 1, 1))
                .contains("device ordinal: got -1"));
        assertThrows(
                NullPointerException.class,
                () -> ImageBatch.ofAddress(0x1000, DataType.FLOAT32, null, 1, 1, 1, 1, 1, 1, 1, 1));
        for (long address : new long[] {-4096, Long.MAX_VALUE - 3}) {
            String message =
                    refusal(() -> ImageBatch.ofDevice(address, 0, DataType.FLOAT32, this, 1, 1, 1, 2, 2, 2, 2, 1));
            assertTrue(message.endsWith(" for 8 bytes, allowed addresses on a device, which end below 2^63"), message);
        }
        ImageBatch device = ImageBatch.ofDevice(0x1000, 2, DataType.BFLOAT16, this, 1, 1, 1, 1, 1, 1, 1, 1);
        assertThrows(IllegalStateException.class, () -> device.get(0, 0, 0, 0));
        assertEquals(2, device.device());
    }
}

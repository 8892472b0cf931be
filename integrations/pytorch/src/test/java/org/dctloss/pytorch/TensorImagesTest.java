package org.dctloss.pytorch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.dctloss.BackendException;
import org.dctloss.DataType;
import org.dctloss.ImageBatch;
import org.dctloss.LossOptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

@SuppressWarnings("try")
class TensorImagesTest {
    @BeforeAll
    static void load() {
        Torch.load();
    }

    private static void assertSameMemory(Tensor tensor) {
        ImageBatch view = TensorImages.of(tensor);
        assertEquals(ImageBatch.Memory.BUFFER, view.memory());
        assertEquals(tensor.data_ptr().address(), new FloatPointer(view.buffer()).address());
        assertArrayEquals(tensor.shape(), new long[] {view.n(), view.c(), view.h(), view.w()});
        long[] strides = {view.strideN(), view.strideC(), view.strideH(), view.strideW()};
        for (int i = 0; i < strides.length; i++) {
            assertEquals(tensor.stride(i), strides[i]);
        }
        int[] last = {view.n() - 1, view.c() - 1, view.h() - 1, view.w() - 1};
        Tensor pixel = tensor.get(last[0]).get(last[1]).get(last[2]).get(last[3]);
        assertEquals(pixel.item_float(), view.get(last[0], last[1], last[2], last[3]));
        // What PyTorch writes the view sees, and the other way round.
        pixel.fill_(new Scalar(7f));
        assertEquals(7, view.get(last[0], last[1], last[2], last[3]));
        view.set(last[0], last[1], last[2], last[3], -3);
        assertEquals(-3, pixel.item_float());
        // The buffer ends where the tensor does.
        assertEquals(
                view.index(last[0], last[1], last[2], last[3]) + 1,
                view.buffer().capacity());
    }

    @Test
    void viewsOfTheHostShareTheTensorsMemoryWhateverItsStrides() {
        try (PointerScope scope = new PointerScope()) {
            assertSameMemory(Torch.noise(1, 2, 3, 5, 7));
            assertSameMemory(Torch.noise(1, 2, 5, 7, 3).permute(0, 3, 1, 2));
            assertSameMemory(Torch.noise(1, 2, 3, 15, 17).narrow(2, 4, 5).narrow(3, 9, 7));
            assertSameMemory(Torch.noise(1, 2, 3, 7, 5).transpose(2, 3));
            assertSameMemory(Torch.noise(1, 1, 1, 1, 1));
        }
    }

    @Test
    void viewsOfOneMemoryBeyondABufferAreAddresses() {
        try (PointerScope scope = new PointerScope()) {
            // 2^29 pixels, none of which has been touched.
            Tensor large = org.bytedeco.pytorch.global.torch.empty(1, 1, 1L << 15, 1L << 14);
            ImageBatch view = TensorImages.of(large);
            assertEquals(ImageBatch.Memory.ADDRESS, view.memory());
            assertEquals(large.data_ptr().address(), view.address());
            assertSame(large, view.owner());
            Tensor fits = large.narrow(2, 0, (1L << 15) - 1);
            assertEquals(ImageBatch.Memory.BUFFER, TensorImages.of(fits).memory());
        }
    }

    @Test
    void viewsOfADevice() {
        Object owner = new Object();
        long[] sizes = {2, 3, 5, 7};
        long[] strides = {105, 1, 21, 3};
        ImageBatch view = TensorImages.at(0x7f0000001002L, 3, ScalarType.BFloat16, owner, sizes, strides);
        assertEquals(ImageBatch.Memory.DEVICE, view.memory());
        assertEquals(3, view.device());
        assertEquals(0x7f0000001002L, view.address());
        assertEquals(DataType.BFLOAT16, view.dataType());
        assertSame(owner, view.owner());
        assertEquals("2x3x5x7 BFLOAT16 DEVICE 3, strides 105, 1, 21, 3", view.toString());
    }

    @Test
    void dataTypes() {
        long[] sides = {1, 1, 1, 1};
        assertEquals(
                DataType.FLOAT32,
                TensorImages.at(64, 0, ScalarType.Float, this, sides, sides).dataType());
        assertEquals(
                DataType.FLOAT16,
                TensorImages.at(64, 0, ScalarType.Half, this, sides, sides).dataType());
        assertEquals(
                DataType.BFLOAT16,
                TensorImages.at(64, 0, ScalarType.BFloat16, this, sides, sides).dataType());
        TensorImages.checkType("image", ScalarType.Float, false);
        TensorImages.checkType("image", ScalarType.Float, true);
        TensorImages.checkType("image", ScalarType.Half, true);
        TensorImages.checkType("image", ScalarType.BFloat16, true);
        assertRefused("image: got data type Half on the CPU, allowed Float", ScalarType.Half, false);
        assertRefused("image: got data type Double, allowed Float, Half and BFloat16", ScalarType.Double, true);
    }

    private static void assertRefused(String sentence, ScalarType type, boolean cuda) {
        assertEquals(
                sentence,
                assertThrows(IllegalArgumentException.class, () -> TensorImages.checkType("image", type, cuda))
                        .getMessage());
    }

    @Test
    void spans() {
        assertEquals(210, TensorImages.span(new long[] {2, 3, 5, 7}, new long[] {105, 35, 7, 1}));
        assertEquals(7, TensorImages.span(new long[] {2, 3, 5, 7}, new long[] {0, 0, 0, 1}));
        assertEquals(1, TensorImages.span(new long[] {1, 1, 1, 1}, new long[] {9, 9, 9, 9}));
    }

    /** These tests have PyTorch's libraries for the CPU alone. */
    @Test
    void aTensorOnADeviceWithoutPyTorchsLibrariesForIt() {
        String message = assertThrows(
                        BackendException.class, () -> TorchDctLoss.onCurrentStream(LossOptions.DEFAULT, 1))
                .getMessage();
        assertTrue(
                message.startsWith("CUDA: got a tensor on device 1 without PyTorch's libraries for CUDA ("), message);
        assertTrue(message.endsWith("), allowed with org.bytedeco:pytorch of a -gpu classifier and org.bytedeco:cuda"));
    }
}

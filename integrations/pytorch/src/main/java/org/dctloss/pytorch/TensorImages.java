package org.dctloss.pytorch;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.Layout;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.dctloss.DataType;
import org.dctloss.ImageBatch;

/**
 * Tensors as views: the same memory with the tensor's own strides, never a copy. A view of the host's memory does not keep
 * the tensor alive; who makes one keeps the tensor reachable until the view has been used.
 */
final class TensorImages {
    private static final int RANK = 4;
    /** No buffer holds more bytes than an int counts. */
    private static final long LARGEST_BUFFER = Integer.MAX_VALUE / Float.BYTES;

    private TensorImages() {}

    /**
     * A view of the memory of a tensor that has been checked. On the CPU it is a direct buffer, which every backend reads in
     * place, pure Java too; beyond the 2 GiB of a buffer it is an address, which only the native backend reads.
     */
    static ImageBatch of(Tensor tensor) {
        long[] sizes = new long[RANK];
        long[] strides = new long[RANK];
        for (int i = 0; i < RANK; i++) {
            sizes[i] = tensor.size(i);
            strides[i] = tensor.stride(i);
        }
        boolean cuda = tensor.is_cuda();
        long span = span(sizes, strides);
        if (cuda || span > LARGEST_BUFFER) {
            int device = cuda ? tensor.device().index() : -1;
            return at(tensor.data_ptr().address(), device, tensor.scalar_type().intern(), tensor, sizes, strides);
        }
        FloatBuffer pixels = tensor.data_ptr_float().capacity(span).asBuffer();
        return ImageBatch.strided(
                pixels,
                0,
                (int) sizes[0],
                (int) sizes[1],
                (int) sizes[2],
                (int) sizes[3],
                strides[0],
                strides[1],
                strides[2],
                strides[3]);
    }

    /**
     * A view of memory that PyTorch describes by these numbers.
     *
     * @param device ordinal of the CUDA device; -1 for memory of the host
     * @param owner what keeps the memory alive
     */
    static ImageBatch at(long address, int device, ScalarType type, Object owner, long[] sizes, long[] strides) {
        DataType stored = switch (type) {
            case Half -> DataType.FLOAT16;
            case BFloat16 -> DataType.BFLOAT16;
            default -> DataType.FLOAT32;
        };
        int n = (int) sizes[0];
        int c = (int) sizes[1];
        int h = (int) sizes[2];
        int w = (int) sizes[3];
        return device < 0
                ? ImageBatch.ofAddress(
                        address, stored, owner, n, c, h, w, strides[0], strides[1], strides[2], strides[3])
                : ImageBatch.ofDevice(
                        address, device, stored, owner, n, c, h, w, strides[0], strides[1], strides[2], strides[3]);
    }

    /** Elements from the first pixel in memory to the last, both included. */
    static long span(long[] sizes, long[] strides) {
        long span = 1;
        for (int i = 0; i < RANK; i++) {
            span += (sizes[i] - 1) * strides[i];
        }
        return span;
    }

    /**
     * Refuses what is no image, in one sentence.
     *
     * @param name what the tensor is
     */
    static void check(String name, Tensor tensor) {
        Objects.requireNonNull(tensor, () -> name + ": got null, allowed a tensor");
        if (tensor.isNull()) {
            throw refusal(name, "a closed tensor", "an open one");
        }
        if (!tensor.defined()) {
            throw refusal(name, "an undefined tensor", "a defined one");
        }
        Layout layout = tensor.layout().intern();
        if (layout != Layout.Strided) {
            throw refusal(name, "layout " + layout, "Strided, as to_dense() makes");
        }
        if (tensor.dim() != RANK) {
            throw refusal(name, "shape " + shape(tensor), "four dimensions, N x C x H x W");
        }
        if (Arrays.stream(tensor.shape()).anyMatch(size -> size < 1 || size > Integer.MAX_VALUE)) {
            throw refusal(name, "shape " + shape(tensor), "sizes of 1 to " + Integer.MAX_VALUE);
        }
        if (!tensor.is_cpu() && !tensor.is_cuda()) {
            throw refusal(name, "a tensor on " + tensor.device().str().getString(), "the CPU and CUDA devices");
        }
        checkType(name, tensor.scalar_type().intern(), tensor.is_cuda());
        if (tensor.is_neg() || tensor._is_zerotensor()) {
            throw refusal(
                    name, "a tensor whose memory does not hold its values (PyTorch negates lazily)", "its clone()");
        }
    }

    static void checkType(String name, ScalarType type, boolean cuda) {
        boolean small = type == ScalarType.Half || type == ScalarType.BFloat16;
        if (type != ScalarType.Float && !(cuda && small)) {
            throw refusal(
                    name,
                    "data type " + type + (cuda ? "" : " on the CPU"),
                    cuda ? "Float, Half and BFloat16" : "Float");
        }
    }

    private static String shape(Tensor tensor) {
        long[] sizes = tensor.shape();
        return sizes.length == 0
                ? "()"
                : Arrays.stream(sizes).mapToObj(Long::toString).collect(Collectors.joining("x"));
    }

    static IllegalArgumentException refusal(String name, String got, String allowed) {
        return new IllegalArgumentException(name + ": got " + got + ", allowed " + allowed);
    }
}

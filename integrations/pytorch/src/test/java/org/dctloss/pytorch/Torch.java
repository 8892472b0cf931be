package org.dctloss.pytorch;

import java.util.Random;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** PyTorch, loaded, and what tests make of it. */
final class Torch {
    private Torch() {}

    static void load() {
        TorchDctLoss.unpackLibraries();
        Loader.load(torch.class);
        torch.set_num_threads(1); // tests are small, and threads that wait for each other are slow on a busy machine
    }

    /** Pixels in [0, 1), the same for the same seed. */
    static Tensor noise(long seed, long... shape) {
        int size = 1;
        for (long side : shape) {
            size *= (int) side;
        }
        float[] pixels = new float[size];
        Random random = new Random(seed);
        for (int i = 0; i < size; i++) {
            pixels[i] = random.nextFloat();
        }
        return Tensor.create(pixels, shape);
    }

    /** The same, with a gradient to be asked for. */
    static Tensor leaf(long seed, long... shape) {
        return noise(seed, shape).requires_grad_(true);
    }

    static float[] values(Tensor tensor) {
        float[] values = new float[(int) tensor.numel()];
        tensor.contiguous().data_ptr_float().get(values);
        return values;
    }

    /** |a - b| / |b| in Euclidean norm. */
    static double distance(Tensor a, Tensor b) {
        Tensor exact = b.to(ScalarType.Double);
        return a.to(ScalarType.Double).sub(exact).norm().item_double()
                / exact.norm().item_double();
    }
}

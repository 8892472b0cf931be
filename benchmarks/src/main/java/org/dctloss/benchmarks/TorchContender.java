package org.dctloss.benchmarks;

import static org.bytedeco.pytorch.global.torch.conv2d;
import static org.bytedeco.pytorch.global.torch.from_blob;
import static org.bytedeco.pytorch.global.torch.grad;
import static org.bytedeco.pytorch.global.torch.l1_loss;
import static org.bytedeco.pytorch.global.torch.mse_loss;
import static org.bytedeco.pytorch.global.torch.set_num_threads;

import java.io.IOException;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.dctloss.BackendChoice;

/**
 * PyTorch on the CPU, eager, through org.bytedeco:pytorch: the same C++ operators that Python calls, with its autograd.
 * The images are wrapped once; each run builds the loss and asks autograd for the gradient of the prediction, as a
 * training step does. Memory for intermediate results comes from PyTorch's allocator in every run, which is part of what
 * eager execution costs; run.sh has it ask for large pages, without which most of the time of large images is page faults.
 *
 * <p>Two forms of the DCT loss, each the best way that we know to write it for its operator. The weights are folded into
 * the 64 basis functions, so neither pays for a multiplication by them:
 *
 * <ul>
 *   <li>conv2d: planes as images of one channel, 64 kernels of 8x8 with stride 8. The usual form in published code.
 *   <li>matmul: pixels reordered to rows of 64, one matrix product with the 64x64 basis. One large product is faster than
 *       two products with 8x8 matrices a block, although it multiplies four times as often.
 * </ul>
 */
@SuppressWarnings("try") // scopes are there to be closed, not to be named
final class TorchContender implements Contender {
    private final String name;
    private final Images images;
    private final boolean squared;
    /** The pixels: tensors do not keep them. */
    private final FloatPointer[] memory;

    private final Tensor p;
    private final Tensor t;
    private final Tensor kernels;
    private final Tensor matrix;
    private Tensor gradient;

    TorchContender(String name, Case asked) {
        String only = name.equals("torch-mse") ? "squared" : name.equals("torch-l1") ? "absolute" : asked.penalty();
        boolean fits = Contenders.plainBackward(asked) && asked.penalty().equals(only);
        Contenders.check(name, asked, fits, Contenders.PLAIN + (only.equals(asked.penalty()) ? "" : ", " + only));
        load();
        set_num_threads(asked.threads());
        openblas_nolapack.blas_set_num_threads(asked.threads()); // behind its matrix products
        this.name = name;
        images = asked.images();
        squared = asked.penalty().equals("squared");
        long planes = (long) images.n() * images.c();
        long[] shape = {planes, 1, images.h(), images.w()};
        try (PointerScope made = new PointerScope()) {
            memory = new FloatPointer[] {
                kept(new FloatPointer(images.noise(1))),
                kept(new FloatPointer(images.noise(2))),
                kept(new FloatPointer(
                        Basis.weighted(asked.loss(BackendChoice.AUTO).weights())))
            };
            p = kept(from_blob(memory[0], shape).requires_grad_(true));
            t = kept(from_blob(memory[1], shape));
            kernels = kept(from_blob(memory[2], 64, 1, 8, 8));
            matrix = kept(kernels.reshape(64, 64).t().contiguous());
        }
    }

    private static void load() {
        Class<?> torch = org.bytedeco.pytorch.global.torch.class;
        try {
            // All together: one by one, one could be bound to a library of the system with the name of the next.
            Loader.cacheResources(torch, "/org/bytedeco/pytorch/" + Loader.getPlatform() + "/");
        } catch (IOException failed) {
            throw new Unavailable("PyTorch: its libraries could not be unpacked, " + failed.getMessage(), failed);
        }
        Loader.load(torch);
    }

    /** Lives on when the scope that it was made in ends. */
    private static <P extends Pointer> P kept(P pointer) {
        pointer.retainReference();
        return pointer;
    }

    @Override
    public double run() {
        try (PointerScope step = new PointerScope()) {
            Tensor loss = loss();
            Tensor computed = grad(new TensorVector(loss), new TensorVector(p)).get(0);
            double value = loss.item_double();
            if (gradient != null) {
                gradient.releaseReference();
            }
            gradient = kept(new Tensor(computed));
            return value;
        }
    }

    private Tensor loss() {
        return switch (name) {
            case "torch-mse" -> mse_loss(p, t);
            case "torch-l1" -> l1_loss(p, t);
            case "torch-conv2d" ->
                penalized(conv2d(
                        p.sub(t),
                        kernels,
                        new TensorOptional(),
                        new long[] {8, 8},
                        new long[] {0, 0},
                        new long[] {1, 1},
                        1));
            default -> {
                long planes = (long) images.n() * images.c();
                yield penalized(p.sub(t)
                        .reshape(planes, images.h() / 8, 8, images.w() / 8, 8)
                        .permute(0, 1, 3, 2, 4)
                        .reshape(-1, 64)
                        .matmul(matrix));
            }
        };
    }

    private Tensor penalized(Tensor errors) {
        return (squared ? errors.square() : errors.abs()).mean();
    }

    @Override
    public float[] result() {
        float[] values = new float[Math.toIntExact(images.pixels())];
        try (PointerScope reading = new PointerScope()) {
            gradient.contiguous().data_ptr_float().get(values);
        }
        return values;
    }

    @Override
    public void close() {
        if (gradient != null) {
            gradient.releaseReference();
        }
        for (Tensor tensor : new Tensor[] {p, t, kernels, matrix}) {
            tensor.releaseReference();
        }
        for (FloatPointer pixels : memory) {
            pixels.releaseReference();
        }
    }
}

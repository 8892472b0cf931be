package org.dctloss.pytorch;

import static org.bytedeco.pytorch.global.torch.empty_like;
import static org.bytedeco.pytorch.global.torch.scalar_tensor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.Reference;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.dctloss.BackendException;
import org.dctloss.DctLoss;
import org.dctloss.FrequencyWeights;
import org.dctloss.ImageBatch;
import org.dctloss.LossOptions;
import org.dctloss.LossSessions;

/**
 * A {@link DctLoss} for training with PyTorch through {@code org.bytedeco:pytorch}. Images are tensors N x C x H x W of any
 * strides (channels last, slices, expanded ones), both of one shape and on one device; their memory is read where it lies,
 * and the gradient is written into a tensor of PyTorch's.
 *
 * <p>On the CPU tensors are Float, and every backend of the CPU takes them. On a CUDA device they are Float, Half or
 * BFloat16, the work is queued on PyTorch's current stream, and a call waits for its loss.
 *
 * <p>What a call makes besides its result is released before it returns, whatever {@link PointerScope} is open, and none
 * need be. Mistakes are refused as by {@link DctLoss}, in one sentence and before any work: {@link IllegalArgumentException}
 * (also for a closed tensor), {@link NullPointerException} for null, {@link IllegalStateException} after {@link #close}.
 * Thread-safe: threads take turns
 * in the loss; what tensors and graphs allow is PyTorch's affair. To be closed.
 */
@SuppressWarnings("try") // scopes are there to be closed, not to be named
public final class TorchDctLoss implements AutoCloseable {
    private final LossSessions sessions;
    private volatile LossOptions options = LossOptions.DEFAULT;

    /**
     * Unpacks PyTorch's libraries, all together. To be called before anything else of PyTorch: it unpacks them one by one at
     * its first start, and where the system has a libtorch of its own, that one may be bound in between, and crash.
     *
     * @throws UncheckedIOException if they cannot be written to JavaCPP's cache
     */
    public static void unpackLibraries() {
        try {
            for (String extension : new String[] {"", "-gpu"}) {
                Loader.cacheResources(torch.class, "/org/bytedeco/pytorch/" + Loader.getPlatform() + extension + "/");
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    /** A training run's loss, which starts with the weights of this one. */
    public TorchDctLoss(DctLoss loss) {
        sessions = new LossSessions(loss);
    }

    /** Replaces the weights from the next call on, as {@link LossSessions#setWeights}; about 1 KB of heap a time. */
    public void setWeights(FrequencyWeights weights) {
        sessions.setWeights(weights);
    }

    /** Anneals the weights from the next call on, as {@link LossSessions#anneal}; allocates nothing. */
    public void anneal(double alpha) {
        sessions.anneal(alpha);
    }

    /**
     * Shifts the grid of blocks from the next call on, as {@link LossOptions#offset}; (0, 0) at first.
     *
     * @param dy 0 to B-1, or the next call is refused
     * @param dx likewise
     */
    public void setOffset(int dy, int dx) {
        options = LossOptions.DEFAULT.offset(dy, dx);
    }

    /** The loss alone; summed over the samples for {@code PER_SAMPLE}. */
    public double forward(Tensor prediction, Tensor target) {
        try (PointerScope temporaries = new PointerScope()) {
            check(prediction, target);
            return evaluate(prediction, target, null, null, 1);
        }
    }

    /** {@link #backward(Tensor, Tensor, double)} with weight 1. */
    public double backward(Tensor prediction, Tensor target) {
        return backward(prediction, target, 1);
    }

    /**
     * The loss, and the backward pass from it: its gradient with respect to the prediction is handed to PyTorch, which
     * adds to the {@code grad()} of the network's parameters and frees the graph, as {@code Tensor.backward()} does. If
     * the target requires a gradient, it gets its own in the same pass. The cheapest way where this is the only loss.
     *
     * @param prediction requires a gradient
     * @param weight scales the gradients, which become infinite beyond float32, and not what is returned; a finite float32
     *     number
     * @return the loss
     */
    public double backward(Tensor prediction, Tensor target, double weight) {
        try (PointerScope temporaries = new PointerScope()) {
            check(prediction, target);
            if (!Float.isFinite((float) weight)) {
                throw TensorImages.refusal("weight", Double.toString(weight), "finite float32 numbers");
            }
            if (!prediction.requires_grad()) {
                throw TensorImages.refusal("prediction", "a tensor that requires no gradient", "one that does");
            }
            // New in every call: PyTorch may keep it as the grad() of a leaf, which the next call would overwrite.
            Tensor gradient = empty_like(prediction);
            Tensor targetGradient = target.requires_grad() ? empty_like(target) : null;
            double value = evaluate(prediction, target, gradient, targetGradient, weight);
            TensorVector roots = new TensorVector(prediction);
            TensorVector gradients = new TensorVector(gradient);
            if (targetGradient != null) {
                roots.push_back(target);
                gradients.push_back(targetGradient);
            }
            torch.backward(roots, gradients, new BoolOptional(), false, new TensorVector());
            return value;
        }
    }

    /**
     * The loss as a tensor, to be mixed with other terms before {@code backward()}: a Float without dimensions, on the
     * device of the images. Gradients are those of {@link #backward(Tensor, Tensor)}, for each image that requires one, and
     * the value is that of {@code backward} rounded to float32; the gradients are computed now, and scaled when PyTorch asks
     * for them. This takes three passes over an image more than {@code backward}, and keeps a gradient alive as long as the
     * graph.
     *
     * @return a new tensor, in the caller's scope; its gradient is a constant to PyTorch, so there are no second derivatives
     */
    public Tensor loss(Tensor prediction, Tensor target) {
        Tensor made;
        try (PointerScope temporaries = new PointerScope()) {
            check(prediction, target);
            Tensor gradient = gradientFor(prediction);
            Tensor targetGradient = gradientFor(target);
            double value = evaluate(prediction, target, gradient, targetGradient, 1);
            made = number(value, prediction, gradient, target, targetGradient);
            made.retainReference();
        }
        try (Tensor result = made) {
            return new Tensor(result);
        }
    }

    /** Float whatever the image is: a small gradient is rounded to 16 bits only after others have scaled it. */
    static Tensor gradientFor(Tensor image) {
        return image.requires_grad() && GradMode.is_enabled()
                ? empty_like(image, new TensorOptions(ScalarType.Float), new MemoryFormatOptional())
                : null;
    }

    /**
     * sum(x g) has the derivative g whatever its value is, and another value is written over it, through the same memory
     * without the graph. Nothing is added to it: pixels that do not count may be NaN, and make it NaN.
     */
    static Tensor number(double value, Tensor prediction, Tensor gradient, Tensor target, Tensor targetGradient) {
        if (gradient == null && targetGradient == null) {
            TensorOptions kind = new TensorOptions(prediction.device()).dtype(new ScalarTypeOptional(ScalarType.Float));
            return scalar_tensor(new Scalar(value), kind);
        }
        Tensor sum;
        if (targetGradient == null) {
            sum = prediction.mul(gradient).sum();
        } else if (gradient == null) {
            sum = target.mul(targetGradient).sum();
        } else {
            sum = prediction.mul(gradient).sum().add(target.mul(targetGradient).sum());
        }
        sum.detach().fill_(new Scalar(value));
        return sum;
    }

    private static void check(Tensor prediction, Tensor target) {
        TensorImages.check("prediction", prediction);
        TensorImages.check("target", target);
    }

    /** The loss; gradients are overwritten where they lie, and may be null. */
    double evaluate(Tensor prediction, Tensor target, Tensor gradient, Tensor targetGradient, double weight) {
        try {
            ImageBatch p = TensorImages.of(prediction);
            ImageBatch t = TensorImages.of(target);
            LossOptions now = p.device() < 0 ? options : onCurrentStream(options, p.device());
            if (gradient == null && targetGradient == null) {
                return sessions.forward(p, t, now);
            }
            ImageBatch g = gradient == null ? null : TensorImages.of(gradient);
            ImageBatch tg = targetGradient == null ? null : TensorImages.of(targetGradient);
            return sessions.backward(p, t, g, tg, now.upstream(weight));
        } finally {
            // Views know memory, not tensors: the collector must not free one that is at work.
            Reference.reachabilityFence(prediction);
            Reference.reachabilityFence(target);
            Reference.reachabilityFence(gradient);
            Reference.reachabilityFence(targetGradient);
        }
    }

    static LossOptions onCurrentStream(LossOptions options, int device) {
        try {
            return options.stream(CurrentStream.of(device));
        } catch (LinkageError missing) {
            throw new BackendException(
                    "CUDA: got a tensor on device " + device + " without PyTorch's libraries for CUDA (" + missing
                            + "), allowed with org.bytedeco:pytorch of a -gpu classifier and org.bytedeco:cuda",
                    missing);
        }
    }

    /** Releases all workspace. Closing again does nothing; calls that follow are refused. */
    @Override
    public void close() {
        sessions.close();
    }

    @Override
    public String toString() {
        return sessions.toString();
    }
}

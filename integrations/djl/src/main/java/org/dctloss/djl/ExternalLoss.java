package org.dctloss.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.loss.Loss;
import java.nio.FloatBuffer;
import java.util.Objects;
import org.dctloss.ImageBatch;

/**
 * Any {@link ImageLoss} as a loss of DJL: a scalar whose value and gradient are those of the image loss, alone and in sums
 * and products with other terms. It takes one label and one prediction, N x C x H x W float32 of one shape; {@code
 * IndexLoss} chooses among several.
 *
 * <p>Contiguous arrays in host memory are read where they are, others are copied, those of a GPU to the host and their
 * gradient back. The gradient is computed only where DJL records (inside a {@code GradientCollector}). As thread-safe as
 * the image loss, but for the accumulators of DJL. Mistakes are an {@link IllegalArgumentException} that says what, got
 * and allowed, before any work ({@link NullPointerException} for null). Arrays of another engine than PyTorch are refused:
 * whether they record a gradient is not known.
 */
public class ExternalLoss extends Loss {
    private final ImageLoss loss;

    /** @param name what training listeners print */
    public ExternalLoss(String name, ImageLoss loss) {
        super(Objects.requireNonNull(name, "name: got null, allowed a text"));
        this.loss = Objects.requireNonNull(loss, "loss: got null, allowed an ImageLoss");
    }

    /**
     * The loss, a scalar.
     *
     * @throws IllegalArgumentException also for a label that requires a gradient, which an image loss does not give
     */
    @Override
    public NDArray evaluate(NDList labels, NDList predictions) {
        return ExternalNode.of(labels, predictions, false, this::compute);
    }

    private void compute(
            ImageBatch prediction, ImageBatch target, ImageBatch gradient, ImageBatch targetGradient, double[] values) {
        if (targetGradient != null) {
            throw new IllegalArgumentException(
                    "label: got an array that requires a gradient, allowed constants (stopGradient() makes one)");
        }
        if (gradient != null) {
            // An image loss that forgets some of it is seen at once; what lies there could be any gradient.
            FloatBuffer pixels = gradient.buffer();
            for (int i = 0; i < pixels.limit(); i++) {
                pixels.put(i, Float.NaN);
            }
        }
        values[0] = loss.backward(prediction, target, gradient);
    }
}

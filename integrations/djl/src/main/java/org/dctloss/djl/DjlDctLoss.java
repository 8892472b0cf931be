package org.dctloss.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.loss.Loss;
import java.util.Objects;
import org.dctloss.DctLoss;
import org.dctloss.FrequencyWeights;
import org.dctloss.ImageBatch;
import org.dctloss.LossOptions;
import org.dctloss.LossSessions;
import org.dctloss.Reduction;

/**
 * A {@link DctLoss} as a loss of DJL, whose frequency weights may change between steps. Value and gradient are those of
 * the {@code DctLoss}, alone and in sums and products with other terms; if the label requires a gradient, it gets its own.
 * It takes one label and one prediction, N x C x H x W float32 of one shape; {@code IndexLoss} chooses
 * among several.
 *
 * <p>The result is a scalar, or for {@link Reduction#PER_SAMPLE} a vector of N, each element with the gradient of its own
 * sample. Memory, mistakes and where the gradient is computed are as for {@link ExternalLoss}. Thread-safe, but for the
 * accumulators of DJL: threads take turns. To be closed after training; a call after that is an
 * {@link IllegalStateException}.
 */
public final class DjlDctLoss extends Loss implements AutoCloseable {
    private final LossSessions sessions;
    private final boolean perSample;
    private final double weight;
    private final LossOptions options;

    /** The loss under the name "DctLoss", with weight 1. */
    public DjlDctLoss(DctLoss loss) {
        this("DctLoss", loss, 1);
    }

    /**
     * A term of a weighted sum.
     *
     * @param name what training listeners print
     * @param weight multiplies value and gradient, which become infinite beyond float32; a finite float32 number
     */
    public DjlDctLoss(String name, DctLoss loss, double weight) {
        super(Objects.requireNonNull(name, "name: got null, allowed a text"));
        this.weight = ArrayChecks.weight(weight);
        this.sessions = new LossSessions(loss);
        this.perSample = loss.reduction() == Reduction.PER_SAMPLE;
        this.options = LossOptions.DEFAULT.upstream(weight);
    }

    /** The loss with the frequency weights of now: a scalar, or a vector of N for {@link Reduction#PER_SAMPLE}. */
    @Override
    public NDArray evaluate(NDList labels, NDList predictions) {
        return ExternalNode.of(labels, predictions, perSample, this::compute);
    }

    void compute(
            ImageBatch prediction, ImageBatch target, ImageBatch gradient, ImageBatch targetGradient, double[] values) {
        LossOptions now = perSample ? options.perSample(values) : options;
        double value = gradient == null && targetGradient == null
                ? sessions.forward(prediction, target, now)
                : sessions.backward(prediction, target, gradient, targetGradient, now);
        if (!perSample) {
            values[0] = value;
        }
        for (int i = 0; i < values.length; i++) {
            values[i] *= weight;
        }
    }

    /**
     * Anneals the frequency weights from the next evaluation on, without allocating: Q becomes alpha Q / 2 + 1, as in
     * {@link FrequencyWeights#anneal}. The schedule of Arezoomand et al. (2021) is {@code anneal(Math.exp(-epoch / 2000.0))}.
     *
     * @param alpha finite, 0 or more
     */
    public void anneal(double alpha) {
        sessions.anneal(alpha);
    }

    /**
     * Replaces the frequency weights from the next evaluation on, also those that were annealed. For weights of every
     * step {@link #anneal} is cheaper: this folds the new ones, about 1 KB of heap.
     *
     * @param weights as many tables as before, of the block size
     */
    public void setWeights(FrequencyWeights weights) {
        sessions.setWeights(weights);
    }

    /** Releases the workspace. Closing again does nothing. */
    @Override
    public void close() {
        sessions.close();
    }

    @Override
    public String toString() {
        return getName() + "[" + weight + " * " + sessions + "]";
    }
}

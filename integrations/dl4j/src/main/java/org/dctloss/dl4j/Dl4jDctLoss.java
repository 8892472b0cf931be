package org.dctloss.dl4j;

import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.Objects;
import org.dctloss.DctLoss;
import org.dctloss.FrequencyWeights;
import org.dctloss.LossOptions;
import org.dctloss.LossSessions;
import org.dctloss.Reduction;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.concurrency.AffinityManager.Location;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.shade.jackson.annotation.JsonAutoDetect;
import org.nd4j.shade.jackson.annotation.JsonAutoDetect.Visibility;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * A {@link DctLoss} as a loss function of DL4J, for images of one shape C x H x W and any number n of them.
 *
 * <pre>
 * a     = activation(z)                   z = preOutput, t = labels
 * score = L(a_i, t_i) of each example i   the mean penalty of its coefficients
 * dL/dz = activation'(z) * dL/da          the gradient of the sum of the scores
 * </pre>
 *
 * <p>Arrays are [n, c*h*w] (OutputLayer, LossLayer), [n*h*w, c] (CnnLossLayer) or [n, c, h, w]; labels and mask like
 * the prediction. Of FLOAT, whatever their order and strides, the memory itself is read and written; other
 * floating-point predictions, and labels of any number type, are converted to FLOAT, and the gradient back.
 *
 * <p><b>In [n*h*w, c] the loss cannot see H and W.</b> A CnnLossLayer whose images are not of the loss's H x W, but whose
 * pixels make up whole ones of them (32x32 for 16x16, 24x16 for 16x24), gets a wrong loss and no refusal. Use a
 * LossLayer, which hands over [n, c*h*w]: DL4J checks C, H and W of the network there, and this loss their product.
 *
 * <p>A mask with one number for each example multiplies the example's score and gradient, and 0 excludes it whatever
 * its pixels are. Any other mask multiplies prediction and labels, after the activation and before the transform, and
 * the gradient of the activation: the exact gradient of that masked loss. No mask changes what a mean is divided by.
 * Shapes, for predictions of
 *
 * <ul>
 *   <li>[n, c*h*w]: [n, 1] for examples; [n, c*h*w];
 *   <li>[n*h*w, c]: [n*h*w, 1], for examples if all rows of each example agree (CnnLossLayer repeats its [n, 1] so) and
 *       for pixels if not; [n*h*w, c];
 *   <li>[n, c, h, w]: [n, 1] for examples; [n, h, w] or [n, 1, h, w] for pixels; [n, c, h, w].
 * </ul>
 *
 * <p>Every argument is checked: an {@link IllegalArgumentException} ({@link NullPointerException} for null) says what,
 * got and allowed; after {@link #close()} an {@link IllegalStateException}. Inputs are left as they are. Thread-safe:
 * threads take turns. Two are equal if they are configured alike; the configuration is what is written to JSON and by
 * Java's serialisation, without the weights of now that {@link #anneal} and {@link #setWeights} leave.
 */
@JsonAutoDetect(
        fieldVisibility = Visibility.NONE,
        getterVisibility = Visibility.NONE,
        isGetterVisibility = Visibility.NONE)
public final class Dl4jDctLoss implements ILossFunction, AutoCloseable {
    private static final long serialVersionUID = 1;

    private final transient DctLoss loss;
    private final transient int channels;
    private final transient int height;
    private final transient int width;

    /** With the weights of now. */
    private final transient LossSessions sessions;

    /**
     * For images of C x H x W.
     *
     * @param loss taken with reduction {@code PER_SAMPLE}: DL4J sums the scores and divides by the number of examples
     *     itself, which is {@code MEAN}. Whether it fits such images, and its backend runs here, is asked by the first
     *     call: a network that was trained elsewhere can be read without.
     * @throws IllegalArgumentException for a loss that is a {@code SUM}
     */
    public Dl4jDctLoss(DctLoss loss, int channels, int height, int width) {
        Objects.requireNonNull(loss, "loss: got null, allowed a DctLoss");
        if (loss.reduction() == Reduction.SUM) {
            throw new IllegalArgumentException(
                    "reduction: got SUM, allowed MEAN or PER_SAMPLE, since DL4J divides the sum"
                            + " of the examples' scores by their number");
        }
        positive("channels", channels);
        positive("height", height);
        positive("width", width);
        if ((double) channels * height * width > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("image: got " + channels + "x" + height + "x" + width + ", allowed "
                    + Integer.MAX_VALUE + " pixels or fewer");
        }
        this.loss = loss.reduction() == Reduction.PER_SAMPLE
                ? loss
                : loss.toBuilder().reduction(Reduction.PER_SAMPLE).build();
        this.channels = channels;
        this.height = height;
        this.width = width;
        sessions = new LossSessions(this.loss);
    }

    private static void positive(String name, int size) {
        if (size < 1) {
            throw new IllegalArgumentException(name + ": got " + size + ", allowed 1 or more");
        }
    }

    /** The loss, with reduction {@code PER_SAMPLE} and the weights it was built with. */
    public DctLoss loss() {
        return loss;
    }

    /** C. */
    public int channels() {
        return channels;
    }

    /** H. */
    public int height() {
        return height;
    }

    /** W. */
    public int width() {
        return width;
    }

    /** Anneals the weights from the next call on, without allocating: {@link LossSessions#anneal}. */
    public void anneal(double alpha) {
        sessions.anneal(alpha);
    }

    /** Replaces the weights from the next call on: {@link LossSessions#setWeights}. */
    public void setWeights(FrequencyWeights weights) {
        sessions.setWeights(weights);
    }

    /** Releases the workspace. Closing again does nothing; calls that follow are refused, networks can still be stored. */
    @Override
    public void close() {
        sessions.close();
    }

    /**
     * The sum of the examples' scores.
     *
     * @param average whether it is divided by the number of examples n
     */
    @Override
    public double computeScore(
            INDArray labels, INDArray preOutput, IActivation activationFn, INDArray mask, boolean average) {
        return score(new Step(labels, preOutput, activationFn, mask).scores(null), average);
    }

    /**
     * The examples' scores, a column: [n, 1]; for predictions of [n*h*w, c] [n*h*w, 1], with an example's score in its
     * first row and 0 in the others, whose sum CnnLossLayer takes.
     */
    @Override
    public INDArray computeScoreArray(INDArray labels, INDArray preOutput, IActivation activationFn, INDArray mask) {
        Step step = new Step(labels, preOutput, activationFn, mask);
        return step.images.column(step.scores(null), preOutput.dataType());
    }

    /** The gradient of the sum of the examples' scores with respect to preOutput, of its shape and data type. */
    @Override
    public INDArray computeGradient(INDArray labels, INDArray preOutput, IActivation activationFn, INDArray mask) {
        return computeGradientAndScore(labels, preOutput, activationFn, mask, false)
                .getSecond();
    }

    /** Both in one pass. */
    @Override
    public Pair<Double, INDArray> computeGradientAndScore(
            INDArray labels, INDArray preOutput, IActivation activationFn, INDArray mask, boolean average) {
        Step step = new Step(labels, preOutput, activationFn, mask);
        INDArray gradient = Nd4j.createUninitialized(DataType.FLOAT, preOutput.shape(), step.output.ordering());
        double[] scores = step.scores(gradient);
        INDArray slope = step.beforeActivation(gradient.castTo(preOutput.dataType()));
        step.mask.select(slope);
        return new Pair<>(score(scores, average), slope);
    }

    private static double score(double[] scores, boolean average) {
        double sum = 0;
        for (double score : scores) {
            sum += score;
        }
        return average ? sum / scores.length : sum;
    }

    /** The checked arguments of one call. */
    private final class Step {
        final ImageArrays images;
        final INDArray labels;
        final INDArray preOutput;
        final IActivation activation;
        final ImageMask mask;
        /** preOutput itself where there is no activation. */
        final INDArray output;

        Step(INDArray labels, INDArray preOutput, IActivation activation, INDArray mask) {
            images = ImageArrays.of(preOutput, channels, height, width);
            if (!preOutput.dataType().isFPType()) {
                throw new IllegalArgumentException("prediction: got data type " + preOutput.dataType()
                        + ", allowed FLOAT, DOUBLE, HALF and BFLOAT16");
            }
            ImageArrays.checkOpen("labels", labels);
            if (!Arrays.equals(labels.shape(), preOutput.shape())) {
                throw new IllegalArgumentException("labels: got shape " + Arrays.toString(labels.shape())
                        + ", allowed that of the prediction, " + Arrays.toString(preOutput.shape()));
            }
            if (!labels.dataType().isNumerical()) {
                throw new IllegalArgumentException(
                        "labels: got data type " + labels.dataType() + ", allowed types of numbers");
            }
            this.mask = ImageMask.of(mask, images);
            this.labels = labels;
            this.preOutput = preOutput;
            this.activation =
                    Objects.requireNonNull(activation, "activation function: got null, allowed an IActivation");
            output = activation instanceof ActivationIdentity
                    ? preOutput
                    : activation.getActivation(preOutput.dup(), true);
        }

        /** The examples' scores, and the gradient with respect to the activation into an array of FLOAT unless that is null. */
        double[] scores(INDArray gradient) {
            double[] scores = new double[images.n()];
            LossOptions options = LossOptions.DEFAULT.perSample(scores);
            INDArray p = mask.applied(output.castTo(DataType.FLOAT));
            INDArray t = mask.applied(labels.castTo(DataType.FLOAT));
            try {
                if (gradient == null) {
                    sessions.forward(images.view("prediction", p), images.view("labels", t), options);
                } else {
                    sessions.backward(
                            images.view("prediction", p),
                            images.view("labels", t),
                            images.view("gradient", gradient),
                            null,
                            mask.examples() == null ? options : options.upstream(mask.examples()));
                    Nd4j.getAffinityManager().tagLocation(gradient, Location.HOST);
                    mask.adjoint(gradient);
                }
            } finally {
                // The views know the memory alone, which is freed with its array.
                Reference.reachabilityFence(p);
                Reference.reachabilityFence(t);
                Reference.reachabilityFence(gradient);
            }
            mask.weigh(scores);
            return scores;
        }

        INDArray beforeActivation(INDArray gradient) {
            // Some activations compute in place.
            return output == preOutput
                    ? gradient
                    : activation.backprop(preOutput.dup(), gradient).getFirst();
        }
    }

    /** The configuration, as {@link #toString()} prints it. */
    @Override
    public String name() {
        return toString();
    }

    @JsonProperty("settings")
    private LossSettings settings() {
        return LossSettings.of(this);
    }

    @JsonCreator
    private static Dl4jDctLoss of(@JsonProperty("settings") LossSettings settings) {
        Objects.requireNonNull(settings, "settings: got null, allowed those that a Dl4jDctLoss writes");
        return settings.restored();
    }

    private Object writeReplace() {
        return settings();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Dl4jDctLoss that
                && loss.equals(that.loss)
                && channels == that.channels
                && height == that.height
                && width == that.width;
    }

    @Override
    public int hashCode() {
        return Objects.hash(loss, channels, height, width);
    }

    @Override
    public String toString() {
        return "Dl4jDctLoss[" + channels + "x" + height + "x" + width + ", " + loss + "]";
    }
}

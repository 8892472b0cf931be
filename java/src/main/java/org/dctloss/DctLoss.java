package org.dctloss;

import java.util.Objects;
import java.util.concurrent.Executor;
import org.dctloss.spi.Plan;
import org.dctloss.spi.TransformPlan.Place;
import org.dctloss.spi.Workers;

/**
 * A perceptual loss in the frequency domain, with its gradient: both images are cut into blocks and transformed by a
 * DCT, the error of every coefficient is weighted by how well the eye sees its frequency, and a penalty is reduced to
 * one number.
 *
 * <pre>
 * e[u,v] = W[u,v] d[u,v],  d = Xp - Xt (SIGNED) or |Xp| - |Xt| (MAGNITUDE),  X = C S C^T per block S
 * L      = scale * sum rho(e),                            scale = 1 / number of coefficients for MEAN
 * dL/dp  = scale * C^T [ W * rho'(e) * s ] C,             s = 1 (SIGNED) or sign(Xp) (MAGNITUDE)
 * </pre>
 *
 * <p>Source: Arezoomand, Cheraaqee, Mansouri, "Perceptually-Optimized Loss Function for Image Super-Resolution" (2021).
 *
 * <p>Immutable and thread-safe; two losses are equal if they are configured alike. Calls borrow a session from a small
 * pool, so the first call of a shape allocates and later ones do not. Every mistake in an argument is an {@link
 * IllegalArgumentException} ({@link NullPointerException} for null) that says what, got and allowed, before any work; a
 * backend that cannot run is a {@link BackendException}. NaN or infinity in a pixel gives a NaN loss and touches only
 * the gradient of the blocks that contain it.
 */
public final class DctLoss {
    /** Smallest block size. */
    public static final int SMALLEST_BLOCK = 2;

    /** Largest block size. */
    public static final int LARGEST_BLOCK = 64;

    private static final int MOST_THREADS = 1024;

    /** The configuration, compared by value. */
    private record Settings(
            int block,
            Scaling scaling,
            FrequencyWeights weights,
            Penalty penalty,
            Coefficients coefficients,
            Reduction reduction,
            Edge edge,
            int stride,
            ColorTransform color,
            BackendChoice backend,
            int threads,
            Executor executor) {}

    private final Settings settings;
    private final SessionPool<LossSession> pool = new SessionPool<>();

    private DctLoss(Settings settings) {
        this.settings = settings;
    }

    /** A builder with the defaults: 8x8, orthonormal, JPEG luminance weights of quality 50, squared, signed, mean. */
    public static Builder builder() {
        return new Builder();
    }

    /** A builder that starts from this configuration. */
    public Builder toBuilder() {
        return new Builder(settings);
    }

    /**
     * The loss of Arezoomand, Cheraaqee and Mansouri (2021): 21x21 blocks, unnormalised DCT, magnitudes, weights
     * 1/floor(JPEG luminance table resampled to 21x21), squared, mean, no normalisation. It computes the
     * two-dimensional DCT that the paper describes; the authors' published code transposes the batch axis by mistake
     * and so transforms along the batch.
     */
    public static DctLoss arezoomand2021() {
        return builder()
                .blockSize(21)
                .scaling(Scaling.UNNORMALIZED)
                .coefficients(Coefficients.MAGNITUDE)
                .weights(FrequencyWeights.jpegLuminance(50).resample(21).floor().normalize(Normalization.NONE))
                .build();
    }

    /** Makes a {@link DctLoss}. Not thread-safe. */
    public static final class Builder {
        private int block = 8;
        private Scaling scaling = Scaling.ORTHONORMAL;
        private FrequencyWeights weights = FrequencyWeights.jpegLuminance(50);
        private Penalty penalty = Penalty.squared();
        private Coefficients coefficients = Coefficients.SIGNED;
        private Reduction reduction = Reduction.MEAN;
        private Edge edge = Edge.REPLICATE;
        private int stride;
        private ColorTransform color = ColorTransform.NONE;
        private BackendChoice backend = BackendChoice.AUTO;
        private int threads = Runtime.getRuntime().availableProcessors();
        private Executor executor;

        private Builder() {}

        private Builder(Settings from) {
            block = from.block;
            scaling = from.scaling;
            weights = from.weights;
            penalty = from.penalty;
            coefficients = from.coefficients;
            reduction = from.reduction;
            edge = from.edge;
            stride = from.stride == from.block ? 0 : from.stride;
            color = from.color;
            backend = from.backend;
            threads = from.threads;
            executor = from.executor;
        }

        /** Block size B, 2 to 64; 8 is the fast path and the default. */
        public Builder blockSize(int size) {
            if (size < SMALLEST_BLOCK || size > LARGEST_BLOCK) {
                throw new IllegalArgumentException(
                        "block size: got " + size + ", allowed " + SMALLEST_BLOCK + " to " + LARGEST_BLOCK);
            }
            block = size;
            return this;
        }

        /** Scaling of the DCT; orthonormal by default. */
        public Builder scaling(Scaling value) {
            scaling = notNull("scaling", value);
            return this;
        }

        /** Weights of the coefficients; {@code jpegLuminance(50)} by default. One table, or one per channel. */
        public Builder weights(FrequencyWeights value) {
            weights = notNull("weights", value);
            return this;
        }

        /** The penalty rho; squared by default. */
        public Builder penalty(Penalty value) {
            penalty = notNull("penalty", value);
            return this;
        }

        /** Signed (default) or magnitude difference. */
        public Builder coefficients(Coefficients value) {
            coefficients = notNull("coefficients", value);
            return this;
        }

        /** Mean (default), sum, or per sample. */
        public Builder reduction(Reduction value) {
            reduction = notNull("reduction", value);
            return this;
        }

        /** What lies outside the image; the nearest pixel by default. */
        public Builder edge(Edge value) {
            edge = notNull("edge", value);
            return this;
        }

        /**
         * Distance of shifted grids, a divisor of the block size: the loss is the mean over the (B/stride)^2 grids.
         * The block size by default: one grid.
         */
        public Builder stride(int distance) {
            if (distance < 1) {
                throw new IllegalArgumentException("stride: got " + distance + ", allowed divisors of the block size");
            }
            stride = distance;
            return this;
        }

        /** Rotates three planes to luma and chroma first; not by default. */
        public Builder color(ColorTransform value) {
            color = notNull("color", value);
            return this;
        }

        /** Which backend runs it; AUTO by default. */
        public Builder backend(BackendChoice value) {
            backend = notNull("backend", value);
            return this;
        }

        /**
         * The most threads of a call, the calling one included, for the CPU backends; all processors by default. Small
         * work stays on the calling thread. Results do not depend on it.
         */
        public Builder threads(int count) {
            threads = checkThreads(count);
            return this;
        }

        /** Where helper threads come from, instead of the library's own daemon threads. */
        public Builder executor(Executor value) {
            executor = notNull("executor", value);
            return this;
        }

        /**
         * The loss.
         *
         * @throws IllegalArgumentException if the stride does not divide the block size, or the weights do not fit it
         */
        public DctLoss build() {
            int distance = stride == 0 ? block : stride;
            if (block % distance != 0) {
                throw new IllegalArgumentException(
                        "stride: got " + stride + ", allowed divisors of the block size " + block);
            }
            checkFolded(weights, block, scaling);
            return new DctLoss(new Settings(
                    block,
                    scaling,
                    weights,
                    penalty,
                    coefficients,
                    reduction,
                    edge,
                    distance,
                    color,
                    backend,
                    threads,
                    executor));
        }

        private static <T> T notNull(String name, T value) {
            return Objects.requireNonNull(value, () -> name + ": got null, allowed a value");
        }
    }

    static int checkThreads(int count) {
        if (count < 1 || count > MOST_THREADS) {
            throw new IllegalArgumentException("threads: got " + count + ", allowed 1 to " + MOST_THREADS);
        }
        return count;
    }

    /** Weights times the scales of the transform must stay inside float32. */
    static void checkFolded(FrequencyWeights weights, int block, Scaling scaling) {
        double largest = 0;
        for (double w : weights.resolve(block)) {
            largest = Math.max(largest, w);
        }
        double factor = scaling.axisFactor(0, block);
        if (largest * factor * factor > Float.MAX_VALUE) {
            throw new IllegalArgumentException("weights: got " + weights + " with a weight of " + largest
                    + ", allowed weights that stay below " + Float.MAX_VALUE + " times the scaling of the transform");
        }
    }

    /**
     * The loss of a prediction against a target of the same shape.
     *
     * @return the loss; for {@link Reduction#PER_SAMPLE} the sum of the samples' values
     */
    public double forward(ImageBatch prediction, ImageBatch target) {
        return forward(prediction, target, LossOptions.DEFAULT);
    }

    /** {@link #forward(ImageBatch, ImageBatch)} with options. */
    public double forward(ImageBatch prediction, ImageBatch target, LossOptions options) {
        return evaluate(prediction, target, null, null, options, null, null);
    }

    /**
     * The loss and its gradient with respect to the prediction, in one pass.
     *
     * @param gradient receives d(loss)/d(prediction), overwritten: same shape, memory of its own. Pixels that no block
     *     covers (CROP) get 0.
     * @return the loss, as {@link #forward(ImageBatch, ImageBatch)} returns it
     */
    public double backward(ImageBatch prediction, ImageBatch target, ImageBatch gradient) {
        return backward(prediction, target, gradient, null, LossOptions.DEFAULT);
    }

    /** {@link #backward(ImageBatch, ImageBatch, ImageBatch)} with options. */
    public double backward(ImageBatch prediction, ImageBatch target, ImageBatch gradient, LossOptions options) {
        return backward(prediction, target, gradient, null, options);
    }

    /**
     * The loss and its gradients with respect to both images.
     *
     * @param gradient receives d(loss)/d(prediction), or null
     * @param targetGradient receives d(loss)/d(target), or null; not both null
     */
    public double backward(
            ImageBatch prediction,
            ImageBatch target,
            ImageBatch gradient,
            ImageBatch targetGradient,
            LossOptions options) {
        LossChecks.oneGradient(gradient, targetGradient);
        return evaluate(prediction, target, gradient, targetGradient, options, null, null);
    }

    /** The mean penalty of each sample, whatever the reduction: N values. */
    public double[] perSample(ImageBatch prediction, ImageBatch target) {
        LossChecks.notNull("prediction", prediction);
        double[] values = new double[prediction.n()];
        forward(prediction, target, LossOptions.DEFAULT.perSample(values));
        return values;
    }

    /**
     * The mean penalty of each block: where the error is seen.
     *
     * @return N x C x (block rows) x (block columns); with a colour rotation C is Y, Cb, Cr. Its mean is the MEAN loss.
     * @throws IllegalArgumentException if the stride is smaller than the block size
     */
    public ImageBatch blockMap(ImageBatch prediction, ImageBatch target, LossOptions options) {
        Plan plan = inspectionPlan("block map", prediction, target, options);
        int rows = plan.rows(options.dy());
        int columns = plan.columns(options.dx());
        int size = checkSize("block map", (double) plan.n() * plan.c() * rows * columns);
        float[] map = new float[size];
        evaluate(prediction, target, null, null, options, map, null);
        return ImageBatch.of(map, plan.n(), plan.c(), rows, columns);
    }

    /**
     * The mean penalty of each frequency: which frequencies the error is made of.
     *
     * @return C x B x B numbers, channel by channel, row = vertical frequency. Their mean is the MEAN loss.
     * @throws IllegalArgumentException if the stride is smaller than the block size
     */
    public double[] spectrum(ImageBatch prediction, ImageBatch target, LossOptions options) {
        Plan plan = inspectionPlan("spectrum", prediction, target, options);
        checkSize("spectrum", (double) plan.n() * plan.c() * plan.block() * plan.block());
        double[] spectrum = new double[plan.c() * plan.block() * plan.block()];
        evaluate(prediction, target, null, null, options, null, spectrum);
        return spectrum;
    }

    private Plan inspectionPlan(String what, ImageBatch prediction, ImageBatch target, LossOptions options) {
        if (settings.stride != settings.block) {
            throw new IllegalArgumentException(what + ": got stride " + settings.stride + ", allowed the block size "
                    + settings.block + " (one grid)");
        }
        LossChecks.notNull("prediction", prediction);
        LossChecks.notNull("target", target);
        Plan plan = plan(prediction, target, null, null);
        LossChecks.options(plan, options);
        return plan;
    }

    private static int checkSize(String what, double size) {
        if (size > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException(what + ": got a batch that needs " + (long) size + " numbers, allowed "
                    + (Integer.MAX_VALUE - 8) + " or fewer");
        }
        return (int) size;
    }

    /** Opens a session for float32 images in arrays and direct buffers. */
    public LossSession open(int n, int c, int h, int w) {
        ImageBatch.checkDimension("N", n);
        ImageBatch.checkDimension("C", c);
        ImageBatch.checkDimension("H", h);
        ImageBatch.checkDimension("W", w);
        return new LossSession(this, plan(n, c, h, w, Place.HOST));
    }

    /**
     * Opens a session for views like these.
     *
     * @param gradient a view like the gradients that will be asked for; null if none will, or float32 where the inputs
     *     are
     */
    public LossSession open(ImageBatch prediction, ImageBatch target, ImageBatch gradient) {
        LossChecks.notNull("prediction", prediction);
        LossChecks.notNull("target", target);
        return new LossSession(this, plan(prediction, target, gradient, null));
    }

    private double evaluate(
            ImageBatch prediction,
            ImageBatch target,
            ImageBatch gradient,
            ImageBatch targetGradient,
            LossOptions options,
            float[] blockMap,
            double[] spectrum) {
        LossChecks.notNull("prediction", prediction);
        LossChecks.notNull("target", target);
        LossSession session = borrow(prediction, target, gradient, targetGradient);
        try {
            return session.evaluate(prediction, target, gradient, targetGradient, options, blockMap, spectrum);
        } finally {
            pool.giveBack(session);
        }
    }

    private LossSession borrow(
            ImageBatch prediction, ImageBatch target, ImageBatch gradient, ImageBatch targetGradient) {
        for (int i = 0; i < pool.places(); i++) {
            LossSession session = pool.take(i);
            if (session != null) {
                if (session.accepts(prediction, target, gradient, targetGradient)) {
                    return session;
                }
                pool.giveBack(session);
            }
        }
        return new LossSession(this, plan(prediction, target, gradient, targetGradient));
    }

    Plan plan(ImageBatch prediction, ImageBatch target, ImageBatch gradient, ImageBatch targetGradient) {
        Place place = LossChecks.place(prediction, target, gradient, targetGradient);
        return plan(prediction.n(), prediction.c(), prediction.h(), prediction.w(), place);
    }

    private Plan plan(int n, int c, int h, int w, Place place) {
        if (settings.color != ColorTransform.NONE && c != 3) {
            throw new IllegalArgumentException(
                    "channels: got " + c + ", allowed 3 (R, G, B) with colour transform " + settings.color);
        }
        int tables = settings.weights.count();
        if (tables != 1 && tables != c) {
            throw new IllegalArgumentException("weights per channel: got " + tables + " tables for " + c
                    + " channels, allowed 1" + (c == 1 ? "" : " or " + c));
        }
        LossChecks.shape(n, c, h, w, settings.block);
        int shifts = settings.block / settings.stride;
        return new Plan(
                n,
                c,
                h,
                w,
                settings.block,
                settings.scaling,
                settings.penalty,
                settings.coefficients,
                settings.reduction,
                settings.edge,
                settings.color,
                tables,
                shifts * shifts,
                place);
    }

    /**
     * Frees the workspace of sessions that are idle now, which matters where it is not on the heap. The next call of a
     * shape allocates again.
     */
    public void releaseIdle() {
        pool.release();
    }

    /** Block size B. */
    public int blockSize() {
        return settings.block;
    }

    /** Distance of shifted grids; the block size if there is one grid. */
    public int stride() {
        return settings.stride;
    }

    /** The weights. */
    public FrequencyWeights weights() {
        return settings.weights;
    }

    /** The penalty. */
    public Penalty penalty() {
        return settings.penalty;
    }

    /** Scaling of the transform. */
    public Scaling scaling() {
        return settings.scaling;
    }

    /** Signed or magnitude difference. */
    public Coefficients coefficients() {
        return settings.coefficients;
    }

    /** What lies outside the image. */
    public Edge edge() {
        return settings.edge;
    }

    /** The colour rotation. */
    public ColorTransform color() {
        return settings.color;
    }

    /** The most threads of a call. */
    public int threads() {
        return settings.threads;
    }

    /** The reduction. */
    public Reduction reduction() {
        return settings.reduction;
    }

    /** The backend asked for. */
    public BackendChoice backend() {
        return settings.backend;
    }

    Workers workers() {
        return settings.executor == null
                ? Workers.shared(settings.threads)
                : Workers.of(settings.threads, settings.executor);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof DctLoss that && settings.equals(that.settings);
    }

    @Override
    public int hashCode() {
        return settings.hashCode();
    }

    @Override
    public String toString() {
        return "DctLoss[" + settings.block + "x" + settings.block + " " + settings.scaling + ", weights "
                + settings.weights + ", " + settings.penalty + ", " + settings.coefficients + ", "
                + settings.reduction + ", edge " + settings.edge + ", stride " + settings.stride + ", color "
                + settings.color + ", backend " + settings.backend.id() + ", threads " + settings.threads + "]";
    }
}

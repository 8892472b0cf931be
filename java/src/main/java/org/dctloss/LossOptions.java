package org.dctloss;

import java.util.Objects;

/**
 * What may differ from one call of a loss to the next. Immutable; make one, keep it, and calls allocate nothing. Arrays
 * given to it are kept, not copied.
 */
public final class LossOptions {
    /** No offset, upstream factor 1, gradients overwritten. */
    public static final LossOptions DEFAULT = new LossOptions(0, 0, 1, null, false, null);

    private final int dy;
    private final int dx;
    private final double upstream;
    private final float[] sampleUpstream;
    private final boolean accumulate;
    private final double[] perSample;

    private LossOptions(
            int dy, int dx, double upstream, float[] sampleUpstream, boolean accumulate, double[] perSample) {
        this.dy = dy;
        this.dx = dx;
        this.upstream = upstream;
        this.sampleUpstream = sampleUpstream;
        this.accumulate = accumulate;
        this.perSample = perSample;
    }

    /**
     * Shifts the grid of blocks: it starts at (-dy, -dx), and the edge rule fills what lies outside. Random shifts from
     * step to step keep block artefacts from settling on one grid; the randomness is the caller's.
     *
     * @param dy 0 to B-1
     * @param dx 0 to B-1
     */
    public LossOptions offset(int dy, int dx) {
        return new LossOptions(dy, dx, upstream, sampleUpstream, accumulate, perSample);
    }

    /** The derivative of what follows with respect to the loss: it scales the gradients, not the returned loss. NaN gives NaN. */
    public LossOptions upstream(double factor) {
        return new LossOptions(dy, dx, factor, null, accumulate, perSample);
    }

    /** One upstream factor per sample, for {@link Reduction#PER_SAMPLE}; N numbers, read at every call. */
    public LossOptions upstream(float[] factors) {
        Objects.requireNonNull(factors, "upstream factors: got null, allowed one number per sample");
        return new LossOptions(dy, dx, 1, factors, accumulate, perSample);
    }

    /** Adds to the gradients instead of overwriting them: for losses that are combined. */
    public LossOptions accumulate() {
        return new LossOptions(dy, dx, upstream, sampleUpstream, true, perSample);
    }

    /** Receives the mean penalty of each sample at every call, whatever the reduction; N numbers. */
    public LossOptions perSample(double[] values) {
        Objects.requireNonNull(values, "per-sample values: got null, allowed room for one number per sample");
        return new LossOptions(dy, dx, upstream, sampleUpstream, accumulate, values);
    }

    int dy() {
        return dy;
    }

    int dx() {
        return dx;
    }

    double upstream() {
        return upstream;
    }

    float[] sampleUpstream() {
        return sampleUpstream;
    }

    boolean accumulates() {
        return accumulate;
    }

    double[] perSample() {
        return perSample;
    }

    @Override
    public String toString() {
        return "offset(" + dy + ", " + dx + "), upstream "
                + (sampleUpstream == null ? Double.toString(upstream) : "per sample")
                + (accumulate ? ", accumulating" : "");
    }
}

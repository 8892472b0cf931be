package org.dctloss;

/** How the penalties of all coefficients become the loss. */
public enum Reduction {
    /** The mean over every counted coefficient of the batch; padded blocks and zero weights count fully. */
    MEAN,
    /** The sum over every counted coefficient of the batch. */
    SUM,
    /**
     * The mean of each sample on its own, a vector of N values. The scalar that {@code forward} and {@code backward}
     * return is the sum of that vector, and the gradient is the gradient of that sum.
     */
    PER_SAMPLE
}

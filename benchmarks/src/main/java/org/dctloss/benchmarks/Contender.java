package org.dctloss.benchmarks;

/**
 * One way to compute what a case asks for, with its images in place. An object belongs to one thread at a time; what it
 * does inside may take several.
 */
public interface Contender extends AutoCloseable {
    /** Computes it once, and waits for it. Returns the loss, or for a transform and a subtraction one of its numbers. */
    double run();

    /** Gradient, coefficients or pixels of the last run in the order of NCHW, or nothing after a loss alone. */
    float[] result();

    @Override
    void close();
}

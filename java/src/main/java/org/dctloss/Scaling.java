package org.dctloss;

/** Scaling of the block DCT. */
public enum Scaling {
    /** {@code C C^T = 1}; Parseval holds, so uniform weights with a squared penalty give the pixel MSE. The default. */
    ORTHONORMAL,
    /** Each axis times {@code 2 sqrt(B)} at k = 0 and {@code sqrt(2B)} elsewhere: SciPy's and TensorFlow's {@code norm=None}. */
    UNNORMALIZED;

    /** The factor of coefficient {@code k} on one axis of a block of size {@code block}, relative to orthonormal. */
    public double axisFactor(int k, int block) {
        if (this == ORTHONORMAL) {
            return 1;
        }
        return k == 0 ? 2 * Math.sqrt(block) : Math.sqrt(2.0 * block);
    }
}

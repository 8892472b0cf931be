package org.dctloss;

/**
 * How weight tables are scaled, over all given tables together. It sees the weights W alone, never the DCT scaling or
 * the colour rotation.
 */
public enum Normalization {
    /** The tables as they are. */
    NONE,
    /** The largest W is 1: with data in [0,1], squared penalty, orthonormal scaling and no colour, the loss lies in [0,1]. */
    MAX,
    /** The mean of W is 1. */
    MEAN,
    /** The mean of W squared is 1: white-noise error scores what MSE scores, so a learning rate carries over. The default. */
    MEAN_SQUARE
}

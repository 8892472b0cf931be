package org.dctloss.spi;

import org.dctloss.ImageBatch;

/** One grid to be evaluated: the arguments of {@link Session#run}. Mutable, so that a caller can reuse it. */
public final class LossCall {
    /** The images compared; they have the plan's shape. */
    public ImageBatch prediction;

    /** See {@link #prediction}. */
    public ImageBatch target;

    /** Receives the gradient with respect to the prediction; null if not asked for. */
    public ImageBatch gradient;

    /** Receives the gradient with respect to the target; null if not asked for. */
    public ImageBatch targetGradient;

    /** Offset of the grid, 0..B-1 each. */
    public int dy;

    /** See {@link #dy}. */
    public int dx;

    /** Multiplies the gradients. */
    public double upstream;

    /** Multiplies the gradients of each sample on top of {@link #upstream}; N elements, or null. */
    public float[] sampleUpstream;

    /** Whether gradients are added to what the views hold, instead of overwriting it. */
    public boolean accumulateGradient;

    /** Whether the loss is added to that of the run before: false for the first grid of a call. */
    public boolean accumulateLoss;

    /**
     * Whether this is the last grid of a call. A session whose gradient is stored in 16 bits adds up in a workspace of
     * its own and rounds once, here.
     */
    public boolean last;

    // For a backend of devices alone; other backends are never given anything but Handle.NONE.

    /** The stream that work is queued on. */
    public Handle stream = Handle.NONE;

    /** Device address of a float32 factor that multiplies the gradients on top of {@link #upstream}. */
    public Handle upstreamAt = Handle.NONE;

    /** Device address of the float64 that receives the loss. */
    public Handle lossAt = Handle.NONE;

    /** Device address of the N float64 that receive the mean penalty of each sample. */
    public Handle perSampleAt = Handle.NONE;

    /** Receives the mean penalty of each block, (N, C, rows, columns) in order; null if not asked for. */
    public float[] blockMap;

    /** Receives the mean penalty of each frequency, (C, B, B) in order; null if not asked for. */
    public double[] spectrum;
}

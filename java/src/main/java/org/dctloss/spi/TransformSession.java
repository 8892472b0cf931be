package org.dctloss.spi;

import org.dctloss.ImageBatch;

/** Workspace of a block transform. Used by one thread at a time. */
public interface TransformSession extends AutoCloseable {
    /**
     * For a backend of devices alone: the stream that work is queued on from now on, without waiting for it. Before, work
     * has finished when a method returns.
     */
    default void queueOn(Handle stream) {}

    /** Pixels to coefficients: coefficient (u, v) of a block lies where its pixel (u, v) lay. In place is allowed. */
    void forward(ImageBatch pixels, ImageBatch coefficients);

    /** Coefficients to pixels. In place is allowed. */
    void inverse(ImageBatch coefficients, ImageBatch pixels);

    /** Releases everything, or throws and changes nothing. Called until it has not thrown. */
    @Override
    void close();
}

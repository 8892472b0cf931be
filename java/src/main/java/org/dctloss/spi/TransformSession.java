package org.dctloss.spi;

import org.dctloss.ImageBatch;

/** Workspace of a block transform. Used by one thread at a time. */
public interface TransformSession extends AutoCloseable {
    /** Pixels to coefficients: coefficient (u, v) of a block lies where its pixel (u, v) lay. In place is allowed. */
    void forward(ImageBatch pixels, ImageBatch coefficients);

    /** Coefficients to pixels. In place is allowed. */
    void inverse(ImageBatch coefficients, ImageBatch pixels);

    /** Releases everything. Called once. */
    @Override
    void close();
}

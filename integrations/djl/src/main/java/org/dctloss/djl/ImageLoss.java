package org.dctloss.djl;

import org.dctloss.ImageBatch;

/** A loss of two images with its gradient, computed outside the framework: what {@link ExternalLoss} needs to know. */
@FunctionalInterface
public interface ImageLoss {
    /**
     * The loss and, on request, its gradient. Views are N x C x H x W float32 in host memory, contiguous, and are valid
     * during the call alone.
     *
     * @param gradient receives d(loss)/d(prediction), every element overwritten (it starts as NaN); null if the loss
     *     alone is wanted
     */
    double backward(ImageBatch prediction, ImageBatch target, ImageBatch gradient);
}

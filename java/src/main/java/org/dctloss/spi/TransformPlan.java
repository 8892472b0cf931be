package org.dctloss.spi;

import org.dctloss.DataType;
import org.dctloss.Scaling;

/**
 * What a block transform is asked to do, as numbers.
 *
 * @param n samples
 * @param c channels
 * @param h height, a multiple of block
 * @param w width, a multiple of block
 * @param block block size, 2 to 64
 * @param scaling scaling of the coefficients
 * @param place where the views live and how they are stored
 */
public record TransformPlan(int n, int c, int h, int w, int block, Scaling scaling, Place place) {
    /**
     * Where the views of a plan live and how they are stored.
     *
     * @param addresses whether some view is a raw address of this process
     * @param device ordinal of the CUDA device that all views live on, or -1 for host memory
     * @param input data type of the inputs
     * @param output data type of the outputs
     */
    public record Place(boolean addresses, int device, DataType input, DataType output) {
        /** float32 in arrays and direct buffers. */
        public static final Place HOST = new Place(false, -1, DataType.FLOAT32, DataType.FLOAT32);
    }
}

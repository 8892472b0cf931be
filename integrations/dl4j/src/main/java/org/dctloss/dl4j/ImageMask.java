package org.dctloss.dl4j;

import java.lang.ref.Reference;
import java.util.Arrays;
import org.dctloss.ImageBatch;
import org.dctloss.dl4j.ImageArrays.Layout;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * DL4J's mask of one batch.
 *
 * @param examples factor of each example's score and gradient, or null
 * @param pixels what both images are multiplied by before the transform, of a shape that broadcasts to theirs, or null
 */
record ImageMask(float[] examples, INDArray pixels) {
    private static final ImageMask NONE = new ImageMask(null, null);

    /** The mask for images of this layout; null is none. */
    static ImageMask of(INDArray mask, ImageArrays images) {
        if (mask == null) {
            return NONE;
        }
        ImageArrays.checkOpen("mask", mask);
        INDArray floats = mask.castTo(DataType.FLOAT);
        long[] shape = mask.shape();
        long[] all = images.shape();
        boolean column = shape.length == 2 && shape[1] == 1 && shape[0] == all[0];
        if (images.layout() == Layout.PIXELS && column) {
            return ofPixelColumn(floats, images);
        }
        if (column || images.layout() == Layout.IMAGES && Arrays.equals(shape, new long[] {images.n(), 1})) {
            return new ImageMask(floats.ravel().toFloatVector(), null);
        }
        if (Arrays.equals(shape, all)) {
            return new ImageMask(null, floats);
        }
        long[] planes = {images.n(), 1, images.h(), images.w()};
        long[] flatPlanes = {images.n(), images.h(), images.w()};
        if (images.layout() == Layout.IMAGES && (Arrays.equals(shape, planes) || Arrays.equals(shape, flatPlanes))) {
            return new ImageMask(null, floats.reshape(planes));
        }
        throw new IllegalArgumentException("mask: got shape " + Arrays.toString(shape) + ", allowed "
                + switch (images.layout()) {
                    case ROWS -> "[" + all[0] + ", 1] or ";
                    case PIXELS -> "[" + all[0] + ", 1] or ";
                    case IMAGES ->
                        "[" + all[0] + ", 1], " + Arrays.toString(flatPlanes) + ", " + Arrays.toString(planes) + " or ";
                }
                + Arrays.toString(all) + " for a prediction of that shape");
    }

    /**
     * CnnLossLayer sends masks of examples, repeated for every pixel, and masks of pixels in the same shape. Where all
     * pixels of each image agree it is one of examples.
     */
    private static ImageMask ofPixelColumn(INDArray floats, ImageArrays images) {
        ImageBatch planes = new ImageArrays(Layout.PIXELS, images.n(), 1, images.h(), images.w()).view("mask", floats);
        float[] examples = new float[images.n()];
        float[] row = new float[images.w()];
        for (int n = 0; n < images.n(); n++) {
            examples[n] = planes.get(n, 0, 0, 0);
            for (int y = 0; y < images.h(); y++) {
                planes.readRow(n, 0, y, 0, row.length, row, 0);
                for (float value : row) {
                    if (value != examples[n]) {
                        return new ImageMask(null, floats);
                    }
                }
            }
        }
        Reference.reachabilityFence(floats);
        return new ImageMask(examples, null);
    }

    /** An image with masked pixels: the array itself where there is no mask of pixels, else a new one. */
    INDArray applied(INDArray images) {
        return pixels == null ? images : images.mul(pixels);
    }

    /** The adjoint of {@link #applied} in place. */
    void adjoint(INDArray gradient) {
        if (pixels != null) {
            gradient.muli(pixels);
        }
    }
}

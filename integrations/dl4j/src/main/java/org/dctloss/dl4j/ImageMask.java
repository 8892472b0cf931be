package org.dctloss.dl4j;

import java.lang.ref.Reference;
import java.util.Arrays;
import org.dctloss.ImageBatch;
import org.dctloss.dl4j.ImageArrays.Layout;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

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
        if (!mask.dataType().isNumerical() && mask.dataType() != DataType.BOOL) {
            throw new IllegalArgumentException(
                    "mask: got data type " + mask.dataType() + ", allowed types of numbers and BOOL");
        }
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
                    case ROWS, PIXELS -> "[" + all[0] + ", 1] or ";
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

    /** Multiplies the scores of examples; 0 times what is not a number is 0 here: such an example is excluded. */
    void weigh(double[] scores) {
        for (int i = 0; examples != null && i < scores.length; i++) {
            scores[i] = examples[i] == 0 ? 0 : examples[i] * scores[i];
        }
    }

    /** Makes a gradient 0 where {@link #weigh} makes the score 0. */
    void select(INDArray gradient) {
        for (int i = 0; examples != null && i < examples.length; i++) {
            if (examples[i] == 0) {
                long rows = gradient.size(0) / examples.length;
                INDArrayIndex[] example = new INDArrayIndex[gradient.rank()];
                Arrays.setAll(example, axis -> NDArrayIndex.all());
                example[0] = NDArrayIndex.interval(i * rows, (i + 1) * rows);
                gradient.get(example).assign(0);
            }
        }
    }

    /** The adjoint of {@link #applied} in place. */
    void adjoint(INDArray gradient) {
        if (pixels != null) {
            gradient.muli(pixels);
        }
    }
}

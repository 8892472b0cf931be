package org.dctloss.dl4j;

import java.util.Arrays;
import java.util.Objects;
import org.dctloss.ImageBatch;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.concurrency.AffinityManager.Location;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The layout in which a batch of n images of C x H x W reached the loss. */
record ImageArrays(Layout layout, int n, int c, int h, int w) {
    private static final int LARGEST_REACH = Integer.MAX_VALUE / Float.BYTES;

    /** What DL4J's layers hand over. */
    enum Layout {
        /** [n, c*h*w], from dense layers: a row holds an image, channel by channel. */
        ROWS,
        /** [n*h*w, c], from CnnLossLayer: a row holds a pixel, image by image. */
        PIXELS,
        /** [n, c, h, w]. */
        IMAGES
    }

    /** The layout of an array of images of C x H x W. */
    static ImageArrays of(INDArray array, int c, int h, int w) {
        checkOpen("prediction", array);
        long[] shape = array.shape();
        long area = (long) h * w;
        Layout layout = null;
        long n = shape.length == 0 ? 0 : shape[0];
        if (shape.length == 2 && shape[1] == c * area) {
            layout = Layout.ROWS;
        } else if (shape.length == 2 && shape[1] == c && n % area == 0) {
            layout = Layout.PIXELS;
            n /= area;
        } else if (shape.length == 4 && shape[1] == c && shape[2] == h && shape[3] == w) {
            layout = Layout.IMAGES;
        }
        if (layout == null || n < 1 || n > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("prediction: got shape " + Arrays.toString(shape) + ", allowed [n, "
                    + c * area + "], [n*" + area + ", " + c + "] or [n, " + c + ", " + h + ", " + w
                    + "] for images of " + c + "x" + h + "x" + w + " (C x H x W)");
        }
        return new ImageArrays(layout, (int) n, c, h, w);
    }

    static void checkOpen(String name, INDArray array) {
        Objects.requireNonNull(array, () -> name + ": got null, allowed an array");
        if (array.wasClosed()) {
            throw new IllegalArgumentException(name + ": got an array after close(), allowed only before");
        }
    }

    /** The shape of all arrays of this batch. */
    long[] shape() {
        long area = (long) h * w;
        return switch (layout) {
            case ROWS -> new long[] {n, c * area};
            case PIXELS -> new long[] {n * area, c};
            case IMAGES -> new long[] {n, c, h, w};
        };
    }

    /**
     * The array's own memory, whatever its order and strides, as images; the array must be kept reachable meanwhile.
     *
     * @param name of the array where it is refused
     * @param floats of {@link #shape()} and FLOAT
     */
    ImageBatch view(String name, INDArray floats) {
        checkReach(name, floats);
        Nd4j.getAffinityManager().ensureLocation(floats, Location.HOST);
        long[] stride = floats.stride();
        long row = stride[0];
        long column = stride[1];
        long area = (long) h * w;
        var memory = floats.data().asNioFloat();
        return switch (layout) {
            case ROWS -> ImageBatch.strided(memory, 0, n, c, h, w, row, area * column, w * column, column);
            case PIXELS -> ImageBatch.strided(memory, 0, n, c, h, w, area * row, column, w * row, row);
            case IMAGES -> ImageBatch.strided(memory, 0, n, c, h, w, row, column, stride[2], stride[3]);
        };
    }

    /** A buffer of Java begins with the memory that the array is a view of, and ends after 2 GiB of it. */
    private static void checkReach(String name, INDArray floats) {
        long reach = floats.offset() + 1;
        long[] shape = floats.shape();
        for (int axis = 0; axis < shape.length; axis++) {
            reach += (shape[axis] - 1) * floats.stride()[axis];
        }
        if (reach > LARGEST_REACH) {
            throw new IllegalArgumentException(name + ": got an array of shape " + Arrays.toString(shape)
                    + " that ends " + reach + " floats into its memory, allowed " + LARGEST_REACH
                    + " or fewer (2 GiB); a dup() of a small view begins at 0");
        }
    }

    /** The scores as DL4J expects them: a column with a row for each row of the arrays, whose sum over an image is its score. */
    INDArray column(double[] scores, DataType type) {
        int step = layout == Layout.PIXELS ? h * w : 1;
        double[] rows = new double[n * step];
        for (int i = 0; i < n; i++) {
            rows[i * step] = scores[i];
        }
        return Nd4j.createFromArray(rows).castTo(type).reshape(rows.length, 1);
    }
}

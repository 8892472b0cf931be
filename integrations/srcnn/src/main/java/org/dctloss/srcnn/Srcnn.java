package org.dctloss.srcnn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.convolutional.Conv2d;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.dctloss.superres.Plane;

/**
 * SRCNN 9-1-5 (Dong, Loy, He, Tang 2014): 64 filters of 9x9, 32 of 1x1 and one of 5x5, ReLU between them, valid
 * convolutions on one channel. Its parameters are one array, layer after layer, weights (filter, channel, row, column)
 * before biases; arrays of the framework are made of it anew for every step, so no state hides there.
 */
final class Srcnn {
    /** Pixels that the three convolutions take away on each side. */
    static final int MARGIN = 6;

    /** Rows that are computed at a time: hidden layers hold 96 numbers for every pixel. */
    private static final int STRIP = 128;

    private record Layer(int filters, int channels, int side) {
        int weights() {
            return filters * channels * side * side;
        }

        int parameters() {
            return weights() + filters;
        }
    }

    private static final Layer[] LAYERS = {new Layer(64, 1, 9), new Layer(32, 64, 1), new Layer(1, 32, 5)};

    /** Number of parameters. */
    static final int PARAMETERS = first(LAYERS.length);

    /** Where the parameters of the last layer begin. */
    static final int LAST_LAYER = first(LAYERS.length - 1);

    private Srcnn() {}

    private static int first(int layer) {
        int sum = 0;
        for (int i = 0; i < layer; i++) {
            sum += LAYERS[i].parameters();
        }
        return sum;
    }

    /**
     * Normally distributed weights that keep the signal's size (He et al. 2015), biases 0; the same for the same seed. Of
     * two networks that differ in the sign of their output alone, the one that makes white brighter than black: a loss
     * that looks at magnitudes would never find out that a picture is a negative.
     */
    static float[] initial(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] parameters = new float[PARAMETERS];
        int at = 0;
        for (Layer layer : LAYERS) {
            double gain = layer.filters == 1 ? 1 : 2; // a ReLU behind it halves the power
            double deviation = Math.sqrt(gain / (layer.channels * layer.side * layer.side));
            for (int i = 0; i < layer.weights(); i++) {
                parameters[at + i] = (float) (deviation * gaussian(random));
            }
            at += layer.parameters();
        }
        if (white(parameters) < 0) {
            for (int i = LAST_LAYER; i < PARAMETERS; i++) {
                parameters[i] = -parameters[i];
            }
        }
        return parameters;
    }

    /** What a network without biases makes of a white picture. */
    private static double white(float[] parameters) {
        double[] x = {1};
        int at = 0;
        for (Layer layer : LAYERS) {
            int area = layer.side * layer.side;
            double[] y = new double[layer.filters];
            for (int i = 0; i < layer.weights(); i++) {
                y[i / (layer.channels * area)] += parameters[at + i] * x[i / area % layer.channels];
            }
            for (int i = 0; i < y.length && layer.filters > 1; i++) {
                y[i] = Math.max(0, y[i]);
            }
            x = y;
            at += layer.parameters();
        }
        return x[0];
    }

    // Box and Muller, because how the JDK draws normal numbers may change from version to version.
    private static double gaussian(SplittableRandom random) {
        double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - random.nextDouble()));
        return radius * StrictMath.cos(2 * StrictMath.PI * random.nextDouble());
    }

    /** The parameters as arrays of the framework, in their order. */
    static NDArray[] arrays(NDManager manager, float[] parameters) {
        NDArray[] arrays = new NDArray[2 * LAYERS.length];
        int at = 0;
        for (int i = 0; i < LAYERS.length; i++) {
            Layer layer = LAYERS[i];
            int biases = at + layer.weights();
            int end = at + layer.parameters();
            arrays[2 * i] = manager.create(
                    Arrays.copyOfRange(parameters, at, biases),
                    new Shape(layer.filters, layer.channels, layer.side, layer.side));
            arrays[2 * i + 1] = manager.create(Arrays.copyOfRange(parameters, biases, end), new Shape(layer.filters));
            at = end;
        }
        return arrays;
    }

    /** Copies the gradients of these arrays into one array in the order of the parameters. */
    static void gradients(NDArray[] arrays, float[] gradient) {
        int at = 0;
        for (NDArray array : arrays) {
            try (NDArray part = array.getGradient()) {
                float[] numbers = part.toFloatArray();
                System.arraycopy(numbers, 0, gradient, at, numbers.length);
                at += numbers.length;
            }
        }
    }

    /** The network: N x 1 x H x W becomes N x 1 x (H - 12) x (W - 12). */
    static NDArray forward(NDArray[] arrays, NDArray images) {
        NDArray x = images;
        for (int i = 0; i < LAYERS.length; i++) {
            x = Conv2d.conv2d(x, arrays[2 * i], arrays[2 * i + 1]).singletonOrThrow();
            if (i < LAYERS.length - 1) {
                x = Activation.relu(x);
            }
        }
        return x;
    }

    /** A whole picture through the network; its edges are repeated outside, so its size stays. */
    static Plane apply(NDManager parent, float[] parameters, Plane picture) {
        int width = picture.width();
        float[] result = new float[picture.height() * width];
        for (int top = 0; top < picture.height(); top += STRIP) {
            int rows = Math.min(STRIP, picture.height() - top);
            try (NDManager manager = parent.newSubManager()) {
                NDArray strip = manager.create(
                        padded(picture, top, rows), new Shape(1, 1, rows + 2 * MARGIN, width + 2 * MARGIN));
                float[] pixels = forward(arrays(manager, parameters), strip).toFloatArray();
                System.arraycopy(pixels, 0, result, top * width, pixels.length);
            }
        }
        return new Plane(picture.height(), width, result);
    }

    private static float[] padded(Plane picture, int top, int rows) {
        int width = picture.width() + 2 * MARGIN;
        float[] padded = new float[(rows + 2 * MARGIN) * width];
        for (int y = 0; y < rows + 2 * MARGIN; y++) {
            int from = Math.max(0, Math.min(picture.height() - 1, top + y - MARGIN));
            for (int x = 0; x < width; x++) {
                int column = Math.max(0, Math.min(picture.width() - 1, x - MARGIN));
                padded[y * width + x] = picture.pixels()[from * picture.width() + column];
            }
        }
        return padded;
    }
}

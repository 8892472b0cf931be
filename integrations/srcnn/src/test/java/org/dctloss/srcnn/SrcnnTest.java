package org.dctloss.srcnn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.Arrays;
import java.util.Random;
import org.dctloss.superres.Plane;
import org.junit.jupiter.api.Test;

class SrcnnTest {
    /** Filters, channels, side. */
    private static final int[][] LAYERS = {{64, 1, 9}, {32, 64, 1}, {1, 32, 5}};

    private static float[] noise(int count) {
        Random random = new Random(count);
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = random.nextFloat();
        }
        return numbers;
    }

    private static NDManager manager() {
        return NDManager.newBaseManager(Device.cpu(), "PyTorch");
    }

    /** The network in float64, by its definition. */
    private static double[][] reference(float[] parameters, float[] pixels, int height, int width) {
        double[][][] x = new double[1][height][width];
        for (int i = 0; i < pixels.length; i++) {
            x[0][i / width][i % width] = pixels[i];
        }
        int at = 0;
        for (int[] layer : LAYERS) {
            int side = layer[2];
            int h = x[0].length - side + 1;
            int w = x[0][0].length - side + 1;
            int biases = at + layer[0] * layer[1] * side * side;
            double[][][] y = new double[layer[0]][h][w];
            for (int f = 0; f < layer[0]; f++) {
                for (int r = 0; r < h; r++) {
                    for (int c = 0; c < w; c++) {
                        double sum = parameters[biases + f];
                        for (int k = 0; k < layer[1] * side * side; k++) {
                            int channel = k / (side * side);
                            sum += parameters[at + f * layer[1] * side * side + k]
                                    * x[channel][r + k / side % side][c + k % side];
                        }
                        y[f][r][c] = layer[0] == 1 ? sum : Math.max(0, sum);
                    }
                }
            }
            x = y;
            at = biases + layer[0];
        }
        assertEquals(parameters.length, at);
        return x[0];
    }

    private static float[] withBiases() {
        float[] parameters = Srcnn.initial(11);
        float[] noise = noise(parameters.length);
        for (int i = 0; i < parameters.length; i++) {
            parameters[i] += 0.02f * (noise[i] - 0.5f);
        }
        return parameters;
    }

    @Test
    void itHasTheSizeOfItsPaper() {
        assertEquals(9 * 9 * 64 + 64 + 64 * 32 + 32 + 32 * 5 * 5 + 1, Srcnn.PARAMETERS);
        assertEquals(Srcnn.PARAMETERS - 32 * 5 * 5 - 1, Srcnn.LAST_LAYER);
        try (NDManager manager = manager()) {
            NDArray images = manager.create(noise(3 * 33 * 33), new Shape(3, 1, 33, 33));
            assertEquals(
                    new Shape(3, 1, 21, 21),
                    Srcnn.forward(Srcnn.arrays(manager, Srcnn.initial(1)), images)
                            .getShape());
        }
    }

    @Test
    void itsOutputIsThatOfTheDefinition() {
        float[] parameters = withBiases();
        float[] pixels = noise(17 * 20);
        double[][] expected = reference(parameters, pixels, 17, 20);
        try (NDManager manager = manager()) {
            NDArray image = manager.create(pixels, new Shape(1, 1, 17, 20));
            float[] got =
                    Srcnn.forward(Srcnn.arrays(manager, parameters), image).toFloatArray();
            assertEquals(5 * 8, got.length);
            for (int i = 0; i < got.length; i++) {
                assertEquals(expected[i / 8][i % 8], got[i], 1e-5);
            }
        }
    }

    /** Gradients come in the order of the parameters: against differences of the reference. */
    @Test
    void itsGradientsStandWhereTheirParametersDo() {
        float[] parameters = withBiases();
        float[] pixels = noise(14 * 14);
        float[] gradient = new float[Srcnn.PARAMETERS];
        try (NDManager manager = manager()) {
            NDArray[] arrays = Srcnn.arrays(manager, parameters);
            for (NDArray array : arrays) {
                array.setRequiresGradient(true);
            }
            try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
                NDArray image = manager.create(pixels, new Shape(1, 1, 14, 14));
                collector.backward(Srcnn.forward(arrays, image).square().sum());
            }
            Srcnn.gradients(arrays, gradient);
        }
        double norm = 0;
        for (float g : gradient) {
            norm += (double) g * g;
        }
        for (int i = 0; i < Srcnn.PARAMETERS; i += 97) {
            double high = squares(parameters, pixels, i, 1e-4f);
            double low = squares(parameters, pixels, i, -1e-4f);
            float[] moved = {parameters[i] + 1e-4f, parameters[i] - 1e-4f};
            double slope = (high - low) / ((double) moved[0] - moved[1]);
            assertEquals(slope, gradient[i], 2e-3 * (Math.abs(slope) + Math.sqrt(norm / Srcnn.PARAMETERS)), "at " + i);
        }
    }

    private static double squares(float[] parameters, float[] pixels, int moved, float by) {
        float[] copy = parameters.clone();
        copy[moved] += by;
        return Arrays.stream(reference(copy, pixels, 14, 14))
                .flatMapToDouble(Arrays::stream)
                .map(v -> v * v)
                .sum();
    }

    /** Higher than a strip, so that seams are looked at, too. */
    @Test
    void wholePicturesKeepTheirSizeByRepeatedEdges() {
        float[] parameters = withBiases();
        Plane picture = new Plane(141, 15, noise(141 * 15));
        float[] padded = new float[153 * 27];
        for (int y = 0; y < 153; y++) {
            for (int x = 0; x < 27; x++) {
                padded[y * 27 + x] = picture.get(Math.max(0, Math.min(140, y - 6)), Math.max(0, Math.min(14, x - 6)));
            }
        }
        double[][] expected = reference(parameters, padded, 153, 27);
        try (NDManager manager = manager()) {
            Plane got = Srcnn.apply(manager, parameters, picture);
            assertEquals(141, got.height());
            assertEquals(15, got.width());
            for (int i = 0; i < got.pixels().length; i++) {
                assertEquals(expected[i / 15][i % 15], got.pixels()[i], 1e-5);
            }
        }
    }

    @Test
    void theFirstNetworkMakesWhiteBrighterThanBlack() {
        float[] white = new float[13 * 13];
        Arrays.fill(white, 1);
        for (int seed = 0; seed < 20; seed++) {
            assertTrue(reference(Srcnn.initial(seed), white, 13, 13)[0][0] > 0);
        }
    }

    @Test
    void firstParametersDependOnTheSeedAlone() {
        float[] parameters = Srcnn.initial(1);
        assertArrayEquals(parameters, Srcnn.initial(1));
        assertFalse(Arrays.equals(parameters, Srcnn.initial(2)));
        double sum = 0;
        for (int i = 0; i < 64 * 81; i++) {
            sum += (double) parameters[i] * parameters[i];
        }
        assertEquals(2 / 81.0, sum / (64 * 81), 0.1 * 2 / 81.0);
        for (int i = 64 * 81; i < 64 * 81 + 64; i++) {
            assertEquals(0, parameters[i]);
        }
    }
}

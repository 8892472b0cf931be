package org.dctloss.dl4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.dctloss.contract.TestImages;
import org.dctloss.contract.TestImages.Kind;
import org.dctloss.dl4j.ImageArrays.Layout;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** n images of C x H x W in NCHW order, and as the arrays that DL4J makes of them. */
record Images(int n, int c, int h, int w, float[] pixels) {
    /** Between 0 and 1. */
    static Images draw(Kind kind, int n, int c, int h, int w, long seed) {
        return new Images(n, c, h, w, TestImages.draw(kind, n, c, h, w, seed));
    }

    /** What a network may put out before its activation: noise of both signs. */
    static Images wide(int n, int c, int h, int w, long seed) {
        Images images = draw(Kind.NOISE, n, c, h, w, seed);
        for (int i = 0; i < images.pixels.length; i++) {
            images.pixels[i] = 3 * images.pixels[i] - 1.5f;
        }
        return images;
    }

    /** A contiguous array of FLOAT. */
    INDArray array(Layout layout) {
        INDArray images = Nd4j.createFromArray(pixels).reshape(n, c, h, w);
        return switch (layout) {
            case IMAGES -> images;
            case ROWS -> images.reshape(n, (long) c * h * w);
            case PIXELS -> images.permute(0, 2, 3, 1).dup('c').reshape((long) n * h * w, c);
        };
    }

    /** The numbers of an array of such images, in NCHW order. */
    double[] numbers(INDArray array, Layout layout) {
        INDArray images =
                layout == Layout.PIXELS ? array.dup('c').reshape(n, h, w, c).permute(0, 3, 1, 2) : array;
        return images.dup('c').data().asDouble();
    }

    double[] numbers() {
        double[] wide = new double[pixels.length];
        Arrays.setAll(wide, i -> pixels[i]);
        return wide;
    }

    /** The very same numbers: ND4J's own equality allows 1e-5, which is much for a gradient. */
    static void assertSame(INDArray expected, INDArray got, String what) {
        assertArrayEquals(expected.shape(), got.shape(), what);
        assertArrayEquals(
                expected.dup('c').data().asDouble(), got.dup('c').data().asDouble(), what);
    }

    /** Compares in Euclidean norm, without the pixels that are excluded. */
    static void assertClose(double[] expected, double[] got, double relative, boolean[] excluded, String what) {
        double difference = 0;
        double norm = 0;
        int compared = 0;
        for (int i = 0; i < expected.length; i++) {
            if (excluded == null || !excluded[i]) {
                difference += (expected[i] - got[i]) * (expected[i] - got[i]);
                norm += expected[i] * expected[i];
                compared++;
            }
        }
        double error = Math.sqrt(difference / norm);
        assertTrue(2 * compared > expected.length, () -> what + ": nearly all pixels are excluded");
        assertTrue(norm > 0 && error <= relative, () -> what + ": relative error " + error);
    }
}

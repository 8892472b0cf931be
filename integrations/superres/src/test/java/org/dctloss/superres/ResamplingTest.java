package org.dctloss.superres;

import static org.dctloss.superres.Refusals.refused;
import static org.dctloss.superres.Refusals.refusedNull;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResamplingTest {
    /** Half a unit in the last place of float32 below 2: results are float64 sums, rounded once. */
    private static final double ROUNDING = 6.1e-8;

    /** The family of Keys (1981), equation 4, with its parameter; and the triangle. */
    private static double kernel(Resampling resampling, double x) {
        double d = Math.abs(x);
        if (resampling == Resampling.BILINEAR) {
            return Math.max(0, 1 - d);
        }
        double a = -0.5;
        if (d <= 1) {
            return (a + 2) * Math.pow(d, 3) - (a + 3) * Math.pow(d, 2) + 1;
        }
        return d < 2 ? a * Math.pow(d, 3) - 5 * a * Math.pow(d, 2) + 8 * a * d - 4 * a : 0;
    }

    /** The whole matrix of an axis, out x in: the kernel over a line of mirror images, folded up, each row normalised. */
    private static double[][] matrix(Resampling resampling, int in, int out) {
        double scale = Math.min(1, (double) out / in);
        double[][] matrix = new double[out][in];
        for (int j = 0; j < out; j++) {
            double u = (j + 0.5) * in / out - 0.5;
            double sum = 0;
            for (int copy = -12; copy <= 12; copy++) {
                for (int i = 0; i < in; i++) {
                    int place = copy % 2 == 0 ? copy * in + i : copy * in + (in - 1 - i);
                    double weight = kernel(resampling, (u - place) * scale);
                    matrix[j][i] += weight;
                    sum += weight;
                }
            }
            for (int i = 0; i < in; i++) {
                matrix[j][i] /= sum;
            }
        }
        return matrix;
    }

    /** rows x plane x columns^T. */
    private static double[] product(double[][] rows, Plane plane, double[][] columns) {
        double[] result = new double[rows.length * columns.length];
        for (int y = 0; y < rows.length; y++) {
            for (int x = 0; x < columns.length; x++) {
                double sum = 0;
                for (int i = 0; i < plane.height(); i++) {
                    for (int k = 0; k < plane.width(); k++) {
                        sum += rows[y][i] * plane.get(i, k) * columns[x][k];
                    }
                }
                result[y * columns.length + x] = sum;
            }
        }
        return result;
    }

    private static void assertClose(double[] expected, Plane actual, double tolerance) {
        assertEquals(expected.length, actual.pixels().length);
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], actual.pixels()[i], tolerance, "pixel " + i + " of " + actual);
        }
    }

    @ParameterizedTest
    @EnumSource
    void anySizesAgreeWithTheMatrices(Resampling resampling) {
        Random random = new Random(7);
        for (int round = 0; round < 250; round++) {
            int h = 1 + random.nextInt(24);
            int w = 1 + random.nextInt(24);
            int newH = 1 + random.nextInt(24);
            int newW = 1 + random.nextInt(24);
            Plane plane = RandomPlane.of(h, w, round);
            Plane before = plane.crop(0, 0, h, w);
            Plane actual = resampling.resize(plane, newH, newW);
            assertEquals(newH, actual.height());
            assertEquals(newW, actual.width());
            double[] expected = product(matrix(resampling, h, newH), plane, matrix(resampling, w, newW));
            assertClose(expected, actual, ROUNDING);
            assertEquals(before, plane);
        }
    }

    @ParameterizedTest
    @CsvSource({"BILINEAR,2", "BILINEAR,3", "BILINEAR,4", "BICUBIC,2", "BICUBIC,3", "BICUBIC,4", "BICUBIC,8"})
    void scalesAgreeWithTheMatrices(Resampling resampling, int scale) {
        Plane plane = RandomPlane.of(5 * scale, 3 * scale, scale);
        Plane low = resampling.down(plane, scale);
        assertEquals("5x3 plane", low.toString());
        double[][] rows = matrix(resampling, 5 * scale, 5);
        double[][] columns = matrix(resampling, 3 * scale, 3);
        assertClose(product(rows, plane, columns), low, ROUNDING);

        Plane high = resampling.up(low, scale);
        assertEquals(plane.toString(), high.toString());
        double[][] upRows = matrix(resampling, 5, 5 * scale);
        double[][] upColumns = matrix(resampling, 3, 3 * scale);
        assertClose(product(upRows, low, upColumns), high, ROUNDING);
    }

    /** The weights of the usual scales in lowest terms: the kernel at multiples of 1/8, 1/3 and so on, by hand. */
    @Test
    void theWeightsOfTheUsualScalesAreTheseFractions() {
        // Down by 2: k at 1/4, 3/4, 5/4, 7/4 is 111, 29, -9, -3 of 128, and both sides sum to 2.
        column(Resampling.BICUBIC, 16, 8, 4, new int[] {-3, -9, 29, 111, 111, 29, -9, -3}, 5, 256);
        // Down by 3: k at 0, 1/3, .. 5/3 is 27, 21, 9, 0, -2, -1 of 27.
        column(Resampling.BICUBIC, 21, 7, 3, new int[] {-1, -2, 0, 9, 21, 27, 21, 9, 0, -2, -1}, 5, 81);
        // Up by 2: the same k as down by 2, from one side and from the other.
        column(Resampling.BICUBIC, 6, 12, 6, new int[] {-3, 29, 111, -9}, 1, 128);
        column(Resampling.BICUBIC, 6, 12, 5, new int[] {-9, 111, 29, -3}, 1, 128);
        // Up by 3: k at 1/3, 2/3, 4/3, 5/3, and the pixel itself.
        column(Resampling.BICUBIC, 6, 18, 8, new int[] {-2, 21, 9, -1}, 1, 27);
        column(Resampling.BICUBIC, 6, 18, 7, new int[] {1}, 2, 1);
        column(Resampling.BILINEAR, 16, 8, 4, new int[] {1, 3, 3, 1}, 7, 8);
        column(Resampling.BILINEAR, 21, 7, 3, new int[] {1, 2, 3, 2, 1}, 8, 9);
        column(Resampling.BILINEAR, 6, 12, 5, new int[] {3, 1}, 2, 4);
    }

    /** Output {@code j} is made of the inputs from {@code first} on, by these weights, whichever axis it is. */
    private static void column(
            Resampling resampling, int in, int out, int j, int[] numerators, int first, int denominator) {
        for (int i = 0; i < in; i++) {
            Plane impulse = Plane.ofSize(1, in);
            impulse.pixels()[i] = 1;
            int k = i - first;
            float expected = k < 0 || k >= numerators.length ? 0 : (float) ((double) numerators[k] / denominator);
            float wide = resampling.resize(impulse, 1, out).get(0, j);
            float high = resampling
                    .resize(new Plane(in, 1, impulse.pixels()), out, 1)
                    .get(j, 0);
            assertEquals(expected, wide, 6e-8f, "input " + i);
            assertEquals(wide, high, "input " + i);
        }
    }

    /**
     * Values that are published as MATLAB's: imresize([10 6], [1 3]) is 10.2777..., 8, 5.7222... by default, which is
     * 'bicubic', and 10, 8, 6 by 'bilinear'. Proof: the first output looks at -1/6, where the mirrored line has 6 10 |
     * 10 6, so it is 10 + (10 - 6) t with t = -k(7/6) - k(11/6) = 25/432 + 5/432 = 5/72.
     */
    @Test
    void valuesOfMatlab() {
        Plane two = new Plane(1, 2, new float[] {10, 6});
        double t = 5.0 / 72;
        double[] expected = {10 + 4 * t, 8, 6 - 4 * t};
        assertEquals(10.2777777777777, expected[0], 1e-12);
        assertEquals(5.72222222222222, expected[2], 1e-12);
        assertClose(expected, Resampling.BICUBIC.resize(two, 1, 3), 1e-6);
        assertClose(new double[] {10, 8, 6}, Resampling.BILINEAR.resize(two, 1, 3), 0);
        Plane standing = new Plane(2, 1, new float[] {10, 6});
        assertClose(expected, Resampling.BICUBIC.resize(standing, 3, 1), 1e-6);
    }

    /** Keys' a = -1/2 is the Catmull-Rom spline: Hermite polynomials with the slopes (x[i+1] - x[i-1]) / 2. */
    @ParameterizedTest
    @ValueSource(ints = {13, 22, 33, 47, 100})
    void enlargingIsTheCatmullRomSpline(int out) {
        int in = 11;
        Plane line = RandomPlane.of(1, in, out);
        Plane actual = Resampling.BICUBIC.resize(line, 1, out);
        for (int j = 0; j < out; j++) {
            double u = (j + 0.5) * in / out - 0.5;
            int i = (int) Math.floor(u);
            if (i >= 1 && i + 2 < in) {
                double t = u - i;
                double p = line.get(0, i);
                double q = line.get(0, i + 1);
                double slopeP = (q - line.get(0, i - 1)) / 2;
                double slopeQ = (line.get(0, i + 2) - p) / 2;
                double expected = (2 * t * t * t - 3 * t * t + 1) * p
                        + (t * t * t - 2 * t * t + t) * slopeP
                        + (-2 * t * t * t + 3 * t * t) * q
                        + (t * t * t - t * t) * slopeQ;
                assertEquals(expected, actual.get(0, j), ROUNDING);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void constantsStayConstantUpToTheEdge(Resampling resampling) {
        for (int out = 1; out < 40; out++) {
            for (int in : new int[] {1, 2, 3, 7, 16}) {
                Plane plane = Plane.ofSize(in, in);
                Arrays.fill(plane.pixels(), 0.7f);
                for (float value : resampling.resize(plane, out, 2 * in).pixels()) {
                    assertEquals(0.7f, value);
                }
            }
        }
    }

    /** Away from the edges: ramps by both at any size upwards and any scale down, parabolas by bicubic upwards. */
    @ParameterizedTest
    @EnumSource
    void rampsAndParabolasAreKept(Resampling resampling) {
        int in = 24;
        Plane ramp = Plane.ofSize(1, in);
        Plane parabola = Plane.ofSize(1, in);
        for (int i = 0; i < in; i++) {
            ramp.pixels()[i] = i;
            parabola.pixels()[i] = i * i;
        }
        for (int out : new int[] {6, 8, 12, 24, 25, 31, 48, 72, 96}) {
            Plane ramped = resampling.resize(ramp, 1, out);
            Plane curved = resampling.resize(parabola, 1, out);
            double reach = 2 * Math.max(1, (double) in / out);
            int seen = 0;
            for (int j = 0; j < out; j++) {
                double u = (j + 0.5) * in / out - 0.5;
                if (u - reach > -1 && u + reach < in) {
                    assertEquals(u, ramped.get(0, j), 3e-6);
                    if (resampling == Resampling.BICUBIC && out >= in) {
                        assertEquals(u * u, curved.get(0, j), 6e-5);
                    }
                    seen++;
                }
            }
            assertTrue(seen > 0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void mirroringAndTransposingCommuteWithIt(Resampling resampling) {
        Plane plane = RandomPlane.of(14, 9, 3);
        Plane turned = Plane.ofSize(9, 14);
        for (int y = 0; y < 14; y++) {
            for (int x = 0; x < 9; x++) {
                turned.pixels()[(8 - x) * 14 + y] = plane.get(y, x);
            }
        }
        Plane a = resampling.resize(plane, 10, 23);
        Plane b = resampling.resize(turned, 23, 10);
        for (int y = 0; y < 10; y++) {
            for (int x = 0; x < 23; x++) {
                assertEquals(a.get(y, x), b.get(22 - x, y), 1.3e-7f);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void theSameSizeKeepsEveryBit(Resampling resampling) {
        Plane plane = RandomPlane.of(6, 5, 1);
        plane.pixels()[7] = Float.NaN;
        plane.pixels()[12] = Float.NEGATIVE_INFINITY;
        plane.pixels()[20] = -1e30f;
        assertEquals(plane, resampling.resize(plane, 6, 5));
        assertEquals(plane, resampling.up(plane, 1));
        assertEquals(plane, resampling.down(plane, 1));
    }

    @ParameterizedTest
    @EnumSource
    void nanIsSeenWhereItsWeightIsNotZero(Resampling resampling) {
        for (int[] sizes : new int[][] {{12, 4}, {12, 6}, {4, 12}, {5, 10}, {7, 11}, {11, 7}}) {
            double[][] matrix = matrix(resampling, sizes[0], sizes[1]);
            for (int i = 0; i < sizes[0]; i++) {
                Plane plane = RandomPlane.of(1, sizes[0], 5);
                plane.pixels()[i] = Float.NaN;
                Plane result = resampling.resize(plane, 1, sizes[1]);
                for (int j = 0; j < sizes[1]; j++) {
                    boolean seen = Math.abs(matrix[j][i]) > 1e-12;
                    assertEquals(seen, Float.isNaN(result.get(0, j)), sizes[0] + " to " + sizes[1] + ": " + i);
                }
            }
        }
    }

    @Test
    void bicubicOvershootsAndIsNotClamped() {
        Plane step = new Plane(1, 8, new float[] {0, 0, 0, 0, 1, 1, 1, 1});
        float[] up = Resampling.BICUBIC.up(step, 2).pixels();
        float least = 0;
        float most = 0;
        for (float value : up) {
            least = Math.min(least, value);
            most = Math.max(most, value);
        }
        // The step seen by the weights 111 + 29 of 128, up to which side pixels are counted.
        assertEquals(-9 / 128f, least, 1e-7f);
        assertEquals(1 + 9 / 128f, most, 1e-7f);
    }

    /**
     * The JDK's own scaling of 8-bit pictures has the same kernels (its bicubic, too, has a = -1/2) and the same centres
     * where it enlarges, and repeats the outermost pixel, which for bilinear is the same as mirroring. It rounds
     * places to 1/256 of a pixel and results to 8 bits: 1.6 levels away at most here.
     */
    @ParameterizedTest
    @CsvSource({"BILINEAR,2", "BILINEAR,3", "BILINEAR,4", "BICUBIC,2", "BICUBIC,3", "BICUBIC,4"})
    void enlargingAgreesWithTheJdk(Resampling resampling, int scale) {
        int side = 24;
        Plane plane = RandomPlane.of(side, side, scale).eightBits();
        for (int i = 0; i < plane.pixels().length; i++) {
            plane.pixels()[i] = Math.round(255 * (0.2f + 0.6f * plane.pixels()[i])) / 255f; // room for overshoot
        }
        BufferedImage small = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < side * side; i++) {
            small.setRGB(i % side, i / side, 0x010101 * Math.round(255 * plane.pixels()[i]));
        }
        BufferedImage large = new BufferedImage(side * scale, side * scale, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = large.createGraphics();
        graphics.setRenderingHint(
                RenderingHints.KEY_INTERPOLATION,
                resampling == Resampling.BILINEAR
                        ? RenderingHints.VALUE_INTERPOLATION_BILINEAR
                        : RenderingHints.VALUE_INTERPOLATION_BICUBIC);
        graphics.drawImage(small, 0, 0, side * scale, side * scale, null);
        graphics.dispose();
        Plane actual = resampling.up(plane, scale);
        int margin = resampling == Resampling.BILINEAR ? 0 : 2 * scale;
        for (int y = margin; y < side * scale - margin; y++) {
            for (int x = margin; x < side * scale - margin; x++) {
                assertEquals(large.getRGB(x, y) & 0xff, 255 * actual.get(y, x), 1.7, y + " " + x);
            }
        }
    }

    /**
     * Pillow has the same kernels, stretched the same way, and differs only where the kernel passes the edge of the
     * image. Printed by Pillow 9.4.0 with NumPy 1.24.2:
     *
     * <pre>
     * y, x = numpy.mgrid[0:24, 0:24]
     * image = Image.fromarray(((7*y*y + 13*x + 5*x*y) % 32 / 32).astype(numpy.float32), mode="F")
     * print(numpy.asarray(image.resize((8, 8), Image.Resampling.BICUBIC))[2:6, 2:6])    # and BILINEAR
     * </pre>
     */
    @ParameterizedTest
    @EnumSource
    void shrinkingAgreesWithPillowInside(Resampling resampling) {
        double[] bilinear = {
            0.5351080, 0.5165895, 0.4486883, 0.4795525,
            0.5034722, 0.5702161, 0.4517747, 0.4567901,
            0.4093364, 0.5366513, 0.4540895, 0.5320216,
            0.4872685, 0.5516976, 0.5914352, 0.4583333
        };
        double[] bicubic = {
            0.5630572, 0.5035389, 0.4499648, 0.4671115,
            0.4811243, 0.5826189, 0.4542705, 0.4524272,
            0.3993341, 0.5342698, 0.4349423, 0.5444245,
            0.4873257, 0.5747695, 0.5910351, 0.4600671
        };
        Plane plane = Plane.ofSize(24, 24);
        for (int y = 0; y < 24; y++) {
            for (int x = 0; x < 24; x++) {
                plane.pixels()[y * 24 + x] = (7 * y * y + 13 * x + 5 * x * y) % 32 / 32f;
            }
        }
        Plane inside = resampling.down(plane, 3).crop(2, 2, 4, 4);
        assertClose(resampling == Resampling.BILINEAR ? bilinear : bicubic, inside, 1.2e-7);
    }

    @Test
    void aSinglePixelFillsAnything() {
        for (Resampling resampling : Resampling.values()) {
            Plane one = new Plane(1, 1, new float[] {0.3f});
            float[] many = resampling.up(one, 5).pixels();
            float[] expected = new float[25];
            Arrays.fill(expected, 0.3f);
            assertArrayEquals(expected, many);
        }
    }

    @Test
    void whatCannotBeIsRefused() {
        Plane plane = Plane.ofSize(7, 9);
        refused(
                "scale: got 3 for 7x9 pixels, allowed scales that divide both sides (modcrop makes it so)",
                () -> Resampling.BICUBIC.down(plane, 3));
        refused("scale: got 0, allowed 1 or more", () -> Resampling.BICUBIC.down(plane, 0));
        refused("scale: got -2, allowed 1 or more", () -> Resampling.BILINEAR.up(plane, -2));
        refused("size: got 0x4 pixels, allowed sides of 1 to 16777216", () -> Resampling.BICUBIC.resize(plane, 0, 4));
        refused(
                "size: got 15032385529x19327352823 pixels, allowed sides of 1 to 16777216",
                () -> Resampling.BICUBIC.up(plane, Integer.MAX_VALUE));
        refused(
                "plane: got 70000x90000 pixels, allowed sides of 1 or more and 2147483639 pixels at most",
                () -> Resampling.BICUBIC.up(plane, 10000));
        refusedNull("plane: got null, allowed a Plane", () -> Resampling.BICUBIC.up(null, 2));
        refusedNull("plane: got null, allowed a Plane", () -> Resampling.BICUBIC.resize(null, 2, 2));
    }
}

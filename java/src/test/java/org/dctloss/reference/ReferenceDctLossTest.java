package org.dctloss.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.jtransforms.dct.DoubleDCT_2D;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The reference is itself tested: against SciPy, JTransforms, impulses, its inverse, and finite differences. */
class ReferenceDctLossTest {
    private static double[][] transform(double[][] x) {
        double[][] c = ReferenceDctLoss.cosines(x.length);
        return ReferenceDctLoss.times(ReferenceDctLoss.times(c, x), ReferenceDctLoss.transpose(c));
    }

    private static double[][] noise(int size, long seed) {
        Random random = new Random(seed);
        double[][] x = new double[size][size];
        for (double[] row : x) {
            for (int i = 0; i < size; i++) {
                row[i] = random.nextDouble();
            }
        }
        return x;
    }

    /** scipy 1.17: dctn(x, norm="ortho") of x[i] = (7 i^2 + 3 i) mod 11, 5x5. */
    @Test
    void transformIsSciPys() {
        double[][] x = new double[5][5];
        for (int i = 0; i < 25; i++) {
            x[i / 5][i % 5] = (7 * i * i + 3 * i) % 11;
        }
        double[][] got = transform(x);
        double[] expected = {19.8, -3.52124792, -2.68399544, -0.31751073, -3.95678765};
        assertArrayEquals(expected, got[0], 1e-8);
        assertEquals(0.8462447, got[1][0], 1e-7);
        assertEquals(2.91934955, got[1][1], 1e-8);
    }

    /** scipy 1.17: dct([0, 1, 4, 9, 16, 25, 36, 49], norm="ortho"). */
    @Test
    void oneAxisIsSciPys() {
        double[][] squares = {{0, 1, 4, 9, 16, 25, 36, 49}};
        double[][] got = ReferenceDctLoss.times(squares, ReferenceDctLoss.transpose(ReferenceDctLoss.cosines(8)));
        double[] expected = {
            49.49747468, -45.09626116, 12.61728812, -4.71418361, 2.82842712, -1.40632033, 0.89668306, -0.35491626
        };
        assertArrayEquals(expected, got[0], 1e-8);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 8, 16, 21, 64})
    void transformIsJTransforms(int size) {
        double[][] x = noise(size, size);
        double[] flat = new double[size * size];
        for (int i = 0; i < flat.length; i++) {
            flat[i] = x[i / size][i % size];
        }
        new DoubleDCT_2D(size, size).forward(flat, true);
        double[][] got = transform(x);
        for (int i = 0; i < flat.length; i++) {
            assertEquals(flat[i], got[i / size][i % size], 1e-12 * size);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 5, 8, 33})
    void cosinesAreOrthogonal(int size) {
        double[][] c = ReferenceDctLoss.cosines(size);
        double[][] product = ReferenceDctLoss.times(c, ReferenceDctLoss.transpose(c));
        for (int i = 0; i < size; i++) {
            for (int j = 0; j < size; j++) {
                assertEquals(i == j ? 1 : 0, product[i][j], 1e-13);
            }
        }
    }

    @Test
    void gradientsAreFiniteDifferences() {
        String[] edges = {"replicate", "reflect", "zero", "crop"};
        for (int seed = 0; seed < 48; seed++) {
            Random random = new Random(seed);
            ReferenceDctLoss loss = new ReferenceDctLoss();
            loss.block = new int[] {8, 4, 5}[seed % 3];
            loss.penalty = new String[] {"squared", "charbonnier", "huber", "absolute"}[seed / 3 % 4];
            loss.parameter = 0.3;
            loss.edge = edges[seed % 4];
            loss.magnitude = seed % 2 == 0;
            loss.unnormalized = seed % 5 == 0;
            loss.reduction = new String[] {"mean", "sum", "per_sample"}[seed % 3];
            loss.color = seed % 7 == 0 ? "bt709" : "none";
            loss.stride = seed % 6 == 0 ? 1 : 0;
            loss.dy = random.nextInt(loss.block);
            loss.dx = random.nextInt(loss.block);
            loss.weights = new double[][] {noise(loss.block * loss.block, seed)[0]};
            double[][][][] p = {{noise(17, seed), noise(17, seed + 1), noise(17, seed + 2)}};
            double[][][][] t = {{noise(17, seed + 3), noise(17, seed + 4), noise(17, seed + 5)}};
            ReferenceDctLoss.Result at = loss.evaluate(p, t);
            double scale = 0;
            for (double[] row : at.gradient[0][0]) {
                for (double g : row) {
                    scale = Math.max(scale, Math.abs(g));
                }
            }
            for (int i = 0; i < 6; i++) {
                int c = random.nextInt(3);
                int y = random.nextInt(17);
                int x = random.nextInt(17);
                String place = "seed " + seed + " at " + c + "," + y + "," + x;
                assertEquals(at.gradient[0][c][y][x], slope(loss, p, p, t, c, y, x), 2e-5 * scale, place);
                assertEquals(at.targetGradient[0][c][y][x], slope(loss, t, p, t, c, y, x), 2e-5 * scale, place);
            }
        }
    }

    private static double slope(
            ReferenceDctLoss loss, double[][][][] varied, double[][][][] p, double[][][][] t, int c, int y, int x) {
        double step = 1e-7;
        double value = varied[0][c][y][x];
        varied[0][c][y][x] = value + step;
        double ahead = loss.evaluate(p, t).loss;
        varied[0][c][y][x] = value - step;
        double behind = loss.evaluate(p, t).loss;
        varied[0][c][y][x] = value;
        return (ahead - behind) / (2 * step);
    }

    @Test
    void penaltiesMeetAtTheirKnees() {
        ReferenceDctLoss loss = new ReferenceDctLoss();
        loss.penalty = "huber";
        loss.parameter = 0.5;
        assertEquals(0.125, loss.rho().applyAsDouble(0.5), 0);
        assertEquals(0.375, loss.rho().applyAsDouble(1), 0);
        loss.penalty = "charbonnier";
        assertEquals(Math.sqrt(1.25) - 0.5, loss.rho().applyAsDouble(1), 0);
        assertEquals(1e-16, loss.rho().applyAsDouble(1e-8), 1e-30);
        assertEquals(1 / Math.sqrt(1.25), loss.slope().applyAsDouble(1), 1e-15);
    }
}

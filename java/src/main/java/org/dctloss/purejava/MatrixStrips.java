package org.dctloss.purejava;

import java.util.Arrays;
import org.dctloss.Coefficients;
import org.dctloss.ImageBatch;

/**
 * The kernel for any block size: the same steps as {@link FusedStrips} with a matrix transform, in float64 between the
 * pixels and the gradient.
 */
final class MatrixStrips extends LossStrips {
    /** Columns at a time: B rows of it stay in the second-level cache for every B. */
    static final int COLUMNS = 512;

    private final CosineMatrix dct;
    private final boolean magnitude;
    /** Like the arrays of {@link FusedStrips}, as [plane][row][column]. */
    private final double[][][] a;

    private final double[][][] b;
    private final double[][] z;
    private final double[][] d;
    /** Penalties of one row, and their sums over the rows. */
    private final double[] rho;

    private final double[] sums;
    private final int columns;
    /** What is loaded or stored, line after line. */
    private final float[] pixels;

    MatrixStrips(JavaSession session) {
        super(session, COLUMNS);
        dct = session.cosines;
        magnitude = plan.coefficients() == Coefficients.MAGNITUDE;
        columns = scratchColumns(grid, COLUMNS);
        a = new double[planes][block][columns];
        b = new double[planes][block][columns];
        z = new double[block][columns];
        d = magnitude ? new double[block][columns] : null;
        rho = new double[columns];
        sums = new double[columns];
        pixels = new float[block * columns];
    }

    /** One table in the layout of the scratch, repeated along it, times the scales of the transform. */
    static void foldWeights(double[] weights, int offset, double[] axisFactor, double[][] q) {
        int size = axisFactor.length;
        for (int v = 0; v < size; v++) {
            for (int x = 0; x < q[v].length; x++) {
                int u = x % size;
                q[v][x] = weights[offset + u * size + v] * axisFactor[u] * axisFactor[v];
            }
        }
    }

    @Override
    void chunk() {
        int n = width();
        for (int plane = 0; plane < planes; plane++) {
            load(session.call.prediction, plane, pixels, columns);
            widen(a[plane], n);
            load(session.call.target, plane, pixels, columns);
            widen(b[plane], n);
            if (!magnitude) {
                for (int r = 0; r < block; r++) {
                    subtract(a[plane][r], b[plane][r], n);
                }
            }
        }
        if (planes > 1) {
            rotate(a, session.colorMatrix64, n);
            if (magnitude) {
                rotate(b, session.colorMatrix64, n);
            }
        }
        for (int plane = 0; plane < planes; plane++) {
            transform(a[plane], n);
            if (magnitude) {
                transform(b[plane], n);
                for (int r = 0; r < block; r++) {
                    differenceOfMagnitudes(a[plane][r], b[plane][r], z[r], n);
                }
                penalise(plane, z, d, n);
                for (int r = 0; r < block; r++) {
                    timesSign(d[r], a[plane][r], 1, n);
                    timesSign(d[r], b[plane][r], -1, n);
                }
            } else {
                penalise(plane, a[plane], b[plane], n);
            }
        }
        if (magnitude) {
            bringBack(a, session.call.gradient, 1, n);
            bringBack(b, session.call.targetGradient, 1, n);
        } else if (session.call.gradient != null || session.call.targetGradient != null) {
            adjoint(b, n);
            store(b, session.call.gradient, 1, n);
            store(b, session.call.targetGradient, -1, n);
        }
    }

    private void transform(double[][] rows, int n) {
        // z is free here: it is filled only once both transforms are done.
        dct.forward(rows, z, n);
        dct.transpose(z, n);
        dct.forward(z, rows, n);
    }

    /** From coefficients to derivatives; the sums of penalties go to the session. */
    private void penalise(int plane, double[][] coefficients, double[][] derivative, int n) {
        double[][] q = session.folded64[table(plane)];
        double scale = gradientScale();
        Arrays.fill(sums, 0, n, 0);
        // Row v holds horizontal frequency v of all blocks; vertical frequencies lie side by side in it.
        for (int v = 0; v < block; v++) {
            penaliseRow(coefficients[v], q[v], derivative[v], n, scale);
            add(sums, rho, n);
            if (session.spectrumPartials != null) {
                addSpectrum(plane, v);
            }
        }
        boolean map = session.call.blockMap != null;
        for (int i = 0, x = 0; i < items; i++) {
            double total = 0;
            for (int b = 0; b < blocks; b++, x += block) {
                double sum = 0;
                for (int u = 0; u < block; u++) {
                    sum += sums[x + u];
                }
                sum = finiteOrNaN(sum);
                if (Double.isNaN(sum)) {
                    for (double[] row : derivative) {
                        Arrays.fill(row, x, x + block, Double.NaN);
                    }
                }
                total += sum;
                if (map) {
                    mapBlock(plane, i, b, sum);
                }
            }
            addSum(plane, i, total);
        }
    }

    private void penaliseRow(double[] z, double[] q, double[] d, int n, double scale) {
        double parameter = plan.penalty().parameter();
        switch (plan.penalty().kind()) {
            case SQUARED -> squared(z, q, rho, d, n, scale);
            case ABSOLUTE -> absolute(z, q, rho, d, n, scale);
            case CHARBONNIER -> charbonnier(z, q, rho, d, n, scale, parameter);
            default -> huber(z, q, rho, d, n, scale, parameter);
        }
    }

    private static void squared(double[] z, double[] q, double[] rho, double[] d, int n, double scale) {
        for (int x = 0; x < n; x++) {
            double e = q[x] * z[x];
            rho[x] = e * e;
            d[x] = q[x] * scale * 2 * e;
        }
    }

    private static void absolute(double[] z, double[] q, double[] rho, double[] d, int n, double scale) {
        for (int x = 0; x < n; x++) {
            double e = q[x] * z[x];
            rho[x] = Math.abs(e);
            d[x] = q[x] * scale * Math.signum(e);
        }
    }

    private static void charbonnier(double[] z, double[] q, double[] rho, double[] d, int n, double scale, double eps) {
        for (int x = 0; x < n; x++) {
            double e = q[x] * z[x];
            double root = Math.sqrt(e * e + eps * eps);
            rho[x] = e * e / (root + eps);
            d[x] = q[x] * scale * (e / root);
        }
    }

    private static void huber(double[] z, double[] q, double[] rho, double[] d, int n, double scale, double delta) {
        for (int x = 0; x < n; x++) {
            double e = q[x] * z[x];
            double clamped = Math.max(-delta, Math.min(delta, e));
            rho[x] = clamped * (e - 0.5 * clamped);
            d[x] = q[x] * scale * clamped;
        }
    }

    private void addSpectrum(int plane, int v) {
        for (int i = 0, x = 0; i < items; i++) {
            for (int b = 0; b < blocks; b++, x += block) {
                for (int u = 0; u < block; u++) {
                    addFrequency(plane, i, u, v, finiteOrNaN(rho[x + u]));
                }
            }
        }
    }

    private void bringBack(double[][][] x, ImageBatch view, int direction, int n) {
        if (view != null) {
            adjoint(x, n);
            store(x, view, direction, n);
        }
    }

    private void adjoint(double[][][] x, int n) {
        for (double[][] plane : x) {
            dct.adjoint(plane, z, n);
            dct.transpose(z, n);
            dct.adjoint(z, plane, n);
        }
        if (planes > 1) {
            rotate(x, session.colorAdjoint64, n);
        }
    }

    private void store(double[][][] x, ImageBatch view, int direction, int n) {
        if (view == null) {
            return;
        }
        for (int plane = 0; plane < planes; plane++) {
            narrow(x[plane], direction, n);
            store(view, plane, pixels, columns);
        }
    }

    private void rotate(double[][][] x, double[] m, int n) {
        for (int r = 0; r < block; r++) {
            double[] x0 = x[0][r];
            double[] x1 = x[1][r];
            double[] x2 = x[2][r];
            for (int i = 0; i < n; i++) {
                double v0 = x0[i];
                double v1 = x1[i];
                double v2 = x2[i];
                x0[i] = m[0] * v0 + m[1] * v1 + m[2] * v2;
                x1[i] = m[3] * v0 + m[4] * v1 + m[5] * v2;
                x2[i] = m[6] * v0 + m[7] * v1 + m[8] * v2;
            }
        }
    }

    private void widen(double[][] to, int n) {
        for (int r = 0; r < block; r++) {
            double[] row = to[r];
            for (int x = 0; x < n; x++) {
                row[x] = pixels[r * columns + x];
            }
        }
    }

    private void narrow(double[][] from, int direction, int n) {
        for (int r = 0; r < block; r++) {
            double[] row = from[r];
            for (int x = 0; x < n; x++) {
                pixels[r * columns + x] = (float) (direction * row[x]);
            }
        }
    }

    private static void add(double[] a, double[] b, int n) {
        for (int x = 0; x < n; x++) {
            a[x] += b[x];
        }
    }

    private static void subtract(double[] a, double[] b, int n) {
        for (int x = 0; x < n; x++) {
            a[x] -= b[x];
        }
    }

    private static void differenceOfMagnitudes(double[] a, double[] b, double[] z, int n) {
        for (int x = 0; x < n; x++) {
            z[x] = Math.abs(a[x]) - Math.abs(b[x]);
        }
    }

    private static void timesSign(double[] d, double[] z, int direction, int n) {
        for (int x = 0; x < n; x++) {
            z[x] = direction * Math.signum(z[x]) * d[x];
        }
    }
}

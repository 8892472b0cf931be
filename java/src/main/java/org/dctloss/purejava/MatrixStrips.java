package org.dctloss.purejava;

import java.util.Arrays;
import org.dctloss.Coefficients;
import org.dctloss.ImageBatch;
import org.dctloss.Penalty;

/**
 * The kernel for any block size: the same steps as {@link FusedStrips} with a matrix transform, in float64 between the
 * pixels and the gradient.
 */
final class MatrixStrips extends LossStrips {
    /** Columns at a time: B rows of it stay in the second-level cache for every B. */
    private static final int COLUMNS = 512;

    private final CosineMatrix dct;
    private final boolean magnitude;
    /** Like the arrays of {@link FusedStrips}, as [plane][row][column]. */
    private final double[][][] a;

    private final double[][][] b;
    private final double[][] z;
    private final double[][] d;
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
        pixels = new float[block * columns];
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
                penalise(plane, z, d);
                for (int r = 0; r < block; r++) {
                    timesSign(d[r], a[plane][r], 1, n);
                    timesSign(d[r], b[plane][r], -1, n);
                }
            } else {
                penalise(plane, a[plane], b[plane]);
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

    /** From coefficients to derivatives; rows hold horizontal frequencies, lanes vertical ones. */
    private void penalise(int plane, double[][] coefficients, double[][] derivative) {
        Penalty penalty = plan.penalty();
        double[] q = session.folded64[table(plane)];
        double scale = gradientScale();
        for (int i = 0, x = 0; i < items; i++) {
            double total = 0;
            for (int b = 0; b < blocks; b++, x += block) {
                double sum = 0;
                for (int v = 0; v < block; v++) {
                    for (int u = 0; u < block; u++) {
                        double weight = q[u * block + v];
                        double e = weight * coefficients[v][x + u];
                        double rho = penalty.value(e);
                        sum += rho;
                        derivative[v][x + u] = scale * weight * penalty.derivative(e);
                        if (session.spectrumPartials != null) {
                            addFrequency(plane, i, u, v, finiteOrNaN(rho));
                        }
                    }
                }
                sum = finiteOrNaN(sum);
                if (Double.isNaN(sum)) {
                    for (double[] row : derivative) {
                        Arrays.fill(row, x, x + block, Double.NaN);
                    }
                }
                total += sum;
                if (session.call.blockMap != null) {
                    mapBlock(plane, i, b, sum);
                }
            }
            addSum(plane, i, total);
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

package org.dctloss.purejava;

import java.util.Arrays;

/**
 * The orthonormal DCT of any size B and its transpose, down the columns of B rows of doubles.
 *
 * <p>Two properties are used. Symmetry: C[k][B-1-n] = (-1)^k C[k][n], so sums of opposite rows give the even
 * frequencies and differences the odd ones, at half the work. And every row but the first of C sums to 0, so the first
 * sample may be subtracted from all before: a flat column then has exactly 0 at every frequency but the first.
 */
final class CosineMatrix {
    private final int size;
    private final int half;
    /** c[k][n] = sqrt((k=0 ? 1 : 2)/B) cos(pi (2n+1) k / 2B). */
    private final double[][] c;

    CosineMatrix(int size) {
        this.size = size;
        this.half = size / 2;
        c = new double[size][size];
        for (int k = 0; k < size; k++) {
            for (int n = 0; n < size; n++) {
                c[k][n] = Math.sqrt((k == 0 ? 1.0 : 2.0) / size) * Math.cos(Math.PI * (2 * n + 1) * k / (2.0 * size));
            }
        }
    }

    /** out = C in, on {@code n} columns; overwrites {@code in}. */
    void forward(double[][] in, double[][] out, int n) {
        double[] first = out[0];
        System.arraycopy(in[0], 0, first, 0, n);
        for (int r = 0; r < size; r++) {
            subtract(in[r], first, n);
        }
        for (int r = 0; r < half; r++) {
            butterfly(in[r], in[size - 1 - r], n);
        }
        int evenRows = size - half;
        for (int k = 1; k < size; k++) {
            Arrays.fill(out[k], 0, n, 0);
            if (k % 2 == 0) {
                for (int r = 0; r < evenRows; r++) {
                    addProduct(out[k], c[k][r], in[r], n);
                }
            } else {
                for (int r = 0; r < half; r++) {
                    addProduct(out[k], c[k][r], in[size - 1 - r], n);
                }
            }
        }
        scale(first, size, n);
        for (int r = 0; r < evenRows; r++) {
            addProduct(first, 1, in[r], n);
        }
        scale(first, c[0][0], n);
    }

    /** out = C^T in, on {@code n} columns. */
    void adjoint(double[][] in, double[][] out, int n) {
        for (int r = 0; r < size; r++) {
            Arrays.fill(out[r], 0, n, 0);
        }
        for (int r = 0; r < size - half; r++) {
            for (int k = 0; k < size; k += 2) {
                addProduct(out[r], c[k][r], in[k], n);
            }
        }
        for (int r = 0; r < half; r++) {
            double[] odd = out[size - 1 - r];
            for (int k = 1; k < size; k += 2) {
                addProduct(odd, c[k][r], in[k], n);
            }
            butterfly(out[r], odd, n);
        }
    }

    /** Transposes every block of {@code n} columns in place. */
    void transpose(double[][] rows, int n) {
        for (int b = 0; b < n; b += size) {
            for (int r = 1; r < size; r++) {
                for (int i = 0; i < r; i++) {
                    double swapped = rows[r][b + i];
                    rows[r][b + i] = rows[i][b + r];
                    rows[i][b + r] = swapped;
                }
            }
        }
    }

    private static void subtract(double[] a, double[] b, int n) {
        for (int x = 0; x < n; x++) {
            a[x] -= b[x];
        }
    }

    private static void butterfly(double[] a, double[] b, int n) {
        for (int x = 0; x < n; x++) {
            double u = a[x];
            double v = b[x];
            a[x] = u + v;
            b[x] = u - v;
        }
    }

    private static void addProduct(double[] to, double factor, double[] from, int n) {
        for (int x = 0; x < n; x++) {
            to[x] += factor * from[x];
        }
    }

    private static void scale(double[] a, double factor, int n) {
        for (int x = 0; x < n; x++) {
            a[x] *= factor;
        }
    }
}

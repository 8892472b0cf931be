package org.dctloss.purejava;

import java.util.Arrays;
import org.dctloss.Coefficients;
import org.dctloss.ImageBatch;
import org.dctloss.Penalty;

/**
 * The 8x8 kernel: difference, transform, weights, penalty, derivative and transposed transform of as many columns of
 * blocks at a time as fit the cache.
 *
 * <p>Columns first: the vertical transform, a transpose inside each block, the horizontal transform. Coefficients thus
 * lie transposed, and the two passes of the gradient bring them back with one transpose more: two instead of four.
 *
 * <p>The arithmetic here is that of small loops, which every JVM compiles well; {@code VectorStrips} overrides it.
 */
class FusedStrips extends LossStrips {
    private static final int K = AanFlowGraph.STRIDE;

    /** Factors of gradients that float32 holds, with room for weights and coefficients beside them. */
    private static final double SMALLEST_SCALE = 1e-30;

    private static final double LARGEST_SCALE = 1e30;

    /** Twice that is still a float: the squared penalty's derivative has a 2. */
    private static final double LARGEST_PRODUCT = 1e37;

    /** SIGNED: the difference, then its coefficients. MAGNITUDE: the prediction, its coefficients, its gradient. */
    final float[][] a;

    /** SIGNED: the target, then the gradient. MAGNITUDE: the target, its coefficients, its gradient. */
    final float[][] b;

    /** MAGNITUDE: the difference of magnitudes, and its derivative. */
    private float[] z;

    private float[] d;
    private float[] rho;
    private final float[] sums = new float[AanFlowGraph.COLUMNS];

    FusedStrips(JavaSession session) {
        super(session, AanFlowGraph.COLUMNS);
        a = new float[planes][AanFlowGraph.SCRATCH];
        b = new float[planes][AanFlowGraph.SCRATCH];
        rho = new float[AanFlowGraph.SCRATCH];
        boolean spare = planes > 1 || magnitude();
        z = spare ? new float[AanFlowGraph.SCRATCH] : null;
        d = spare ? new float[AanFlowGraph.SCRATCH] : null;
    }

    private boolean magnitude() {
        return plan.coefficients() == Coefficients.MAGNITUDE;
    }

    /**
     * One table in the layout of the scratch, repeated along it, times the scales of the flow graph and of the
     * transform. Row = horizontal frequency, lane = vertical frequency, both in the order that the graph leaves.
     */
    static void foldWeights(double[] weights, int offset, double[] axisFactor, float[] q) {
        for (int u = 0; u < 8; u++) {
            for (int v = 0; v < 8; v++) {
                double scale = AanFlowGraph.scale(u) * axisFactor[u] * AanFlowGraph.scale(v) * axisFactor[v];
                // Weights up to float32's end are allowed, the scales reach beyond 1.
                float folded = (float) Math.min(weights[offset + u * 8 + v] * scale, Float.MAX_VALUE);
                int row = AanFlowGraph.ROW_OF_FREQUENCY[v] * K;
                for (int x = AanFlowGraph.ROW_OF_FREQUENCY[u]; x < AanFlowGraph.COLUMNS; x += 8) {
                    q[row + x] = folded;
                }
            }
        }
    }

    /** The smallest weight that is not 0, or infinity. */
    static float smallest(float[] q) {
        float smallest = Float.POSITIVE_INFINITY;
        for (float weight : q) {
            smallest = weight > 0 ? Math.min(smallest, weight) : smallest;
        }
        return smallest;
    }

    static float largest(float[] q) {
        float largest = 0;
        for (float weight : q) {
            largest = Math.max(largest, weight);
        }
        return largest;
    }

    @Override
    void chunk() {
        int n = width();
        for (int plane = 0; plane < planes; plane++) {
            if (magnitude()) {
                load(session.call.prediction, plane, a[plane], K);
                load(session.call.target, plane, b[plane], K);
            } else {
                loadDifference(plane, n);
            }
        }
        if (planes > 1) {
            rotate(a, session.colorMatrix, n);
            if (magnitude()) {
                rotate(b, session.colorMatrix, n);
            }
        }
        for (int plane = 0; plane < planes; plane++) {
            forward(a[plane], n);
            if (magnitude()) {
                forward(b[plane], n);
                PenaltyRows.magnitudes(a[plane], b[plane], z, n);
                penalise(plane, z, d, n);
                if (session.call.targetGradient != null) {
                    PenaltyRows.signed(d, b[plane], b[plane], n, -1f);
                }
                if (session.call.gradient != null) {
                    PenaltyRows.signed(d, a[plane], a[plane], n, 1f);
                }
            } else {
                penalise(plane, a[plane], b[plane], n);
            }
        }
        if (magnitude()) {
            bringBack(a, session.call.gradient, n);
            bringBack(b, session.call.targetGradient, n);
        } else if (session.call.targetGradient == null) {
            bringBack(b, session.call.gradient, n);
        } else {
            adjoint(b, n);
            store(b, session.call.gradient);
            for (float[] plane : b) {
                negate(plane, n);
            }
            store(b, session.call.targetGradient);
        }
    }

    /** Loads prediction - target to {@code a[plane]}; may use {@code b[plane]}. */
    void loadDifference(int plane, int n) {
        load(session.call.prediction, plane, a[plane], K);
        load(session.call.target, plane, b[plane], K);
        subtract(a[plane], b[plane], n);
    }

    /** {@link AanFlowGraph#forward}, by whatever means. */
    void forward(float[] s, int n) {
        AanFlowGraph.forward(s, n);
    }

    /** {@link PenaltyRows#apply}; {@code sums[x]} becomes the sum of the penalties of column x. */
    void penalise(Penalty penalty, float[] z, float[] q, float[] derivative, float[] sums, int n, float scale) {
        PenaltyRows.apply(penalty, z, q, rho, derivative, n, scale);
        PenaltyRows.columnSums(rho, sums, n);
    }

    /** {@link AanFlowGraph#adjoint}, by whatever means. */
    void adjoint(float[] s, int n) {
        AanFlowGraph.adjoint(s, n);
    }

    /** The same straight to the pixels of the only plane; or false, if the kernel cannot, with nothing done. */
    boolean adjointToPixels(float[] s, int n, ImageBatch view) {
        return false;
    }

    private static void subtract(float[] a, float[] b, int n) {
        for (int i = 0, from = 0; i < AanFlowGraph.loops(n); i++, from += K) {
            subtract(a, b, from, from + AanFlowGraph.length(n));
        }
    }

    private static void subtract(float[] a, float[] b, int from, int to) {
        for (int x = from; x < to; x++) {
            a[x] = a[x] - b[x];
        }
    }

    private static void negate(float[] a, int n) {
        for (int i = 0, from = 0; i < AanFlowGraph.loops(n); i++, from += K) {
            negate(a, from, from + AanFlowGraph.length(n));
        }
    }

    private static void negate(float[] a, int from, int to) {
        for (int x = from; x < to; x++) {
            a[x] = -a[x];
        }
    }

    /** (x0, x1, x2) becomes M (x0, x1, x2), by way of the spare scratch that it trades places with. */
    private void rotate(float[][] x, float[] m, int n) {
        for (int i = 0, from = 0; i < AanFlowGraph.loops(n); i++, from += K) {
            int to = from + AanFlowGraph.length(n);
            combine(x[0], x[1], x[2], z, m[0], m[1], m[2], from, to);
            combine(x[0], x[1], x[2], d, m[3], m[4], m[5], from, to);
            combine(x[0], x[1], x[2], rho, m[6], m[7], m[8], from, to);
        }
        float[] x0 = x[0];
        float[] x1 = x[1];
        float[] x2 = x[2];
        x[0] = z;
        x[1] = d;
        x[2] = rho;
        z = x0;
        d = x1;
        rho = x2;
    }

    private static void combine(
            float[] x0, float[] x1, float[] x2, float[] out, float m0, float m1, float m2, int from, int to) {
        for (int x = from; x < to; x++) {
            out[x] = m0 * x0[x] + m1 * x1[x] + m2 * x2[x];
        }
    }

    /** From coefficients to derivatives; the sums of penalties go to the session. */
    private void penalise(int plane, float[] coefficients, float[] derivative, int n) {
        Penalty penalty = plan.penalty();
        float[] q = session.folded[table(plane)];
        double scale = gradientScale();
        // Factors that float32 cannot hold exactly enough would spoil every gradient: then all is done in float64.
        boolean exact = scale != 0 && !holds(Math.abs(scale), table(plane));
        penalise(penalty, coefficients, q, derivative, sums, n, exact ? 0f : (float) scale);
        boolean map = session.call.blockMap != null;
        for (int i = 0, x = 0; i < items; i++) {
            double total = 0;
            for (int b = 0; b < blocks; b++, x += 8) {
                double sum = ((sums[x] + sums[x + 1]) + (sums[x + 2] + sums[x + 3]))
                        + ((sums[x + 4] + sums[x + 5]) + (sums[x + 6] + sums[x + 7]));
                if (exact || !(sum >= PenaltyRows.SMALLEST_TRUSTED_SUM && sum <= PenaltyRows.LARGEST_TRUSTED_SUM)) {
                    sum = exactBlock(penalty, coefficients, q, derivative, x);
                }
                total += sum;
                if (map) {
                    mapBlock(plane, i, b, sum);
                }
            }
            addSum(plane, i, total);
        }
        if (session.spectrumPartials != null) {
            addSpectrum(plane, penalty, coefficients, q);
        }
    }

    /** Whether float32 holds a factor, and its products with the weights that are not 0, to full precision. */
    private boolean holds(double factor, int table) {
        return factor >= SMALLEST_SCALE
                && factor <= LARGEST_SCALE
                && factor * session.smallest[table] >= Float.MIN_NORMAL
                && factor * session.largest[table] <= LARGEST_PRODUCT;
    }

    /**
     * One block's penalties and derivatives in float64, where float32 cannot hold the squares.
     *
     * @return the sum of penalties; NaN, in the derivatives too, if a coefficient is not finite
     */
    private double exactBlock(Penalty penalty, float[] coefficients, float[] q, float[] derivative, int x) {
        // The fast loops have left exact zeros already.
        if (allZero(coefficients, q, x)) {
            return 0;
        }
        double scale = gradientScale();
        double sum = 0;
        for (int row = x; row < 8 * K; row += K) {
            for (int i = row; i < row + 8; i++) {
                double e = (double) coefficients[i] * q[i];
                sum += finiteOrNaN(penalty.value(e));
                derivative[i] = (float) (scale * q[i] * penalty.derivative(e));
            }
        }
        if (Double.isNaN(sum)) {
            for (int row = x; row < 8 * K; row += K) {
                Arrays.fill(derivative, row, row + 8, Float.NaN);
            }
        }
        return sum;
    }

    /** Identical blocks are common (borders, paddings) and need no second look. */
    private static boolean allZero(float[] coefficients, float[] q, int x) {
        for (int row = x; row < 8 * K; row += K) {
            for (int i = row; i < row + 8; i++) {
                if ((double) coefficients[i] * q[i] != 0) {
                    return false;
                }
            }
        }
        return true;
    }

    private void addSpectrum(int plane, Penalty penalty, float[] coefficients, float[] q) {
        for (int i = 0, x = 0; i < items; i++) {
            for (int b = 0; b < blocks; b++, x += 8) {
                for (int f = 0; f < 64; f++) {
                    int at = AanFlowGraph.ROW_OF_FREQUENCY[f % 8] * K + x + AanFlowGraph.ROW_OF_FREQUENCY[f / 8];
                    double rho = finiteOrNaN(penalty.value((double) coefficients[at] * q[at]));
                    addFrequency(plane, i, f / 8, f % 8, rho);
                }
            }
        }
    }

    private void bringBack(float[][] x, ImageBatch view, int n) {
        if (view != null && !(planes == 1 && adjointToPixels(x[0], n, view))) {
            adjoint(x, n);
            store(x, view);
        }
    }

    private void adjoint(float[][] x, int n) {
        for (float[] plane : x) {
            adjoint(plane, n);
        }
        if (planes > 1) {
            rotate(x, session.colorAdjoint, n);
        }
    }

    private void store(float[][] x, ImageBatch view) {
        if (view == null) {
            return;
        }
        for (int plane = 0; plane < planes; plane++) {
            store(view, plane, x[plane], K);
        }
    }
}

package org.dctloss.purejava;

import org.dctloss.Penalty;

/**
 * Penalties over a scratch of eight rows: from transformed errors z and folded weights q to the penalty rho(e) and the
 * weighted derivative {@code scale * q * rho'(e)} of e = q z.
 *
 * <p>The loops are branch-free. Squares leave float32 for |e| beyond 1e19 or below 1e-19; such blocks show by a sum
 * outside {@link #SMALLEST_TRUSTED_SUM} .. {@link #LARGEST_TRUSTED_SUM} and are done again in float64.
 */
final class PenaltyRows {
    /** A block with a smaller sum may have lost penalties to underflow, or signs (see {@link #HUGE}). */
    static final double SMALLEST_TRUSTED_SUM = 0x1p-90;

    /** A block with a larger sum, or none (NaN), may have overflowed. */
    static final double LARGEST_TRUSTED_SUM = 0x1p60;

    private static final int K = AanFlowGraph.STRIDE;

    /** Takes every normal float to 1 or beyond: its sign is then a clamp away. Subnormal ones need it twice. */
    private static final float HUGE = 0x1p127f;

    private PenaltyRows() {}

    /**
     * Fills {@code rho} and {@code d} from {@code z} on the first {@code n} columns of all rows.
     *
     * @param q weights per position, same layout as z
     */
    static void apply(Penalty penalty, float[] z, float[] q, float[] rho, float[] d, int n, float scale) {
        float parameter = (float) penalty.parameter();
        int length = AanFlowGraph.length(n);
        for (int i = 0, from = 0; i < AanFlowGraph.loops(n); i++, from += K) {
            switch (penalty.kind()) {
                case SQUARED -> squared(z, q, rho, d, from, from + length, 2 * scale);
                case ABSOLUTE -> absolute(z, q, rho, d, from, from + length, scale);
                case CHARBONNIER -> charbonnier(z, q, rho, d, from, from + length, scale, parameter);
                default -> huber(z, q, rho, d, from, from + length, scale, parameter);
            }
        }
    }

    private static void squared(float[] z, float[] q, float[] rho, float[] d, int from, int to, float twiceScale) {
        for (int x = from; x < to; x++) {
            float k = q[x];
            float e = z[x] * k;
            rho[x] = e * e;
            d[x] = k * twiceScale * e;
        }
    }

    private static void absolute(float[] z, float[] q, float[] rho, float[] d, int from, int to, float scale) {
        for (int x = from; x < to; x++) {
            float k = q[x];
            float e = z[x] * k;
            rho[x] = Math.abs(e);
            // min and max vectorise, signum and copySign do not (JDK 17).
            d[x] = k * scale * Math.max(-1f, Math.min(1f, e * HUGE));
        }
    }

    private static void charbonnier(
            float[] z, float[] q, float[] rho, float[] d, int from, int to, float scale, float eps) {
        float square = eps * eps;
        for (int x = from; x < to; x++) {
            float k = q[x];
            float e = z[x] * k;
            float root = (float) Math.sqrt(e * e + square);
            float sum = root + eps;
            // One division for two: 1/root = sum * r, 1/sum = root * r. rho = e^2 / (root + eps): no cancellation.
            float r = 1f / (root * sum);
            rho[x] = e * e * (root * r);
            d[x] = k * scale * (e * (sum * r));
        }
    }

    private static void huber(
            float[] z, float[] q, float[] rho, float[] d, int from, int to, float scale, float delta) {
        for (int x = from; x < to; x++) {
            float k = q[x];
            float e = z[x] * k;
            float clamped = Math.max(-delta, Math.min(delta, e));
            rho[x] = clamped * (e - 0.5f * clamped);
            d[x] = k * scale * clamped;
        }
    }

    /** MAGNITUDE: z = |zp| - |zt|. */
    static void magnitudes(float[] zp, float[] zt, float[] z, int n) {
        for (int i = 0, from = 0; i < AanFlowGraph.loops(n); i++, from += K) {
            differenceOfMagnitudes(zp, zt, z, from, from + AanFlowGraph.length(n));
        }
    }

    private static void differenceOfMagnitudes(float[] zp, float[] zt, float[] z, int from, int to) {
        for (int x = from; x < to; x++) {
            z[x] = Math.abs(zp[x]) - Math.abs(zt[x]);
        }
    }

    /** MAGNITUDE: out = d sign(z), or -d sign(z) for the target; sign(0) = 0. */
    static void signed(float[] d, float[] z, float[] out, int n, float direction) {
        for (int i = 0, from = 0; i < AanFlowGraph.loops(n); i++, from += K) {
            timesSign(d, z, out, from, from + AanFlowGraph.length(n), direction);
        }
    }

    private static void timesSign(float[] d, float[] z, float[] out, int from, int to, float direction) {
        for (int x = from; x < to; x++) {
            out[x] = Math.max(-1f, Math.min(1f, z[x] * HUGE * HUGE)) * (d[x] * direction);
        }
    }

    /** Adds up the eight rows: {@code sums[x]} over the rows of column x. Pairwise, so rounding stays within 3 units. */
    static void columnSums(float[] rho, float[] sums, int n) {
        upperSums(rho, sums, n);
        lowerSums(rho, sums, n);
    }

    private static void upperSums(float[] rho, float[] sums, int n) {
        for (int x = 0; x < n; x++) {
            sums[x] = (rho[x] + rho[x + K]) + (rho[x + 2 * K] + rho[x + 3 * K]);
        }
    }

    private static void lowerSums(float[] rho, float[] sums, int n) {
        for (int x = 0; x < n; x++) {
            sums[x] += (rho[x + 4 * K] + rho[x + 5 * K]) + (rho[x + 6 * K] + rho[x + 7 * K]);
        }
    }
}

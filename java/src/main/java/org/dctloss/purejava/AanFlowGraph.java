package org.dctloss.purejava;

/**
 * The scaled 8-point DCT of Arai, Agui and Nakajima (1988) and its exact transpose, down the columns of a scratch of
 * eight rows, in place.
 *
 * <p>With F this flow graph, the orthonormal DCT is C = diag(S) F. The scales S go into the weights: coefficients
 * W . (C D C^T) = q . (F D F^T) with q[u][v] = W[u][v] S[u] S[v], and the gradient is F^T (q . rho') F. Nothing else
 * is scaled, and the gradient is the exact adjoint because F^T is the transposed graph, not an inverse.
 *
 * <p>Results stay where the butterflies leave them: frequency k in row {@link #ROW_OF_FREQUENCY}[k]. The penalty does
 * not care about order, and the transpose reads them from there.
 */
final class AanFlowGraph {
    /** Columns that a scratch holds. Larger leaves the cache, smaller wastes time on the ends of loops; tunable. */
    static final int COLUMNS = 768;

    /**
     * Distance of two rows. Constant, so that the JIT sees that rows are disjoint; in bytes not near a multiple of 4096,
     * or loads wait for unrelated stores.
     */
    static final int STRIDE = COLUMNS + 16;

    /** Floats of a scratch: eight rows and one to work in. */
    static final int SCRATCH = 9 * STRIDE;

    /** Row in which frequency k ends. */
    static final int[] ROW_OF_FREQUENCY = {0, 7, 3, 4, 1, 5, 2, 6};

    private static final int K = STRIDE;

    // Cosines of the graph: C<k> = cos(k pi / 16).
    private static final float C4 = 0.70710678118654752f;
    private static final float C2 = 0.92387953251128674f;
    private static final float C6 = 0.38268343236508977f;

    private AanFlowGraph() {}

    /** Loops that an operation on single elements needs for {@code n} columns: one if all rows are full, else eight. */
    static int loops(int n) {
        return n == COLUMNS ? 1 : 8;
    }

    /** Elements of each of these loops, the first of which starts at 0 and the others a {@link #STRIDE} apart. */
    static int length(int n) {
        return n == COLUMNS ? 8 * STRIDE : n;
    }

    /** S[k]: what the graph's output k is multiplied with to be orthonormal, {@code 1 / (sqrt(8) a_k)}. */
    static double scale(int k) {
        double a = k == 0 ? 1 : Math.cos(k * Math.PI / 16) * Math.sqrt(2);
        return 1 / (Math.sqrt(8) * a);
    }

    /** One small loop over the columns of a scratch. */
    @FunctionalInterface
    private interface Pass {
        void over(float[] s, int n);
    }

    // The steps lie in arrays and are called through them because the JIT cannot inline such a call: each step is then
    // compiled by itself, and vectorised. Inlined into one method, most of them are not (C2 bounds its loop work).

    private static final Pass[] FORWARD = {
        AanFlowGraph::outerButterflies,
        AanFlowGraph::innerButterflies,
        AanFlowGraph::evenPart,
        AanFlowGraph::evenRotation,
        AanFlowGraph::oddSums,
        AanFlowGraph::oddRotation1,
        AanFlowGraph::oddRotation2,
        AanFlowGraph::oddButterflies
    };

    private static final Pass[] ADJOINT = {
        AanFlowGraph::oddButterfliesAdjoint,
        AanFlowGraph::oddRotationAdjoint1,
        AanFlowGraph::oddRotationAdjoint2,
        AanFlowGraph::oddSumsAdjoint,
        AanFlowGraph::evenRotationAdjoint,
        AanFlowGraph::evenPartAdjoint,
        AanFlowGraph::outerButterflies,
        AanFlowGraph::innerButterflies
    };

    private static final Pass[] TRANSPOSE = {AanFlowGraph::transpose};

    /** F D F^T of every 8x8 block D of {@code n} columns, in place, transposed and in the graph's order. */
    static void forward(float[] s, int n) {
        run(FORWARD, s, n);
        run(TRANSPOSE, s, n);
        run(FORWARD, s, n);
    }

    /** F^T E F of what {@link #forward} left, in place: rows and columns of pixels again. */
    static void adjoint(float[] s, int n) {
        run(ADJOINT, s, n);
        run(TRANSPOSE, s, n);
        run(ADJOINT, s, n);
    }

    private static void run(Pass[] passes, float[] s, int n) {
        for (Pass pass : passes) {
            pass.over(s, n);
        }
    }

    private static void outerButterflies(float[] s, int n) {
        for (int x = 0; x < n; x++) {
            float a0 = s[x];
            float a7 = s[x + 7 * K];
            float a1 = s[x + K];
            float a6 = s[x + 6 * K];
            s[x] = a0 + a7;
            s[x + 7 * K] = a0 - a7;
            s[x + K] = a1 + a6;
            s[x + 6 * K] = a1 - a6;
        }
    }

    private static void innerButterflies(float[] s, int n) {
        for (int x = 0; x < n; x++) {
            float a2 = s[x + 2 * K];
            float a5 = s[x + 5 * K];
            float a3 = s[x + 3 * K];
            float a4 = s[x + 4 * K];
            s[x + 2 * K] = a2 + a5;
            s[x + 5 * K] = a2 - a5;
            s[x + 3 * K] = a3 + a4;
            s[x + 4 * K] = a3 - a4;
        }
    }

    private static void evenPart(float[] s, int n) {
        for (int x = 0; x < n; x++) {
            float a0 = s[x];
            float a1 = s[x + K];
            float a2 = s[x + 2 * K];
            float a3 = s[x + 3 * K];
            float p = a0 + a3;
            float q = a1 + a2;
            s[x] = p + q;
            s[x + K] = p - q;
            s[x + 2 * K] = a1 - a2;
            s[x + 3 * K] = a0 - a3;
        }
    }

    private static void evenPartAdjoint(float[] s, int n) {
        for (int x = 0; x < n; x++) {
            float a0 = s[x];
            float a1 = s[x + K];
            float a2 = s[x + 2 * K];
            float a3 = s[x + 3 * K];
            float p = a0 + a1;
            float q = a0 - a1;
            s[x] = p + a3;
            s[x + 3 * K] = p - a3;
            s[x + K] = q + a2;
            s[x + 2 * K] = q - a2;
        }
    }

    private static void evenRotation(float[] s, int n) {
        for (int x = 0; x < n; x++) {
            float a3 = s[x + 3 * K];
            float a2 = s[x + 2 * K];
            float e = (a2 + a3) * C4;
            s[x + 3 * K] = a3 + e;
            s[x + 2 * K] = a3 - e;
        }
    }

    private static void evenRotationAdjoint(float[] s, int n) {
        for (int x = 0; x < n; x++) {
            float a3 = s[x + 3 * K];
            float a2 = s[x + 2 * K];
            float d = (a3 - a2) * C4;
            s[x + 3 * K] = a3 + a2 + d;
            s[x + 2 * K] = d;
        }
    }

    private static void oddSums(float[] s, int n) {
        for (int x = 0; x < n; x++) {
            float a4 = s[x + 4 * K];
            float a5 = s[x + 5 * K];
            float a6 = s[x + 6 * K];
            float a7 = s[x + 7 * K];
            float v = (a5 + a6) * C4;
            s[x + 4 * K] = a4 + a5;
            s[x + 6 * K] = a6 + a7;
            s[x + 7 * K] = a7 + v;
            s[x + 5 * K] = a7 - v;
        }
    }

    private static void oddSumsAdjoint(float[] s, int n) {
        for (int x = 0; x < n; x++) {
            float a7 = s[x + 7 * K];
            float a5 = s[x + 5 * K];
            float a6 = s[x + 6 * K];
            float a4 = s[x + 4 * K];
            float b = (a7 - a5) * C4;
            s[x + 7 * K] = a7 + a5 + a6;
            s[x + 6 * K] = a6 + b;
            s[x + 5 * K] = a4 + b;
        }
    }

    // The rotation (a4, a6) -> (c2 a4 - c6 a6, c2 a6 + c6 a4), and back, in two steps: whether C2 vectorises it in one
    // changes from JDK to JDK.

    private static void oddRotation1(float[] s, int n) {
        for (int x = 0; x < n; x++) {
            s[x + 8 * K] = s[x + 4 * K] * C2 - s[x + 6 * K] * C6;
        }
    }

    private static void oddRotation2(float[] s, int n) {
        for (int x = 0; x < n; x++) {
            float a4 = s[x + 4 * K];
            s[x + 4 * K] = s[x + 8 * K];
            s[x + 6 * K] = s[x + 6 * K] * C2 + a4 * C6;
        }
    }

    private static void oddRotationAdjoint1(float[] s, int n) {
        for (int x = 0; x < n; x++) {
            s[x + 8 * K] = s[x + 4 * K] * C2 + s[x + 6 * K] * C6;
        }
    }

    private static void oddRotationAdjoint2(float[] s, int n) {
        for (int x = 0; x < n; x++) {
            float a4 = s[x + 4 * K];
            s[x + 4 * K] = s[x + 8 * K];
            s[x + 6 * K] = s[x + 6 * K] * C2 - a4 * C6;
        }
    }

    private static void oddButterflies(float[] s, int n) {
        for (int x = 0; x < n; x++) {
            float a5 = s[x + 5 * K];
            float a4 = s[x + 4 * K];
            float a7 = s[x + 7 * K];
            float a6 = s[x + 6 * K];
            s[x + 5 * K] = a5 + a4;
            s[x + 4 * K] = a5 - a4;
            s[x + 7 * K] = a7 + a6;
            s[x + 6 * K] = a7 - a6;
        }
    }

    private static void oddButterfliesAdjoint(float[] s, int n) {
        for (int x = 0; x < n; x++) {
            float a7 = s[x + 7 * K];
            float a6 = s[x + 6 * K];
            float a5 = s[x + 5 * K];
            float a4 = s[x + 4 * K];
            s[x + 7 * K] = a7 + a6;
            s[x + 6 * K] = a7 - a6;
            s[x + 5 * K] = a5 + a4;
            s[x + 4 * K] = a5 - a4;
        }
    }

    /** Transposes every 8x8 block in place. */
    private static void transpose(float[] s, int n) {
        for (int b = 0; b < n; b += 8) {
            swap(s, b + 1, b + K);
            swap(s, b + 2, b + 2 * K);
            swap(s, b + 3, b + 3 * K);
            swap(s, b + 4, b + 4 * K);
            swap(s, b + 5, b + 5 * K);
            swap(s, b + 6, b + 6 * K);
            swap(s, b + 7, b + 7 * K);
            swap(s, b + K + 2, b + 2 * K + 1);
            swap(s, b + K + 3, b + 3 * K + 1);
            swap(s, b + K + 4, b + 4 * K + 1);
            swap(s, b + K + 5, b + 5 * K + 1);
            swap(s, b + K + 6, b + 6 * K + 1);
            swap(s, b + K + 7, b + 7 * K + 1);
            swap(s, b + 2 * K + 3, b + 3 * K + 2);
            swap(s, b + 2 * K + 4, b + 4 * K + 2);
            swap(s, b + 2 * K + 5, b + 5 * K + 2);
            swap(s, b + 2 * K + 6, b + 6 * K + 2);
            swap(s, b + 2 * K + 7, b + 7 * K + 2);
            swap(s, b + 3 * K + 4, b + 4 * K + 3);
            swap(s, b + 3 * K + 5, b + 5 * K + 3);
            swap(s, b + 3 * K + 6, b + 6 * K + 3);
            swap(s, b + 3 * K + 7, b + 7 * K + 3);
            swap(s, b + 4 * K + 5, b + 5 * K + 4);
            swap(s, b + 4 * K + 6, b + 6 * K + 4);
            swap(s, b + 4 * K + 7, b + 7 * K + 4);
            swap(s, b + 5 * K + 6, b + 6 * K + 5);
            swap(s, b + 5 * K + 7, b + 7 * K + 5);
            swap(s, b + 6 * K + 7, b + 7 * K + 6);
        }
    }

    private static void swap(float[] s, int i, int j) {
        int a = Float.floatToRawIntBits(s[i]);
        int b = Float.floatToRawIntBits(s[j]);
        s[i] = Float.intBitsToFloat(b);
        s[j] = Float.intBitsToFloat(a);
    }
}

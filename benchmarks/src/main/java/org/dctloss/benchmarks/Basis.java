package org.dctloss.benchmarks;

import org.dctloss.FrequencyWeights;

/** The 64 basis functions of the orthonormal 8x8 DCT, for those who compute it as a product of matrices. */
final class Basis {
    private static final int SIDE = 8;

    private Basis() {}

    /** W[u][v] C[u][y] C[v][x] at (8 u + v) * 64 + 8 y + x. */
    static float[] weighted(FrequencyWeights table) {
        double[] weights = table.resolve(SIDE);
        float[] basis = new float[64 * 64];
        for (int i = 0; i < 64; i++) {
            for (int j = 0; j < 64; j++) {
                basis[i * 64 + j] = (float) (weights[i] * cosine(i / SIDE, j / SIDE) * cosine(i % SIDE, j % SIDE));
            }
        }
        return basis;
    }

    private static double cosine(int k, int x) {
        return (k == 0 ? Math.sqrt(0.125) : 0.5) * Math.cos((2 * x + 1) * k * Math.PI / 16);
    }
}

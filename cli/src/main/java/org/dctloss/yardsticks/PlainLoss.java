package org.dctloss.yardsticks;

import org.dctloss.FrequencyWeights;
import org.jtransforms.dct.FloatDCT_1D;

/**
 * What the library is measured against: the same fused pass, loss and gradient of one plane of 8x8 blocks, as one would
 * write it without the library. Both forms subtract, transform, weigh, and transform back block by block in a buffer
 * that stays in the first cache, so neither is held back by memory; they differ in the transform alone.
 *
 * <p>The loss is the mean of rho(W * DCT(p - t)), squared or absolute. An object belongs to one thread.
 */
public final class PlainLoss {
    private static final int SIDE = 8;
    private static final int SIZE = SIDE * SIDE;

    private static final float COS_4 = 0.70710678f; // cos(4 pi / 16)
    private static final float COS_6 = 0.38268343f; // cos(6 pi / 16)
    private static final float DIFFERENCE = 0.54119610f; // cos(2 pi / 16) - cos(6 pi / 16)
    private static final float SUM = 1.30656296f; // cos(2 pi / 16) + cos(6 pi / 16)

    private final int height;
    private final int width;
    private final boolean squared;
    private final float scale;
    private final float[] foldedWeights = new float[SIZE];
    private final float[] block = new float[SIZE];
    private final float[] transposedWeights = new float[SIZE];
    private final FloatDCT_1D jTransforms = new FloatDCT_1D(SIDE);

    /** Height and width are multiples of 8. */
    public PlainLoss(FrequencyWeights table, boolean squared, int height, int width) {
        this.height = height;
        this.width = width;
        this.squared = squared;
        scale = 1f / (height * width);
        double[] w = table.resolve(SIDE);
        for (int i = 0; i < SIZE; i++) {
            transposedWeights[i] = (float) w[i % SIDE * SIDE + i / SIDE];
            foldedWeights[i] = (float) (w[i] * axisScale(i / SIDE) * axisScale(i % SIDE));
        }
    }

    /** What the flow graph below leaves out of the orthonormal DCT on one axis. */
    private static double axisScale(int k) {
        return k == 0 ? Math.sqrt(0.125) : 0.25 / Math.cos(k * Math.PI / 16);
    }

    /** The subtract loop G = P - T, which any loss with gradient has to do at least. */
    public static void subtract(float[] p, float[] t, float[] g, int from, int to) {
        for (int i = from; i < to; i++) {
            g[i] = p[i] - t[i];
        }
    }

    /**
     * The plain scalar form: the fast flow graph of Arai, Agui and Nakajima (5 multiplications for 8 points, the rest
     * folded into the weights) and its transpose. It is the honest best simple form: a textbook cosine-matrix loop
     * would be several times slower.
     */
    public double plain(float[] p, float[] t, float[] g) {
        double sum = 0;
        for (int y = 0; y < height; y += SIDE) {
            for (int x = 0; x < width; x += SIDE) {
                load(p, t, y * width + x);
                for (int i = 0; i < SIDE; i++) {
                    forward(block, i, SIDE);
                }
                for (int i = 0; i < SIDE; i++) {
                    forward(block, i * SIDE, 1);
                }
                sum += penalize(foldedWeights);
                for (int i = 0; i < SIDE; i++) {
                    transposed(block, i * SIDE, 1);
                }
                for (int i = 0; i < SIDE; i++) {
                    transposed(block, i, SIDE);
                }
                store(g, y * width + x);
            }
        }
        return sum * scale;
    }

    /**
     * The form on JTransforms, the DCT library that JVM code commonly uses: its float transform of 8 points is made once,
     * its scaled forward is the orthonormal DCT, and its scaled inverse is the transpose. Rows, then columns by way of a
     * transpose, is a tenth faster than its transform of two dimensions.
     */
    public double jTransforms(float[] p, float[] t, float[] g) {
        double sum = 0;
        for (int y = 0; y < height; y += SIDE) {
            for (int x = 0; x < width; x += SIDE) {
                load(p, t, y * width + x);
                for (int i = 0; i < SIZE; i += SIDE) {
                    jTransforms.forward(block, i, true);
                }
                transpose();
                for (int i = 0; i < SIZE; i += SIDE) {
                    jTransforms.forward(block, i, true);
                }
                sum += penalize(transposedWeights);
                for (int i = 0; i < SIZE; i += SIDE) {
                    jTransforms.inverse(block, i, true);
                }
                transpose();
                for (int i = 0; i < SIZE; i += SIDE) {
                    jTransforms.inverse(block, i, true);
                }
                store(g, y * width + x);
            }
        }
        return sum * scale;
    }

    private void transpose() {
        for (int r = 1; r < SIDE; r++) {
            for (int c = 0; c < r; c++) {
                float held = block[r * SIDE + c];
                block[r * SIDE + c] = block[c * SIDE + r];
                block[c * SIDE + r] = held;
            }
        }
    }

    private void load(float[] p, float[] t, int at) {
        for (int r = 0; r < SIDE; r++) {
            for (int c = 0; c < SIDE; c++) {
                block[r * SIDE + c] = p[at + r * width + c] - t[at + r * width + c];
            }
        }
    }

    private void store(float[] g, int at) {
        for (int r = 0; r < SIDE; r++) {
            for (int c = 0; c < SIDE; c++) {
                g[at + r * width + c] = block[r * SIDE + c];
            }
        }
    }

    /** Replaces each coefficient by scale * W * rho'(W * coefficient) and returns the sum of rho. */
    private float penalize(float[] w) {
        float sum = 0;
        if (squared) {
            for (int i = 0; i < SIZE; i++) {
                float e = w[i] * block[i];
                sum += e * e;
                block[i] = 2 * scale * w[i] * e;
            }
        } else {
            for (int i = 0; i < SIZE; i++) {
                float e = w[i] * block[i];
                sum += Math.abs(e);
                block[i] = e == 0 ? 0 : Math.copySign(scale * w[i], e);
            }
        }
        return sum;
    }

    private static void forward(float[] s, int at, int step) {
        float x0 = s[at];
        float x1 = s[at + step];
        float x2 = s[at + 2 * step];
        float x3 = s[at + 3 * step];
        float x4 = s[at + 4 * step];
        float x5 = s[at + 5 * step];
        float x6 = s[at + 6 * step];
        float x7 = s[at + 7 * step];
        float sum07 = x0 + x7;
        float sum16 = x1 + x6;
        float sum25 = x2 + x5;
        float sum34 = x3 + x4;
        float difference07 = x0 - x7;
        float difference16 = x1 - x6;
        float difference25 = x2 - x5;
        float difference34 = x3 - x4;

        float even0 = sum07 + sum34;
        float even1 = sum16 + sum25;
        float even2 = sum16 - sum25;
        float even3 = sum07 - sum34;
        float turned = (even2 + even3) * COS_4;
        s[at] = even0 + even1;
        s[at + 4 * step] = even0 - even1;
        s[at + 2 * step] = even3 + turned;
        s[at + 6 * step] = even3 - turned;

        float odd0 = difference34 + difference25;
        float odd1 = (difference25 + difference16) * COS_4;
        float odd2 = difference16 + difference07;
        float shared = (odd0 - odd2) * COS_6;
        float low = odd0 * DIFFERENCE + shared;
        float high = odd2 * SUM + shared;
        float plus = difference07 + odd1;
        float minus = difference07 - odd1;
        s[at + 5 * step] = minus + low;
        s[at + 3 * step] = minus - low;
        s[at + step] = plus + high;
        s[at + 7 * step] = plus - high;
    }

    /** The transpose of {@link #forward}: its flow graph run backwards. */
    private static void transposed(float[] s, int at, int step) {
        float y0 = s[at];
        float y1 = s[at + step];
        float y2 = s[at + 2 * step];
        float y3 = s[at + 3 * step];
        float y4 = s[at + 4 * step];
        float y5 = s[at + 5 * step];
        float y6 = s[at + 6 * step];
        float y7 = s[at + 7 * step];

        float plus = y1 + y7;
        float high = y1 - y7;
        float minus = y5 + y3;
        float low = y5 - y3;
        float shared = (low + high) * COS_6;
        float odd0 = low * DIFFERENCE + shared;
        float odd2 = high * SUM - shared;
        float odd1 = (plus - minus) * COS_4;
        float difference07 = plus + minus + odd2;
        float difference16 = odd2 + odd1;
        float difference25 = odd0 + odd1;
        float difference34 = odd0;

        float turned = (y2 - y6) * COS_4;
        float even3 = y2 + y6 + turned;
        float even0 = y0 + y4;
        float even1 = y0 - y4;
        float sum07 = even0 + even3;
        float sum34 = even0 - even3;
        float sum16 = even1 + turned;
        float sum25 = even1 - turned;
        s[at] = sum07 + difference07;
        s[at + 7 * step] = sum07 - difference07;
        s[at + step] = sum16 + difference16;
        s[at + 6 * step] = sum16 - difference16;
        s[at + 2 * step] = sum25 + difference25;
        s[at + 5 * step] = sum25 - difference25;
        s[at + 3 * step] = sum34 + difference34;
        s[at + 4 * step] = sum34 - difference34;
    }
}

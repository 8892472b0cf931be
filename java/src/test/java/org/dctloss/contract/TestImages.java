package org.dctloss.contract;

import java.util.Random;

/** Images of the project's own, drawn from a seed: natural-looking ones and awkward ones. */
public final class TestImages {
    /** What there is. */
    public enum Kind {
        NOISE,
        SMOOTH,
        EDGES,
        CONSTANT,
        BLACK,
        SATURATED,
        CHECKERBOARD,
        HUGE,
        TINY,
        DENORMAL
    }

    private TestImages() {}

    /** n*c*h*w floats in NCHW order. */
    public static float[] draw(Kind kind, int n, int c, int h, int w, long seed) {
        Random random = new Random(seed);
        float[] pixels = new float[n * c * h * w];
        double angle = random.nextDouble() * Math.PI;
        double pitch = 3 + 20 * random.nextDouble();
        float level = random.nextFloat();
        for (int i = 0; i < pixels.length; i++) {
            int x = i % w;
            int y = i / w % h;
            double wave = (x * Math.cos(angle) + y * Math.sin(angle) + i / (h * w)) / pitch;
            float noise = random.nextFloat();
            pixels[i] = switch (kind) {
                case NOISE -> noise;
                case SMOOTH -> (float) (0.5 + 0.4 * Math.sin(wave)) + 0.02f * noise;
                case EDGES -> (Math.floorMod((int) Math.floor(wave * 2), 2) == 0 ? 0.1f : 0.9f) + 0.01f * noise;
                case CONSTANT -> level;
                case BLACK -> 0f;
                case SATURATED -> 1f;
                case CHECKERBOARD -> (x + y) % 2;
                case HUGE -> 1e17f * (2 * noise - 1);
                case TINY -> 1e-20f * noise;
                case DENORMAL -> 1e-40f * noise;
            };
        }
        return pixels;
    }

    /** One of the natural-looking kinds. */
    public static Kind natural(Random random) {
        return Kind.values()[random.nextInt(3)];
    }

    /** [n][c][y][x] in float64. */
    public static double[][][][] widen(float[] nchw, int n, int c, int h, int w) {
        double[][][][] out = new double[n][c][h][w];
        for (int i = 0; i < nchw.length; i++) {
            out[i / (c * h * w)][i / (h * w) % c][i / w % h][i % w] = nchw[i];
        }
        return out;
    }
}

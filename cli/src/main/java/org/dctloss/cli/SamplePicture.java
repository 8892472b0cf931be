package org.dctloss.cli;

import org.dctloss.pictures.Picture;

/**
 * The picture of the demonstration, drawn from formulas: smooth shading, hard edges, fine texture, regular patterns and
 * thin strokes, because losses differ in how they judge errors there. The same pixels everywhere: it uses no fonts, no
 * drawing library, and random numbers of its own. Values stay inside 0.11 .. 0.89, so a small shift clips nothing.
 */
final class SamplePicture {
    static final int WIDTH = 384;
    static final int HEIGHT = 256;

    /** Samples on each side of a pixel, for soft edges. */
    private static final int SAMPLES = 3;

    private static final double DARKEST = 0.11;
    private static final double RANGE = 0.78;

    /** Strokes of the letters D, C, T on a cell 4 wide and 6 high: x0, y0, x1, y1. */
    private static final double[][][] LETTERS = {
        {{0, 0, 0, 6}, {0, 0, 2, 0}, {2, 0, 3.4, 1.5}, {3.4, 1.5, 3.4, 4.5}, {3.4, 4.5, 2, 6}, {2, 6, 0, 6}},
        {
            {3.4, 1, 2.4, 0},
            {2.4, 0, 1, 0},
            {1, 0, 0, 1.4},
            {0, 1.4, 0, 4.6},
            {0, 4.6, 1, 6},
            {1, 6, 2.4, 6},
            {2.4, 6, 3.4, 5}
        },
        {{0, 0, 3.6, 0}, {1.8, 0, 1.8, 6}}
    };

    private SamplePicture() {}

    /** Draws it, rounded to 8 bits: the values are exactly those of its PNG. */
    static Picture draw() {
        Picture picture = Picture.ofSize(WIDTH, HEIGHT);
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                double[] sum = new double[Picture.CHANNELS];
                for (int s = 0; s < SAMPLES * SAMPLES; s++) {
                    double[] color = color(x + (s % SAMPLES + 0.5) / SAMPLES, y + (s / SAMPLES + 0.5) / SAMPLES);
                    for (int c = 0; c < sum.length; c++) {
                        sum[c] += color[c];
                    }
                }
                for (int c = 0; c < sum.length; c++) {
                    double value = Math.max(0, Math.min(1, sum[c] / (SAMPLES * SAMPLES)));
                    picture.planes()[picture.index(c, y, x)] = Picture.eightBits(DARKEST + RANGE * value) / 255f;
                }
            }
        }
        return picture;
    }

    /** What is seen at a point, the nearest thing first. */
    private static double[] color(double x, double y) {
        if (x > 212 && x < 372 && y > 16 && y < 96) {
            return sign(x - 212, y - 16);
        }
        if (x > 286 && x < 298 && y >= 96 && y < 206) {
            return shade(0.42, 0.31, 0.22, 0.75 + 0.5 * (1 - Math.abs(x - 291) / 7)); // its post
        }
        double fromBall = Math.hypot(x - 196, y - 190);
        if (fromBall < 46) {
            return ball((x - 196) / 46, (y - 190) / 46);
        }
        if (x > 24 && x < 136 && y > 108 && y < 214) {
            return wall(x - 24, y - 108);
        }
        if (y > 62 && y <= 108 && Math.abs(x - 80) < (y - 62) * 1.5) {
            return shade(0.62, 0.22, 0.17, 0.75 + 0.35 * Math.sin(y * 1.4)); // roof tiles
        }
        if (x > 306 && y > 150 && y < 214) {
            return cloth(x, y);
        }
        if (y > 172 + 3 * Math.sin(x / 31)) {
            return grass(x, y);
        }
        double far = 118 + 20 * Math.sin(x / 57 + 1) + 9 * Math.sin(x / 17);
        if (y > far) {
            return shade(0.30, 0.45, 0.36, 0.7 + 0.3 * noise(x / 3, y / 3, 1) + (y - far) / 300);
        }
        return sky(x, y);
    }

    private static double[] sky(double x, double y) {
        double fall = y / 150;
        double glow = Math.exp(-(Math.pow(x - 160, 2) + Math.pow(y - 34, 2)) / 1800);
        double sun = Math.hypot(x - 160, y - 34) < 15 ? 0.35 : 0;
        double cloud = 0.22 * Math.max(0, noise(x / 46, y / 17, 2) + 0.5 * noise(x / 19, y / 8, 3) - 0.75);
        return new double[] {
            0.36 + 0.38 * fall + 0.36 * glow + sun + cloud,
            0.56 + 0.24 * fall + 0.24 * glow + sun + cloud,
            0.88 - 0.06 * fall - 0.08 * glow + cloud
        };
    }

    private static double[] grass(double x, double y) {
        double blades = noise(x * 0.9, y * 0.30, 4) + 0.6 * noise(x / 2.6, y / 5, 5);
        double patches = noise(x / 36, y / 20, 6);
        return shade(0.28 + 0.18 * patches, 0.56, 0.20, 0.45 + 0.62 * blades);
    }

    /** Bricks, a door and a window with bars. */
    private static double[] wall(double x, double y) {
        if (x > 14 && x < 46 && y > 22 && y < 58) {
            boolean bar = Math.abs(x - 30) < 1.5 || Math.abs(y - 40) < 1.5 || x < 17 || x > 43 || y < 25 || y > 55;
            return bar ? shade(0.93, 0.92, 0.88, 1) : shade(0.20, 0.30, 0.42, 0.7 + (x - y) / 90);
        }
        if (x > 66 && x < 96 && y > 42) {
            boolean knob = Math.hypot(x - 90, y - 76) < 2.2;
            boolean groove = (x - 66) % 7.5 < 1;
            return knob
                    ? shade(0.95, 0.80, 0.30, 1)
                    : shade(0.36, 0.22, 0.14, groove ? 0.6 : 0.9 + 0.2 * noise(x, y / 9, 7));
        }
        int course = (int) (y / 7);
        double along = x + (course % 2) * 8;
        boolean mortar = y % 7 < 1.2 || along % 16 < 1.2;
        double brick = noise(Math.floor(along / 16) * 3.7, course * 5.3, 8);
        return mortar ? shade(0.78, 0.75, 0.70, 1) : shade(0.66, 0.36 + 0.1 * brick, 0.28, 0.75 + 0.35 * brick);
    }

    /** A striped ball under a light from the upper left. */
    private static double[] ball(double x, double y) {
        double z = Math.sqrt(Math.max(0, 1 - x * x - y * y));
        double light = Math.max(0, (-0.5 * x - 0.6 * y + 0.62 * z));
        double shine = 0.7 * Math.pow(Math.max(0, -0.34 * x - 0.40 * y + 0.85 * z), 40);
        boolean stripe = Math.floorMod((int) Math.floor(4 * Math.atan2(x, z + 0.2) + 20), 2) == 0;
        double[] base =
                stripe ? shade(0.90, 0.24, 0.20, 0.22 + 0.9 * light) : shade(0.95, 0.90, 0.78, 0.22 + 0.85 * light);
        return new double[] {base[0] + shine, base[1] + shine, base[2] + shine};
    }

    /** Checks that turn to fine stripes. */
    private static double[] cloth(double x, double y) {
        boolean check =
                Math.floorMod((int) Math.floor((x + 0.4 * y) / 9) + (int) Math.floor((y - 0.3 * x) / 9), 2) == 0;
        double weave = 0.82 + 0.18 * Math.sin(2.1 * x) * Math.sin(2.1 * y);
        return check ? shade(0.22, 0.27, 0.62, weave) : shade(0.92, 0.88, 0.80, weave);
    }

    /** A white board with large and small letters and a star of ever finer spokes. */
    private static double[] sign(double x, double y) {
        if (x < 3 || x > 157 || y < 3 || y > 77) {
            return shade(0.25, 0.22, 0.20, 1);
        }
        double radius = Math.hypot(x - 122, y - 40);
        if (radius < 31) {
            double spokes = Math.sin(24 * Math.atan2(y - 40, x - 122));
            return radius < 2 ? shade(0.5, 0.5, 0.5, 1) : shade(1, 1, 0.97, spokes > 0 ? 1 : 0.06);
        }
        double distance = Double.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            distance = Math.min(distance, stroke(LETTERS[i], (x - 11 - 26 * i) / 5, (y - 10) / 5) * 5 - 1.6);
        }
        for (int line = 0; line < 3; line++) {
            for (int i = 0; i < 7; i++) {
                double[][] letter = LETTERS[(i + line) % 3];
                distance = Math.min(distance, stroke(letter, x - 11 - 11 * i, (y - 50 - 9 * line)) - 0.45);
            }
        }
        return distance < 0 ? shade(0.08, 0.08, 0.14, 1) : shade(0.97, 0.96, 0.92, 1);
    }

    private static double stroke(double[][] letter, double x, double y) {
        double nearest = Double.MAX_VALUE;
        for (double[] s : letter) {
            double dx = s[2] - s[0];
            double dy = s[3] - s[1];
            double along = ((x - s[0]) * dx + (y - s[1]) * dy) / (dx * dx + dy * dy);
            double clamped = Math.max(0, Math.min(1, along));
            double awayX = x - s[0] - clamped * dx;
            double awayY = y - s[1] - clamped * dy;
            nearest = Math.min(nearest, awayX * awayX + awayY * awayY);
        }
        return Math.sqrt(nearest);
    }

    private static double[] shade(double red, double green, double blue, double light) {
        return new double[] {red * light, green * light, blue * light};
    }

    /** Smooth random values in [0, 1]: random numbers on a lattice, blended in between. */
    private static double noise(double x, double y, int seed) {
        int x0 = (int) Math.floor(x);
        int y0 = (int) Math.floor(y);
        double fx = smooth(x - x0);
        double fy = smooth(y - y0);
        double top = lattice(x0, y0, seed) * (1 - fx) + lattice(x0 + 1, y0, seed) * fx;
        double bottom = lattice(x0, y0 + 1, seed) * (1 - fx) + lattice(x0 + 1, y0 + 1, seed) * fx;
        return top * (1 - fy) + bottom * fy;
    }

    private static double smooth(double t) {
        return t * t * (3 - 2 * t);
    }

    private static double lattice(int x, int y, int seed) {
        int h = x * 0x27d4eb2d + y * 0x165667b1 + seed * 0x9e3779b1;
        h = (h ^ h >>> 15) * 0x85ebca6b;
        h = (h ^ h >>> 13) * 0xc2b2ae35;
        return ((h ^ h >>> 16) & 0xffffff) / (double) 0xffffff;
    }
}

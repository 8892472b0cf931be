package org.dctloss.superres;

import java.util.Random;

/** Noise in [0, 1), from a seed. */
final class RandomPlane {
    private RandomPlane() {}

    static Plane of(int height, int width, long seed) {
        Plane plane = Plane.ofSize(height, width);
        Random random = new Random(seed);
        for (int i = 0; i < plane.pixels().length; i++) {
            plane.pixels()[i] = random.nextFloat();
        }
        return plane;
    }
}

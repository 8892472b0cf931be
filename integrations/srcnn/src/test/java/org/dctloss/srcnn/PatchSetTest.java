package org.dctloss.srcnn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.dctloss.superres.Plane;
import org.junit.jupiter.api.Test;

class PatchSetTest {
    private static Plane noise(int height, int width) {
        Random random = new Random(height * 1000L + width);
        Plane plane = Plane.ofSize(height, width);
        for (int i = 0; i < plane.pixels().length; i++) {
            plane.pixels()[i] = random.nextFloat();
        }
        return plane;
    }

    @Test
    void countsAreThoseOfStride14() {
        // After cropping to multiples of 3: 33x33, 45x48, 30x300, 63x90.
        List<Plane> planes = List.of(noise(35, 34), noise(46, 50), noise(32, 300), noise(63, 92));
        assertEquals(1 + 1 * 2 + 0 + 3 * 5, new PatchSet(planes, 3).size());
    }

    /** Every patch, one after the other, against windows cut by hand, with pictures in between that have none. */
    @Test
    void patchesAreTheWindowsOfTheirPictures() {
        List<Plane> planes = List.of(noise(20, 90), noise(62, 48), noise(10, 10), noise(34, 35), noise(12, 40));
        PatchSet patches = new PatchSet(planes, 2);
        float[] input = new float[2 * 33 * 33];
        float[] output = new float[3 * 21 * 21];
        int patch = 0;
        for (Plane plane : planes) {
            Plane truth = plane.modcrop(2);
            Plane degraded = PatchSet.degraded(truth, 2);
            for (int y = 0; y + 33 <= truth.height(); y += 14) {
                for (int x = 0; x + 33 <= truth.width(); x += 14) {
                    patches.copy(patch++, input, 33 * 33, output, 2 * 21 * 21);
                    assertArrayEquals(
                            degraded.crop(y, x, 33, 33).pixels(), Arrays.copyOfRange(input, 33 * 33, 2 * 33 * 33));
                    assertArrayEquals(
                            truth.crop(y + 6, x + 6, 21, 21).pixels(),
                            Arrays.copyOfRange(output, 2 * 21 * 21, 3 * 21 * 21));
                }
            }
        }
        assertEquals(patches.size(), patch);
        assertEquals(3 * 2 + 1, patch);
    }

    @Test
    void aBatchDependsOnSeedAndStepAlone() {
        PatchSet patches = new PatchSet(List.of(noise(120, 120)), 2);
        float[] first = drawn(patches, 1, 7);
        drawn(patches, 1, 8);
        assertArrayEquals(first, drawn(patches, 1, 7));
        assertFalse(Arrays.equals(first, drawn(patches, 1, 8)));
        assertFalse(Arrays.equals(first, drawn(patches, 2, 7)));
    }

    private static float[] drawn(PatchSet patches, long seed, int step) {
        float[] inputs = new float[4 * 33 * 33];
        patches.draw(seed, step, inputs, new float[4 * 21 * 21]);
        return inputs;
    }

    @Test
    void allPatchesAreDrawnAboutEquallyOften() {
        PatchSet patches = new PatchSet(List.of(noise(47, 61)), 1); // 2 x 3
        int[] times = new int[patches.size()];
        float[][] known = new float[times.length][33 * 33];
        for (int i = 0; i < times.length; i++) {
            patches.copy(i, known[i], 0, new float[21 * 21], 0);
        }
        float[] one = new float[33 * 33];
        for (int step = 0; step < 3000; step++) {
            patches.draw(5, step, one, new float[21 * 21]);
            for (int i = 0; i < times.length; i++) {
                times[i] += Arrays.equals(one, known[i]) ? 1 : 0;
            }
        }
        assertEquals(6, times.length);
        for (int count : times) {
            assertEquals(500, count, 100); // five standard deviations
        }
    }

    @Test
    void itsTextIsAFingerprint() {
        Plane plane = noise(40, 40);
        String text = new PatchSet(List.of(plane), 2).toString();
        assertEquals(text, new PatchSet(List.of(plane), 2).toString());
        assertEquals("1 pictures, 1 patches, fingerprint ", text.substring(0, text.length() - 8));
        plane.pixels()[5] += 1e-3f;
        assertNotEquals(text, new PatchSet(List.of(plane), 2).toString());
    }
}

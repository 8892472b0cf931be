package org.dctloss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class OverlapTest {
    private static Set<Long> elements(ImageBatch view, boolean[] twice) {
        Set<Long> all = new HashSet<>();
        for (int n = 0; n < view.n(); n++) {
            for (int c = 0; c < view.c(); c++) {
                for (int y = 0; y < view.h(); y++) {
                    for (int x = 0; x < view.w(); x++) {
                        twice[0] |= !all.add(view.index(n, c, y, x));
                    }
                }
            }
        }
        return all;
    }

    private static ImageBatch any(Random r, float[] memory) {
        return ImageBatch.strided(
                memory,
                r.nextInt(60),
                1 + r.nextInt(3),
                1 + r.nextInt(3),
                1 + r.nextInt(4),
                1 + r.nextInt(4),
                r.nextInt(40),
                r.nextInt(20),
                r.nextInt(12),
                r.nextInt(5));
    }

    @Test
    void agreesWithListingAllElements() {
        float[] memory = new float[1000];
        Overlap overlap = new Overlap();
        int shared = 0;
        int folded = 0;
        for (int seed = 0; seed < 20_000; seed++) {
            Random r = new Random(seed);
            ImageBatch a = any(r, memory);
            ImageBatch b = any(r, memory);
            boolean[] twice = new boolean[1];
            Set<Long> ofA = elements(a, twice);
            assertEquals(twice[0], overlap.within(a), "seed " + seed + ": " + a);
            folded += twice[0] ? 1 : 0;
            ofA.retainAll(elements(b, new boolean[1]));
            assertEquals(!ofA.isEmpty(), overlap.between(a, b), "seed " + seed + ": " + a + " and " + b);
            shared += ofA.isEmpty() ? 0 : 1;
        }
        assertTrue(shared > 2000 && shared < 18_000 && folded > 2000 && folded < 18_000, shared + " " + folded);
    }

    @Test
    void layoutsThatOccurAreDecidedExactly() {
        Overlap overlap = new Overlap();
        // Prediction and gradient interleaved as channels 0-2 and 3-5 of one channels-last batch.
        float[] six = new float[2 * 1080 * 1920 * 6];
        ImageBatch all = ImageBatch.ofNhwc(six, 2, 6, 1080, 1920);
        assertFalse(overlap.between(all.channels(0, 3), all.channels(3, 3)));
        assertTrue(overlap.between(all.channels(0, 4), all.channels(3, 3)));
        assertFalse(overlap.between(all.samples(0, 1), all.samples(1, 1)));
        assertTrue(overlap.between(all.window(0, 0, 100, 100), all.window(99, 99, 50, 50)));
        assertFalse(overlap.between(all.window(0, 0, 100, 100), all.window(0, 100, 100, 100)));
        // Real and imaginary parts side by side, one channels-first, one channels-last.
        float[] pairs = new float[2 * 8 * 3 * 64 * 64];
        ImageBatch even = ImageBatch.strided(pairs, 0, 8, 3, 64, 64, 24576, 8192, 128, 2);
        ImageBatch odd = ImageBatch.strided(pairs, 1, 8, 3, 64, 64, 24576, 2, 384, 6);
        assertFalse(overlap.between(even, odd));
        assertFalse(overlap.within(all));
        assertFalse(overlap.between(all, ImageBatch.of(new float[12], 1, 1, 3, 4)));
    }

    @Test
    void addressesAreComparedAcrossOwners() {
        Overlap overlap = new Overlap();
        ImageBatch a = ImageBatch.ofAddress(0x1000, DataType.FLOAT32, this, 1, 1, 4, 4, 16, 16, 4, 1);
        ImageBatch b = ImageBatch.ofAddress(0x103c, DataType.FLOAT32, "other", 1, 1, 4, 4, 16, 16, 4, 1);
        ImageBatch c = ImageBatch.ofAddress(0x1040, DataType.FLOAT32, "other", 1, 1, 4, 4, 16, 16, 4, 1);
        assertTrue(overlap.between(a, b));
        assertFalse(overlap.between(a, c));
        ImageBatch half = ImageBatch.ofAddress(0x103e, DataType.FLOAT16, "other", 1, 1, 4, 4, 16, 16, 4, 1);
        assertTrue(overlap.between(a, half));
        assertFalse(
                overlap.between(a, ImageBatch.ofDevice(0x1000, 0, DataType.FLOAT32, this, 1, 1, 4, 4, 16, 16, 4, 1)));
    }
}

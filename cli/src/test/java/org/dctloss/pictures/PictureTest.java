package org.dctloss.pictures;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class PictureTest {
    @Test
    void coloursLieInThreePlanes() {
        Picture picture = Picture.ofSize(3, 2);
        picture.set(1, 2, 0x336699);
        float[] expected = new float[18];
        expected[5] = 0x33 / 255f;
        expected[11] = 0x66 / 255f;
        expected[17] = 0x99 / 255f;
        assertArrayEquals(expected, picture.planes());
        assertEquals("1x3x2x3", picture.batch().shape());
        picture.batch().set(0, 1, 0, 0, 0.5f);
        assertEquals(0.5f, picture.planes()[6]);
    }

    @Test
    void eightBitsAreRoundedAndClamped() {
        assertEquals(0, Picture.eightBits(-0.1));
        assertEquals(255, Picture.eightBits(1.1));
        assertEquals(128, Picture.eightBits(0.5));
        assertEquals(0, Picture.eightBits(Double.NaN));
        assertEquals(77, Picture.eightBits(77.49 / 255));
    }

    @Test
    void whatCannotBeIsRefused() {
        String allowed = ", allowed sides of 1 or more and 715827879 pixels at most";
        refused("picture: got 0x4 pixels" + allowed, () -> Picture.ofSize(0, 4));
        refused("picture: got 4x-1 pixels" + allowed, () -> new Picture(4, -1, new float[0]));
        refused("picture: got 65536x65536 pixels" + allowed, () -> Picture.ofSize(1 << 16, 1 << 16));
        refused("planes: got 12 floats for 3x2 pixels, allowed exactly 18", () -> new Picture(3, 2, new float[12]));
        assertThrows(NullPointerException.class, () -> new Picture(3, 2, null));
    }

    private static void refused(String sentence, Executable call) {
        assertEquals(
                sentence, assertThrows(IllegalArgumentException.class, call).getMessage());
    }
}

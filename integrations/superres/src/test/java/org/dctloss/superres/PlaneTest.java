package org.dctloss.superres;

import static org.dctloss.superres.Refusals.refused;
import static org.dctloss.superres.Refusals.refusedNull;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.dctloss.DataType;
import org.dctloss.ImageBatch;
import org.junit.jupiter.api.Test;

class PlaneTest {
    /** Pixel (y, x) is 100 y + x. */
    private static Plane numbered(int height, int width) {
        Plane plane = Plane.ofSize(height, width);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                plane.pixels()[y * width + x] = 100 * y + x;
            }
        }
        return plane;
    }

    private static void holds(int height, int width, float topLeft, Plane part) {
        assertEquals(height, part.height());
        assertEquals(width, part.width());
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                assertEquals(topLeft + 100 * y + x, part.get(y, x));
            }
        }
    }

    @Test
    void windowsAreCopies() {
        Plane plane = numbered(7, 9);
        Plane part = plane.crop(2, 3, 4, 5);
        holds(4, 5, 203, part);
        part.pixels()[0] = -1;
        assertEquals(203, plane.get(2, 3));
        holds(7, 9, 0, plane.crop(0, 0, 7, 9));
        holds(1, 1, 608, plane.crop(6, 8, 1, 1));
    }

    @Test
    void modcropKeepsTheTopLeft() {
        holds(6, 9, 0, numbered(7, 9).modcrop(3));
        holds(4, 8, 0, numbered(7, 9).modcrop(4));
        holds(7, 9, 0, numbered(7, 9).modcrop(1));
        holds(7, 7, 0, numbered(7, 9).modcrop(7));
    }

    @Test
    void shavingTakesEverySide() {
        holds(3, 5, 202, numbered(7, 9).shave(2));
        holds(1, 3, 303, numbered(7, 9).shave(3));
        holds(7, 9, 0, numbered(7, 9).shave(0));
        holds(2, 1, 101, numbered(4, 3).shave(1));
    }

    @Test
    void eightBitsAreTheNearestOf256Levels() {
        for (int level = 0; level < 256; level++) {
            float exact = level / 255f;
            Plane three = new Plane(1, 3, new float[] {exact, exact + 0.0019f, exact - 0.0019f});
            Plane expected = new Plane(1, 3, new float[] {exact, exact, exact});
            assertEquals(expected, three.eightBits());
            assertEquals(expected, expected.eightBits());
        }
        float[] odd = {-3, 1.7f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0.5f};
        float[] levels = {0, 1, Float.NaN, 1, 0, 128 / 255f}; // 127.5 is rounded up
        assertArrayEquals(levels, new Plane(2, 3, odd).eightBits().pixels());
    }

    @Test
    void itIsAViewAndACopyOfBatches() {
        Plane plane = numbered(3, 4);
        ImageBatch view = plane.batch();
        assertEquals("1x1x3x4", view.shape());
        view.set(0, 0, 2, 1, 5);
        assertEquals(5, plane.get(2, 1));

        float[] nhwc = new float[2 * 3 * 4 * 5];
        for (int i = 0; i < nhwc.length; i++) {
            nhwc[i] = i;
        }
        Plane second = Plane.copyOf(ImageBatch.ofNhwc(nhwc, 2, 5, 3, 4), 1, 2);
        FloatBuffer direct = ByteBuffer.allocateDirect(4 * nhwc.length)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer()
                .put(nhwc)
                .flip();
        Plane fromBuffer = Plane.copyOf(ImageBatch.of(direct, 2, 5, 3, 4), 1, 2);
        for (int y = 0; y < 3; y++) {
            for (int x = 0; x < 4; x++) {
                assertEquals(((3 + y) * 4 + x) * 5 + 2, second.get(y, x));
                assertEquals((5 + 2) * 12 + y * 4 + x, fromBuffer.get(y, x));
            }
        }
        second.pixels()[0] = -1;
        assertEquals((3 * 4) * 5 + 2, nhwc[(3 * 4) * 5 + 2]);
    }

    @Test
    void planesAreEqualByTheirPixels() {
        assertEquals(numbered(3, 4), numbered(3, 4));
        assertEquals(numbered(3, 4).hashCode(), numbered(3, 4).hashCode());
        assertNotEquals(Plane.ofSize(3, 4), Plane.ofSize(4, 3));
        assertNotEquals(Plane.ofSize(3, 4), numbered(3, 4));
        assertEquals("3x4 plane", numbered(3, 4).toString());
    }

    @Test
    void whatCannotBeIsRefused() {
        Plane plane = numbered(7, 9);
        refused(
                "plane: got 0x4 pixels, allowed sides of 1 or more and 2147483639 pixels at most",
                () -> Plane.ofSize(0, 4));
        refused(
                "plane: got 65536x65536 pixels, allowed sides of 1 or more and 2147483639 pixels at most",
                () -> Plane.ofSize(1 << 16, 1 << 16));
        refused("pixels: got 5 floats for 2x3, allowed exactly 6", () -> new Plane(2, 3, new float[5]));
        refusedNull("pixels: got null, allowed a float[]", () -> new Plane(2, 3, null));
        refused("scale: got 8 for 7x9 pixels, allowed 1 to 7", () -> plane.modcrop(8));
        refused("scale: got 0 for 7x9 pixels, allowed 1 to 7", () -> plane.modcrop(0));
        refused("border: got 4 for 7x9 pixels, allowed 0 to 3", () -> plane.shave(4));
        refused("border: got -1 for 7x9 pixels, allowed 0 to 3", () -> plane.shave(-1));
        refused("border: got 2147483647 for 7x9 pixels, allowed 0 to 3", () -> plane.shave(Integer.MAX_VALUE));
        String inside = ", allowed windows of 1x1 or more inside 7x9 pixels";
        refused("window: got 4x5 pixels from (4, 0)" + inside, () -> plane.crop(4, 0, 4, 5));
        refused("window: got 4x5 pixels from (0, -1)" + inside, () -> plane.crop(0, -1, 4, 5));
        refused("window: got 0x5 pixels from (0, 0)" + inside, () -> plane.crop(0, 0, 0, 5));
        refused("window: got 1x2147483647 pixels from (1, 1)" + inside, () -> plane.crop(1, 1, 1, Integer.MAX_VALUE));
        ImageBatch batch = ImageBatch.of(new float[24], 2, 3, 2, 2);
        refused(
                "plane: got sample 2, channel 0 of 2x3x2x2, allowed samples 0..1 and channels 0..2",
                () -> Plane.copyOf(batch, 2, 0));
        refused(
                "plane: got sample 0, channel -1 of 2x3x2x2, allowed samples 0..1 and channels 0..2",
                () -> Plane.copyOf(batch, 0, -1));
        ImageBatch raw = ImageBatch.ofAddress(4096, DataType.FLOAT32, this, 1, 1, 2, 2, 4, 4, 2, 1);
        refused("images: got " + raw + ", allowed arrays and direct buffers", () -> Plane.copyOf(raw, 0, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> plane.get(0, 9));
    }
}

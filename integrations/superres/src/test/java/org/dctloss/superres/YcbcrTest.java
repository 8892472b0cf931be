package org.dctloss.superres;

import static org.dctloss.superres.Refusals.refused;
import static org.dctloss.superres.Refusals.refusedNull;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.dctloss.ImageBatch;
import org.junit.jupiter.api.Test;

class YcbcrTest {
    private static ImageBatch noise(int height, int width, double from, double to) {
        Random random = new Random(11);
        float[] rgb = new float[3 * height * width];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (float) (from + (to - from) * random.nextDouble());
        }
        return ImageBatch.of(rgb, 1, 3, height, width);
    }

    private static void colorIs(double y, double cb, double cr, float r, float g, float b) {
        Ycbcr ycbcr = Ycbcr.of(ImageBatch.of(new float[] {r, g, b}, 1, 3, 1, 1));
        assertEquals(y / 255, ycbcr.y().get(0, 0), 6e-8);
        assertEquals(cb / 255, ycbcr.cb().get(0, 0), 6e-8);
        assertEquals(cr / 255, ycbcr.cr().get(0, 0), 6e-8);
    }

    /** In 8-bit units: the columns of MATLAB's matrix plus its offset, and greys. */
    @Test
    void theColorsOfTheStandard() {
        colorIs(16, 128, 128, 0, 0, 0);
        colorIs(235, 128, 128, 1, 1, 1);
        colorIs(16 + 219 * 0.25, 128, 128, 0.25f, 0.25f, 0.25f);
        colorIs(81.481, 90.203, 240, 1, 0, 0);
        colorIs(144.553, 53.797, 34.214, 0, 1, 0);
        colorIs(40.966, 240, 109.786, 0, 0, 1);
    }

    /** The definition of BT.601 with studio range, of whose coefficients MATLAB keeps three decimals. */
    @Test
    void itIsTheDefinitionOfBt601() {
        ImageBatch rgb = noise(20, 30, 0, 1);
        Ycbcr ycbcr = Ycbcr.of(rgb);
        double decimals = 3 * 0.0005 / 255 + 6e-8;
        for (int y = 0; y < 20; y++) {
            for (int x = 0; x < 30; x++) {
                double r = rgb.get(0, 0, y, x);
                double g = rgb.get(0, 1, y, x);
                double b = rgb.get(0, 2, y, x);
                double luma = 0.299 * r + 0.587 * g + 0.114 * b;
                assertEquals((16 + 219 * luma) / 255, ycbcr.y().get(y, x), 6e-8);
                assertEquals((128 + 224 * (b - luma) / 1.772) / 255, ycbcr.cb().get(y, x), decimals);
                assertEquals((128 + 224 * (r - luma) / 1.402) / 255, ycbcr.cr().get(y, x), decimals);
            }
        }
        assertEquals(ycbcr.y(), Ycbcr.luma(rgb));
    }

    @Test
    void thereAndBackIsTheSameImage() {
        for (double[] range : new double[][] {{0, 1}, {-2, 3}}) {
            ImageBatch rgb = noise(33, 17, range[0], range[1]);
            ImageBatch back = Ycbcr.of(rgb).rgb();
            assertEquals("1x3x33x17", back.shape());
            assertArrayEquals(rgb.array(), back.array(), (float) (1e-6 * (range[1] - range[0])));
        }
    }

    @Test
    void theLayoutOfTheImageDoesNotMatter() {
        ImageBatch rgb = noise(4, 5, 0, 1);
        float[] nhwc = new float[60];
        for (int i = 0; i < 60; i++) {
            nhwc[i] = rgb.get(0, i % 3, i / 15, i / 3 % 5);
        }
        assertEquals(Ycbcr.of(rgb), Ycbcr.of(ImageBatch.ofNhwc(nhwc, 1, 3, 4, 5)));
        assertEquals(Ycbcr.luma(rgb).crop(1, 2, 3, 2), Ycbcr.luma(rgb.window(1, 2, 3, 2)));
    }

    @Test
    void nanTouchesItsPixelAlone() {
        ImageBatch rgb = noise(4, 5, 0, 1);
        rgb.set(0, 1, 2, 3, Float.NaN);
        Ycbcr ycbcr = Ycbcr.of(rgb);
        ImageBatch back = ycbcr.rgb();
        for (int i = 0; i < 20; i++) {
            boolean there = i == 2 * 5 + 3;
            for (Plane plane : new Plane[] {ycbcr.y(), ycbcr.cb(), ycbcr.cr()}) {
                assertEquals(there, Float.isNaN(plane.pixels()[i]));
            }
            for (int c = 0; c < 3; c++) {
                assertEquals(there, Float.isNaN(back.array()[20 * c + i]));
            }
        }
    }

    @Test
    void whatCannotBeIsRefused() {
        refused(
                "RGB image: got shape 2x3x1x1, allowed 1x3xHxW",
                () -> Ycbcr.of(ImageBatch.of(new float[6], 2, 3, 1, 1)));
        refused(
                "RGB image: got shape 1x1x2x3, allowed 1x3xHxW",
                () -> Ycbcr.luma(ImageBatch.of(new float[6], 1, 1, 2, 3)));
        refusedNull("RGB image: got null, allowed an ImageBatch", () -> Ycbcr.luma(null));
        Plane y = Plane.ofSize(4, 5);
        refused(
                "Cb: got 5x4 pixels, allowed 4x5 like the luma",
                () -> new Ycbcr(y, Plane.ofSize(5, 4), Plane.ofSize(4, 5)));
        refused("Cr: got 4x4 pixels, allowed 4x5 like the luma", () -> new Ycbcr(y, y, Plane.ofSize(4, 4)));
        refusedNull("Cr: got null, allowed a Plane", () -> new Ycbcr(y, y, null));
        refusedNull("luma: got null, allowed a Plane", () -> new Ycbcr(null, y, y));
    }
}

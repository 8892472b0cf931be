package org.dctloss.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

class ColorScaleTest {
    private static BufferedImage decoded(ColorScale scale, double full, float... values) throws IOException {
        return ImageIO.read(new ByteArrayInputStream(scale.png(values, 3, full)));
    }

    private static int light(int rgb) {
        return (rgb >> 16 & 0xff) + (rgb >> 8 & 0xff) + (rgb & 0xff);
    }

    @Test
    void amountsGoFromVioletToYellow() throws IOException {
        BufferedImage image = decoded(ColorScale.AMOUNT, 2, 0, 1, 2, -1, 3, Float.NaN);
        assertEquals(3, image.getWidth());
        assertEquals(2, image.getHeight());
        assertEquals(0xff440154, image.getRGB(0, 0));
        assertEquals(0xfffde725, image.getRGB(2, 0));
        assertEquals(image.getRGB(0, 0), image.getRGB(0, 1));
        assertEquals(image.getRGB(2, 0), image.getRGB(1, 1));
        assertTrue(light(image.getRGB(1, 0)) > light(image.getRGB(0, 0)));
    }

    @Test
    void signsHaveColoursAndNothingIsDark() throws IOException {
        BufferedImage image = decoded(ColorScale.SIGNED, 1, -1, 0, 1, -0.5f, 5, 0.5f);
        int below = image.getRGB(0, 0);
        int above = image.getRGB(2, 0);
        assertTrue((below & 0xff) > (below >> 16 & 0xff), "blue");
        assertTrue((above >> 16 & 0xff) > (above & 0xff), "orange");
        assertEquals(0xff14171c, image.getRGB(1, 0));
        assertTrue(light(image.getRGB(0, 1)) < light(below));
        assertEquals(above, image.getRGB(1, 1));
    }

    @Test
    void withoutAnyAmountAllIsTheColourOfZero() throws IOException {
        assertEquals(0xff440154, decoded(ColorScale.AMOUNT, 0, 0, 0, 0).getRGB(2, 0));
        assertEquals(0xff14171c, decoded(ColorScale.SIGNED, 0, 0, 0, 0).getRGB(2, 0));
    }

    @Test
    void lettersAreReadableOnEveryColour() {
        for (ColorScale scale : ColorScale.values()) {
            for (int i = -64; i <= 64; i++) {
                String css = scale.css(i / 64.0);
                double luminance = luminance(Integer.parseInt(css.substring(1), 16));
                double contrast = scale.isLight(i / 64.0) ? (luminance + 0.05) / 0.05 : 1.05 / (luminance + 0.05);
                assertTrue(contrast >= 4.5, css + ": " + contrast);
            }
        }
    }

    /** Relative luminance as WCAG 2 defines it. */
    private static double luminance(int rgb) {
        double sum = 0;
        double[] parts = {0.2126, 0.7152, 0.0722};
        for (int c = 0; c < 3; c++) {
            double value = (rgb >> (16 - 8 * c) & 0xff) / 255.0;
            sum += parts[c] * (value <= 0.04045 ? value / 12.92 : Math.pow((value + 0.055) / 1.055, 2.4));
        }
        return sum;
    }
}

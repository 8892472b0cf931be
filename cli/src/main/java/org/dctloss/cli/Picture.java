package org.dctloss.cli;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;
import org.dctloss.ImageBatch;

/**
 * An RGB picture with values in [0, 1].
 *
 * @param planes red, green, blue, each row by row
 */
record Picture(int width, int height, float[] planes) {
    static final int CHANNELS = 3;

    /** A black picture. */
    static Picture ofSize(int width, int height) {
        return new Picture(width, height, new float[Math.multiplyExact(CHANNELS, Math.multiplyExact(width, height))]);
    }

    /** The same pixels as 1 x 3 x H x W. */
    ImageBatch batch() {
        return ImageBatch.of(planes, 1, CHANNELS, height, width);
    }

    /** Position of a pixel of a channel in {@link #planes}. */
    int index(int channel, int y, int x) {
        return (channel * height + y) * width + x;
    }

    /** Sets a pixel to a colour 0xRRGGBB. */
    void set(int y, int x, int rgb) {
        for (int c = 0; c < CHANNELS; c++) {
            planes[index(c, y, x)] = (rgb >> (16 - 8 * c) & 0xff) / 255f;
        }
    }

    /** A value in [0, 1] in 8 bits; what lies outside is clamped. */
    static int eightBits(double value) {
        return (int) Math.round(255 * Math.max(0, Math.min(1, value)));
    }

    /** As a PNG of 8 bits a channel. */
    byte[] png() {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int rgb = 0;
                for (int c = 0; c < CHANNELS; c++) {
                    rgb = rgb << 8 | eightBits(planes[index(c, y, x)]);
                }
                image.setRGB(x, y, rgb);
            }
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", bytes);
        } catch (IOException impossible) {
            throw new UncheckedIOException("a PNG could not be encoded in memory", impossible);
        }
        return bytes.toByteArray();
    }
}

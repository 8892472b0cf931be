package org.dctloss.pictures;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Objects;
import javax.imageio.ImageIO;
import org.dctloss.ImageBatch;

/**
 * An RGB picture with values nominally in [0, 1]. The array is not copied; a picture may be shared between threads as
 * long as nobody writes into its pixels.
 *
 * @param width in pixels, 1 or more
 * @param height in pixels, 1 or more
 * @param planes all of red, then all of green, then all of blue, each row by row; exactly 3 * width * height
 */
public record Picture(int width, int height, float[] planes) {
    /** Red, green and blue. */
    public static final int CHANNELS = 3;

    private static final int MOST_PIXELS = (Integer.MAX_VALUE - 8) / CHANNELS;

    /** Refuses sizes below 1 and an array of another length. */
    public Picture {
        checkSize(width, height);
        Objects.requireNonNull(planes, "planes: got null, allowed a float[]");
        if (planes.length != CHANNELS * width * height) {
            throw new IllegalArgumentException("planes: got " + planes.length + " floats for " + width + "x" + height
                    + " pixels, allowed exactly " + CHANNELS * width * height);
        }
    }

    /** A black picture. */
    public static Picture ofSize(int width, int height) {
        checkSize(width, height);
        return new Picture(width, height, new float[CHANNELS * width * height]);
    }

    private static void checkSize(long width, long height) {
        if (width < 1 || height < 1 || width * height > MOST_PIXELS) {
            throw new IllegalArgumentException("picture: got " + width + "x" + height
                    + " pixels, allowed sides of 1 or more and " + MOST_PIXELS + " pixels at most");
        }
    }

    /** A view of these very pixels as 1 x 3 x H x W. */
    public ImageBatch batch() {
        return ImageBatch.of(planes, 1, CHANNELS, height, width);
    }

    /** Position of a pixel of a channel in {@link #planes}. */
    public int index(int channel, int y, int x) {
        return (channel * height + y) * width + x;
    }

    /** Sets a pixel to a colour 0xRRGGBB. */
    public void set(int y, int x, int rgb) {
        for (int c = 0; c < CHANNELS; c++) {
            planes[index(c, y, x)] = (rgb >> (16 - 8 * c) & 0xff) / 255f;
        }
    }

    /** A value in [0, 1] in 8 bits; what lies outside is clamped, NaN is 0. */
    public static int eightBits(double value) {
        return (int) Math.round(255 * Math.max(0, Math.min(1, value)));
    }

    /** As a PNG of 8 bits a channel, rounded as {@link #eightBits} does. */
    public byte[] png() {
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
        return png(image);
    }

    /** Any image as a PNG in memory. */
    public static byte[] png(BufferedImage image) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", bytes);
        } catch (IOException impossible) {
            throw new UncheckedIOException("a PNG could not be encoded in memory", impossible);
        }
        return bytes.toByteArray();
    }
}

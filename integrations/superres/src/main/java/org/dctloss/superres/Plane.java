package org.dctloss.superres;

import java.util.Arrays;
import java.util.Objects;
import org.dctloss.ImageBatch;

/**
 * One channel of an image. Values are nominally in [0, 1], and nothing depends on it but {@link #eightBits}; NaN and
 * infinities are kept. Two planes are equal if their sizes and pixels are.
 *
 * <p>The array is not copied, here or in {@link #batch}. Every method that makes a plane makes one with an array of its
 * own, so planes may be shared between threads as long as nobody writes into their pixels.
 *
 * @param height in pixels, 1 or more
 * @param width in pixels, 1 or more
 * @param pixels row by row: pixel (y, x) is element {@code y * width + x}; exactly height * width
 */
public record Plane(int height, int width, float[] pixels) {
    /** The longest array that every Java machine has. */
    private static final int MOST_PIXELS = Integer.MAX_VALUE - 8;

    private static final float LEVELS = 255;

    /** Refuses sizes below 1 and an array of another length. */
    public Plane {
        checkSize(height, width);
        Objects.requireNonNull(pixels, "pixels: got null, allowed a float[]");
        if (pixels.length != height * width) {
            throw new IllegalArgumentException("pixels: got " + pixels.length + " floats for " + height + "x" + width
                    + ", allowed exactly " + height * width);
        }
    }

    /** A plane of zeros. */
    public static Plane ofSize(int height, int width) {
        checkSize(height, width);
        return new Plane(height, width, new float[height * width]);
    }

    static void checkSize(long height, long width) {
        if (height < 1 || width < 1 || height > MOST_PIXELS || width > MOST_PIXELS || height * width > MOST_PIXELS) {
            throw new IllegalArgumentException("plane: got " + height + "x" + width
                    + " pixels, allowed sides of 1 or more and " + MOST_PIXELS + " pixels at most");
        }
    }

    /** A copy of channel {@code c} of sample {@code n} of images in an array or a direct buffer, of any layout. */
    public static Plane copyOf(ImageBatch images, int n, int c) {
        Objects.requireNonNull(images, "images: got null, allowed an ImageBatch");
        if (!images.isReadable()) {
            throw new IllegalArgumentException("images: got " + images + ", allowed arrays and direct buffers");
        }
        if (n < 0 || n >= images.n() || c < 0 || c >= images.c()) {
            throw new IllegalArgumentException("plane: got sample " + n + ", channel " + c + " of " + images.shape()
                    + ", allowed samples 0.." + (images.n() - 1) + " and channels 0.." + (images.c() - 1));
        }
        Plane plane = ofSize(images.h(), images.w());
        for (int y = 0; y < plane.height; y++) {
            images.readRow(n, c, y, 0, plane.width, plane.pixels, y * plane.width);
        }
        return plane;
    }

    /** A view of these very pixels as 1 x 1 x height x width. */
    public ImageBatch batch() {
        return ImageBatch.of(pixels, 1, 1, height, width);
    }

    /** Pixel (y, x). */
    public float get(int y, int x) {
        return pixels[Objects.checkIndex(y, height) * width + Objects.checkIndex(x, width)];
    }

    /** A copy of the window of {@code h} x {@code w} pixels whose top left pixel is (y, x). */
    public Plane crop(int y, int x, int h, int w) {
        if (y < 0 || x < 0 || h < 1 || w < 1 || h > height - y || w > width - x) {
            throw new IllegalArgumentException("window: got " + h + "x" + w + " pixels from (" + y + ", " + x
                    + "), allowed windows of 1x1 or more inside " + size());
        }
        Plane part = ofSize(h, w);
        for (int row = 0; row < h; row++) {
            System.arraycopy(pixels, (y + row) * width + x, part.pixels, row * w, w);
        }
        return part;
    }

    /**
     * The plane without its last rows and columns, so that both sides become multiples of a scale: what papers call
     * modcrop, done to the truth before it is made smaller.
     *
     * @param scale 1 to the shorter side
     */
    public Plane modcrop(int scale) {
        if (scale < 1 || scale > Math.min(height, width)) {
            throw new IllegalArgumentException(
                    "scale: got " + scale + " for " + size() + ", allowed 1 to " + Math.min(height, width));
        }
        return crop(0, 0, height - height % scale, width - width % scale);
    }

    /**
     * The plane without {@code border} pixels on each side.
     *
     * @param border 0 or more; at least one pixel must be left
     */
    public Plane shave(int border) {
        int most = (Math.min(height, width) - 1) / 2;
        if (border < 0 || border > most) {
            throw new IllegalArgumentException("border: got " + border + " for " + size() + ", allowed 0 to " + most);
        }
        return crop(border, border, height - 2 * border, width - 2 * border);
    }

    /**
     * The plane as a file of 8 bits holds it: clamped to [0, 1] and rounded to the nearest multiple of 1/255, halves
     * up. NaN stays NaN.
     */
    public Plane eightBits() {
        Plane rounded = ofSize(height, width);
        for (int i = 0; i < pixels.length; i++) {
            double level = LEVELS * Math.max(0.0, Math.min(1.0, pixels[i]));
            rounded.pixels[i] = (float) Math.floor(level + 0.5) / LEVELS;
        }
        return rounded;
    }

    private String size() {
        return height + "x" + width + " pixels";
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Plane plane
                && height == plane.height
                && width == plane.width
                && Arrays.equals(pixels, plane.pixels);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * height + width) + Arrays.hashCode(pixels);
    }

    /** "24x32 plane". */
    @Override
    public String toString() {
        return height + "x" + width + " plane";
    }
}

package org.dctloss.superres;

import java.util.Objects;
import org.dctloss.ImageBatch;

/**
 * An RGB image as luma and two colour differences: BT.601 with studio range, which is MATLAB's rgb2ycbcr on doubles and
 * what papers on super-resolution mean by "the Y channel":
 *
 * <pre>
 * 255 Y  =  65.481 R + 128.553 G +  24.966 B +  16         R, G, B in [0, 1] give Y in [16, 235]/255
 * 255 Cb = -37.797 R -  74.203 G + 112     B + 128         and Cb, Cr in [16, 240]/255
 * 255 Cr = 112     R -  93.786 G -  18.214 B + 128
 * </pre>
 *
 * A grey image has Cb = Cr = 128/255. (JPEG, and {@link org.dctloss.ColorTransform#BT601}, use the full range: Y = 0.299
 * R + 0.587 G + 0.114 B. A PSNR of that Y is 1.3 dB lower for the same error.)
 *
 * <p>Sums are float64, rounded once; nothing is clamped, in either direction, so that one is the inverse of the other;
 * NaN passes through. MATLAB clamps RGB, and for bytes it rounds Y to a byte: {@code luma(rgb).eightBits()} is that.
 *
 * @param y luma
 * @param cb blue less luma, of the same size
 * @param cr red less luma, of the same size
 */
public record Ycbcr(Plane y, Plane cb, Plane cr) {
    private static final int CHANNELS = 3;
    private static final int MOST_PIXELS = (Integer.MAX_VALUE - 8) / CHANNELS;
    private static final double LEVELS = 255;

    /** 255 (Y, Cb, Cr) by (R, G, B). */
    private static final double[][] FORWARD = {
        {65.481, 128.553, 24.966},
        {-37.797, -74.203, 112},
        {112, -93.786, -18.214}
    };

    private static final double[] OFFSET = {16, 128, 128};

    /** (R, G, B) by 255 (Y, Cb, Cr), the exact inverse and not the rounded one of the standard. */
    private static final double[][] BACKWARD = inverse(FORWARD);

    /** Refuses planes of different sizes. */
    public Ycbcr {
        Objects.requireNonNull(y, "luma: got null, allowed a Plane");
        checkLike("Cb", cb, y);
        checkLike("Cr", cr, y);
    }

    private static void checkLike(String name, Plane plane, Plane y) {
        Objects.requireNonNull(plane, name + ": got null, allowed a Plane");
        if (plane.height() != y.height() || plane.width() != y.width()) {
            throw new IllegalArgumentException(name + ": got " + plane.height() + "x" + plane.width()
                    + " pixels, allowed " + y.height() + "x" + y.width() + " like the luma");
        }
    }

    /** The adjugate over the determinant. */
    private static double[][] inverse(double[][] m) {
        double[][] inverse = new double[CHANNELS][CHANNELS];
        double determinant = 0;
        for (int i = 0; i < CHANNELS; i++) {
            for (int j = 0; j < CHANNELS; j++) {
                int a = (j + 1) % CHANNELS;
                int b = (j + 2) % CHANNELS;
                int c = (i + 1) % CHANNELS;
                int d = (i + 2) % CHANNELS;
                inverse[i][j] = m[a][c] * m[b][d] - m[a][d] * m[b][c];
            }
        }
        for (int j = 0; j < CHANNELS; j++) {
            determinant += m[0][j] * inverse[j][0];
        }
        for (double[] row : inverse) {
            for (int j = 0; j < CHANNELS; j++) {
                row[j] /= determinant;
            }
        }
        return inverse;
    }

    /**
     * All three planes of an RGB image.
     *
     * @param rgb 1 x 3 x H x W in an array or a direct buffer, of any layout; nominally in [0, 1]
     */
    public static Ycbcr of(ImageBatch rgb) {
        Plane[] colors = channels(rgb);
        return new Ycbcr(forward(colors, 0), forward(colors, 1), forward(colors, 2));
    }

    /**
     * The luma of an RGB image alone.
     *
     * @param rgb 1 x 3 x H x W in an array or a direct buffer, of any layout; nominally in [0, 1]
     */
    public static Plane luma(ImageBatch rgb) {
        return forward(channels(rgb), 0);
    }

    private static Plane[] channels(ImageBatch rgb) {
        Objects.requireNonNull(rgb, "RGB image: got null, allowed an ImageBatch");
        if (rgb.n() != 1 || rgb.c() != CHANNELS) {
            throw new IllegalArgumentException("RGB image: got shape " + rgb.shape() + ", allowed 1x3xHxW");
        }
        return new Plane[] {Plane.copyOf(rgb, 0, 0), Plane.copyOf(rgb, 0, 1), Plane.copyOf(rgb, 0, 2)};
    }

    private static Plane forward(Plane[] rgb, int channel) {
        Plane plane = Plane.ofSize(rgb[0].height(), rgb[0].width());
        double[] factors = FORWARD[channel];
        for (int i = 0; i < plane.pixels().length; i++) {
            double sum = OFFSET[channel];
            for (int c = 0; c < CHANNELS; c++) {
                sum += factors[c] * rgb[c].pixels()[i];
            }
            plane.pixels()[i] = (float) (sum / LEVELS);
        }
        return plane;
    }

    /** The RGB image, 1 x 3 x H x W in a new array: all of red, then all of green, then all of blue. */
    public ImageBatch rgb() {
        Plane[] planes = {y, cb, cr};
        int size = y.pixels().length;
        if (size > MOST_PIXELS) {
            throw new IllegalArgumentException("RGB image: got " + y.height() + "x" + y.width() + " pixels, allowed "
                    + MOST_PIXELS + " or fewer, three times which fit one array");
        }
        ImageBatch rgb = ImageBatch.of(new float[CHANNELS * size], 1, CHANNELS, y.height(), y.width());
        for (int c = 0; c < CHANNELS; c++) {
            for (int i = 0; i < size; i++) {
                double sum = 0;
                for (int k = 0; k < CHANNELS; k++) {
                    sum += BACKWARD[c][k] * (LEVELS * planes[k].pixels()[i] - OFFSET[k]);
                }
                rgb.array()[c * size + i] = (float) sum;
            }
        }
        return rgb;
    }
}

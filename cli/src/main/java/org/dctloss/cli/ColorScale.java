package org.dctloss.cli;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.util.Locale;
import java.util.StringJoiner;
import java.util.function.IntUnaryOperator;
import org.dctloss.pictures.Picture;

/** Numbers as colours: a palette of few colours keeps the PNGs of noisy numbers small. */
enum ColorScale {
    /** 0 to {@code full}: dark violet where there is nothing, yellow at the end. */
    AMOUNT {
        @Override
        int index(double share) {
            return (int) Math.round((COLORS - 1) * Math.max(0, Math.min(1, share)));
        }

        @Override
        int color(int index) {
            return HeatMap.color(index / (COLORS - 1f));
        }
    },

    /** -{@code full} to {@code full}: ever lighter blue below 0, almost black at 0, ever lighter orange above. */
    SIGNED {
        @Override
        int index(double share) {
            return MIDDLE + (int) Math.round(MIDDLE * Math.max(-1, Math.min(1, share)));
        }

        @Override
        int color(int index) {
            float share = Math.abs(index - MIDDLE) / (float) MIDDLE * (BLUES.length - 1);
            int i = Math.min((int) share, BLUES.length - 2);
            int[] anchors = index < MIDDLE ? BLUES : ORANGES;
            return blend(anchors[i], anchors[i + 1], share - i);
        }
    };

    private static final int COLORS = 65;
    private static final int MIDDLE = COLORS / 2;
    private static final int[] BLUES = {0x14171c, 0x1d5d96, 0x9ad9ff};
    private static final int[] ORANGES = {0x14171c, 0xb2570f, 0xffd79a};

    /** The colour number of a share of the full value. */
    abstract int index(double share);

    /** The colour 0xRRGGBB of a number. */
    abstract int color(int index);

    private static int blend(int from, int to, float share) {
        int rgb = 0;
        for (int shift = 16; shift >= 0; shift -= 8) {
            int a = from >> shift & 0xff;
            int b = to >> shift & 0xff;
            rgb |= Math.round(a + share * (b - a)) << shift;
        }
        return rgb;
    }

    /** A PNG of numbers, row by row; what goes beyond {@code full} gets the last colour. */
    byte[] png(float[] values, int width, double full) {
        int height = values.length / width;
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_INDEXED, palette());
        for (int i = 0; i < values.length; i++) {
            image.getRaster().setSample(i % width, i / width, 0, index(full > 0 ? values[i] / full : 0));
        }
        return Picture.png(image);
    }

    private IndexColorModel palette() {
        return new IndexColorModel(
                8, COLORS, channel(i -> color(i) >> 16), channel(i -> color(i) >> 8), channel(this::color));
    }

    private static byte[] channel(IntUnaryOperator value) {
        byte[] bytes = new byte[COLORS];
        for (int i = 0; i < COLORS; i++) {
            bytes[i] = (byte) value.applyAsInt(i);
        }
        return bytes;
    }

    /** The colour of a share of the full value, for a style sheet. */
    String css(double share) {
        return css(color(index(share)));
    }

    private static String css(int rgb) {
        return String.format(Locale.ROOT, "#%06x", rgb);
    }

    /** The whole scale for a style sheet. */
    String cssGradient() {
        StringJoiner stops = new StringJoiner(",", "linear-gradient(90deg,", ")");
        for (int i = 0; i < COLORS; i += 8) {
            stops.add(css(color(i)));
        }
        return stops.toString();
    }

    /** Whether black letters have more contrast than white ones on the colour of a share, as WCAG 2 defines it. */
    boolean isLight(double share) {
        int rgb = color(index(share));
        double luminance = 0.2126 * linear(rgb >> 16) + 0.7152 * linear(rgb >> 8) + 0.0722 * linear(rgb);
        return (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05);
    }

    private static double linear(int channel) {
        double value = (channel & 0xff) / 255.0;
        return value <= 0.04045 ? value / 12.92 : Math.pow((value + 0.055) / 1.055, 2.4);
    }
}

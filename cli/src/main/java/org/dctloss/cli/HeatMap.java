package org.dctloss.cli;

import org.dctloss.DctLoss;
import org.dctloss.ImageBatch;
import org.dctloss.LossOptions;
import org.dctloss.pictures.Picture;

/** The DCT loss block by block, as a picture: dark violet where there is none, yellow where it is largest. */
final class HeatMap {
    /**
     * Colours of growing lightness over equal steps, 0xRRGGBB, so that brighter always means more, for colour-blind
     * eyes and in print too.
     */
    private static final int[] ANCHORS = {
        0x440154, 0x482878, 0x3e4a89, 0x31688e, 0x26828e, 0x1f9e89, 0x35b779, 0x6ece58, 0xb5de2b, 0xfde725
    };

    private HeatMap() {}

    /** The loss of each block, summed over Y, Cb and Cr: (block rows) x (block columns), row by row. */
    static float[] blocks(Picture reference, Picture image) {
        return blocks(reference, image, ImageScores.LOSS);
    }

    /** The same map, whatever the threads of the loss. */
    static float[] blocks(Picture reference, Picture image, DctLoss loss) {
        ImageBatch map = loss.blockMap(image.batch(), reference.batch(), LossOptions.DEFAULT);
        float[] sums = new float[map.h() * map.w()];
        for (int c = 0; c < map.c(); c++) {
            for (int i = 0; i < sums.length; i++) {
                sums[i] += map.array()[c * sums.length + i];
            }
        }
        return sums;
    }

    static float largest(float[] blocks) {
        float largest = 0;
        for (float value : blocks) {
            largest = Math.max(largest, value);
        }
        return largest;
    }

    /** Paints each block over the 8x8 pixels it was computed from, {@code largest} and above in the last colour. */
    static Picture paint(float[] blocks, double largest, int width, int height) {
        int side = ImageScores.LOSS.blockSize();
        int columns = (width + side - 1) / side;
        Picture picture = Picture.ofSize(width, height);
        int[] colors = new int[columns];
        for (int y = 0; y < height; y++) {
            for (int i = 0; y % side == 0 && i < columns; i++) {
                colors[i] = color(largest > 0 ? (float) (blocks[y / side * columns + i] / largest) : 0);
            }
            for (int x = 0; x < width; x++) {
                picture.set(y, x, colors[x / side]);
            }
        }
        return picture;
    }

    /** The colour of a value in [0, 1]. */
    static int color(float value) {
        float place = Math.max(0, Math.min(1, value)) * (ANCHORS.length - 1);
        int i = Math.min((int) place, ANCHORS.length - 2);
        int rgb = 0;
        for (int shift = 16; shift >= 0; shift -= 8) {
            int from = ANCHORS[i] >> shift & 0xff;
            int to = ANCHORS[i + 1] >> shift & 0xff;
            rgb |= Math.round(from + (place - i) * (to - from)) << shift;
        }
        return rgb;
    }
}

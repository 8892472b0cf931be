package org.dctloss.spi;

import org.dctloss.Coefficients;
import org.dctloss.ColorTransform;
import org.dctloss.Edge;
import org.dctloss.Penalty;
import org.dctloss.Reduction;
import org.dctloss.Scaling;

/**
 * What a loss is asked to do, as numbers, checked. Immutable. Weights are not part of it: they are replaced between
 * runs.
 *
 * @param n samples
 * @param c channels
 * @param h height in pixels
 * @param w width in pixels
 * @param block block size B, 2 to 64
 * @param scaling scaling of the transform
 * @param penalty rho
 * @param coefficients signed or magnitude difference
 * @param reduction mean, sum or per sample
 * @param edge what lies outside the image
 * @param color rotation of three planes
 * @param tables number of weight tables: 1 or c
 * @param grids number of shifted grids that make one loss: (B / stride)^2
 * @param place where the views live and how they are stored
 */
public record Plan(
        int n,
        int c,
        int h,
        int w,
        int block,
        Scaling scaling,
        Penalty penalty,
        Coefficients coefficients,
        Reduction reduction,
        Edge edge,
        ColorTransform color,
        int tables,
        int grids,
        TransformPlan.Place place) {

    /** Position on an axis where the grid's first block starts; {@code offset} in 0..B-1. */
    public int start(int offset) {
        return edge == Edge.CROP && offset > 0 ? block - offset : -offset;
    }

    /** Blocks along an axis of {@code size} pixels; 0 if CROP leaves none. */
    public int blocks(int offset, int size) {
        if (edge == Edge.CROP) {
            return (int) Math.max(0, ((long) size + offset) / block - (offset > 0 ? 1 : 0));
        }
        return (int) (((long) size + offset + block - 1) / block);
    }

    /** Block rows of the grid at vertical offset {@code dy}. */
    public int rows(int dy) {
        return blocks(dy, h);
    }

    /** Block columns of the grid at horizontal offset {@code dx}. */
    public int columns(int dx) {
        return blocks(dx, w);
    }

    /** The largest number of block rows of any offset. */
    public int mostRows() {
        return (int) (((long) h + 2L * block - 2) / block);
    }

    /** Whether the grid at this offset reaches outside the image, or leaves part of it uncovered. */
    public boolean ragged(int dy, int dx) {
        return dy != 0 || dx != 0 || h % block != 0 || w % block != 0;
    }

    /** Whether blocks reach outside the image and what they find there are reflected copies of its pixels. */
    public boolean reflects(int dy, int dx) {
        return edge == Edge.REFLECT && ragged(dy, dx);
    }

    /** Planes that have to be at hand together: 3 with colour rotation, else 1. */
    public int planes() {
        return color == ColorTransform.NONE ? 1 : 3;
    }

    /** What the sum of a sample's penalties is multiplied with to give its mean, averaged over the grids. */
    public double sampleScale(int dy, int dx) {
        return 1 / ((double) c * rows(dy) * columns(dx) * block * block * grids);
    }

    /** The one output scale: what the sum of all penalties of a grid is multiplied with. */
    public double scale(int dy, int dx) {
        return switch (reduction) {
            case MEAN -> sampleScale(dy, dx) / n;
            case SUM -> 1.0 / grids;
            case PER_SAMPLE -> sampleScale(dy, dx);
        };
    }

    /** Pixels of the batch. */
    public double pixels() {
        return (double) n * c * h * w;
    }
}

package org.dctloss.superres;

import java.util.Arrays;
import java.util.Objects;

/**
 * How a plane is made smaller or larger: with the conventions of MATLAB's imresize, by which papers on super-resolution
 * make their low resolution and their baseline.
 *
 * <p>Output pixel j of an axis of {@code out} pixels looks at the place u = (j + 1/2) in/out - 1/2 of the {@code in}
 * pixels of the input (centres meet centres), and is the sum of the inputs x[i] there,
 *
 * <pre>
 * y[j] = sum k((u - i) s) x[i] / sum k((u - i) s),     s = min(1, out/in)
 * </pre>
 *
 * <ul>
 *   <li>Antialiased: where the axis shrinks, s stretches the kernel k over in/out times as many pixels. Where it grows,
 *       nothing is stretched.
 *   <li>Edges are mirrored with the outermost pixel repeated (c b a | a b c | c b a), again and again where the kernel
 *       is wider than the plane.
 *   <li>Both axes are treated alone; weights, sums and what lies between the axes are float64, rounded once. Results are
 *       not clamped: bicubic overshoots at edges.
 *   <li>A pixel of weight 0 is not read, so NaN and infinity stay where the kernel sees them, and a plane keeps its
 *       exact pixels where its size does not change.
 * </ul>
 *
 * <p>Other libraries differ. Pillow has the same kernels, stretched the same way, but cuts them off at the edge of the
 * image and normalises what is left: the same numbers inside (in its float mode), others near the edge. PyTorch's
 * {@code interpolate} with {@code antialias=True} does as Pillow; without it, nothing is stretched and bicubic has a =
 * -0.75. OpenCV's {@code INTER_CUBIC} has a = -0.75, is never antialiased, and repeats the outermost pixel alone. For
 * bytes, MATLAB rounds after each axis; for double, as here, it does not.
 *
 * <p>Stateless and thread-safe.
 */
public enum Resampling {
    /** The triangle, k(x) = 1 - |x| for |x| &lt; 1. */
    BILINEAR(1) {
        @Override
        double kernel(double x) {
            return 1 - x;
        }
    },

    /**
     * The cubic convolution of Keys (1981) with a = -1/2, the one of third order: |x| &lt; 1: 1.5 |x|^3 - 2.5 |x|^2 + 1; |x|
     * &lt; 2: -0.5 |x|^3 + 2.5 |x|^2 - 4 |x| + 2.
     */
    BICUBIC(2) {
        @Override
        double kernel(double x) {
            return x < 1 ? (1.5 * x - 2.5) * x * x + 1 : ((2.5 - 0.5 * x) * x - 4) * x + 2;
        }
    };

    /** Keeps the number of an axis's weights inside 32 bits. */
    private static final int LONGEST_SIDE = 1 << 24;

    /** The kernel is 0 from here on. */
    private final int reach;

    Resampling(int reach) {
        this.reach = reach;
    }

    /** The kernel at a distance 0 or more and below its reach. */
    abstract double kernel(double x);

    /**
     * A plane resized to any size; each axis has the scale of its own sizes, out/in.
     *
     * @param height of the result, 1 to 2^24
     * @param width of the result, 1 to 2^24
     */
    public Plane resize(Plane plane, int height, int width) {
        notNull(plane);
        checkSides("plane", plane.height(), plane.width());
        checkSides("size", height, width);
        Plane result = Plane.ofSize(height, width);
        double[] between = alongRows(plane, new Axis(plane.width(), width));
        Axis axis = new Axis(plane.height(), height);
        double[] sums = new double[width];
        for (int y = 0; y < height; y++) {
            Arrays.fill(sums, 0);
            for (int tap = axis.start[y]; tap < axis.start[y + 1]; tap++) {
                double weight = axis.weight[tap];
                int from = axis.source[tap] * width;
                for (int x = 0; x < width; x++) {
                    sums[x] += weight * between[from + x];
                }
            }
            for (int x = 0; x < width; x++) {
                result.pixels()[y * width + x] = (float) sums[x];
            }
        }
        return result;
    }

    private static double[] alongRows(Plane plane, Axis axis) {
        int width = axis.start.length - 1;
        Plane.checkSize(plane.height(), width);
        double[] out = new double[plane.height() * width];
        for (int y = 0; y < plane.height(); y++) {
            int row = y * plane.width();
            for (int x = 0; x < width; x++) {
                double sum = 0;
                for (int tap = axis.start[x]; tap < axis.start[x + 1]; tap++) {
                    sum += axis.weight[tap] * plane.pixels()[row + axis.source[tap]];
                }
                out[y * width + x] = sum;
            }
        }
        return out;
    }

    /**
     * A plane made smaller.
     *
     * @param scale how many pixels become one on each axis; it must divide both sides (see {@link Plane#modcrop})
     */
    public Plane down(Plane plane, int scale) {
        notNull(plane);
        checkScale(scale);
        if (plane.height() % scale != 0 || plane.width() % scale != 0) {
            throw new IllegalArgumentException("scale: got " + scale + " for " + plane.height() + "x" + plane.width()
                    + " pixels, allowed scales that divide both sides (modcrop makes it so)");
        }
        return resize(plane, plane.height() / scale, plane.width() / scale);
    }

    /**
     * A plane made larger.
     *
     * @param scale how many pixels one becomes on each axis, 1 or more
     */
    public Plane up(Plane plane, int scale) {
        notNull(plane);
        checkScale(scale);
        long height = (long) plane.height() * scale;
        long width = (long) plane.width() * scale;
        checkSides("size", height, width);
        return resize(plane, (int) height, (int) width);
    }

    private static void notNull(Plane plane) {
        Objects.requireNonNull(plane, "plane: got null, allowed a Plane");
    }

    private static void checkScale(int scale) {
        if (scale < 1) {
            throw new IllegalArgumentException("scale: got " + scale + ", allowed 1 or more");
        }
    }

    private static void checkSides(String what, long height, long width) {
        if (Math.min(height, width) < 1 || Math.max(height, width) > LONGEST_SIDE) {
            throw new IllegalArgumentException(
                    what + ": got " + height + "x" + width + " pixels, allowed sides of 1 to " + LONGEST_SIDE);
        }
    }

    /** What each output of an axis is made of: taps start[j] to start[j + 1], each a source and its weight. */
    private final class Axis {
        final int[] start;
        final int[] source;
        final double[] weight;

        Axis(int in, int out) {
            int most = 2 * reach * Math.max(in, out) + out;
            start = new int[out + 1];
            source = new int[most];
            weight = new double[most];
            int taps = 0;
            // In whole numbers, so that symmetric places get the very same weights: u - i is distance / (2 out), and
            // the
            // kernel's argument, in which a shrinking axis counts in pixels of the output, distance / unit.
            long step = 2L * out;
            long unit = 2L * Math.max(in, out);
            for (int j = 0; j < out; j++) {
                long place = (2L * j + 1) * in - out;
                long first = Math.floorDiv(place - reach * unit, step) + 1;
                int from = taps;
                double sum = 0;
                for (long i = first; place - i * step > -reach * unit; i++) {
                    double value = kernel(Math.abs(place - i * step) / (double) unit);
                    if (value != 0) {
                        source[taps] = mirrored(i, in);
                        weight[taps++] = value;
                        sum += value;
                    }
                }
                for (int tap = from; tap < taps; tap++) {
                    weight[tap] /= sum;
                }
                start[j + 1] = taps;
            }
        }

        private static int mirrored(long i, int size) {
            int place = (int) Math.floorMod(i, 2L * size);
            return place < size ? place : 2 * size - 1 - place;
        }
    }
}

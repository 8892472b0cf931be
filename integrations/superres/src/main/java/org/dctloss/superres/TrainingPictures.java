package org.dctloss.superres;

import java.util.Random;
import java.util.function.DoubleBinaryOperator;
import org.dctloss.ImageBatch;

/**
 * Pictures drawn by chance, to train and to test on where there are no photographs: things of all sizes that hide one
 * another ("dead leaves", whose edges and spectrum resemble those of photographs), each shaded and many with a texture,
 * sinusoids, stripes, checks, rings and noise of wavelengths from 2.5 to 40 pixels, and over them lines of writing and
 * thin wires.
 *
 * <p>They are no substitute for photographs: a network that learns here shows that training works, and little about how
 * good it would be on photographs.
 *
 * <p>The same seed and size give the same pixels on every machine: everything is computed by {@link StrictMath} and
 * {@link Random}, whose algorithms are part of their specification. Thread-safe.
 */
public final class TrainingPictures {
    private static final int CHANNELS = 3;
    private static final float LEVELS = 255;

    /** The shortest side has room for things of different sizes; the longest keeps the samples within 110 MiB. */
    private static final int SHORTEST_SIDE = 32;

    private static final int LONGEST_SIDE = 1024;

    /** Samples on each side of a pixel, whose value is their mean. */
    private static final int SAMPLES = 3;

    /** The area of all things by that of the picture: some of the background is still seen. */
    private static final double COVER = 2;

    /** One line of writing and one wire for so many pixels. */
    private static final int PIXELS_PER_LINE = 8000;

    /** The smallest things of a picture have a radius between these: some pictures are busy and some are calm. */
    private static final double BUSY = 3;

    private static final double CALM = 24;

    private static final double SHORTEST_WAVE = 2.5;
    private static final double LONGEST_WAVE = 40;

    /** Where something is. */
    private interface Shape {
        boolean holds(double x, double y);
    }

    /** A shape is nowhere outside its box. */
    private record Box(double left, double top, double right, double bottom) {}

    private final Random random;
    private final int height;
    private final int width;
    private final float[] samples;

    private TrainingPictures(long seed, int height, int width) {
        this.random = new Random(seed);
        this.height = height;
        this.width = width;
        samples = new float[SAMPLES * height * SAMPLES * width * CHANNELS];
    }

    /**
     * Draws a picture.
     *
     * @param seed which one; any number
     * @param height 32 to 1024 pixels
     * @param width 32 to 1024 pixels
     * @return RGB in a new array, 1 x 3 x height x width: all of red, then all of green, then all of blue; multiples of
     *     1/255 from 0 to 1, as they would be read from a file of 8 bits
     */
    public static ImageBatch draw(long seed, int height, int width) {
        if (Math.min(height, width) < SHORTEST_SIDE || Math.max(height, width) > LONGEST_SIDE) {
            throw new IllegalArgumentException("picture: got " + height + "x" + width + " pixels, allowed sides of "
                    + SHORTEST_SIDE + " to " + LONGEST_SIDE);
        }
        TrainingPictures picture = new TrainingPictures(seed, height, width);
        picture.paintAll();
        return picture.pixels();
    }

    private void paintAll() {
        paint((x, y) -> true, new Box(0, 0, width, height), texture(), color(), color());
        double largest = Math.min(height, width) / 2.5;
        double smallest = Math.min(largest / 2, BUSY * StrictMath.pow(CALM / BUSY, random.nextDouble()));
        double part = smallest / largest;
        for (double area = 0; area < COVER * height * width; ) {
            // Radii of density r^-3, which makes the picture look alike at every scale.
            double radius = smallest / Math.sqrt(1 - random.nextDouble() * (1 - part * part));
            thing(radius);
            area += 2 * radius * radius; // about, for these shapes
        }
        for (int i = 0; i < height * width; i += PIXELS_PER_LINE) {
            writing();
            stroke(
                    uniform(0, width),
                    uniform(0, height),
                    uniform(0, width),
                    uniform(0, height),
                    uniform(0.4, 1.4),
                    color());
        }
    }

    /** A disc, an ellipse, a box, a triangle or a ring, turned by any angle. */
    private void thing(double radius) {
        double cx = uniform(0, width);
        double cy = uniform(0, height);
        double angle = uniform(0, 2 * Math.PI);
        double cos = StrictMath.cos(angle);
        double sin = StrictMath.sin(angle);
        double flat = uniform(0.3, 1);
        int kind = random.nextInt(5);
        Shape shape = (x, y) -> {
            double u = ((x - cx) * cos + (y - cy) * sin) / radius;
            double v = ((y - cy) * cos - (x - cx) * sin) / radius;
            return switch (kind) {
                case 0 -> u * u + v * v < 1;
                case 1 -> u * u + v * v / (flat * flat) < 1;
                case 2 -> Math.abs(u) < 0.7 && Math.abs(v) < 0.7 * flat;
                case 3 -> v > -0.5 && Math.abs(u) < (1 - v) / 1.75; // inside the circle
                default -> u * u + v * v < 1 && u * u + v * v > 0.8 * flat;
            };
        };
        double[] color = color();
        double[] other = color();
        double contrast = uniform(0.1, 1);
        for (int c = 0; c < CHANNELS; c++) {
            other[c] = color[c] + contrast * (other[c] - color[c]);
        }
        paint(shape, new Box(cx - radius, cy - radius, cx + radius, cy + radius), texture(), color, other);
    }

    /** A place between two colours, 0 to 1, for every point. */
    private DoubleBinaryOperator texture() {
        double wave = SHORTEST_WAVE * StrictMath.pow(LONGEST_WAVE / SHORTEST_WAVE, random.nextDouble());
        double angle = uniform(0, 2 * Math.PI);
        double fx = StrictMath.cos(angle) / wave;
        double fy = StrictMath.sin(angle) / wave;
        double phase = uniform(0, 100);
        int seed = random.nextInt();
        return switch (random.nextInt(10)) {
            case 0 -> (x, y) -> 0.5 + 0.5 * StrictMath.sin(2 * Math.PI * (x * fx + y * fy + phase));
            case 1 -> (x, y) -> fraction(x * fx + y * fy + phase) < 0.5 ? 0 : 1;
            case 2 -> (x, y) -> fraction(x * fx + y * fy) < 0.5 == fraction(y * fx - x * fy) < 0.5 ? 0 : 1;
            case 3 -> {
                double cx = uniform(0, width);
                double cy = uniform(0, height);
                yield (x, y) -> {
                    double distance = Math.sqrt((x - cx) * (x - cx) + (y - cy) * (y - cy));
                    return 0.5 + 0.5 * StrictMath.sin(2 * Math.PI * distance / wave);
                };
            }
            case 4, 5 -> (x, y) -> noise(x * fx + y * fy, y * fx - x * fy, seed);
            case 6, 7 ->
                (x, y) -> {
                    double sum = 0;
                    double size = 0.5;
                    for (double w = LONGEST_WAVE; w > SHORTEST_WAVE; w /= 2, size /= 2) {
                        sum += size * noise(x / w, y / w, seed);
                    }
                    return sum;
                };
            // Shading: from one side of the picture to the other, once.
            default -> (x, y) -> 0.5 + 0.5 * (x * fx + y * fy) * wave / (width + height);
        };
    }

    /** Marks of three or four strokes each, side by side and in one colour. */
    private void writing() {
        double size = uniform(6, 18);
        double thick = size * uniform(0.1, 0.2);
        double x = uniform(-0.2, 0.8) * width;
        double y = uniform(0, 0.95) * height;
        double[] ink = color();
        for (int marks = 4 + random.nextInt(14); marks > 0; marks--) {
            for (int strokes = 3 + random.nextInt(2); strokes > 0; strokes--) {
                double left = x + size / 4 * random.nextInt(3);
                double right = x + size / 4 * random.nextInt(3);
                double from = y + size / 4 * random.nextInt(5);
                double to = y + size / 4 * random.nextInt(5);
                stroke(left, from, right, to, thick, ink);
            }
            x += size * (random.nextInt(6) == 0 ? 1.3 : 0.8);
        }
    }

    /** A straight line with round ends. */
    private void stroke(double x0, double y0, double x1, double y1, double thick, double[] ink) {
        double dx = x1 - x0;
        double dy = y1 - y0;
        double squared = Math.max(dx * dx + dy * dy, 1e-9);
        double r = thick / 2;
        Shape shape = (x, y) -> {
            double along = Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / squared));
            double ox = x - x0 - along * dx;
            double oy = y - y0 - along * dy;
            return ox * ox + oy * oy < r * r;
        };
        Box box = new Box(Math.min(x0, x1) - r, Math.min(y0, y1) - r, Math.max(x0, x1) + r, Math.max(y0, y1) + r);
        paint(shape, box, (x, y) -> 0, ink, ink);
    }

    /** Any brightness, and not much colour, as in most photographs. */
    private double[] color() {
        double[] color = new double[CHANNELS];
        double grey = uniform(0.05, 0.95);
        for (int c = 0; c < CHANNELS; c++) {
            color[c] = Math.max(0, Math.min(1, grey + uniform(-0.2, 0.2)));
        }
        return color;
    }

    private double uniform(double from, double to) {
        return from + (to - from) * random.nextDouble();
    }

    private static double fraction(double x) {
        return x - Math.floor(x);
    }

    /** Smooth noise of wavelength about 2, between 0 and 1. */
    private static double noise(double x, double y, int seed) {
        int x0 = (int) Math.floor(x);
        int y0 = (int) Math.floor(y);
        double fx = smooth(x - x0);
        double fy = smooth(y - y0);
        double top = lattice(x0, y0, seed) * (1 - fx) + lattice(x0 + 1, y0, seed) * fx;
        double bottom = lattice(x0, y0 + 1, seed) * (1 - fx) + lattice(x0 + 1, y0 + 1, seed) * fx;
        return top * (1 - fy) + bottom * fy;
    }

    private static double smooth(double t) {
        return t * t * (3 - 2 * t);
    }

    private static double lattice(int x, int y, int seed) {
        int h = seed + x * 0x27d4eb2d + y * 0x165667b1;
        h = (h ^ h >>> 15) * 0x85ebca6b;
        h = (h ^ h >>> 13) * 0xc2b2ae35;
        return ((h ^ h >>> 16) & 0xffffff) / (double) 0xffffff;
    }

    /** Over everything that was painted before. */
    private void paint(Shape shape, Box box, DoubleBinaryOperator texture, double[] from, double[] to) {
        int left = sample(box.left, width);
        int right = sample(box.right + 1, width);
        for (int y = sample(box.top, height); y < sample(box.bottom + 1, height); y++) {
            double py = (y + 0.5) / SAMPLES;
            for (int x = left; x < right; x++) {
                double px = (x + 0.5) / SAMPLES;
                if (shape.holds(px, py)) {
                    double place = texture.applyAsDouble(px, py);
                    int at = (y * SAMPLES * width + x) * CHANNELS;
                    for (int c = 0; c < CHANNELS; c++) {
                        samples[at + c] = (float) (from[c] + place * (to[c] - from[c]));
                    }
                }
            }
        }
    }

    /** The first sample of the pixel that holds a coordinate, or the nearest there is. */
    private static int sample(double coordinate, int size) {
        return SAMPLES * (int) Math.max(0, Math.min(size, Math.floor(coordinate)));
    }

    private ImageBatch pixels() {
        float[] planes = new float[CHANNELS * height * width];
        for (int i = 0; i < planes.length; i++) {
            int c = i / (height * width);
            int y = i / width % height;
            int x = i % width;
            double sum = 0;
            for (int s = 0; s < SAMPLES * SAMPLES; s++) {
                int row = SAMPLES * y + s / SAMPLES;
                int column = SAMPLES * x + s % SAMPLES;
                sum += samples[(row * SAMPLES * width + column) * CHANNELS + c];
            }
            planes[i] = Math.round(LEVELS * sum / (SAMPLES * SAMPLES)) / LEVELS;
        }
        return ImageBatch.of(planes, 1, CHANNELS, height, width);
    }
}

package org.dctloss.benchmarks;

import java.lang.ref.SoftReference;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dctloss.ImageBatch;

/** Shape and layout of the images that a case works on. */
public record Images(int n, int c, int h, int w, Layout layout) {
    /** How pixels lie in memory. */
    public enum Layout {
        /** Plane after plane (NCHW), without gaps. */
        PLANES,
        /** Channels of a pixel side by side (NHWC). */
        NHWC,
        /** Planes inside larger ones: a window whose rows start anywhere. */
        SLICED
    }

    private static final Pattern TEXT =
            Pattern.compile("([1-9]\\d{0,8})x([1-9]\\d{0,8})x([1-9]\\d{0,8})x([1-9]\\d{0,8})(-nhwc|-sliced)?");

    /** Contenders read the same arrays: at the large sizes one for each would not fit. */
    private static final Map<String, SoftReference<float[]>> NOISE = new ConcurrentHashMap<>();

    /** Margins of a slice, which start at odd places. */
    private static final int TOP = 3;

    private static final int LEFT = 5;

    /** Reads NxCxHxW, NxCxHxW-nhwc or NxCxHxW-sliced. */
    public static Images parse(String text) {
        Matcher match = TEXT.matcher(text);
        if (!match.matches()) {
            throw new IllegalArgumentException("images: got '" + text
                    + "', allowed NxCxHxW (four positive whole numbers), alone or with -nhwc or -sliced behind it");
        }
        int[] sizes = new int[4];
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = Integer.parseInt(match.group(i + 1));
        }
        String layout = match.group(5);
        return new Images(
                sizes[0],
                sizes[1],
                sizes[2],
                sizes[3],
                layout == null
                        ? Layout.PLANES
                        : Layout.valueOf(layout.substring(1).toUpperCase(Locale.ROOT)));
    }

    public long pixels() {
        return (long) n * c * h * w;
    }

    /** Whether all pixels are one array of complete 8x8 blocks, plane after plane: what every peer can read. */
    public boolean plain() {
        return layout == Layout.PLANES && h % 8 == 0 && w % 8 == 0;
    }

    /** Uniform noise from 0 to 1, for reading only: the time of no contender depends on the values. */
    public float[] noise(long seed) {
        String key = pixels() + "/" + seed;
        SoftReference<float[]> known = NOISE.get(key);
        float[] values = known == null ? null : known.get();
        if (values == null) {
            values = drawn(seed);
            NOISE.put(key, new SoftReference<>(values));
        }
        return values;
    }

    private float[] drawn(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[Math.toIntExact(pixels())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble();
        }
        return values;
    }

    /** A batch of this shape and layout in host memory, filled with the values, which are in the order of NCHW. */
    public ImageBatch batch(float[] values) {
        return switch (layout) {
            case PLANES -> ImageBatch.of(values, n, c, h, w);
            case NHWC -> filled(ImageBatch.ofNhwc(new float[values.length], n, c, h, w), values);
            case SLICED -> {
                int height = h + 2 * TOP;
                int width = w + 2 * LEFT;
                float[] larger = new float[Math.toIntExact((long) n * c * height * width)];
                yield filled(ImageBatch.of(larger, n, c, height, width).window(TOP, LEFT, h, w), values);
            }
        };
    }

    private static ImageBatch filled(ImageBatch batch, float[] values) {
        int at = 0;
        for (int i = 0; i < batch.n(); i++) {
            for (int j = 0; j < batch.c(); j++) {
                for (int y = 0; y < batch.h(); y++, at += batch.w()) {
                    batch.writeRow(i, j, y, 0, batch.w(), values, at);
                }
            }
        }
        return batch;
    }

    /** The pixels of a batch in the order of NCHW. */
    static float[] values(ImageBatch batch) {
        float[] values = new float[batch.n() * batch.c() * batch.h() * batch.w()];
        int at = 0;
        for (int i = 0; i < batch.n(); i++) {
            for (int j = 0; j < batch.c(); j++) {
                for (int y = 0; y < batch.h(); y++, at += batch.w()) {
                    batch.readRow(i, j, y, 0, batch.w(), values, at);
                }
            }
        }
        return values;
    }

    @Override
    public String toString() {
        String shape = n + "x" + c + "x" + h + "x" + w;
        return layout == Layout.PLANES ? shape : shape + "-" + layout.name().toLowerCase(Locale.ROOT);
    }
}

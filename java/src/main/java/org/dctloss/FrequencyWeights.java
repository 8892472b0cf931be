package org.dctloss;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * The weight W[u][v] of every coefficient: how strongly the eye sees an error at vertical frequency u and horizontal
 * frequency v. W multiplies the coefficient, so a squared penalty weighs by W squared. One table for all channels, or
 * one per channel. Immutable, compared by value.
 *
 * <p>Everything is applied in one fixed order, whatever the order of the calls: quality, resample, floor, anneal,
 * inverse, power, DC, normalise. It is computed in float64 and rounded once, when all factors are folded.
 */
public final class FrequencyWeights {
    /** ITU-T T.81 (JPEG) Annex K, table K.1, luminance; row = vertical frequency. */
    private static final int[] JPEG_LUMINANCE = {
        16, 11, 10, 16, 24, 40, 51, 61, //
        12, 12, 14, 19, 26, 58, 60, 55, //
        14, 13, 16, 24, 40, 57, 69, 56, //
        14, 17, 22, 29, 51, 87, 80, 62, //
        18, 22, 37, 56, 68, 109, 103, 77, //
        24, 35, 55, 64, 81, 104, 113, 92, //
        49, 64, 78, 87, 103, 121, 120, 101, //
        72, 92, 95, 98, 112, 100, 103, 99
    };

    /** ITU-T T.81 (JPEG) Annex K, table K.2, chrominance. */
    private static final int[] JPEG_CHROMINANCE = {
        17, 18, 24, 47, 99, 99, 99, 99, //
        18, 21, 26, 66, 99, 99, 99, 99, //
        24, 26, 56, 99, 99, 99, 99, 99, //
        47, 66, 99, 99, 99, 99, 99, 99, //
        99, 99, 99, 99, 99, 99, 99, 99, //
        99, 99, 99, 99, 99, 99, 99, 99, //
        99, 99, 99, 99, 99, 99, 99, 99, //
        99, 99, 99, 99, 99, 99, 99, 99
    };

    /** Watson, "DCT quantization matrices visually optimized for individual images" (1993): detection thresholds. */
    private static final double[] WATSON = {
        1.40, 1.01, 1.16, 1.66, 2.40, 3.43, 4.79, 6.56, //
        1.01, 1.45, 1.32, 1.52, 2.00, 2.71, 3.67, 4.93, //
        1.16, 1.32, 2.24, 2.59, 2.98, 3.64, 4.60, 5.88, //
        1.66, 1.52, 2.59, 3.77, 4.55, 5.30, 6.28, 7.60, //
        2.40, 2.00, 2.98, 4.55, 6.15, 7.46, 8.71, 10.17, //
        3.43, 2.71, 3.64, 5.30, 7.46, 9.62, 11.58, 13.51, //
        4.79, 3.67, 4.60, 6.28, 8.71, 11.58, 14.50, 17.29, //
        6.56, 4.93, 5.88, 7.60, 10.17, 13.51, 17.29, 21.15
    };

    /** Side of the published tables. */
    private static final int PUBLISHED = 8;

    /** Cycles per degree at which the Mannos-Sakrison function peaks. */
    private static final double CSF_PEAK = 7.891;

    private static final double NOT_SET = Double.NaN;

    /** 256 MiB of them, so that no backend's memory of constants is larger than an int counts. */
    private static final int MOST_NUMBERS = 1 << 25;

    private enum Source {
        UNIFORM,
        JPEG_LUMINANCE,
        JPEG_CHROMINANCE,
        WATSON,
        MANNOS_SAKRISON,
        GIVEN
    }

    /** One table and what is to be done to it; {@code given} holds a GIVEN table and nothing otherwise. */
    private record Table(
            Source source,
            double parameter,
            List<Float> given,
            int size,
            boolean floor,
            double alpha,
            double power,
            double dc) {

        static Table of(Source source, double parameter) {
            return new Table(source, parameter, List.of(), 0, false, NOT_SET, 1, NOT_SET);
        }

        /** Side of the table before resampling; 0 where any size can be evaluated. */
        int naturalSize() {
            return switch (source) {
                case UNIFORM, MANNOS_SAKRISON -> 0;
                case GIVEN -> (int) Math.round(Math.sqrt(given.size()));
                default -> PUBLISHED;
            };
        }

        @Override
        public String toString() {
            String text = switch (source) {
                case UNIFORM -> "uniform";
                case JPEG_LUMINANCE -> "jpegLuminance(" + (int) parameter + ")";
                case JPEG_CHROMINANCE -> "jpegChrominance(" + (int) parameter + ")";
                case WATSON -> "watson";
                case MANNOS_SAKRISON -> "mannosSakrison(" + parameter + ")";
                case GIVEN ->
                    "of(" + naturalSize() + "x" + naturalSize() + " table, hash "
                            + Integer.toHexString(given.hashCode()) + ")";
            };
            return text
                    + (size == 0 ? "" : ".resample(" + size + ")")
                    + (floor ? ".floor()" : "")
                    + (Double.isNaN(alpha) ? "" : ".anneal(" + alpha + ")")
                    + (power == 1 ? "" : ".power(" + power + ")")
                    + (Double.isNaN(dc) ? "" : ".withDc(" + dc + ")");
        }
    }

    private final List<Table> tables;

    /** Null until chosen: MEAN_SQUARE, and free to be chosen by a set that this table joins. */
    private final Normalization normalization;

    private FrequencyWeights(List<Table> tables, Normalization normalization) {
        this.tables = tables;
        this.normalization = normalization;
    }

    private static FrequencyWeights single(Table table) {
        return new FrequencyWeights(List.of(table), null);
    }

    /** W = 1 everywhere. */
    public static FrequencyWeights uniform() {
        return single(Table.of(Source.UNIFORM, 0));
    }

    /**
     * 1/Q with the JPEG luminance table (ITU-T T.81 Annex K) at an IJG quality: s = 5000/quality below 50, else
     * 200 - 2 quality; Q' = (Q s + 50) / 100, all in integers, clamped to 1..255. Above about 95 most entries are 1 to
     * 3, so the weights are nearly flat.
     *
     * @param quality 1 to 100
     * @throws IllegalArgumentException if quality lies outside
     */
    public static FrequencyWeights jpegLuminance(int quality) {
        return single(Table.of(Source.JPEG_LUMINANCE, checkedQuality(quality)));
    }

    /** 1/Q with the JPEG chrominance table; otherwise like {@link #jpegLuminance}. */
    public static FrequencyWeights jpegChrominance(int quality) {
        return single(Table.of(Source.JPEG_CHROMINANCE, checkedQuality(quality)));
    }

    /** 1/t with Watson's detection thresholds (Watson 1993), which were measured for pixels of range 0..255. */
    public static FrequencyWeights watson() {
        return single(Table.of(Source.WATSON, 0));
    }

    /**
     * The contrast sensitivity function of Mannos and Sakrison (1974), A(f) = 2.6 (0.0192 + 0.114 f)
     * exp(-(0.114 f)^1.1), at f = sqrt(u^2 + v^2) ppd / (2B) cycles per degree; low-pass: below its peak at 7.891
     * cycles per degree it keeps the peak value.
     *
     * @param pixelsPerDegree pixels in one degree of visual angle, positive and finite (about 60 for a desktop screen)
     * @throws IllegalArgumentException if it is not
     */
    public static FrequencyWeights mannosSakrison(double pixelsPerDegree) {
        if (!(pixelsPerDegree > 0 && pixelsPerDegree < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "pixels per degree: got " + pixelsPerDegree + ", allowed any positive finite number");
        }
        return single(Table.of(Source.MANNOS_SAKRISON, pixelsPerDegree));
    }

    /**
     * A table of one's own: W itself, row by row, row = vertical frequency.
     *
     * @param table BxB numbers with B from 2 to 64, finite, none negative, not all zero; copied
     * @throws IllegalArgumentException if it is anything else
     */
    public static FrequencyWeights of(float[] table) {
        Objects.requireNonNull(table, "weight table: got null, allowed BxB numbers");
        int side = (int) Math.round(Math.sqrt(table.length));
        if (side * side != table.length || side < DctLoss.SMALLEST_BLOCK || side > DctLoss.LARGEST_BLOCK) {
            throw new IllegalArgumentException(
                    "weight table: got " + table.length + " numbers, allowed BxB with B from 2 to 64");
        }
        List<Float> given = new ArrayList<>(table.length);
        float sum = 0;
        for (int i = 0; i < table.length; i++) {
            if (!(table[i] >= 0 && table[i] < Float.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("weight table: got " + table[i] + " at row " + i / side + ", column "
                        + i % side + ", allowed finite numbers from 0 up");
            }
            sum += table[i];
            given.add(table[i]);
        }
        if (sum == 0) {
            throw new IllegalArgumentException("weight table: got all zeros, allowed at least one positive number");
        }
        return single(new Table(Source.GIVEN, 0, List.copyOf(given), 0, false, NOT_SET, 1, NOT_SET));
    }

    /**
     * One table per channel, normalised together.
     *
     * @param channels one single table per channel, in order; what is normalised is the set, so none may carry a
     *     normalisation of its own
     * @throws IllegalArgumentException if there is none, or one is a set or already normalised
     */
    public static FrequencyWeights perChannel(FrequencyWeights... channels) {
        Objects.requireNonNull(channels, "weights per channel: got null, allowed one table per channel");
        if (channels.length == 0) {
            throw new IllegalArgumentException("weights per channel: got no table, allowed one per channel");
        }
        List<Table> all = new ArrayList<>();
        for (FrequencyWeights channel : channels) {
            Objects.requireNonNull(channel, "weights per channel: got null, allowed one table per channel");
            if (channel.tables.size() != 1 || channel.normalization != null) {
                throw new IllegalArgumentException("weights per channel: got " + channel
                        + ", allowed single tables without normalize(...), which belongs to the set");
            }
            all.add(channel.tables.get(0));
        }
        return new FrequencyWeights(List.copyOf(all), null);
    }

    private static int checkedQuality(int quality) {
        if (quality < 1 || quality > 100) {
            throw new IllegalArgumentException("JPEG quality: got " + quality + ", allowed 1 to 100");
        }
        return quality;
    }

    /**
     * Resamples to block size B by half-pixel bilinear interpolation with clamped edges and no antialiasing, of the
     * table Q or t and not of its inverse (of W itself for {@link #of}). Named tables do this by themselves when a
     * loss of another block size uses them; {@link #of} tables only when asked.
     *
     * @param block 2 to 64
     */
    public FrequencyWeights resample(int block) {
        if (block < DctLoss.SMALLEST_BLOCK || block > DctLoss.LARGEST_BLOCK) {
            throw new IllegalArgumentException("resample: got block size " + block + ", allowed 2 to 64");
        }
        return map(t -> new Table(t.source, t.parameter, t.given, block, t.floor, t.alpha, t.power, t.dc));
    }

    /**
     * Rounds the (resampled) table Q or t down to integers: the 21x21 table of Arezoomand et al. (2021) is
     * {@code jpegLuminance(50).resample(21).floor()}.
     *
     * @throws IllegalArgumentException for weights that are not the inverse of such a table
     */
    public FrequencyWeights floor() {
        return map(t -> {
            if (t.source == Source.GIVEN || t.source == Source.MANNOS_SAKRISON) {
                throw new IllegalArgumentException("floor: got " + t
                        + ", allowed tables that are inverted: jpegLuminance, jpegChrominance, watson");
            }
            return new Table(t.source, t.parameter, t.given, t.size, true, t.alpha, t.power, t.dc);
        });
    }

    /**
     * The schedule of Arezoomand et al. (2021): Q becomes alpha Q / 2 + 1, with alpha = exp(-epoch / 2000) there. A
     * weight that is no inverse of a table counts as Q = 1/W. At alpha = 0 all weights are equal. To change it between
     * steps without allocating anything, use {@link LossSession#anneal}.
     *
     * @param alpha finite, 0 or more
     */
    public FrequencyWeights anneal(double alpha) {
        checkAlpha(alpha);
        return map(t -> new Table(t.source, t.parameter, t.given, t.size, t.floor, alpha, t.power, t.dc));
    }

    static void checkAlpha(double alpha) {
        if (!(alpha >= 0 && alpha < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("anneal: got alpha " + alpha + ", allowed finite numbers from 0 up");
        }
    }

    /**
     * Raises every weight to a power: 2 weighs like 1/Q^2.
     *
     * @param exponent finite, 0 or more
     */
    public FrequencyWeights power(double exponent) {
        if (!(exponent >= 0 && exponent < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("weight power: got " + exponent + ", allowed finite numbers from 0 up");
        }
        return map(t -> new Table(t.source, t.parameter, t.given, t.size, t.floor, t.alpha, exponent, t.dc));
    }

    /**
     * Replaces W[0][0], the weight of the block's mean.
     *
     * @param weight finite, 0 or more
     */
    public FrequencyWeights withDc(double weight) {
        if (!(weight >= 0 && weight < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("DC weight: got " + weight + ", allowed finite numbers from 0 up");
        }
        return map(t -> new Table(t.source, t.parameter, t.given, t.size, t.floor, t.alpha, t.power, weight));
    }

    /** Sets the normalisation, over all tables together; {@link Normalization#MEAN_SQUARE} unless set. */
    public FrequencyWeights normalize(Normalization rule) {
        Objects.requireNonNull(rule, "normalisation: got null, allowed a value");
        return new FrequencyWeights(tables, rule);
    }

    private FrequencyWeights map(UnaryOperator<Table> change) {
        return new FrequencyWeights(tables.stream().map(change).toList(), normalization);
    }

    /** Number of tables: 1, or the number of channels. */
    public int count() {
        return tables.size();
    }

    /** The normalisation in force. */
    public Normalization normalization() {
        return normalization == null ? Normalization.MEAN_SQUARE : normalization;
    }

    /**
     * The finished weights for a block size.
     *
     * @return {@code count() * block * block} numbers, table by table, row by row
     * @throws IllegalArgumentException if a given table has another size, or what was asked for leaves no finite
     *     positive weight
     */
    public double[] resolve(int block) {
        long numbers = (long) count() * block * block;
        if (numbers > MOST_NUMBERS) {
            throw new IllegalArgumentException("weights: got " + count() + " tables of " + block + "x" + block
                    + ", allowed " + MOST_NUMBERS + " numbers or fewer in all");
        }
        double[] out = new double[(int) numbers];
        resolve(block, NOT_SET, out);
        return out;
    }

    /** {@link #resolve(int)} into {@code out} without allocating; {@code alpha} replaces the tables' own unless NaN. */
    void resolve(int block, double alpha, double[] out) {
        int size = block * block;
        for (int i = 0; i < tables.size(); i++) {
            resolveOne(tables.get(i), block, alpha, out, i * size);
        }
        double divisor = divisor(out, count() * size);
        for (int i = 0; i < count() * size; i++) {
            out[i] /= divisor;
        }
    }

    private static void resolveOne(Table table, int block, double alpha, double[] out, int offset) {
        int size = table.size != 0 ? table.size : table.source == Source.GIVEN ? table.naturalSize() : block;
        if (size != block) {
            throw new IllegalArgumentException("weights: got " + table + " of size " + size + "x" + size
                    + " for block size " + block + ", allowed that size (resample(" + block + ") brings it there)");
        }
        double anneal = Double.isNaN(alpha) ? table.alpha : alpha;
        for (int u = 0; u < block; u++) {
            for (int v = 0; v < block; v++) {
                double w = inverseOfQ(table, u, v, block, anneal);
                w = table.power == 1 ? w : Math.pow(w, table.power);
                out[offset + u * block + v] = u + v == 0 && !Double.isNaN(table.dc) ? table.dc : w;
            }
        }
    }

    private static double inverseOfQ(Table table, int u, int v, int block, double alpha) {
        double w; // the weight itself where the source is one, else q is set
        double q = 1;
        switch (table.source) {
            case MANNOS_SAKRISON ->
                w = sensitivity(Math.sqrt((double) u * u + v * v) * table.parameter / (2.0 * block));
            case GIVEN -> w = interpolate(table, u, v, block);
            default -> {
                q = interpolate(table, u, v, block);
                q = table.floor ? Math.floor(q) : q;
                w = 1 / q;
            }
        }
        if (Double.isNaN(alpha)) {
            return w;
        }
        // 1 / (alpha Q / 2 + 1) with Q = 1/w, in the form that allows w = 0.
        return alpha == 0 ? 1 : 2 * w / (alpha + 2 * w);
    }

    private static double sensitivity(double cyclesPerDegree) {
        double f = Math.max(cyclesPerDegree, CSF_PEAK);
        return 2.6 * (0.0192 + 0.114 * f) * Math.exp(-Math.pow(0.114 * f, 1.1));
    }

    /**
     * The table at (u, v) of a grid of {@code block} by {@code block}. Positions are fractions over 2 * block, so the
     * weights of an integer table sum without rounding and its floor is exact.
     */
    private static double interpolate(Table table, int u, int v, int block) {
        int size = table.naturalSize();
        if (size == 0) {
            return 1;
        }
        if (size == block) {
            return entry(table, u, v, size);
        }
        int step = 2 * block;
        int y = Math.max(0, Math.min((size - 1) * step, (2 * u + 1) * size - block));
        int x = Math.max(0, Math.min((size - 1) * step, (2 * v + 1) * size - block));
        int y0 = y / step;
        int x0 = x / step;
        int y1 = Math.min(y0 + 1, size - 1);
        int x1 = Math.min(x0 + 1, size - 1);
        double fy = y % step;
        double fx = x % step;
        double sum = (step - fy) * ((step - fx) * entry(table, y0, x0, size) + fx * entry(table, y0, x1, size))
                + fy * ((step - fx) * entry(table, y1, x0, size) + fx * entry(table, y1, x1, size));
        return sum / ((double) step * step);
    }

    private static double entry(Table table, int row, int column, int size) {
        int i = row * size + column;
        return switch (table.source) {
            case JPEG_LUMINANCE -> quantiser(JPEG_LUMINANCE[i], (int) table.parameter);
            case JPEG_CHROMINANCE -> quantiser(JPEG_CHROMINANCE[i], (int) table.parameter);
            case WATSON -> WATSON[i];
            default -> table.given.get(i);
        };
    }

    /** The quality scaling of the Independent JPEG Group's library, in its integers. */
    private static int quantiser(int base, int quality) {
        int scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;
        return Math.max(1, Math.min(255, (base * scale + 50) / 100));
    }

    private double divisor(double[] weights, int length) {
        double sum = 0;
        double max = 0;
        for (int i = 0; i < length; i++) {
            sum += weights[i];
            max = Math.max(max, weights[i]);
        }
        if (!(max > 0 && sum < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "weights: got " + this
                            + ", whose tables are all zero or not finite, allowed at least one positive weight and none infinite");
        }
        return switch (normalization()) {
            case NONE -> 1;
            case MAX -> max;
            case MEAN -> sum / length;
            case MEAN_SQUARE -> rootMeanSquare(weights, length, max);
        };
    }

    /** Relative to the largest, so that high powers neither overflow nor vanish. */
    private static double rootMeanSquare(double[] weights, int length, double max) {
        double squares = 0;
        for (int i = 0; i < length; i++) {
            squares += weights[i] / max * (weights[i] / max);
        }
        return max * Math.sqrt(squares / length);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof FrequencyWeights that
                && tables.equals(that.tables)
                && normalization() == that.normalization();
    }

    @Override
    public int hashCode() {
        return Arrays.asList(tables, normalization()).hashCode();
    }

    @Override
    public String toString() {
        String text = tables.size() == 1 ? tables.get(0).toString() : "perChannel" + tables;
        return text + (normalization == null ? "" : ".normalize(" + normalization + ")");
    }
}

package org.dctloss.contract;

import java.util.Locale;
import java.util.Random;
import org.dctloss.Coefficients;
import org.dctloss.ColorTransform;
import org.dctloss.DctLoss;
import org.dctloss.Edge;
import org.dctloss.FrequencyWeights;
import org.dctloss.LossOptions;
import org.dctloss.Normalization;
import org.dctloss.Penalty;
import org.dctloss.Reduction;
import org.dctloss.Scaling;
import org.dctloss.reference.ReferenceDctLoss;

/** One set of options, for the library and for the reference alike. */
final class LossCase {
    int n = 1;
    int c = 1;
    int h = 16;
    int w = 16;
    int block = 8;
    Scaling scaling = Scaling.ORTHONORMAL;
    Penalty penalty = Penalty.squared();
    Coefficients coefficients = Coefficients.SIGNED;
    Reduction reduction = Reduction.MEAN;
    Edge edge = Edge.REPLICATE;
    ColorTransform color = ColorTransform.NONE;
    FrequencyWeights weights = FrequencyWeights.jpegLuminance(50);
    int stride;
    int dy;
    int dx;
    float[] upstream;
    long seed = 1;

    /** Any options, with sizes that keep the reference quick. */
    static LossCase random(long seed) {
        Random r = new Random(seed);
        LossCase k = new LossCase();
        k.seed = seed;
        k.block = r.nextInt(3) > 0 ? 8 : new int[] {2, 3, 4, 5, 7, 16, 21, 32, 64}[r.nextInt(9)];
        k.scaling = pick(r, Scaling.values());
        k.coefficients = pick(r, Coefficients.values());
        k.reduction = pick(r, Reduction.values());
        k.edge = pick(r, Edge.values());
        k.penalty = switch (r.nextInt(4)) {
            case 0 -> Penalty.squared();
            case 1 -> Penalty.absolute();
            case 2 -> Penalty.charbonnier(Math.pow(10, -4 + 4 * r.nextDouble()));
            default -> Penalty.huber(Math.pow(10, -3 + 4 * r.nextDouble()));
        };
        k.n = 1 + r.nextInt(3);
        k.c = 1 + r.nextInt(3);
        if (r.nextInt(3) == 0) {
            k.c = 3;
            k.color = pick(r, ColorTransform.values());
        }
        int most = k.block > 16 ? 70 : 40;
        int least = k.edge == Edge.CROP ? 2 * k.block : 1;
        k.h = least + r.nextInt(most);
        k.w = least + r.nextInt(most);
        if (k.edge != Edge.CROP && r.nextInt(6) == 0) {
            k.h = r.nextBoolean() ? 1 : 103;
            k.w = k.h == 1 ? 207 : 1 + r.nextInt(9);
        }
        if (r.nextInt(3) == 0) {
            k.dy = r.nextInt(k.block);
            k.dx = r.nextInt(k.block);
        }
        if (r.nextInt(5) == 0 && k.block <= 8) {
            k.stride = k.block % 2 == 0 ? k.block / 2 : 1;
        }
        k.weights = weights(r, k.block, k.c);
        if (k.reduction == Reduction.PER_SAMPLE && r.nextBoolean()) {
            k.upstream = new float[k.n];
            for (int i = 0; i < k.n; i++) {
                k.upstream[i] = r.nextFloat() * 4 - 2;
            }
        }
        return k;
    }

    private static FrequencyWeights weights(Random r, int block, int c) {
        FrequencyWeights chosen = r.nextInt(3) == 0 && c > 1 ? null : table(r, block);
        if (chosen == null) {
            FrequencyWeights[] each = new FrequencyWeights[c];
            for (int i = 0; i < c; i++) {
                each[i] = table(r, block);
            }
            chosen = FrequencyWeights.perChannel(each);
        }
        return chosen.normalize(pick(r, Normalization.values()));
    }

    private static FrequencyWeights table(Random r, int block) {
        FrequencyWeights table = switch (r.nextInt(6)) {
            case 0 -> FrequencyWeights.uniform();
            case 1 -> FrequencyWeights.jpegLuminance(1 + r.nextInt(100));
            case 2 -> FrequencyWeights.jpegChrominance(1 + r.nextInt(100));
            case 3 -> FrequencyWeights.watson();
            case 4 -> FrequencyWeights.mannosSakrison(10 + 60 * r.nextDouble());
            default -> {
                float[] given = new float[block * block];
                for (int i = 0; i < given.length; i++) {
                    given[i] = r.nextInt(5) == 0 ? 0 : r.nextFloat();
                }
                given[0] = 0.7f;
                yield FrequencyWeights.of(given);
            }
        };
        return r.nextInt(4) == 0 ? table.anneal(r.nextDouble() * 2).withDc(r.nextDouble()) : table;
    }

    private static <T> T pick(Random r, T[] values) {
        return values[r.nextInt(values.length)];
    }

    DctLoss.Builder builder() {
        DctLoss.Builder builder = DctLoss.builder()
                .blockSize(block)
                .scaling(scaling)
                .penalty(penalty)
                .coefficients(coefficients)
                .reduction(reduction)
                .edge(edge)
                .color(color)
                .weights(weights);
        return stride == 0 ? builder : builder.stride(stride);
    }

    LossOptions options() {
        LossOptions options = LossOptions.DEFAULT.offset(dy, dx);
        return upstream == null ? options : options.upstream(upstream);
    }

    ReferenceDctLoss reference() {
        ReferenceDctLoss r = new ReferenceDctLoss();
        r.block = block;
        r.unnormalized = scaling == Scaling.UNNORMALIZED;
        r.penalty = lower(penalty.kind());
        r.parameter = penalty.parameter();
        r.magnitude = coefficients == Coefficients.MAGNITUDE;
        r.reduction = lower(reduction);
        r.edge = lower(edge);
        r.color = lower(color);
        r.stride = stride;
        r.dy = dy;
        r.dx = dx;
        // Tables have tests of their own (FrequencyWeightsTest); here they are data.
        double[] all = weights.resolve(block);
        r.weights = new double[weights.count()][block * block];
        for (int i = 0; i < all.length; i++) {
            r.weights[i / (block * block)][i % (block * block)] = all[i];
        }
        if (upstream != null) {
            r.upstream = new double[n];
            for (int i = 0; i < n; i++) {
                r.upstream[i] = upstream[i];
            }
        }
        return r;
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public String toString() {
        return "seed " + seed + ": " + n + "x" + c + "x" + h + "x" + w + " offset " + dy + "," + dx
                + (upstream == null ? "" : " upstream per sample") + " "
                + builder().build();
    }
}

package org.dctloss.dl4j;

import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.dctloss.Coefficients;
import org.dctloss.ColorTransform;
import org.dctloss.DctLoss;
import org.dctloss.Edge;
import org.dctloss.FrequencyWeights;
import org.dctloss.Penalty;
import org.dctloss.Scaling;
import org.dctloss.contract.TestImages.Kind;
import org.dctloss.dl4j.ImageArrays.Layout;
import org.dctloss.reference.ReferenceDctLoss;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** A loss with all that a call of DL4J adds to it, and what comes out by its definition in float64. */
record Setting(DctLoss loss, Images z, Images t, Layout layout, boolean sigmoid, Masking masking) {
    /** What a mask has numbers for. */
    enum Masking {
        NONE,
        EXAMPLES,
        PIXELS,
        OUTPUTS
    }

    /** Value and gradient with respect to what is before the activation, the latter in NCHW order. */
    record Expected(double[] scores, double[] gradient, boolean[] nearJump) {}

    static Setting of(DctLoss loss, int n, int c, int h, int w, Layout layout, boolean sigmoid, Masking masking) {
        return new Setting(
                loss, Images.wide(n, c, h, w, 1), Images.draw(Kind.NOISE, n, c, h, w, 2), layout, sigmoid, masking);
    }

    /** Losses whose every option is taken by one at least, for three channels. */
    static List<DctLoss> losses() {
        FrequencyWeights each = FrequencyWeights.perChannel(
                FrequencyWeights.jpegLuminance(50),
                FrequencyWeights.watson().withDc(0.5),
                FrequencyWeights.mannosSakrison(40));
        DctLoss.Builder base = DctLoss.builder();
        return List.of(
                base.build(),
                base.weights(FrequencyWeights.uniform())
                        .penalty(Penalty.charbonnier(0.01))
                        .build(),
                base.weights(each)
                        .penalty(Penalty.huber(0.3))
                        .edge(Edge.REFLECT)
                        .stride(4)
                        .build(),
                DctLoss.builder()
                        .penalty(Penalty.absolute())
                        .color(ColorTransform.BT601)
                        .edge(Edge.ZERO)
                        .build(),
                DctLoss.builder()
                        .coefficients(Coefficients.MAGNITUDE)
                        .penalty(Penalty.charbonnier(0.1))
                        .edge(Edge.CROP)
                        .build(),
                DctLoss.builder()
                        .blockSize(5)
                        .scaling(Scaling.UNNORMALIZED)
                        .weights(FrequencyWeights.jpegChrominance(30).power(0.5))
                        .build(),
                DctLoss.arezoomand2021());
    }

    IActivation activation() {
        return sigmoid ? new ActivationSigmoid() : new ActivationIdentity();
    }

    /** Factors of examples; the first is 1, none is 0. */
    float[] exampleFactors() {
        float[] factors = new float[z.n()];
        for (int i = 0; i < factors.length; i++) {
            factors[i] = 1 - 0.4f * i;
        }
        return factors;
    }

    /** Factors of all pixels, in NCHW order: one half are 0. */
    float[] pixelFactors() {
        Random random = new Random(3);
        float[] factors = new float[z.pixels().length];
        int area = z.h() * z.w();
        for (int i = 0; i < factors.length; i++) {
            int plane = i / area;
            boolean sharesTheFirst = masking == Masking.PIXELS && plane % z.c() != 0;
            factors[i] = sharesTheFirst
                    ? factors[i - area * (plane % z.c())]
                    : random.nextBoolean() ? 0 : random.nextFloat() + 0.5f;
        }
        return factors;
    }

    /** The mask as it reaches the loss function. */
    INDArray mask() {
        Images factors = new Images(z.n(), z.c(), z.h(), z.w(), pixelFactors());
        return switch (masking) {
            case NONE -> null;
            case EXAMPLES -> {
                INDArray column = Nd4j.createFromArray(exampleFactors()).reshape(z.n(), 1);
                // As CnnLossLayer repeats it.
                yield layout == Layout.PIXELS ? column.repeat(0, z.h() * z.w()) : column;
            }
            case OUTPUTS -> factors.array(layout);
            case PIXELS -> {
                INDArray all = factors.array(layout);
                yield switch (layout) {
                    case ROWS -> all;
                    case PIXELS -> all.getColumn(0, true).dup();
                    case IMAGES ->
                        all.get(NDArrayIndex.all(), NDArrayIndex.point(0), NDArrayIndex.all(), NDArrayIndex.all())
                                .dup(); // [n, h, w]
                };
            }
        };
    }

    /** By the definition. */
    Expected expected() {
        double[] a = z.numbers();
        double[] slope = new double[a.length];
        for (int i = 0; i < a.length; i++) {
            a[i] = sigmoid ? 1 / (1 + Math.exp(-a[i])) : a[i];
            slope[i] = sigmoid ? a[i] * (1 - a[i]) : 1;
        }
        double[] b = t.numbers();
        boolean pixelwise = masking == Masking.PIXELS || masking == Masking.OUTPUTS;
        float[] factors = pixelFactors();
        for (int i = 0; pixelwise && i < a.length; i++) {
            a[i] *= factors[i];
            b[i] *= factors[i];
            slope[i] *= factors[i];
        }
        ReferenceDctLoss reference = reference();
        float[] examples = exampleFactors();
        if (masking == Masking.EXAMPLES) {
            reference.upstream = new double[z.n()];
            for (int i = 0; i < z.n(); i++) {
                reference.upstream[i] = examples[i];
            }
        }
        ReferenceDctLoss.Result result = reference.evaluate(planes(a), planes(b));
        boolean[] nearJump = new boolean[a.length];
        double[] gradient = new double[a.length];
        for (int i = 0; i < a.length; i++) {
            int x = i % z.w();
            int y = i / z.w() % z.h();
            int c = i / (z.w() * z.h()) % z.c();
            int n = i / (z.w() * z.h() * z.c());
            gradient[i] = result.gradient[n][c][y][x] * slope[i];
            nearJump[i] = result.nearJump[n][c][y][x];
        }
        double[] scores = result.perSample;
        for (int i = 0; masking == Masking.EXAMPLES && i < scores.length; i++) {
            scores[i] *= examples[i];
        }
        return new Expected(scores, gradient, nearJump);
    }

    private double[][][][] planes(double[] nchw) {
        double[][][][] planes = new double[z.n()][z.c()][z.h()][z.w()];
        for (int i = 0; i < nchw.length; i++) {
            planes[i / (z.c() * z.h() * z.w())][i / (z.h() * z.w()) % z.c()][i / z.w() % z.h()][i % z.w()] = nchw[i];
        }
        return planes;
    }

    private ReferenceDctLoss reference() {
        ReferenceDctLoss reference = new ReferenceDctLoss();
        int block = loss.blockSize();
        reference.block = block;
        reference.unnormalized = loss.scaling() == Scaling.UNNORMALIZED;
        reference.penalty = lower(loss.penalty().kind());
        reference.parameter = loss.penalty().parameter();
        reference.magnitude = loss.coefficients() == Coefficients.MAGNITUDE;
        reference.reduction = "per_sample";
        reference.edge = lower(loss.edge());
        reference.color = lower(loss.color());
        reference.stride = loss.stride();
        double[] all = loss.weights().resolve(block);
        reference.weights = new double[loss.weights().count()][block * block];
        for (int i = 0; i < all.length; i++) {
            reference.weights[i / (block * block)][i % (block * block)] = all[i];
        }
        return reference;
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}

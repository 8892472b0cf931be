package org.dctloss.dl4j;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.dctloss.Coefficients;
import org.dctloss.DctLoss;
import org.dctloss.FrequencyWeights;
import org.dctloss.Penalty;
import org.dctloss.Scaling;
import org.dctloss.dl4j.ImageArrays.Layout;
import org.dctloss.dl4j.Setting.Masking;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The same loss written in operations of SameDiff, in DOUBLE, and differentiated by it. */
class SameDiffTest {
    private static final int B = 8;

    static List<Setting> settings() {
        DctLoss.Builder jpeg = DctLoss.builder().weights(FrequencyWeights.jpegLuminance(40));
        List<DctLoss> losses = List.of(
                jpeg.build(),
                jpeg.penalty(Penalty.absolute()).build(),
                jpeg.penalty(Penalty.charbonnier(0.05)).build(),
                jpeg.penalty(Penalty.huber(0.2)).build(),
                jpeg.penalty(Penalty.charbonnier(0.05))
                        .coefficients(Coefficients.MAGNITUDE)
                        .build(),
                DctLoss.builder()
                        .coefficients(Coefficients.MAGNITUDE)
                        .scaling(Scaling.UNNORMALIZED)
                        .build());
        List<Setting> settings = new ArrayList<>();
        int turn = 0;
        for (DctLoss loss : losses) {
            for (Masking masking : Masking.values()) {
                Layout layout = Layout.values()[turn++ % Layout.values().length];
                settings.add(Setting.of(loss, 3, 2, 16, 24, layout, turn % 2 == 0, masking));
            }
        }
        return settings;
    }

    @ParameterizedTest
    @MethodSource("settings")
    void agreesWithAutograd(Setting setting) {
        SameDiff graph = SameDiff.create();
        SDVariable total = total(graph, setting);
        double score = total.eval().getDouble(0);
        INDArray gradient = graph.calculateGradients(Map.of(), "z").get("z");

        Images z = setting.z();
        Layout layout = setting.layout();
        try (Dl4jDctLoss loss = new Dl4jDctLoss(setting.loss(), z.c(), z.h(), z.w())) {
            Pair<Double, INDArray> ours = loss.computeGradientAndScore(
                    setting.t().array(layout), z.array(layout), setting.activation(), setting.mask(), false);
            assertEquals(score, ours.getFirst(), 1e-5 * Math.abs(score));
            Images.assertClose(
                    gradient.dup('c').data().asDouble(),
                    z.numbers(ours.getSecond(), layout),
                    1e-5,
                    setting.expected().nearJump(),
                    "gradient");
        }
    }

    private static SDVariable total(SameDiff graph, Setting setting) {
        Images z = setting.z();
        SDVariable p = graph.var("z", z.array(Layout.IMAGES).castTo(DataType.DOUBLE));
        SDVariable t = graph.constant(setting.t().array(Layout.IMAGES).castTo(DataType.DOUBLE));
        if (setting.sigmoid()) {
            p = graph.nn().sigmoid(p);
        }
        if (setting.masking() == Masking.PIXELS || setting.masking() == Masking.OUTPUTS) {
            Images factors = new Images(z.n(), z.c(), z.h(), z.w(), setting.pixelFactors());
            SDVariable m = graph.constant(factors.array(Layout.IMAGES).castTo(DataType.DOUBLE));
            p = p.mul(m);
            t = t.mul(m);
        }
        SDVariable transform = graph.constant(transform());
        SDVariable xp = blocks(p, z).mmul(transform);
        SDVariable xt = blocks(t, z).mmul(transform);
        SDVariable d = setting.loss().coefficients() == Coefficients.MAGNITUDE
                ? graph.math().abs(xp).sub(graph.math().abs(xt))
                : xp.sub(xt);
        SDVariable rho = rho(
                graph,
                d.mul(graph.constant(weights(setting.loss()))),
                setting.loss().penalty());
        SDVariable scores = rho.reshape(z.n(), z.c() * z.h() * z.w()).mean(1);
        if (setting.masking() == Masking.EXAMPLES) {
            scores = scores.mul(graph.constant(
                    Nd4j.createFromArray(setting.exampleFactors()).castTo(DataType.DOUBLE)));
        }
        SDVariable total = scores.sum();
        total.markAsLoss();
        return total;
    }

    /** [n, c, h, w] to rows of 64 pixels, a block each, image by image. */
    private static SDVariable blocks(SDVariable images, Images z) {
        int rows = z.h() / B;
        int columns = z.w() / B;
        return images.reshape(z.n() * z.c(), rows, B, columns, B)
                .permute(0, 1, 3, 2, 4)
                .reshape(z.n() * z.c() * rows * columns, B * B);
    }

    private static SDVariable rho(SameDiff graph, SDVariable e, Penalty penalty) {
        double a = penalty.parameter();
        return switch (penalty.kind()) {
            case SQUARED -> e.mul(e);
            case ABSOLUTE -> graph.math().abs(e);
            case CHARBONNIER -> graph.math().sqrt(e.mul(e).add(a * a)).sub(a);
            case HUBER -> {
                SDVariable clipped = graph.math().clipByValue(e, -a, a);
                yield clipped.mul(e.sub(clipped.mul(0.5)));
            }
        };
    }

    /** [64 pixels, 64 coefficients]. */
    private static INDArray transform() {
        double[][] m = new double[B * B][B * B];
        for (int i = 0; i < B * B * B * B; i++) {
            int u = i / (B * B * B);
            int v = i / (B * B) % B;
            int y = i / B % B;
            int x = i % B;
            m[y * B + x][u * B + v] = cosine(u, y) * cosine(v, x);
        }
        return Nd4j.createFromArray(m);
    }

    private static double cosine(int k, int at) {
        return Math.sqrt((k == 0 ? 1.0 : 2.0) / B) * Math.cos(Math.PI * (2 * at + 1) * k / (2.0 * B));
    }

    /** [1, 64], with the scaling. */
    private static INDArray weights(DctLoss loss) {
        double[] weights = loss.weights().resolve(B);
        for (int i = 0; i < weights.length; i++) {
            weights[i] *= loss.scaling().axisFactor(i / B, B) * loss.scaling().axisFactor(i % B, B);
        }
        return Nd4j.createFromArray(new double[][] {weights});
    }
}

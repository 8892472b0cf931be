package org.dctloss.pytorch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.dctloss.BackendChoice;
import org.dctloss.Coefficients;
import org.dctloss.ColorTransform;
import org.dctloss.DctLoss;
import org.dctloss.Edge;
import org.dctloss.FrequencyWeights;
import org.dctloss.Penalty;
import org.dctloss.Reduction;
import org.dctloss.Scaling;
import org.dctloss.reference.ReferenceDctLoss;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Against the loss as it is defined, in float64 loops: edges, grids, colours, reductions. */
@SuppressWarnings("try")
class DefinitionTest {
    @BeforeAll
    static void load() {
        Torch.load();
    }

    private static Arguments of(DctLoss.Builder loss, int dy, int dx, long... shape) {
        return Arguments.of(loss.build(), dy, dx, shape);
    }

    private static DctLoss.Builder charbonnier() {
        return DctLoss.builder().penalty(Penalty.charbonnier(1e-2));
    }

    static Stream<Arguments> losses() {
        FrequencyWeights colors = FrequencyWeights.perChannel(
                FrequencyWeights.jpegLuminance(50), FrequencyWeights.jpegChrominance(50), FrequencyWeights.uniform());
        return Stream.of(BackendChoice.JAVA, BackendChoice.NATIVE)
                .flatMap(backend -> Stream.of(
                        of(charbonnier().backend(backend).reduction(Reduction.PER_SAMPLE), 0, 0, 3, 2, 16, 24),
                        of(charbonnier().backend(backend).edge(Edge.CROP), 0, 0, 2, 1, 19, 30),
                        of(charbonnier().backend(backend).edge(Edge.CROP), 3, 5, 2, 1, 19, 30),
                        of(charbonnier().backend(backend).edge(Edge.ZERO), 2, 1, 1, 2, 19, 10),
                        of(charbonnier().backend(backend).edge(Edge.REFLECT), 0, 0, 1, 2, 7, 9),
                        of(DctLoss.builder().backend(backend).edge(Edge.REFLECT), 7, 6, 1, 1, 3, 1),
                        of(charbonnier().backend(backend).stride(4), 0, 0, 1, 2, 17, 21),
                        of(charbonnier().backend(backend).blockSize(4).stride(1), 1, 2, 1, 1, 9, 10),
                        of(DctLoss.builder().backend(backend).weights(colors), 0, 0, 2, 3, 16, 17),
                        of(DctLoss.builder().backend(backend).color(ColorTransform.BT601), 0, 0, 2, 3, 16, 17),
                        of(
                                charbonnier()
                                        .backend(backend)
                                        .coefficients(Coefficients.MAGNITUDE)
                                        .weights(colors)
                                        .color(ColorTransform.BT601),
                                0,
                                0,
                                1,
                                3,
                                23,
                                9),
                        of(
                                DctLoss.builder()
                                        .backend(backend)
                                        .blockSize(4)
                                        .scaling(Scaling.UNNORMALIZED)
                                        .reduction(Reduction.SUM),
                                0,
                                0,
                                3,
                                2,
                                12,
                                9),
                        of(
                                DctLoss.builder()
                                        .backend(backend)
                                        .penalty(Penalty.huber(0.3))
                                        .weights(colors)
                                        .color(ColorTransform.BT601)
                                        .edge(Edge.REFLECT)
                                        .stride(4)
                                        .reduction(Reduction.PER_SAMPLE),
                                3,
                                5,
                                2,
                                3,
                                21,
                                18)));
    }

    @ParameterizedTest
    @MethodSource("losses")
    void valueAndGradientsAreTheDefined(DctLoss kind, int dy, int dx, long[] shape) {
        try (PointerScope scope = new PointerScope();
                TorchDctLoss loss = new TorchDctLoss(kind)) {
            loss.setOffset(dy, dx);
            Tensor prediction = Torch.leaf(1, shape);
            Tensor target = Torch.leaf(2, shape);
            ReferenceDctLoss.Result expected = reference(kind, dy, dx).evaluate(pixels(prediction), pixels(target));
            assertEquals(expected.loss, loss.forward(prediction, target), 1e-5 * expected.loss);
            assertEquals(expected.loss, loss.backward(prediction, target), 1e-5 * expected.loss);
            assertClose(expected.gradient, prediction.grad());
            assertClose(expected.targetGradient, target.grad());
            prediction.mutable_grad().zero_();
            target.mutable_grad().zero_();
            Tensor number = loss.loss(prediction, target);
            assertEquals(expected.loss, number.item_double(), 1e-5 * expected.loss);
            number.backward();
            assertClose(expected.gradient, prediction.grad());
            assertClose(expected.targetGradient, target.grad());
        }
    }

    private static ReferenceDctLoss reference(DctLoss loss, int dy, int dx) {
        ReferenceDctLoss reference = new ReferenceDctLoss();
        reference.block = loss.blockSize();
        reference.unnormalized = loss.scaling() == Scaling.UNNORMALIZED;
        double[] resolved = loss.weights().resolve(loss.blockSize());
        int table = loss.blockSize() * loss.blockSize();
        reference.weights = new double[loss.weights().count()][];
        Arrays.setAll(reference.weights, i -> Arrays.copyOfRange(resolved, i * table, (i + 1) * table));
        reference.penalty = name(loss.penalty().kind());
        reference.parameter = loss.penalty().parameter();
        reference.magnitude = loss.coefficients() == Coefficients.MAGNITUDE;
        reference.reduction = name(loss.reduction());
        reference.edge = name(loss.edge());
        reference.stride = loss.stride();
        reference.dy = dy;
        reference.dx = dx;
        reference.color = name(loss.color());
        return reference;
    }

    private static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static double[][][][] pixels(Tensor image) {
        long[] shape = image.shape();
        float[] values = Torch.values(image);
        double[][][][] pixels = new double[(int) shape[0]][(int) shape[1]][(int) shape[2]][(int) shape[3]];
        int i = 0;
        for (double[][][] sample : pixels) {
            for (double[][] channel : sample) {
                for (double[] row : channel) {
                    for (int x = 0; x < row.length; x++) {
                        row[x] = values[i++];
                    }
                }
            }
        }
        return pixels;
    }

    private static void assertClose(double[][][][] expected, Tensor got) {
        double[] exact = flat(expected);
        double[] values = flat(pixels(got));
        double error = 0;
        double norm = 0;
        for (int i = 0; i < exact.length; i++) {
            error += (values[i] - exact[i]) * (values[i] - exact[i]);
            norm += exact[i] * exact[i];
        }
        assertTrue(norm > 0, "a gradient of 0 proves nothing");
        double distance = Math.sqrt(error / norm);
        assertTrue(distance <= 1e-5, "relative distance " + distance);
    }

    private static double[] flat(double[][][][] pixels) {
        return Arrays.stream(pixels)
                .flatMap(Arrays::stream)
                .flatMap(Arrays::stream)
                .flatMapToDouble(Arrays::stream)
                .toArray();
    }
}

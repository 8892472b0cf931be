package org.dctloss.djl;

import static org.dctloss.djl.Backpropagation.noise;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.training.GradientCollector;
import ai.djl.training.loss.IndexLoss;
import ai.djl.training.loss.Loss;
import ai.djl.training.loss.SimpleCompositeLoss;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BinaryOperator;
import java.util.stream.Stream;
import org.dctloss.Coefficients;
import org.dctloss.ColorTransform;
import org.dctloss.DctLoss;
import org.dctloss.Edge;
import org.dctloss.FrequencyWeights;
import org.dctloss.ImageBatch;
import org.dctloss.LossOptions;
import org.dctloss.Penalty;
import org.dctloss.Reduction;
import org.dctloss.Scaling;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Values and gradients against the framework's autograd of the same loss in its own operations, and against DctLoss. */
class DjlDctLossTest {
    private static final Shape SHAPE = new Shape(2, 3, 16, 24);
    private static final float[] P = noise(1, SHAPE);
    private static final float[] T = noise(2, SHAPE);
    private static final DctLoss CHARBONNIER =
            DctLoss.builder().penalty(Penalty.charbonnier(1e-2)).build();

    static Stream<Arguments> losses() {
        FrequencyWeights colors = FrequencyWeights.perChannel(
                FrequencyWeights.jpegLuminance(50),
                FrequencyWeights.jpegChrominance(50),
                FrequencyWeights.jpegChrominance(50));
        return Stream.of(
                Arguments.of(DctLoss.builder().build(), SHAPE),
                Arguments.of(DctLoss.builder().penalty(Penalty.absolute()).build(), SHAPE),
                Arguments.of(CHARBONNIER, SHAPE),
                Arguments.of(DctLoss.builder().penalty(Penalty.huber(0.3)).build(), SHAPE),
                Arguments.of(
                        DctLoss.builder().coefficients(Coefficients.MAGNITUDE).build(), SHAPE),
                Arguments.of(
                        CHARBONNIER.toBuilder()
                                .coefficients(Coefficients.MAGNITUDE)
                                .build(),
                        SHAPE),
                Arguments.of(DctLoss.arezoomand2021(), new Shape(1, 1, 42, 63)),
                Arguments.of(
                        DctLoss.builder()
                                .weights(colors)
                                .color(ColorTransform.BT601)
                                .build(),
                        SHAPE),
                Arguments.of(CHARBONNIER, new Shape(2, 1, 13, 21)),
                Arguments.of(CHARBONNIER.toBuilder().edge(Edge.REFLECT).build(), new Shape(1, 2, 7, 9)),
                Arguments.of(CHARBONNIER.toBuilder().edge(Edge.ZERO).build(), new Shape(1, 2, 19, 10)),
                Arguments.of(CHARBONNIER.toBuilder().edge(Edge.CROP).build(), new Shape(2, 1, 19, 30)),
                Arguments.of(
                        DctLoss.builder()
                                .blockSize(4)
                                .scaling(Scaling.UNNORMALIZED)
                                .reduction(Reduction.SUM)
                                .build(),
                        new Shape(3, 2, 12, 8)),
                Arguments.of(
                        CHARBONNIER.toBuilder().reduction(Reduction.PER_SAMPLE).build(), new Shape(4, 3, 16, 8)));
    }

    /** Arrays of a device are copied; here on the host, for want of a device. */
    @ParameterizedTest
    @MethodSource("losses")
    void copiedArraysHaveTheSameValueAndGradients(DctLoss loss, Shape shape) {
        boolean perSample = loss.reduction() == Reduction.PER_SAMPLE;
        float[] p = noise(3, shape);
        float[] t = noise(4, shape);
        try (DjlDctLoss djl = new DjlDctLoss(loss)) {
            Backpropagation inPlace = Backpropagation.of(p, t, shape, recorded(djl));
            Backpropagation copied =
                    Backpropagation.of(p, t, shape, (x, y) -> ExternalNode.of(x, y, perSample, djl::compute, false));
            assertArrayEquals(inPlace.value(), copied.value());
            assertArrayEquals(inPlace.gradient(), copied.gradient());
            assertArrayEquals(inPlace.otherGradient(), copied.otherGradient());
        }
    }

    private static BinaryOperator<NDArray> recorded(Loss loss) {
        return (p, t) -> loss.evaluate(new NDList(t), new NDList(p));
    }

    @ParameterizedTest
    @MethodSource("losses")
    void valueAndGradientsEqualAutograds(DctLoss loss, Shape shape) {
        float[] p = noise(1, shape);
        float[] t = noise(2, shape);
        AutogradDctLoss autograd = new AutogradDctLoss(loss);
        try (NDManager manager = NDManager.newBaseManager()) {
            float distance = autograd.distanceFromJumps(manager.create(p, shape), manager.create(t, shape));
            assertTrue(distance > 1e-6, () -> "the images are " + distance + " from a jump");
        }
        try (DjlDctLoss djl = new DjlDctLoss(loss)) {
            Backpropagation.of(p, t, shape, recorded(djl))
                    .assertClose(Backpropagation.of(p, t, shape, autograd::evaluate));
        }
    }

    /** Not a bit is lost on the way through autograd. */
    @ParameterizedTest
    @MethodSource("losses")
    void valueAndGradientsAreThoseOfDctLoss(DctLoss loss, Shape shape) {
        float[] p = noise(3, shape);
        float[] t = noise(4, shape);
        float[] g = new float[p.length];
        float[] tg = new float[p.length];
        double[] perSample = new double[(int) shape.get(0)];
        double value = loss.backward(
                batch(p, shape),
                batch(t, shape),
                batch(g, shape),
                batch(tg, shape),
                LossOptions.DEFAULT.perSample(perSample));
        double[] values = loss.reduction() == Reduction.PER_SAMPLE ? perSample : new double[] {value};
        try (DjlDctLoss djl = new DjlDctLoss(loss)) {
            Backpropagation got = Backpropagation.of(p, t, shape, recorded(djl));
            assertArrayEquals(floats(values), got.value());
            assertArrayEquals(g, got.gradient());
            assertArrayEquals(tg, got.otherGradient());
        }
    }

    private static ImageBatch batch(float[] pixels, Shape shape) {
        return ImageBatch.of(pixels, (int) shape.get(0), (int) shape.get(1), (int) shape.get(2), (int) shape.get(3));
    }

    private static float[] floats(double[] numbers) {
        float[] rounded = new float[numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            rounded[i] = (float) numbers[i];
        }
        return rounded;
    }

    @Test
    void sumsAndProductsWithOtherTerms() {
        AutogradDctLoss autograd = new AutogradDctLoss(CHARBONNIER);
        try (DjlDctLoss djl = new DjlDctLoss(CHARBONNIER)) {
            Backpropagation.of(P, T, SHAPE, (p, t) -> mixed(recorded(djl).apply(p, t), p, t))
                    .assertClose(Backpropagation.of(P, T, SHAPE, (p, t) -> mixed(autograd.evaluate(p, t), p, t)));
        }
    }

    private static NDArray mixed(NDArray term, NDArray p, NDArray t) {
        NDArray mse = p.sub(t).square().mean();
        return term.mul(0.3f)
                .add(term.mul(mse))
                .add(term.square())
                .sub(p.abs().mean().div(term));
    }

    @Test
    void eachSampleHasItsOwnUpstreamFactor() {
        DctLoss perSample =
                CHARBONNIER.toBuilder().reduction(Reduction.PER_SAMPLE).build();
        AutogradDctLoss autograd = new AutogradDctLoss(perSample);
        float[] factors = {2, -0.5f};
        try (DjlDctLoss djl = new DjlDctLoss("DctLoss", perSample, 1.5)) {
            Backpropagation.of(P, T, SHAPE, (p, t) -> {
                        NDArray values = recorded(djl).apply(p, t);
                        assertEquals(new Shape(2), values.getShape());
                        return values.mul(p.getManager().create(factors)).sum();
                    })
                    .assertClose(Backpropagation.of(
                            P,
                            T,
                            SHAPE,
                            (p, t) -> autograd.evaluate(p, t)
                                    .mul(p.getManager().create(factors))
                                    .sum()
                                    .mul(1.5f)));
        }
    }

    @Test
    void severalOutputsWithWeights() {
        DctLoss squared = DctLoss.builder().build();
        AutogradDctLoss autograd = new AutogradDctLoss(CHARBONNIER);
        AutogradDctLoss autogradSquared = new AutogradDctLoss(squared);
        Shape other = new Shape(2, 1, 8, 8);
        float[] labels = noise(5, SHAPE);
        float[] otherLabels = noise(6, other);
        float[] q = noise(7, other);
        try (DjlDctLoss first = new DjlDctLoss("first", CHARBONNIER, 0.7);
                DjlDctLoss second = new DjlDctLoss("second", squared, -3)) {
            SimpleCompositeLoss composite = new SimpleCompositeLoss()
                    .addLoss(new IndexLoss(second, 1))
                    .addLoss(new IndexLoss(Loss.l1Loss(), 0))
                    .addLoss(new IndexLoss(first, 0));
            Backpropagation.of(P, SHAPE, q, other, (p0, p1) -> {
                        NDManager manager = p0.getManager();
                        NDList all = new NDList(manager.create(labels, SHAPE), manager.create(otherLabels, other));
                        return composite.evaluate(all, new NDList(p0, p1));
                    })
                    .assertClose(Backpropagation.of(P, SHAPE, q, other, (p0, p1) -> {
                        NDArray t0 = p0.getManager().create(labels, SHAPE);
                        NDArray t1 = p0.getManager().create(otherLabels, other);
                        return autograd.evaluate(p0, t0)
                                .mul(0.7f)
                                .add(p0.sub(t0).abs().mean())
                                .sub(autogradSquared.evaluate(p1, t1).mul(3));
                    }));
        }
    }

    @Test
    void arraysThatAreNotContiguous() {
        AutogradDctLoss autograd = new AutogradDctLoss(CHARBONNIER);
        Shape channelsLast = new Shape(2, 16, 24, 3);
        Shape larger = new Shape(2, 3, 20, 25);
        float[] nhwc = noise(8, channelsLast);
        float[] frame = noise(9, larger);
        NDIndex window = new NDIndex(":, :, 2:18, 1:");
        try (DjlDctLoss djl = new DjlDctLoss(CHARBONNIER)) {
            Backpropagation.of(
                            nhwc,
                            channelsLast,
                            frame,
                            larger,
                            (a, b) -> recorded(djl).apply(a.transpose(0, 3, 1, 2), b.get(window)))
                    .assertClose(Backpropagation.of(
                            nhwc,
                            channelsLast,
                            frame,
                            larger,
                            (a, b) -> autograd.evaluate(a.transpose(0, 3, 1, 2), b.get(window))));
        }
    }

    @Test
    void gradientsOfAConvolutionsParameters() {
        AutogradDctLoss autograd = new AutogradDctLoss(CHARBONNIER);
        Shape kernels = new Shape(3, 3, 3, 3);
        Shape biases = new Shape(3);
        try (DjlDctLoss djl = new DjlDctLoss(CHARBONNIER)) {
            BinaryOperator<NDArray> ours = (kernel, bias) -> recorded(djl).apply(convolved(kernel, bias), label(bias));
            BinaryOperator<NDArray> theirs = (kernel, bias) -> autograd.evaluate(convolved(kernel, bias), label(bias));
            float[] kernel = noise(10, kernels);
            float[] bias = noise(11, biases);
            Backpropagation.of(kernel, kernels, bias, biases, ours)
                    .assertClose(Backpropagation.of(kernel, kernels, bias, biases, theirs));
        }
    }

    private static NDArray convolved(NDArray kernel, NDArray bias) {
        NDArray image = kernel.getManager().create(P, SHAPE);
        return Conv2d.conv2d(image, kernel, bias, new Shape(1, 1), new Shape(1, 1), new Shape(1, 1))
                .singletonOrThrow();
    }

    private static NDArray label(NDArray like) {
        return like.getManager().create(T, SHAPE);
    }

    /** sum(p g) is 2 L here, and L is near the end of float32. */
    @Test
    void valueNearTheEndOfFloat32() {
        DctLoss sum = DctLoss.builder()
                .weights(FrequencyWeights.uniform())
                .reduction(Reduction.SUM)
                .build();
        Shape shape = new Shape(1, 1, 160, 160);
        float[] large = new float[160 * 160];
        Arrays.fill(large, 1e17f);
        float[] zero = new float[large.length];
        try (DjlDctLoss djl = new DjlDctLoss(sum)) {
            Backpropagation got = Backpropagation.of(large, zero, shape, recorded(djl));
            assertEquals(2.56e38f, got.value()[0], 1e33f);
            float[] gradient = new float[large.length];
            Arrays.fill(gradient, 2e17f);
            Backpropagation.assertClose("gradient", got.gradient(), gradient, 1e-5);
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
    void pixelsThatNoBlockCoversDoNotCount(float pixel) {
        Shape shape = new Shape(2, 1, 19, 19);
        float[] p = noise(12, shape);
        float[] t = noise(13, shape);
        float[] g = new float[p.length];
        for (Reduction reduction : Reduction.values()) {
            DctLoss crop =
                    CHARBONNIER.toBuilder().edge(Edge.CROP).reduction(reduction).build();
            p[360] = 0.5f;
            double[] perSample = new double[2];
            double value = crop.backward(
                    batch(p, shape), batch(t, shape), batch(g, shape), LossOptions.DEFAULT.perSample(perSample));
            double[] values = reduction == Reduction.PER_SAMPLE ? perSample : new double[] {value};
            p[360] = pixel;
            try (DjlDctLoss djl = new DjlDctLoss(crop)) {
                boolean vector = reduction == Reduction.PER_SAMPLE;
                Backpropagation inPlace = Backpropagation.of(p, t, shape, recorded(djl));
                Backpropagation copied =
                        Backpropagation.of(p, t, shape, (x, y) -> ExternalNode.of(x, y, vector, djl::compute, false));
                for (Backpropagation got : List.of(inPlace, copied)) {
                    assertArrayEquals(floats(values), got.value());
                    assertArrayEquals(g, got.gradient());
                }
            }
        }
    }

    @Test
    void infiniteGradientsLeaveTheValue() {
        Shape shape = new Shape(2, 1, 2, 2);
        ExternalNode.Computation steep = (p, t, g, tg, values) -> {
            for (int i = 0; i < 8; i++) {
                g.buffer().put(i, Float.POSITIVE_INFINITY);
                tg.buffer().put(i, i);
            }
            Arrays.fill(values, 0.5);
        };
        for (boolean onHost : new boolean[] {true, false}) {
            for (boolean perSample : new boolean[] {true, false}) {
                Backpropagation got = Backpropagation.of(
                        new float[8],
                        noise(1, shape),
                        shape,
                        (p, t) -> ExternalNode.of(p, t, perSample, steep, onHost));
                assertArrayEquals(perSample ? new float[] {0.5f, 0.5f} : new float[] {0.5f}, got.value());
                assertEquals(Float.POSITIVE_INFINITY, got.gradient()[3]);
                assertArrayEquals(new float[] {0, 1, 2, 3, 4, 5, 6, 7}, got.otherGradient());
            }
        }
    }

    /**
     * The workers of DJL's trainer: threads that share a loss, and one collector. More shapes than the loss keeps workspace
     * for: without turns, one thread frees what the other is at work in.
     */
    @Test
    void threadsTakeTurns() throws Exception {
        ExecutorService workers = Executors.newFixedThreadPool(2);
        try (DjlDctLoss djl = new DjlDctLoss(CHARBONNIER);
                GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            CyclicBarrier start = new CyclicBarrier(2);
            List<Example> even = new ArrayList<>();
            List<Example> odd = new ArrayList<>();
            for (int side = 32; side < 56; side += 2) {
                even.add(Example.of(side));
                odd.add(Example.of(side + 1));
            }
            Future<?> one = workers.submit(() -> train(djl, collector, start, even));
            Future<?> other = workers.submit(() -> train(djl, collector, start, odd));
            one.get(60, TimeUnit.SECONDS);
            other.get(60, TimeUnit.SECONDS);
        } finally {
            workers.shutdownNow();
        }
    }

    private record Example(Shape shape, float[] p, float[] t, double value, float[] gradient) {
        static Example of(int side) {
            Shape shape = new Shape(1, 1, side, side);
            float[] p = noise(side, shape);
            float[] t = noise(-side, shape);
            float[] g = new float[p.length];
            double value = CHARBONNIER.backward(batch(p, shape), batch(t, shape), batch(g, shape));
            return new Example(shape, p, t, value, g);
        }
    }

    private static Void train(DjlDctLoss djl, GradientCollector collector, CyclicBarrier start, List<Example> examples)
            throws Exception {
        start.await(60, TimeUnit.SECONDS);
        for (int epoch = 0; epoch < 30; epoch++) {
            for (Example example : examples) {
                try (NDManager manager = NDManager.newBaseManager()) {
                    NDArray p = manager.create(example.p, example.shape);
                    p.setRequiresGradient(true);
                    NDArray value = recorded(djl).apply(p, manager.create(example.t, example.shape));
                    collector.backward(value);
                    assertEquals((float) example.value, value.getFloat());
                    assertArrayEquals(example.gradient, p.getGradient().toFloatArray());
                }
            }
        }
        return null;
    }

    @Test
    void nanStaysInItsBlock() {
        Shape shape = new Shape(1, 1, 8, 16);
        float[] p = noise(14, shape);
        p[0] = Float.NaN;
        try (DjlDctLoss djl = new DjlDctLoss(CHARBONNIER)) {
            Backpropagation got = Backpropagation.of(p, noise(15, shape), shape, recorded(djl));
            assertTrue(Float.isNaN(got.value()[0]));
            assertTrue(Float.isNaN(got.gradient()[0]));
            assertTrue(Float.isFinite(got.gradient()[8]));
        }
    }

    @Test
    void withoutGradient() {
        try (NDManager manager = NDManager.newBaseManager();
                DjlDctLoss djl = new DjlDctLoss(CHARBONNIER)) {
            NDArray value = recorded(djl).apply(manager.create(P, SHAPE), manager.create(T, SHAPE));
            assertEquals((float) CHARBONNIER.forward(batch(P, SHAPE), batch(T, SHAPE)), value.getFloat());
            djl.addAccumulator("validation");
            NDList labels = new NDList(manager.create(T, SHAPE));
            djl.updateAccumulator("validation", labels, new NDList(manager.create(P, SHAPE)));
            djl.updateAccumulator("validation", labels, labels);
            assertEquals(value.getFloat() / 2, djl.getAccumulator("validation"), 1e-6f);
        }
    }

    @Test
    void printsWhatItIs() {
        try (DjlDctLoss djl = new DjlDctLoss("term", CHARBONNIER, 0.5)) {
            djl.anneal(0.25);
            assertEquals("term[0.5 * " + CHARBONNIER + ", annealed by 0.25]", djl.toString());
        }
    }
}

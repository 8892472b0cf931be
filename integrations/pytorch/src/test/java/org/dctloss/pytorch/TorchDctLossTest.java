package org.dctloss.pytorch;

import static org.bytedeco.pytorch.global.torch.conv2d;
import static org.bytedeco.pytorch.global.torch.mse_loss;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorBase;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.VoidTensorHook;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.dctloss.BackendChoice;
import org.dctloss.Coefficients;
import org.dctloss.DctLoss;
import org.dctloss.Edge;
import org.dctloss.FrequencyWeights;
import org.dctloss.ImageBatch;
import org.dctloss.LossOptions;
import org.dctloss.Penalty;
import org.dctloss.Reduction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against PyTorch's autograd of {@link TorchFormula}. */
@SuppressWarnings("try")
class TorchDctLossTest {
    private static final double TOLERANCE = 1e-5;

    /** What a test makes. */
    private PointerScope scope;

    @BeforeAll
    static void load() {
        Torch.load();
    }

    @BeforeEach
    void open() {
        scope = new PointerScope();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private static DctLoss loss(BackendChoice backend) {
        return DctLoss.builder().backend(backend).build();
    }

    private static DctLoss loss() {
        return loss(BackendChoice.AUTO);
    }

    private static void assertClose(Tensor expected, Tensor actual) {
        assertArrayEquals(expected.shape(), actual.shape());
        double distance = Torch.distance(actual, expected);
        assertTrue(distance <= TOLERANCE, "relative distance " + distance);
    }

    private static void assertClose(double expected, double actual) {
        assertEquals(expected, actual, TOLERANCE * Math.abs(expected));
    }

    static Stream<DctLoss> losses() {
        DctLoss.Builder charbonnier = DctLoss.builder().penalty(Penalty.charbonnier(1e-2));
        List<DctLoss.Builder> kinds = List.of(
                DctLoss.builder(),
                DctLoss.builder().penalty(Penalty.absolute()),
                charbonnier,
                DctLoss.builder().penalty(Penalty.huber(0.1)).reduction(Reduction.SUM),
                DctLoss.builder().coefficients(Coefficients.MAGNITUDE),
                charbonnier.build().toBuilder().coefficients(Coefficients.MAGNITUDE),
                DctLoss.builder().weights(FrequencyWeights.watson()).penalty(Penalty.absolute()),
                DctLoss.builder().blockSize(5).weights(FrequencyWeights.uniform()),
                DctLoss.arezoomand2021().toBuilder());
        return Stream.of(BackendChoice.JAVA, BackendChoice.NATIVE)
                .flatMap(backend ->
                        kinds.stream().map(kind -> kind.backend(backend).build()));
    }

    /** Sides that are no multiples of the block, too. */
    @ParameterizedTest
    @MethodSource("losses")
    void valueAndGradientAreThoseOfAutograd(DctLoss kind) {
        for (long[] shape : new long[][] {{2, 3, 16, 24}, {1, 1, 23, 9}}) {
            Tensor prediction = Torch.leaf(1, shape);
            Tensor target = Torch.noise(2, shape);
            Tensor expected = TorchFormula.of(kind, prediction, target);
            expected.backward();
            Tensor gradient = prediction.grad().clone();
            try (TorchDctLoss loss = new TorchDctLoss(kind)) {
                assertClose(expected.item_double(), loss.forward(prediction, target));
                prediction.mutable_grad().zero_();
                assertClose(expected.item_double(), loss.backward(prediction, target));
                assertClose(gradient, prediction.grad());

                prediction.mutable_grad().zero_();
                Tensor value = loss.loss(prediction, target);
                assertEquals(ScalarType.Float, value.scalar_type().intern());
                assertEquals(0, value.dim());
                assertClose(expected.item_double(), value.item_double());
                value.backward();
                assertClose(gradient, prediction.grad());
            }
        }
    }

    private static Arguments layout(String name, UnaryOperator<Tensor> view, long... base) {
        return Arguments.of(name, base, view);
    }

    static Stream<Arguments> layouts() {
        return Stream.of(
                layout("contiguous", base -> base, 2, 3, 16, 24),
                layout("channels last", base -> base.permute(0, 3, 1, 2), 2, 17, 24, 3),
                layout("samples last", base -> base.permute(3, 0, 1, 2), 3, 16, 24, 2),
                layout("columns first", base -> base.transpose(2, 3), 2, 3, 24, 16),
                layout("window", base -> base.narrow(2, 5, 17).narrow(3, 7, 23), 2, 3, 40, 40),
                layout("every second pixel", base -> everySecond(everySecond(base, 2), 3), 2, 3, 32, 48),
                layout("one image for all samples", base -> base.expand(2, 3, 16, 24), 1, 3, 16, 24),
                layout("one channel for all", base -> base.expand(2, 3, 16, 24), 2, 1, 16, 24),
                layout("one column for all", base -> base.expand(2, 3, 16, 24), 2, 3, 16, 1),
                layout("flat", base -> base.view(2, 3, 16, 24), 2 * 3 * 16 * 24));
    }

    private static Tensor everySecond(Tensor base, long dimension) {
        return base.slice(dimension, new LongOptional(), new LongOptional(), 2);
    }

    /** The gradient arrives at what a view was made of, twice: a step that is accumulated onto the step before. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("layouts")
    void gradientsArriveThroughViews(String name, long[] base, UnaryOperator<Tensor> view) {
        for (BackendChoice backend : List.of(BackendChoice.JAVA, BackendChoice.NATIVE)) {
            DctLoss kind = loss(backend);
            Tensor predicted = Torch.leaf(3, base);
            Tensor reference = Torch.leaf(3, base);
            float[] untouched = Torch.values(predicted);
            long address = predicted.data_ptr().address();
            try (TorchDctLoss loss = new TorchDctLoss(kind)) {
                for (int step = 0; step < 2; step++) {
                    Tensor target = view.apply(Torch.noise(4 + step, base));
                    Tensor expected = TorchFormula.of(kind, view.apply(reference), target);
                    expected.backward();
                    assertClose(expected.item_double(), loss.backward(view.apply(predicted), target));
                    assertClose(reference.grad(), predicted.grad());
                }
            }
            assertArrayEquals(untouched, Torch.values(predicted));
            assertEquals(address, predicted.data_ptr().address());
        }
    }

    @Test
    void gradientsAreWrittenWhereTheirTensorsLie() {
        Tensor prediction = Torch.noise(1, 2, 17, 24, 3).permute(0, 3, 1, 2);
        Tensor target = Torch.noise(2, 2, 3, 17, 24);
        Tensor gradient = torch.empty_like(prediction);
        Tensor targetGradient = torch.empty_like(target);
        long address = gradient.data_ptr().address();
        long targetAddress = targetGradient.data_ptr().address();
        try (TorchDctLoss loss = new TorchDctLoss(loss())) {
            loss.evaluate(prediction, target, gradient, targetGradient, 1);
        }
        Tensor p = prediction.detach().requires_grad_(true);
        Tensor t = target.detach().requires_grad_(true);
        TorchFormula.of(loss(), p, t).backward();
        assertClose(p.grad(), gradient);
        assertClose(t.grad(), targetGradient);
        assertEquals(address, gradient.data_ptr().address());
        assertEquals(targetAddress, targetGradient.data_ptr().address());
    }

    /** So that the layers below go on in the layout that they chose. */
    @Test
    void theGraphGetsAGradientInTheLayoutOfThePrediction() {
        List<Long> strides = new ArrayList<>();
        VoidTensorHook hook = new VoidTensorHook() {
            @Override
            public void call(TensorBase gradient) {
                for (int i = 0; i < 4; i++) {
                    strides.add(gradient.stride(i));
                }
            }
        };
        Tensor prediction = Torch.leaf(1, 2, 17, 24, 3).mul(new Scalar(2f)).permute(0, 3, 1, 2);
        prediction.register_hook(hook);
        try (TorchDctLoss loss = new TorchDctLoss(loss())) {
            loss.backward(prediction, Torch.noise(2, 2, 3, 17, 24));
        }
        assertEquals(List.of(17 * 24 * 3L, 1L, 24 * 3L, 3L), strides);
    }

    private static Tensor convolution(Tensor image, Tensor weight, Tensor bias) {
        long[] one = {1, 1};
        return conv2d(image, weight, new TensorOptional(bias), one, one, one, 1);
    }

    @Test
    void theParametersOfAConvolutionGetTheirGradients() {
        Tensor image = Torch.noise(1, 2, 3, 20, 20);
        Tensor target = Torch.noise(2, 2, 3, 20, 20);
        Tensor weight = Torch.leaf(3, 3, 3, 3, 3);
        Tensor bias = Torch.leaf(4, 3);
        TorchFormula.of(loss(), convolution(image, weight, bias), target).backward();
        Tensor weightGradient = weight.grad().clone();
        Tensor biasGradient = bias.grad().clone();
        try (TorchDctLoss loss = new TorchDctLoss(loss())) {
            weight.mutable_grad().zero_();
            bias.mutable_grad().zero_();
            loss.backward(convolution(image, weight, bias), target);
            assertClose(weightGradient, weight.grad());
            assertClose(biasGradient, bias.grad());
            // Added to what is there, and scaled.
            loss.backward(convolution(image, weight, bias), target, 0.5);
            assertClose(weightGradient.mul(new Scalar(1.5)), weight.grad());
            assertClose(biasGradient.mul(new Scalar(1.5)), bias.grad());
        }
    }

    @Test
    void theTensorIsMixedWithOtherTerms() {
        Tensor predicted = Torch.leaf(1, 2, 3, 19, 24);
        Tensor reference = Torch.leaf(1, 2, 3, 19, 24);
        Tensor target = Torch.noise(2, 2, 3, 19, 24);
        Scalar much = new Scalar(0.7);
        Scalar little = new Scalar(0.3);
        Tensor expected = TorchFormula.of(loss(), reference, target)
                .mul(much)
                .add(mse_loss(reference, target).mul(little));
        expected.backward();
        try (TorchDctLoss loss = new TorchDctLoss(loss())) {
            Tensor mixed = loss.loss(predicted, target)
                    .mul(much)
                    .add(mse_loss(predicted, target).mul(little));
            assertClose(expected.item_double(), mixed.item_double());
            mixed.backward();
            assertClose(reference.grad(), predicted.grad());
        }
    }

    /** Prediction and target come from one graph, which is gone through once. */
    @Test
    void theTargetGetsItsGradientIfItRequiresOne() {
        for (Coefficients coefficients : Coefficients.values()) {
            DctLoss kind = DctLoss.builder().coefficients(coefficients).build();
            Tensor weight = Torch.leaf(1, 2, 3, 19, 24);
            Tensor shared = weight.sigmoid();
            TorchFormula.of(kind, shared.square(), shared.mul(shared.exp())).backward();
            Tensor expected = weight.grad().clone();
            try (TorchDctLoss loss = new TorchDctLoss(kind)) {
                weight.mutable_grad().zero_();
                shared = weight.sigmoid();
                loss.backward(shared.square(), shared.mul(shared.exp()));
                assertClose(expected, weight.grad());

                weight.mutable_grad().zero_();
                shared = weight.sigmoid();
                loss.loss(shared.square(), shared.mul(shared.exp())).backward();
                assertClose(expected, weight.grad());
            }
        }
    }

    @Test
    void onlyTheTargetRequiresAGradient() {
        Tensor prediction = Torch.noise(1, 2, 3, 19, 24);
        Tensor target = Torch.leaf(2, 2, 3, 19, 24);
        Tensor reference = Torch.leaf(2, 2, 3, 19, 24);
        TorchFormula.of(loss(), prediction, reference).backward();
        try (TorchDctLoss loss = new TorchDctLoss(loss())) {
            loss.loss(prediction, target).backward();
            assertClose(reference.grad(), target.grad());
        }
    }

    @Test
    void withoutAGradientTheTensorIsANumber() {
        Tensor prediction = Torch.leaf(1, 1, 3, 16, 16);
        Tensor target = Torch.noise(2, 1, 3, 16, 16);
        try (TorchDctLoss loss = new TorchDctLoss(loss())) {
            double value = loss.forward(prediction, target);
            Tensor constant = loss.loss(prediction.detach(), target);
            assertFalse(constant.requires_grad());
            assertEquals((float) value, constant.item_float());
            try (NoGradGuard evaluation = new NoGradGuard()) {
                assertFalse(loss.loss(prediction, target).requires_grad());
            }
            assertTrue(loss.loss(prediction, target).requires_grad());
        }
    }

    /** As on a GPU: a gradient below the range of 16 bits is first scaled, and rounded then. */
    @Test
    void smallGradientsOf16BitTensorsSurvive() {
        Tensor image = noise(1, 1, 8, 8).to(ScalarType.Half).detach().requires_grad_(true);
        Tensor gradient = TorchDctLoss.gradientFor(image);
        assertEquals(ScalarType.Float, gradient.scalar_type().intern());
        gradient.fill_(new Scalar(1e-9f));
        Tensor number = TorchDctLoss.number(0.25, image, gradient, image, null);
        assertEquals(ScalarType.Float, number.scalar_type().intern());
        assertEquals(0.25f, number.item_float());
        number.mul(new Scalar(65536f)).backward();
        assertEquals(ScalarType.Half, image.grad().scalar_type().intern());
        assertEquals(
                65536e-9f,
                image.grad().to(ScalarType.Float).get(0).get(0).get(0).get(0).item_float(),
                1e-7f);
    }

    @Test
    void aNanStaysInItsBlock() {
        Tensor prediction = Torch.noise(1, 1, 1, 16, 16);
        prediction.get(0).get(0).get(3).get(12).fill_(new Scalar(Float.NaN));
        prediction.requires_grad_(true);
        Tensor target = Torch.noise(2, 1, 1, 16, 16);
        try (TorchDctLoss loss = new TorchDctLoss(loss())) {
            Tensor value = loss.loss(prediction, target);
            assertTrue(Double.isNaN(value.item_double()));
            value.backward();
        }
        float[] gradient = Torch.values(prediction.grad());
        for (int i = 0; i < gradient.length; i++) {
            assertEquals(i / 16 < 8 && i % 16 >= 8, Float.isNaN(gradient[i]), "pixel " + i);
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
    void pixelsThatNoBlockCoversDoNotCount(float pixel) {
        Tensor prediction = Torch.noise(1, 1, 1, 19, 19);
        Tensor target = Torch.noise(2, 1, 1, 19, 19);
        DctLoss crop = DctLoss.builder().edge(Edge.CROP).build();
        double value = crop.forward(
                ImageBatch.of(Torch.values(prediction), 1, 1, 19, 19),
                ImageBatch.of(Torch.values(target), 1, 1, 19, 19));
        prediction.get(0).get(0).get(18).get(18).fill_(new Scalar(pixel));
        target.get(0).get(0).get(18).get(17).fill_(new Scalar(pixel));
        try (TorchDctLoss loss = new TorchDctLoss(crop)) {
            for (boolean both : new boolean[] {false, true}) {
                Tensor p = prediction.clone().requires_grad_(true);
                Tensor t = target.clone().requires_grad_(both);
                assertEquals(value, loss.forward(p, t));
                assertEquals(value, loss.backward(p, t));
                float[] gradient = Torch.values(p.grad());
                assertEquals(0, gradient[360]);
                assertTrue(Float.isFinite(gradient[0]) && gradient[0] != 0);
                p.mutable_grad().zero_();
                Tensor number = loss.loss(p, t);
                assertEquals((float) value, number.item_float());
                number.backward();
                assertArrayEquals(gradient, Torch.values(p.grad()));
            }
        }
    }

    @Test
    void infiniteGradientsLeaveTheValue() {
        Tensor image = torch.zeros(1, 1, 8, 8).requires_grad_(true);
        Tensor gradient = torch.ones(1, 1, 8, 8);
        gradient.get(0).get(0).get(0).get(3).fill_(new Scalar(Float.POSITIVE_INFINITY));
        Tensor number = TorchDctLoss.number(0.5, image, gradient, image, gradient);
        assertEquals(0.5f, number.item_float());
        number.mul(new Scalar(2f)).backward();
        float[] got = Torch.values(image.grad());
        assertEquals(4, got[2]);
        assertEquals(Float.POSITIVE_INFINITY, got[3]);
    }

    /** More shapes than the loss keeps workspace for: without turns, one thread frees what the other is at work in. */
    @Test
    void threadsTakeTurns() throws Exception {
        ExecutorService workers = Executors.newFixedThreadPool(2);
        try (TorchDctLoss loss = new TorchDctLoss(loss())) {
            CyclicBarrier start = new CyclicBarrier(2);
            List<Example> even = new ArrayList<>();
            List<Example> odd = new ArrayList<>();
            for (int side = 32; side < 56; side += 2) {
                even.add(Example.of(side));
                odd.add(Example.of(side + 1));
            }
            Future<?> one = workers.submit(() -> train(loss, start, even));
            Future<?> other = workers.submit(() -> train(loss, start, odd));
            one.get(60, TimeUnit.SECONDS);
            other.get(60, TimeUnit.SECONDS);
        } finally {
            workers.shutdownNow();
        }
    }

    private record Example(Tensor prediction, Tensor target, double value, float[] gradient) {
        static Example of(int side) {
            Tensor prediction = Torch.leaf(side, 1, 1, side, side);
            Tensor target = Torch.noise(-side, 1, 1, side, side);
            float[] gradient = new float[side * side];
            double value = loss().backward(
                            ImageBatch.of(Torch.values(prediction), 1, 1, side, side),
                            ImageBatch.of(Torch.values(target), 1, 1, side, side),
                            ImageBatch.of(gradient, 1, 1, side, side));
            return new Example(prediction, target, value, gradient);
        }
    }

    private static Void train(TorchDctLoss loss, CyclicBarrier start, List<Example> examples) throws Exception {
        start.await(60, TimeUnit.SECONDS);
        for (int epoch = 0; epoch < 50; epoch++) {
            for (Example example : examples) {
                try (PointerScope temporaries = new PointerScope()) {
                    assertEquals(example.value, loss.backward(example.prediction, example.target));
                    assertArrayEquals(example.gradient, Torch.values(example.prediction.grad()));
                    example.prediction.mutable_grad().zero_();
                }
            }
        }
        return null;
    }

    @Test
    void weightsAndOffsetMayChangeFromStepToStep() {
        DctLoss kind = loss();
        FrequencyWeights watson = FrequencyWeights.watson();
        Tensor prediction = Torch.noise(1, 2, 3, 16, 24);
        Tensor target = Torch.noise(2, 2, 3, 16, 24);
        try (TorchDctLoss loss = new TorchDctLoss(kind)) {
            loss.anneal(0.3);
            assertClose(
                    formula(kind, kind.weights().anneal(0.3), prediction, target), loss.forward(prediction, target));
            loss.setWeights(watson);
            assertClose(formula(kind, watson, prediction, target), loss.forward(prediction, target));
            assertEquals(kind + ", now with " + watson, loss.toString());
            loss.setOffset(3, 5);
            double expected = kind.toBuilder()
                    .weights(watson)
                    .build()
                    .forward(
                            ImageBatch.of(Torch.values(prediction), 2, 3, 16, 24),
                            ImageBatch.of(Torch.values(target), 2, 3, 16, 24),
                            LossOptions.DEFAULT.offset(3, 5));
            assertEquals(expected, loss.forward(prediction, target));
            loss.setOffset(0, 8);
            assertRefused(
                    "offset: got (0, 8), allowed 0 to 7 for block size 8", () -> loss.forward(prediction, target));
        }
    }

    private static double formula(DctLoss kind, FrequencyWeights weights, Tensor prediction, Tensor target) {
        DctLoss reweighted = kind.toBuilder().weights(weights).build();
        return TorchFormula.of(reweighted, prediction, target).item_double();
    }

    private static void assertRefused(String sentence, Executable call) {
        assertEquals(
                sentence, assertThrows(IllegalArgumentException.class, call).getMessage());
    }

    private static Tensor noise(long... shape) {
        return Torch.noise(1, shape);
    }

    private static Tensor closed() {
        Tensor tensor = noise(1, 3, 8, 8);
        tensor.close();
        return tensor;
    }

    static Stream<Arguments> refused() {
        Torch.load();
        Tensor complex = torch.view_as_complex(noise(1, 3, 8, 8, 2));
        TensorOptions nowhere = new TensorOptions(new Device(DeviceType.Meta));
        return Stream.of(
                Arguments.of("a closed tensor, allowed an open one", closed()),
                Arguments.of("an undefined tensor, allowed a defined one", new Tensor()),
                Arguments.of(
                        "layout Sparse, allowed Strided, as to_dense() makes",
                        noise(1, 3, 8, 8).to_sparse()),
                Arguments.of("shape 3x8x8, allowed four dimensions, N x C x H x W", noise(3, 8, 8)),
                Arguments.of("shape (), allowed four dimensions, N x C x H x W", noise(1).sum()),
                Arguments.of("shape 0x3x8x8, allowed sizes of 1 to 2147483647", torch.empty(0, 3, 8, 8)),
                Arguments.of(
                        "a tensor on meta, allowed the CPU and CUDA devices",
                        torch.empty(new long[] {1, 3, 8, 8}, nowhere, new MemoryFormatOptional())),
                Arguments.of(
                        "data type Double on the CPU, allowed Float",
                        noise(1, 3, 8, 8).to(ScalarType.Double)),
                Arguments.of(
                        "data type Half on the CPU, allowed Float",
                        noise(1, 3, 8, 8).to(ScalarType.Half)),
                Arguments.of("data type ComplexFloat on the CPU, allowed Float", complex),
                Arguments.of(
                        "a tensor whose memory does not hold its values (PyTorch negates lazily), allowed its clone()",
                        torch.imag(complex.conj())),
                Arguments.of(
                        "a tensor whose memory does not hold its values (PyTorch negates lazily), allowed its clone()",
                        torch.torch__efficientzerotensor(1, 3, 8, 8)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void whatIsNoImageIsRefused(String sentence, Tensor wrong) {
        Tensor right = Torch.leaf(1, 1, 3, 8, 8);
        try (TorchDctLoss loss = new TorchDctLoss(loss())) {
            assertRefused("prediction: got " + sentence, () -> loss.forward(wrong, right));
            assertRefused("prediction: got " + sentence, () -> loss.backward(wrong, right));
            assertRefused("prediction: got " + sentence, () -> loss.loss(wrong, right));
            assertRefused("target: got " + sentence, () -> loss.forward(right, wrong));
            assertRefused("target: got " + sentence, () -> loss.backward(right, wrong));
            assertRefused("target: got " + sentence, () -> loss.loss(right, wrong));
            assertFalse(right.grad().defined());
        }
    }

    @Test
    void otherMistakesAreRefused() {
        Tensor prediction = Torch.leaf(1, 1, 3, 8, 8);
        Tensor target = noise(1, 3, 8, 9);
        TorchDctLoss loss = new TorchDctLoss(loss());
        assertEquals(
                "prediction: got null, allowed a tensor",
                assertThrows(NullPointerException.class, () -> loss.backward(null, target))
                        .getMessage());
        assertEquals(
                "target: got null, allowed a tensor",
                assertThrows(NullPointerException.class, () -> loss.loss(prediction, null))
                        .getMessage());
        String shapes = "target: got shape 1x3x8x9, allowed 1x3x8x8 (N x C x H x W)";
        assertRefused(shapes, () -> loss.forward(prediction, target));
        assertRefused(shapes, () -> loss.backward(prediction, target));
        assertRefused(shapes, () -> loss.loss(prediction, target));
        assertRefused(
                "prediction: got a tensor that requires no gradient, allowed one that does",
                () -> loss.backward(prediction.detach(), prediction));
        assertFalse(prediction.grad().defined());
        for (double weight : new double[] {Double.NaN, Double.NEGATIVE_INFINITY, 1e300}) {
            assertRefused(
                    "weight: got " + weight + ", allowed finite float32 numbers",
                    () -> loss.backward(prediction, prediction, weight));
        }
        assertFalse(prediction.grad().defined());
        loss.close();
        loss.close();
        assertEquals(
                "loss: got a call after close(), allowed only before",
                assertThrows(IllegalStateException.class, () -> loss.backward(prediction, prediction))
                        .getMessage());
    }

    @Test
    void theTensorLivesAsLongAsItsScope() {
        Tensor prediction = Torch.leaf(1, 1, 3, 16, 16);
        Tensor target = noise(1, 3, 16, 16);
        try (TorchDctLoss loss = new TorchDctLoss(loss())) {
            Tensor value;
            try (PointerScope inner = new PointerScope()) {
                value = loss.loss(prediction, target);
                assertTrue(value.item_double() >= 0);
            }
            assertTrue(value.isNull());
        }
    }

    @Test
    void stepsLeaveNothingBehind() {
        Tensor weight = Torch.leaf(1, 1, 3, 256, 256);
        Tensor target = Torch.leaf(2, 1, 3, 256, 256);
        try (TorchDctLoss loss = new TorchDctLoss(loss())) {
            Runnable steps = () -> {
                for (int i = 0; i < 150; i++) {
                    loss.forward(weight, target);
                    loss.backward(weight, target);
                    try (Tensor value = loss.loss(weight, target)) {
                        value.backward();
                    }
                }
            };
            steps.run();
            long objects = Pointer.totalCount();
            long bytes = Pointer.totalBytes();
            long resident = Pointer.physicalBytes();
            steps.run();
            // On another thread, where no scope is open.
            CompletableFuture.runAsync(steps).join();
            assertTrue(Pointer.totalCount() <= objects, Pointer.totalCount() + " objects after " + objects);
            assertTrue(Pointer.totalBytes() <= bytes, Pointer.totalBytes() + " bytes after " + bytes);
            // Any one tensor of these steps, kept, would be 225 MiB.
            long growth = Pointer.physicalBytes() - resident;
            assertTrue(growth < 100L << 20, growth + " bytes more");
        }
    }
}

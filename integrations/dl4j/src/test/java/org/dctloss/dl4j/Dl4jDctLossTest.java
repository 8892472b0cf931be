package org.dctloss.dl4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.dctloss.DctLoss;
import org.dctloss.FrequencyWeights;
import org.dctloss.ImageBatch;
import org.dctloss.Penalty;
import org.dctloss.Reduction;
import org.dctloss.dl4j.ImageArrays.Layout;
import org.dctloss.dl4j.Setting.Expected;
import org.dctloss.dl4j.Setting.Masking;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Values and gradients of the loss function, called as DL4J calls it, against the definition in float64. */
class Dl4jDctLossTest {
    private static final IActivation IDENTITY = new ActivationIdentity();
    private static final double CLOSE = 1e-5;

    /** Every loss in every layout, and with it, in turn, activations and masks; odd sizes. */
    static List<Setting> settings() {
        List<Setting> settings = new ArrayList<>();
        int turn = 0;
        for (DctLoss loss : Setting.losses()) {
            for (Layout layout : Layout.values()) {
                for (boolean sigmoid : new boolean[] {false, true}) {
                    Masking masking = Masking.values()[turn++ % Masking.values().length];
                    settings.add(Setting.of(loss, 2, 3, 23, 37, layout, sigmoid, masking));
                }
                turn++;
            }
        }
        for (Layout layout : Layout.values()) {
            for (Masking masking : Masking.values()) {
                settings.add(Setting.of(DctLoss.builder().build(), 3, 2, 8, 16, layout, true, masking));
                settings.add(Setting.of(DctLoss.builder().build(), 1, 1, 9, 7, layout, false, masking));
            }
        }
        return settings;
    }

    @ParameterizedTest
    @MethodSource("settings")
    void agreesWithTheDefinition(Setting setting) {
        Layout layout = setting.layout();
        Expected expected = setting.expected();
        INDArray z = setting.z().array(layout);
        INDArray t = setting.t().array(layout);
        INDArray mask = setting.mask();
        INDArray zBefore = z.dup();
        INDArray tBefore = t.dup();
        double sum = Arrays.stream(expected.scores()).sum();
        try (Dl4jDctLoss loss = of(setting)) {
            Pair<Double, INDArray> both = loss.computeGradientAndScore(t, z, setting.activation(), mask, false);
            assertEquals(sum, both.getFirst(), CLOSE * Math.abs(sum), "score with gradient");
            assertArrayEquals(z.shape(), both.getSecond().shape());
            Images.assertClose(
                    expected.gradient(),
                    setting.z().numbers(both.getSecond(), layout),
                    CLOSE,
                    expected.nearJump(),
                    "gradient");
            Images.assertSame(
                    both.getSecond(), loss.computeGradient(t, z, setting.activation(), mask), "gradient alone");

            assertEquals(sum, loss.computeScore(t, z, setting.activation(), mask, false), CLOSE * Math.abs(sum));
            assertEquals(
                    sum / setting.z().n(),
                    loss.computeScore(t, z, setting.activation(), mask, true),
                    CLOSE * Math.abs(sum));
            INDArray column = loss.computeScoreArray(t, z, setting.activation(), mask);
            assertArrayEquals(new long[] {z.size(0), 1}, column.shape());
            Images.assertClose(
                    expected.scores(),
                    column.reshape(setting.z().n(), -1).sum(1).data().asDouble(),
                    CLOSE,
                    null,
                    "scores of examples");
        }
        Images.assertSame(zBefore, z, "the prediction is left as it is");
        Images.assertSame(tBefore, t, "the labels are left as they are");
    }

    private static Dl4jDctLoss of(Setting setting) {
        return new Dl4jDctLoss(
                setting.loss(), setting.z().c(), setting.z().h(), setting.z().w());
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void readsAndWritesAnyOrderAndSlice(Layout layout) {
        Setting setting = Setting.of(DctLoss.builder().build(), 3, 2, 11, 8, layout, false, Masking.NONE);
        INDArray z = setting.z().array(layout);
        INDArray t = setting.t().array(layout);
        try (Dl4jDctLoss loss = of(setting)) {
            INDArray expected = loss.computeGradient(t, z, IDENTITY, null);
            Images.assertSame(expected, loss.computeGradient(t.dup('f'), z.dup('f'), IDENTITY, null), "order f");
            Images.assertSame(expected, loss.computeGradient(t, z.dup('f'), IDENTITY, null), "orders c and f");
            Images.assertSame(expected, loss.computeGradient(slice(t), slice(z), IDENTITY, null), "slices");
            int[] backwards = new int[z.rank()];
            Arrays.setAll(backwards, i -> z.rank() - 1 - i);
            INDArray transposed = z.permute(backwards).dup('c').permute(backwards);
            Images.assertSame(expected, loss.computeGradient(t, transposed, IDENTITY, null), "transposed");
            assertEquals(
                    loss.computeScore(t, z, IDENTITY, null, false),
                    loss.computeScore(slice(t), transposed, IDENTITY, null, false));
        }
    }

    /** The same numbers inside a larger array, with an offset and gaps along every axis. */
    private static INDArray slice(INDArray array) {
        long[] larger = array.shape().clone();
        Arrays.setAll(larger, i -> larger[i] + 3);
        INDArray all = Nd4j.valueArrayOf(larger, Double.NaN, DataType.FLOAT);
        INDArray inner = all.get(Arrays.stream(array.shape())
                .mapToObj(size -> NDArrayIndex.interval(2, 2 + size))
                .toArray(INDArrayIndex[]::new));
        inner.assign(array);
        assertTrue(inner.isView(), "a view, or the test is of nothing");
        return inner;
    }

    @Test
    void viewsAreTheArraysOwnMemory() {
        Setting setting = Setting.of(DctLoss.builder().build(), 2, 3, 16, 16, Layout.ROWS, false, Masking.NONE);
        INDArray z = setting.z().array(Layout.ROWS);
        ImageArrays arrays = ImageArrays.of(z, 3, 16, 16);
        arrays.view("prediction", z).set(1, 2, 3, 4, 42);
        assertEquals(42, z.getFloat(1, (2 * 16 + 3) * 16 + 4), "the view is of the array's own memory");
    }

    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"DOUBLE", "HALF", "BFLOAT16"})
    void convertsOtherTypes(DataType type) {
        Setting setting = Setting.of(
                // ND4J has no derivative of the sigmoid for BFLOAT16.
                DctLoss.builder().build(), 2, 3, 16, 16, Layout.ROWS, type != DataType.BFLOAT16, Masking.OUTPUTS);
        double close = type == DataType.DOUBLE ? CLOSE : type == DataType.FLOAT16 ? 2e-2 : 1e-1;
        INDArray z = setting.z().array(Layout.ROWS).castTo(type);
        INDArray t = setting.t().array(Layout.ROWS);
        Expected expected = setting.expected();
        try (Dl4jDctLoss loss = of(setting)) {
            INDArray gradient = loss.computeGradient(t, z, setting.activation(), setting.mask());
            assertEquals(type, gradient.dataType());
            Images.assertClose(
                    expected.gradient(), setting.z().numbers(gradient, Layout.ROWS), close, null, "gradient");
            INDArray scores = loss.computeScoreArray(t.castTo(type), z, setting.activation(), setting.mask());
            assertEquals(type, scores.dataType());
            Images.assertClose(
                    expected.scores(), scores.castTo(DataType.DOUBLE).data().asDouble(), close, null, "scores");
        }
    }

    @Test
    void takesLabelsOfBytesAndMasksOfBooleans() {
        int n = 2;
        INDArray bytes = Nd4j.createFromArray(new int[n * 64])
                .addi(7)
                .castTo(DataType.UINT8)
                .reshape(n, 64);
        INDArray z = Images.wide(n, 1, 8, 8, 1).array(Layout.ROWS);
        INDArray mask = Nd4j.createFromArray(true, false).reshape(n, 1);
        try (Dl4jDctLoss loss = new Dl4jDctLoss(DctLoss.builder().build(), 1, 8, 8)) {
            INDArray scores = loss.computeScoreArray(bytes, z, IDENTITY, mask);
            INDArray all = loss.computeScoreArray(bytes.castTo(DataType.FLOAT), z, IDENTITY, null);
            assertEquals(all.getDouble(0), scores.getDouble(0));
            assertEquals(0, scores.getDouble(1));
            INDArray gradient = loss.computeGradient(bytes, z, IDENTITY, mask);
            assertEquals(0, gradient.getRow(1).norm2Number().doubleValue(), "gradient of an example that is masked");
            assertTrue(gradient.getRow(0).norm2Number().doubleValue() > 0);
        }
    }

    /** Its derivative mixes pixels, so the order of mask and activation matters; by central differences. */
    @Test
    void softmaxOverChannelsWithMaskHasTheExactGradient() {
        Setting setting = Setting.of(
                DctLoss.builder().penalty(Penalty.charbonnier(0.1)).build(),
                2,
                3,
                8,
                8,
                Layout.PIXELS,
                false,
                Masking.OUTPUTS);
        INDArray z = setting.z().array(Layout.PIXELS);
        INDArray t = setting.t().array(Layout.PIXELS);
        INDArray mask = setting.mask();
        IActivation softmax = new ActivationSoftmax();
        try (Dl4jDctLoss loss = of(setting)) {
            INDArray gradient = loss.computeGradient(t, z, softmax, mask);
            Images direction = Images.wide(2, 3, 8, 8, 9);
            INDArray step = direction.array(Layout.PIXELS);
            double h = 1e-2;
            double rise = loss.computeScore(t, z.add(step.mul(h)), softmax, mask, false)
                    - loss.computeScore(t, z.sub(step.mul(h)), softmax, mask, false);
            double slope = gradient.mul(step).sumNumber().doubleValue();
            assertEquals(slope, rise / (2 * h), 1e-3 * Math.abs(slope));
        }
    }

    /** As data sets are padded: what is in an example that a mask excludes does not matter. */
    @ParameterizedTest
    @EnumSource(Layout.class)
    void aMaskOfZeroExcludesWhateverIsThere(Layout layout) {
        Setting setting = Setting.of(DctLoss.builder().build(), 3, 2, 8, 16, layout, true, Masking.NONE);
        INDArray mask = Nd4j.createFromArray(2f, 0f, 1f).reshape(3, 1);
        if (layout == Layout.PIXELS) {
            mask = mask.repeat(0, 8 * 16);
        }
        Images broken = new Images(3, 2, 8, 16, setting.z().pixels().clone());
        broken.pixels()[2 * 8 * 16 + 5] = Float.NaN;
        broken.pixels()[2 * 8 * 16 + 6] = Float.POSITIVE_INFINITY;
        INDArray z = setting.z().array(layout);
        INDArray t = setting.t().array(layout);
        try (Dl4jDctLoss loss = of(setting)) {
            Images.assertSame(
                    loss.computeScoreArray(t, z, setting.activation(), mask),
                    loss.computeScoreArray(t, broken.array(layout), setting.activation(), mask),
                    "scores");
            INDArray gradient = loss.computeGradient(t, broken.array(layout), setting.activation(), mask);
            Images.assertSame(loss.computeGradient(t, z, setting.activation(), mask), gradient, "gradient");
            double[] numbers = setting.z().numbers(gradient, layout);
            assertArrayEquals(new double[256], Arrays.copyOfRange(numbers, 256, 512), "gradient of what is excluded");
        }
    }

    @Test
    void aMeanIsADl4jMean() {
        Setting setting = Setting.of(DctLoss.builder().build(), 4, 1, 16, 16, Layout.ROWS, false, Masking.NONE);
        Images z = setting.z();
        double mean = setting.loss()
                .forward(
                        ImageBatch.of(z.pixels(), 4, 1, 16, 16),
                        ImageBatch.of(setting.t().pixels(), 4, 1, 16, 16));
        INDArray p = z.array(Layout.ROWS);
        INDArray t = setting.t().array(Layout.ROWS);
        try (Dl4jDctLoss loss = of(setting);
                Dl4jDctLoss same = new Dl4jDctLoss(
                        setting.loss().toBuilder()
                                .reduction(Reduction.PER_SAMPLE)
                                .build(),
                        1,
                        16,
                        16)) {
            assertEquals(mean, loss.computeScore(t, p, IDENTITY, null, true), 1e-12 * mean);
            assertEquals(loss, same);
            assertEquals(Reduction.PER_SAMPLE, loss.loss().reduction());
        }
    }

    @Test
    void annealsAndReplacesWeights() {
        Setting setting = Setting.of(DctLoss.builder().build(), 2, 1, 16, 16, Layout.ROWS, false, Masking.NONE);
        INDArray z = setting.z().array(Layout.ROWS);
        INDArray t = setting.t().array(Layout.ROWS);
        try (Dl4jDctLoss loss = of(setting);
                Dl4jDctLoss uniform = with(FrequencyWeights.uniform());
                Dl4jDctLoss annealed = with(FrequencyWeights.jpegLuminance(50).anneal(0.5));
                Dl4jDctLoss watson = with(FrequencyWeights.watson())) {
            double first = loss.computeScore(t, z, IDENTITY, null, false);
            loss.anneal(0.5);
            assertEquals(
                    annealed.computeScore(t, z, IDENTITY, null, false), loss.computeScore(t, z, IDENTITY, null, false));
            loss.anneal(0);
            Images.assertSame(
                    uniform.computeGradient(t, z, IDENTITY, null),
                    loss.computeGradient(t, z, IDENTITY, null),
                    "uniform");
            // A batch of another size has them, too.
            INDArray one = z.get(NDArrayIndex.interval(0, 1), NDArrayIndex.all());
            INDArray oneT = t.get(NDArrayIndex.interval(0, 1), NDArrayIndex.all());
            Images.assertSame(
                    uniform.computeGradient(oneT, one, IDENTITY, null),
                    loss.computeGradient(oneT, one, IDENTITY, null),
                    "uniform");
            loss.setWeights(FrequencyWeights.watson());
            Images.assertSame(
                    watson.computeGradient(t, z, IDENTITY, null), loss.computeGradient(t, z, IDENTITY, null), "watson");
            assertNotEquals(watson, loss, "the configuration is as it was");
            loss.setWeights(loss.loss().weights());
            assertEquals(first, loss.computeScore(t, z, IDENTITY, null, false));
        }
    }

    private static Dl4jDctLoss with(FrequencyWeights weights) {
        return new Dl4jDctLoss(DctLoss.builder().weights(weights).build(), 1, 16, 16);
    }

    @Test
    void threadsTakeTurns() {
        try (Dl4jDctLoss loss = with(FrequencyWeights.watson())) {
            List<INDArray> batches = IntStream.range(0, 6)
                    .mapToObj(i -> Images.wide(1 + i % 3, 1, 16, 16, i).array(Layout.ROWS))
                    .toList();
            List<INDArray> alone = batches.stream()
                    .map(z -> loss.computeGradient(z.mul(0.5), z, IDENTITY, null))
                    .toList();
            IntStream.range(0, 120).parallel().forEach(i -> {
                INDArray z = batches.get(i % 6);
                Images.assertSame(alone.get(i % 6), loss.computeGradient(z.mul(0.5), z, IDENTITY, null), "batch " + i);
            });
        }
    }

    @Test
    void printsAndComparesByValue() {
        try (Dl4jDctLoss loss = with(FrequencyWeights.watson());
                Dl4jDctLoss same = with(FrequencyWeights.watson());
                Dl4jDctLoss other = new Dl4jDctLoss(same.loss(), 1, 16, 8)) {
            assertEquals(loss, same);
            assertEquals(loss.hashCode(), same.hashCode());
            assertNotEquals(loss, other);
            assertTrue(loss.toString().startsWith("Dl4jDctLoss[1x16x16, DctLoss["), loss::toString);
            assertEquals(loss.toString(), loss.name());
        }
    }
}

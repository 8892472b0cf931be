package org.dctloss.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.dctloss.BackendChoice;
import org.dctloss.BlockDct;
import org.dctloss.Coefficients;
import org.dctloss.ColorTransform;
import org.dctloss.DataType;
import org.dctloss.DctLoss;
import org.dctloss.Edge;
import org.dctloss.FrequencyWeights;
import org.dctloss.ImageBatch;
import org.dctloss.LossOptions;
import org.dctloss.LossSession;
import org.dctloss.Normalization;
import org.dctloss.Penalty;
import org.dctloss.Reduction;
import org.dctloss.Scaling;
import org.dctloss.reference.ReferenceDctLoss;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every backend promises. A backend inherits it and names itself; one whose memory is not the heap also overrides
 * {@link #memories}, {@link #place} and {@link #fetch}; one that stores 16 bits says so.
 *
 * <p>A backend that cannot run here is skipped with its cause, unless {@code -Ddctloss.require=java,native} names it:
 * then that is a failure.
 */
public abstract class BackendContract {
    /** The numerical promise: relative error of the gradient in Euclidean norm, and of the loss. */
    protected static final double GRADIENT = 2e-6;

    protected static final double LOSS = 1e-6;

    /** What outputs hold before a call. */
    private static final float GARBAGE = 77;

    private static final Penalty[] PENALTIES = {
        Penalty.squared(), Penalty.absolute(), Penalty.charbonnier(1e-3), Penalty.huber(0.05)
    };

    /** The backend under test. */
    protected abstract BackendChoice backend();

    /** Names of the memories in which the tests place their pixels. */
    protected List<String> memories() {
        return List.of("array", "buffer");
    }

    /** Brings a test's array into a memory and makes a view of it. */
    protected ImageBatch place(String memory, Layout layout, float[] backing) {
        if (memory.equals("array")) {
            return layout.at((offset, n, c, h, w, strideN, strideC, strideH, strideW) ->
                    ImageBatch.strided(backing, offset, n, c, h, w, strideN, strideC, strideH, strideW));
        }
        java.nio.FloatBuffer buffer = java.nio.ByteBuffer.allocateDirect(4 * backing.length + 12)
                .order(java.nio.ByteOrder.nativeOrder())
                .asFloatBuffer();
        buffer.position(3);
        buffer.put(backing);
        buffer.position(3);
        return layout.at((offset, n, c, h, w, strideN, strideC, strideH, strideW) ->
                ImageBatch.strided(buffer, offset, n, c, h, w, strideN, strideC, strideH, strideW));
    }

    /** Brings the whole array back from where {@link #place} put it. */
    protected void fetch(ImageBatch view, float[] backing) {
        if (view.buffer() != null) {
            view.buffer().get(3, backing);
        }
    }

    /** Like {@link #place}, for a gradient, whose data type may be another. */
    protected ImageBatch placeOutput(String memory, Layout layout, float[] backing) {
        return place(memory, layout, backing);
    }

    /** How {@link #place} stores pixels: the reference gets them rounded to it, too. */
    protected DataType input() {
        return DataType.FLOAT32;
    }

    /** How {@link #placeOutput} stores them: what a rounding to it costs is allowed. */
    protected DataType output() {
        return DataType.FLOAT32;
    }

    /** Whether calls share the work among threads. */
    protected boolean hasThreads() {
        return true;
    }

    /**
     * How far the loss may depend on layout, on the outputs asked for and on the place in the batch, relative. A
     * backend with one order of summation promises 0; gradients never depend on them.
     */
    protected double lossSpread() {
        return 0;
    }

    @BeforeEach
    void available() {
        Availability.required(backend());
    }

    // ---------------------------------------------------------------- placing, running, comparing

    /** Pixels in some memory and layout, with canaries around them. */
    private final class Placed {
        final Layout layout;
        final float[] backing;
        final ImageBatch view;

        Placed(String memory, Layout.Kind kind, int n, int c, int h, int w, float[] nchw) {
            layout = Layout.of(kind, n, c, h, w);
            backing = layout.surround(nchw);
            view = nchw[0] == GARBAGE ? placeOutput(memory, layout, backing) : place(memory, layout, backing);
        }

        float[] pixels() {
            fetch(view, backing);
            return layout.extract(backing);
        }
    }

    private Placed plain(int n, int c, int h, int w, float[] nchw) {
        return new Placed(memories().get(0), Layout.Kind.CONTIGUOUS, n, c, h, w, nchw);
    }

    private Placed plain(LossCase k, float[] nchw) {
        return plain(k.n, k.c, k.h, k.w, nchw);
    }

    /** What the inputs' memory keeps of these pixels. */
    private float[] stored(float[] pixels) {
        float[] rounded = new float[pixels.length];
        for (int i = 0; i < pixels.length; i++) {
            rounded[i] = SixteenBits.round(input(), pixels[i]);
        }
        return rounded;
    }

    /** What rounding an output of this size may cost. */
    private double outputRounding(double size) {
        return SixteenBits.rounding(output()) * Math.abs(size) + SixteenBits.underflow(output());
    }

    private static float[] garbage(int length) {
        float[] g = new float[length];
        Arrays.fill(g, GARBAGE);
        return g;
    }

    private DctLoss loss(LossCase k) {
        return k.builder().backend(backend()).build();
    }

    /** What a call gave. */
    private record Outcome(double loss, float[] gradient, float[] targetGradient, double[] perSample) {}

    private Outcome run(DctLoss loss, LossCase k, float[] p, float[] t) {
        return run(loss, k, p, t, memories().get(0), Layout.Kind.CONTIGUOUS);
    }

    private Outcome run(DctLoss loss, LossCase k, float[] p, float[] t, String memory, Layout.Kind kind) {
        Placed prediction = new Placed(memory, kind, k.n, k.c, k.h, k.w, p);
        Placed target = new Placed(memory, kind, k.n, k.c, k.h, k.w, t);
        Placed gradient = new Placed(memory, kind, k.n, k.c, k.h, k.w, garbage(p.length));
        Placed targetGradient = new Placed(memory, kind, k.n, k.c, k.h, k.w, garbage(p.length));
        double[] perSample = new double[k.n];
        double value = loss.backward(
                prediction.view,
                target.view,
                gradient.view,
                targetGradient.view,
                k.options().perSample(perSample));
        assertArrayEquals(p, prediction.pixels(), "prediction was changed");
        assertArrayEquals(t, target.pixels(), "target was changed");
        return new Outcome(value, gradient.pixels(), targetGradient.pixels(), perSample);
    }

    private static ReferenceDctLoss.Result expected(LossCase k, float[] p, float[] t) {
        return k.reference().evaluate(TestImages.widen(p, k.n, k.c, k.h, k.w), TestImages.widen(t, k.n, k.c, k.h, k.w));
    }

    /** The numerical promise, to the letter. */
    private void assertPromise(LossCase k, ReferenceDctLoss.Result expected, Outcome got) {
        assertGradient(k, "gradient", expected.gradient, expected, got.gradient);
        assertGradient(k, "target gradient", expected.targetGradient, expected, got.targetGradient);
        double allowed = LOSS * expected.loss + expected.lossRounding;
        assertTrue(
                Math.abs(got.loss - expected.loss) <= allowed,
                () -> k + ": loss " + got.loss + ", expected " + expected.loss + " within " + allowed);
        for (int n = 0; n < k.n; n++) {
            double rounding = expected.lossRounding * (k.reduction == Reduction.MEAN ? k.n : 1);
            if (k.reduction == Reduction.SUM) {
                rounding *= expected.perSample[n] * k.n / Math.max(expected.loss, Double.MIN_NORMAL);
            }
            assertEquals(
                    expected.perSample[n],
                    got.perSample[n],
                    LOSS * expected.perSample[n] + rounding,
                    k + ": sample " + n);
        }
    }

    private void assertGradient(
            LossCase k, String name, double[][][][] expected, ReferenceDctLoss.Result all, float[] got) {
        double norm = 0;
        double error = 0;
        for (int i = 0; i < got.length; i++) {
            int n = i / (k.c * k.h * k.w);
            int c = i / (k.h * k.w) % k.c;
            int y = i / k.w % k.h;
            int x = i % k.w;
            double e = expected[n][c][y][x];
            if (Math.abs(e) > SixteenBits.largest(output())) {
                assertTrue(Math.abs(got[i]) >= SixteenBits.largest(output()), () -> k + ": " + name + " at its end");
                continue;
            }
            norm += e * e;
            if (!all.nearJump[n][c][y][x]) {
                error += (e - got[i]) * (e - got[i]);
            }
        }
        double allowed = GRADIENT * Math.sqrt(norm) + all.gradientRounding;
        allowed += SixteenBits.rounding(output()) * Math.sqrt(norm);
        allowed += SixteenBits.underflow(output()) * Math.sqrt(got.length);
        double allowedAll = allowed;
        double off = Math.sqrt(error);
        assertTrue(
                off <= allowedAll,
                () -> k + ": " + name + " is off by " + off + " in norm, allowed " + allowedAll + " of " + all.loss);
    }

    private void assertSameLoss(double expected, double got, String message) {
        assertEquals(expected, got, lossSpread() * expected, message);
    }

    private static void assertBits(float[] expected, float[] got, String message) {
        assertEquals(expected.length, got.length, message);
        for (int i = 0; i < expected.length; i++) {
            if (Float.floatToRawIntBits(expected[i]) != Float.floatToRawIntBits(got[i])) {
                fail(message + ": element " + i + " is " + got[i] + ", expected the same bits as " + expected[i]);
            }
        }
    }

    private float[] draw(TestImages.Kind kind, int n, int c, int h, int w, long seed) {
        return stored(TestImages.draw(kind, n, c, h, w, seed));
    }

    private float[] noise(LossCase k, long seed) {
        return draw(TestImages.Kind.NOISE, k.n, k.c, k.h, k.w, seed);
    }

    // ---------------------------------------------------------------- the mathematics

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
    void agreesWithTheReferenceOnAnyOptions(int part) {
        for (int i = 0; i < 60; i++) {
            LossCase k = LossCase.random(1000 * part + i);
            Random r = new Random(k.seed);
            float[] p = draw(TestImages.natural(r), k.n, k.c, k.h, k.w, k.seed);
            float[] t = draw(TestImages.natural(r), k.n, k.c, k.h, k.w, k.seed + 7);
            assertPromise(k, expected(k, p, t), run(loss(k), k, p, t));
        }
    }

    /** The strict form for signed errors: no allowance for cancellation while weights leave a tenth of the error. */
    @ParameterizedTest
    @ValueSource(ints = {8, 5, 16})
    void lossOfNoiseIsRightToAMillionth(int block) {
        for (Penalty penalty : PENALTIES) {
            for (int seed = 0; seed < 10; seed++) {
                LossCase k = new LossCase();
                k.block = block;
                k.penalty = penalty;
                k.c = 2;
                k.h = 64;
                k.w = 80;
                float[] p = noise(k, seed);
                float[] t = noise(k, seed + 100);
                double right = expected(k, p, t).loss;
                assertEquals(right, run(loss(k), k, p, t).loss, LOSS * right, k.toString());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(TestImages.Kind.class)
    void agreesWithTheReferenceOnAwkwardImages(TestImages.Kind kind) {
        int[][] sizes = {{1, 1}, {1, 9}, {7, 1}, {8, 8}, {9, 7}, {16, 24}, {103, 1}, {1, 207}, {11, 35}};
        for (int[] size : SixteenBits.largest(input()) < 1e17 && kind == TestImages.Kind.HUGE ? new int[0][] : sizes) {
            for (Penalty penalty : PENALTIES) {
                for (Coefficients coefficients : Coefficients.values()) {
                    LossCase k = new LossCase();
                    k.n = 2;
                    k.h = size[0];
                    k.w = size[1];
                    k.penalty = penalty;
                    k.coefficients = coefficients;
                    k.block = size[0] == 11 ? 5 : 8;
                    k.edge = Edge.values()[size[1] % 3];
                    float[] p = draw(kind, k.n, k.c, k.h, k.w, 3);
                    float[] same = run(loss(k), k, p, p.clone()).gradient;
                    float[] zero = new float[p.length];
                    if (coefficients == Coefficients.SIGNED || penalty != Penalty.absolute()) {
                        assertArrayEquals(zero, same, 0f, k + " on identical images");
                    }
                    for (TestImages.Kind other : new TestImages.Kind[] {TestImages.Kind.NOISE, TestImages.Kind.BLACK}) {
                        float[] t = draw(other, k.n, k.c, k.h, k.w, 4);
                        Outcome got = run(loss(k), k, p, t);
                        for (float g : got.gradient) {
                            assertTrue(Float.isFinite(g), () -> k + ": gradient is not finite on " + kind);
                        }
                        // Below the normal range of float32 nothing can be promised relative to the value.
                        if (kind != TestImages.Kind.DENORMAL) {
                            assertPromise(k, expected(k, p, t), got);
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Edge.class)
    void oddSizesWithEveryEdgeRuleAndOffset(Edge edge) {
        for (int h : new int[] {1, 7, 9, 103}) {
            for (int w : new int[] {1, 7, 9, 207}) {
                LossCase k = new LossCase();
                k.h = edge == Edge.CROP ? Math.max(h, 16) : h;
                k.w = edge == Edge.CROP ? Math.max(w, 16) : w;
                k.edge = edge;
                k.n = 2;
                k.dy = h % 8;
                k.dx = (w + 2) % 8;
                k.penalty = PENALTIES[(h + w) % 4];
                k.coefficients = Coefficients.values()[w % 2];
                float[] p = noise(k, 1);
                float[] t = noise(k, 2);
                assertPromise(k, expected(k, p, t), run(loss(k), k, p, t));
            }
        }
    }

    @Test
    void identicalImagesCostExactlyNothing() {
        for (int seed = 0; seed < 200; seed++) {
            LossCase k = LossCase.random(seed);
            float[] p = draw(TestImages.Kind.SMOOTH, k.n, k.c, k.h, k.w, seed);
            Outcome got = run(loss(k), k, p, p.clone());
            assertEquals(0.0, got.loss, k.toString());
            for (float g : got.gradient) {
                assertEquals(0f, g, 0f, k::toString);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 5, 8, 16, 21})
    void everyImpulseIsOneCoefficient(int block) {
        double[][] c = ReferenceDctLoss.cosines(block);
        LossCase k = new LossCase();
        k.block = block;
        k.h = block;
        k.w = block;
        k.weights = FrequencyWeights.uniform();
        DctLoss loss = loss(k);
        BlockDct dct = BlockDct.of(block).backend(backend());
        float[] zero = new float[block * block];
        for (int u = 0; u < block; u++) {
            for (int v = 0; v < block; v++) {
                float[] basis = new float[block * block];
                for (int i = 0; i < basis.length; i++) {
                    basis[i] = SixteenBits.round(input(), (float) (c[u][i / block] * c[v][i % block]));
                }
                double[][] x = coefficients(c, basis, block);
                double[] spectrum = loss.spectrum(plain(k, basis).view, plain(k, zero).view, LossOptions.DEFAULT);
                Placed out = plain(k, garbage(basis.length));
                dct.forward(plain(k, basis).view, out.view);
                float[] got = out.pixels();
                for (int f = 0; f < basis.length; f++) {
                    double right = x[f / block][f % block];
                    assertEquals(f == u * block + v ? 1 : 0, right, 0.01, "of the reference");
                    assertEquals(right * right, spectrum[f], 2e-6, "spectrum of impulse " + u + "," + v + " at " + f);
                    assertEquals(
                            right,
                            got[f],
                            1e-6 + outputRounding(right),
                            "coefficient of impulse " + u + "," + v + " at " + f);
                }
            }
        }
    }

    private static double[][] coefficients(double[][] cosines, float[] pixels, int stride) {
        int block = cosines.length;
        double[][] first = new double[block][block];
        for (int i = 0; i < block * block; i++) {
            first[i / block][i % block] = pixels[i / block * stride + i % block];
        }
        return ReferenceDctLoss.times(ReferenceDctLoss.times(cosines, first), ReferenceDctLoss.transpose(cosines));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 7, 8, 21, 64})
    void blockDctIsRightAndInverts(int block) {
        int n = 2;
        int c = 2;
        int h = 2 * block;
        int w = 3 * block;
        float[] pixels = draw(TestImages.Kind.NOISE, n, c, h, w, 5);
        double[][] cosines = ReferenceDctLoss.cosines(block);
        for (Scaling scaling : Scaling.values()) {
            BlockDct dct = BlockDct.of(block).scaling(scaling).backend(backend());
            for (String memory : memories()) {
                for (Layout.Kind kind : Layout.Kind.values()) {
                    Placed in = new Placed(memory, kind, n, c, h, w, pixels);
                    Placed out = new Placed(memory, kind, n, c, h, w, garbage(pixels.length));
                    dct.forward(in.view, out.view);
                    assertArrayEquals(pixels, in.pixels(), "input was changed");
                    float[] coefficients = out.pixels();
                    double[][] x = coefficients(cosines, pixels, w);
                    double error = 0;
                    double norm = 0;
                    for (int i = 0; i < block * block; i++) {
                        int u = i / block;
                        int v = i % block;
                        double right = x[u][v] * scaling.axisFactor(u, block) * scaling.axisFactor(v, block);
                        double wrong = right - coefficients[u * w + v];
                        error += wrong * wrong;
                        norm += right * right;
                    }
                    double off = Math.sqrt(error / norm);
                    assertTrue(off <= 1e-6 + SixteenBits.rounding(output()), "forward, block " + block + " " + scaling);
                    dct.inverse(out.view, in.view);
                    float close =
                            (float) (3e-6 + SixteenBits.rounding(input()) + SixteenBits.rounding(output()) * block);
                    assertArrayEquals(pixels, in.pixels(), close, "inverse, block " + block + " " + scaling);
                    dct.forward(in.view, in.view);
                    double largest = 0;
                    for (float coefficient : coefficients) {
                        largest = Math.max(largest, Math.abs(coefficient));
                    }
                    close = (float)
                            (1e-3 + 2 * largest * (SixteenBits.rounding(input()) + SixteenBits.rounding(output())));
                    assertArrayEquals(coefficients, in.pixels(), close, "in place, block " + block + " " + scaling);
                }
            }
        }
    }

    /** <C x, y> = <x, C^T y>: what makes the inverse the gradient. */
    @ParameterizedTest
    @ValueSource(ints = {8, 13})
    void blockDctInverseIsItsAdjoint(int block) {
        int side = 4 * block;
        float[] x = draw(TestImages.Kind.NOISE, 1, 1, side, side, 1);
        float[] y = draw(TestImages.Kind.NOISE, 1, 1, side, side, 2);
        BlockDct dct = BlockDct.of(block).backend(backend());
        Placed cx = plain(1, 1, side, side, garbage(x.length));
        Placed cty = plain(1, 1, side, side, garbage(x.length));
        dct.forward(plain(1, 1, side, side, x).view, cx.view);
        dct.inverse(plain(1, 1, side, side, y).view, cty.view);
        double left = dot(cx.pixels(), y);
        double close = 1e-5 + SixteenBits.rounding(output());
        assertEquals(left, dot(x, cty.pixels()), close * Math.abs(left));
    }

    /** With a squared penalty the gradient is a symmetric linear map A of the difference: <A x, y> = <x, A y>. */
    @ParameterizedTest
    @EnumSource(Edge.class)
    void squaredGradientIsSymmetric(Edge edge) {
        for (int block : new int[] {8, 6}) {
            LossCase k = new LossCase();
            k.block = block;
            k.edge = edge;
            k.c = 3;
            k.color = ColorTransform.BT709;
            k.reduction = Reduction.SUM;
            k.h = 21;
            k.w = 30;
            k.dy = 3;
            k.dx = 5;
            float[] zero = new float[k.c * k.h * k.w];
            float[] x = noise(k, 1);
            float[] y = noise(k, 2);
            double left = dot(run(loss(k), k, x, zero).gradient, y);
            double right = dot(run(loss(k), k, y, zero).gradient, x);
            double close = 1e-5 + SixteenBits.rounding(output());
            assertEquals(left, right, close * Math.abs(left), k.toString());
        }
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    /** Away from kinks, loss(p + h) - loss(p - h) is 2h times the gradient's component along the direction. */
    @Test
    void gradientIsTheSlopeOfTheLoss() {
        for (Penalty penalty : new Penalty[] {Penalty.squared(), Penalty.charbonnier(0.5), Penalty.huber(0.3)}) {
            for (Edge edge : Edge.values()) {
                LossCase k = new LossCase();
                k.penalty = penalty;
                k.edge = edge;
                k.h = 19;
                k.w = 21;
                k.c = 3;
                k.color = ColorTransform.BT601;
                k.reduction = Reduction.SUM;
                k.dx = 2;
                DctLoss loss = loss(k);
                float[] p = noise(k, 1);
                float[] t = noise(k, 2);
                float[] direction = noise(k, 3);
                float step = 0x1p-8f;
                float[] ahead = p.clone();
                float[] behind = p.clone();
                for (int i = 0; i < p.length; i++) {
                    ahead[i] += step * direction[i];
                    behind[i] -= step * direction[i];
                }
                ahead = stored(ahead);
                behind = stored(behind);
                // 16 bits do not step where they are told to.
                for (int i = 0; i < p.length; i++) {
                    p[i] = (ahead[i] + behind[i]) / 2;
                    direction[i] = (ahead[i] - behind[i]) / (2 * step);
                }
                p = stored(p);
                double slope = dot(run(loss, k, p, t).gradient, direction);
                double measured = (run(loss, k, ahead, t).loss - run(loss, k, behind, t).loss) / (2 * step);
                double close = 2e-3 + SixteenBits.rounding(input()) + SixteenBits.rounding(output());
                assertEquals(slope, measured, close * Math.abs(slope), k.toString());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 7, 16})
    void atJumpsTheDerivativeIsZero(int block) {
        // A flat difference: all coefficients but the mean are exactly 0, and so is their part of the gradient.
        LossCase k = new LossCase();
        k.block = block;
        k.h = 2 * block;
        k.w = 2 * block;
        k.penalty = Penalty.absolute();
        k.reduction = Reduction.SUM;
        k.weights = FrequencyWeights.uniform();
        float[] p = new float[k.h * k.w];
        Arrays.fill(p, 0.75f);
        float[] t = new float[k.h * k.w];
        Arrays.fill(t, 0.25f);
        for (float g : run(loss(k), k, p, t).gradient) {
            assertEquals(1.0 / block, g, 1e-7 + outputRounding(1.0 / block), k.toString());
        }
        // A black prediction: sign(0) = 0, so magnitudes give it no gradient, and the target has one.
        k.coefficients = Coefficients.MAGNITUDE;
        k.penalty = Penalty.squared();
        Outcome black = run(loss(k), k, new float[p.length], noise(k, 4));
        assertArrayEquals(new float[p.length], black.gradient, 0f, k.toString());
        assertTrue(black.targetGradient[0] != 0f, k.toString());
    }

    @Test
    void zeroWeightsGiveZeroGradient() {
        for (int block : new int[] {8, 12}) {
            LossCase k = new LossCase();
            k.block = block;
            k.h = 3 * block;
            k.w = 2 * block;
            k.weights = FrequencyWeights.uniform().withDc(0);
            float[] t = noise(k, 1);
            for (Penalty penalty : PENALTIES) {
                k.penalty = penalty;
                // These add exactly, in eight bits, too, so the difference is flat and has nothing but a mean.
                float[] p = t.clone();
                for (int i = 0; i < t.length; i++) {
                    t[i] = Math.round(t[i] * 64) / 64f;
                    p[i] = t[i] + 0.25f;
                }
                Outcome got = run(loss(k), k, p, t);
                assertEquals(0.0, got.loss, k.toString());
                assertArrayEquals(new float[p.length], got.gradient, 0f, k.toString());
            }
        }
    }

    @Test
    void uniformSquaredLossIsMse() {
        LossCase k = new LossCase();
        k.n = 2;
        k.c = 3;
        k.h = 24;
        k.w = 40;
        k.weights = FrequencyWeights.uniform();
        float[] p = noise(k, 1);
        float[] t = noise(k, 2);
        double mse = 0;
        for (int i = 0; i < p.length; i++) {
            mse += ((double) p[i] - t[i]) * ((double) p[i] - t[i]) / p.length;
        }
        Outcome got = run(loss(k), k, p, t);
        assertEquals(mse, got.loss, 1e-6 * mse);
        for (int i = 0; i < p.length; i++) {
            double right = 2 * ((double) p[i] - t[i]) / p.length;
            assertEquals(right, got.gradient[i], 1e-8 + outputRounding(right));
        }
    }

    @Test
    void magnitudesAreBlindToSigns() {
        LossCase k = new LossCase();
        k.coefficients = Coefficients.MAGNITUDE;
        float[] p = noise(k, 1);
        float[] negative = p.clone();
        for (int i = 0; i < p.length; i++) {
            negative[i] = -p[i];
        }
        assertEquals(0.0, run(loss(k), k, p, negative).loss);
    }

    @Test
    void squaresBeyondFloat32AreStillRight() {
        for (float scale : new float[] {1e17f, 1e12f, 1e-15f, 1e-22f, 1e-30f}) {
            if (scale > SixteenBits.largest(input())) {
                continue;
            }
            for (Penalty penalty : PENALTIES) {
                LossCase k = new LossCase();
                k.penalty = penalty;
                k.scaling = scale > 1 ? Scaling.ORTHONORMAL : Scaling.UNNORMALIZED;
                float[] p = noise(k, 1);
                float[] t = noise(k, 2);
                for (int i = 0; i < p.length; i++) {
                    p[i] *= scale;
                    t[i] *= scale;
                }
                p = stored(p);
                t = stored(t);
                assertPromise(k, expected(k, p, t), run(loss(k), k, p, t));
            }
        }
    }

    @Test
    void paperPresetIsWhatThePaperDescribes() {
        int n = 2;
        int h = 45;
        int w = 30;
        ReferenceDctLoss reference = new ReferenceDctLoss();
        reference.block = 21;
        reference.unnormalized = true;
        reference.magnitude = true;
        reference.weights = new double[][] {
            FrequencyWeights.jpegLuminance(50)
                    .resample(21)
                    .floor()
                    .normalize(Normalization.NONE)
                    .resolve(21)
        };
        float[] p = draw(TestImages.Kind.SMOOTH, n, 1, h, w, 1);
        float[] t = draw(TestImages.Kind.EDGES, n, 1, h, w, 2);
        double right = reference.evaluate(TestImages.widen(p, n, 1, h, w), TestImages.widen(t, n, 1, h, w)).loss;
        DctLoss preset = DctLoss.arezoomand2021().toBuilder().backend(backend()).build();
        assertEquals(right, preset.forward(plain(n, 1, h, w, p).view, plain(n, 1, h, w, t).view), 2e-6 * right);
    }

    // ---------------------------------------------------------------- outputs and options

    @Test
    void everyLayoutAndMemoryGivesTheSameBits() {
        for (int seed = 0; seed < 24; seed++) {
            LossCase k = LossCase.random(seed + 500);
            DctLoss loss = loss(k);
            float[] p = noise(k, seed);
            float[] t = noise(k, seed + 1);
            Outcome expected = run(loss, k, p, t);
            for (String memory : memories()) {
                for (Layout.Kind kind : Layout.Kind.values()) {
                    Outcome got = run(loss, k, p, t, memory, kind);
                    assertSameLoss(expected.loss, got.loss, k + " " + memory + " " + kind);
                    assertBits(expected.gradient, got.gradient, k + " " + memory + " " + kind);
                    assertBits(expected.targetGradient, got.targetGradient, k + " " + memory + " " + kind);
                }
            }
        }
    }

    @Test
    void forwardAndBackwardReturnTheSameLoss() {
        for (int seed = 0; seed < 60; seed++) {
            LossCase k = LossCase.random(seed + 900);
            DctLoss loss = loss(k);
            float[] p = noise(k, seed);
            float[] t = noise(k, seed + 1);
            Outcome both = run(loss, k, p, t);
            Placed onlyOne = plain(k, garbage(p.length));
            Placed onlyTarget = plain(k, garbage(p.length));
            ImageBatch prediction = plain(k, p).view;
            ImageBatch target = plain(k, t).view;
            assertSameLoss(both.loss, loss.forward(prediction, target, k.options()), k.toString());
            assertSameLoss(both.loss, loss.backward(prediction, target, onlyOne.view, k.options()), k.toString());
            assertSameLoss(
                    both.loss, loss.backward(prediction, target, null, onlyTarget.view, k.options()), k.toString());
            assertBits(both.gradient, onlyOne.pixels(), k.toString());
            assertBits(both.targetGradient, onlyTarget.pixels(), k.toString());
        }
    }

    @Test
    void mapsAverageToTheLoss() {
        for (int seed = 0; seed < 40; seed++) {
            LossCase k = LossCase.random(seed + 1300);
            k.stride = 0;
            k.upstream = null;
            k.reduction = Reduction.MEAN;
            float[] p = noise(k, seed);
            float[] t = noise(k, seed + 1);
            ReferenceDctLoss.Result expected = expected(k, p, t);
            DctLoss loss = loss(k);
            ImageBatch map = loss.blockMap(plain(k, p).view, plain(k, t).view, k.options());
            double[] spectrum = loss.spectrum(plain(k, p).view, plain(k, t).view, k.options());
            double total = 0;
            double close = 1e-5 * expected.loss + 100 * expected.lossRounding;
            for (int n = 0; n < map.n(); n++) {
                for (int c = 0; c < map.c(); c++) {
                    for (int y = 0; y < map.h(); y++) {
                        for (int x = 0; x < map.w(); x++) {
                            total += map.get(n, c, y, x);
                            double right = expected.blockMap[n][c][y][x];
                            assertEquals(right, map.get(n, c, y, x), close + 1e-5 * right, () -> k + " block map");
                        }
                    }
                }
            }
            assertEquals(expected.loss, total / (map.n() * map.c() * map.h() * map.w()), close, k + " block map");
            double sum = 0;
            for (int f = 0; f < spectrum.length; f++) {
                double right = expected.spectrum[f / (k.block * k.block)][f % (k.block * k.block)];
                assertEquals(right, spectrum[f], close + 1e-5 * right, () -> k + " spectrum");
                sum += spectrum[f];
            }
            assertEquals(expected.loss, sum / spectrum.length, close, k + " spectrum");
        }
    }

    @Test
    void upstreamFactorScalesTheGradientAlone() {
        for (int seed = 0; seed < 30; seed++) {
            LossCase k = LossCase.random(seed + 1700);
            k.upstream = null;
            DctLoss loss = loss(k);
            float[] p = noise(k, seed);
            float[] t = noise(k, seed + 1);
            Outcome one = run(loss, k, p, t);
            for (double factor : new double[] {2, -0.5, 0, 0.3}) {
                Placed gradient = plain(k, garbage(p.length));
                double value = loss.backward(
                        plain(k, p).view,
                        plain(k, t).view,
                        gradient.view,
                        k.options().upstream(factor));
                assertEquals(one.loss, value, k.toString());
                float[] got = gradient.pixels();
                double norm = Math.sqrt(dot(one.gradient, one.gradient));
                for (int i = 0; i < got.length; i++) {
                    double right = factor * one.gradient[i];
                    double close = 1e-6 * norm + 2 * outputRounding(right) + Math.abs(factor) * outputRounding(0);
                    assertEquals(right, got[i], close, () -> k + " factor " + factor);
                }
            }
        }
    }

    @Test
    void accumulatingAddsToTheGradient() {
        for (int seed = 0; seed < 60; seed++) {
            LossCase k = LossCase.random(seed + 2100);
            DctLoss loss = loss(k);
            float[] p = noise(k, seed);
            float[] t = noise(k, seed + 1);
            Outcome plain = run(loss, k, p, t);
            Placed gradient = plain(k, garbage(p.length));
            Placed targetGradient = plain(k, garbage(p.length));
            double value = loss.backward(
                    plain(k, p).view,
                    plain(k, t).view,
                    gradient.view,
                    targetGradient.view,
                    k.options().accumulate());
            assertEquals(plain.loss, value, k.toString());
            float[] got = gradient.pixels();
            float[] gotTarget = targetGradient.pixels();
            for (int i = 0; i < got.length; i++) {
                assertEquals(GARBAGE + plain.gradient[i], got[i], accumulated(plain.gradient[i]), k::toString);
                float right = GARBAGE + plain.targetGradient[i];
                assertEquals(right, gotTarget[i], accumulated(plain.targetGradient[i]), k::toString);
            }
        }
    }

    /** What adding this to garbage may cost. */
    private double accumulated(float gradient) {
        return 1e-4 * (1 + Math.abs(gradient)) + outputRounding(gradient) + outputRounding(GARBAGE + gradient);
    }

    @Test
    void aStrideIsTheMeanOverShiftedGrids() {
        for (Edge edge : Edge.values()) {
            LossCase k = new LossCase();
            k.edge = edge;
            k.h = 29;
            k.w = 37;
            k.dy = 5;
            float[] p = noise(k, 1);
            float[] t = noise(k, 2);
            double mean = 0;
            for (int i = 0; i < 8; i += 4) {
                for (int j = 0; j < 8; j += 4) {
                    LossCase one = new LossCase();
                    one.edge = edge;
                    one.h = k.h;
                    one.w = k.w;
                    one.dy = (k.dy + i) % 8;
                    one.dx = j;
                    mean += run(loss(one), one, p, t).loss / 4;
                }
            }
            k.stride = 4;
            assertEquals(mean, run(loss(k), k, p, t).loss, 1e-12, k.toString());
            assertPromise(k, expected(k, p, t), run(loss(k), k, p, t));
        }
    }

    @Test
    void weightsAreReplacedInPlace() {
        for (int block : new int[] {8, 5}) {
            LossCase k = new LossCase();
            k.block = block;
            float[] p = noise(k, 1);
            float[] t = noise(k, 2);
            ImageBatch prediction = plain(k, p).view;
            ImageBatch target = plain(k, t).view;
            Placed gradient = plain(k, garbage(p.length));
            try (LossSession session = loss(k).open(prediction, target, gradient.view)) {
                assertEquals(backend().id(), session.backend());
                double before = session.backward(prediction, target, gradient.view);
                k.weights = FrequencyWeights.watson();
                session.setWeights(k.weights);
                Outcome watson = run(loss(k), k, p, t);
                assertEquals(watson.loss, session.backward(prediction, target, gradient.view));
                assertBits(watson.gradient, gradient.pixels(), "after setWeights");
                session.anneal(0.4);
                k.weights = FrequencyWeights.watson().anneal(0.4);
                Outcome annealed = run(loss(k), k, p, t);
                assertEquals(annealed.loss, session.backward(prediction, target, gradient.view));
                assertBits(annealed.gradient, gradient.pixels(), "after anneal");
                assertNotEquals(before, annealed.loss);
                assertThrows(
                        IllegalArgumentException.class,
                        () -> session.setWeights(
                                FrequencyWeights.perChannel(FrequencyWeights.uniform(), FrequencyWeights.uniform())));
                assertEquals(annealed.loss, session.backward(prediction, target, gradient.view), "after a refusal");
            }
        }
    }

    /** Strides of axes of size 1 mean nothing, and other libraries fill in any number. */
    @Test
    void stridesOfSingleAxesDoNotMatter() {
        for (int[] size : new int[][] {{1, 1}, {13, 1}, {1, 13}}) {
            for (Edge edge : new Edge[] {Edge.REPLICATE, Edge.REFLECT}) {
                LossCase k = new LossCase();
                k.h = size[0];
                k.w = size[1];
                k.edge = edge;
                k.stride = 4;
                float[] p = noise(k, 1);
                float[] t = noise(k, 2);
                Outcome expected = run(loss(k), k, p, t);
                for (String memory : memories()) {
                    for (Layout.Kind kind : new Layout.Kind[] {Layout.Kind.SINGLE_ZERO, Layout.Kind.SINGLE_HUGE}) {
                        Outcome got = run(loss(k), k, p, t, memory, kind);
                        assertSameLoss(expected.loss, got.loss, k + " " + memory + " " + kind);
                        assertBits(expected.gradient, got.gradient, k + " " + memory + " " + kind);
                    }
                }
            }
        }
    }

    /** Weights times factors that are no normal float32, under gradients that are: they are as exact as others. */
    @Test
    void tinyWeightsAndFactorsKeepThePromise() {
        float unit = 1e17f;
        if (unit > SixteenBits.largest(input()) || SixteenBits.underflow(output()) > 0) {
            return; // the images, or the gradients, are not of that type
        }
        for (float weight : new float[] {1e-9f, 1e-10f, 1e-12f}) {
            for (Coefficients coefficients : Coefficients.values()) {
                LossCase k = new LossCase();
                k.coefficients = coefficients;
                float[] table = new float[64];
                Arrays.fill(table, weight);
                k.weights = FrequencyWeights.of(table).normalize(Normalization.NONE);
                k.reduction = Reduction.SUM;
                float[] p = noise(k, 1);
                float[] t = noise(k, 2);
                for (int i = 0; i < p.length; i++) {
                    p[i] *= unit;
                    t[i] *= unit;
                }
                p = stored(p);
                t = stored(t);
                double factor = 1.0001e-30;
                Placed gradient = plain(k, garbage(p.length));
                loss(k).backward(
                                plain(k, p).view,
                                plain(k, t).view,
                                gradient.view,
                                k.options().upstream(factor));
                float[] got = gradient.pixels();
                double[][] rows = expected(k, p, t).gradient[0][0];
                double error = 0;
                double norm = 0;
                for (int i = 0; i < got.length; i++) {
                    double exact = factor * rows[i / k.w][i % k.w];
                    error += (got[i] - exact) * (got[i] - exact);
                    norm += exact * exact;
                }
                double off = Math.sqrt(error / norm);
                // Magnitudes differ less than the coefficients they are of.
                double allowed =
                        (coefficients == Coefficients.SIGNED ? 1 : 4) * GRADIENT + SixteenBits.rounding(output());
                assertTrue(off <= allowed, k + " of weights " + weight + " is off by " + off + " of its norm");
            }
        }
    }

    /** Factors near the ends of float32 scale gradients that are themselves far from them. */
    @Test
    void extremeUpstreamFactorsKeepThePromise() {
        for (double factor : new double[] {1e-42, 1e-33, 1e-20, 1e20, 1e37, 1e44}) {
            for (Penalty penalty : PENALTIES) {
                LossCase k = new LossCase();
                k.penalty = penalty;
                float[] p = noise(k, 1);
                float[] t = noise(k, 2);
                float unit =
                        penalty.equals(Penalty.squared()) ? (float) Math.min(1e15, Math.max(1e-15, 1 / factor)) : 1;
                double reach = penalty.equals(Penalty.squared()) ? factor * unit : factor;
                if (reach < 1e-30 || reach > Math.min(1e30, SixteenBits.largest(output()))) {
                    continue; // the gradient itself would leave its type
                }
                if (unit > SixteenBits.largest(input())) {
                    continue;
                }
                for (int i = 0; i < p.length; i++) {
                    p[i] *= unit;
                    t[i] *= unit;
                }
                p = stored(p);
                t = stored(t);
                float[] one = run(loss(k), k, p, t).gradient;
                Placed gradient = plain(k, garbage(p.length));
                loss(k).backward(
                                plain(k, p).view,
                                plain(k, t).view,
                                gradient.view,
                                k.options().upstream(factor));
                float[] got = gradient.pixels();
                double norm = Math.sqrt(dot(one, one));
                double error = 0;
                for (int i = 0; i < got.length; i++) {
                    error = Math.max(error, Math.abs(got[i] / factor - one[i]));
                }
                double allowed = (2 * GRADIENT + 2 * SixteenBits.rounding(output())) * norm
                        + outputRounding(0) * (1 + 1 / factor);
                assertTrue(error <= allowed, k + " factor " + factor + " is off by " + error + " of " + norm);
            }
        }
    }

    @Test
    void aResultIsReadWhenAsked() {
        LossCase k = new LossCase();
        float[] p = noise(k, 1);
        float[] t = noise(k, 2);
        Outcome expected = run(loss(k), k, p, t);
        ImageBatch prediction = plain(k, p).view;
        ImageBatch target = plain(k, t).view;
        Placed gradient = plain(k, garbage(p.length));
        DctLoss loss = loss(k);
        try (LossSession session = loss.open(prediction, target, gradient.view)) {
            session.enqueue(prediction, target, gradient.view, null, LossOptions.DEFAULT);
            assertEquals(expected.loss, session.loss());
            assertBits(expected.gradient, gradient.pixels(), "enqueued");
            assertThrows(
                    IllegalArgumentException.class,
                    () -> session.enqueue(
                            prediction, target, null, null, LossOptions.DEFAULT.perSample(new double[1])));
        }
        loss.forward(prediction, target);
        loss.releaseIdle();
        assertEquals(expected.loss, loss.forward(prediction, target), "after idle sessions were released");
    }

    // ---------------------------------------------------------------- independence and determinism

    @Test
    void samplesDoNotSeeEachOther() {
        for (int seed = 0; seed < 40; seed++) {
            LossCase k = LossCase.random(seed + 2500);
            k.n = 3;
            k.upstream = null;
            k.reduction = Reduction.SUM;
            float[] p = noise(k, seed);
            float[] t = noise(k, seed + 1);
            Outcome all = run(loss(k), k, p, t);
            int size = p.length / 3;
            LossCase one = LossCase.random(seed + 2500);
            one.n = 1;
            one.upstream = null;
            one.reduction = Reduction.SUM;
            // Backwards, so that it is a permutation of the batch, too.
            float[] permutedP = new float[p.length];
            float[] permutedT = new float[p.length];
            for (int i = 0; i < 3; i++) {
                float[] pi = Arrays.copyOfRange(p, i * size, (i + 1) * size);
                float[] ti = Arrays.copyOfRange(t, i * size, (i + 1) * size);
                System.arraycopy(pi, 0, permutedP, (2 - i) * size, size);
                System.arraycopy(ti, 0, permutedT, (2 - i) * size, size);
                Outcome alone = run(loss(one), one, pi, ti);
                assertBits(Arrays.copyOfRange(all.gradient, i * size, (i + 1) * size), alone.gradient, k + " alone");
                assertSameLoss(all.perSample[i], alone.perSample[0], k.toString());
            }
            Outcome permuted = run(loss(k), k, permutedP, permutedT);
            assertEquals(all.loss, permuted.loss, 1e-12 * all.loss, k.toString());
            for (int i = 0; i < 3; i++) {
                assertBits(
                        Arrays.copyOfRange(all.gradient, i * size, (i + 1) * size),
                        Arrays.copyOfRange(permuted.gradient, (2 - i) * size, (3 - i) * size),
                        k + " permuted");
            }
        }
    }

    @Test
    void resultsDoNotDependOnThreads() throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(3);
        try {
            for (Edge edge : Edge.values()) {
                for (int block : new int[] {8, 10}) {
                    LossCase k = new LossCase();
                    k.n = 2;
                    k.c = 3;
                    k.h = hasThreads() ? 301 : 61;
                    k.w = hasThreads() ? 257 : 57;
                    k.block = block;
                    k.edge = edge;
                    k.dy = 3;
                    k.color = edge == Edge.ZERO ? ColorTransform.BT601 : ColorTransform.NONE;
                    float[] p = noise(k, 1);
                    float[] t = noise(k, 2);
                    Outcome one = run(k.builder().backend(backend()).threads(1).build(), k, p, t);
                    for (int threads : new int[] {2, 3, 8}) {
                        DctLoss loss =
                                k.builder().backend(backend()).threads(threads).build();
                        DctLoss elsewhere = loss.toBuilder().executor(executor).build();
                        for (int repeat = 0; repeat < 3; repeat++) {
                            Outcome got = run(repeat == 2 ? elsewhere : loss, k, p, t);
                            assertEquals(one.loss, got.loss, k.toString());
                            assertBits(one.gradient, got.gradient, k.toString());
                            assertBits(one.targetGradient, got.targetGradient, k.toString());
                            assertArrayEquals(one.perSample, got.perSample);
                        }
                    }
                }
            }
        } finally {
            executor.shutdown();
        }
    }

    @Test
    void manyThreadsShareOneLoss() throws Exception {
        LossCase k = new LossCase();
        k.h = 150;
        k.w = 170;
        k.c = 3;
        DctLoss loss = loss(k);
        int callers = 8;
        List<Outcome> expected = new ArrayList<>();
        for (int i = 0; i < callers; i++) {
            expected.add(run(loss, k, noise(k, i), noise(k, i + 50)));
        }
        ExecutorService executor = Executors.newFixedThreadPool(callers);
        try {
            List<Callable<Void>> work = new ArrayList<>();
            for (int i = 0; i < callers; i++) {
                int seed = i;
                work.add(() -> {
                    for (int repeat = 0; repeat < 10; repeat++) {
                        Outcome got = run(loss, k, noise(k, seed), noise(k, seed + 50));
                        assertEquals(expected.get(seed).loss, got.loss);
                        assertBits(expected.get(seed).gradient, got.gradient, "caller " + seed);
                    }
                    return null;
                });
            }
            for (Future<Void> done : executor.invokeAll(work)) {
                done.get();
            }
        } finally {
            executor.shutdown();
        }
    }

    // ---------------------------------------------------------------- what is not finite

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void whatIsNotFiniteStaysInItsBlock(float poison) {
        for (Edge edge : Edge.values()) {
            for (int block : new int[] {8, 6}) {
                for (Penalty penalty : PENALTIES) {
                    for (Coefficients coefficients : Coefficients.values()) {
                        LossCase k = new LossCase();
                        k.n = 2;
                        k.h = 27;
                        k.w = 45;
                        k.block = block;
                        k.edge = edge;
                        k.penalty = penalty;
                        k.coefficients = coefficients;
                        float[] p = noise(k, 1);
                        float[] t = noise(k, 2);
                        Outcome clean = run(loss(k), k, p, t);
                        int y = 13;
                        int x = 14;
                        p[y * k.w + x] = poison;
                        Outcome got = run(loss(k), k, p, t);
                        assertTrue(Double.isNaN(got.loss), () -> k + ": loss " + got.loss);
                        assertTrue(Double.isNaN(got.perSample[0]), k.toString());
                        assertEquals(clean.perSample[1], got.perSample[1], k.toString());
                        for (int i = 0; i < p.length; i++) {
                            boolean inBlock =
                                    i < k.h * k.w && i / k.w / block == y / block && i % k.w / block == x / block;
                            if (!inBlock) {
                                assertEquals(clean.gradient[i], got.gradient[i], 0f, () -> k + " beside the block");
                            }
                        }
                    }
                }
            }
        }
    }

    /** The edge rule zero selects: what it cuts off does not matter, and a copy is never made of it. */
    @Test
    void zeroEdgeSelects() {
        LossCase k = new LossCase();
        k.edge = Edge.ZERO;
        k.h = 9;
        k.w = 9;
        float[] p = noise(k, 1);
        p[80] = Float.NaN;
        Outcome got = run(loss(k), k, p, noise(k, 2));
        for (int i = 0; i < 80; i++) {
            assertTrue(Float.isFinite(got.gradient[i]), "gradient " + i);
        }
    }

    // ---------------------------------------------------------------- lifetimes

    @Test
    void aSessionIsClosedOnceAndThenRefuses() {
        LossCase k = new LossCase();
        ImageBatch p = plain(k, noise(k, 1)).view;
        ImageBatch t = plain(k, noise(k, 2)).view;
        LossSession session = loss(k).open(p, t, null);
        assertTrue(session.forward(p, t) > 0);
        session.close();
        assertDoesNotThrow(session::close);
        IllegalStateException refusal = assertThrows(IllegalStateException.class, () -> session.forward(p, t));
        assertTrue(refusal.getMessage().contains("close()"), refusal.getMessage());
        assertThrows(IllegalStateException.class, () -> session.anneal(1));
    }

    @Test
    void aSessionRefusesOtherShapes() {
        LossCase k = new LossCase();
        ImageBatch p = plain(k, noise(k, 1)).view;
        ImageBatch other = plain(1, 1, 8, 8, new float[64]).view;
        try (LossSession session = loss(k).open(p, p, null)) {
            IllegalArgumentException refusal =
                    assertThrows(IllegalArgumentException.class, () -> session.forward(p, other));
            assertEquals("target: got shape 1x1x8x8, allowed 1x1x16x16 (N x C x H x W)", refusal.getMessage());
            assertFalse(Double.isNaN(session.forward(p, p)), "the session goes on after a refusal");
        }
    }
}

package org.dctloss.dl4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.reflect.Proxy;
import java.util.Arrays;
import org.dctloss.ColorTransform;
import org.dctloss.DctLoss;
import org.dctloss.Edge;
import org.dctloss.FrequencyWeights;
import org.dctloss.Reduction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What does not fit is refused in one sentence: what, got, allowed. */
class RefusalsTest {
    private static final IActivation IDENTITY = new ActivationIdentity();
    private static final DctLoss PLAIN = DctLoss.builder().build();
    private static final Dl4jDctLoss LOSS = new Dl4jDctLoss(PLAIN, 3, 8, 16);

    @AfterAll
    static void close() {
        LOSS.close();
    }

    private static INDArray zeros(long... shape) {
        return Nd4j.zeros(DataType.FLOAT, shape);
    }

    private static void refused(String sentence, Executable call) {
        assertEquals(
                sentence, assertThrows(IllegalArgumentException.class, call).getMessage());
    }

    private static void refusedNull(String sentence, Executable call) {
        assertEquals(sentence, assertThrows(NullPointerException.class, call).getMessage());
    }

    @Test
    void sums() {
        refused(
                "reduction: got SUM, allowed MEAN or PER_SAMPLE, since DL4J divides the sum of the examples' scores by"
                        + " their number",
                () -> new Dl4jDctLoss(DctLoss.builder().reduction(Reduction.SUM).build(), 3, 8, 16));
    }

    @Test
    void imagesOfNoSize() {
        refused("channels: got 0, allowed 1 or more", () -> new Dl4jDctLoss(PLAIN, 0, 8, 16));
        refused("height: got -1, allowed 1 or more", () -> new Dl4jDctLoss(PLAIN, 3, -1, 16));
        refused("width: got 0, allowed 1 or more", () -> new Dl4jDctLoss(PLAIN, 3, 8, 0));
        refused(
                "image: got 3x65536x65536, allowed 2147483647 pixels or fewer",
                () -> new Dl4jDctLoss(PLAIN, 3, 65536, 65536));
        refusedNull("loss: got null, allowed a DctLoss", () -> new Dl4jDctLoss(null, 3, 8, 16));
    }

    @Test
    void shapes() {
        for (long[] shape : new long[][] {{2, 385}, {129, 3}, {2, 3, 16, 8}, {384}, {2, 1, 384}}) {
            INDArray z = zeros(shape);
            refused(
                    "prediction: got shape " + Arrays.toString(shape)
                            + ", allowed [n, 384], [n*128, 3] or [n, 3, 8, 16] for images of 3x8x16 (C x H x W)",
                    () -> LOSS.computeScore(z, z, IDENTITY, null, false));
        }
        refused(
                "labels: got shape [2, 384], allowed that of the prediction, [3, 384]",
                () -> LOSS.computeGradient(zeros(2, 384), zeros(3, 384), IDENTITY, null));
    }

    @Test
    void masks() {
        for (long[] shape : new long[][] {{1, 2}, {2, 3}, {3, 1}, {2, 8, 16}}) {
            refused(
                    "mask: got shape " + Arrays.toString(shape)
                            + ", allowed [2, 1] or [2, 384] for a prediction of that shape",
                    () -> LOSS.computeScoreArray(zeros(2, 384), zeros(2, 384), IDENTITY, zeros(shape)));
        }
        refused(
                "mask: got shape [2, 1], allowed [256, 1] or [256, 3] for a prediction of that shape",
                () -> LOSS.computeScoreArray(zeros(256, 3), zeros(256, 3), IDENTITY, zeros(2, 1)));
        refused(
                "mask: got shape [2, 16, 8], allowed [2, 1], [2, 8, 16], [2, 1, 8, 16] or [2, 3, 8, 16] for a prediction"
                        + " of that shape",
                () -> LOSS.computeScoreArray(zeros(2, 3, 8, 16), zeros(2, 3, 8, 16), IDENTITY, zeros(2, 16, 8)));
    }

    @Test
    void dataTypes() {
        INDArray z = zeros(2, 384);
        refused(
                "prediction: got data type INT, allowed FLOAT, DOUBLE, HALF and BFLOAT16",
                () -> LOSS.computeScore(z, z.castTo(DataType.INT32), IDENTITY, null, false));
        refused(
                "labels: got data type BOOL, allowed types of numbers",
                () -> LOSS.computeScore(z.castTo(DataType.BOOL), z, IDENTITY, null, false));
        refused(
                "mask: got data type UTF8, allowed types of numbers and BOOL",
                () -> LOSS.computeScore(z, z, IDENTITY, Nd4j.create("a", "b").reshape(2, 1), false));
    }

    @Test
    void nothing() {
        INDArray z = zeros(2, 384);
        refusedNull("prediction: got null, allowed an array", () -> LOSS.computeScore(z, null, IDENTITY, null, false));
        refusedNull("labels: got null, allowed an array", () -> LOSS.computeScore(null, z, IDENTITY, null, false));
        refusedNull(
                "activation function: got null, allowed an IActivation",
                () -> LOSS.computeScore(z, z, null, null, false));
    }

    @Test
    void closedArrays() {
        INDArray z = zeros(2, 384);
        INDArray closed = zeros(2, 384);
        INDArray closedMask = zeros(2, 1);
        closed.close();
        closedMask.close();
        refused(
                "prediction: got an array after close(), allowed only before",
                () -> LOSS.computeScore(z, closed, IDENTITY, null, false));
        refused(
                "labels: got an array after close(), allowed only before",
                () -> LOSS.computeGradient(closed, z, IDENTITY, null));
        refused(
                "mask: got an array after close(), allowed only before",
                () -> LOSS.computeGradient(z, z, IDENTITY, closedMask));
    }

    /** Of another thread's close() in the middle, too: a call has its result or this sentence. */
    @Test
    void callsAfterClose() throws InterruptedException {
        INDArray z = zeros(2, 384);
        INDArray t = z.add(1);
        String sentence = "loss: got a call after close(), allowed only before";
        for (int i = 0; i < 20; i++) {
            Dl4jDctLoss loss = new Dl4jDctLoss(PLAIN, 3, 8, 16);
            double score = loss.computeScore(t, z, IDENTITY, null, false);
            Thread closing = new Thread(loss::close);
            closing.start();
            IllegalStateException refused = assertThrows(IllegalStateException.class, () -> {
                while (true) {
                    assertEquals(score, loss.computeScore(t, z, IDENTITY, null, false));
                }
            });
            assertEquals(sentence, refused.getMessage());
            closing.join();
            for (Executable call : new Executable[] {
                () -> loss.computeGradient(t, z, IDENTITY, null),
                () -> loss.anneal(1),
                () -> loss.setWeights(FrequencyWeights.uniform())
            }) {
                assertEquals(
                        sentence,
                        assertThrows(IllegalStateException.class, call).getMessage());
            }
            loss.close();
        }
    }

    /** Buffers of Java hold 2 GiB; the arrays of this test are drawn, not made. */
    @Test
    void arraysThatEndFarIntoTheirMemory() {
        int rows = 2;
        int pixels = 384;
        long farthest = Integer.MAX_VALUE / 4;
        ImageArrays images = ImageArrays.of(zeros(rows, pixels), 3, 8, 16);
        long[][] offsetsAndStrides = {{farthest + 1 - rows * pixels, pixels}, {7, farthest}, {Integer.MAX_VALUE, pixels}
        };
        for (long[] drawn : offsetsAndStrides) {
            long end = drawn[0] + drawn[1] + pixels;
            refused(
                    "labels: got an array of shape [2, 384] that ends " + end + " floats into its memory, allowed "
                            + farthest + " or fewer (2 GiB); a dup() of a small view begins at 0",
                    () -> images.view("labels", drawn(drawn[0], new long[] {rows, pixels}, drawn[1], 1)));
        }
    }

    private static INDArray drawn(long offset, long[] shape, long... stride) {
        return (INDArray) Proxy.newProxyInstance(
                INDArray.class.getClassLoader(),
                new Class<?>[] {INDArray.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "offset" -> offset;
                    case "shape" -> shape;
                    case "stride" -> stride;
                    default -> throw new AssertionError("work before the check: " + method);
                });
    }

    /** What the library itself says, at the first call. */
    @Test
    void lossesThatDoNotFitTheImages() {
        INDArray z = zeros(2, 2 * 4 * 4);
        for (DctLoss loss : new DctLoss[] {
            DctLoss.builder().color(ColorTransform.BT601).build(),
            DctLoss.builder().edge(Edge.CROP).build(),
            DctLoss.builder()
                    .weights(FrequencyWeights.perChannel(
                            FrequencyWeights.uniform(), FrequencyWeights.uniform(), FrequencyWeights.watson()))
                    .build()
        }) {
            try (Dl4jDctLoss adapted = new Dl4jDctLoss(loss, 2, 4, 4)) {
                String message = assertThrows(
                                IllegalArgumentException.class, () -> adapted.computeScore(z, z, IDENTITY, null, false))
                        .getMessage();
                assertEquals(
                        loss.color() != ColorTransform.NONE
                                ? "channels: got 2, allowed 3 (R, G, B) with colour transform BT601"
                                : loss.edge() == Edge.CROP
                                        ? "image: got 4x4 pixels with edge CROP, allowed sizes that hold a complete 8x8"
                                                + " block at offset 0"
                                        : "weights per channel: got 3 tables for 2 channels, allowed 1 or 2",
                        message);
            }
        }
    }

    @Test
    void weightsOfAnotherNumber() {
        refused(
                "weights: got 3 tables, allowed 1 as the loss was built with",
                () -> LOSS.setWeights(FrequencyWeights.perChannel(
                        FrequencyWeights.uniform(), FrequencyWeights.uniform(), FrequencyWeights.watson())));
        refused("anneal: got alpha -1.0, allowed finite numbers from 0 up", () -> LOSS.anneal(-1));
    }
}

package org.dctloss.djl;

import static org.dctloss.djl.Backpropagation.noise;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.training.GradientCollector;
import java.lang.reflect.Proxy;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.dctloss.DctLoss;
import org.dctloss.FrequencyWeights;
import org.dctloss.ImageBatch;
import org.dctloss.Mse;
import org.dctloss.Ssim;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Any loss of images in the framework; what is refused; whose memory is read and freed. */
class ExternalLossTest {
    private static final Shape SHAPE = new Shape(2, 3, 12, 13);
    private static final ImageLoss MSE = (p, t, g) -> g == null ? Mse.forward(p, t) : Mse.backward(p, t, g, 1);

    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private NDArray image(long seed) {
        return manager.create(noise(seed, SHAPE), SHAPE);
    }

    /** A label, a constant in a graph where all arrays of the test require a gradient. */
    private static NDArray label(NDArray like) {
        return like.getManager().create(noise(2, SHAPE), SHAPE);
    }

    @Test
    void meanSquaredErrorLikeTheFrameworks() {
        ExternalLoss mse = new ExternalLoss("MSE", MSE);
        assertEquals("MSE", mse.getName());
        Backpropagation.of(
                        noise(1, SHAPE),
                        noise(3, SHAPE),
                        SHAPE,
                        (p, q) -> mse.evaluate(new NDList(label(p)), new NDList(p.mul(q))))
                .assertClose(Backpropagation.of(
                        noise(1, SHAPE),
                        noise(3, SHAPE),
                        SHAPE,
                        (p, q) -> p.mul(q).sub(label(p)).square().mean()));
    }

    @Test
    void structuralSimilarityTrains() {
        Ssim ssim = Ssim.ofDataRange(1);
        ExternalLoss loss = new ExternalLoss(
                "1 - SSIM", (p, t, g) -> 1 - (g == null ? ssim.forward(p, t) : ssim.backward(p, t, g, -1)));
        NDArray p = image(1);
        NDList labels = new NDList(image(2));
        p.setRequiresGradient(true);
        float before = loss.evaluate(labels, new NDList(p)).getFloat();
        NDArray step;
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            collector.backward(loss.evaluate(labels, new NDList(p)));
            step = p.getGradient();
        }
        NDArray better = p.stopGradient().sub(step.mul(10));
        assertTrue(loss.evaluate(labels, new NDList(better)).getFloat() < before);
    }

    /** Training listeners evaluate once more after the gradient is known. */
    @Test
    void gradientIsComputedOnlyWhereItIsRecorded() {
        List<Boolean> asked = new ArrayList<>();
        ExternalLoss recording = new ExternalLoss("recording", (p, t, g) -> {
            asked.add(g != null);
            return MSE.backward(p, t, g);
        });
        NDList labels = new NDList(image(2));
        NDArray parameter = image(1);
        recording.evaluate(labels, new NDList(parameter));
        parameter.setRequiresGradient(true);
        recording.evaluate(labels, new NDList(parameter));
        NDArray prediction;
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            prediction = parameter.mul(2);
            collector.backward(recording.evaluate(labels, new NDList(prediction)));
            recording.evaluate(labels, new NDList(prediction.stopGradient()));
        }
        recording.evaluate(labels, new NDList(prediction));
        assertEquals(List.of(false, false, true, false, false), asked);
    }

    @Test
    void contiguousMemoryIsReadWhereItIs() {
        NDArray p = image(1);
        NDArray t = image(2);
        FloatBuffer pixels = p.toByteBuffer(true).order(ByteOrder.nativeOrder()).asFloatBuffer();
        ExternalLoss writing = new ExternalLoss("writing", (prediction, target, g) -> {
            assertEquals(ImageBatch.Memory.BUFFER, prediction.memory());
            prediction.buffer().put(5, 42);
            return 0;
        });
        writing.evaluate(new NDList(t), new NDList(p));
        assertEquals(42, pixels.get(5));
    }

    @Test
    void theResultAloneOutlivesTheCall() {
        try (DjlDctLoss loss = new DjlDctLoss(DctLoss.builder().build());
                NDManager batch = manager.newSubManager()) {
            NDArray parameter = image(1);
            parameter.setRequiresGradient(true);
            String resources = batch.toString();
            for (int step = 0; step < 3; step++) {
                try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                    NDArray prediction = parameter.transpose(0, 1, 3, 2);
                    prediction.attach(batch);
                    NDArray target = image(2).transpose(0, 1, 3, 2);
                    target.attach(batch);
                    int before = batch.getManagedArrays().size();
                    NDArray value = loss.evaluate(new NDList(target), new NDList(prediction));
                    assertEquals(before + 1, batch.getManagedArrays().size());
                    assertEquals(batch, value.getManager());
                    collector.backward(value.mul(1));
                    new NDList(batch.getManagedArrays()).close();
                }
                assertEquals(resources, batch.toString(), "arrays and managers left over");
            }
        }
    }

    @Test
    void arraysThatWereDetachedFromTheirManager() {
        NDArray p = image(1);
        NDArray t = image(2);
        float expected = p.sub(t).square().mean().getFloat();
        p.detach();
        try (NDArray value = new ExternalLoss("MSE", MSE).evaluate(new NDList(t), new NDList(p))) {
            assertEquals(expected, value.getFloat(), 1e-5f * expected);
        }
        p.close();
    }

    @Test
    void failuresOfTheLossPassThroughAndLeaveNothing() {
        String resources = manager.toString();
        ExternalLoss failing = new ExternalLoss("failing", (p, t, g) -> {
            throw new ArithmeticException("no value");
        });
        try (NDArray p = image(1);
                NDArray t = image(2)) {
            assertThrows(ArithmeticException.class, () -> failing.evaluate(new NDList(t), new NDList(p)));
        }
        assertEquals(resources, manager.toString());
    }

    @Test
    void refusals() {
        ExternalLoss never = new ExternalLoss("never", (p, t, g) -> {
            throw new AssertionError("work was done");
        });
        NDArray p = image(1);
        refused("predictions: got null, allowed a list of one array", () -> never.evaluate(new NDList(p), null));
        refused("labels: got null, allowed a list of one array", () -> never.evaluate(null, new NDList(p)));
        refused(
                "predictions: got 2 arrays, allowed 1 (IndexLoss chooses among several)",
                () -> never.evaluate(new NDList(p), new NDList(p, p)));
        refused(
                "labels: got 0 arrays, allowed 1 (IndexLoss chooses among several)",
                () -> never.evaluate(new NDList(), new NDList(p)));
        refused(
                "prediction: got FLOAT64, allowed FLOAT32",
                () -> never.evaluate(new NDList(p), new NDList(p.toType(DataType.FLOAT64, true))));
        refused(
                "label: got FLOAT16, allowed FLOAT32",
                () -> never.evaluate(new NDList(p.toType(DataType.FLOAT16, true)), new NDList(p)));
        refused(
                "prediction: got shape (3, 12, 13), allowed 4 dimensions: N, C, H, W",
                () -> never.evaluate(new NDList(p), new NDList(p.get(0))));
        refused(
                "prediction: got shape (0, 3, 12, 13), allowed 1 or more in every dimension",
                () -> never.evaluate(new NDList(p), new NDList(p.get("0:0"))));
        refused(
                "label: got shape (2, 3, 13, 12), allowed (2, 3, 12, 13) like the prediction",
                () -> never.evaluate(new NDList(p.transpose(0, 1, 3, 2)), new NDList(p)));
        NDArray large = manager.create(new Shape(1, 1, 1 << 15, 1 << 14)); // 2 GiB that nothing touches
        refused(
                "prediction: got shape (1, 1, 32768, 16384) of 536870912 floats, allowed 536870911 or fewer",
                () -> never.evaluate(new NDList(p), new NDList(large)));
        large.close();
        NDArray closed = image(1);
        closed.close();
        assertThrows(IllegalArgumentException.class, () -> never.evaluate(new NDList(p), new NDList(closed)));
        refused(
                "prediction: got a closed array, allowed an open one",
                () -> never.evaluate(new NDList(p), new NDList(closed)));
        refused(
                "label: got a closed array, allowed an open one",
                () -> never.evaluate(new NDList(closed), new NDList(p)));
        refused(
                "prediction: got a sparse array of format COO, allowed dense ones",
                () -> never.evaluate(new NDList(p), new NDList(p.toSparse(SparseFormat.COO))));
        NDArray parameter = image(3);
        parameter.setRequiresGradient(true);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            refused(
                    "label: got an array that requires a gradient, allowed constants (stopGradient() makes one)",
                    () -> never.evaluate(new NDList(parameter), new NDList(p)));
            collector.backward(parameter.sum());
        }
    }

    /** An engine that records in another way would train on nothing. */
    @Test
    void otherEnginesAreRefused() {
        ExternalLoss never = new ExternalLoss("never", (p, t, g) -> {
            throw new AssertionError("work was done");
        });
        NDList ours = new NDList(image(1));
        NDList theirs = new NDList(foreign());
        refused("prediction: got an array of the engine Other, allowed PyTorch", () -> never.evaluate(ours, theirs));
        refused("label: got an array of the engine Other, allowed PyTorch", () -> never.evaluate(theirs, ours));
    }

    private static NDArray foreign() {
        Engine engine = new OtherEngine();
        NDManager foreign = proxy(NDManager.class, Map.of("getEngine", engine));
        return proxy(NDArray.class, Map.of("getManager", foreign, "isReleased", false));
    }

    private static <T> T proxy(Class<T> type, Map<String, Object> answers) {
        Object proxy =
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
                    if (!answers.containsKey(method.getName())) {
                        throw new AssertionError(method + " was called");
                    }
                    return answers.get(method.getName());
                });
        return type.cast(proxy);
    }

    /** Has a name; a refusal must ask it for nothing else. */
    private static final class OtherEngine extends Engine {
        private static AssertionError notAsked() {
            return new AssertionError("an engine that is refused was asked for more than its name");
        }

        @Override
        public String getEngineName() {
            return "Other";
        }

        @Override
        public Engine getAlternativeEngine() {
            throw notAsked();
        }

        @Override
        public int getRank() {
            throw notAsked();
        }

        @Override
        public String getVersion() {
            throw notAsked();
        }

        @Override
        public boolean hasCapability(String capability) {
            throw notAsked();
        }

        @Override
        public Model newModel(String name, Device device) {
            throw notAsked();
        }

        @Override
        public NDManager newBaseManager() {
            throw notAsked();
        }

        @Override
        public NDManager newBaseManager(Device device) {
            throw notAsked();
        }
    }

    @Test
    void anImageLossThatWritesNoGradientTrainsOnNaN() {
        ExternalLoss forgetful = new ExternalLoss("forgetful", (p, t, g) -> {
            if (g != null) {
                g.set(1, 2, 11, 12, 7);
            }
            return 3;
        });
        Backpropagation got = Backpropagation.of(
                noise(1, SHAPE),
                noise(3, SHAPE),
                SHAPE,
                (p, q) -> forgetful.evaluate(new NDList(label(p)), new NDList(p.add(q))));
        assertEquals(3, got.value()[0]);
        int last = got.gradient().length - 1;
        for (int i = 0; i < last; i++) {
            assertTrue(Float.isNaN(got.gradient()[i]), "pixel " + i);
        }
        assertEquals(7, got.gradient()[last]);
    }

    @Test
    void refusedWhenMade() {
        DctLoss dct = DctLoss.builder().build();
        refused("name: got null, allowed a text", () -> new ExternalLoss(null, MSE));
        refused("loss: got null, allowed an ImageLoss", () -> new ExternalLoss("none", null));
        refused("name: got null, allowed a text", () -> new DjlDctLoss(null, dct, 1));
        refused("loss: got null, allowed a DctLoss", () -> new DjlDctLoss(null));
        refused("weight: got Infinity, allowed finite float32 numbers", () -> new DjlDctLoss("x", dct, 1 / 0.0));
        refused("weight: got NaN, allowed finite float32 numbers", () -> new DjlDctLoss("x", dct, 0 / 0.0));
        refused("weight: got -1.0E300, allowed finite float32 numbers", () -> new DjlDctLoss("x", dct, -1e300));
    }

    @Test
    void refusedByTheDctLoss() {
        DctLoss dct = DctLoss.builder().build();
        DjlDctLoss loss = new DjlDctLoss(dct);
        NDList images = new NDList(image(1));
        NDList others = new NDList(image(2));
        refused("anneal: got alpha -1.0, allowed finite numbers from 0 up", () -> loss.anneal(-1));
        refused("weights: got null, allowed FrequencyWeights", () -> loss.setWeights(null));
        refused(
                "weights: got 2 tables, allowed 1 as the loss was built with",
                () -> loss.setWeights(
                        FrequencyWeights.perChannel(FrequencyWeights.uniform(), FrequencyWeights.watson())));
        // Refused weights leave those of before.
        double value =
                dct.forward(ImageBatch.of(noise(2, SHAPE), 2, 3, 12, 13), ImageBatch.of(noise(1, SHAPE), 2, 3, 12, 13));
        assertEquals((float) value, loss.evaluate(images, others).getFloat());
        loss.close();
        loss.close();
        refused("loss: got a call after close(), allowed only before", () -> loss.evaluate(images, images));
        refused("loss: got a call after close(), allowed only before", () -> loss.anneal(1));
    }

    private static void refused(String sentence, Executable call) {
        assertEquals(sentence, assertThrows(RuntimeException.class, call).getMessage());
    }
}

package org.dctloss.djl;

import static org.dctloss.djl.Backpropagation.noise;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.dataset.Batch;
import ai.djl.training.listener.EpochTrainingListener;
import ai.djl.training.listener.EvaluatorTrainingListener;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Random;
import org.dctloss.DctLoss;
import org.dctloss.FrequencyWeights;
import org.dctloss.ImageBatch;
import org.dctloss.Penalty;
import org.junit.jupiter.api.Test;

/** A small network learns to remove noise from drawn pictures, by the framework's own trainer. */
class TrainingTest {
    private static final int BATCH = 8;
    private static final int IMAGES = 36; // the last batch of an epoch is smaller
    private static final int SIDE = 24;
    private static final Shape SHAPE = new Shape(IMAGES, 1, SIDE, SIDE);
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** Discs on gradients. */
    private static float[] pictures() {
        float[] pixels = new float[(int) SHAPE.size()];
        Random random = new Random(1);
        for (int n = 0; n < IMAGES; n++) {
            double cy = random.nextInt(SIDE);
            double cx = random.nextInt(SIDE);
            double radius = 3 + random.nextInt(8);
            for (int i = 0; i < SIDE * SIDE; i++) {
                double y = i / SIDE;
                double x = i % SIDE;
                boolean inside = Math.hypot(y - cy, x - cx) < radius;
                pixels[n * SIDE * SIDE + i] = (float) (inside ? 0.9 : 0.2 + 0.3 * x / SIDE + 0.1 * y / SIDE);
            }
        }
        return pixels;
    }

    private static float[] noisy(float[] pictures) {
        float[] pixels = new float[pictures.length];
        Random random = new Random(2);
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = pictures[i] + 0.1f * (float) random.nextGaussian();
        }
        return pixels;
    }

    private static ArrayDataset dataset(NDManager manager, boolean shuffled) {
        float[] pictures = pictures();
        return new ArrayDataset.Builder()
                .setData(manager.create(noisy(pictures), SHAPE))
                .optLabels(manager.create(pictures, SHAPE))
                .setSampling(BATCH, shuffled, false)
                .build();
    }

    private static Model network() {
        Model model = Model.newInstance("denoiser");
        model.setBlock(
                new SequentialBlock().add(convolution(8)).add(Activation::relu).add(convolution(1)));
        return model;
    }

    private static Conv2d convolution(int filters) {
        return Conv2d.builder()
                .setKernelShape(new Shape(3, 3))
                .optPadding(new Shape(1, 1))
                .setFilters(filters)
                .build();
    }

    private static Trainer trainer(Model model, Loss loss, Optimizer optimizer) {
        Trainer trainer = model.newTrainer(new DefaultTrainingConfig(loss)
                .optOptimizer(optimizer)
                .addTrainingListeners(new EpochTrainingListener(), new EvaluatorTrainingListener()));
        // The same initial parameters for every network of these tests.
        Engine.getInstance().setRandomSeed(7);
        trainer.initialize(new Shape(BATCH, 1, SIDE, SIDE));
        return trainer;
    }

    private static Optimizer adam() {
        return Optimizer.adam().optLearningRateTracker(Tracker.fixed(0.01f)).build();
    }

    @Test
    void lossFallsBelowThatOfTheNoisyPictures() throws Exception {
        DctLoss dct = DctLoss.builder().penalty(Penalty.charbonnier(1e-2)).build();
        float[] pictures = pictures();
        double untouched = dct.forward(batch(noisy(pictures)), batch(pictures));
        try (DjlDctLoss loss = new DjlDctLoss(dct);
                Model model = network();
                Trainer trainer = trainer(model, loss, adam());
                NDManager manager = NDManager.newBaseManager()) {
            ArrayDataset data = dataset(manager, true);
            EasyTrain.fit(trainer, 1, data, data);
            float first = trainer.getTrainingResult().getTrainLoss();
            EasyTrain.fit(trainer, 30, data, data);
            float trained = trainer.getTrainingResult().getTrainLoss();
            float validated = trainer.getTrainingResult().getValidateLoss();
            assertTrue(trained < 0.3 * first, () -> "from " + first + " to " + trained);
            assertTrue(trained < 0.75 * untouched, () -> trained + " instead of " + untouched);
            assertEquals(trained, validated, 0.1 * trained);
        }
    }

    private static ImageBatch batch(float[] pixels) {
        return ImageBatch.of(pixels, IMAGES, 1, SIDE, SIDE);
    }

    /** Parseval: uniform weights make the mean squared error of it. */
    @Test
    void uniformWeightsTrainLikeMeanSquaredError() throws Exception {
        DctLoss uniform = DctLoss.builder().weights(FrequencyWeights.uniform()).build();
        try (DjlDctLoss ours = new DjlDctLoss(uniform)) {
            float[] expected = trainedParameters(Loss.l2Loss("L2Loss", 1));
            float[] got = trainedParameters(ours);
            Backpropagation.assertClose("parameters", got, expected, 1e-4);
        }
    }

    private static float[] trainedParameters(Loss loss) throws Exception {
        Optimizer sgd =
                Optimizer.sgd().setLearningRateTracker(Tracker.fixed(0.1f)).build();
        try (Model model = network();
                Trainer trainer = trainer(model, loss, sgd);
                NDManager manager = NDManager.newBaseManager()) {
            float[] initial = parameters(model);
            EasyTrain.fit(trainer, 4, dataset(manager, false), null);
            float[] trained = parameters(model);
            float moved = 0;
            for (int i = 0; i < trained.length; i++) {
                moved = Math.max(moved, Math.abs(trained[i] - initial[i]));
            }
            assertTrue(moved > 0.05, "parameters moved by " + moved);
            return trained;
        }
    }

    private static float[] parameters(Model model) {
        float[] all = new float[0];
        for (var parameter : model.getBlock().getParameters().values()) {
            float[] one = parameter.getArray().toFloatArray();
            int start = all.length;
            all = Arrays.copyOf(all, start + one.length);
            System.arraycopy(one, 0, all, start, one.length);
        }
        return all;
    }

    /** The schedule of Arezoomand et al. (2021), faster: T = alpha T0 / 2 + 1 with alpha = exp(-e / 2000). */
    @Test
    void annealedWeightsWhileTraining() throws Exception {
        DctLoss dct = DctLoss.builder().penalty(Penalty.charbonnier(1e-2)).build();
        Shape shape = new Shape(2, 1, SIDE, SIDE);
        float[] p = noise(3, shape);
        float[] t = noise(4, shape);
        try (DjlDctLoss loss = new DjlDctLoss(dct);
                Model model = network();
                Trainer trainer = trainer(model, loss, adam());
                NDManager manager = NDManager.newBaseManager()) {
            ArrayDataset data = dataset(manager, true);
            double first = Double.NaN;
            double last = Double.NaN;
            int step = 0;
            String resources = null;
            for (int epoch = 0; epoch < 12; epoch++) {
                for (Batch batch : trainer.iterateDataset(data)) {
                    double alpha = Math.exp(-100.0 * step / 2000);
                    loss.anneal(alpha);
                    EasyTrain.trainBatch(trainer, batch);
                    trainer.step();
                    batch.close();
                    step++;
                    DctLoss now =
                            dct.toBuilder().weights(dct.weights().anneal(alpha)).build();
                    assertGradientOf(now, loss, p, t, shape);
                    // Compared under one table, for the table sets what an error costs.
                    last = meanSquaredError(trainer, manager);
                    first = Double.isNaN(first) ? last : first;
                }
                // What every epoch leaves behind, from the second on: nothing.
                resources = epoch < 1
                        ? null
                        : resources == null ? trainer.getManager().toString() : resources;
                assertTrue(resources == null
                        || resources.equals(trainer.getManager().toString()));
            }
            assertEquals(12 * 5, step);
            assertTrue(last < 0.3 * first, "from " + first + " to " + last);
        }
    }

    private static void assertGradientOf(DctLoss expected, DjlDctLoss loss, float[] p, float[] t, Shape shape) {
        float[] gradient = new float[p.length];
        ImageBatch prediction = ImageBatch.of(p, 2, 1, SIDE, SIDE);
        ImageBatch target = ImageBatch.of(t, 2, 1, SIDE, SIDE);
        double value = expected.backward(prediction, target, ImageBatch.of(gradient, 2, 1, SIDE, SIDE));
        Backpropagation got = Backpropagation.of(p, t, shape, (x, y) -> loss.evaluate(new NDList(y), new NDList(x)));
        assertEquals((float) value, got.value()[0]);
        assertArrayEquals(gradient, got.gradient());
    }

    private static double meanSquaredError(Trainer trainer, NDManager manager) {
        try (NDManager scratch = manager.newSubManager()) {
            float[] pictures = pictures();
            NDArray output = trainer.evaluate(new NDList(scratch.create(noisy(pictures), SHAPE)))
                    .singletonOrThrow();
            output.attach(scratch);
            return output.sub(scratch.create(pictures, SHAPE)).square().mean().getFloat();
        }
    }

    @Test
    void annealingAllocatesNothing() {
        Shape shape = new Shape(2, 1, SIDE, SIDE);
        try (DjlDctLoss loss = new DjlDctLoss(DctLoss.builder().build())) {
            Backpropagation.of(
                    noise(1, shape), noise(2, shape), shape, (p, t) -> loss.evaluate(new NDList(t), new NDList(p)));
            for (int i = 0; i < 2000; i++) {
                loss.anneal(i / 2000.0);
            }
            long before = THREADS.getCurrentThreadAllocatedBytes();
            long idle = THREADS.getCurrentThreadAllocatedBytes() - before;
            before = THREADS.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 100; i++) {
                loss.anneal(i / 100.0);
            }
            assertEquals(idle, THREADS.getCurrentThreadAllocatedBytes() - before);
        }
    }

    /** Java objects of a step are few and do not grow with the images: pixels stay in the framework's memory. */
    @Test
    void pixelsAreNotCopiedToTheHeap() {
        Shape shape = new Shape(1, 3, 256, 256);
        try (DjlDctLoss loss = new DjlDctLoss(DctLoss.builder().build());
                NDManager manager = NDManager.newBaseManager();
                GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray p = manager.create(noise(1, shape), shape);
            NDArray t = manager.create(noise(2, shape), shape);
            p.setRequiresGradient(true);
            long bytes = Long.MAX_VALUE;
            for (int i = 0; i < 20; i++) {
                long before = THREADS.getCurrentThreadAllocatedBytes();
                collector.backward(loss.evaluate(new NDList(t), new NDList(p)));
                bytes = Math.min(bytes, THREADS.getCurrentThreadAllocatedBytes() - before);
            }
            long least = bytes;
            assertTrue(least < 16_384, () -> least + " bytes for a step with images of " + 4 * shape.size());
        }
    }
}

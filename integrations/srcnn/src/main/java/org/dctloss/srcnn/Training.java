package org.dctloss.srcnn;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.loss.Loss;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.dctloss.djl.DjlDctLoss;
import org.dctloss.pictures.CommandFailure;
import org.dctloss.superres.Plane;

/**
 * One training, from its first step or from where its checkpoint was left, to its last. Nothing that it computes depends
 * on time or on how often it was interrupted.
 */
final class Training implements AutoCloseable {
    /** What is told of every step. */
    interface Progress {
        /** So many steps have been taken, the last with this loss. */
        void at(int step, double loss);
    }

    /** File of the checkpoint in the folder of a training. */
    static final String CHECKPOINT = "checkpoint.bin";

    /** The test pictures are looked at so often, but not more often than every so many steps. */
    private static final int EVALUATIONS = 25;

    private static final int SHORTEST_INTERVAL = 20;

    private final Settings settings;
    private final Path file;
    private final long nanosecondsBetweenCheckpoints;
    private final Checkpoint state;
    private final NDManager manager;
    private final Loss loss;

    private final float[] inputs;
    private final float[] outputs;
    private final float[] gradient = new float[Srcnn.PARAMETERS];
    private final double[] rates = new double[Srcnn.PARAMETERS];

    /** Reads the checkpoint of the folder, if there is one, and refuses one of other settings. */
    Training(Settings settings, Path folder, double secondsBetweenCheckpoints) {
        this.settings = settings;
        file = folder.resolve(CHECKPOINT);
        nanosecondsBetweenCheckpoints = (long) (secondsBetweenCheckpoints * 1e9);
        if (Files.exists(file)) {
            state = Checkpoint.read(file);
            settings.requireSame(state.settings, folder);
        } else {
            state = Checkpoint.begin(settings);
        }
        inputs = new float[settings.batch() * PatchSet.INPUT * PatchSet.INPUT];
        outputs = new float[settings.batch() * PatchSet.OUTPUT * PatchSet.OUTPUT];
        manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        loss = settings.loss().forDjl();
    }

    /** Where it stands. */
    Checkpoint state() {
        return state;
    }

    /** Where its arrays live. */
    NDManager manager() {
        return manager;
    }

    /** Version of the framework's engine. */
    static String engine() {
        Engine engine = Engine.getEngine("PyTorch");
        return engine.getEngineName() + " " + engine.getVersion();
    }

    /** Takes the steps that are left. */
    void run(Progress progress) {
        long written = System.nanoTime();
        int interval = Math.max(SHORTEST_INTERVAL, settings.steps() / EVALUATIONS);
        while (state.step < settings.steps()) {
            long begin = System.nanoTime();
            float value = step();
            state.nanoseconds += System.nanoTime() - begin;
            if (!Float.isFinite(value)) {
                throw new CommandFailure("training: got a loss of " + value + " in step " + state.step
                        + ", allowed finite ones (a smaller --learning-rate, " + settings.learningRate()
                        + " now, may help)");
            }
            state.add(value);
            boolean last = state.step == settings.steps();
            if (last || state.step % interval == 0) {
                evaluate();
            }
            if (last || System.nanoTime() - written > nanosecondsBetweenCheckpoints) {
                state.write(file);
                written = System.nanoTime();
            }
            progress.at(state.step, value);
        }
    }

    private float step() {
        settings.train().draw(settings.seed(), state.step, inputs, outputs);
        settings.rates(state.step, rates);
        if (settings.anneal() > 0) {
            // The sessions' weights change in place: nothing is allocated, compiled or opened again.
            ((DjlDctLoss) loss).anneal(settings.alpha(state.step));
        }
        float value;
        try (NDManager scope = manager.newSubManager()) {
            NDArray input = scope.create(inputs, new Shape(settings.batch(), 1, PatchSet.INPUT, PatchSet.INPUT));
            NDArray output = scope.create(outputs, new Shape(settings.batch(), 1, PatchSet.OUTPUT, PatchSet.OUTPUT));
            NDArray[] arrays = Srcnn.arrays(scope, state.parameters);
            for (NDArray array : arrays) {
                array.setRequiresGradient(true);
            }
            try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
                NDArray prediction = Srcnn.forward(arrays, input);
                long begin = System.nanoTime();
                NDArray result = loss.evaluate(new NDList(output), new NDList(prediction));
                state.nanosecondsInLoss += System.nanoTime() - begin;
                collector.backward(result);
                value = result.getFloat();
            }
            Srcnn.gradients(arrays, gradient);
        }
        state.adam.descend(state.parameters, gradient, state.step, rates);
        return value;
    }

    private void evaluate() {
        List<Plane> lumas = settings.test().enlarge(manager, state.parameters);
        Scores mean = Scores.mean(settings.test().scores(lumas));
        state.evaluations.add(
                new Checkpoint.Evaluation(state.step, settings.test().loss(settings.loss(), lumas), mean.psnr()));
    }

    /** Seconds that a step took. */
    double secondsPerStep() {
        return state.nanoseconds / 1e9 / state.step;
    }

    /** Share of a step's time in the loss: value, gradient, and handing both to the framework. */
    double shareOfLoss() {
        return (double) state.nanosecondsInLoss / state.nanoseconds;
    }

    @Override
    public void close() {
        if (loss instanceof DjlDctLoss dct) {
            dct.close();
        }
        manager.close();
    }
}

package org.dctloss.srcnn;

import java.util.LinkedHashMap;
import java.util.Map;
import org.dctloss.pictures.CommandFailure;

/**
 * What a curve depends on, and all of it: two trainings with the same settings have the same curve, bit by bit on the same
 * machine.
 *
 * @param steps of the optimiser, in all
 * @param learningRate at the first step; along half a cosine it falls to a hundredth
 * @param lastLayer factor for the learning rate of the last layer
 * @param anneal steps until the weights' alpha has fallen to 1/e, or 0 for weights that stay
 * @param threads of the framework; another number may round otherwise
 * @param train what is trained on
 * @param test what is tested on
 */
record Settings(
        TrainingLoss loss,
        int scale,
        int steps,
        long seed,
        int batch,
        double learningRate,
        double lastLayer,
        double anneal,
        int threads,
        PatchSet train,
        TestSet test) {
    private static final double LOWEST_RATE = 0.01;

    /** Under the names of the options. */
    Map<String, String> named() {
        Map<String, String> named = new LinkedHashMap<>();
        named.put("--loss", loss.id());
        named.put("--scale", Integer.toString(scale));
        named.put("--steps", Integer.toString(steps));
        named.put("--seed", Long.toString(seed));
        named.put("--batch", Integer.toString(batch));
        named.put("--learning-rate", Double.toString(learningRate));
        named.put("--last-layer", Double.toString(lastLayer));
        named.put("--anneal", anneal == 0 ? "none" : Double.toString(anneal));
        named.put("--threads", Integer.toString(threads));
        named.put("--train", train.toString());
        named.put("--test", test.toString());
        return named;
    }

    /** Refuses to go on with a training that was begun with other settings. */
    void requireSame(Map<String, String> begun, Object folder) {
        named().forEach((name, now) -> {
            String then = begun.getOrDefault(name, "none");
            if (!now.equals(then)) {
                throw new CommandFailure(name + ": got " + now + ", allowed " + then + ", with which the training in "
                        + folder + " was begun (or another --out)");
            }
        });
    }

    /** Learning rate of each parameter in a step. */
    void rates(int step, double[] rates) {
        double fall = (1 + StrictMath.cos(StrictMath.PI * step / steps)) / 2;
        double rate = learningRate * (LOWEST_RATE + (1 - LOWEST_RATE) * fall);
        for (int i = 0; i < rates.length; i++) {
            rates[i] = i < Srcnn.LAST_LAYER ? rate : rate * lastLayer;
        }
    }

    /** The paper's schedule, alpha = exp(-e / 2000), with steps for its epochs. */
    double alpha(int step) {
        return StrictMath.exp(-step / anneal);
    }
}

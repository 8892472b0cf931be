package org.dctloss.cuda.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.Loader;
import org.dctloss.BackendChoice;
import org.dctloss.DctLoss;
import org.dctloss.ImageBatch;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Runs where there are a GPU, libcudart and the presets' own libraries; compiled everywhere. */
@Tag("presets")
class PresetsExampleTest {
    @Test
    void theLossOfThePresetsGraphIsThatOfJava() {
        try {
            Loader.load(cudart.class);
        } catch (LinkageError missing) {
            // Not a failure: nothing needs them, and without a driver they cannot be loaded at all.
            Throwable root = missing;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            String message = "SKIPPED example with the CUDA presets: " + root.getMessage();
            System.out.println(message);
            Assumptions.abort(message);
        }
        float[] prediction = new float[PresetsExample.size()];
        float[] target = new float[PresetsExample.size()];
        float[] gradient = new float[PresetsExample.size()];
        for (int i = 0; i < prediction.length; i++) {
            prediction[i] = i % 37 / 37f;
            target[i] = i % 41 / 41f;
        }
        double expected = DctLoss.builder()
                .backend(BackendChoice.JAVA)
                .build()
                .backward(
                        ImageBatch.of(prediction, 16, 3, 96, 96),
                        ImageBatch.of(target, 16, 3, 96, 96),
                        ImageBatch.of(gradient, 16, 3, 96, 96));
        PresetsExample.Outcome outcome = PresetsExample.run(prediction, target);
        assertEquals(expected, outcome.loss(), 2e-6 * expected);
        assertEquals(gradient[0], outcome.gradient(), 1e-5 * Math.abs(gradient[0]));
        assertTrue(outcome.microseconds() > 0);
    }
}

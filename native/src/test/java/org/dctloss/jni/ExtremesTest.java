package org.dctloss.jni;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.dctloss.BackendChoice;
import org.dctloss.DctLoss;
import org.dctloss.FrequencyWeights;
import org.dctloss.ImageBatch;
import org.dctloss.LossOptions;
import org.dctloss.Normalization;
import org.dctloss.Reduction;
import org.dctloss.contract.Availability;
import org.junit.jupiter.api.Test;

/** Weights and factors near the end of float32. */
class ExtremesTest {
    @Test
    void identicalImagesCostNothingUnderTheLargestWeights() {
        Availability.required(BackendChoice.NATIVE);
        float[] weights = new float[64];
        weights[0] = 1;
        weights[63] = 3e38f;
        DctLoss loss = builder(weights).build();
        float[] g = new float[64];
        float[] p = new float[64];
        p[5] = 0.5f;
        assertEquals(0, loss.backward(view(p), view(p.clone()), view(g)));
        assertArrayEquals(new float[64], g);
    }

    @Test
    void aGradientThatFitsFloat32IsFiniteWhateverItsFactors() {
        Availability.required(BackendChoice.NATIVE);
        float[] weights = new float[64];
        java.util.Arrays.fill(weights, 1e10f);
        DctLoss loss = builder(weights).reduction(Reduction.SUM).build();
        float[] p = new float[64];
        java.util.Arrays.fill(p, 1e-15f);
        float[] g = new float[64];
        loss.backward(view(p), view(new float[64]), view(g), LossOptions.DEFAULT.upstream(1e29));
        // d/dp of (w p)^2 summed over an orthonormal transform: 2 w^2 p.
        for (float value : g) {
            assertEquals(2e34, value, 1e29, "gradient");
        }
        assertTrue(Float.isFinite(g[0]));
    }

    private static DctLoss.Builder builder(float[] weights) {
        return DctLoss.builder()
                .backend(BackendChoice.NATIVE)
                .weights(FrequencyWeights.of(weights).normalize(Normalization.NONE));
    }

    private static ImageBatch view(float[] pixels) {
        return ImageBatch.of(pixels, 1, 1, 8, 8);
    }
}

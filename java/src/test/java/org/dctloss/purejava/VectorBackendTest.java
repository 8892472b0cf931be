package org.dctloss.purejava;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.dctloss.BackendChoice;
import org.dctloss.Backends;
import org.dctloss.DctLoss;
import org.dctloss.ImageBatch;
import org.dctloss.contract.BackendContract;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The contract, on pure Java with the Vector API: the POM runs it with {@value VectorKernel#FLAG}. */
class VectorBackendTest extends BackendContract {
    @BeforeAll
    static void usesVectors() {
        VectorAllocationTest.required();
    }

    @Override
    protected BackendChoice backend() {
        return BackendChoice.JAVA;
    }

    @Test
    void reportTellsTheWidth() {
        String text = Backends.report().stream()
                .filter(report -> report.name().equals("java"))
                .findFirst()
                .orElseThrow()
                .text();
        assertTrue(text.matches(".*; Vector API: (256|512)-bit vectors"), text);
    }

    /** The kernels round differently, so last bits tell which one was at work. */
    @Test
    void switchChoosesTheKernel() {
        float[] vectors = gradient("true");
        float[] loops = gradient("false");
        assertFalse(Arrays.equals(vectors, loops), "the same kernel both times");
        assertArrayEquals(vectors, loops, 1e-6f);
    }

    private float[] gradient(String wanted) {
        String before = System.getProperty(VectorKernel.PROPERTY);
        System.setProperty(VectorKernel.PROPERTY, wanted);
        try {
            float[] p = new float[24 * 40];
            for (int i = 0; i < p.length; i++) {
                p[i] = (float) Math.sin(i * i);
            }
            ImageBatch prediction = ImageBatch.of(p, 1, 1, 24, 40);
            ImageBatch target = ImageBatch.of(new float[p.length], 1, 1, 24, 40);
            float[] gradient = new float[p.length];
            DctLoss.builder()
                    .backend(backend())
                    .build()
                    .backward(prediction, target, ImageBatch.of(gradient, 1, 1, 24, 40));
            return gradient;
        } finally {
            if (before == null) {
                System.clearProperty(VectorKernel.PROPERTY);
            } else {
                System.setProperty(VectorKernel.PROPERTY, before);
            }
        }
    }
}

package org.dctloss.purejava;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.dctloss.BackendChoice;
import org.dctloss.Coefficients;
import org.dctloss.DctLoss;
import org.dctloss.ImageBatch;
import org.dctloss.LossSession;
import org.dctloss.Penalty;
import org.dctloss.spi.Status;
import org.junit.jupiter.api.Test;

/**
 * The kernel of the Vector API allocates nothing per call, once C2 has compiled it. Where C2 gives up, every vector is an
 * object, and this fails: the cliff of which {@link VectorSteps} tells.
 */
class VectorAllocationTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int SIDE = 128;
    private static final int CALLS = 50;
    private static final double MOST_SECONDS = 120;

    /** A processor without wide vectors is a reason to skip, anything else is a failure. */
    static void required() {
        Status status = VectorKernel.status();
        assumeFalse(status.text().contains("this machine has"), status.text());
        assertTrue(status.available(), status.text());
    }

    /** Every penalty in one JVM, so that none is compiled at the expense of another. */
    @Test
    void everyPenaltyIsCompiledToVectors() {
        required();
        ImageBatch p = image(1);
        ImageBatch t = image(2);
        ImageBatch g = image(3);
        for (Coefficients coefficients : Coefficients.values()) {
            for (Penalty penalty :
                    new Penalty[] {Penalty.squared(), Penalty.absolute(), Penalty.charbonnier(1e-3), Penalty.huber(0.1)
                    }) {
                DctLoss loss = DctLoss.builder()
                        .backend(BackendChoice.JAVA)
                        .penalty(penalty)
                        .coefficients(coefficients)
                        .threads(1)
                        .build();
                try (LossSession session = loss.open(p, t, g)) {
                    assertAllocatesNothingAtLast(loss.toString(), () -> session.backward(p, t, g));
                }
            }
        }
    }

    private static ImageBatch image(int seed) {
        float[] pixels = new float[SIDE * SIDE];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) Math.sin((double) seed * i * i);
        }
        return ImageBatch.of(pixels, 1, 1, SIDE, SIDE);
    }

    /** Calls until a batch of calls allocates nothing; with vectors as objects it would be a megabyte a call. */
    private static void assertAllocatesNothingAtLast(String what, Runnable call) {
        long id = Thread.currentThread().getId();
        long start = System.nanoTime();
        long allocated;
        do {
            long before = THREADS.getThreadAllocatedBytes(id);
            for (int i = 0; i < CALLS; i++) {
                call.run();
            }
            allocated = THREADS.getThreadAllocatedBytes(id) - before;
            assertTrue(
                    allocated == 0 || (System.nanoTime() - start) * 1e-9 < MOST_SECONDS,
                    what + ": still " + allocated / CALLS + " bytes a call after " + MOST_SECONDS + " s");
        } while (allocated > 0);
    }
}

package org.dctloss.purejava;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.dctloss.BackendChoice;
import org.dctloss.BlockDct;
import org.dctloss.Coefficients;
import org.dctloss.ColorTransform;
import org.dctloss.DctLoss;
import org.dctloss.ImageBatch;
import org.dctloss.LossOptions;
import org.dctloss.LossSession;
import org.dctloss.Penalty;
import org.dctloss.Reduction;
import org.junit.jupiter.api.Test;

/** After warm-up the hot path allocates nothing, on the calling thread and on the helpers. */
class AllocationTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static long allocated() {
        long sum = 0;
        for (long id : THREADS.getAllThreadIds()) {
            String name = THREADS.getThreadInfo(id) == null
                    ? ""
                    : THREADS.getThreadInfo(id).getThreadName();
            if (id == Thread.currentThread().getId() || name.startsWith("dctloss-")) {
                sum += THREADS.getThreadAllocatedBytes(id);
            }
        }
        return sum;
    }

    private static void assertNothingAllocated(String what, Runnable call) {
        for (int i = 0; i < 50; i++) {
            call.run();
        }
        // The measurement itself allocates now and then, and so may the JVM: of several batches the least counts.
        long least = Long.MAX_VALUE;
        for (int batch = 0; batch < 10; batch++) {
            long start = allocated();
            long own = allocated() - start;
            long before = allocated();
            for (int i = 0; i < 30; i++) {
                call.run();
            }
            least = Math.min(least, Math.max(0, allocated() - before - own));
        }
        assertEquals(0, least, what + ": bytes in 30 calls");
    }

    @Test
    void hotPathAllocatesNothing() {
        int n = 2;
        int h = 320;
        int w = 260;
        float[] memory = new float[n * 3 * h * w];
        ImageBatch p = ImageBatch.of(memory.clone(), n, 3, h, w);
        ImageBatch t = ImageBatch.of(memory.clone(), n, 3, h, w);
        ImageBatch g = ImageBatch.of(memory.clone(), n, 3, h, w);
        p.set(1, 1, 100, 100, 1f);
        LossOptions options =
                LossOptions.DEFAULT.offset(3, 5).perSample(new double[n]).upstream(new float[n]);
        for (int block : new int[] {8, 12}) {
            for (int threads : new int[] {1, 3}) {
                DctLoss loss = DctLoss.builder()
                        .backend(BackendChoice.JAVA)
                        .blockSize(block)
                        .threads(threads)
                        .penalty(Penalty.charbonnier(1e-3))
                        .coefficients(threads == 1 ? Coefficients.SIGNED : Coefficients.MAGNITUDE)
                        .color(block == 8 ? ColorTransform.BT601 : ColorTransform.NONE)
                        .reduction(Reduction.PER_SAMPLE)
                        .build();
                String what = loss.toString();
                assertNothingAllocated("backward " + what, () -> loss.backward(p, t, g, options));
                assertNothingAllocated("forward " + what, () -> loss.forward(p, t));
                try (LossSession session = loss.open(n, 3, h, w)) {
                    assertNothingAllocated("annealed " + what, () -> {
                        session.anneal(0.5);
                        session.backward(p, t, g);
                    });
                }
            }
        }
        BlockDct dct = BlockDct.of(8).backend(BackendChoice.JAVA).threads(2);
        ImageBatch part = p.window(0, 0, 320, 256);
        ImageBatch out = g.window(0, 0, 320, 256);
        assertNothingAllocated("BlockDct", () -> dct.forward(part, out));
    }
}

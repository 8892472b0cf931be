package org.dctloss.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.dctloss.BackendChoice;
import org.dctloss.BlockDct;
import org.dctloss.Coefficients;
import org.dctloss.ColorTransform;
import org.dctloss.DctLoss;
import org.dctloss.ImageBatch;
import org.dctloss.LossOptions;
import org.dctloss.LossSession;
import org.dctloss.LossSessions;
import org.dctloss.Penalty;
import org.dctloss.Reduction;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * After warm-up the hot path allocates nothing on the Java heap, on the calling thread and on the helpers. A backend
 * inherits it like {@link BackendContract}.
 */
public abstract class AllocationContract {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** The backend under test. */
    protected abstract BackendChoice backend();

    /** Makes a batch of zeros in some memory. */
    @FunctionalInterface
    protected interface Memory {
        ImageBatch zeros(int n, int c, int h, int w);
    }

    /** The memories in which the tests place their pixels. */
    protected List<Memory> memories() {
        return List.of(
                (n, c, h, w) -> ImageBatch.of(new float[n * c * h * w], n, c, h, w),
                (n, c, h, w) -> ImageBatch.of(
                        ByteBuffer.allocateDirect(4 * n * c * h * w)
                                .order(ByteOrder.nativeOrder())
                                .asFloatBuffer(),
                        n,
                        c,
                        h,
                        w));
    }

    /** Whether calls share the work among threads, which takes large images. */
    protected boolean hasThreads() {
        return true;
    }

    @BeforeEach
    void available() {
        Availability.required(backend());
    }

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
            for (int i = 0; i < 10; i++) {
                call.run();
            }
            least = Math.min(least, Math.max(0, allocated() - before - own));
        }
        assertEquals(0, least, what + ": bytes in 10 calls");
    }

    @Test
    void hotPathAllocatesNothing() {
        memories().forEach(this::hotPathAllocatesNothing);
    }

    private void hotPathAllocatesNothing(Memory memory) {
        int n = 2;
        int h = hasThreads() ? 200 : 24;
        int w = hasThreads() ? 180 : 20;
        ImageBatch p = memory.zeros(n, 3, h, w);
        ImageBatch t = memory.zeros(n, 3, h, w);
        ImageBatch g = memory.zeros(n, 3, h, w);
        LossOptions options =
                LossOptions.DEFAULT.offset(3, 5).perSample(new double[n]).upstream(new float[n]);
        for (int block : new int[] {8, 12}) {
            for (int threads : new int[] {1, 3}) {
                DctLoss loss = DctLoss.builder()
                        .backend(backend())
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
                try (LossSession session = loss.open(p, t, g)) {
                    assertNothingAllocated("annealed " + what, () -> {
                        session.anneal(0.5);
                        session.backward(p, t, g);
                    });
                }
                ImageBatch lastP = p.samples(0, 1);
                ImageBatch lastT = t.samples(0, 1);
                ImageBatch lastG = g.samples(0, 1);
                try (LossSessions sessions = new LossSessions(loss)) {
                    assertNothingAllocated("two shapes, annealed, " + what, () -> {
                        sessions.anneal(0.5);
                        sessions.backward(p, t, g, null, LossOptions.DEFAULT);
                        sessions.backward(lastP, lastT, lastG, null, LossOptions.DEFAULT);
                    });
                }
            }
        }
        BlockDct dct = BlockDct.of(8).backend(backend()).threads(2);
        ImageBatch part = p.window(0, 0, h, w / 8 * 8);
        ImageBatch out = g.window(0, 0, h, w / 8 * 8);
        assertNothingAllocated("BlockDct", () -> dct.forward(part, out));
    }
}

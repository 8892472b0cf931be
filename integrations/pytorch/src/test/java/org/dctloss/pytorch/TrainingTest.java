package org.dctloss.pytorch;

import static org.bytedeco.pytorch.global.torch.avg_pool2d;
import static org.bytedeco.pytorch.global.torch.conv2d;
import static org.bytedeco.pytorch.global.torch.mse_loss;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.function.IntToDoubleFunction;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Adam;
import org.bytedeco.pytorch.AdamOptions;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.dctloss.BackendChoice;
import org.dctloss.DctLoss;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A small network learns to sharpen what a 3x3 mean has blurred. */
@SuppressWarnings("try")
class TrainingTest {
    private static final int STEPS = 60;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final long[] ONE = {1, 1};

    private PointerScope scope;
    private Tensor sharp;
    private Tensor blurred;
    private Tensor[] parameters;

    @BeforeAll
    static void load() {
        Torch.load();
    }

    @BeforeEach
    void network() {
        scope = new PointerScope();
        sharp = Torch.noise(1, 4, 1, 32, 32);
        blurred = avg_pool2d(sharp, new long[] {3, 3}, ONE, ONE, false, true, new LongOptional());
        parameters = new Tensor[] {
            layer(2, 8, 1, 3, 3), layer(3, 8), layer(4, 1, 8, 3, 3), layer(5, 1),
        };
    }

    private static Tensor layer(long seed, long... shape) {
        return Torch.noise(seed, shape)
                .sub(new Scalar(0.5f))
                .mul(new Scalar(0.4f))
                .detach()
                .requires_grad_(true);
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private Tensor restored() {
        Tensor features = conv2d(blurred, parameters[0], new TensorOptional(parameters[1]), ONE, ONE, ONE, 1)
                .relu();
        return conv2d(features, parameters[2], new TensorOptional(parameters[3]), ONE, ONE, ONE, 1);
    }

    /** A step is the pass back from the loss, whose value it returns. */
    private double[] train(IntToDoubleFunction step) {
        Adam adam = new Adam(new TensorVector(parameters), new AdamOptions(0.01));
        double[] values = new double[STEPS];
        for (int i = 0; i < STEPS; i++) {
            try (PointerScope temporaries = new PointerScope()) {
                adam.zero_grad();
                values[i] = step.applyAsDouble(i);
                adam.step();
            }
        }
        return values;
    }

    @ParameterizedTest
    @EnumSource(names = {"JAVA", "NATIVE"})
    void itLearns(BackendChoice backend) {
        try (TorchDctLoss loss =
                new TorchDctLoss(DctLoss.builder().backend(backend).build())) {
            double[] values = train(step -> loss.backward(restored(), sharp));
            assertTrue(values[STEPS - 1] < 0.3 * values[0], values[0] + " became " + values[STEPS - 1]);
        }
    }

    @Test
    void itLearnsFromAMixtureOfLosses() {
        try (TorchDctLoss loss = new TorchDctLoss(DctLoss.builder().build())) {
            double[] values = train(step -> {
                Tensor restored = restored();
                Tensor mixed = loss.loss(restored, sharp).add(mse_loss(restored, sharp));
                mixed.backward();
                return mixed.item_double();
            });
            assertTrue(values[STEPS - 1] < 0.3 * values[0], values[0] + " became " + values[STEPS - 1]);
        }
    }

    /** The paper's schedule: Q becomes alpha Q / 2 + 1, and alpha changes between steps. */
    @Test
    void itLearnsWhileTheWeightsAreAnnealed() {
        DctLoss fixed = DctLoss.builder().build();
        try (TorchDctLoss loss = new TorchDctLoss(fixed)) {
            double start = loss.forward(restored(), sharp);
            train(step -> {
                double alpha = 2.0 * step / STEPS;
                loss.anneal(alpha);
                Tensor restored = restored();
                double expected = TorchFormula.of(annealed(fixed, alpha), restored.detach(), sharp)
                        .item_double();
                double value = loss.backward(restored, sharp);
                assertEquals(expected, value, 1e-5 * expected);
                return value;
            });
            loss.setWeights(fixed.weights());
            double end = loss.forward(restored(), sharp);
            assertTrue(end < 0.3 * start, start + " became " + end);
        }
    }

    /** Bytes of Java's heap: of annealing itself, and of a step after it compared with one after none. */
    @ParameterizedTest
    @EnumSource(names = {"JAVA", "NATIVE"})
    void annealingAllocatesNothing(BackendChoice backend) {
        try (TorchDctLoss loss =
                new TorchDctLoss(DctLoss.builder().backend(backend).build())) {
            long[] annealing = new long[STEPS];
            long[] step = new long[STEPS];
            double[] values = train(i -> {
                Tensor restored = restored();
                long own = THREADS.getCurrentThreadAllocatedBytes();
                own = THREADS.getCurrentThreadAllocatedBytes() - own;
                long before = THREADS.getCurrentThreadAllocatedBytes();
                if (i % 2 == 0) {
                    loss.anneal(1 - (double) i / STEPS);
                }
                long between = THREADS.getCurrentThreadAllocatedBytes();
                double value = loss.backward(restored, sharp);
                annealing[i] = between - before - own;
                step[i] = THREADS.getCurrentThreadAllocatedBytes() - between - own;
                return value;
            });
            assertTrue(values[STEPS - 1] < values[0], values[0] + " became " + values[STEPS - 1]);
            // The JVM allocates now and then: of several batches of steps the least counts.
            long least = Long.MAX_VALUE;
            long leastAnnealed = Long.MAX_VALUE;
            long leastPlain = Long.MAX_VALUE;
            for (int first = STEPS / 2; first < STEPS; first += 10) {
                least = Math.min(
                        least, Arrays.stream(annealing, first, first + 10).sum());
                for (int i = first; i < first + 10; i += 2) {
                    leastAnnealed = Math.min(leastAnnealed, step[i]);
                    leastPlain = Math.min(leastPlain, step[i + 1]);
                }
            }
            assertEquals(0, least, "bytes to anneal five times");
            assertTrue(leastPlain > 0, "PyTorch's tensors have objects in Java");
            assertEquals(leastPlain, leastAnnealed, "bytes of a step");
        }
    }

    private static DctLoss annealed(DctLoss loss, double alpha) {
        return loss.toBuilder().weights(loss.weights().anneal(alpha)).build();
    }
}

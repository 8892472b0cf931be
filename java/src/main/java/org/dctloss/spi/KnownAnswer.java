package org.dctloss.spi;

import java.util.function.Function;
import org.dctloss.Coefficients;
import org.dctloss.ColorTransform;
import org.dctloss.Edge;
import org.dctloss.ImageBatch;
import org.dctloss.Penalty;
import org.dctloss.Reduction;
import org.dctloss.Scaling;

/**
 * One small loss whose answer is known: a backend for host memory proves itself on it before first use.
 *
 * <p>Pixels (37 i mod 64) / 64 against (11 i + 5 mod 64) / 64, weights 1 / (1 + u + 2v), squared, mean. The answers were
 * computed in float64 with SciPy 1.17's {@code dctn(norm="ortho")}.
 */
public final class KnownAnswer {
    private static final double LOSS = 0.0012855176829560775;
    /** Sum of (i + 1) times gradient i. */
    private static final double GRADIENT = -0.08455479101793167;

    private static final double TOLERANCE = 1e-5;

    private KnownAnswer() {}

    /** The status given, or an unavailable one that tells what went wrong. Never throws. */
    public static Status check(Backend backend, Status ifRight) {
        return check(plan -> backend.open(plan, Workers.shared(1)), ifRight);
    }

    /** The same for whatever opens a session: for a backend that has several devices to open it on. */
    public static Status check(Function<Plan, Session> open, Status ifRight) {
        try {
            return answer(open, ifRight);
        } catch (RuntimeException | LinkageError | OutOfMemoryError thrown) {
            return Status.unavailable("its known-answer block failed: " + thrown, thrown);
        }
    }

    private static Status answer(Function<Plan, Session> open, Status ifRight) {
        float[] prediction = new float[64];
        float[] target = new float[64];
        float[] gradient = new float[64];
        double[] weights = new double[64];
        for (int i = 0; i < 64; i++) {
            prediction[i] = 37 * i % 64 / 64f;
            target[i] = (11 * i + 5) % 64 / 64f;
            weights[i] = 1.0 / (1 + i / 8 + 2 * (i % 8));
        }
        Plan plan = new Plan(
                1,
                1,
                8,
                8,
                8,
                Scaling.ORTHONORMAL,
                Penalty.squared(),
                Coefficients.SIGNED,
                Reduction.MEAN,
                Edge.REPLICATE,
                ColorTransform.NONE,
                1,
                1,
                TransformPlan.Place.HOST);
        LossCall call = new LossCall();
        call.prediction = ImageBatch.of(prediction, 1, 1, 8, 8);
        call.target = ImageBatch.of(target, 1, 1, 8, 8);
        call.gradient = ImageBatch.of(gradient, 1, 1, 8, 8);
        call.upstream = 1;
        call.last = true;
        double loss;
        try (Session session = open.apply(plan)) {
            session.setWeights(weights);
            session.run(call);
            loss = session.loss();
        }
        double sum = 0;
        for (int i = 0; i < 64; i++) {
            sum += (i + 1) * (double) gradient[i];
        }
        boolean right =
                Math.abs(loss - LOSS) <= TOLERANCE * LOSS && Math.abs(sum - GRADIENT) <= TOLERANCE * Math.abs(GRADIENT);
        return right
                ? ifRight
                : Status.unavailable("its known-answer block gave loss " + loss + " and gradient sum " + sum
                        + ", allowed " + LOSS + " and " + GRADIENT);
    }
}

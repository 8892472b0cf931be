package org.dctloss.purejava;

import static org.dctloss.purejava.VectorFlowGraph.LANES;
import static org.dctloss.purejava.VectorFlowGraph.all;
import static org.dctloss.purejava.VectorFlowGraph.at;

import java.util.Map;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.dctloss.Penalty;

/**
 * {@link PenaltyRows} by the Vector API, but for penalties only their sums over the rows, added to those given. Two rows at a
 * time, whose weights stay in registers.
 */
final class VectorPenaltyRows {
    private static final int K = AanFlowGraph.STRIDE;

    private static final FloatVector ZERO = all(0);
    private static final FloatVector HALF = all(0.5f);
    private static final FloatVector ONE = all(1);

    /** The step of each kind of penalty. */
    private static final Map<Penalty.Kind, VectorSteps.Step[]> STEPS = Map.of(
            Penalty.Kind.SQUARED,
                    new VectorSteps.Step[] {
                        o -> {
                            for (int row = 0; row < 8 * K; row += 2 * K) {
                                squared(o.s, o.q, o.derivative, o.sums, row, o.n, 2 * o.scale);
                            }
                        }
                    },
            Penalty.Kind.ABSOLUTE,
                    new VectorSteps.Step[] {
                        o -> {
                            for (int row = 0; row < 8 * K; row += 2 * K) {
                                absolute(o.s, o.q, o.derivative, o.sums, row, o.n, o.scale);
                            }
                        }
                    },
            Penalty.Kind.CHARBONNIER,
                    new VectorSteps.Step[] {
                        o -> {
                            for (int row = 0; row < 8 * K; row += 2 * K) {
                                charbonnier(o.s, o.q, o.derivative, o.sums, row, o.n, o.scale, o.parameter);
                            }
                        }
                    },
            Penalty.Kind.HUBER,
                    new VectorSteps.Step[] {
                        o -> {
                            for (int row = 0; row < 8 * K; row += 2 * K) {
                                huber(o.s, o.q, o.derivative, o.sums, row, o.n, o.scale, o.parameter);
                            }
                        }
                    });

    private VectorPenaltyRows() {}

    static VectorSteps.Step[] steps(Penalty.Kind kind) {
        return STEPS.get(kind);
    }

    private static void squared(float[] z, float[] q, float[] d, float[] sums, int row, int n, float twiceScale) {
        FloatVector q0 = at(q, row);
        FloatVector q1 = at(q, row + K);
        FloatVector g0 = q0.mul(twiceScale);
        FloatVector g1 = q1.mul(twiceScale);
        for (int x = 0; x < n; x += LANES) {
            int i = row + x;
            FloatVector e0 = at(z, i).mul(q0);
            FloatVector e1 = at(z, i + K).mul(q1);
            at(sums, x).add(e0.mul(e0).add(e1.mul(e1))).intoArray(sums, x);
            e0.mul(g0).intoArray(d, i);
            e1.mul(g1).intoArray(d, i + K);
        }
    }

    private static void absolute(float[] z, float[] q, float[] d, float[] sums, int row, int n, float scale) {
        FloatVector q0 = at(q, row);
        FloatVector q1 = at(q, row + K);
        FloatVector g0 = q0.mul(scale);
        FloatVector g1 = q1.mul(scale);
        for (int x = 0; x < n; x += LANES) {
            int i = row + x;
            FloatVector e0 = at(z, i).mul(q0);
            FloatVector e1 = at(z, i + K).mul(q1);
            at(sums, x).add(e0.abs().add(e1.abs())).intoArray(sums, x);
            // The sign of NaN does not matter: such a block is done again.
            ZERO.blend(g0, e0.compare(VectorOperators.GT, ZERO))
                    .blend(g0.neg(), e0.compare(VectorOperators.LT, ZERO))
                    .intoArray(d, i);
            ZERO.blend(g1, e1.compare(VectorOperators.GT, ZERO))
                    .blend(g1.neg(), e1.compare(VectorOperators.LT, ZERO))
                    .intoArray(d, i + K);
        }
    }

    private static void charbonnier(
            float[] z, float[] q, float[] d, float[] sums, int row, int n, float scale, float eps) {
        FloatVector epsilon = all(eps);
        FloatVector square = all(eps * eps);
        FloatVector q0 = at(q, row);
        FloatVector q1 = at(q, row + K);
        FloatVector g0 = q0.mul(scale);
        FloatVector g1 = q1.mul(scale);
        for (int x = 0; x < n; x += LANES) {
            int i = row + x;
            FloatVector e0 = at(z, i).mul(q0);
            FloatVector e1 = at(z, i + K).mul(q1);
            FloatVector square0 = e0.mul(e0);
            FloatVector square1 = e1.mul(e1);
            FloatVector root0 = square0.add(square).sqrt();
            FloatVector root1 = square1.add(square).sqrt();
            // One division for two: 1/root = sum * r, 1/sum = root * r. rho = e^2 / (root + eps): no cancellation.
            FloatVector sum0 = root0.add(epsilon);
            FloatVector sum1 = root1.add(epsilon);
            FloatVector r0 = ONE.div(root0.mul(sum0));
            FloatVector r1 = ONE.div(root1.mul(sum1));
            FloatVector rho0 = square0.mul(root0.mul(r0));
            FloatVector rho1 = square1.mul(root1.mul(r1));
            at(sums, x).add(rho0.add(rho1)).intoArray(sums, x);
            g0.mul(e0.mul(sum0.mul(r0))).intoArray(d, i);
            g1.mul(e1.mul(sum1.mul(r1))).intoArray(d, i + K);
        }
    }

    private static void huber(float[] z, float[] q, float[] d, float[] sums, int row, int n, float scale, float delta) {
        FloatVector upper = all(delta);
        FloatVector lower = all(-delta);
        FloatVector q0 = at(q, row);
        FloatVector q1 = at(q, row + K);
        FloatVector g0 = q0.mul(scale);
        FloatVector g1 = q1.mul(scale);
        for (int x = 0; x < n; x += LANES) {
            int i = row + x;
            FloatVector e0 = at(z, i).mul(q0);
            FloatVector e1 = at(z, i + K).mul(q1);
            // Comparisons take half the time of min and max with their care for signs of zero.
            FloatVector c0 = e0.blend(upper, e0.compare(VectorOperators.GT, upper))
                    .blend(lower, e0.compare(VectorOperators.LT, lower));
            FloatVector c1 = e1.blend(upper, e1.compare(VectorOperators.GT, upper))
                    .blend(lower, e1.compare(VectorOperators.LT, lower));
            FloatVector rho0 = c0.mul(e0.sub(c0.mul(HALF)));
            FloatVector rho1 = c1.mul(e1.sub(c1.mul(HALF)));
            at(sums, x).add(rho0.add(rho1)).intoArray(sums, x);
            g0.mul(c0).intoArray(d, i);
            g1.mul(c1).intoArray(d, i + K);
        }
    }
}

package org.dctloss.purejava;

import java.util.Arrays;
import org.dctloss.ImageBatch;
import org.dctloss.Penalty;

/**
 * {@link FusedStrips} with the arithmetic of the Vector API, twice as fast. Pixels are subtracted line by line, on the way
 * from memory to the scratch, and gradients go from the last step straight to the image where they can.
 *
 * <p>This class, {@link VectorFlowGraph} and {@link VectorPenaltyRows} are compiled and loaded apart from all others: see
 * {@link VectorKernel}.
 */
final class VectorStrips extends FusedStrips {
    private static final int K = AanFlowGraph.STRIDE;

    private final VectorSteps steps = new VectorSteps();

    private VectorStrips(JavaSession session) {
        super(session);
    }

    /** How {@link VectorKernel} gets at it. */
    static final class Door implements VectorKernel.Door {
        @Override
        public int bits() {
            return jdk.incubator.vector.FloatVector.SPECIES_PREFERRED.vectorBitSize();
        }

        @Override
        public FusedStrips open(JavaSession session) {
            return new VectorStrips(session);
        }
    }

    @Override
    void loadDifference(int plane, int n) {
        ImageBatch prediction = session.call.prediction;
        ImageBatch target = session.call.target;
        float[] difference = a[plane];
        int count = blocks * 8;
        for (int i = 0; i < items; i++) {
            int at = i * count;
            if (isPlain(prediction, i) && isPlain(target, i)) {
                long p = firstPixel(prediction, plane, i);
                long t = firstPixel(target, plane, i);
                for (int r = 0; r < 8; r++) {
                    int pixel = (int) (p + r * prediction.strideH());
                    int other = (int) (t + r * target.strideH());
                    VectorFlowGraph.subtract(
                            prediction.array(), pixel, target.array(), other, difference, at + r * K, count);
                }
            } else {
                load(prediction, plane, i, difference, K);
                load(target, plane, i, b[plane], K);
                for (int line = at; line < at + 8 * K; line += K) {
                    VectorFlowGraph.subtract(difference, line, b[plane], line, difference, line, count);
                }
            }
        }
    }

    @Override
    void forward(float[] s, int n) {
        steps.s = s;
        steps.n = n;
        steps.run(VectorFlowGraph.FORWARD);
    }

    @Override
    void penalise(Penalty penalty, float[] z, float[] q, float[] derivative, float[] sums, int n, float scale) {
        Arrays.fill(sums, 0, n, 0f);
        steps.s = z;
        steps.n = n;
        steps.q = q;
        steps.derivative = derivative;
        steps.sums = sums;
        steps.scale = scale;
        steps.parameter = (float) penalty.parameter();
        steps.run(VectorPenaltyRows.steps(penalty.kind()));
    }

    @Override
    void adjoint(float[] s, int n) {
        adjointDown(s, n);
        adjointAcross(0, n, s, 0, K);
    }

    @Override
    boolean adjointToPixels(float[] s, int n, ImageBatch view) {
        int count = blocks * 8;
        boolean fits = !grid.add && count % VectorFlowGraph.LANES == 0;
        for (int i = 0; fits && i < items; i++) {
            fits = isPlain(view, i);
        }
        if (!fits) {
            return false;
        }
        adjointDown(s, n);
        for (int i = 0; i < items; i++) {
            adjointAcross(i * count, count, view.array(), (int) firstPixel(view, 0, i), (int) view.strideH());
        }
        return true;
    }

    private void adjointDown(float[] s, int n) {
        steps.s = s;
        steps.n = n;
        steps.run(VectorFlowGraph.ADJOINT_DOWN);
    }

    private void adjointAcross(int first, int count, float[] to, int at, int stride) {
        steps.first = first;
        steps.count = count;
        steps.to = to;
        steps.at = at;
        steps.stride = stride;
        steps.run(VectorFlowGraph.ADJOINT_ACROSS);
        steps.to = null; // the caller's: an idle session does not hold it
    }
}

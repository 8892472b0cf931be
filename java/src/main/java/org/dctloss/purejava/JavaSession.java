package org.dctloss.purejava;

import java.util.Arrays;
import java.util.function.Function;
import org.dctloss.spi.LossCall;
import org.dctloss.spi.Plan;
import org.dctloss.spi.StripSession;
import org.dctloss.spi.Workers;

/** Workspace and weights of one plan for the Java kernels. */
final class JavaSession extends StripSession {
    final Grid grid;
    private final Strips[] strips;

    // Weights, per table, in the layout of the kernel's scratch.
    final float[][] folded;
    /** Of each table: the smallest folded weight that is not 0, and the largest. */
    final float[] smallest;

    final float[] largest;
    final double[][][] folded64;
    private final double[] axisFactor;
    final CosineMatrix cosines;
    final float[] colorMatrix = new float[9];
    final float[] colorAdjoint = new float[9];
    final double[] colorMatrix64;
    final double[] colorAdjoint64 = new double[9];

    // The run at hand, set before the workers start.
    LossCall call;
    double scale;
    /** Sums of penalties, order (n, c, row). */
    final double[] partials;
    /** Sums of penalties per frequency, order (n, c, u, v); null unless asked for. */
    double[] spectrumPartials;

    /** @param kernel opens the one for 8x8 blocks, once for each worker */
    JavaSession(Plan plan, Workers workers, Function<JavaSession, FusedStrips> kernel) {
        super(plan, workers);
        int block = plan.block();
        grid = new Grid(plan.n(), plan.c(), plan.h(), plan.w(), block, plan.edge(), plan.planes());
        colorMatrix64 = plan.color().matrix();
        for (int i = 0; i < 9; i++) {
            colorAdjoint64[i] = colorMatrix64[i % 3 * 3 + i / 3];
            colorMatrix[i] = (float) colorMatrix64[i];
            colorAdjoint[i] = (float) colorAdjoint64[i];
        }
        axisFactor = new double[block];
        for (int k = 0; k < block; k++) {
            axisFactor[k] = plan.scaling().axisFactor(k, block);
        }
        boolean fused = block == 8;
        folded = fused ? new float[plan.tables()][AanFlowGraph.SCRATCH] : null;
        smallest = new float[plan.tables()];
        largest = new float[plan.tables()];
        int columns = Strips.scratchColumns(grid, MatrixStrips.COLUMNS);
        folded64 = fused ? null : new double[plan.tables()][block][columns];
        cosines = fused ? null : new CosineMatrix(block);
        partials = new double[plan.n() * plan.c() * plan.mostRows()];
        strips = new Strips[threads];
        for (int i = 0; i < threads; i++) {
            strips[i] = fused ? kernel.apply(this) : new MatrixStrips(this);
        }
    }

    Plan plan() {
        return plan;
    }

    @Override
    public void setWeights(double[] weights) {
        int block = plan.block();
        for (int table = 0; table < plan.tables(); table++) {
            int offset = table * block * block;
            if (folded != null) {
                FusedStrips.foldWeights(weights, offset, axisFactor, folded[table]);
                smallest[table] = FusedStrips.smallest(folded[table]);
                largest[table] = FusedStrips.largest(folded[table]);
            } else {
                MatrixStrips.foldWeights(weights, offset, axisFactor, folded64[table]);
            }
        }
    }

    @Override
    protected void prepare(LossCall call, double scale) {
        this.call = call;
        this.scale = scale;
        grid.rows = plan.rows(call.dy);
        grid.columns = plan.columns(call.dx);
        grid.startY = plan.start(call.dy);
        grid.startX = plan.start(call.dx);
        grid.add = call.accumulateGradient || plan.reflects(call.dy, call.dx);
        if (call.sampleUpstream != null) {
            grid.group = grid.rows;
        } else {
            grid.group = plan.tables() > 1 && grid.planes == 1 ? grid.rows * plan.n() : Integer.MAX_VALUE;
        }
        int planes = plan.n() * plan.c();
        Arrays.fill(partials, 0, planes * grid.rows, 0);
        spectrumPartials = call.spectrum == null ? null : new double[planes * plan.block() * plan.block()];
    }

    @Override
    protected void process(int from, int to, int worker) {
        strips[worker].process(from, to);
    }

    @Override
    protected double[] sums() {
        return partials;
    }

    @Override
    protected double[] spectrumSums() {
        return spectrumPartials;
    }

    @Override
    public void close() {
        // Heap memory only.
    }
}

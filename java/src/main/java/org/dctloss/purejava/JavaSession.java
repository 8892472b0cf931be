package org.dctloss.purejava;

import java.util.Arrays;
import org.dctloss.ColorTransform;
import org.dctloss.Edge;
import org.dctloss.spi.LossCall;
import org.dctloss.spi.Plan;
import org.dctloss.spi.Session;
import org.dctloss.spi.Workers;

/**
 * Workspace, weights and bookkeeping of one plan. Block rows go to the workers; every block row of every plane has a
 * partial sum of its own, and partials are added in index order, so results do not depend on the number of threads.
 */
final class JavaSession implements Session {
    /** Below this many pixels a second thread costs more to wake than it saves. */
    private static final int PIXELS_PER_THREAD = 1 << 16;

    /** Pieces are small enough that a thread that is held up leaves work to the others. */
    private static final int PIECES_PER_THREAD = 4;

    final Plan plan;
    final Grid grid;

    private final Workers workers;
    private final Strips[] strips;
    private final Workers.Job job;
    private int itemsPerUnit;

    // Weights, per table, in the layout of the kernel's scratch.
    final float[][] folded;
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

    private double loss;
    private final double[] perSample;

    JavaSession(Plan plan, Workers workers) {
        this.plan = plan;
        this.workers = workers;
        int block = plan.block();
        int planes = plan.color() == ColorTransform.NONE ? 1 : 3;
        grid = new Grid(plan.n(), plan.c(), plan.h(), plan.w(), block, plan.edge(), planes);
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
        int columns = Strips.scratchColumns(grid, MatrixStrips.COLUMNS);
        folded64 = fused ? null : new double[plan.tables()][block][columns];
        cosines = fused ? null : new CosineMatrix(block);
        partials = new double[plan.n() * plan.c() * plan.mostRows()];
        perSample = new double[plan.n()];
        strips = new Strips[usefulThreads(workers, plan.pixels())];
        for (int i = 0; i < strips.length; i++) {
            strips[i] = fused ? new FusedStrips(this) : new MatrixStrips(this);
        }
        job = this::runItems;
    }

    /** Threads that so many pixels keep busy. */
    static int usefulThreads(Workers workers, double pixels) {
        return (int) Math.max(1, Math.min(workers.threads(), pixels / PIXELS_PER_THREAD));
    }

    /** Items that a thread takes at a time. */
    static int pieceOf(int items, int threads) {
        return threads == 1 ? items : Math.max(1, items / (PIECES_PER_THREAD * threads));
    }

    @Override
    public void setWeights(double[] weights) {
        int block = plan.block();
        for (int table = 0; table < plan.tables(); table++) {
            int offset = table * block * block;
            if (folded != null) {
                FusedStrips.foldWeights(weights, offset, axisFactor, folded[table]);
            } else {
                MatrixStrips.foldWeights(weights, offset, axisFactor, folded64[table]);
            }
        }
    }

    @Override
    public void run(LossCall call) {
        this.call = call;
        boolean reflects = plan.edge() == Edge.REFLECT && plan.ragged(call.dy, call.dx);
        grid.rows = plan.rows(call.dy);
        grid.columns = plan.columns(call.dx);
        grid.startY = plan.start(call.dy);
        grid.startX = plan.start(call.dx);
        grid.add = call.accumulateGradient || reflects;
        if (call.sampleUpstream != null) {
            grid.group = grid.rows;
        } else {
            grid.group = plan.tables() > 1 && grid.planes == 1 ? grid.rows * plan.n() : Integer.MAX_VALUE;
        }
        scale = plan.scale(call.dy, call.dx);
        int blockRows = plan.n() * plan.c() * grid.rows;
        int bins = plan.block() * plan.block();
        Arrays.fill(partials, 0, blockRows, 0);
        spectrumPartials = call.spectrum == null ? null : new double[plan.n() * plan.c() * bins];

        // A reflected copy can lie a block row away from its pixel, and a spectrum is summed plane by plane: then a
        // plane is done by one worker.
        itemsPerUnit = reflects || call.spectrum != null ? grid.rows : 1;
        int units = grid.items() / itemsPerUnit;
        workers.run(units, pieceOf(units, strips.length), strips.length, job);
        addUp(bins);
        spectrumPartials = null;
        this.call = null;
    }

    private void runItems(int from, int to, int worker) {
        strips[worker].process(from * itemsPerUnit, to * itemsPerUnit);
    }

    private void addUp(int bins) {
        double sampleScale = plan.sampleScale(call.dy, call.dx);
        if (!call.accumulateLoss) {
            loss = 0;
            Arrays.fill(perSample, 0);
        }
        double total = 0;
        for (int n = 0, i = 0; n < plan.n(); n++) {
            double sum = 0;
            for (int end = i + plan.c() * grid.rows; i < end; i++) {
                sum += partials[i];
            }
            perSample[n] += sum * sampleScale;
            total += sum;
        }
        loss += total * scale;
        if (call.spectrum != null) {
            Arrays.fill(call.spectrum, 0);
            for (int i = 0; i < plan.n() * plan.c(); i++) {
                int c = i % plan.c();
                for (int f = 0; f < bins; f++) {
                    call.spectrum[c * bins + f] += spectrumPartials[i * bins + f];
                }
            }
            double blocks = (double) plan.n() * grid.rows * grid.columns;
            for (int f = 0; f < plan.c() * bins; f++) {
                call.spectrum[f] /= blocks;
            }
        }
    }

    @Override
    public double loss() {
        return loss;
    }

    @Override
    public void perSample(double[] out) {
        System.arraycopy(perSample, 0, out, 0, perSample.length);
    }

    @Override
    public void close() {
        // Heap memory only.
    }
}

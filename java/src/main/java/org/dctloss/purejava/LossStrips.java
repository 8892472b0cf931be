package org.dctloss.purejava;

import org.dctloss.Edge;
import org.dctloss.ImageBatch;
import org.dctloss.spi.LossCall;
import org.dctloss.spi.Plan;

/** What the two kernels of the loss share: where penalties go, the gradients' factor, and pixels that no block writes. */
abstract class LossStrips extends Strips {
    final JavaSession session;
    final Plan plan;
    final int block;
    final int planes;

    LossStrips(JavaSession session, int columns) {
        super(session.grid, columns);
        this.session = session;
        this.plan = session.plan();
        this.block = grid.block;
        this.planes = grid.planes;
    }

    /** The weight table of the chunk's plane. */
    final int table(int plane) {
        return plan.tables() == 1 ? 0 : grid.channel(firstItem, plane);
    }

    /** The factor of the chunk's gradients. */
    final double gradientScale() {
        LossCall call = session.call;
        double factor = session.scale * call.upstream;
        return call.sampleUpstream == null ? factor : factor * call.sampleUpstream[grid.sample(firstItem)];
    }

    /** Takes the sum of penalties of the blocks of item {@code i} of the chunk. */
    final void addSum(int plane, int i, double sum) {
        session.partials[grid.index(firstItem + i, plane)] += sum;
    }

    /** Takes the sum of penalties of block {@code b} of item {@code i} of the chunk, for the block map. */
    final void mapBlock(int plane, int i, int b, double sum) {
        int position = grid.index(firstItem + i, plane) * grid.columns + firstBlock + b;
        session.call.blockMap[position] = (float) (sum / (block * block));
    }

    /** Takes one penalty of an item of the chunk at frequency (u, v). */
    final void addFrequency(int plane, int i, int u, int v, double rho) {
        int index = grid.sample(firstItem + i) * plan.c() + grid.channel(firstItem + i, plane);
        session.spectrumPartials[(index * block + u) * block + v] += rho;
    }

    /** Infinity is reported like NaN: as NaN. */
    static double finiteOrNaN(double value) {
        return Double.isInfinite(value) ? Double.NaN : value;
    }

    /** Clears pixels that nothing overwrites: those outside all blocks (CROP), or all where all is added (REFLECT). */
    @Override
    void begin(int item) {
        LossCall call = session.call;
        if (call.accumulateGradient || !plan.ragged(call.dy, call.dx)) {
            return;
        }
        for (int plane = 0; plane < planes; plane++) {
            clear(call.gradient, item, plane);
            clear(call.targetGradient, item, plane);
        }
    }

    private void clear(ImageBatch view, int item, int plane) {
        if (view == null) {
            return;
        }
        int n = grid.sample(item);
        int c = grid.channel(item, plane);
        int row = grid.blockRow(item);
        if (grid.edge == Edge.REFLECT && row == 0) {
            Folding.clear(view, n, c, 0, grid.h, 0, grid.w);
        }
        if (grid.edge == Edge.CROP) {
            int top = grid.top(item);
            int bottom = top + block;
            if (row == 0) {
                Folding.clear(view, n, c, 0, top, 0, grid.w);
            }
            Folding.clear(view, n, c, top, bottom, 0, grid.startX);
            Folding.clear(view, n, c, top, bottom, grid.startX + grid.columns * block, grid.w);
            if (row == grid.rows - 1) {
                Folding.clear(view, n, c, bottom, grid.h, 0, grid.w);
            }
        }
    }
}

package org.dctloss.purejava;

import org.dctloss.ImageBatch;
import org.dctloss.Scaling;

/** The block transform alone, of any size: one block row after the other from the input view to the output view. */
final class TransformStrips extends Strips {
    private static final int COLUMNS = 512;

    private final CosineMatrix dct;
    /** factor[u][v]: what the orthonormal coefficient is multiplied with. */
    private final double[][] factor;

    private final double[][] rows;
    private final double[][] passed;
    private final int columns;
    private final float[] pixels;
    /** For 8x8 blocks: the flow graph's scratch, and the coefficients in natural order. */
    private final float[] scratch;

    private final float[] natural;

    private ImageBatch in;
    private ImageBatch out;
    private boolean inverse;

    TransformStrips(Grid grid, Scaling scaling) {
        super(grid, grid.block == 8 ? AanFlowGraph.COLUMNS : COLUMNS);
        int block = grid.block;
        boolean fused = block == 8;
        factor = new double[block][block];
        for (int u = 0; u < block; u++) {
            for (int v = 0; v < block; v++) {
                factor[u][v] = scaling.axisFactor(u, block) * scaling.axisFactor(v, block);
            }
        }
        columns = scratchColumns(grid, COLUMNS);
        dct = fused ? null : new CosineMatrix(block);
        rows = fused ? null : new double[block][columns];
        passed = fused ? null : new double[block][columns];
        pixels = fused ? null : new float[block * columns];
        scratch = fused ? new float[AanFlowGraph.SCRATCH] : null;
        natural = fused ? new float[AanFlowGraph.SCRATCH] : null;
    }

    void prepare(ImageBatch from, ImageBatch to, boolean backwards) {
        in = from;
        out = to;
        inverse = backwards;
    }

    @Override
    void chunk() {
        int n = width();
        if (scratch != null) {
            if (inverse) {
                inverseFused(n);
            } else {
                forwardFused(n);
            }
            return;
        }
        load(in, 0, pixels, columns);
        for (int r = 0; r < grid.block; r++) {
            for (int x = 0; x < n; x++) {
                float value = pixels[r * columns + x];
                rows[r][x] = inverse ? value / factor[r][x % grid.block] : value;
            }
        }
        if (inverse) {
            dct.adjoint(rows, passed, n);
            dct.transpose(passed, n);
            dct.adjoint(passed, rows, n);
        } else {
            dct.forward(rows, passed, n);
            dct.transpose(passed, n);
            dct.forward(passed, rows, n);
        }
        dct.transpose(rows, n);
        for (int r = 0; r < grid.block; r++) {
            for (int x = 0; x < n; x++) {
                pixels[r * columns + x] = (float) (inverse ? rows[r][x] : rows[r][x] * factor[r][x % grid.block]);
            }
        }
        store(out, 0, pixels, columns);
    }

    private void forwardFused(int n) {
        load(in, 0, scratch, AanFlowGraph.STRIDE);
        AanFlowGraph.forward(scratch, n);
        for (int u = 0; u < 8; u++) {
            for (int v = 0; v < 8; v++) {
                float scale = (float) (AanFlowGraph.scale(u) * AanFlowGraph.scale(v) * factor[u][v]);
                int from = position(u, v);
                int to = u * AanFlowGraph.STRIDE + v;
                for (int x = 0; x < n; x += 8) {
                    natural[to + x] = scratch[from + x] * scale;
                }
            }
        }
        store(out, 0, natural, AanFlowGraph.STRIDE);
    }

    private void inverseFused(int n) {
        load(in, 0, natural, AanFlowGraph.STRIDE);
        for (int u = 0; u < 8; u++) {
            for (int v = 0; v < 8; v++) {
                float scale = (float) (AanFlowGraph.scale(u) * AanFlowGraph.scale(v) / factor[u][v]);
                int from = u * AanFlowGraph.STRIDE + v;
                int to = position(u, v);
                for (int x = 0; x < n; x += 8) {
                    scratch[to + x] = natural[from + x] * scale;
                }
            }
        }
        AanFlowGraph.adjoint(scratch, n);
        store(out, 0, scratch, AanFlowGraph.STRIDE);
    }

    /** Where the flow graph leaves frequency (u, v): transposed and permuted. */
    private static int position(int u, int v) {
        return AanFlowGraph.ROW_OF_FREQUENCY[v] * AanFlowGraph.STRIDE + AanFlowGraph.ROW_OF_FREQUENCY[u];
    }
}

package org.dctloss.purejava;

import java.util.Arrays;
import org.dctloss.Edge;
import org.dctloss.ImageBatch;

/**
 * The edge rules and their adjoints, where blocks reach outside the image. Positions (y, x) count from the image's
 * corner and may lie outside it.
 */
final class Folding {
    /** Sums of one line of pixels: a pixel can have B*B copies, which float32 would not add well. */
    private final double[] sums;

    private final float[] line;
    private final int[] columnSource;
    private final int[] lineSource;

    /** For at most {@code columns} columns of blocks of size {@code block}. */
    Folding(int columns, int block) {
        // A reflected copy can come from a block further inside.
        sums = new double[columns + block];
        line = new float[columns + block];
        columnSource = new int[columns];
        lineSource = new int[block];
    }

    /** Loads {@code count} pixels of plane (n, c) from (y, x) to the right into {@code row} at {@code at}. */
    static void load(ImageBatch view, Edge edge, int n, int c, int y, int x, int count, float[] row, int at) {
        int sourceY = edge.source(y, view.h());
        if (sourceY < 0) {
            Arrays.fill(row, at, at + count, 0f);
            return;
        }
        int first = Math.max(0, Math.min(count, -x));
        int end = Math.max(first, Math.min(count, view.w() - x));
        if (end > first) {
            view.readRow(n, c, sourceY, x + first, end - first, row, at + first);
        }
        for (int i = first > 0 ? 0 : end; i < count; i = next(i, first, end)) {
            int source = edge.source(x + i, view.w());
            row[at + i] = source < 0 ? 0f : view.get(n, c, sourceY, source);
        }
    }

    /**
     * The adjoint: brings the gradients of a block row of plane (n, c) whose corner is (y, x) back to the pixels. All
     * copies of a pixel in it are added up in float64 and rounded once.
     *
     * @param count columns, a multiple of the block size
     * @param scratch line r from {@code at + r * stride} on
     */
    void store(ImageBatch view, Grid grid, int n, int c, int y, int x, int count, float[] scratch, int at, int stride) {
        int first = Math.max(0, -x);
        int end = Math.min(count, grid.w - x);
        int least = x + first;
        int most = x + end - 1;
        for (int i = first > 0 ? 0 : end; i < count; i = next(i, first, end)) {
            columnSource[i] = grid.edge.source(x + i, grid.w);
            least = columnSource[i] < 0 ? least : Math.min(least, columnSource[i]);
            most = Math.max(most, columnSource[i]);
        }
        for (int r = 0; r < grid.block; r++) {
            lineSource[r] = grid.edge.source(y + r, grid.h);
        }
        int width = most - least + 1;
        for (int r = 0; r < grid.block; r++) {
            int source = lineSource[r];
            if (source < 0) {
                continue;
            }
            Arrays.fill(sums, 0, width, 0);
            for (int copy = r; copy < grid.block; copy++) {
                if (lineSource[copy] == source) {
                    addLine(x, count, first, end, least, scratch, at + copy * stride);
                    lineSource[copy] = -1;
                }
            }
            for (int i = 0; i < width; i++) {
                line[i] = (float) sums[i];
            }
            if (grid.add) {
                view.addRow(n, c, source, least, width, line, 0);
            } else {
                view.writeRow(n, c, source, least, width, line, 0);
            }
        }
    }

    /** The next column after {@code i}, leaving out those inside the image, {@code first} .. {@code end - 1}. */
    private static int next(int i, int first, int end) {
        return i + 1 == first ? Math.max(first, end) : i + 1;
    }

    private void addLine(int x, int count, int first, int end, int least, float[] scratch, int at) {
        for (int i = first; i < end; i++) {
            sums[x + i - least] += scratch[at + i];
        }
        for (int i = first > 0 ? 0 : end; i < count; i = next(i, first, end)) {
            if (columnSource[i] >= 0) {
                sums[columnSource[i] - least] += scratch[at + i];
            }
        }
    }

    /** Sets the rectangle [y0, y1) x [x0, x1) of plane (n, c) to 0. */
    static void clear(ImageBatch view, int n, int c, int y0, int y1, int x0, int x1) {
        for (int y = y0; y < y1; y++) {
            for (int x = x0; x < x1; x++) {
                view.set(n, c, y, x, 0f);
            }
        }
    }
}

package org.dctloss.purejava;

import org.dctloss.ImageBatch;

/**
 * Takes block rows of a grid through a kernel, as many at a time as fit its scratch. What all kernels share: cutting
 * items into chunks, loading and storing them. One instance per worker; it owns scratch.
 */
abstract class Strips {
    final Grid grid;
    private final int capacity;
    private final Folding folding;

    /** The chunk at hand: its first item, number of items, first block column and number of block columns. */
    int firstItem;

    int items;
    int firstBlock;
    int blocks;

    /** A kernel whose scratch holds {@code columns} columns, or one block if that is more. */
    Strips(Grid grid, int columns) {
        this.grid = grid;
        this.capacity = Math.max(1, columns / grid.block);
        this.folding = new Folding(capacity * grid.block, grid.block);
    }

    /** Columns that the scratch of a kernel holds. */
    static int scratchColumns(Grid grid, int columns) {
        return Math.max(grid.block, columns);
    }

    /** Called once for every item, before its first chunk. */
    void begin(int item) {}

    /** Does the chunk at hand. */
    abstract void chunk();

    /** Does items {@code from} .. {@code to - 1}. */
    final void process(int from, int to) {
        int columns = grid.columns;
        int perChunk = Math.max(1, capacity / columns);
        for (firstItem = from; firstItem < to; firstItem += items) {
            items = Math.min(Math.min(perChunk, to - firstItem), grid.group - firstItem % grid.group);
            for (int i = 0; i < items; i++) {
                begin(firstItem + i);
            }
            for (firstBlock = 0; firstBlock < columns; firstBlock += capacity) {
                blocks = Math.min(capacity, columns - firstBlock);
                chunk();
            }
        }
    }

    /** Columns of the chunk. */
    final int width() {
        return items * blocks * grid.block;
    }

    /**
     * Loads a plane of the chunk: line {@code r} of its block rows, side by side, to {@code scratch} from {@code r *
     * stride} on.
     */
    final void load(ImageBatch view, int plane, float[] scratch, int stride) {
        for (int i = 0; i < items; i++) {
            load(view, plane, i, scratch, stride);
        }
    }

    /** The same for item {@code i} of the chunk alone. */
    final void load(ImageBatch view, int plane, int i, float[] scratch, int stride) {
        int count = blocks * grid.block;
        int at = i * count;
        // The common case by hand: the checks of readRow and writeRow would cost 3 % of the whole 8x8 pass.
        if (isPlain(view, i)) {
            long from = firstPixel(view, plane, i);
            for (int r = 0; r < grid.block; r++) {
                System.arraycopy(view.array(), (int) (from + r * view.strideH()), scratch, at + r * stride, count);
            }
        } else {
            int n = grid.sample(firstItem + i);
            int c = grid.channel(firstItem + i, plane);
            int y = grid.top(firstItem + i);
            int x = grid.startX + firstBlock * grid.block;
            for (int r = 0; r < grid.block; r++) {
                Folding.load(view, grid.edge, n, c, y + r, x, count, scratch, at + r * stride);
            }
        }
    }

    /** Whether the pixels of item {@code i} of the chunk all exist, in an array, side by side. */
    final boolean isPlain(ImageBatch view, int i) {
        int y = grid.top(firstItem + i);
        int x = grid.startX + firstBlock * grid.block;
        return y >= 0
                && y + grid.block <= grid.h
                && x >= 0
                && x + blocks * grid.block <= grid.w
                && view.array() != null
                && view.strideW() == 1;
    }

    /** Index of the first pixel of item {@code i} of the chunk. */
    final long firstPixel(ImageBatch view, int plane, int i) {
        return view.index(
                grid.sample(firstItem + i),
                grid.channel(firstItem + i, plane),
                grid.top(firstItem + i),
                grid.startX + firstBlock * grid.block);
    }

    /**
     * The adjoint of {@link #load}: brings a plane of the chunk from {@code scratch} back to the pixels, where it
     * overwrites what is there or, if the grid says so, is added.
     */
    final void store(ImageBatch view, int plane, float[] scratch, int stride) {
        int block = grid.block;
        int count = blocks * block;
        int x = grid.startX + firstBlock * block;
        for (int i = 0; i < items; i++) {
            int n = grid.sample(firstItem + i);
            int c = grid.channel(firstItem + i, plane);
            int y = grid.top(firstItem + i);
            int at = i * count;
            // Blocks that reach outside the image are folded back; a border line takes all blocks of its row with it.
            boolean linesInside = y >= 0 && y + block <= grid.h;
            int left = !linesInside ? count : x < 0 ? block : 0;
            int right = Math.max(left, x + count > grid.w ? count - block : count);
            storeInside(view, n, c, y, x + left, right - left, scratch, at + left, stride);
            if (left > 0) {
                folding.store(view, grid, n, c, y, x, left, scratch, at, stride);
            }
            if (right < count) {
                folding.store(view, grid, n, c, y, x + right, count - right, scratch, at + right, stride);
            }
        }
    }

    private void storeInside(
            ImageBatch view, int n, int c, int y, int x, int count, float[] scratch, int at, int stride) {
        if (count == 0) {
            return;
        }
        boolean direct = view.array() != null && view.strideW() == 1 && !grid.add;
        for (int r = 0; r < grid.block; r++) {
            if (direct) {
                int to = (int) view.index(n, c, y + r, x);
                System.arraycopy(scratch, at + r * stride, view.array(), to, count);
            } else if (grid.add) {
                view.addRow(n, c, y + r, x, count, scratch, at + r * stride);
            } else {
                view.writeRow(n, c, y + r, x, count, scratch, at + r * stride);
            }
        }
    }
}

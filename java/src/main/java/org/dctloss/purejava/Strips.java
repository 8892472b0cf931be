package org.dctloss.purejava;

import org.dctloss.ImageBatch;

/**
 * Takes block rows of a grid through a kernel, as many at a time as fit its scratch. What all kernels share: cutting
 * items into chunks, loading and storing them. One instance per worker; it owns scratch.
 */
abstract class Strips {
    final Grid grid;
    private final int capacity;

    /** The chunk at hand: its first item, number of items, first block column and number of block columns. */
    int firstItem;

    int items;
    int firstBlock;
    int blocks;

    /** A kernel whose scratch holds {@code columns} columns, or one block if that is more. */
    Strips(Grid grid, int columns) {
        this.grid = grid;
        this.capacity = Math.max(1, columns / grid.block);
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
        int pieces = (columns + capacity - 1) / capacity;
        int perPiece = (columns + pieces - 1) / pieces;
        for (firstItem = from; firstItem < to; firstItem += items) {
            items = Math.min(Math.min(perChunk, to - firstItem), grid.group - firstItem % grid.group);
            for (int i = 0; i < items; i++) {
                begin(firstItem + i);
            }
            for (firstBlock = 0; firstBlock < columns; firstBlock += perPiece) {
                blocks = Math.min(perPiece, columns - firstBlock);
                chunk();
            }
        }
    }

    /** Columns of the chunk. */
    final int width() {
        return items * blocks * grid.block;
    }

    /** The item that block {@code b} of the chunk belongs to, counted from the left of its first item. */
    final int itemOfBlock(int b) {
        return firstItem + b / blocks;
    }

    /** Loads line {@code r} of every block row of the chunk. */
    final void load(ImageBatch view, int plane, int r, float[] row, int at) {
        int count = blocks * grid.block;
        int x = grid.startX + firstBlock * grid.block;
        for (int i = 0; i < items; i++) {
            int item = firstItem + i;
            int y = grid.top(item) + r;
            PixelRows.load(view, grid.edge, grid.sample(item), grid.channel(item, plane), y, x, count, row, at + i * count);
        }
    }

    /**
     * Stores line {@code r} of the block rows of the chunk: those that lie inside the image, or those that lie outside.
     * Outside lines are added to lines that must be stored before.
     */
    final void store(ImageBatch view, int plane, int r, float[] row, int at, boolean inside) {
        int count = blocks * grid.block;
        int x = grid.startX + firstBlock * grid.block;
        for (int i = 0; i < items; i++) {
            int item = firstItem + i;
            int y = grid.top(item) + r;
            if ((y >= 0 && y < grid.h) == inside) {
                int n = grid.sample(item);
                int c = grid.channel(item, plane);
                PixelRows.store(view, grid.edge, n, c, y, x, count, row, at + i * count, grid.add);
            }
        }
    }
}

package org.dctloss.purejava;

import org.dctloss.Edge;

/**
 * The grid of blocks over a batch, as all workers see it: fixed sizes, and what one run sets before the workers start.
 *
 * <p>Block rows ("items") are numbered channel by channel, within it sample by sample, within it from top to bottom, so
 * that consecutive items share a weight table. Where {@code planes} is 3 (colour rotation), an item is the block row of
 * all three planes.
 */
final class Grid {
    final int n;
    final int c;
    final int h;
    final int w;
    final int block;
    final Edge edge;
    final int planes;

    int rows;
    int columns;
    int startY;
    int startX;
    /** A chunk of items does not cross a multiple of this. */
    int group = Integer.MAX_VALUE;
    /** Whether stored values are added to what is there. */
    boolean add;

    Grid(int n, int c, int h, int w, int block, Edge edge, int planes) {
        this.n = n;
        this.c = c;
        this.h = h;
        this.w = w;
        this.block = block;
        this.edge = edge;
        this.planes = planes;
    }

    int items() {
        return n * c / planes * rows;
    }

    int sample(int item) {
        return item / rows % n;
    }

    int channel(int item, int plane) {
        return planes > 1 ? plane : item / rows / n;
    }

    int blockRow(int item) {
        return item % rows;
    }

    /** First line of an item. */
    int top(int item) {
        return startY + blockRow(item) * block;
    }

    /** Where an item's plane belongs in the order (n, c, row). */
    int index(int item, int plane) {
        return (sample(item) * c + channel(item, plane)) * rows + blockRow(item);
    }
}

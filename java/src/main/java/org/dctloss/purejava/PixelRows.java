package org.dctloss.purejava;

import java.util.Arrays;
import org.dctloss.Edge;
import org.dctloss.ImageBatch;

/**
 * The edge rules and their adjoints, between pixels and scratch rows. Positions (y, x) count from the image's corner
 * and may lie outside it.
 */
final class PixelRows {
    private PixelRows() {}

    /** Loads {@code count} pixels of plane (n, c) from (y, x) to the right into {@code row} at {@code at}. */
    static void load(ImageBatch view, Edge edge, int n, int c, int y, int x, int count, float[] row, int at) {
        int sourceY = edge.source(y, view.h());
        if (sourceY < 0) {
            Arrays.fill(row, at, at + count, 0f);
            return;
        }
        int inside = Math.max(0, Math.min(count, -x));
        int outside = Math.max(inside, Math.min(count, view.w() - x));
        if (outside > inside) {
            view.readRow(n, c, sourceY, x + inside, outside - inside, row, at + inside);
        }
        for (int i = 0; i < inside; i++) {
            row[at + i] = copied(view, edge, n, c, sourceY, x + i);
        }
        for (int i = outside; i < count; i++) {
            row[at + i] = copied(view, edge, n, c, sourceY, x + i);
        }
    }

    private static float copied(ImageBatch view, Edge edge, int n, int c, int y, int x) {
        int source = edge.source(x, view.w());
        return source < 0 ? 0f : view.get(n, c, y, source);
    }

    /**
     * The adjoint of {@link #load}: brings {@code count} gradients back to plane (n, c). Those of pixels inside the
     * image overwrite or, with {@code add}, are added; those of copies are always added to the pixel they came from,
     * which must have been stored before.
     */
    static void store(
            ImageBatch view, Edge edge, int n, int c, int y, int x, int count, float[] row, int at, boolean add) {
        int sourceY = edge.source(y, view.h());
        if (sourceY < 0) {
            return;
        }
        int inside = Math.max(0, Math.min(count, -x));
        int outside = Math.max(inside, Math.min(count, view.w() - x));
        if (outside > inside) {
            if (add || sourceY != y) {
                view.addRow(n, c, sourceY, x + inside, outside - inside, row, at + inside);
            } else {
                view.writeRow(n, c, sourceY, x + inside, outside - inside, row, at + inside);
            }
        }
        for (int i = 0; i < inside; i++) {
            addBack(view, edge, n, c, sourceY, x + i, row[at + i]);
        }
        for (int i = outside; i < count; i++) {
            addBack(view, edge, n, c, sourceY, x + i, row[at + i]);
        }
    }

    private static void addBack(ImageBatch view, Edge edge, int n, int c, int y, int x, float gradient) {
        int source = edge.source(x, view.w());
        if (source >= 0) {
            view.set(n, c, y, source, view.get(n, c, y, source) + gradient);
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

package org.dctloss.contract;

import java.util.Arrays;
import org.dctloss.ImageBatch;

/** How a test's pixels lie in a larger array whose other elements are canaries. */
public final class Layout {
    /** The layouts that every backend must read and write. */
    public enum Kind {
        CONTIGUOUS,
        NHWC,
        SLICE,
        FORTRAN,
        EVERY_OTHER,
        /** Contiguous, but for strides of axes of size 1. */
        SINGLE_ZERO,
        SINGLE_HUGE
    }

    static final float CANARY = -12345.5f;

    final int n;
    final int c;
    final int h;
    final int w;
    final long offset;
    final long strideN;
    final long strideC;
    final long strideH;
    final long strideW;
    final int length;

    private Layout(
            int n, int c, int h, int w, long offset, long strideN, long strideC, long strideH, long strideW, int tail) {
        this.n = n;
        this.c = c;
        this.h = h;
        this.w = w;
        this.offset = offset;
        this.strideN = strideN;
        this.strideC = strideC;
        this.strideH = strideH;
        this.strideW = strideW;
        this.length = (int) (offset + (n - 1) * strideN + (c - 1) * strideC + (h - 1) * strideH + (w - 1) * strideW)
                + 1
                + tail;
    }

    static Layout of(Kind kind, int n, int c, int h, int w) {
        return switch (kind) {
            case CONTIGUOUS -> new Layout(n, c, h, w, 0, (long) c * h * w, (long) h * w, w, 1, 0);
            case NHWC -> new Layout(n, c, h, w, 3, (long) h * w * c, 1, (long) w * c, c, 5);
            case SLICE -> {
                // A window of larger planes, every second sample and channel of a larger batch.
                long row = w + 7;
                long plane = row * (h + 3);
                yield new Layout(n, c, h, w, plane + 2 * row + 5, 2 * plane * 2 * c, 2 * plane, row, 1, 29);
            }
            case FORTRAN -> new Layout(n, c, h, w, 1, 1, n, (long) n * c, (long) n * c * h, 2);
            case SINGLE_ZERO -> single(n, c, h, w, 0);
            case SINGLE_HUGE -> single(n, c, h, w, (1L << 32) - 1);
            case EVERY_OTHER -> new Layout(n, c, h, w, 4, 2L * c * h * w, 2L * h * w, 2L * w, 2, 4);
        };
    }

    private static Layout single(int n, int c, int h, int w, long stride) {
        return new Layout(
                n,
                c,
                h,
                w,
                2,
                n == 1 ? stride : (long) c * h * w,
                c == 1 ? stride : (long) h * w,
                h == 1 ? stride : w,
                w == 1 ? stride : 1,
                3);
    }

    /** Makes a view of memory. */
    @FunctionalInterface
    public interface Viewer {
        ImageBatch view(
                long offset, int n, int c, int h, int w, long strideN, long strideC, long strideH, long strideW);
    }

    /** The view with this layout. */
    public ImageBatch at(Viewer viewer) {
        return viewer.view(offset, n, c, h, w, strideN, strideC, strideH, strideW);
    }

    /** The array around these pixels (NCHW), canaries elsewhere. */
    float[] surround(float[] nchw) {
        float[] backing = new float[length];
        Arrays.fill(backing, CANARY);
        for (int i = 0; i < nchw.length; i++) {
            backing[at(i)] = nchw[i];
        }
        return backing;
    }

    /** The pixels in NCHW order; fails if a canary is gone. */
    float[] extract(float[] backing) {
        float[] nchw = new float[n * c * h * w];
        boolean[] ours = new boolean[length];
        for (int i = 0; i < nchw.length; i++) {
            nchw[i] = backing[at(i)];
            ours[at(i)] = true;
        }
        for (int i = 0; i < length; i++) {
            if (!ours[i] && backing[i] != CANARY) {
                throw new AssertionError("element " + i + " outside the view was overwritten with " + backing[i]);
            }
        }
        return nchw;
    }

    private int at(int i) {
        return (int) (offset
                + i / (c * h * w) * strideN
                + i / (h * w) % c * strideC
                + i / w % h * strideH
                + i % w * strideW);
    }
}

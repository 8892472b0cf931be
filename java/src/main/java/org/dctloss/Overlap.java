package org.dctloss;

/**
 * Whether strided views share elements. Decided exactly for every layout that occurs (the search is over few candidates
 * when strides nest); where the search would grow too large, the answer is "yes", which refuses the call.
 */
final class Overlap {
    private static final int SEARCH_LIMIT = 20_000;

    /** Sizes and strides of up to eight axes, largest stride first. */
    private final long[] count = new long[8];

    private final long[] stride = new long[8];
    private int axes;
    private int steps;

    /** Whether some element of {@code a} is an element of {@code b}. */
    boolean between(ImageBatch a, ImageBatch b) {
        if (a.memory() != b.memory() || a.device() != b.device()) {
            return false;
        }
        if (a.address() == 0 && a.owner() != b.owner()) {
            return false;
        }
        int bytesA = a.dataType().bytes();
        int bytesB = b.dataType().bytes();
        long startA = start(a);
        long startB = start(b);
        if (startA + bytes(a) <= startB || startB + bytes(b) <= startA) {
            return false;
        }
        if (bytesA != bytesB || (startB - startA) % bytesA != 0) {
            return true;
        }
        // a.i - b.j + start = 0; with i counted down from its end every term is positive.
        axes = 0;
        add(a);
        add(b);
        mergeEqualStrides();
        steps = 0;
        long distance = (startB - startA) / bytesA + span(b);
        // Sums of strides are multiples of their common divisor: interleaved views differ by less.
        long divisor = 0;
        for (int i = 0; i < axes; i++) {
            divisor = gcd(divisor, stride[i]);
        }
        return (divisor == 0 || distance % divisor == 0) && reaches(distance, 0);
    }

    /** Whether two different positions of the view are one element. */
    boolean within(ImageBatch a) {
        axes = 0;
        add(a);
        long reach = 0;
        for (int i = axes - 1; i >= 0; i--) {
            if (stride[i] <= reach) {
                return searchWithin();
            }
            reach += (count[i] - 1) * stride[i];
        }
        return false;
    }

    /** Strides that do not nest: two positions meet if and only if some difference of positions is 0 but not all of them. */
    private boolean searchWithin() {
        for (int i = 0; i < axes; i++) {
            if (stride[i] == 0) {
                return true;
            }
        }
        // A collision has a first axis (largest stride) where the positions differ, by k; the others make up -k*stride.
        int all = axes;
        steps = 0;
        for (int first = 0; first < all; first++) {
            for (long k = 1; k < count[first]; k++) {
                long rest = 0;
                for (int i = first + 1; i < all; i++) {
                    rest += (count[i] - 1) * stride[i];
                }
                if (k * stride[first] > rest) {
                    break;
                }
                for (int i = first + 1; i < all; i++) {
                    count[i] = 2 * count[i] - 1;
                }
                boolean found = reaches(rest - k * stride[first], first + 1);
                for (int i = first + 1; i < all; i++) {
                    count[i] = (count[i] + 1) / 2;
                }
                if (found) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Where the first byte of a view lies: an address, or the distance from the start of its array or buffer. */
    static long start(ImageBatch a) {
        return a.address() + a.offset() * a.dataType().bytes();
    }

    /** Bytes from there to the end of the last element. */
    static long bytes(ImageBatch a) {
        return (span(a) + 1) * a.dataType().bytes();
    }

    private static long span(ImageBatch a) {
        return (a.n() - 1) * a.strideN()
                + (a.c() - 1) * a.strideC()
                + (a.h() - 1) * a.strideH()
                + (a.w() - 1) * a.strideW();
    }

    private void add(ImageBatch a) {
        insert(a.n(), a.strideN());
        insert(a.c(), a.strideC());
        insert(a.h(), a.strideH());
        insert(a.w(), a.strideW());
    }

    private void insert(long size, long step) {
        if (size == 1) {
            return;
        }
        int i = axes++;
        while (i > 0 && stride[i - 1] < step) {
            stride[i] = stride[i - 1];
            count[i] = count[i - 1];
            i--;
        }
        stride[i] = step;
        count[i] = size;
    }

    private static long gcd(long a, long b) {
        return b == 0 ? a : gcd(b, a % b);
    }

    /** i * s + j * s with i < m, j < n is k * s with k < m + n - 1: views of one layout are decided in few steps. */
    private void mergeEqualStrides() {
        int merged = 0;
        for (int i = 1; i < axes; i++) {
            if (stride[i] == stride[merged]) {
                count[merged] += count[i] - 1;
            } else {
                merged++;
                stride[merged] = stride[i];
                count[merged] = count[i];
            }
        }
        axes = Math.min(axes, merged + 1);
    }

    /** Whether {@code distance} is a sum of k_i * stride_i with 0 <= k_i < count_i over the axes from {@code axis} on. */
    private boolean reaches(long distance, int axis) {
        if (distance == 0) {
            return true;
        }
        if (distance < 0 || axis == axes) {
            return false;
        }
        if (++steps > SEARCH_LIMIT) {
            return true;
        }
        long rest = 0;
        for (int i = axis + 1; i < axes; i++) {
            rest += (count[i] - 1) * stride[i];
        }
        long step = stride[axis];
        if (step == 0) {
            return reaches(distance, axis + 1);
        }
        long most = Math.min(count[axis] - 1, distance / step);
        long least = Math.max(0, distance - rest);
        least = (least + step - 1) / step;
        for (long k = most; k >= least; k--) {
            if (reaches(distance - k * step, axis + 1)) {
                return true;
            }
        }
        return false;
    }
}

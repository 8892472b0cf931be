package org.dctloss;

/**
 * What lies outside the image where the grid of blocks reaches past it. Every rule's gradient is its exact adjoint:
 * what a copy contributes is added to the pixel it was copied from.
 */
public enum Edge {
    /** The nearest pixel. The default. */
    REPLICATE {
        @Override
        public int source(int index, int size) {
            return Math.max(0, Math.min(size - 1, index));
        }
    },
    /** Mirrored without repeating the edge, periodic (NumPy's and PyTorch's "reflect"); an axis of size 1 repeats. */
    REFLECT {
        @Override
        public int source(int index, int size) {
            if (size == 1) {
                return 0;
            }
            int period = 2 * (size - 1);
            int phase = Math.floorMod(index, period);
            return phase < size ? phase : period - phase;
        }
    },
    /** Zero. It selects and never multiplies, so a NaN stays in its block. */
    ZERO {
        @Override
        public int source(int index, int size) {
            return index >= 0 && index < size ? index : -1;
        }
    },
    /** Only complete blocks count; pixels that none covers get gradient 0. */
    CROP {
        @Override
        public int source(int index, int size) {
            return index;
        }
    };

    /**
     * The pixel that position {@code index} of an axis of {@code size} pixels reads.
     *
     * @return 0 .. size-1, or -1 where zero is read
     */
    public abstract int source(int index, int size);
}

package org.dctloss;

/**
 * Rotation of R, G, B planes to Y, Cb, Cr before the transform. Only the linear part is applied (the offset of chroma
 * cancels in a difference); weight tables then belong to Y, Cb and Cr in this order, and the gradient is rotated back
 * by the transpose.
 */
public enum ColorTransform {
    /** Planes are compared as they are, any number of them. The default. */
    NONE(0, 0),
    /** ITU-R BT.601: Kr = 0.299, Kb = 0.114. */
    BT601(0.299, 0.114),
    /** ITU-R BT.709: Kr = 0.2126, Kb = 0.0722. */
    BT709(0.2126, 0.0722);

    private final double kr;
    private final double kb;

    ColorTransform(double kr, double kb) {
        this.kr = kr;
        this.kb = kb;
    }

    /**
     * The matrix M, row-major, with (Y, Cb, Cr) = M (R, G, B): Y = Kr R + Kg G + Kb B, Cb = (B - Y) / (2 - 2 Kb),
     * Cr = (R - Y) / (2 - 2 Kr), from the constants in float64.
     *
     * @return nine numbers, a fresh array; the identity for {@link #NONE}
     */
    public double[] matrix() {
        if (this == NONE) {
            return new double[] {1, 0, 0, 0, 1, 0, 0, 0, 1};
        }
        double kg = 1 - kr - kb;
        double cb = 1 / (2 - 2 * kb);
        double cr = 1 / (2 - 2 * kr);
        return new double[] {kr, kg, kb, -kr * cb, -kg * cb, (1 - kb) * cb, (1 - kr) * cr, -kg * cr, -kb * cr};
    }
}

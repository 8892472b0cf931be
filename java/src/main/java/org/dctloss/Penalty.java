package org.dctloss;

import java.util.Objects;

/**
 * The penalty rho(e) of one weighted error e = W d, and its derivative. Immutable, compared by value.
 *
 * <p>Parameters lie in 1e-9 .. 1e18: below, float32 gradients would not be finite; above, the square of the parameter
 * leaves float32.
 */
public final class Penalty {
    /** The family of a penalty. */
    public enum Kind {
        /** rho = e^2, rho' = 2e. */
        SQUARED,
        /** rho = |e|, rho' = sign(e) with sign(0) = 0. */
        ABSOLUTE,
        /** rho = sqrt(e^2 + eps^2) - eps, rho' = e / sqrt(e^2 + eps^2). */
        CHARBONNIER,
        /** rho = e^2/2 for |e| at most delta, else delta (|e| - delta/2); rho' = e clamped to -delta .. delta. */
        HUBER
    }

    private static final double SMALLEST_PARAMETER = 1e-9;
    private static final double LARGEST_PARAMETER = 1e18;
    private static final Penalty SQUARED = new Penalty(Kind.SQUARED, 0);
    private static final Penalty ABSOLUTE = new Penalty(Kind.ABSOLUTE, 0);

    private final Kind kind;
    private final double parameter;

    private Penalty(Kind kind, double parameter) {
        this.kind = kind;
        this.parameter = parameter;
    }

    /** {@link Kind#SQUARED}. */
    public static Penalty squared() {
        return SQUARED;
    }

    /** {@link Kind#ABSOLUTE}. */
    public static Penalty absolute() {
        return ABSOLUTE;
    }

    /**
     * {@link Kind#CHARBONNIER}.
     *
     * @param eps where the penalty turns from quadratic to linear, in units of a weighted coefficient, 1e-9 .. 1e18
     * @throws IllegalArgumentException if eps lies outside
     */
    public static Penalty charbonnier(double eps) {
        return new Penalty(Kind.CHARBONNIER, checked("Charbonnier eps", eps));
    }

    /**
     * {@link Kind#HUBER}.
     *
     * @param delta where the penalty turns from quadratic to linear, in units of a weighted coefficient, 1e-9 .. 1e18
     * @throws IllegalArgumentException if delta lies outside
     */
    public static Penalty huber(double delta) {
        return new Penalty(Kind.HUBER, checked("Huber delta", delta));
    }

    private static double checked(String name, double value) {
        if (!(value >= SMALLEST_PARAMETER && value <= LARGEST_PARAMETER)) {
            throw new IllegalArgumentException(
                    name + ": got " + value + ", allowed " + SMALLEST_PARAMETER + " to " + LARGEST_PARAMETER);
        }
        return value;
    }

    /** The family. */
    public Kind kind() {
        return kind;
    }

    /** eps or delta; 0 for a penalty without parameter. */
    public double parameter() {
        return parameter;
    }

    /** rho(e) in float64, without cancellation: exactly 0 at 0. */
    public double value(double e) {
        switch (kind) {
            case SQUARED:
                return e * e;
            case ABSOLUTE:
                return Math.abs(e);
            case CHARBONNIER:
                return e * e / (Math.sqrt(e * e + parameter * parameter) + parameter);
            default:
                double clamped = derivative(e);
                return clamped * (e - 0.5 * clamped);
        }
    }

    /** rho'(e) in float64. */
    public double derivative(double e) {
        switch (kind) {
            case SQUARED:
                return 2 * e;
            case ABSOLUTE:
                return Math.signum(e);
            case CHARBONNIER:
                return e / Math.sqrt(e * e + parameter * parameter);
            default:
                return Math.max(-parameter, Math.min(parameter, e));
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Penalty that && kind == that.kind && Double.compare(parameter, that.parameter) == 0;
    }

    @Override
    public int hashCode() {
        return Objects.hash(kind, parameter);
    }

    @Override
    public String toString() {
        String name = kind.name().toLowerCase(java.util.Locale.ROOT);
        return parameter == 0 ? name : name + "(" + parameter + ")";
    }
}

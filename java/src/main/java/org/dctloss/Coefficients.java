package org.dctloss;

/** What is compared in the frequency domain. */
public enum Coefficients {
    /** {@code d = Xp - Xt}: one transform of the difference image. The default. */
    SIGNED,
    /**
     * {@code d = |Xp| - |Xt|}, the difference of magnitudes that Arezoomand et al. (2021) use. It is blind to sign
     * flips: a coefficient and its negative cost nothing, so two different images can have loss 0.
     */
    MAGNITUDE
}

package org.dctloss.benchmarks;

/** Why a contender cannot take part, in one sentence. */
final class Unavailable extends RuntimeException {
    private static final long serialVersionUID = 1;

    Unavailable(String why, Throwable cause) {
        super(why, cause);
    }
}

package org.dctloss.benchmarks;

/**
 * One line of the record: a case, who computed it, where, and how long it took.
 *
 * @param run quick, full, scaling or vector
 * @param harness interleaved (all contenders take turns in one JVM) or jmh (each in a fork of its own)
 * @param samples of which the quantiles are; each is a mean, of an iteration for jmh, of the calls of a turn (at least a
 *     millisecond) for interleaved
 * @param ratioToSubtract times a Java loop P - T on the same images, threads and run
 * @param shareOfBandwidth bytes that must be moved at least, over what memory can do ({@link Bandwidth}) in the same run
 */
record Result(
        Provenance provenance,
        String run,
        String harness,
        String contender,
        String resolved,
        Case computed,
        int samples,
        double p20,
        double p50,
        double p80,
        double ratioToSubtract,
        double shareOfBandwidth) {
    /** When, of what and where; the same for all results of a run. */
    record Provenance(String date, String commit, String processor, int cores, String jvm) {}

    double megapixelsPerSecond() {
        return computed.images().pixels() / p50 * 1e-6;
    }

    double gigabytesPerSecond() {
        return computed.bytes() / p50 * 1e-9;
    }
}

package org.dctloss.spi;

/**
 * Workspace and weights for one plan. Used by one thread at a time; allocates nothing after opening.
 *
 * <p>A backend that works asynchronously returns from {@link #run} when the work is queued and waits in {@link #loss}
 * and {@link #perSample}, which nobody has to call. One that owns memory outside the heap frees it in {@link #close},
 * and when the session is lost (a {@link java.lang.ref.Cleaner}).
 */
public interface Session extends AutoCloseable {
    /**
     * Replaces the weights in place. Called before the first run.
     *
     * @param weights W after normalisation, {@code plan.tables() * B * B} numbers, table by table, row = vertical
     *     frequency; not kept
     */
    void setWeights(double[] weights);

    /** Evaluates one grid. The call has been checked against the plan. */
    void run(LossCall call);

    /** The loss of the runs since the last one that did not accumulate it. */
    double loss();

    /** The mean penalty of each sample, of the same runs; {@code out} has N elements. */
    void perSample(double[] out);

    /** Releases everything, or throws and changes nothing. Called until it has not thrown. */
    @Override
    void close();
}

package org.dctloss.purejava;

/**
 * What the steps of the Vector API kernel work on, and how they are called. One instance per worker.
 *
 * <p>C2 makes instructions of calls to vectors only while the inlining budget of the method that it compiles lasts. Beyond it,
 * without a word, every intermediate result becomes an object and the loop takes ten to a hundred times as long. How far the
 * budget goes differs from JDK to JDK: the whole loss in one method is too much for all, a third of it for 17. So each step is
 * a method with a loop of its own, six from images to gradient on every JDK, and results wait in a scratch that stays in the
 * caches. The steps lie in arrays and are all called at one place: a call of which so many targets are known is never
 * inlined, and each step keeps its budget to itself. {@code VectorAllocationTest} sees when one exceeds it.
 */
final class VectorSteps {
    /** One step. */
    @FunctionalInterface
    interface Step {
        void over(VectorSteps operands);
    }

    /** Columns in use. */
    int n;

    /** The scratch at hand: pixels, or coefficients, or derivatives. */
    float[] s;

    /** Another one, for results between steps. */
    final float[] work = new float[AanFlowGraph.SCRATCH];

    // Of the penalty, as in PenaltyRows: what it fills, and what it reads beside s.
    float[] derivative;
    float[] sums;
    float[] q;
    float scale;
    float parameter;

    // Of the last step back to pixels: the first column that it takes, how many, and where their first line goes.
    int first;
    int count;
    float[] to;
    int at;
    int stride;

    void run(Step[] steps) {
        for (Step step : steps) {
            step.over(this);
        }
    }
}

package org.dctloss;

import java.util.Objects;

/**
 * The sessions of one training run: one for each of the few shapes that it meets (the last batch of an epoch is smaller),
 * all with the same weights, which may change between steps. A call with one of the last {@value #PLACES} shapes allocates
 * nothing. Thread-safe: threads take turns. To be closed.
 */
public final class LossSessions implements AutoCloseable {
    static final int PLACES = 8;

    private final DctLoss loss;
    /** The one used last comes first; null where none is. (An array: iterators of collections would be allocated.) */
    private final LossSession[] open = new LossSession[PLACES];

    private FrequencyWeights weights;
    private double alpha = Double.NaN;
    /** Weights are tried out here before any session gets them. */
    private final double[] resolved;

    private boolean closed;

    /** Opens nothing yet. */
    public LossSessions(DctLoss loss) {
        this.loss = Objects.requireNonNull(loss, "loss: got null, allowed a DctLoss");
        weights = loss.weights();
        resolved = new double[weights.count() * loss.blockSize() * loss.blockSize()];
    }

    /** {@link LossSession#setWeights}, for all shapes. */
    public synchronized void setWeights(FrequencyWeights replacement) {
        checkOpen();
        Objects.requireNonNull(replacement, "weights: got null, allowed FrequencyWeights");
        if (replacement.count() != weights.count()) {
            throw new IllegalArgumentException("weights: got " + replacement.count() + " tables, allowed "
                    + weights.count() + " as the loss was built with");
        }
        DctLoss.checkFolded(replacement, loss.blockSize(), loss.scaling());
        for (LossSession session : open) {
            if (session != null) {
                session.setWeights(replacement);
            }
        }
        weights = replacement;
        alpha = Double.NaN;
    }

    /** {@link LossSession#anneal}, for all shapes; allocates nothing. */
    public synchronized void anneal(double alpha) {
        checkOpen();
        FrequencyWeights.checkAlpha(alpha);
        weights.resolve(loss.blockSize(), alpha, resolved);
        for (LossSession session : open) {
            if (session != null) {
                session.anneal(alpha);
            }
        }
        this.alpha = alpha;
    }

    /** {@link DctLoss#forward(ImageBatch, ImageBatch, LossOptions)} with the weights of now. */
    public synchronized double forward(ImageBatch prediction, ImageBatch target, LossOptions options) {
        return of(prediction, target, null, null).forward(prediction, target, options);
    }

    /** {@link DctLoss#backward(ImageBatch, ImageBatch, ImageBatch, ImageBatch, LossOptions)} with the weights of now. */
    public synchronized double backward(
            ImageBatch prediction,
            ImageBatch target,
            ImageBatch gradient,
            ImageBatch targetGradient,
            LossOptions options) {
        LossChecks.oneGradient(gradient, targetGradient);
        return of(prediction, target, gradient, targetGradient)
                .backward(prediction, target, gradient, targetGradient, options);
    }

    LossSession of(ImageBatch prediction, ImageBatch target, ImageBatch gradient, ImageBatch targetGradient) {
        checkOpen();
        LossChecks.notNull("prediction", prediction);
        LossChecks.notNull("target", target);
        for (int i = 0; i < PLACES; i++) {
            if (open[i] != null && open[i].accepts(prediction, target, gradient, targetGradient)) {
                return toFront(open[i], i);
            }
        }
        LossSession session = new LossSession(loss, loss.plan(prediction, target, gradient, targetGradient));
        try {
            if (weights != loss.weights()) {
                session.setWeights(weights);
            }
            if (!Double.isNaN(alpha)) {
                session.anneal(alpha);
            }
        } catch (RuntimeException | Error thrown) {
            session.close();
            throw thrown;
        }
        if (open[PLACES - 1] != null) {
            open[PLACES - 1].close();
        }
        return toFront(session, PLACES - 1);
    }

    private LossSession toFront(LossSession session, int from) {
        System.arraycopy(open, 0, open, 1, from);
        open[0] = session;
        return session;
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("loss: got a call after close(), allowed only before");
        }
    }

    /** Releases all workspace. Closing again does nothing. */
    @Override
    public synchronized void close() {
        closed = true;
        for (int i = 0; i < PLACES; i++) {
            if (open[i] != null) {
                open[i].close();
                open[i] = null;
            }
        }
    }

    @Override
    public String toString() {
        return loss
                + (weights == loss.weights() ? "" : ", now with " + weights)
                + (Double.isNaN(alpha) ? "" : ", annealed by " + alpha);
    }
}

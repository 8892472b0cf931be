package org.dctloss;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dctloss.spi.Backend;
import org.dctloss.spi.Handle;
import org.dctloss.spi.LossCall;
import org.dctloss.spi.Plan;
import org.dctloss.spi.Session;
import org.dctloss.spi.TransformPlan.Place;
import org.dctloss.spi.Workers;

/**
 * A loss opened for one shape: it owns workspace and weights, so calls allocate nothing and weights can be replaced
 * between them. Used by one thread at a time (another one is refused); to be closed.
 */
public final class LossSession implements AutoCloseable {
    private final DctLoss loss;
    private final Plan plan;
    private final String backend;
    private final boolean copies;
    private final List<String> skipped;
    private final Session session;
    private final LossCall call = new LossCall();
    private final Overlap overlap = new Overlap();
    private final double[] weights;
    private FrequencyWeights source;
    /** Of the last call: the session goes on using its stream, and queued work the places that it names. */
    private LossOptions used = LossOptions.DEFAULT;

    private final AtomicBoolean busy = new AtomicBoolean();
    private boolean closed;

    LossSession(DctLoss loss, Plan plan) {
        this.loss = loss;
        this.plan = plan;
        Backends.Selection selection =
                Backends.installed().select(loss.backend(), plan.place(), b -> b.unsupported(plan));
        Backend chosen = selection.backend();
        Workers workers = loss.workers();
        backend = chosen.name();
        copies = chosen.copies(plan.place());
        skipped = selection.skipped();
        weights = new double[plan.tables() * plan.block() * plan.block()];
        session = chosen.open(plan, workers);
        try {
            setWeights(loss.weights(), Double.NaN);
        } catch (RuntimeException | Error thrown) {
            session.close();
            throw thrown;
        }
    }

    /** Name of the backend that runs this session. */
    public String backend() {
        return backend;
    }

    /** Whether every call copies the images, which are in host memory, to a device and the gradients back. */
    public boolean copies() {
        return copies;
    }

    /** Why better backends were passed over, a sentence each; empty if none was. */
    public List<String> skipped() {
        return skipped;
    }

    /**
     * Replaces the weights from the next call on. On a device: in place and after all work queued before on the stream
     * of the last call, waiting for it; a graph that captured this session's work has them from the next launch on.
     *
     * @throws IllegalArgumentException if they have another number of tables than before, or do not fit the block size
     */
    public void setWeights(FrequencyWeights replacement) {
        Objects.requireNonNull(replacement, "weights: got null, allowed FrequencyWeights");
        if (replacement.count() != plan.tables()) {
            throw new IllegalArgumentException("weights: got " + replacement.count() + " tables, allowed "
                    + plan.tables() + " as when the session was opened");
        }
        DctLoss.checkFolded(replacement, plan.block(), plan.scaling());
        enter();
        try {
            setWeights(replacement, Double.NaN);
        } finally {
            leave();
        }
    }

    /**
     * Anneals the weights in place, from the next call on, without allocating: Q becomes alpha Q / 2 + 1, as in {@link
     * FrequencyWeights#anneal}, whose alpha it replaces.
     *
     * @param alpha finite, 0 or more
     */
    public void anneal(double alpha) {
        FrequencyWeights.checkAlpha(alpha);
        enter();
        try {
            setWeights(source, alpha);
        } finally {
            leave();
        }
    }

    private void setWeights(FrequencyWeights replacement, double alpha) {
        replacement.resolve(plan.block(), alpha, weights);
        session.setWeights(weights);
        source = replacement;
    }

    /** {@link DctLoss#forward(ImageBatch, ImageBatch)} */
    public double forward(ImageBatch prediction, ImageBatch target) {
        return forward(prediction, target, LossOptions.DEFAULT);
    }

    /** {@link DctLoss#forward(ImageBatch, ImageBatch, LossOptions)} */
    public double forward(ImageBatch prediction, ImageBatch target, LossOptions options) {
        return evaluate(prediction, target, null, null, options, null, null);
    }

    /** {@link DctLoss#backward(ImageBatch, ImageBatch, ImageBatch)} */
    public double backward(ImageBatch prediction, ImageBatch target, ImageBatch gradient) {
        return backward(prediction, target, gradient, null, LossOptions.DEFAULT);
    }

    /** {@link DctLoss#backward(ImageBatch, ImageBatch, ImageBatch, LossOptions)} */
    public double backward(ImageBatch prediction, ImageBatch target, ImageBatch gradient, LossOptions options) {
        return backward(prediction, target, gradient, null, options);
    }

    /** {@link DctLoss#backward(ImageBatch, ImageBatch, ImageBatch, ImageBatch, LossOptions)} */
    public double backward(
            ImageBatch prediction,
            ImageBatch target,
            ImageBatch gradient,
            ImageBatch targetGradient,
            LossOptions options) {
        LossChecks.oneGradient(gradient, targetGradient);
        return evaluate(prediction, target, gradient, targetGradient, options, null, null);
    }

    /**
     * Starts a call without reading its result, which {@link #loss} does when asked. A backend of the CPU has finished
     * when this returns; one of a device has queued the work on {@link LossOptions#stream} and never waits: views, and
     * what the options point to, must live until the work is done; the session keeps what owns the latter reachable until
     * the next call. Such a call may be captured into a graph, which then needs this session open for as long as it may be
     * launched, and sees weights that are replaced later.
     *
     * <p>Calls of one session share its workspace on the device: whoever changes the stream lets the new one wait for the
     * old one (an event), and graphs captured from one session are not launched at the same time.
     *
     * @param gradient receives d(loss)/d(prediction), or null
     * @param targetGradient receives d(loss)/d(target), or null
     * @param options without {@link LossOptions#perSample}, which is a result, too
     */
    public void enqueue(
            ImageBatch prediction,
            ImageBatch target,
            ImageBatch gradient,
            ImageBatch targetGradient,
            LossOptions options) {
        if (options != null && options.perSample() != null) {
            throw new IllegalArgumentException(
                    "options: got per-sample values for a call whose result is not read, allowed none");
        }
        enter();
        try {
            start(prediction, target, gradient, targetGradient, options, null, null);
        } finally {
            leave();
        }
    }

    /** The loss of the last call, waiting for it; 0 before the first. */
    public double loss() {
        enter();
        try {
            return session.loss();
        } finally {
            leave();
        }
    }

    double evaluate(
            ImageBatch prediction,
            ImageBatch target,
            ImageBatch gradient,
            ImageBatch targetGradient,
            LossOptions options,
            float[] blockMap,
            double[] spectrum) {
        enter();
        try {
            start(prediction, target, gradient, targetGradient, options, blockMap, spectrum);
            if (options.perSample() != null) {
                session.perSample(options.perSample());
            }
            return session.loss();
        } finally {
            leave();
        }
    }

    private void start(
            ImageBatch prediction,
            ImageBatch target,
            ImageBatch gradient,
            ImageBatch targetGradient,
            LossOptions options,
            float[] blockMap,
            double[] spectrum) {
        LossChecks.options(plan, options);
        LossChecks.views(plan, overlap, prediction, target, gradient, targetGradient);
        LossChecks.places(plan, options, prediction, target, gradient, targetGradient);
        try {
            call.prediction = prediction;
            call.target = target;
            call.gradient = gradient;
            call.targetGradient = targetGradient;
            call.upstream = options.upstream();
            call.sampleUpstream = options.sampleUpstream();
            call.stream = options.stream();
            call.upstreamAt = options.upstreamAt();
            call.lossAt = options.lossAt();
            call.perSampleAt = options.perSampleAt();
            call.blockMap = blockMap;
            call.spectrum = spectrum;
            runGrids(options);
        } finally {
            call.prediction = null;
            call.target = null;
            call.gradient = null;
            call.targetGradient = null;
            call.sampleUpstream = null;
            call.stream = Handle.NONE;
            call.upstreamAt = Handle.NONE;
            call.lossAt = Handle.NONE;
            call.perSampleAt = Handle.NONE;
            call.blockMap = null;
            call.spectrum = null;
        }
    }

    /** The mean over shifted grids is a loop: each adds to the gradient and the loss of those before, in fixed order. */
    private void runGrids(LossOptions options) {
        int block = plan.block();
        int stride = loss.stride();
        for (int y = 0; y < block; y += stride) {
            for (int x = 0; x < block; x += stride) {
                boolean first = y == 0 && x == 0;
                call.dy = (options.dy() + y) % block;
                call.dx = (options.dx() + x) % block;
                call.accumulateGradient = options.accumulates() || !first;
                call.accumulateLoss = !first;
                call.last = y + stride == block && x + stride == block;
                session.run(call);
                used = options;
            }
        }
    }

    /** Whether this session was opened for views of this shape and kind. */
    boolean accepts(ImageBatch prediction, ImageBatch target, ImageBatch gradient, ImageBatch targetGradient) {
        Place place = plan.place();
        return prediction.n() == plan.n()
                && prediction.c() == plan.c()
                && prediction.h() == plan.h()
                && prediction.w() == plan.w()
                && prediction.dataType() == place.input()
                && prediction.device() == place.device()
                && LossChecks.anyAddress(prediction, target, gradient, targetGradient) == place.addresses()
                && (gradient == null && targetGradient == null
                        || LossChecks.outputType(gradient, targetGradient) == place.output());
    }

    private void enter() {
        if (!busy.compareAndSet(false, true)) {
            throw new IllegalStateException("session: got a call while another thread uses it, allowed one at a time");
        }
        if (closed) {
            leave();
            throw new IllegalStateException("session: got a call after close(), allowed only before");
        }
    }

    private void leave() {
        busy.set(false);
    }

    /** Releases the workspace. Closing again does nothing. */
    @Override
    public void close() {
        if (!busy.compareAndSet(false, true)) {
            throw new IllegalStateException("session: got close() while another thread uses it, allowed when idle");
        }
        try {
            if (!closed) {
                session.close();
                closed = true;
                used = LossOptions.DEFAULT;
            }
        } finally {
            leave();
        }
    }

    @Override
    public String toString() {
        return loss + " on " + backend + " for " + plan.n() + "x" + plan.c() + "x" + plan.h() + "x" + plan.w()
                + (copies ? ", which copies the images to the device and the gradient back" : "");
    }
}

package org.dctloss;

import java.util.Objects;
import java.util.concurrent.Executor;
import org.dctloss.spi.Backend;
import org.dctloss.spi.Handle;
import org.dctloss.spi.TransformPlan;
import org.dctloss.spi.TransformPlan.Place;
import org.dctloss.spi.TransformSession;
import org.dctloss.spi.Workers;

/**
 * The batched two-dimensional block DCT by itself: X = C S C^T for every BxB block S of every plane, with C[k][n] =
 * sqrt((k=0 ? 1 : 2)/B) cos(pi (2n+1) k / 2B), and its inverse.
 *
 * <p>Coefficients take the place of pixels: in the output view, coefficient (u, v) of a block lies where the block's
 * pixel (u, v) lay; u is the vertical frequency. Height and width are multiples of B. Immutable and thread-safe; calls
 * of a shape seen before allocate nothing.
 */
public final class BlockDct {
    private final int block;
    private final Scaling scaling;
    private final BackendChoice backend;
    private final int threads;
    private final Executor executor;
    /** Null for none: work is waited for. */
    private final Handle stream;

    private final SessionPool<Opened> pool = new SessionPool<>();

    private BlockDct(int block, Scaling scaling, BackendChoice backend, int threads, Executor executor, Handle stream) {
        this.block = block;
        this.scaling = scaling;
        this.backend = backend;
        this.threads = threads;
        this.executor = executor;
        this.stream = stream;
    }

    /**
     * An orthonormal transform on the best backend and all processors.
     *
     * @param block 2 to 64
     */
    public static BlockDct of(int block) {
        if (block < DctLoss.SMALLEST_BLOCK || block > DctLoss.LARGEST_BLOCK) {
            throw new IllegalArgumentException("block size: got " + block + ", allowed " + DctLoss.SMALLEST_BLOCK
                    + " to " + DctLoss.LARGEST_BLOCK);
        }
        int processors = Runtime.getRuntime().availableProcessors();
        return new BlockDct(block, Scaling.ORTHONORMAL, BackendChoice.AUTO, processors, null, null);
    }

    /** The same with another scaling. */
    public BlockDct scaling(Scaling value) {
        Objects.requireNonNull(value, "scaling: got null, allowed a value");
        return new BlockDct(block, value, backend, threads, executor, stream);
    }

    /** The same on another backend. */
    public BlockDct backend(BackendChoice value) {
        Objects.requireNonNull(value, "backend: got null, allowed a value");
        return new BlockDct(block, scaling, value, threads, executor, stream);
    }

    /** The same on at most so many threads, the calling one included. */
    public BlockDct threads(int count) {
        return new BlockDct(block, scaling, backend, DctLoss.checkThreads(count), executor, stream);
    }

    /** The same with helper threads of one's own. */
    public BlockDct executor(Executor value) {
        Objects.requireNonNull(value, "executor: got null, allowed a value");
        return new BlockDct(block, scaling, backend, threads, value, stream);
    }

    /** {@link #stream(long, Object)} for a stream that the caller keeps. */
    public BlockDct stream(long handle) {
        return new BlockDct(block, scaling, backend, threads, executor, new Handle(handle, null));
    }

    /**
     * The same for views in device memory, queued on a stream of their device (a {@code cudaStream_t} of any library; 0
     * is the default stream) and not waited for: the views must live until the work is done, and calls on views alike
     * follow each other on one stream. Without a stream, a call on device memory has finished when it returns.
     *
     * <p>A call may be captured into a graph if this object then has no other use for as long as the graph may be
     * launched: its pool owns the workspace.
     *
     * @param owner kept reachable: a {@code CudaStream}, or the pointer of another library
     */
    public BlockDct stream(long handle, Object owner) {
        return new BlockDct(block, scaling, backend, threads, executor, LossOptions.owned(handle, owner));
    }

    /**
     * Pixels to coefficients.
     *
     * @param coefficients of the same shape; the very same view as the pixels, or memory of its own
     */
    public void forward(ImageBatch pixels, ImageBatch coefficients) {
        run("pixels", pixels, "coefficients", coefficients, true);
    }

    /**
     * Coefficients to pixels: the exact inverse of {@link #forward}, whatever the scaling.
     *
     * @param pixels of the same shape; the very same view as the coefficients, or memory of its own
     */
    public void inverse(ImageBatch coefficients, ImageBatch pixels) {
        run("coefficients", coefficients, "pixels", pixels, false);
    }

    /**
     * Frees the workspace of sessions that are idle now, which matters where it is not on the heap. The next call of a
     * shape allocates again.
     */
    public void releaseIdle() {
        pool.release();
    }

    private void run(String inName, ImageBatch in, String outName, ImageBatch out, boolean forward) {
        LossChecks.notNull(inName, in);
        LossChecks.notNull(outName, out);
        Opened opened = borrow(in, out);
        try {
            opened.check(inName, in, outName, out);
            if (forward) {
                opened.session.forward(in, out);
            } else {
                opened.session.inverse(in, out);
            }
        } finally {
            pool.giveBack(opened);
        }
    }

    private Opened borrow(ImageBatch in, ImageBatch out) {
        for (int i = 0; i < pool.places(); i++) {
            Opened opened = pool.take(i);
            if (opened != null) {
                if (opened.accepts(in, out)) {
                    return opened;
                }
                pool.giveBack(opened);
            }
        }
        return open(in, out);
    }

    private Opened open(ImageBatch in, ImageBatch out) {
        if (in.h() % block != 0 || in.w() % block != 0) {
            throw new IllegalArgumentException("image: got " + in.h() + "x" + in.w()
                    + " pixels, allowed multiples of the block size " + block + " (pad or crop first)");
        }
        if (stream != null && in.device() < 0) {
            throw new IllegalArgumentException("stream: got 0x" + Long.toHexString(stream.value())
                    + " for views in host memory, allowed only with views in device memory");
        }
        LossChecks.shape(in.n(), in.c(), in.h(), in.w(), block);
        Place place = LossChecks.place(in, in, out, null);
        TransformPlan plan = new TransformPlan(in.n(), in.c(), in.h(), in.w(), block, scaling, place);
        Backend chosen = Backends.installed()
                .select(backend, place, b -> b.unsupported(plan))
                .backend();
        Workers workers = executor == null ? Workers.shared(threads) : Workers.of(threads, executor);
        TransformSession session = chosen.open(plan, workers);
        if (stream != null) {
            session.queueOn(stream);
        }
        return new Opened(plan, session);
    }

    /** A session and what it was opened for. */
    private static final class Opened implements AutoCloseable {
        final TransformPlan plan;
        final TransformSession session;
        private final Overlap overlap = new Overlap();

        Opened(TransformPlan plan, TransformSession session) {
            this.plan = plan;
            this.session = session;
        }

        boolean accepts(ImageBatch in, ImageBatch out) {
            Place place = plan.place();
            return in.n() == plan.n()
                    && in.c() == plan.c()
                    && in.h() == plan.h()
                    && in.w() == plan.w()
                    && in.device() == place.device()
                    && in.dataType() == place.input()
                    && out.dataType() == place.output()
                    && LossChecks.anyAddress(in, out, null, null) == place.addresses();
        }

        void check(String inName, ImageBatch in, String outName, ImageBatch out) {
            LossChecks.member(outName, out, plan.n(), plan.c(), plan.h(), plan.w(), plan.place());
            LossChecks.writable(outName, out, overlap);
            if (!out.sameView(in)) {
                LossChecks.apart(outName, out, inName, in, overlap);
            }
        }

        @Override
        public void close() {
            session.close();
        }
    }

    @Override
    public String toString() {
        return "BlockDct[" + block + "x" + block + " " + scaling + ", backend " + backend.id() + "]";
    }
}

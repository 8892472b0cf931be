package org.dctloss.cuda;

import java.lang.ref.Reference;
import java.util.Objects;
import java.util.function.LongConsumer;

/**
 * Work that was recorded from a stream and can be launched again and again, as one piece, at the cost of one launch. It
 * runs on the memory it was recorded with: sessions and memories must stay open for as long as it may be launched.
 * Destroyed by {@link #close}, or after it is lost.
 */
public final class CudaGraph implements AutoCloseable {
    /** Whether this thread is recording. */
    private static final ThreadLocal<Boolean> RECORDING = ThreadLocal.withInitial(() -> false);

    private final int device;
    private final long nodes;
    private final Owned own;
    /** Kept for what it refers to, sessions and memories. */
    private final Runnable work;

    private CudaGraph(int device, long handle, long nodes, Runnable work) {
        this.device = device;
        this.nodes = nodes;
        this.work = work;
        own = new Owned(this, "graph", handle, releaser(device));
    }

    private static LongConsumer releaser(int device) {
        return handle -> Cuda.destroyGraph(device, handle);
    }

    /** Whether the calling thread is recording a graph by way of this class. */
    static boolean isRecording() {
        return RECORDING.get();
    }

    /**
     * Records instead of doing what {@code work} queues on the stream, by this thread: {@link
     * org.dctloss.LossSession#enqueue} calls, whose sessions have done a call of the kind before, copies, fills. Nothing
     * in it may wait for the device. The graph keeps {@code work} reachable, and with it what it refers to.
     *
     * @param stream not the default one
     */
    public static CudaGraph capture(CudaStream stream, Runnable work) {
        Objects.requireNonNull(work, "work: got null, allowed what is to be recorded");
        if (stream.handle() == Cuda.DEFAULT_STREAM) {
            throw new IllegalArgumentException(
                    "stream: got the default stream, from which CUDA does not record, allowed any other");
        }
        if (isRecording()) {
            throw new IllegalStateException("graph: got a second recording inside one, allowed one at a time");
        }
        int device = stream.device();
        Cuda.beginCapture(device, stream.handle());
        RECORDING.set(true);
        long[] recorded;
        try {
            work.run();
        } catch (RuntimeException | Error thrown) {
            abandon(stream, thrown);
            throw thrown;
        } finally {
            RECORDING.remove();
        }
        recorded = Cuda.endCapture(device, stream.handle());
        Reference.reachabilityFence(stream);
        return new CudaGraph(device, recorded[0], recorded[1], work);
    }

    /** Ends a recording that failed, so that the stream can be used again. */
    private static void abandon(CudaStream stream, Throwable why) {
        try {
            Cuda.destroyGraph(stream.device(), Cuda.endCapture(stream.device(), stream.handle())[0]);
        } catch (RuntimeException alsoFailed) {
            why.addSuppressed(alsoFailed);
        }
    }

    /** How many operations were recorded: one for a loss on one grid. */
    public long nodes() {
        return nodes;
    }

    /** Queues all of it on a stream of its device. */
    public void launch(CudaStream stream) {
        stream.checkDevice(device);
        Cuda.launchGraph(own.handle(), device, stream.handle());
        Reference.reachabilityFence(this);
        Reference.reachabilityFence(stream);
    }

    /** Destroys it. Closing again does nothing. */
    @Override
    public void close() {
        own.close();
    }

    @Override
    public String toString() {
        return "graph of " + nodes + " nodes on device " + device + ", of " + work + (own.isClosed() ? ", closed" : "");
    }
}

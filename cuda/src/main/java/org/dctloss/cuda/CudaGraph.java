package org.dctloss.cuda;

import java.lang.ref.Reference;
import java.util.Objects;

/**
 * Work that was recorded from a stream and can be launched again and again, as one piece, at the cost of one launch. It
 * runs on the memory it was recorded with: sessions and memories must stay open for as long as it may be launched, and a
 * launch after one of them was closed is refused. It keeps them reachable. Destroyed by {@link #close}, or after it is lost.
 */
public final class CudaGraph implements AutoCloseable {
    private final int device;
    private final long nodes;
    private final Owned own;
    /** What the work needs. */
    private final Recording recording;
    /** Kept for what it refers to. */
    private final Runnable work;

    private CudaGraph(int device, long handle, long nodes, Recording recording, Runnable work) {
        this.device = device;
        this.nodes = nodes;
        this.recording = recording;
        this.work = work;
        own = new Owned(this, "graph", handle, releaser(device));
    }

    private static Releases.Release releaser(int device) {
        return handle -> Cuda.destroyGraph(device, handle);
    }

    /**
     * Records instead of doing what {@code work} queues on the stream, by this thread: {@link
     * org.dctloss.LossSession#enqueue} calls, whose sessions have done a call of the kind before, copies, fills. Nothing
     * in it may wait for the device, allocate or close. The graph keeps reachable what that work needs, and {@code work}
     * itself.
     *
     * @param stream not the default one
     */
    public static CudaGraph capture(CudaStream stream, Runnable work) {
        Objects.requireNonNull(stream, "stream: got null, allowed a CudaStream");
        Objects.requireNonNull(work, "work: got null, allowed what is to be recorded");
        long handle = stream.handle();
        if (handle == Cuda.DEFAULT_STREAM) {
            throw new IllegalArgumentException(
                    "stream: got the default stream, from which CUDA does not record, allowed any other");
        }
        Recording.refuse("graph", "a second recording");
        int device = stream.device();
        Cuda.beginCapture(device, handle);
        Recording recording = Recording.begin(device, handle);
        try {
            work.run();
        } catch (Throwable thrown) { // checked ones, too, which other languages throw
            Recording.end();
            abandon(device, handle, thrown);
            throw thrown;
        }
        Recording.end();
        long[] recorded = Cuda.endCapture(device, handle);
        Reference.reachabilityFence(stream);
        return new CudaGraph(device, recorded[0], recorded[1], recording, work);
    }

    /** Ends a recording that failed, so that the stream can be used again. */
    private static void abandon(int device, long stream, Throwable why) {
        try {
            Cuda.destroyGraph(device, Cuda.endCapture(device, stream)[0]);
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
        CudaStream.check(stream, device);
        long handle = own.handle();
        recording.checkOpen();
        Cuda.launchGraph(handle, device, stream.handle());
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
        return "graph of " + nodes + " nodes on device " + device + ", of " + work + own;
    }
}

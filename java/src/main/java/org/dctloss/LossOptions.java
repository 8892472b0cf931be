package org.dctloss;

import java.util.Objects;
import org.dctloss.spi.Handle;

/**
 * What may differ from one call of a loss to the next. Immutable; make one, keep it, and calls allocate nothing. Arrays
 * given to it are kept, not copied; streams, and what lies at addresses given to it, are the caller's, and must live until
 * the work of all calls with these options is done, and as long as a graph that captured such a call may be launched.
 */
public final class LossOptions {
    /** What is meant for devices. */
    private record OnDevice(Handle stream, Handle upstream, Handle loss, Handle perSample) {
        static final OnDevice NONE = new OnDevice(Handle.NONE, Handle.NONE, Handle.NONE, Handle.NONE);
    }

    /** No offset, upstream factor 1, gradients overwritten. */
    public static final LossOptions DEFAULT = new LossOptions(0, 0, 1, null, false, null, OnDevice.NONE);

    private final int dy;
    private final int dx;
    private final double upstream;
    private final float[] sampleUpstream;
    private final boolean accumulate;
    private final double[] perSample;
    private final OnDevice onDevice;

    private LossOptions(
            int dy,
            int dx,
            double upstream,
            float[] sampleUpstream,
            boolean accumulate,
            double[] perSample,
            OnDevice onDevice) {
        this.dy = dy;
        this.dx = dx;
        this.upstream = upstream;
        this.sampleUpstream = sampleUpstream;
        this.accumulate = accumulate;
        this.perSample = perSample;
        this.onDevice = onDevice;
    }

    private LossOptions with(OnDevice replacement) {
        return new LossOptions(dy, dx, upstream, sampleUpstream, accumulate, perSample, replacement);
    }

    /**
     * Shifts the grid of blocks: it starts at (-dy, -dx), and the edge rule fills what lies outside. Random shifts from
     * step to step keep block artefacts from settling on one grid; the randomness is the caller's.
     *
     * @param dy 0 to B-1
     * @param dx 0 to B-1
     */
    public LossOptions offset(int dy, int dx) {
        return new LossOptions(dy, dx, upstream, sampleUpstream, accumulate, perSample, onDevice);
    }

    /** The derivative of what follows with respect to the loss: it scales the gradients, not the returned loss. NaN gives NaN. */
    public LossOptions upstream(double factor) {
        return new LossOptions(dy, dx, factor, null, accumulate, perSample, onDevice);
    }

    /**
     * One upstream factor per sample, for {@link Reduction#PER_SAMPLE}; N numbers, read at every call. Not for a call that
     * is captured into a graph, which has {@link #upstreamAt}.
     */
    public LossOptions upstream(float[] factors) {
        Objects.requireNonNull(factors, "upstream factors: got null, allowed one number per sample");
        return new LossOptions(dy, dx, 1, factors, accumulate, perSample, onDevice);
    }

    /** Adds to the gradients instead of overwriting them: for losses that are combined. */
    public LossOptions accumulate() {
        return new LossOptions(dy, dx, upstream, sampleUpstream, true, perSample, onDevice);
    }

    /** Receives the mean penalty of each sample at every call, whatever the reduction; N numbers. */
    public LossOptions perSample(double[] values) {
        Objects.requireNonNull(values, "per-sample values: got null, allowed room for one number per sample");
        return new LossOptions(dy, dx, upstream, sampleUpstream, accumulate, values, onDevice);
    }

    /** {@link #stream(long, Object)} for a stream that the caller keeps. */
    public LossOptions stream(long handle) {
        return with(new OnDevice(new Handle(handle, null), onDevice.upstream, onDevice.loss, onDevice.perSample));
    }

    /**
     * The stream that the work is queued on, for views in device memory: a {@code cudaStream_t} of their device, from any
     * library; 0, the default, is the device's default stream. The session goes on using it for {@link
     * LossSession#loss} and for new weights until a call names another, so it must live that long. A session has one
     * workspace: if its calls are on several streams, the caller makes each wait for the one before.
     *
     * @param owner kept reachable by these options and by the session that has used them last: a {@code CudaStream}, or
     *     the pointer of another library
     */
    public LossOptions stream(long handle, Object owner) {
        return with(new OnDevice(owned(handle, owner), onDevice.upstream, onDevice.loss, onDevice.perSample));
    }

    /** {@link #upstreamAt(long, Object)} for memory that the caller keeps. */
    public LossOptions upstreamAt(long deviceAddress) {
        return upstreamAt(new Handle(deviceAddress, null));
    }

    /**
     * One more upstream factor, which is still on its way: a float32 in the memory of the views' device, read when the
     * work is done.
     *
     * @param deviceAddress a multiple of 4 above 0
     * @param owner kept reachable, as that of {@link #stream(long, Object)}
     */
    public LossOptions upstreamAt(long deviceAddress, Object owner) {
        return upstreamAt(owned(deviceAddress, owner));
    }

    private LossOptions upstreamAt(Handle place) {
        checkAddress("upstream factor", place.value(), Float.BYTES);
        return with(new OnDevice(onDevice.stream, place, onDevice.loss, onDevice.perSample));
    }

    /** {@link #lossAt(long, Object)} for memory that the caller keeps. */
    public LossOptions lossAt(long deviceAddress) {
        return lossAt(new Handle(deviceAddress, null));
    }

    /**
     * Where the loss goes, for views in device memory: a float64 on their device, apart from all else that the call reads
     * or writes. {@link LossSession#loss} reads it from there.
     *
     * @param deviceAddress a multiple of 8 above 0
     * @param owner kept reachable, as that of {@link #stream(long, Object)}
     */
    public LossOptions lossAt(long deviceAddress, Object owner) {
        return lossAt(owned(deviceAddress, owner));
    }

    private LossOptions lossAt(Handle place) {
        checkAddress("loss", place.value(), Double.BYTES);
        return with(new OnDevice(onDevice.stream, onDevice.upstream, place, onDevice.perSample));
    }

    /** {@link #perSampleAt(long, Object)} for memory that the caller keeps. */
    public LossOptions perSampleAt(long deviceAddress) {
        return perSampleAt(new Handle(deviceAddress, null));
    }

    /**
     * Where the mean penalties of the samples go, for views in device memory: N float64 on their device, apart from all
     * else that the call reads or writes.
     *
     * @param deviceAddress a multiple of 8 above 0
     * @param owner kept reachable, as that of {@link #stream(long, Object)}
     */
    public LossOptions perSampleAt(long deviceAddress, Object owner) {
        return perSampleAt(owned(deviceAddress, owner));
    }

    private LossOptions perSampleAt(Handle place) {
        checkAddress("per-sample values", place.value(), Double.BYTES);
        return with(new OnDevice(onDevice.stream, onDevice.upstream, onDevice.loss, place));
    }

    static Handle owned(long handle, Object owner) {
        Objects.requireNonNull(owner, "owner: got null, allowed the object that keeps the stream or the memory alive");
        return new Handle(handle, owner);
    }

    private static void checkAddress(String what, long address, int bytes) {
        if (address <= 0 || address % bytes != 0) {
            throw new IllegalArgumentException(what + ": got device address 0x" + Long.toHexString(address)
                    + ", allowed multiples of " + bytes + " above 0");
        }
    }

    int dy() {
        return dy;
    }

    int dx() {
        return dx;
    }

    double upstream() {
        return upstream;
    }

    float[] sampleUpstream() {
        return sampleUpstream;
    }

    boolean accumulates() {
        return accumulate;
    }

    double[] perSample() {
        return perSample;
    }

    Handle stream() {
        return onDevice.stream;
    }

    Handle upstreamAt() {
        return onDevice.upstream;
    }

    Handle lossAt() {
        return onDevice.loss;
    }

    Handle perSampleAt() {
        return onDevice.perSample;
    }

    @Override
    public String toString() {
        return "offset(" + dy + ", " + dx + "), upstream "
                + (sampleUpstream == null ? Double.toString(upstream) : "per sample")
                + (onDevice.upstream.value() == 0 ? "" : " times one on the device")
                + (accumulate ? ", accumulating" : "")
                + (onDevice.stream.value() == 0 ? "" : ", stream 0x" + Long.toHexString(onDevice.stream.value()));
    }
}

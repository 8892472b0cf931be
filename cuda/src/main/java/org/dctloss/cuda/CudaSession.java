package org.dctloss.cuda;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.dctloss.DataType;
import org.dctloss.ImageBatch;
import org.dctloss.Reduction;
import org.dctloss.spi.Handle;
import org.dctloss.spi.LossCall;
import org.dctloss.spi.Plan;
import org.dctloss.spi.Session;

/**
 * Workspace and weights of one plan on one device. {@link #run} queues and does not wait, but for images, maps and spectra
 * in host memory. Everything is allocated at opening, but for what only few ask for: memory of maps, of spectra and of
 * the target's gradient where it needs any, which come with the first call that wants them.
 */
final class CudaSession implements Session {
    /** Calls with factors of samples that can be under way; the next one waits. */
    private static final int FACTOR_SLOTS = 8;

    private final Plan plan;
    private final int device;
    private final int bins;
    private final boolean host;
    /** Whether gradients are added up in float32 and rounded at the end of a call. */
    private final boolean rounds;

    private final Job job;
    private final Allocations allocations;

    // In host memory.
    private final double[] scaled;
    private final ByteBuffer folded;
    private final ByteBuffer lossOut = direct(Double.BYTES);
    private final ByteBuffer perSampleOut;
    private PinnedMemory factorsOut;
    /** After the last copy of factors; the stream that it was queued on may be gone. */
    private CudaEvent factorsSent;

    private Staging staging;

    // On the device.
    private DeviceMemory constants;
    private DeviceMemory results;
    private DeviceMemory factors;
    private DeviceMemory map;
    private DeviceMemory spectrum;
    private DeviceMemory sums;
    private DeviceMemory targetSums;
    private double[] spectrumSums;

    /** Copies of the host's images. */
    private Copy prediction;

    private Copy target;
    private Copy gradient;
    private Copy targetGradient;

    /** Memory on the device and the image in it. */
    private record Copy(DeviceMemory memory, ImageBatch image) {}

    // Of the last run that was queued; one that is refused changes nothing.
    private boolean ran;
    private Handle stream = Handle.NONE;
    private Handle lossAt;
    private Handle perSampleAt;

    private final Addresses addresses;
    private final int[] capturing = new int[1];
    private boolean addsToViews;
    private int factorCalls;

    CudaSession(Plan plan, int device) {
        this.plan = plan;
        this.device = device;
        bins = plan.block() * plan.block();
        host = plan.place().device() < 0;
        rounds = rounds(plan);
        allocations = new Allocations(device);
        addresses = new Addresses(device);
        job = job(plan);
        if (rounds) {
            job.put(Job.OUTPUT, DataType.FLOAT32.ordinal());
        }
        scaled = new double[plan.tables() * bins];
        perSampleOut = direct(Double.BYTES * plan.n());
        folded = direct(Math.toIntExact(CudaKernels.constantsBytes(job.bytes)));
        try {
            allocate();
        } catch (RuntimeException | Error thrown) {
            close();
            throw thrown;
        }
    }

    /** A job of the plan's shape and options; what differs from run to run is zero. */
    static Job job(Plan plan) {
        Job job = new Job(
                plan.n(),
                plan.c(),
                plan.h(),
                plan.w(),
                plan.block(),
                plan.place().input(),
                plan.place().output());
        job.put(Job.PLANES, plan.planes());
        job.put(Job.TABLES, plan.tables());
        job.put(Job.PENALTY, plan.penalty().kind().ordinal());
        job.put(Job.COEFFICIENTS, plan.coefficients().ordinal());
        job.put(Job.EDGE, plan.edge().ordinal());
        job.put(Job.PARAMETER, plan.penalty().parameter());
        double[] color = plan.color().matrix();
        for (int i = 0; i < color.length; i++) {
            job.put(Job.COLOR + 8 * i, color[i]);
        }
        place(job, plan, 0, 0);
        return job;
    }

    /** Lays the grid over the images. */
    private static void place(Job job, Plan plan, int dy, int dx) {
        job.put(Job.ROWS, plan.rows(dy));
        job.put(Job.COLUMNS, plan.columns(dx));
        job.put(Job.START_Y, plan.start(dy));
        job.put(Job.START_X, plan.start(dx));
    }

    /** A gradient in 16 bits is rounded once: by the kernels where there is one grid and they store that type. */
    private static boolean rounds(Plan plan) {
        DataType output = plan.place().output();
        return output != DataType.FLOAT32
                && (plan.grids() > 1 || output != plan.place().input());
    }

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    private void allocate() {
        constants = allocations.memory(folded.capacity());
        DeviceMemory workspace = allocations.memory(CudaKernels.workspaceBytes(job.bytes));
        results = allocations.memory((double) Double.BYTES * (1 + plan.n()));
        job.put(Job.CONSTANTS, constants.address());
        job.put(Job.WORKSPACE, workspace.address());
        if (plan.reduction() == Reduction.PER_SAMPLE) {
            long bytes = (long) Float.BYTES * plan.n();
            factors = allocations.memory(bytes);
            factorsOut = allocations.pinned(FACTOR_SLOTS * bytes);
            factorsSent = allocations.event();
        }
        if (host) {
            staging = allocations.staging(plan.pixels());
            prediction = copy();
            target = copy();
            gradient = copy();
        } else if (rounds) {
            sums = allocations.memory(Float.BYTES * plan.pixels());
        }
        Cuda.fill(workspace.address(), 0, workspace.bytes(), device, Cuda.DEFAULT_STREAM);
        // The first run may be on a stream that does not wait for this one.
        Cuda.synchronizeStream(device, Cuda.DEFAULT_STREAM);
    }

    private Copy copy() {
        DeviceMemory memory = allocations.memory(Float.BYTES * plan.pixels());
        return new Copy(memory, memory.image(DataType.FLOAT32, plan.n(), plan.c(), plan.h(), plan.w()));
    }

    @Override
    public void setWeights(double[] weights) {
        int block = plan.block();
        for (int i = 0; i < weights.length; i++) {
            double vertical = plan.scaling().axisFactor(i / block % block, block);
            scaled[i] = weights[i] * vertical * plan.scaling().axisFactor(i % block, block);
        }
        Cuda.foldWeights(job, scaled, folded);
        Cuda.copyFrom(folded, constants.address(), folded.capacity(), device, lastStream());
        factorCalls = 0;
    }

    /** The stream of the last run, which has not been closed. */
    private long lastStream() {
        Lifetime.checkOpen(stream.owner());
        return stream.value();
    }

    @Override
    public void run(LossCall call) {
        check(call);
        boolean first = !call.accumulateLoss;
        if (first) {
            addsToViews = call.accumulateGradient;
        }
        place(job, plan, call.dy, call.dx);
        double scale = plan.scale(call.dy, call.dx);
        job.put(Job.SCALE, scale * call.upstream);
        job.put(Job.LOSS_SCALE, scale);
        job.put(Job.SAMPLE_SCALE, plan.sampleScale(call.dy, call.dx));
        job.put(Job.UPSTREAM, call.upstreamAt.value());
        job.put(Job.SAMPLE_FACTORS, call.sampleUpstream == null ? 0 : sendFactors(call));
        job.put(Job.LOSS, orResults(call.lossAt, 0));
        job.put(Job.PER_SAMPLE, orResults(call.perSampleAt, Double.BYTES));
        job.put(Job.MAP, call.blockMap == null ? 0 : mapMemory());
        job.put(Job.SPECTRUM, call.spectrum == null ? 0 : spectrumMemory());
        // Sums are overwritten by the first grid; what the views hold is added when they are rounded.
        boolean adds = call.accumulateGradient && !(rounds && first);
        job.put(Job.FLAGS, (adds ? Job.ACCUMULATE : 0) | (first ? 0 : Job.ACCUMULATE_LOSS));
        if (host) {
            runOnCopies(call, first);
        } else {
            runOnViews(call);
        }
        ran = true;
        stream = call.stream;
        lossAt = call.lossAt;
        perSampleAt = call.perSampleAt;
        if (call.blockMap != null) {
            map.copyTo(call.blockMap, CudaStream.of(device, stream.value()));
        }
        if (call.spectrum != null) {
            addUpSpectrum(call.spectrum, (double) plan.n() * plan.rows(call.dy) * plan.columns(call.dx));
        }
        // CUDA has nothing but addresses: keeps this memory, and the call's views with what owns theirs.
        Reference.reachabilityFence(this);
    }

    /** Refuses what only this backend can tell to be wrong, before anything is queued; notes what a recording needs. */
    private void check(LossCall call) {
        Lifetime.checkOpen(call.stream.owner());
        Recording.checkStream(device, call.stream.value());
        if (!host) {
            addresses.check(Addresses.Place.PREDICTION, call.prediction);
            addresses.check(Addresses.Place.TARGET, call.target);
            addresses.check(Addresses.Place.GRADIENT, call.gradient);
            addresses.check(Addresses.Place.TARGET_GRADIENT, call.targetGradient);
            addresses.check(Addresses.Place.UPSTREAM, call.upstreamAt);
            addresses.check(Addresses.Place.LOSS, call.lossAt);
            addresses.check(Addresses.Place.PER_SAMPLE, call.perSampleAt);
        }
        Recording.needs(allocations, allocations);
    }

    private long orResults(Handle place, int offset) {
        return place.value() == 0 ? results.address() + offset : place.value();
    }

    private void runOnViews(LossCall call) {
        job.put(Job.PREDICTION, call.prediction);
        job.put(Job.TARGET, call.target);
        long stream = call.stream.value();
        if (!rounds || call.gradient == null && call.targetGradient == null) {
            job.put(Job.GRADIENT, call.gradient);
            job.put(Job.TARGET_GRADIENT, call.targetGradient);
            Cuda.loss(job, device, stream);
            return;
        }
        if (call.targetGradient != null && targetSums == null) {
            targetSums = allocations.memory(Float.BYTES * plan.pixels());
        }
        long sumsAddress = call.gradient == null ? 0 : sums.address();
        long targetSumsAddress = call.targetGradient == null ? 0 : targetSums.address();
        putSums(Job.GRADIENT, sumsAddress);
        putSums(Job.TARGET_GRADIENT, targetSumsAddress);
        Cuda.loss(job, device, stream);
        if (call.last) {
            job.put(Job.OUTPUT, plan.place().output().ordinal());
            job.put(Job.FLAGS, addsToViews ? Job.ACCUMULATE : 0);
            job.put(Job.GRADIENT, call.gradient);
            job.put(Job.TARGET_GRADIENT, call.targetGradient);
            try {
                Cuda.roundGradients(job, sumsAddress, targetSumsAddress, device, stream);
            } finally {
                job.put(Job.OUTPUT, DataType.FLOAT32.ordinal());
            }
        }
    }

    private void putSums(int field, long address) {
        job.put(field, address);
        job.put(field + 8, (long) plan.c() * plan.h() * plan.w());
        job.put(field + 16, (long) plan.h() * plan.w());
        job.put(field + 24, (long) plan.w());
        job.put(field + 32, 1L);
    }

    /** Images go to the device with the first grid, gradients come back with the last. */
    private void runOnCopies(LossCall call, boolean first) {
        if (call.targetGradient != null && targetGradient == null) {
            targetGradient = copy();
        }
        if (first) {
            staging.upload(call.prediction, prediction.memory);
            staging.upload(call.target, target.memory);
            if (call.accumulateGradient && call.gradient != null) {
                staging.upload(call.gradient, gradient.memory);
            }
            if (call.accumulateGradient && call.targetGradient != null) {
                staging.upload(call.targetGradient, targetGradient.memory);
            }
        }
        job.put(Job.PREDICTION, prediction.image);
        job.put(Job.TARGET, target.image);
        job.put(Job.GRADIENT, call.gradient == null ? null : gradient.image);
        job.put(Job.TARGET_GRADIENT, call.targetGradient == null ? null : targetGradient.image);
        Cuda.loss(job, device, Cuda.DEFAULT_STREAM);
        if (call.last) {
            if (call.gradient != null) {
                staging.download(gradient.memory, call.gradient);
            }
            if (call.targetGradient != null) {
                staging.download(targetGradient.memory, call.targetGradient);
            }
        }
    }

    /** Queues the copy of the samples' factors from a slot that no copy under way reads; gives their address. */
    private long sendFactors(LossCall call) {
        long to = call.stream.value();
        // A graph of any library: it would copy, at each launch, what its slot holds by then.
        if (Cuda.isCapturing(device, to, capturing)) {
            throw new IllegalStateException("upstream factors: got one per sample in a call that is recorded into a"
                    + " graph, allowed one at a device address (upstreamAt)");
        }
        if (factorCalls == FACTOR_SLOTS) {
            factorsSent.synchronize();
            factorCalls = 0;
        }
        long at = factorCalls * factors.bytes();
        factorsOut.put(at, call.sampleUpstream);
        Cuda.copy(factors.address(), factorsOut.address() + at, factors.bytes(), device, to);
        Cuda.recordEvent(factorsSent.handle(), device, to);
        factorCalls++;
        return factors.address();
    }

    private long mapMemory() {
        if (map == null) {
            map = allocations.memory((double) Float.BYTES * plan.n() * plan.c() * plan.mostRows() * mostColumns());
        }
        return map.address();
    }

    private double mostColumns() {
        return plan.blocks(plan.block() - 1, plan.w()) + 1;
    }

    private long spectrumMemory() {
        if (spectrum == null) {
            spectrumSums = new double[plan.n() * plan.c() * bins];
            spectrum = allocations.memory((double) Double.BYTES * spectrumSums.length);
        }
        return spectrum.address();
    }

    private void addUpSpectrum(double[] out, double blocks) {
        spectrum.copyTo(spectrumSums, CudaStream.of(device, stream.value()));
        Arrays.fill(out, 0);
        for (int i = 0; i < spectrumSums.length; i++) {
            out[i / bins % plan.c() * bins + i % bins] += spectrumSums[i];
        }
        for (int f = 0; f < out.length; f++) {
            out[f] /= blocks;
        }
    }

    @Override
    public double loss() {
        if (!ran) {
            return 0;
        }
        Lifetime.checkOpen(lossAt.owner());
        Cuda.copyTo(lossOut, orResults(lossAt, 0), Double.BYTES, device, lastStream());
        factorCalls = 0;
        Reference.reachabilityFence(this);
        return lossOut.getDouble(0);
    }

    @Override
    public void perSample(double[] out) {
        if (!ran) {
            Arrays.fill(out, 0);
            return;
        }
        Lifetime.checkOpen(perSampleAt.owner());
        Cuda.copyTo(perSampleOut, orResults(perSampleAt, Double.BYTES), perSampleOut.capacity(), device, lastStream());
        factorCalls = 0;
        for (int i = 0; i < out.length; i++) {
            out[i] = perSampleOut.getDouble(Double.BYTES * i);
        }
        Reference.reachabilityFence(this);
    }

    @Override
    public void close() {
        allocations.close();
    }
}

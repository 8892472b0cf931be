package org.dctloss.jni;

import java.lang.ref.Reference;
import java.nio.DoubleBuffer;
import org.dctloss.ImageBatch;
import org.dctloss.spi.LossCall;
import org.dctloss.spi.Plan;
import org.dctloss.spi.StripSession;
import org.dctloss.spi.Workers;

/** Workspace and weights of one plan for the C++ kernels. */
final class NativeSession extends StripSession {
    private final Machine machine;
    private final int blockRows;
    private final int bins;

    // The numbers of the workspace: sums of block rows, factors of samples, weights.
    private final int scalesAt;
    private final int weightsAt;

    // What lies outside the heap; gone after close().
    private Workspace workspace;
    private DoubleBuffer numbers;
    private NativeMemory spectrum;

    /** Copies of what C++ has summed. */
    private final double[] sums;

    private double[] spectrumSums;

    // The run at hand, set before the workers start.
    private LossCall call;
    private boolean arrays;

    NativeSession(Plan plan, Workers workers, Machine machine) {
        super(plan, workers);
        this.machine = machine;
        bins = plan.block() * plan.block();
        blockRows = plan.n() * plan.c() * plan.mostRows();
        scalesAt = blockRows;
        weightsAt = scalesAt + plan.n();
        sums = new double[blockRows];
        long itemPixels = (long) plan.planes() * plan.w() * plan.block();
        workspace = new Workspace(job(plan, machine), threads, itemPixels, weightsAt + plan.tables() * bins);
        numbers = workspace.numbers();
        workspace.job.put(Job.SUMS, workspace.addressOf(0));
    }

    private static Job job(Plan plan, Machine machine) {
        Job job = new Job(machine.used(), plan.n(), plan.c(), plan.h(), plan.w(), plan.block());
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
        return job;
    }

    @Override
    public void setWeights(double[] weights) {
        workspace.setWeights(weights, numbers, weightsAt, plan.block(), plan.scaling());
    }

    @Override
    protected void prepare(LossCall call, double scale) {
        this.call = call;
        arrays = call.blockMap != null || isArray(call.prediction) || isArray(call.target);
        arrays |= isArray(call.gradient) || isArray(call.targetGradient);
        int views = 2 + (call.gradient == null ? 0 : 1) + (call.targetGradient == null ? 0 : 1);
        int flags = call.accumulateGradient ? Job.ACCUMULATE : 0;
        flags |= call.gradient == null ? 0 : Job.WANTS_GRADIENT;
        flags |= call.targetGradient == null ? 0 : Job.WANTS_TARGET_GRADIENT;
        flags |= call.blockMap == null ? 0 : Job.WANTS_MAP;
        double bytes = (double) Float.BYTES * views * plan.pixels();
        flags |= machine.prefetches(bytes) ? Job.PREFETCH : 0;
        flags |= machine.streams(bytes) ? Job.STREAM : 0;
        Job job = workspace.job;
        job.put(Job.ROWS, plan.rows(call.dy));
        job.put(Job.COLUMNS, plan.columns(call.dx));
        job.put(Job.START_Y, plan.start(call.dy));
        job.put(Job.START_X, plan.start(call.dx));
        job.put(Job.FLAGS, flags);
        job.put(Job.SCALE, scale * call.upstream);
        job.put(Job.SAMPLE_SCALES, call.sampleUpstream == null ? 0 : workspace.addressOf(scalesAt));
        if (call.sampleUpstream != null) {
            for (int i = 0; i < plan.n(); i++) {
                numbers.put(scalesAt + i, call.sampleUpstream[i]);
            }
        }
        job.put(Job.SPECTRUM, call.spectrum == null ? 0 : clearedSpectrum());
        job.put(Job.PREDICTION, call.prediction);
        job.put(Job.TARGET, call.target);
        job.put(Job.GRADIENT, call.gradient);
        job.put(Job.TARGET_GRADIENT, call.targetGradient);
    }

    private static boolean isArray(ImageBatch view) {
        return view != null && view.array() != null;
    }

    private static float[] arrayOf(ImageBatch view) {
        return view == null ? null : view.array();
    }

    /** Address of the sums per frequency, which are made when first asked for. */
    private long clearedSpectrum() {
        if (spectrum == null) {
            spectrumSums = new double[plan.n() * plan.c() * bins];
            spectrum = new NativeMemory(8L * spectrumSums.length);
        }
        for (int i = 0; i < spectrumSums.length; i++) {
            spectrum.bytes.putDouble(8 * i, 0);
        }
        return spectrum.address;
    }

    @Override
    protected void process(int from, int to, int worker) {
        long job = workspace.job.address;
        long scratch = workspace.scratch(worker);
        if (arrays) {
            float[] p = arrayOf(call.prediction);
            float[] t = arrayOf(call.target);
            float[] g = arrayOf(call.gradient);
            float[] tg = arrayOf(call.targetGradient);
            int most = workspace.criticalItems;
            for (int i = from; i < to; i += most) {
                int end = Math.min(to, i + most);
                int code = NativeKernels.lossStripsOfArrays(job, i, end, scratch, p, t, g, tg, call.blockMap);
                NativeCode.check("loss_strips", code, true);
            }
        } else {
            int code = NativeKernels.lossStrips(job, from, to, scratch, 0, 0, 0, 0, 0);
            NativeCode.check("loss_strips", code, false);
        }
        // C++ has nothing but addresses: keeps the workspace, and the call's views with what owns their memory.
        Reference.reachabilityFence(this);
    }

    @Override
    protected double[] sums() {
        numbers.get(0, sums, 0, plan.n() * plan.c() * plan.rows(call.dy));
        return sums;
    }

    @Override
    protected double[] spectrumSums() {
        for (int i = 0; i < spectrumSums.length; i++) {
            spectrumSums[i] = spectrum.bytes.getDouble(8 * i);
        }
        return spectrumSums;
    }

    @Override
    public void close() {
        workspace = null;
        numbers = null;
        spectrum = null;
    }
}

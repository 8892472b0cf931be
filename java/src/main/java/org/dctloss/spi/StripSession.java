package org.dctloss.spi;

import java.util.Arrays;

/**
 * What the sessions of all CPU backends share: block rows go to the workers; every block row of every plane has a sum
 * of its own, and sums are added in index order, so results do not depend on the number of threads.
 */
public abstract class StripSession implements Session {
    protected final Plan plan;
    /** Threads that may take part; numbers of workers stay below it. */
    protected final int threads;

    private final Workers workers;
    private final Workers.Job job = this::runUnits;
    private int itemsPerUnit;
    private double loss;
    private final double[] perSample;

    protected StripSession(Plan plan, Workers workers) {
        this.plan = plan;
        this.workers = workers;
        threads = workers.useful(plan.pixels());
        perSample = new double[plan.n()];
    }

    /**
     * Takes in the run at hand, before the workers start.
     *
     * @param scale the one output scale; gradients are also multiplied with the call's upstream factors
     */
    protected abstract void prepare(LossCall call, double scale);

    /**
     * Does items {@code from} .. {@code to - 1}. An item is a block row, of all planes that a pixel's rotation needs;
     * those of one plane follow each other.
     */
    protected abstract void process(int from, int to, int worker);

    /** Sums of penalties of the run that has ended, order (n, c, row); may be longer. */
    protected abstract double[] sums();

    /** Its sums of penalties per frequency, order (n, c, u, v); asked for only if the call wants a spectrum. */
    protected abstract double[] spectrumSums();

    @Override
    public final void run(LossCall call) {
        int rows = plan.rows(call.dy);
        double scale = plan.scale(call.dy, call.dx);
        prepare(call, scale);
        // A reflected copy can lie a block row away from its pixel, and a spectrum is summed plane by plane: then a
        // plane is done by one worker.
        itemsPerUnit = plan.reflects(call.dy, call.dx) || call.spectrum != null ? rows : 1;
        workers.share(plan.n() * plan.c() / plan.planes() * rows / itemsPerUnit, threads, job);
        addUp(call, rows, scale);
        if (call.spectrum != null) {
            addUpSpectrum(call.spectrum, (double) plan.n() * rows * plan.columns(call.dx));
        }
    }

    private void runUnits(int from, int to, int worker) {
        process(from * itemsPerUnit, to * itemsPerUnit, worker);
    }

    private void addUp(LossCall call, int rows, double scale) {
        double sampleScale = plan.sampleScale(call.dy, call.dx);
        if (!call.accumulateLoss) {
            loss = 0;
            Arrays.fill(perSample, 0);
        }
        double[] sums = sums();
        double total = 0;
        for (int n = 0, i = 0; n < plan.n(); n++) {
            double sum = 0;
            for (int end = i + plan.c() * rows; i < end; i++) {
                sum += sums[i];
            }
            perSample[n] += sum * sampleScale;
            total += sum;
        }
        loss += total * scale;
    }

    private void addUpSpectrum(double[] spectrum, double blocks) {
        int bins = plan.block() * plan.block();
        double[] sums = spectrumSums();
        Arrays.fill(spectrum, 0);
        for (int i = 0; i < plan.n() * plan.c(); i++) {
            int c = i % plan.c();
            for (int f = 0; f < bins; f++) {
                spectrum[c * bins + f] += sums[i * bins + f];
            }
        }
        for (int f = 0; f < plan.c() * bins; f++) {
            spectrum[f] /= blocks;
        }
    }

    @Override
    public final double loss() {
        return loss;
    }

    @Override
    public final void perSample(double[] out) {
        System.arraycopy(perSample, 0, out, 0, perSample.length);
    }
}

package org.dctloss.jni;

import java.lang.ref.Reference;
import java.util.Arrays;
import org.dctloss.Edge;
import org.dctloss.ImageBatch;
import org.dctloss.spi.TransformPlan;
import org.dctloss.spi.TransformSession;
import org.dctloss.spi.Workers;

/** The block transform in C++: block rows go to the workers. */
final class NativeTransformSession implements TransformSession {
    private final Workers workers;
    private final int threads;
    private final int items;
    private final Workers.Job work = this::process;
    /** Outside the heap; gone after close(). */
    private Workspace workspace;

    // The run at hand, set before the workers start.
    private ImageBatch from;
    private ImageBatch to;

    NativeTransformSession(TransformPlan plan, Workers workers, Machine machine) {
        this.workers = workers;
        int block = plan.block();
        int rows = plan.h() / block;
        double pixels = (double) plan.n() * plan.c() * plan.h() * plan.w();
        threads = workers.useful(pixels);
        items = plan.n() * plan.c() * rows;
        Job job = new Job(machine.used(), plan.n(), plan.c(), plan.h(), plan.w(), block);
        job.put(Job.PLANES, 1);
        job.put(Job.TABLES, 1);
        job.put(Job.EDGE, Edge.CROP.ordinal());
        job.put(Job.ROWS, rows);
        job.put(Job.COLUMNS, plan.w() / block);
        workspace = new Workspace(job, threads, (long) plan.w() * block, block * block);
        double[] ones = new double[block * block];
        Arrays.fill(ones, 1);
        workspace.setWeights(ones, workspace.numbers(), 0, block, plan.scaling());
    }

    @Override
    public void forward(ImageBatch pixels, ImageBatch coefficients) {
        run(pixels, coefficients, 0);
    }

    @Override
    public void inverse(ImageBatch coefficients, ImageBatch pixels) {
        run(coefficients, pixels, Job.INVERSE);
    }

    private void run(ImageBatch in, ImageBatch out, int inverse) {
        from = in;
        to = out;
        workspace.job.put(Job.FLAGS, inverse);
        workspace.job.put(Job.PREDICTION, in);
        workspace.job.put(Job.GRADIENT, out);
        workers.share(items, threads, work);
        from = null;
        to = null;
    }

    private void process(int first, int end, int worker) {
        long job = workspace.job.address;
        long scratch = workspace.scratch(worker);
        float[] in = from.array();
        float[] out = to.array();
        boolean arrays = in != null || out != null;
        int most = arrays ? workspace.criticalItems : end - first;
        for (int i = first; i < end; i += most) {
            int code = arrays
                    ? NativeKernels.transformStripsOfArrays(job, i, Math.min(end, i + most), scratch, in, out)
                    : NativeKernels.transformStrips(job, first, end, scratch, 0, 0);
            NativeCode.check("transform_strips", code, arrays);
        }
        // C++ has nothing but addresses: keeps the workspace, and the views with what owns their memory.
        Reference.reachabilityFence(this);
    }

    @Override
    public void close() {
        workspace = null;
    }
}

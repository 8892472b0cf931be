package org.dctloss.purejava;

import org.dctloss.Edge;
import org.dctloss.ImageBatch;
import org.dctloss.spi.TransformPlan;
import org.dctloss.spi.TransformSession;
import org.dctloss.spi.Workers;

/** The block transform in Java: block rows go to the workers. */
final class JavaTransformSession implements TransformSession {
    private final Grid grid;
    private final Workers workers;
    private final TransformStrips[] strips;
    private final Workers.Job job = this::runItems;

    JavaTransformSession(TransformPlan plan, Workers workers) {
        this.workers = workers;
        grid = new Grid(plan.n(), plan.c(), plan.h(), plan.w(), plan.block(), Edge.CROP, 1);
        grid.rows = plan.h() / plan.block();
        grid.columns = plan.w() / plan.block();
        double pixels = (double) plan.n() * plan.c() * plan.h() * plan.w();
        strips = new TransformStrips[workers.useful(pixels)];
        for (int i = 0; i < strips.length; i++) {
            strips[i] = new TransformStrips(grid, plan.scaling());
        }
    }

    @Override
    public void forward(ImageBatch pixels, ImageBatch coefficients) {
        run(pixels, coefficients, false);
    }

    @Override
    public void inverse(ImageBatch coefficients, ImageBatch pixels) {
        run(coefficients, pixels, true);
    }

    private void run(ImageBatch in, ImageBatch out, boolean inverse) {
        for (TransformStrips strip : strips) {
            strip.prepare(in, out, inverse);
        }
        workers.share(grid.items(), strips.length, job);
        for (TransformStrips strip : strips) {
            strip.prepare(null, null, inverse);
        }
    }

    private void runItems(int from, int to, int worker) {
        strips[worker].process(from, to);
    }

    @Override
    public void close() {
        // Heap memory only.
    }
}

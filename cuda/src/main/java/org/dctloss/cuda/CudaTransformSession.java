package org.dctloss.cuda;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.dctloss.DataType;
import org.dctloss.Edge;
import org.dctloss.ImageBatch;
import org.dctloss.spi.Handle;
import org.dctloss.spi.TransformPlan;
import org.dctloss.spi.TransformSession;

/** The block transform on one device. */
final class CudaTransformSession implements TransformSession {
    private final TransformPlan plan;
    private final int device;
    private final Job job;
    private final boolean host;
    private final Allocations allocations;
    private final Addresses addresses;
    private Handle stream = Handle.NONE;
    private boolean waits = true;

    // For images in host memory, in place; else null.
    private Staging staging;
    private DeviceMemory copy;
    private ImageBatch copyImage;

    CudaTransformSession(TransformPlan plan, int device) {
        this.plan = plan;
        this.device = device;
        host = plan.place().device() < 0;
        job = job(plan);
        allocations = new Allocations(device);
        addresses = new Addresses(device);
        try {
            allocate((double) plan.n() * plan.c() * plan.h() * plan.w());
        } catch (RuntimeException | Error thrown) {
            close();
            throw thrown;
        }
    }

    private void allocate(double pixels) {
        DeviceMemory constants = allocations.memory(CudaKernels.constantsBytes(job.bytes));
        constants.copyFrom(folded());
        job.put(Job.CONSTANTS, constants.address());
        job.put(
                Job.WORKSPACE,
                allocations.memory(CudaKernels.workspaceBytes(job.bytes)).address());
        if (host) {
            copy = allocations.memory(Float.BYTES * pixels);
            copyImage = copy.image(DataType.FLOAT32, plan.n(), plan.c(), plan.h(), plan.w());
            staging = allocations.staging(pixels);
        }
    }

    /** A job of the plan's shape; addresses and direction are zero. */
    static Job job(TransformPlan plan) {
        int block = plan.block();
        Job job = new Job(
                plan.n(),
                plan.c(),
                plan.h(),
                plan.w(),
                block,
                plan.place().input(),
                plan.place().output());
        job.put(Job.PLANES, 1);
        job.put(Job.TABLES, 1);
        job.put(Job.EDGE, Edge.CROP.ordinal());
        job.put(Job.ROWS, plan.h() / block);
        job.put(Job.COLUMNS, plan.w() / block);
        return job;
    }

    /** The factors of the scaling, as the kernels want them. */
    private ByteBuffer folded() {
        int block = plan.block();
        double[] factors = new double[block * block];
        for (int i = 0; i < factors.length; i++) {
            factors[i] =
                    plan.scaling().axisFactor(i / block, block) * plan.scaling().axisFactor(i % block, block);
        }
        int size = Math.toIntExact(CudaKernels.constantsBytes(job.bytes));
        ByteBuffer folded = ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder());
        Cuda.foldWeights(job, factors, folded);
        return folded;
    }

    @Override
    public void queueOn(Handle stream) {
        this.stream = stream;
        waits = false;
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
        Lifetime.checkOpen(stream.owner());
        Recording.checkStream(device, stream.value());
        Recording.needs(allocations, allocations);
        job.put(Job.FLAGS, inverse);
        if (host) {
            staging.upload(in, copy);
            queue(copyImage, copyImage);
            staging.download(copy, out);
        } else {
            addresses.check(inverse == 0 ? Addresses.Place.PIXELS : Addresses.Place.COEFFICIENTS, in);
            addresses.check(inverse == 0 ? Addresses.Place.COEFFICIENTS : Addresses.Place.PIXELS, out);
            queue(in, out);
            if (waits) {
                Cuda.synchronizeStream(device, stream.value());
            }
        }
        // CUDA has nothing but addresses: keeps this memory, and the views with what owns theirs.
        Reference.reachabilityFence(this);
        Reference.reachabilityFence(in);
        Reference.reachabilityFence(out);
    }

    private void queue(ImageBatch in, ImageBatch out) {
        job.put(Job.PREDICTION, in);
        job.put(Job.GRADIENT, out);
        Cuda.transform(job, device, stream.value());
    }

    @Override
    public void close() {
        allocations.close();
    }
}

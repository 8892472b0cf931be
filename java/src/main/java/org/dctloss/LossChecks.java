package org.dctloss;

import java.util.Objects;
import org.dctloss.spi.Plan;
import org.dctloss.spi.TransformPlan.Place;

/** What a user can get wrong in a call, said in one sentence before any work: what, got, allowed. */
final class LossChecks {
    /** Keeps block counts and positions inside 32 bits, padding included. */
    static final int LARGEST_SIDE = 1 << 30;

    /** Every block row has a sum of its own: 1 GiB of them. */
    private static final int MOST_BLOCK_ROWS = 1 << 27;

    private LossChecks() {}

    static void notNull(String name, Object view) {
        if (view == null) {
            throw new NullPointerException(name + ": got null, allowed an ImageBatch");
        }
    }

    /** A gradient is asked for with respect to one image at least. */
    static void oneGradient(ImageBatch gradient, ImageBatch targetGradient) {
        if (gradient == null && targetGradient == null) {
            throw new NullPointerException("gradient: got null, allowed an ImageBatch for it or for the target's");
        }
    }

    /** Where two inputs and the outputs, which may be null, live. */
    static Place place(ImageBatch prediction, ImageBatch target, ImageBatch gradient, ImageBatch targetGradient) {
        boolean addresses = anyAddress(prediction, target, gradient, targetGradient);
        return new Place(addresses, prediction.device(), prediction.dataType(), outputType(gradient, targetGradient));
    }

    /** Data type of the outputs; float32 where none is asked for. */
    static DataType outputType(ImageBatch gradient, ImageBatch targetGradient) {
        ImageBatch output = gradient == null ? targetGradient : gradient;
        return output == null ? DataType.FLOAT32 : output.dataType();
    }

    /** Whether one of the views, each of which may be null, is a raw address of this process. */
    static boolean anyAddress(ImageBatch a, ImageBatch b, ImageBatch c, ImageBatch d) {
        return isAddress(a) || isAddress(b) || isAddress(c) || isAddress(d);
    }

    private static boolean isAddress(ImageBatch view) {
        return view != null && view.memory() == ImageBatch.Memory.ADDRESS;
    }

    static void shape(int n, int c, int h, int w, int block) {
        side("height", h);
        side("width", w);
        double blockRows = (double) n * c * (((long) h + 2L * block - 2) / block);
        if (blockRows > MOST_BLOCK_ROWS) {
            throw new IllegalArgumentException("batch: got " + n + "x" + c + "x" + h + "x" + w + " with "
                    + (long) blockRows + " block rows, allowed " + MOST_BLOCK_ROWS + " or fewer");
        }
    }

    private static void side(String name, int size) {
        if (size > LARGEST_SIDE) {
            throw new IllegalArgumentException(name + ": got " + size + ", allowed 1 to " + LARGEST_SIDE);
        }
    }

    static void options(Plan plan, LossOptions options) {
        Objects.requireNonNull(options, "options: got null, allowed LossOptions");
        int block = plan.block();
        if (options.dy() < 0 || options.dy() >= block || options.dx() < 0 || options.dx() >= block) {
            throw new IllegalArgumentException("offset: got (" + options.dy() + ", " + options.dx() + "), allowed 0 to "
                    + (block - 1) + " for block size " + block);
        }
        if (options.sampleUpstream() != null) {
            if (plan.reduction() != Reduction.PER_SAMPLE) {
                throw new IllegalArgumentException(
                        "upstream factors per sample: got reduction " + plan.reduction() + ", allowed PER_SAMPLE");
            }
            sampleCount("upstream factors", options.sampleUpstream().length, plan.n());
        }
        if (options.perSample() != null) {
            sampleCount("per-sample values", options.perSample().length, plan.n());
        }
        if (plan.place().device() < 0) {
            deviceAlone("stream", options.stream().value());
            deviceAlone("upstream factor", options.upstreamAt().value());
            deviceAlone("loss", options.lossAt().value());
            deviceAlone("per-sample values", options.perSampleAt().value());
        }
        if (plan.edge() == Edge.CROP) {
            completeBlocks(plan, options);
        }
    }

    private static void deviceAlone(String name, long handle) {
        if (handle != 0) {
            throw new IllegalArgumentException(name + ": got 0x" + Long.toHexString(handle)
                    + " of a device for views in host memory, allowed only with views in device memory");
        }
    }

    private static void sampleCount(String name, int got, int samples) {
        if (got != samples) {
            throw new IllegalArgumentException(
                    name + ": got " + got + " numbers, allowed one for each of " + samples + " samples");
        }
    }

    /** Every shifted grid needs a complete block: an axis has one at each of its offsets, or some grid has none. */
    private static void completeBlocks(Plan plan, LossOptions options) {
        int block = plan.block();
        int shifts = (int) Math.round(Math.sqrt(plan.grids()));
        for (int i = 0; i < shifts; i++) {
            int dy = (options.dy() + i * (block / shifts)) % block;
            int dx = (options.dx() + i * (block / shifts)) % block;
            if (plan.rows(dy) == 0 || plan.columns(dx) == 0) {
                throw new IllegalArgumentException("image: got " + plan.h() + "x" + plan.w()
                        + " pixels with edge CROP, allowed sizes that hold a complete " + block + "x" + block
                        + " block at offset " + (plan.rows(dy) == 0 ? dy : dx));
            }
        }
    }

    static void views(
            Plan plan,
            Overlap overlap,
            ImageBatch prediction,
            ImageBatch target,
            ImageBatch gradient,
            ImageBatch targetGradient) {
        notNull("prediction", prediction);
        notNull("target", target);
        input("prediction", prediction, plan);
        input("target", target, plan);
        output("gradient", gradient, plan, overlap);
        output("target gradient", targetGradient, plan, overlap);
        apart("gradient", gradient, "prediction", prediction, overlap);
        apart("gradient", gradient, "target", target, overlap);
        apart("target gradient", targetGradient, "prediction", prediction, overlap);
        apart("target gradient", targetGradient, "target", target, overlap);
        apart("target gradient", targetGradient, "gradient", gradient, overlap);
    }

    private static void input(String name, ImageBatch view, Plan plan) {
        member(name, view, plan.n(), plan.c(), plan.h(), plan.w(), plan.place());
        if (view.dataType() != plan.place().input()) {
            throw new IllegalArgumentException(name + ": got " + view.dataType() + ", allowed "
                    + plan.place().input() + " like the other input");
        }
    }

    private static void output(String name, ImageBatch view, Plan plan, Overlap overlap) {
        if (view == null) {
            return;
        }
        member(name, view, plan.n(), plan.c(), plan.h(), plan.w(), plan.place());
        if (view.dataType() != plan.place().output()) {
            throw new IllegalArgumentException(name + ": got " + view.dataType() + ", allowed "
                    + plan.place().output() + " as this session was opened for");
        }
        writable(name, view, overlap);
    }

    static void member(String name, ImageBatch view, int n, int c, int h, int w, Place place) {
        if (view.n() != n || view.c() != c || view.h() != h || view.w() != w) {
            throw new IllegalArgumentException(name + ": got shape " + view.shape() + ", allowed " + n + "x" + c + "x"
                    + h + "x" + w + " (N x C x H x W)");
        }
        if (view.device() != place.device()) {
            throw new IllegalArgumentException(name + ": got " + where(view.device()) + ", allowed "
                    + where(place.device()) + " like the other views (nothing is copied between them silently)");
        }
        if (view.memory() == ImageBatch.Memory.ADDRESS && !place.addresses()) {
            throw new IllegalArgumentException(
                    name + ": got a raw address, allowed arrays and buffers as this session was opened for");
        }
    }

    private static String where(int device) {
        return device < 0 ? "host memory" : "memory of device " + device;
    }

    static void writable(String name, ImageBatch view, Overlap overlap) {
        if (!view.isWritable()) {
            throw new IllegalArgumentException(name + ": got a read-only buffer, allowed a writable one");
        }
        if (overlap.within(view)) {
            throw new IllegalArgumentException(name + ": got strides " + view.strideN() + ", " + view.strideC() + ", "
                    + view.strideH() + ", " + view.strideW() + " for " + view.shape()
                    + ", where pixels share memory, allowed layouts that keep all pixels apart");
        }
    }

    /** Places on the device: what is written lies apart from all else that the call reads or writes. */
    static void places(
            Plan plan,
            LossOptions options,
            ImageBatch prediction,
            ImageBatch target,
            ImageBatch gradient,
            ImageBatch targetGradient) {
        long upstream = options.upstreamAt().value();
        long loss = options.lossAt().value();
        long samples = options.perSampleAt().value();
        long samplesBytes = (long) Double.BYTES * plan.n();
        if (loss != 0) {
            result("loss", loss, Double.BYTES, "prediction", prediction);
            result("loss", loss, Double.BYTES, "target", target);
            result("loss", loss, Double.BYTES, "gradient", gradient);
            result("loss", loss, Double.BYTES, "target gradient", targetGradient);
            result("loss", loss, Double.BYTES, "per-sample values", samples, samplesBytes);
            result("loss", loss, Double.BYTES, "upstream factor", upstream, Float.BYTES);
        }
        if (samples != 0) {
            result("per-sample values", samples, samplesBytes, "prediction", prediction);
            result("per-sample values", samples, samplesBytes, "target", target);
            result("per-sample values", samples, samplesBytes, "gradient", gradient);
            result("per-sample values", samples, samplesBytes, "target gradient", targetGradient);
            result("per-sample values", samples, samplesBytes, "upstream factor", upstream, Float.BYTES);
        }
        if (upstream != 0) {
            result("upstream factor", upstream, Float.BYTES, "gradient", gradient);
            result("upstream factor", upstream, Float.BYTES, "target gradient", targetGradient);
        }
    }

    private static void result(String name, long address, long bytes, String other, ImageBatch view) {
        if (view != null) {
            result(name, address, bytes, other, Overlap.start(view), Overlap.bytes(view));
        }
    }

    private static void result(String name, long address, long bytes, String other, long start, long size) {
        if (start != 0 && address < start + size && start < address + bytes) {
            throw new IllegalArgumentException(name + ": got device address 0x" + Long.toHexString(address)
                    + ", which overlaps the " + other + ", allowed memory of its own");
        }
    }

    static void apart(String name, ImageBatch output, String other, ImageBatch view, Overlap overlap) {
        if (output != null && view != null && overlap.between(output, view)) {
            throw new IllegalArgumentException(
                    name + ": got memory that overlaps the " + other + ", allowed memory of its own");
        }
    }
}

package org.dctloss.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.dctloss.DctLoss;
import org.dctloss.ImageBatch;
import org.dctloss.LossOptions;
import org.dctloss.LossSession;
import org.dctloss.Reduction;
import org.dctloss.pictures.CommandFailure;
import org.dctloss.pictures.OutputFiles;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dctloss eval}: the loss, its gradients and its maps on NumPy arrays. */
@Command(
        name = "eval",
        sortOptions = false,
        customSynopsis = "dctloss eval --prediction P.npy --target T.npy [OPTIONS]",
        description = "Compute the loss of NumPy arrays (float32, shape N,C,H,W), its gradients and maps. Outputs are "
                + "written all or none, as float32 arrays.",
        footer = {
            Main.EXAMPLES,
            "  dctloss eval --prediction prediction.npy --target target.npy",
            "  dctloss eval --prediction prediction.npy --target target.npy \\",
            "      --penalty charbonnier:0.001 --gradient gradient.npy",
            "    Writes the gradient, too, in the shape of the prediction.",
            "  dctloss eval --prediction prediction.npy --target target.npy \\",
            "      --weights weights.npy --reduction per-sample --json",
            "    A table of weights of your own, and a loss for each sample.",
        })
final class EvalCommand implements Runnable {
    @Option(names = "--prediction", required = true, paramLabel = "P.npy", description = "The images to judge.")
    private Path prediction;

    @Option(names = "--target", required = true, paramLabel = "T.npy", description = "What they should be.")
    private Path target;

    @Option(names = "--gradient", paramLabel = "G.npy", description = "Write d(loss)/d(prediction), N,C,H,W.")
    private Path gradient;

    @Option(names = "--target-gradient", paramLabel = "FILE", description = "Write d(loss)/d(target), N,C,H,W.")
    private Path targetGradient;

    @Option(
            names = "--block-map",
            paramLabel = "FILE",
            description = "Write the mean penalty of each block, N,C,rows,cols.")
    private Path blockMap;

    @Option(names = "--spectrum", paramLabel = "FILE", description = "Write the mean penalty of each frequency, C,B,B.")
    private Path spectrum;

    @Mixin
    private LossArguments arguments;

    @Mixin
    private Printing printing;

    @Override
    public void run() {
        DctLoss loss = arguments.loss();
        LossOptions options = arguments.call();
        List<Path> inputs = new ArrayList<>(arguments.files());
        inputs.add(prediction);
        inputs.add(target);
        try (OutputFiles outputs = new OutputFiles(inputs)) {
            declare(outputs, "--gradient", gradient);
            declare(outputs, "--target-gradient", targetGradient);
            declareMap(outputs, loss, "--block-map", blockMap);
            declareMap(outputs, loss, "--spectrum", spectrum);
            evaluate(loss, options, outputs);
        }
    }

    private static void declare(OutputFiles outputs, String option, Path file) {
        if (file != null) {
            outputs.declare(option, file);
        }
    }

    private static void declareMap(OutputFiles outputs, DctLoss loss, String option, Path file) {
        if (file != null && loss.stride() != loss.blockSize()) {
            throw CommandFailure.of(
                    option, "stride " + loss.stride(), "the block size " + loss.blockSize() + " (one grid)");
        }
        declare(outputs, option, file);
    }

    private void evaluate(DctLoss loss, LossOptions options, OutputFiles outputs) {
        ImageBatch p = NpyFile.readImages(prediction);
        ImageBatch t = NpyFile.readImages(target);
        if (!p.sameShape(t)) {
            throw CommandFailure.of(
                    target,
                    "shape " + t.shape() + " (N x C x H x W)",
                    p.shape() + " like the prediction " + prediction);
        }
        double[] samples = new double[p.n()];
        ImageBatch g = gradient == null ? null : like(p);
        ImageBatch tg = targetGradient == null ? null : like(p);
        double value;
        String backend;
        double seconds;
        try (LossSession session = loss.open(p, t, g == null ? tg : g)) {
            LossOptions call = options.perSample(samples);
            long start = System.nanoTime();
            value = g == null && tg == null ? session.forward(p, t, call) : session.backward(p, t, g, tg, call);
            seconds = (System.nanoTime() - start) * 1e-9;
            backend = session.backend();
        }
        write(outputs, gradient, g);
        write(outputs, targetGradient, tg);
        if (blockMap != null) {
            write(outputs, blockMap, loss.blockMap(p, t, options));
        }
        if (spectrum != null) {
            float[] values = toFloats(loss.spectrum(p, t, options));
            int block = loss.blockSize();
            outputs.write(spectrum, out -> NpyFile.write(out, values, p.c(), block, block));
        }
        outputs.commit();
        print(loss, loss.reduction() == Reduction.PER_SAMPLE ? samples : null, value, backend, seconds);
    }

    private static ImageBatch like(ImageBatch p) {
        return ImageBatch.of(new float[p.n() * p.c() * p.h() * p.w()], p.n(), p.c(), p.h(), p.w());
    }

    private static void write(OutputFiles outputs, Path file, ImageBatch batch) {
        if (file != null) {
            outputs.write(file, out -> NpyFile.write(out, batch.array(), batch.n(), batch.c(), batch.h(), batch.w()));
        }
    }

    private static float[] toFloats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    private void print(DctLoss loss, double[] samples, double value, String backend, double seconds) {
        boolean finite = samples == null
                ? Double.isFinite(value)
                : Arrays.stream(samples).allMatch(Double::isFinite);
        JsonObject json = new JsonObject();
        StringBuilder text = new StringBuilder();
        if (samples == null) {
            json.add("loss", Printing.number(value));
            text.append("loss           ").append(value).append('\n');
        } else {
            JsonArray values = new JsonArray();
            for (int n = 0; n < samples.length; n++) {
                values.add(Printing.number(samples[n]));
                text.append("loss of sample ")
                        .append(n)
                        .append("  ")
                        .append(samples[n])
                        .append('\n');
            }
            json.add("loss", values);
        }
        json.addProperty("finite", finite);
        json.addProperty("backend", backend);
        json.addProperty("seconds", seconds);
        json.addProperty("configuration", loss.toString());
        if (!finite) {
            text.append("finite         ")
                    .append(printing.bad("no: a pixel is NaN or infinite, or a sum overflowed"))
                    .append('\n');
        }
        text.append("backend        ").append(backend).append('\n');
        text.append("seconds        ").append(seconds).append(" (this one call)\n");
        text.append("configuration  ").append(loss).append('\n');
        printing.result(json, text.toString());
    }
}

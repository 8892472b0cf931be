package org.dctloss.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.dctloss.BackendChoice;
import org.dctloss.BackendException;
import org.dctloss.Backends;
import org.dctloss.DctLoss;
import org.dctloss.ImageBatch;
import org.dctloss.LossSession;
import org.dctloss.Mse;
import org.dctloss.pictures.CommandFailure;
import org.dctloss.pictures.OutputFiles;
import org.dctloss.pictures.Picture;
import org.dctloss.yardsticks.InterleavedTiming;
import org.dctloss.yardsticks.ParallelSubtraction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dctloss demo}: what the loss sees and MSE does not, in a table, pictures and a page. */
@Command(
        name = "demo",
        description =
                "Spoil a picture in five ways of equal MSE and show what MSE, PSNR, SSIM and the DCT loss make of "
                        + "it; check and time every backend. Writes PNGs and a page, index.html.")
final class DemoCommand implements Runnable {
    private static final String PAGE = "index.html";
    private static final int ERROR_GAIN = 4;
    private static final double FULL_CONTRAST = 0.995;

    private static final int SPEED_HEIGHT = 1080;
    private static final int SPEED_WIDTH = 1920;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            defaultValue = "dctloss-demo",
            description = "Folder to write to; it is made if needed. Default: ${DEFAULT-VALUE}.")
    private Path out;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "2",
            description = "How long to time the backends, after a warm-up of half of it. Default: ${DEFAULT-VALUE}.")
    private Double seconds;

    @Mixin
    private Printing printing;

    private final Map<Path, byte[]> files = new LinkedHashMap<>();
    private final DemoPage page = new DemoPage();
    private final JsonObject json = new JsonObject();
    private final StringBuilder text = new StringBuilder();

    @Override
    public void run() {
        if (!(seconds > 0 && seconds <= 60)) {
            throw CommandFailure.of("--seconds", seconds.toString(), "more than 0, up to 60");
        }
        try (OutputFiles outputs = new OutputFiles(List.of())) {
            outputs.makeFolder("--out", out);
            Picture original = SamplePicture.draw();
            List<Variant> variants = Variant.of(original);
            json.addProperty("out", out.toString());
            page.original(file("original", original));
            showVariants(original, variants);
            showBackends(original, variants);
            files.put(out.resolve(PAGE), page.html());
            files.keySet().forEach(file -> outputs.declare("--out", file));
            files.forEach((file, bytes) -> outputs.write(file, stream -> stream.write(bytes)));
            outputs.commit();
        }
        text.append("\nPage: ").append(out.resolve(PAGE)).append('\n');
        printing.result(json, text.toString());
    }

    private byte[] file(String name, Picture picture) {
        byte[] png = picture.png();
        files.put(out.resolve(name + ".png"), png);
        return png;
    }

    private void showVariants(Picture original, List<Variant> variants) {
        text.append(String.format(Locale.ROOT, "%-11s%s%n", "copy", ImageScores.HEADING));
        JsonArray array = new JsonArray();
        List<ImageScores> scores = new ArrayList<>();
        List<float[]> blocks = new ArrayList<>();
        float largest = 0;
        for (Variant variant : variants) {
            ImageScores s = ImageScores.of(original, variant.picture());
            scores.add(s);
            float[] map = HeatMap.blocks(original, variant.picture());
            blocks.add(map);
            largest = Math.max(largest, HeatMap.largest(map));
            page.variant(variant, s);
            text.append(String.format(Locale.ROOT, "%-11s%s%n", variant.name(), s.row()));
            JsonObject object = new JsonObject();
            object.addProperty("name", variant.name());
            object.addProperty("how", variant.how());
            s.addTo(object);
            array.add(object);
        }
        json.add("variants", array);
        for (int i = 0; i < variants.size(); i++) {
            Variant variant = variants.get(i);
            page.openVariant(variant, scores.get(i));
            page.picture(file(variant.name(), variant.picture()), "the copy");
            showPictures(original, variant, HeatMap.paint(blocks.get(i), largest, original.width(), original.height()));
            page.closeVariant();
        }
    }

    private void showPictures(Picture original, Variant variant, Picture heat) {
        String name = variant.name();
        ImageBatch p = variant.picture().batch();
        ImageBatch t = original.batch();
        page.picture(file(name + "-error", error(original, variant.picture())), "|error| x " + ERROR_GAIN);
        page.picture(file(name + "-heatmap", heat), "DCT loss of each 8x8 block");

        Picture gradient = Picture.ofSize(original.width(), original.height());
        ImageScores.LOSS.backward(p, t, gradient.batch());
        page.picture(file(name + "-gradient-dct", signed(gradient)), "gradient of the DCT loss");
        ImageScores.SSIM.backward(p, t, gradient.batch(), -1);
        page.picture(file(name + "-gradient-ssim", signed(gradient)), "gradient of 1 - SSIM");
        Mse.backward(p, t, gradient.batch(), 1);
        page.picture(file(name + "-gradient-mse", signed(gradient)), "gradient of MSE");
    }

    private static Picture error(Picture original, Picture copy) {
        Picture error = Picture.ofSize(original.width(), original.height());
        for (int i = 0; i < error.planes().length; i++) {
            error.planes()[i] = ERROR_GAIN * Math.abs(copy.planes()[i] - original.planes()[i]);
        }
        return error;
    }

    /** Signed values around mid-grey. */
    private static Picture signed(Picture values) {
        float[] sizes = new float[values.planes().length];
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = Math.abs(values.planes()[i]);
        }
        Arrays.sort(sizes);
        float full = sizes[(int) (FULL_CONTRAST * (sizes.length - 1))];
        Picture picture = Picture.ofSize(values.width(), values.height());
        for (int i = 0; i < sizes.length; i++) {
            picture.planes()[i] = full == 0 ? 0.5f : 0.5f + 0.5f * values.planes()[i] / full;
        }
        return picture;
    }

    /** What one backend was found to be; the differences are NaN where there was nothing to compare with. */
    private record Finding(Backends.Report report, double loss, double gradient, int timed) {}

    private void showBackends(Picture original, List<Variant> variants) {
        int size = SPEED_HEIGHT * SPEED_WIDTH * Picture.CHANNELS;
        float[] p = BenchCommand.noise(size, 1);
        float[] t = BenchCommand.noise(size, 2);
        float[] g = new float[size];
        ImageBatch prediction = ImageBatch.of(p, 1, Picture.CHANNELS, SPEED_HEIGHT, SPEED_WIDTH);
        ImageBatch target = ImageBatch.of(t, 1, Picture.CHANNELS, SPEED_HEIGHT, SPEED_WIDTH);
        ImageBatch gradient = ImageBatch.of(g, 1, Picture.CHANNELS, SPEED_HEIGHT, SPEED_WIDTH);
        InterleavedTiming timing = new InterleavedTiming();
        List<Finding> findings = new ArrayList<>();
        List<LossSession> sessions = new ArrayList<>();
        try (ParallelSubtraction subtraction =
                new ParallelSubtraction(Runtime.getRuntime().availableProcessors())) {
            int subtract = timing.add(() -> subtraction.run(p, t, g));
            for (Backends.Report report : Backends.report()) {
                Finding finding = new Finding(report, Double.NaN, Double.NaN, -1);
                if (report.available()) {
                    BackendChoice choice = Choice.parse("backend", report.name(), BackendChoice.class);
                    try {
                        LossSession session =
                                DctLoss.builder().backend(choice).build().open(prediction, target, gradient);
                        sessions.add(session);
                        int timed = session.copies()
                                ? -1 // its time would be that of copying
                                : timing.add(() -> session.backward(prediction, target, gradient));
                        double[] agreement = agreement(original, variants, choice);
                        finding = new Finding(report, agreement[0], agreement[1], timed);
                    } catch (BackendException cannot) {
                        finding = new Finding(
                                new Backends.Report(report.name(), true, cannot.getMessage()),
                                Double.NaN,
                                Double.NaN,
                                -1);
                    }
                }
                findings.add(finding);
            }
            timing.run(seconds);
            double blocks = size / 64.0;
            findings.forEach(finding -> show(finding, timing, subtract, blocks));
        } finally {
            sessions.forEach(LossSession::close);
        }
    }

    /** The largest relative differences of loss and gradient from the java backend. */
    private static double[] agreement(Picture original, List<Variant> variants, BackendChoice choice) {
        double[] largest = {0, 0};
        if (choice == BackendChoice.JAVA) {
            return largest;
        }
        DctLoss java = ImageScores.LOSS.toBuilder().backend(BackendChoice.JAVA).build();
        DctLoss other = ImageScores.LOSS.toBuilder().backend(choice).build();
        Picture g = Picture.ofSize(original.width(), original.height());
        Picture h = Picture.ofSize(original.width(), original.height());
        for (Variant variant : variants) {
            double a = java.backward(variant.picture().batch(), original.batch(), g.batch());
            double b = other.backward(variant.picture().batch(), original.batch(), h.batch());
            double difference = 0;
            double norm = 0;
            for (int i = 0; i < g.planes().length; i++) {
                difference += Math.pow((double) g.planes()[i] - h.planes()[i], 2);
                norm += Math.pow(g.planes()[i], 2);
            }
            largest[0] = Math.max(largest[0], Math.abs(a - b) / a);
            largest[1] = Math.max(largest[1], Math.sqrt(difference / norm));
        }
        return largest;
    }

    private void show(Finding finding, InterleavedTiming timing, int subtract, double blocks) {
        Backends.Report report = finding.report;
        boolean ran = !Double.isNaN(finding.loss);
        boolean timed = finding.timed >= 0;
        double time = timed ? timing.seconds(finding.timed) : Double.NaN;
        double ratio = timed ? time / timing.seconds(subtract) : Double.NaN;
        JsonObject object = new JsonObject();
        object.addProperty("name", report.name());
        object.addProperty("available", report.available());
        object.addProperty("text", report.text());
        object.add("loss_difference", Printing.number(finding.loss));
        object.add("gradient_difference", Printing.number(finding.gradient));
        object.add("ns_per_block", Printing.number(time * 1e9 / blocks));
        object.add("ratio_to_subtract", Printing.number(ratio));
        if (!json.has("backends")) {
            json.add("backends", new JsonArray());
            text.append('\n');
        }
        json.getAsJsonArray("backends").add(object);

        String agreement = !ran
                ? "-"
                : report.name().equals(BackendChoice.JAVA.id())
                        ? "the reference"
                        : String.format(Locale.ROOT, "loss %.1e, gradient %.1e", finding.loss, finding.gradient);
        String speed = !ran
                ? "-"
                : !timed
                        ? "not measured, images would be copied"
                        : String.format(Locale.ROOT, "%.0f ns/block, %.2f x subtract", time * 1e9 / blocks, ratio);
        page.backend(report.name(), report.text(), agreement, speed);
        text.append(String.format(Locale.ROOT, "%-8s %s%n", report.name(), report.text()));
        if (ran) {
            text.append(String.format(Locale.ROOT, "%-8s agreement: %s; speed: %s%n", "", agreement, speed));
        }
    }
}

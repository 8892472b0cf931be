package org.dctloss.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.dctloss.BackendChoice;
import org.dctloss.BackendException;
import org.dctloss.Backends;
import org.dctloss.DctLoss;
import org.dctloss.ImageBatch;
import org.dctloss.LossSession;
import org.dctloss.pictures.Picture;
import org.dctloss.yardsticks.InterleavedTiming;
import org.dctloss.yardsticks.ParallelSubtraction;

/**
 * What the backends of this machine were found to do.
 *
 * @param findings one for each backend there is, available or not
 * @param subtractSeconds median time of subtracting two images of the timed size
 * @param rounds how often each was timed
 * @param seconds how long that took, as asked for
 */
record BackendFindings(List<Finding> findings, double subtractSeconds, int rounds, double seconds) {
    static final int HEIGHT = 1080;
    static final int WIDTH = 1920;

    private static final int SIZE = Picture.CHANNELS * HEIGHT * WIDTH;

    /**
     * One backend; NaN stands for what could not be measured.
     *
     * @param text what it is, or why it cannot be used
     * @param lossDifference largest relative difference of the loss from the java backend
     * @param gradientDifference the same of the gradient, in Euclidean norm
     * @param seconds median time of loss and gradient
     * @param quartiles the times that a quarter and three quarters of the rounds did not exceed
     * @param subtractSeconds median time of the yardstick
     */
    record Finding(
            String name,
            boolean available,
            String text,
            double lossDifference,
            double gradientDifference,
            double seconds,
            double[] quartiles,
            double subtractSeconds) {

        boolean ran() {
            return !Double.isNaN(lossDifference);
        }

        boolean isTimed() {
            return !Double.isNaN(seconds);
        }

        boolean isReference() {
            return name.equals(BackendChoice.JAVA.id());
        }

        double megapixelsPerSecond() {
            return (double) HEIGHT * WIDTH / seconds * 1e-6;
        }

        /** A block of one channel. */
        double nanosecondsPerBlock() {
            return perBlock(seconds);
        }

        /** Between which times the middle half of the rounds lay. */
        String spreadText() {
            return String.format(Locale.ROOT, "%.0f–%.0f", perBlock(quartiles[0]), perBlock(quartiles[1]));
        }

        private static double perBlock(double seconds) {
            return seconds * 1e9 / (SIZE / 64.0);
        }

        double ratioToSubtract() {
            return seconds / subtractSeconds;
        }

        String agreementText() {
            return !ran()
                    ? "–"
                    : isReference()
                            ? "the reference"
                            : String.format(
                                    Locale.ROOT, "loss %.1e, gradient %.1e", lossDifference, gradientDifference);
        }
    }

    /** Compares the backends on the copies, then times them for so many seconds after a warm-up of half of that. */
    static BackendFindings measure(Picture original, List<Variant> variants, double seconds) {
        float[] p = BenchCommand.noise(SIZE, 1);
        float[] t = BenchCommand.noise(SIZE, 2);
        float[] g = new float[SIZE];
        ImageBatch prediction = ImageBatch.of(p, 1, Picture.CHANNELS, HEIGHT, WIDTH);
        ImageBatch target = ImageBatch.of(t, 1, Picture.CHANNELS, HEIGHT, WIDTH);
        ImageBatch gradient = ImageBatch.of(g, 1, Picture.CHANNELS, HEIGHT, WIDTH);
        InterleavedTiming timing = new InterleavedTiming();
        List<LossSession> sessions = new ArrayList<>();
        List<Untimed> untimed = new ArrayList<>();
        try (ParallelSubtraction subtraction =
                new ParallelSubtraction(Runtime.getRuntime().availableProcessors())) {
            int subtract = timing.add(() -> subtraction.run(p, t, g));
            for (Backends.Report report : Backends.report()) {
                Untimed found = Untimed.unused(report, report.text());
                if (report.available()) {
                    BackendChoice choice = Choice.parse("backend", report.name(), BackendChoice.class);
                    try {
                        LossSession session =
                                DctLoss.builder().backend(choice).build().open(prediction, target, gradient);
                        sessions.add(session);
                        int number = session.copies()
                                ? -1 // its time would be that of copying
                                : timing.add(() -> session.backward(prediction, target, gradient));
                        double[] agreement = agreement(original, variants, choice);
                        found = new Untimed(report, report.text(), agreement[0], agreement[1], number);
                    } catch (BackendException cannot) {
                        found = Untimed.unused(report, cannot.getMessage());
                    }
                }
                untimed.add(found);
            }
            timing.run(seconds);
            double base = timing.seconds(subtract);
            return new BackendFindings(
                    untimed.stream().map(found -> found.timed(timing, base)).toList(), base, timing.samples(), seconds);
        } finally {
            sessions.forEach(LossSession::close);
        }
    }

    /** A finding before the timing; {@code number} is the contender's, -1 if it is not timed. */
    private record Untimed(Backends.Report report, String text, double loss, double gradient, int number) {
        static Untimed unused(Backends.Report report, String text) {
            return new Untimed(report, text, Double.NaN, Double.NaN, -1);
        }

        Finding timed(InterleavedTiming timing, double subtract) {
            double seconds = number < 0 ? Double.NaN : timing.seconds(number);
            double[] quartiles =
                    number < 0 ? null : new double[] {timing.quantile(number, 0.25), timing.quantile(number, 0.75)};
            return new Finding(report.name(), report.available(), text, loss, gradient, seconds, quartiles, subtract);
        }
    }

    private static double[] agreement(Picture original, List<Variant> variants, BackendChoice choice) {
        if (choice == BackendChoice.JAVA) {
            return new double[2];
        }
        return agreement(
                original,
                variants,
                ImageScores.LOSS.toBuilder().backend(BackendChoice.JAVA).build(),
                ImageScores.LOSS.toBuilder().backend(choice).build());
    }

    /** The largest relative differences of loss and gradient from those of a reference. */
    static double[] agreement(Picture original, List<Variant> variants, DctLoss reference, DctLoss other) {
        double[] largest = {0, 0};
        Picture g = Picture.ofSize(original.width(), original.height());
        Picture h = Picture.ofSize(original.width(), original.height());
        for (Variant variant : variants) {
            double a = reference.backward(variant.picture().batch(), original.batch(), g.batch());
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

    JsonArray json() {
        JsonArray array = new JsonArray();
        for (Finding finding : findings) {
            JsonObject object = new JsonObject();
            object.addProperty("name", finding.name);
            object.addProperty("available", finding.available);
            object.addProperty("text", finding.text);
            object.add("loss_difference", Printing.number(finding.lossDifference));
            object.add("gradient_difference", Printing.number(finding.gradientDifference));
            object.add("megapixels_per_second", Printing.number(finding.megapixelsPerSecond()));
            object.add("ns_per_block", Printing.number(finding.nanosecondsPerBlock()));
            object.add("ratio_to_subtract", Printing.number(finding.ratioToSubtract()));
            array.add(object);
        }
        return array;
    }

    String text() {
        StringBuilder text = new StringBuilder();
        for (Finding finding : findings) {
            text.append(String.format(Locale.ROOT, "%-8s %s%n", finding.name, finding.text));
            if (finding.ran()) {
                String speed = finding.isTimed()
                        ? String.format(
                                Locale.ROOT,
                                "%.0f Mpx/s, %.0f ns/block, %.2f x subtract",
                                finding.megapixelsPerSecond(),
                                finding.nanosecondsPerBlock(),
                                finding.ratioToSubtract())
                        : "not measured, images would be copied";
                text.append(String.format(
                        Locale.ROOT, "%-8s agreement: %s; speed: %s%n", "", finding.agreementText(), speed));
            }
        }
        return text.toString();
    }
}

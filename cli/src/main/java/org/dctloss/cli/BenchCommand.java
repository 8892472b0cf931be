package org.dctloss.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.dctloss.BackendChoice;
import org.dctloss.BackendException;
import org.dctloss.Backends;
import org.dctloss.Coefficients;
import org.dctloss.DctLoss;
import org.dctloss.FrequencyWeights;
import org.dctloss.ImageBatch;
import org.dctloss.LossSession;
import org.dctloss.jni.NativeSubtraction;
import org.dctloss.pictures.CommandFailure;
import org.dctloss.yardsticks.InterleavedTiming;
import org.dctloss.yardsticks.JavaKernels;
import org.dctloss.yardsticks.ParallelSubtraction;
import org.dctloss.yardsticks.PlainLoss;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dctloss bench}: every backend against a subtract loop, and the Java backend against its yardsticks. */
@Command(
        name = "bench",
        description =
                "Time every backend against subtracting two images, in one run. Contenders take turns after a "
                        + "warm-up; times are medians. GB/s counts 12 bytes a pixel (8 without gradient). Backends that would "
                        + "have to copy the images to a device are left out. Where Java has the Vector API "
                        + "(JAVA_TOOL_OPTIONS=--add-modules=jdk.incubator.vector), pure Java takes part with it, too: java-vector.",
        footer = {
            Main.EXAMPLES,
            "  dctloss bench --shape 16x3x96x96 --seconds 1",
            "    A batch as in training, in some three seconds.",
            "  dctloss bench --shape 1x3x480x640 --threads 1 --seconds 1 --json",
        })
final class BenchCommand implements Runnable {
    private static final List<String> PENALTIES = List.of("squared", "absolute", "charbonnier:0.001", "huber:0.1");

    /** A plane that stays in the second cache, with its target and gradient. */
    private static final int TARGET_HEIGHT = 192;

    private static final int TARGET_WIDTH = 256;
    private static final double TIMES_PLAIN = 3;
    private static final double TIMES_JTRANSFORMS = 12;

    @Option(
            names = "--shape",
            paramLabel = "NxCxHxW",
            defaultValue = "4x3x1080x1920",
            description = "Shape of the images: how many, channels, height, width. Default: ${DEFAULT-VALUE}.")
    private String shapeText;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Most threads to use, 1 to 1024. Default: all processors.")
    private Integer threads;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "10",
            description = "Seconds to measure each of the two sections, up to 600; the warm-up takes half as long. "
                    + "Default: ${DEFAULT-VALUE}.")
    private Double seconds;

    @Mixin
    private Printing printing;

    /** What is timed on one backend. */
    private record Work(String penalty, Coefficients coefficients, boolean gradient) {
        DctLoss on(BackendChoice backend, int threads) {
            return DctLoss.builder()
                    .penalty(LossArguments.parsePenalty(penalty))
                    .coefficients(coefficients)
                    .backend(backend)
                    .threads(threads)
                    .build();
        }
    }

    private record Contender(String backend, Work work, LossSession session, int number) {}

    @Override
    public void run() {
        int[] shape = parseShape(shapeText);
        int most = threads == null ? Runtime.getRuntime().availableProcessors() : threads;
        DctLoss.builder().threads(most).build(); // refuses a number of threads that is out of range
        if (!(seconds > 0 && seconds <= 600)) {
            throw CommandFailure.of("--seconds", seconds.toString(), "more than 0, up to 600");
        }
        JsonObject json = new JsonObject();
        StringBuilder text = new StringBuilder();
        String jvm = System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version");
        json.addProperty("shape", shapeText);
        json.addProperty("threads", most);
        json.addProperty("jvm", jvm);
        text.append(String.format(Locale.ROOT, "%s, %d threads, %s%n", shapeText, most, jvm));
        timeBackends(shape, most, json, text);
        timeJavaTargets(json, text);
        printing.result(json, text.toString());
    }

    private static int[] parseShape(String text) {
        String[] parts = text.split("x", -1);
        boolean four = parts.length == 4;
        int[] shape = new int[4];
        double elements = 1;
        for (int i = 0; four && i < 4; i++) {
            four = parts[i].matches("[1-9]\\d{0,8}");
            shape[i] = four ? Integer.parseInt(parts[i]) : 0;
            elements *= shape[i];
        }
        if (!four) {
            throw CommandFailure.of("--shape", "'" + text + "'", "NxCxHxW, four positive whole numbers");
        }
        double bytes = 3.0 * Float.BYTES * elements;
        long heap = Runtime.getRuntime().maxMemory();
        if (elements > Integer.MAX_VALUE - 8 || bytes > 0.9 * heap) {
            throw CommandFailure.of(
                    "--shape",
                    String.format(Locale.ROOT, "'%s', whose three arrays take %.0f MiB", text, bytes / (1 << 20)),
                    "less than 2^31 - 8 pixels and 90% of the Java heap of " + (heap >> 20) + " MiB");
        }
        return shape;
    }

    private static List<Work> works() {
        List<Work> works = new ArrayList<>();
        for (String penalty : PENALTIES) {
            works.add(new Work(penalty, Coefficients.SIGNED, true));
        }
        works.add(new Work("squared", Coefficients.MAGNITUDE, true));
        works.add(new Work("squared", Coefficients.SIGNED, false));
        return works;
    }

    private void timeBackends(int[] shape, int most, JsonObject json, StringBuilder text) {
        int size = shape[0] * shape[1] * shape[2] * shape[3];
        float[] p = noise(size, 1);
        float[] t = noise(size, 2);
        float[] g = new float[size];
        ImageBatch prediction = ImageBatch.of(p, shape[0], shape[1], shape[2], shape[3]);
        ImageBatch target = ImageBatch.of(t, shape[0], shape[1], shape[2], shape[3]);
        ImageBatch gradient = ImageBatch.of(g, shape[0], shape[1], shape[2], shape[3]);

        InterleavedTiming timing = new InterleavedTiming();
        List<Contender> contenders = new ArrayList<>();
        JsonArray skipped = new JsonArray();
        try (ParallelSubtraction subtraction = new ParallelSubtraction(most)) {
            int subtract = timing.add(() -> subtraction.run(p, t, g));
            NativeTarget nativeTarget =
                    most == 1 && NativeSubtraction.available() ? new NativeTarget(timing, p, t, g) : null;
            for (Backends.Report report : Backends.report()) {
                if (report.available()) {
                    boolean java = report.name().equals(JavaKernels.LOOPS);
                    try {
                        for (String name : java ? JavaKernels.names() : List.of(report.name())) {
                            addContenders(name, most, prediction, target, gradient, timing, contenders);
                        }
                    } catch (BackendException cannot) {
                        skipped.add(cannot.getMessage());
                    }
                }
            }
            timing.run(seconds);
            report(shape, timing, subtract, contenders, json, text);
            if (nativeTarget != null) {
                reportTarget(nativeTarget, timing, contenders, json, text);
            }
        } finally {
            contenders.forEach(contender -> contender.session.close());
        }
        if (!skipped.isEmpty()) {
            json.add("skipped", skipped);
            skipped.forEach(sentence ->
                    text.append("skipped: ").append(sentence.getAsString()).append('\n'));
        }
    }

    private static void reportTarget(
            NativeTarget target,
            InterleavedTiming timing,
            List<Contender> contenders,
            JsonObject json,
            StringBuilder text) {
        for (Contender contender : contenders) {
            Work work = contender.work;
            if (contender.backend.equals(BackendChoice.NATIVE.id())
                    && work.gradient
                    && work.coefficients == Coefficients.SIGNED) {
                target.compare(work.penalty, timing.seconds(contender.number));
            }
        }
        target.report(json, text);
    }

    private static void addContenders(
            String backend,
            int most,
            ImageBatch prediction,
            ImageBatch target,
            ImageBatch gradient,
            InterleavedTiming timing,
            List<Contender> contenders) {
        BackendChoice choice = backend.equals(JavaKernels.VECTOR)
                ? BackendChoice.JAVA
                : Choice.parse("backend", backend, BackendChoice.class);
        for (Work work : works()) {
            LossSession session =
                    JavaKernels.with(backend, () -> work.on(choice, most).open(prediction, target, gradient));
            if (session.copies()) {
                session.close();
                throw new BackendException(
                        "backend: got " + backend + ", whose time would be that of copying the images to the device and"
                                + " back, allowed those that read them where they are",
                        null);
            }
            int number = timing.add(
                    work.gradient
                            ? () -> session.backward(prediction, target, gradient)
                            : () -> session.forward(prediction, target));
            contenders.add(new Contender(backend, work, session, number));
        }
    }

    private static void report(
            int[] shape,
            InterleavedTiming timing,
            int subtract,
            List<Contender> contenders,
            JsonObject json,
            StringBuilder text) {
        double pixels = (double) shape[0] * shape[1] * shape[2] * shape[3];
        double blocks = (double) shape[0] * shape[1] * ((shape[2] + 7) / 8) * ((shape[3] + 7) / 8);
        double base = timing.seconds(subtract);
        json.addProperty("subtract_seconds", base);
        text.append(String.format(
                Locale.ROOT,
                "%-11s %-9s %-18s %-10s %10s %10s %8s %12s%n",
                "backend",
                "operation",
                "penalty",
                "error",
                "ms",
                "ns/block",
                "GB/s",
                "x subtract"));
        String row = "%-11s %-9s %-18s %-10s %10.3f %10.1f %8.2f %12.2f%n";
        double subtractRate = 12 * pixels / base * 1e-9;
        text.append(String.format(
                Locale.ROOT, row, "-", "subtract", "-", "-", base * 1e3, base * 1e9 / blocks, subtractRate, 1.0));
        JsonArray results = new JsonArray();
        for (Contender contender : contenders) {
            Work work = contender.work;
            double time = timing.seconds(contender.number);
            String operation = work.gradient ? "backward" : "forward";
            String coefficients = Choice.word(work.coefficients);
            double rate = (work.gradient ? 12 : 8) * pixels / time * 1e-9;
            JsonObject result = new JsonObject();
            result.addProperty("backend", contender.backend);
            result.addProperty("penalty", work.penalty);
            result.addProperty("operation", operation);
            result.addProperty("coefficients", coefficients);
            result.addProperty("seconds", time);
            result.addProperty("ns_per_block", time * 1e9 / blocks);
            result.addProperty("gigabytes_per_second", rate);
            result.addProperty("ratio_to_subtract", time / base);
            results.add(result);
            text.append(String.format(
                    Locale.ROOT,
                    row,
                    contender.backend,
                    operation,
                    work.penalty,
                    coefficients,
                    time * 1e3,
                    time * 1e9 / blocks,
                    rate,
                    time / base));
        }
        json.add("results", results);
    }

    private void timeJavaTargets(JsonObject json, StringBuilder text) {
        int size = TARGET_HEIGHT * TARGET_WIDTH;
        float[] p = noise(size, 1);
        float[] t = noise(size, 2);
        float[] g = new float[size];
        ImageBatch prediction = ImageBatch.of(p, 1, 1, TARGET_HEIGHT, TARGET_WIDTH);
        ImageBatch target = ImageBatch.of(t, 1, 1, TARGET_HEIGHT, TARGET_WIDTH);
        ImageBatch gradient = ImageBatch.of(g, 1, 1, TARGET_HEIGHT, TARGET_WIDTH);
        FrequencyWeights weights = DctLoss.builder().build().weights();

        InterleavedTiming timing = new InterleavedTiming();
        List<String> penalties = List.of("absolute", "squared");
        List<String> kernels = JavaKernels.names();
        int each = kernels.size() + 2;
        List<LossSession> sessions = new ArrayList<>();
        try {
            for (String penalty : penalties) {
                PlainLoss yardsticks = new PlainLoss(weights, penalty.equals("squared"), TARGET_HEIGHT, TARGET_WIDTH);
                for (String kernel : kernels) {
                    LossSession session = JavaKernels.with(
                            kernel,
                            () -> new Work(penalty, Coefficients.SIGNED, true)
                                    .on(BackendChoice.JAVA, 1)
                                    .open(prediction, target, gradient));
                    sessions.add(session);
                    timing.add(() -> session.backward(prediction, target, gradient));
                }
                timing.add(() -> yardsticks.plain(p, t, g));
                timing.add(() -> yardsticks.jTransforms(p, t, g));
            }
            timing.run(seconds);
        } catch (BackendException disabled) {
            text.append("\nPure-Java targets: not measured, ")
                    .append(disabled.getMessage())
                    .append('\n');
            return;
        } finally {
            sessions.forEach(LossSession::close);
        }

        double blocks = size / 64.0;
        JsonObject results = new JsonObject();
        text.append(String.format(
                Locale.ROOT,
                "%nPure-Java targets: backward on 1x1x%dx%d (in the second cache), 1 thread, ns/block%n",
                TARGET_HEIGHT,
                TARGET_WIDTH));
        for (int i = 0; i < penalties.size(); i++) {
            double java = timing.seconds(each * i) * 1e9 / blocks;
            double plain = timing.seconds(each * i + each - 2) * 1e9 / blocks;
            double jTransforms = timing.seconds(each * i + each - 1) * 1e9 / blocks;
            boolean fasterThanPlain = plain / java >= TIMES_PLAIN;
            boolean fasterThanJTransforms = jTransforms / java >= TIMES_JTRANSFORMS;
            JsonObject result = new JsonObject();
            result.addProperty("java_ns_per_block", java);
            result.addProperty("plain_ns_per_block", plain);
            result.addProperty("jtransforms_ns_per_block", jTransforms);
            result.addProperty("times_plain", plain / java);
            result.addProperty("times_plain_target", TIMES_PLAIN);
            result.addProperty("times_plain_reached", fasterThanPlain);
            result.addProperty("times_jtransforms", jTransforms / java);
            result.addProperty("times_jtransforms_target", TIMES_JTRANSFORMS);
            result.addProperty("times_jtransforms_reached", fasterThanJTransforms);
            results.add(penalties.get(i), result);
            text.append(String.format(
                    Locale.ROOT,
                    "%-9s java %.1f; plain scalar %.1f, ratio %.2f (target %.0f, %s); JTransforms %.1f, ratio %.1f "
                            + "(target %.0f, %s)%n",
                    penalties.get(i),
                    java,
                    plain,
                    plain / java,
                    TIMES_PLAIN,
                    reached(fasterThanPlain),
                    jTransforms,
                    jTransforms / java,
                    TIMES_JTRANSFORMS,
                    reached(fasterThanJTransforms)));
            if (kernels.contains(JavaKernels.VECTOR)) {
                double vector = timing.seconds(each * i + 1) * 1e9 / blocks;
                double wanted = JavaKernels.timesPlainTarget();
                boolean fast = plain / vector >= wanted;
                result.addProperty("java_vector_ns_per_block", vector);
                result.addProperty("vector_times_plain", plain / vector);
                result.addProperty("vector_times_plain_target", wanted);
                result.addProperty("vector_times_plain_reached", fast);
                text.append(String.format(
                        Locale.ROOT,
                        "%-9s java-vector %.1f; plain scalar, ratio %.2f (target %.1f, %s)%n",
                        penalties.get(i),
                        vector,
                        plain / vector,
                        wanted,
                        reached(fast)));
            }
        }
        json.add("java_targets", results);
    }

    private static String reached(boolean yes) {
        return yes ? "reached" : "not reached on this run";
    }

    /** Images without structure: the time of the kernels does not depend on the values. */
    static float[] noise(int size, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) random.nextDouble();
        }
        return values;
    }
}

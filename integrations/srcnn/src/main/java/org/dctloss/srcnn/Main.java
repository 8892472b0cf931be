package org.dctloss.srcnn;

import ai.djl.engine.EngineException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.dctloss.BackendException;
import org.dctloss.ImageBatch;
import org.dctloss.pictures.CommandFailure;
import org.dctloss.pictures.OutputFiles;
import org.dctloss.pictures.PictureFile;
import org.dctloss.superres.Plane;
import org.dctloss.superres.TrainingPictures;
import org.dctloss.superres.Ycbcr;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/**
 * The command {@code train-srcnn}. Whatever goes wrong becomes one line on standard error and exit code 2, never a stack
 * trace.
 */
@Command(
        name = "train-srcnn",
        description = "Train SRCNN (9-1-5) to enlarge pictures, with one of four losses, and compare it with bicubic"
                + " enlargement. Killed at any moment, the same command goes on where it was and ends as if nothing had"
                + " happened. Several losses or scales, separated by commas, are trained one after the other, each in a"
                + " folder of its own, and compared in a table.",
        footer = "DIR/report.html shows it all; scores.csv and curve.csv have the numbers, checkpoint.bin the network.")
public final class Main implements Callable<Integer> {
    private static final int FAILED = 2;

    /** Set by the launcher when standard error is a terminal, the one place for a progress bar. */
    private static final String TERMINAL = "dctloss.terminal";

    private static final int DRAWN_TO_TRAIN = 30;
    private static final int DRAWN_TO_TEST = 4;
    private static final int DRAWN_SIDE = 192;

    /** Neighbouring seeds of the JDK's generator begin alike; multiples of this do not. */
    private static final long FAR_APART = 0x9e3779b97f4a7c15L;

    @Spec
    private CommandSpec spec;

    @Option(names = "--train", paramLabel = "DIR", description = "Folder of pictures to train on. Default: drawn ones.")
    private Path train;

    @Option(
            names = "--test",
            paramLabel = "DIR",
            description = "Folder of pictures to test on. Default: other drawn ones.")
    private Path test;

    @Option(
            names = "--scale",
            paramLabel = "S",
            split = ",",
            defaultValue = "3",
            description = "How much to enlarge: 2, 3 or 4. Default: ${DEFAULT-VALUE}.")
    private List<Integer> scales;

    @Option(
            names = "--loss",
            paramLabel = "LOSS",
            split = ",",
            defaultValue = "dct",
            description = "What to train with: mse, ssim, dct or arezoomand2021. Default: ${DEFAULT-VALUE}.")
    private List<TrainingLoss> losses;

    @Option(
            names = "--steps",
            paramLabel = "N",
            defaultValue = "5000",
            description = "Steps of the optimiser. Default: ${DEFAULT-VALUE}.")
    private Integer steps;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Decides the first parameters and all batches. Default: ${DEFAULT-VALUE}.")
    private Long seed;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "16",
            description = "Patches in a step. Default: ${DEFAULT-VALUE}.")
    private Integer batch;

    @Option(
            names = "--learning-rate",
            paramLabel = "R",
            defaultValue = "1e-3",
            description =
                    "Of Adam, at the first step; along half a cosine it falls to a hundredth. Default: ${DEFAULT-VALUE}.")
    private Double learningRate;

    @Option(
            names = "--last-layer",
            paramLabel = "F",
            defaultValue = "1",
            description = "Factor for the learning rate of the last layer; SRCNN's authors took 0.1 with plain gradient"
                    + " descent. Default: ${DEFAULT-VALUE}.")
    private Double lastLayer;

    @Option(
            names = "--anneal",
            paramLabel = "STEPS",
            arity = "0..1",
            fallbackValue = "2000",
            description =
                    "Anneal the weights of dct or arezoomand2021 by alpha = exp(-step / STEPS): towards equal weights."
                            + " Without a number: ${FALLBACK-VALUE}, the paper's, which counted epochs.")
    private Double anneal;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Threads of the framework. Default: as many as there are processors.")
    private Integer threads;

    @Option(
            names = "--checkpoint-seconds",
            paramLabel = "S",
            defaultValue = "2",
            description = "Time from one checkpoint to the next. Default: ${DEFAULT-VALUE}.")
    private Double checkpointSeconds;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            required = true,
            description = "Folder for checkpoint and report; it is made if needed.")
    private Path out;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    private boolean help;

    /** Runs the command and ends the process with its exit code. */
    public static void main(String... arguments) {
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        System.exit(run(out, err, arguments));
    }

    static int run(PrintWriter out, PrintWriter err, String... arguments) {
        CommandLine line = new CommandLine(new Main())
                .setOut(out)
                .setErr(err)
                .setExpandAtFiles(false)
                .setUsageHelpWidth(100)
                .registerConverter(TrainingLoss.class, Main::loss)
                .registerConverter(Integer.class, Main::wholeNumber)
                .registerConverter(Long.class, Main::longNumber)
                .registerConverter(Double.class, Main::number)
                .setParameterExceptionHandler((wrong, given) -> {
                    err.println(oneLine(wrong.getMessage()) + " (see 'train-srcnn --help')");
                    return FAILED;
                })
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    err.println(oneLine(sentence(failure)));
                    return FAILED;
                });
        try {
            return line.execute(arguments);
        } catch (OutOfMemoryError full) {
            err.println("memory: got more work than fits the Java heap of "
                    + (Runtime.getRuntime().maxMemory() >> 20)
                    + " MiB, allowed less (JAVA_TOOL_OPTIONS=-Xmx8g gives it 8 GiB)");
            return FAILED;
        } catch (LinkageError broken) {
            err.println(oneLine("installation: got jars that do not fit together: " + broken));
            return FAILED;
        } finally {
            out.flush();
            err.flush();
        }
    }

    private static String sentence(Exception failure) {
        if (failure instanceof EngineException) {
            return "PyTorch: " + deepest(failure);
        }
        boolean told = failure instanceof CommandFailure
                || failure instanceof IllegalArgumentException
                || failure instanceof BackendException;
        return told && failure.getMessage() != null ? failure.getMessage() : "unexpected failure: " + failure;
    }

    private static String deepest(Throwable failure) {
        Throwable at = failure;
        while (at.getCause() != null) {
            at = at.getCause();
        }
        return at.getMessage() == null ? at.toString() : at.getMessage();
    }

    private static String oneLine(String text) {
        return text.replaceAll("\\p{Cntrl}+", " ").strip();
    }

    private static TrainingLoss loss(String text) {
        try {
            return TrainingLoss.of(text);
        } catch (IllegalArgumentException wrong) {
            throw new TypeConversionException(wrong.getMessage());
        }
    }

    private static Integer wholeNumber(String text) {
        try {
            return Integer.valueOf(text);
        } catch (NumberFormatException wrong) {
            throw new TypeConversionException("got '" + text + "', allowed a whole number");
        }
    }

    private static Long longNumber(String text) {
        try {
            return Long.valueOf(text);
        } catch (NumberFormatException wrong) {
            throw new TypeConversionException("got '" + text + "', allowed a whole number of 64 bits");
        }
    }

    private static Double number(String text) {
        if (text.matches("[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d+)?")) {
            double value = Double.parseDouble(text);
            if (Double.isFinite(value)) {
                return value;
            }
        }
        throw new TypeConversionException("got '" + text + "', allowed a number");
    }

    @Override
    public Integer call() {
        scales = new ArrayList<>(new LinkedHashSet<>(scales));
        losses = new ArrayList<>(new LinkedHashSet<>(losses));
        if (threads == null) {
            threads = Runtime.getRuntime().availableProcessors();
        }
        check();
        // Before the engine starts, which reads them once.
        System.setProperty("ai.djl.pytorch.num_threads", threads.toString());
        System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
        List<Path> trainFiles = files("--train", train);
        List<Path> testFiles = files("--test", test);
        List<Plane> training = training(trainFiles);
        List<Named> tests = tests(testFiles);
        boolean several = scales.size() * losses.size() > 1;
        List<Outcome> outcomes = new ArrayList<>();
        for (int scale : scales) {
            PatchSet patches = patches(training, scale);
            TestSet testSet = TestSet.of(
                    tests.stream()
                            .map(named -> TestPicture.of(named.name, named.rgb, scale))
                            .toList(),
                    scale);
            for (TrainingLoss loss : losses) {
                Settings settings = new Settings(
                        loss,
                        scale,
                        steps,
                        seed,
                        batch,
                        learningRate,
                        lastLayer,
                        anneal == null ? 0 : anneal,
                        threads,
                        patches,
                        testSet);
                Path folder = several ? out.resolve("x" + scale + "-" + loss.id()) : out;
                Outcome outcome = train(settings, folder);
                outcomes.add(outcome);
                say(Outcome.title(settings) + ": " + outcome.verdict() + " " + outcome.speed());
            }
        }
        String table = Outcome.table(outcomes);
        say(table.strip());
        if (several) {
            write(out, List.of("results.md"), List.of(table.getBytes(StandardCharsets.UTF_8)));
        }
        return 0;
    }

    private void say(String line) {
        spec.commandLine().getOut().println(line);
        spec.commandLine().getOut().flush();
    }

    private void check() {
        for (int scale : scales) {
            within("--scale", scale, 2, 4);
        }
        within("--steps", steps, 1, 100_000_000);
        within("--batch", batch, 1, 4096);
        within("--threads", threads, 1, 1024);
        positive("--learning-rate", learningRate, 1);
        positive("--last-layer", lastLayer, 100);
        positive("--checkpoint-seconds", checkpointSeconds, 3600);
        if (anneal != null) {
            positive("--anneal", anneal, 1e9);
            for (TrainingLoss loss : losses) {
                if (!loss.anneals()) {
                    throw CommandFailure.of("--anneal", "it with --loss " + loss.id(), "dct and arezoomand2021");
                }
            }
        }
    }

    private static void within(String option, int got, int least, int most) {
        if (got < least || got > most) {
            throw CommandFailure.of(option, Integer.toString(got), least + " to " + most);
        }
    }

    private static void positive(String option, double got, double most) {
        if (!(got > 0 && got <= most)) {
            throw CommandFailure.of(option, Double.toString(got), "more than 0, up to " + most);
        }
    }

    private record Named(String name, ImageBatch rgb) {}

    private static List<Plane> training(List<Path> files) {
        Stream<ImageBatch> pictures = files == null
                ? drawn(0, DRAWN_TO_TRAIN)
                : files.stream().map(file -> PictureFile.read(file).batch());
        return pictures.map(rgb -> Ycbcr.luma(rgb).eightBits()).toList();
    }

    private static List<Named> tests(List<Path> files) {
        if (files == null) {
            List<ImageBatch> drawn = drawn(DRAWN_TO_TRAIN, DRAWN_TO_TEST).toList();
            return IntStream.range(0, drawn.size())
                    .mapToObj(i -> new Named("drawn " + (i + 1), drawn.get(i)))
                    .toList();
        }
        return files.stream()
                .map(file -> new Named(
                        file.getFileName().toString(), PictureFile.read(file).batch()))
                .toList();
    }

    private static Stream<ImageBatch> drawn(int first, int count) {
        return IntStream.range(first, first + count)
                .parallel()
                .mapToObj(i -> TrainingPictures.draw((i + 1) * FAR_APART, DRAWN_SIDE, DRAWN_SIDE));
    }

    /** Pictures of a folder, null for none. */
    private static List<Path> files(String option, Path folder) {
        if (folder == null) {
            return null;
        }
        if (!Files.isDirectory(folder)) {
            String got = Files.exists(folder) ? "a file" : "a path that does not exist";
            throw CommandFailure.of(option + " " + folder, got, "a folder of pictures");
        }
        return PictureFile.list(folder);
    }

    private PatchSet patches(List<Plane> training, int scale) {
        PatchSet patches = new PatchSet(training, scale);
        if (patches.size() == 0) {
            throw CommandFailure.of(
                    "--train " + train,
                    training.size() + " pictures without room for a patch",
                    "at least one of " + PatchSet.INPUT + "x" + PatchSet.INPUT
                            + " pixels or more after cropping to multiples of " + scale);
        }
        return patches;
    }

    private Outcome train(Settings settings, Path folder) {
        makeFolder(folder);
        Path lock = folder.resolve("lock");
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            lock(channel, folder);
            return trainAlone(settings, folder);
        } catch (IOException failed) {
            throw CommandFailure.of(lock, "written", failed);
        }
    }

    private Outcome trainAlone(Settings settings, Path folder) {
        try (Training training = new Training(settings, folder, checkpointSeconds)) {
            int begun = training.state().step;
            if (begun > 0) {
                say(Outcome.title(settings) + ": "
                        + (begun == steps
                                ? "finished before, its report is made anew"
                                : "goes on after step " + begun + " of " + steps));
            }
            run(training, settings);
            return report(training, settings, folder);
        }
    }

    private static void makeFolder(Path folder) {
        try (OutputFiles outputs = new OutputFiles(List.of())) {
            outputs.makeFolder("--out", folder);
            outputs.commit();
        }
    }

    /** Until the channel is closed. */
    private static void lock(FileChannel channel, Path folder) throws IOException {
        boolean ours;
        try {
            ours = channel.tryLock() != null;
        } catch (OverlappingFileLockException sameProcess) {
            ours = false;
        }
        if (!ours) {
            throw CommandFailure.of("--out " + folder, "a folder where another training runs", "a folder of its own");
        }
    }

    private void run(Training training, Settings settings) {
        if (!Boolean.getBoolean(TERMINAL)) {
            training.run((step, loss) -> {});
            return;
        }
        Checkpoint state = training.state();
        try (ProgressBar bar = new ProgressBarBuilder()
                .setTaskName(Outcome.title(settings))
                .setInitialMax(steps)
                .startsFrom(state.step, Duration.ofNanos(state.nanoseconds))
                .setStyle(ProgressBarStyle.ASCII)
                .setConsumer(new ConsoleProgressBarConsumer(System.err, 100))
                .build()) {
            training.run((step, loss) -> {
                bar.stepTo(step);
                bar.setExtraMessage(String.format(Locale.ROOT, "loss %.3e", loss));
            });
        }
    }

    private static Outcome report(Training training, Settings settings, Path folder) {
        Checkpoint state = training.state();
        List<Plane> lumas = settings.test().enlarge(training.manager(), state.parameters);
        List<Scores> scores = settings.test().scores(lumas);
        Outcome outcome = new Outcome(
                settings,
                Scores.mean(settings.test().scores()),
                Scores.mean(scores),
                training.secondsPerStep(),
                training.shareOfLoss());
        Report report = new Report(settings, state, outcome, lumas, scores);
        byte[] curve = Curve.png(settings, state);
        write(
                folder,
                List.of("report.html", "curve.png", "curve.csv", "scores.csv"),
                List.of(report.page(curve), curve, report.curve(), report.scores()));
        return outcome;
    }

    private static void write(Path folder, List<String> names, List<byte[]> contents) {
        try (OutputFiles outputs = new OutputFiles(List.of())) {
            names.forEach(name -> outputs.declare("--out", folder.resolve(name)));
            for (int i = 0; i < names.size(); i++) {
                byte[] bytes = contents.get(i);
                outputs.write(folder.resolve(names.get(i)), stream -> stream.write(bytes));
            }
            outputs.commit();
        }
    }
}

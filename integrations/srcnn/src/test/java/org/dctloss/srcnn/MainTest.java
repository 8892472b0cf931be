package org.dctloss.srcnn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.dctloss.DctLoss;
import org.dctloss.FrequencyWeights;
import org.dctloss.ImageBatch;
import org.dctloss.pictures.Picture;
import org.dctloss.superres.Plane;
import org.dctloss.superres.TrainingPictures;
import org.dctloss.superres.Ycbcr;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The command as its users know it, on pictures and numbers of steps that are tiny. */
class MainTest {
    @TempDir
    static Path pictures;

    @TempDir
    Path folder;

    private record Run(int code, String out, String err) {}

    private static Run run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Main.run(new PrintWriter(out), new PrintWriter(err), arguments);
        return new Run(code, out.toString(), err.toString());
    }

    private static String done(String... arguments) {
        Run run = run(arguments);
        assertEquals("", run.err);
        assertEquals(0, run.code);
        return run.out;
    }

    /** Code 2, and one line on standard error. */
    private static void refused(String part, String... arguments) {
        Run run = run(arguments);
        assertEquals(2, run.code, run.err);
        assertEquals(1, run.err.lines().count(), run.err);
        assertTrue(run.err.contains(part), () -> "expected '" + part + "' in: " + run.err);
        assertFalse(run.err.contains("unexpected failure"), run.err);
    }

    @BeforeAll
    static void drawPictures() throws Exception {
        for (String name : new String[] {"train/a", "train/b", "train/c", "test/one", "test/two & three"}) {
            Path file = pictures.resolve(name + ".png");
            Files.createDirectories(file.getParent());
            ImageBatch drawn = TrainingPictures.draw(name.hashCode(), 62, 75);
            Files.write(file, new Picture(75, 62, drawn.array()).png());
        }
    }

    /** A small training; options replace these. */
    private String[] small(Path out, String... options) {
        Map<String, String> values = new LinkedHashMap<>();
        values.put("--train", pictures.resolve("train").toString());
        values.put("--test", pictures.resolve("test").toString());
        values.put("--batch", "4");
        values.put("--threads", "1");
        values.put("--out", out.toString());
        for (int i = 0; i < options.length; i++) {
            boolean valued = i + 1 < options.length && !options[i + 1].startsWith("--");
            values.put(options[i], valued ? options[i + 1] : null);
            i += valued ? 1 : 0;
        }
        return values.entrySet().stream()
                .flatMap(option -> Stream.of(option.getKey(), option.getValue()))
                .filter(Objects::nonNull)
                .toArray(String[]::new);
    }

    private static byte[] bytes(Path out, String file) throws Exception {
        return Files.readAllBytes(out.resolve(file));
    }

    @ParameterizedTest
    @EnumSource(TrainingLoss.class)
    void everyLossLearns(TrainingLoss loss) {
        Path out = folder.resolve("out");
        done(small(out, "--loss", loss.id(), "--scale", "2", "--steps", "60"));
        Checkpoint state = Checkpoint.read(out.resolve(Training.CHECKPOINT));
        assertEquals(60, state.step);
        double first = 0;
        double last = 0;
        for (int i = 0; i < 10; i++) {
            first += state.losses[i];
            last += state.losses[50 + i];
        }
        assertTrue(last < 0.7 * first, first / 10 + " became " + last / 10);
        assertTrue(state.nanosecondsInLoss > 0 && state.nanosecondsInLoss < state.nanoseconds);
        assertEquals(
                List.of(20, 40, 60),
                state.evaluations.stream().map(Checkpoint.Evaluation::step).toList());
    }

    @Test
    void theSameSeedGivesTheSameCurve() throws Exception {
        String[] options = {"--loss", "arezoomand2021", "--steps", "25", "--seed", "-5"};
        Path first = folder.resolve("first");
        Path again = folder.resolve("again");
        Path other = folder.resolve("other");
        done(small(first, options));
        done(small(again, options));
        done(small(other, "--loss", "arezoomand2021", "--steps", "25", "--seed", "6"));
        assertArrayEquals(bytes(first, "curve.csv"), bytes(again, "curve.csv"));
        assertArrayEquals(bytes(first, "scores.csv"), bytes(again, "scores.csv"));
        assertArrayEquals(parameters(first), parameters(again));
        assertNotEquals(text(first, "curve.csv"), text(other, "curve.csv"));
    }

    private static float[] parameters(Path out) {
        return Checkpoint.read(out.resolve(Training.CHECKPOINT)).parameters;
    }

    private static String text(Path out, String file) throws Exception {
        return Files.readString(out.resolve(file));
    }

    /** A process of its own, killed twice as only an operating system can kill, against one that was left alone. */
    @Test
    void killedItGoesOnAsIfNothingHadHappened() throws Exception {
        String[] options = {
            "--threads", "2", "--anneal", "50", "--batch", "2", "--steps", "300", "--checkpoint-seconds", "0.02"
        };
        Path killed = folder.resolve("killed");
        int before = 0;
        for (int times = 0; times < 2; times++) {
            Process process = start(small(killed, options));
            before = waitForSteps(killed.resolve(Training.CHECKPOINT), before, process);
            process.destroyForcibly();
            assertEquals(128 + 9, process.waitFor());
            int reached = Checkpoint.read(killed.resolve(Training.CHECKPOINT)).step;
            assertTrue(reached >= before && reached < 300, "killed after step " + reached);
            assertFalse(Files.exists(killed.resolve("report.html")));
            before = reached;
        }
        String said = finished(start(small(killed, options)));
        assertTrue(said.contains("x3, dct: goes on after step " + before + " of 300"), said);

        Path alone = folder.resolve("alone");
        finished(start(small(alone, options)));
        assertArrayEquals(bytes(alone, "curve.csv"), bytes(killed, "curve.csv"));
        assertArrayEquals(bytes(alone, "scores.csv"), bytes(killed, "scores.csv"));
        assertArrayEquals(parameters(alone), parameters(killed));
        assertArrayEquals(
                Checkpoint.read(alone.resolve(Training.CHECKPOINT)).adam.second(),
                Checkpoint.read(killed.resolve(Training.CHECKPOINT)).adam.second());
    }

    private Process start(String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx1g", "-Djava.awt.headless=true", "--enable-native-access=ALL-UNNAMED"));
        for (String name : new String[] {"ai.djl.offline", "OPT_OUT_TRACKING", "DJL_CACHE_DIR", "ENGINE_CACHE_DIR"}) {
            command.add("-D" + name + "=" + System.getProperty(name));
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("printed").toFile())
                .start();
    }

    private String finished(Process process) throws Exception {
        assertTrue(process.waitFor(300, TimeUnit.SECONDS));
        String printed = Files.readString(folder.resolve("printed"));
        assertEquals(0, process.exitValue(), printed);
        return printed;
    }

    /** The step of the first checkpoint after {@code before}. */
    private int waitForSteps(Path checkpoint, int before, Process process) throws Exception {
        while (true) {
            assertTrue(process.isAlive(), () -> "ended before it could be killed");
            if (Files.exists(checkpoint)) {
                int step = Checkpoint.read(checkpoint).step;
                if (step > before) {
                    return step;
                }
            }
            Thread.sleep(5);
        }
    }

    @Test
    void otherSettingsInTheSameFolderAreRefused() throws Exception {
        Path out = folder.resolve("out");
        done(small(out, "--steps", "2"));
        byte[] before = bytes(out, Training.CHECKPOINT);
        refused(
                "--steps: got 3, allowed 2, with which the training in " + out + " was begun",
                small(out, "--steps", "3"));
        refused("--seed: got 2, allowed 1,", small(out, "--steps", "2", "--seed", "2"));
        refused("--loss: got mse, allowed dct,", small(out, "--steps", "2", "--loss", "mse"));
        refused("--scale: got 4, allowed 3,", small(out, "--steps", "2", "--scale", "4"));
        refused("--anneal: got 2000.0, allowed none,", small(out, "--steps", "2", "--anneal"));
        Files.delete(pictures.resolve("train").resolve("c.png"));
        try {
            refused("--train: got 2 pictures, ", small(out, "--steps", "2"));
        } finally {
            drawPictures();
        }
        assertArrayEquals(before, bytes(out, Training.CHECKPOINT));
    }

    @Test
    void finishedItOnlyMakesItsReportAnew() throws Exception {
        Path out = folder.resolve("out");
        done(small(out, "--steps", "3"));
        byte[] checkpoint = bytes(out, Training.CHECKPOINT);
        byte[] page = bytes(out, "report.html");
        Files.delete(out.resolve("report.html"));
        Files.delete(out.resolve("curve.csv"));
        String said = done(small(out, "--steps", "3"));
        assertTrue(said.contains("x3, dct: finished before, its report is made anew"), said);
        assertArrayEquals(checkpoint, bytes(out, Training.CHECKPOINT));
        assertArrayEquals(page, bytes(out, "report.html"));
        assertTrue(Files.exists(out.resolve("curve.csv")));
    }

    @Test
    void theReportShowsAllPicturesAndTheNumbersOfTheTable() throws Exception {
        Path out = folder.resolve("a").resolve("new folder");
        done(small(out, "--steps", "5", "--loss", "ssim"));
        String page = text(out, "report.html");
        assertFalse(page.contains("{{"));
        assertFalse(page.contains("://"));
        assertEquals(1 + 2 * 6, page.split("<img ", -1).length - 1);
        assertEquals(1 + 2 * 6, page.split("src=\"data:image/png;base64,", -1).length - 1);
        assertTrue(page.contains("two &amp; three.png"));
        List<String> lines = text(out, "scores.csv").lines().toList();
        assertEquals("picture,enlarged_by,psnr,ssim,dct_loss,arezoomand2021", lines.get(0));
        assertEquals(1 + 2 * (2 + 1), lines.size());
        double[][] sums = new double[2][4];
        for (int i = 1; i < lines.size(); i++) {
            String[] cells = lines.get(i).split(",");
            String picture = i < 3 ? "one.png" : i < 5 ? "two & three.png" : "mean";
            assertEquals('"' + picture + '"', cells[0]);
            assertEquals(i % 2 == 1 ? "bicubic" : "network", cells[1]);
            double[] scores =
                    Stream.of(cells).skip(2).mapToDouble(Double::parseDouble).toArray();
            assertShown(page, String.format(Locale.ROOT, "%.2f", scores[0]));
            assertShown(page, String.format(Locale.ROOT, "%.4f", scores[1]));
            assertShown(page, Outcome.significant(scores[2]));
            assertShown(page, Outcome.significant(scores[3]));
            for (int k = 0; k < 4; k++) {
                if (i < 5) {
                    sums[(i - 1) % 2][k] += scores[k];
                } else {
                    assertEquals(sums[(i - 1) % 2][k] / 2, scores[k], 1e-12 * Math.abs(scores[k]));
                }
            }
        }
        List<String> curve = text(out, "curve.csv").lines().toList();
        assertEquals("step,loss,test_loss,test_psnr", curve.get(0));
        assertEquals(1 + 5, curve.size());
        String[] last = curve.get(5).split(",");
        assertEquals(sums[1][0] / 2, Double.parseDouble(last[3]), 1e-12);
        try (Stream<Path> files = Files.list(out)) {
            assertEquals(
                    List.of("checkpoint.bin", "curve.csv", "curve.png", "lock", "report.html", "scores.csv"),
                    files.map(file -> file.getFileName().toString()).sorted().toList());
        }
    }

    private static void assertShown(String page, String number) {
        assertTrue(page.contains("<td>" + number + "</td>") || page.contains("<td><b>" + number + "</b></td>"), number);
    }

    @Test
    void severalAreTrainedInFoldersOfTheirOwn() throws Exception {
        String said = done(small(folder, "--steps", "2", "--loss", "mse,dct", "--scale", "2,4"));
        List<String> table = text(folder, "results.md").lines().toList();
        assertTrue(said.contains(text(folder, "results.md").strip()), said);
        assertEquals(2 + 2 * 3, table.size());
        String[] rows = {"x2 | bicubic", "x2 | mse", "x2 | dct", "x4 | bicubic", "x4 | mse", "x4 | dct"};
        for (int i = 0; i < rows.length; i++) {
            assertTrue(table.get(2 + i).startsWith("| " + rows[i] + " |"), table.get(2 + i));
        }
        for (String name : new String[] {"x2-mse", "x2-dct", "x4-mse", "x4-dct"}) {
            String mean = text(folder.resolve(name), "scores.csv")
                    .lines()
                    .reduce((a, b) -> b)
                    .orElseThrow();
            String psnr = String.format(Locale.ROOT, "%.2f", Double.parseDouble(mean.split(",")[2]));
            String row = "| " + name.replace("-", " | ") + " |";
            assertTrue(
                    table.stream().anyMatch(line -> line.startsWith(row) && line.contains(psnr)),
                    psnr + " in " + table);
        }
    }

    /** The first loss of an annealed training, alpha = 1, is that of weights annealed beforehand. */
    @Test
    void annealedWeightsAreThoseOfTheSchedule() {
        Path out = folder.resolve("out");
        Path plain = folder.resolve("plain");
        done(small(out, "--scale", "2", "--steps", "40", "--anneal", "10"));
        done(small(plain, "--scale", "2", "--steps", "40"));
        float[] annealed = Checkpoint.read(out.resolve(Training.CHECKPOINT)).losses;
        float[] constant = Checkpoint.read(plain.resolve(Training.CHECKPOINT)).losses;
        FrequencyWeights table = FrequencyWeights.jpegLuminance(50);
        assertEquals(firstLoss(table), constant[0], 1e-5 * constant[0]);
        assertEquals(firstLoss(table.anneal(1)), annealed[0], 1e-5 * annealed[0]);
        assertNotEquals(constant[0], annealed[0]);
        assertNotEquals(constant[39], annealed[39]);
    }

    private static double firstLoss(FrequencyWeights weights) {
        List<Plane> lumas = Stream.of("a", "b", "c")
                .map(name -> TrainingPictures.draw(("train/" + name).hashCode(), 62, 75))
                .map(rgb -> Ycbcr.luma(rgb).eightBits())
                .toList();
        float[] inputs = new float[4 * 33 * 33];
        float[] outputs = new float[4 * 21 * 21];
        new PatchSet(lumas, 2).draw(1, 0, inputs, outputs);
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            NDArray images = manager.create(inputs, new Shape(4, 1, 33, 33));
            float[] prediction = Srcnn.forward(Srcnn.arrays(manager, Srcnn.initial(1)), images)
                    .toFloatArray();
            return DctLoss.builder()
                    .weights(weights)
                    .build()
                    .forward(ImageBatch.of(prediction, 4, 1, 21, 21), ImageBatch.of(outputs, 4, 1, 21, 21));
        }
    }

    @Test
    void withoutFoldersItDrawsItsPictures() throws Exception {
        Path out = folder.resolve("out");
        done("--out", out.toString(), "--steps", "2", "--batch", "2", "--threads", "1", "--scale", "4");
        String page = text(out, "report.html");
        assertTrue(page.contains("drawn 1"), "names of drawn pictures");
        assertEquals(1 + 4 * 6, page.split("<img ", -1).length - 1);
        assertTrue(Checkpoint.read(out.resolve(Training.CHECKPOINT))
                .settings
                .get("--train")
                .startsWith("30 pictures, "));
    }

    @Test
    void mistakesAreOneSentence() throws Exception {
        String out = folder.resolve("out").toString();
        refused("Missing required option: '--out=DIR'", "--steps", "3");
        refused("--scale: got 5, allowed 2 to 4", "--out", out, "--scale", "5");
        refused("--scale: got 1, allowed 2 to 4", "--out", out, "--scale", "2,1");
        refused("got 'l1', allowed mse, ssim, dct, arezoomand2021", "--out", out, "--loss", "l1");
        refused("--steps: got 0, allowed 1 to", "--out", out, "--steps", "0");
        refused("got 'many', allowed a whole number", "--out", out, "--steps", "many");
        refused("got 'x', allowed a whole number of 64 bits", "--out", out, "--seed", "x");
        refused("--batch: got 5000, allowed 1 to 4096", "--out", out, "--batch", "5000");
        refused("--threads: got 0, allowed 1 to 1024", "--out", out, "--threads", "0");
        refused("--learning-rate: got 0.0, allowed more than 0, up to 1.0", "--out", out, "--learning-rate", "0");
        refused("got 'NaN', allowed a number", "--out", out, "--learning-rate", "NaN");
        refused("--last-layer: got -1.0, allowed more than 0", "--out", out, "--last-layer", "-1");
        refused("--checkpoint-seconds: got 0.0, allowed", "--out", out, "--checkpoint-seconds", "0");
        refused("--anneal: got it with --loss ssim, allowed dct and", "--out", out, "--loss", "dct,ssim", "--anneal");
        refused("--anneal: got 0.0, allowed more than 0", "--out", out, "--anneal", "0");
        refused("Unknown option: '--foo'", "--out", out, "--foo");
        String nowhere = folder.resolve("nowhere").toString();
        refused("--train " + nowhere + ": got a path that does not exist", "--out", out, "--train", nowhere);
        refused("--test " + nowhere + ": got a path that does not exist", "--out", out, "--test", nowhere);
        refused("got a folder without images", "--out", out, "--train", folder.toString());
        assertFalse(Files.exists(Path.of(out)));

        Path file = Files.writeString(folder.resolve("file"), "kept");
        refused("got a path through the file", small(file.resolve("x"), "--steps", "1"));
        Path small = Files.createDirectory(folder.resolve("small"));
        Files.write(small.resolve("s.png"), Picture.ofSize(32, 100).png());
        refused("got 1 pictures without room for a patch", small(folder.resolve("y"), "--train", small.toString()));
        Files.write(small.resolve("s.png"), Picture.ofSize(18, 100).png());
        refused(
                "--test: s.png: got 100x18 pixels, allowed 19x19 or more",
                small(folder.resolve("y"), "--test", small.toString(), "--scale", "4"));
        Files.writeString(small.resolve("t.png"), "no picture");
        refused("t.png: got a file that is no image", small(folder.resolve("y"), "--train", small.toString()));
    }

    @Test
    void twoTrainingsInOneFolderAreRefused() throws Exception {
        Path lock = folder.resolve("lock");
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock held = channel.lock()) {
            assertTrue(held.isValid());
            refused("--out " + folder + ": got a folder where another training runs", small(folder, "--steps", "1"));
        }
        done(small(folder, "--steps", "1"));
    }

    @Test
    void helpKnowsEveryOptionOfThePage() throws Exception {
        String help = done("--help");
        Matcher options = Pattern.compile("--[a-z]+(-[a-z]+)*").matcher(Files.readString(Path.of("README.md")));
        Set<String> found = new TreeSet<>();
        while (options.find()) {
            found.add(options.group());
            assertTrue(help.contains(options.group()), options.group());
        }
        assertTrue(found.containsAll(List.of("--train", "--test", "--scale", "--loss", "--out")), found.toString());
    }
}

package org.dctloss.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.dctloss.DctLoss;
import org.dctloss.FrequencyWeights;
import org.dctloss.Normalization;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvalCommandTest {
    private static final int N = 2;
    private static final int C = 3;
    private static final int H = 16;
    private static final int W = 24;

    @TempDir
    Path folder;

    private Path p;
    private Path t;
    private final float[] prediction = random(N * C * H * W, 1);
    private final float[] target = random(N * C * H * W, 2);

    @BeforeEach
    void writeInputs() throws IOException {
        p = write("p.npy", prediction, N, C, H, W);
        t = write("t.npy", target, N, C, H, W);
    }

    private static float[] random(int count, long seed) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat();
        }
        return values;
    }

    private Path write(String name, float[] values, int... shape) throws IOException {
        Path file = folder.resolve(name);
        try (OutputStream out = Files.newOutputStream(file)) {
            NpyFile.write(out, values, shape);
        }
        return file;
    }

    private Object[] eval(Object... more) {
        List<Object> all = new ArrayList<>(List.of("eval", "--prediction", p, "--target", t));
        all.addAll(List.of(more));
        return all.toArray();
    }

    private JsonObject json(Object... more) {
        List<Object> all = new ArrayList<>(List.of(eval(more)));
        all.add("--json");
        return Cli.json(all.toArray());
    }

    private double loss(Object... more) {
        return json(more).get("loss").getAsDouble();
    }

    /** Requires a refusal that leaves the folder as it was. */
    private void refused(String part, Object... more) throws IOException {
        List<Path> before = files();
        Cli.refused(part, eval(more));
        assertEquals(before, files());
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    /** W d of every coefficient by the definition, in float64: [n][c][block row][block column][u][v] in one array. */
    private double[] weightedErrors(double[] weights) {
        double[] errors = new double[prediction.length];
        int at = 0;
        for (int plane = 0; plane < N * C; plane++) {
            for (int y = 0; y < H; y += 8) {
                for (int x = 0; x < W; x += 8) {
                    for (int k = 0; k < 64; k++) {
                        double sum = 0;
                        for (int i = 0; i < 64; i++) {
                            int pixel = (plane * H + y + i / 8) * W + x + i % 8;
                            sum += ((double) prediction[pixel] - target[pixel])
                                    * cosine(k / 8, i / 8)
                                    * cosine(k % 8, i % 8);
                        }
                        errors[at++] = weights[k] * sum;
                    }
                }
            }
        }
        return errors;
    }

    private static double cosine(int k, int n) {
        return Math.sqrt((k == 0 ? 1 : 2) / 8.0) * Math.cos(Math.PI * (2 * n + 1) * k / 16);
    }

    private static double meanSquare(double[] values) {
        return Arrays.stream(values).map(e -> e * e).average().orElseThrow();
    }

    @Test
    void theDefaultLossIsTheDefinition() {
        double[] weights = FrequencyWeights.jpegLuminance(50).resolve(8);
        double expected = meanSquare(weightedErrors(weights));
        JsonObject json = json();
        assertEquals(expected, json.get("loss").getAsDouble(), 1e-6 * expected);
        assertTrue(json.get("finite").getAsBoolean());
        assertNotEquals("auto", json.get("backend").getAsString());
        assertTrue(json.get("seconds").getAsDouble() > 0);
        assertEquals(json.get("loss"), json().get("loss"));
    }

    @Test
    void penaltiesAreTheDefinition() {
        double[] errors = weightedErrors(FrequencyWeights.watson().resolve(8));
        double absolute = Arrays.stream(errors).map(Math::abs).average().orElseThrow();
        assertEquals(absolute, loss("--weights", "watson", "--penalty", "absolute"), 1e-6 * absolute);
        double charbonnier = Arrays.stream(errors)
                .map(e -> Math.sqrt(e * e + 0.01) - 0.1)
                .average()
                .orElseThrow();
        assertEquals(charbonnier, loss("--weights", "watson", "--penalty", "charbonnier:0.1"), 1e-6 * charbonnier);
        double huber = Arrays.stream(errors)
                .map(e -> Math.abs(e) <= 0.2 ? e * e / 2 : 0.2 * (Math.abs(e) - 0.1))
                .average()
                .orElseThrow();
        assertEquals(huber, loss("--weights", "watson", "--penalty", "huber:0.2"), 1e-6 * huber);
    }

    @Test
    void theGradientIsTheDifferenceQuotient() throws IOException {
        Path g = folder.resolve("g.npy");
        Path tg = folder.resolve("tg.npy");
        json("--gradient", g, "--target-gradient", tg, "--reduction", "sum");
        float[] gradient = NpyFile.readImages(g).array();
        float[] ofTarget = NpyFile.readImages(tg).array();
        double[] weights = FrequencyWeights.jpegLuminance(50).resolve(8);
        for (int pixel : new int[] {0, 100, 777, prediction.length - 1}) {
            float kept = prediction[pixel];
            prediction[pixel] = kept + 0.25f;
            double above = meanSquare(weightedErrors(weights)) * prediction.length;
            prediction[pixel] = kept - 0.25f;
            double below = meanSquare(weightedErrors(weights)) * prediction.length;
            prediction[pixel] = kept;
            assertEquals((above - below) / 0.5, gradient[pixel], 1e-5); // exact for a squared penalty
            assertEquals(-gradient[pixel], ofTarget[pixel], 1e-6);
        }
    }

    @Test
    void mapsAverageToTheLoss() {
        Path map = folder.resolve("map.npy");
        Path spectrum = folder.resolve("spectrum.npy");
        Path g = folder.resolve("g.npy");
        double loss = loss("--block-map", map, "--spectrum", spectrum, "--gradient", g);
        assertEquals("2x3x2x3", NpyFile.readImages(map).shape());
        assertEquals(loss, mean(NpyFile.readImages(map).array()), 1e-6 * loss);
        double sum = 0;
        List<float[]> tables = NpyFile.readTables(spectrum);
        assertEquals(3, tables.size());
        for (float[] table : tables) {
            assertEquals(64, table.length);
            sum += mean(table) / 3;
        }
        assertEquals(loss, sum, 1e-6 * loss);
        assertEquals("2x3x16x24", NpyFile.readImages(g).shape());
    }

    private static double mean(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += value;
        }
        return sum / values.length;
    }

    @Test
    void perSampleIsAnArrayWhoseMeanIsTheLoss() {
        JsonArray samples = json("--reduction", "per-sample").getAsJsonArray("loss");
        assertEquals(2, samples.size());
        double mean = (samples.get(0).getAsDouble() + samples.get(1).getAsDouble()) / 2;
        assertEquals(loss(), mean, 1e-12);
        assertTrue(Cli.run(eval("--reduction", "per-sample")).out().contains("loss of sample 1"));
    }

    @Test
    void whatIsNotFiniteIsNullAndStaysInItsSample() throws IOException {
        prediction[5] = Float.NaN;
        write("p.npy", prediction, N, C, H, W);
        JsonObject json = json();
        assertTrue(json.get("loss").isJsonNull());
        assertFalse(json.get("finite").getAsBoolean());
        JsonArray samples = json("--reduction", "per-sample").getAsJsonArray("loss");
        assertTrue(samples.get(0).isJsonNull());
        assertTrue(samples.get(1).getAsDouble() > 0);
    }

    @Test
    void weightListsFilesAndModifiersAreTheLibrarysOwn() throws IOException {
        float[] tables = random(3 * 64, 3);
        Path file = write("w.npy", tables, 3, 8, 8);
        Path one = write("one.npy", Arrays.copyOf(tables, 64), 8, 8);
        FrequencyWeights[] each = new FrequencyWeights[3];
        for (int c = 0; c < 3; c++) {
            each[c] = FrequencyWeights.of(Arrays.copyOfRange(tables, 64 * c, 64 * c + 64));
        }
        assertConfigured(FrequencyWeights.perChannel(each), "--weights", file);
        assertConfigured(each[0], "--weights", one);
        assertConfigured(
                FrequencyWeights.perChannel(each[0], FrequencyWeights.mannosSakrison(32.5), FrequencyWeights.uniform()),
                "--weights",
                one + ",csf:32.5,uniform");
        assertConfigured(
                FrequencyWeights.perChannel(
                                FrequencyWeights.jpegLuminance(75),
                                FrequencyWeights.jpegChrominance(75),
                                FrequencyWeights.jpegChrominance(30))
                        .anneal(0.5)
                        .power(2)
                        .withDc(0.25)
                        .normalize(Normalization.MAX),
                "--weights",
                "jpeg-luma:75,jpeg-chroma:75,jpeg-chroma:30",
                "--normalize",
                "max",
                "--dc",
                "0.25",
                "--weight-power",
                2,
                "--anneal",
                .5);
    }

    private void assertConfigured(FrequencyWeights expected, Object... more) {
        String configuration = json(more).get("configuration").getAsString();
        String inside = DctLoss.builder().weights(expected).build().toString();
        assertEquals(inside, configuration);
    }

    @Test
    void explicitOptionsOverrideThePreset() {
        String preset = json("--preset", "arezoomand2021").get("configuration").getAsString();
        assertEquals(DctLoss.arezoomand2021().toString(), preset);
        String block = configuration("--preset", "arezoomand2021", "--block", 8);
        assertTrue(
                block.contains("8x8 UNNORMALIZED, weights jpegLuminance(50).floor().normalize(NONE), squared"), block);
        String weights = configuration("--preset", "arezoomand2021", "--weights", "watson");
        assertTrue(weights.contains("21x21 UNNORMALIZED, weights watson.normalize(NONE), squared, MAGNITUDE"), weights);
        String dc = configuration("--preset", "arezoomand2021", "--dc", 0, "--normalize", "mean");
        assertTrue(dc.contains("jpegLuminance(50).resample(21).floor().withDc(0.0).normalize(MEAN)"), dc);
        String rest = configuration(
                "--preset",
                "arezoomand2021",
                "--coefficients",
                "signed",
                "--scaling",
                "orthonormal",
                "--penalty",
                "huber:0.5",
                "--edge",
                "reflect",
                "--stride",
                7,
                "--color",
                "bt709",
                "--threads",
                1,
                "--backend",
                "java",
                "--reduction",
                "sum");
        assertTrue(
                rest.contains("huber(0.5), SIGNED, SUM, edge REFLECT, stride 7, color BT709, backend java, threads 1"),
                rest);
        assertEquals(
                loss(),
                loss(
                        "--preset",
                        "arezoomand2021",
                        "--block",
                        8,
                        "--scaling",
                        "orthonormal",
                        "--coefficients",
                        "signed",
                        "--weights",
                        "jpeg-luma:50",
                        "--normalize",
                        "mean-square"));
    }

    private String configuration(Object... more) {
        return json(more).get("configuration").getAsString();
    }

    @Test
    void anOffsetShiftsTheGrid() {
        assertNotEquals(loss(), loss("--offset", "3,5"));
        assertEquals(loss(), loss("--offset", "0,0"));
        assertNotEquals(loss(), loss("--stride", 4));
    }

    @Test
    void misuseIsRefusedBeforeAnythingIsWritten() throws IOException {
        Path g = folder.resolve("g.npy");
        refused("--edge: got 'foo', allowed replicate, reflect, zero, crop", "--gradient", g, "--edge", "foo");
        refused("--edge: got 'ZERO'", "--edge", "ZERO");
        refused("--scaling: got 'x', allowed orthonormal, unnormalized", "--scaling", "x");
        refused("--coefficients: got 'x', allowed signed, magnitude", "--coefficients", "x");
        refused("--reduction: got 'x', allowed mean, sum, per-sample", "--reduction", "x");
        refused("--normalize: got 'x', allowed none, max, mean, mean-square", "--normalize", "x");
        refused("--color: got 'x', allowed none, bt601, bt709", "--color", "x");
        refused("--backend: got 'x', allowed auto, java, native, cuda", "--backend", "x");
        refused("--preset: got 'x', allowed arezoomand2021", "--preset", "x");
        refused("--penalty: got 'charbonnier', allowed", "--penalty", "charbonnier");
        refused("--penalty: got 'huber:x', allowed a number", "--penalty", "huber:x");
        refused("Huber delta: got 0.0", "--penalty", "huber:0");
        refused("--weights: got 'jpeg-luma', allowed uniform", "--weights", "jpeg-luma");
        refused("--weights: got 'jpeg-luma:x'", "--weights", "jpeg-luma:x");
        refused("JPEG quality: got 0", "--weights", "jpeg-luma:0");
        refused("--weights: got ''", "--weights", "uniform,");
        refused("weights per channel: got 2 tables for 3 channels", "--weights", "uniform,watson");
        refused("none.npy: could not be read", "--weights", "none.npy");
        refused("got 'x', allowed a whole number", "--block", "x");
        refused("got 'NaN', allowed a number", "--dc", "NaN");
        refused("got '1f', allowed a number", "--anneal", "1f");
        refused("got '', allowed a path", "--gradient", "");
        refused("block size: got 65", "--block", 65);
        refused("--stride: got 3, allowed divisors", "--stride", 3);
        refused("--offset: got '1', allowed two whole numbers", "--offset", "1");
        refused("--offset: got (8, 0), allowed 0 to 7", "--gradient", g, "--offset", "8,0");
        refused("--threads: got 0", "--threads", 0);
        refused("--block-map: got stride 4, allowed the block size 8", "--block-map", g, "--stride", 4);
        refused("--spectrum: got stride 4, allowed the block size 8", "--spectrum", g, "--stride", 4);
        refused("--gradient: got no value, allowed --gradient G.npy", "--gradient");
        refused("image: got 16x24 pixels with edge CROP", "--gradient", g, "--edge", "crop", "--block", 32);
    }

    @Test
    void inputsThatDoNotFitAreRefused() throws IOException {
        Path other = write("other.npy", random(64, 4), 1, 1, 8, 8);
        Cli.refused("got shape 1x1x8x8", "eval", "--prediction", p, "--target", other);
        Path table = write("table.npy", random(16, 4), 4, 4);
        refused("table.npy: got a table of 4x4, allowed 8x8", "--weights", table);
        Path negative = write("negative.npy", new float[] {1, -1, 1, 1}, 2, 2);
        refused("weight table: got -1.0", "--weights", negative, "--block", 2);
        Cli.refused("it does not exist", "eval", "--prediction", folder.resolve("x"), "--target", t);
        Cli.refused("eval: got no --target T.npy, allowed dctloss eval", "eval", "--prediction", p);
        Cli.refused("colour transform BT601", "eval", "--prediction", other, "--target", other, "--color", "bt601");
    }

    @Test
    void outputsThatCannotBeAreRefused() throws IOException {
        Path g = folder.resolve("g.npy");
        refused("which is no folder", "--gradient", folder.resolve("none").resolve("g.npy"));
        refused("got a folder", "--gradient", folder);
        refused("the input file", "--gradient", p);
        refused("the input file", "--gradient", folder.resolve(".").resolve("t.npy"));
        refused(
                "the same file twice",
                "--gradient",
                g,
                "--spectrum",
                folder.resolve(".").resolve("g.npy"));
        Path table = write("w.npy", random(64, 3), 8, 8);
        refused("the input file", "--weights", table, "--spectrum", table);
        Files.createSymbolicLink(folder.resolve("dangling.npy"), folder.resolve("none.npy"));
        refused("a link to a file that does not exist", "--gradient", folder.resolve("dangling.npy"));
        byte[] before = Files.readAllBytes(p);
        Files.createSymbolicLink(folder.resolve("link.npy"), p);
        refused("the input file", "--gradient", folder.resolve("link.npy"));
        assertArrayEquals(before, Files.readAllBytes(p));
    }

    @Test
    void anOutputReplacesAnOlderFile() throws IOException {
        Path g = folder.resolve("g.npy");
        Files.writeString(g, "old");
        assertEquals(0, Cli.run(eval("--gradient", g)).code());
        assertEquals("2x3x16x24", NpyFile.readImages(g).shape());
        assertEquals(3, files().size());
    }
}

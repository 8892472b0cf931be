package org.dctloss.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.dctloss.Backends;
import org.dctloss.DctLoss;
import org.dctloss.FrequencyWeights;
import org.dctloss.ImageBatch;
import org.dctloss.Penalty;
import org.dctloss.jni.NativeSubtraction;
import org.dctloss.yardsticks.ParallelSubtraction;
import org.dctloss.yardsticks.PlainLoss;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BenchCommandTest {
    private static final int HEIGHT = 48;
    private static final int WIDTH = 64;

    @Test
    void itTimesEveryPenaltyAgainstSubtracting() {
        JsonObject json = Cli.json("bench", "--shape", "1x3x40x50", "--threads", 2, "--seconds", 0.01, "--json");
        assertEquals("1x3x40x50", json.get("shape").getAsString());
        assertEquals(2, json.get("threads").getAsInt());
        double subtract = json.get("subtract_seconds").getAsDouble();
        assertTrue(subtract > 0);
        assertTrue(json.getAsJsonArray("results").size() >= 6);
        for (JsonElement element : json.getAsJsonArray("results")) {
            JsonObject result = element.getAsJsonObject();
            double seconds = result.get("seconds").getAsDouble();
            assertTrue(seconds > 0);
            assertEquals(seconds / subtract, result.get("ratio_to_subtract").getAsDouble(), 1e-9 * seconds / subtract);
            assertEquals(seconds * 1e9 / (3 * 5 * 7), result.get("ns_per_block").getAsDouble(), 1e-6 * seconds * 1e9);
        }
        JsonObject targets = json.getAsJsonObject("java_targets");
        for (String penalty : new String[] {"absolute", "squared"}) {
            assertTrue(
                    targets.getAsJsonObject(penalty).get("plain_ns_per_block").getAsDouble() > 0);
            assertTrue(targets.getAsJsonObject(penalty)
                            .get("jtransforms_ns_per_block")
                            .getAsDouble()
                    > 0);
        }
    }

    @Test
    void onOneThreadTheNativeBackendMeetsASubtractionInCpp() {
        assumeTrue(NativeSubtraction.available(), "the C++ library was not built");
        JsonObject json = Cli.json("bench", "--shape", "1x3x40x50", "--threads", 1, "--seconds", 0.01, "--json");
        JsonObject target = json.getAsJsonObject("native_target");
        double plain = target.get("native_subtract_seconds").getAsDouble();
        double pastCaches = target.get("native_subtract_past_caches_seconds").getAsDouble();
        assertEquals(4, target.getAsJsonArray("results").size());
        for (JsonElement element : target.getAsJsonArray("results")) {
            JsonObject result = element.getAsJsonObject();
            double ratio = result.get("ratio_to_native_subtract").getAsDouble();
            double other = result.get("ratio_to_native_subtract_past_caches").getAsDouble();
            assertEquals(ratio * plain, other * pastCaches, 1e-9 * plain * ratio);
            assertEquals(ratio <= 1, result.get("reached").getAsBoolean());
        }
    }

    private static Set<String> backends(String json) {
        Set<String> names = new HashSet<>();
        JsonParser.parseString(json)
                .getAsJsonObject()
                .getAsJsonArray("results")
                .forEach(result ->
                        names.add(result.getAsJsonObject().get("backend").getAsString()));
        return names;
    }

    /** Where the native backend has no AVX2, the Vector API has none either. */
    private static boolean hasWideVectors() {
        return Backends.report().stream()
                .anyMatch(report ->
                        report.name().equals("native") && report.text().contains("AVX2"));
    }

    /** Both kernels of pure Java in one run, if the JVM has the module and the processor the vectors. */
    @Test
    void theVectorApiHasRowsOfItsOwn() throws Exception {
        String[] bench = {"bench", "--shape", "1x1x16x16", "--threads", "1", "--seconds", "0.01", "--json"};
        Set<String> without = backends(Cli.run((Object[]) bench).out());
        assertTrue(without.contains("java") && !without.contains("java-vector"), without::toString);

        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Djava.awt.headless=true", "-cp", System.getProperty("java.class.path")));
        command.add(Main.class.getName());
        command.addAll(List.of(bench));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("JAVA_TOOL_OPTIONS", "--add-modules=jdk.incubator.vector");
        Process process = builder.start();
        String json = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor());
        Set<String> with = backends(json);
        assumeTrue(hasWideVectors(), "this processor has no vectors of 256 bits");
        assertTrue(with.containsAll(List.of("java", "java-vector")), with::toString);
    }

    @Test
    void theTextNamesTheTargets() {
        Cli run = Cli.run("bench", "--shape", "1x1x8x8", "--seconds", 0.01);
        assertEquals(0, run.code(), run.err());
        assertTrue(run.out().contains("(target 12, "), run.out());
    }

    @Test
    void misuseIsRefused() {
        for (String shape :
                new String[] {"", "4x3x8", "4x3x8x8x8", "0x3x8x8", "-1x3x8x8", "axbxcxd", "1x1x8x99999999999"}) {
            Cli.refused("--shape: got '" + shape + "', allowed NxCxHxW", "bench", "--shape", shape);
        }
        Cli.refused("whose three arrays take", "bench", "--shape", "99999x3x9999x9999");
        Cli.refused("--threads: got 0", "bench", "--threads", 0);
        Cli.refused("--seconds: got 0.0", "bench", "--seconds", 0);
    }

    /** The three contenders of the targets must do the same work before their times mean anything. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void yardsticksComputeWhatTheLibraryComputes(boolean squared) {
        float[] p = BenchCommand.noise(HEIGHT * WIDTH, 1);
        float[] t = BenchCommand.noise(HEIGHT * WIDTH, 2);
        float[] expected = new float[p.length];
        DctLoss loss = DctLoss.builder()
                .penalty(squared ? Penalty.squared() : Penalty.absolute())
                .build();
        double value = loss.backward(
                ImageBatch.of(p, 1, 1, HEIGHT, WIDTH),
                ImageBatch.of(t, 1, 1, HEIGHT, WIDTH),
                ImageBatch.of(expected, 1, 1, HEIGHT, WIDTH));
        PlainLoss yardsticks = new PlainLoss(FrequencyWeights.jpegLuminance(50), squared, HEIGHT, WIDTH);
        float[] plain = new float[p.length];
        assertEquals(value, yardsticks.plain(p, t, plain), 1e-4 * value);
        assertClose(expected, plain);
        float[] jTransforms = new float[p.length];
        assertEquals(value, yardsticks.jTransforms(p, t, jTransforms), 1e-4 * value);
        assertClose(expected, jTransforms);
    }

    private static void assertClose(float[] expected, float[] actual) {
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += Math.pow((double) expected[i] - actual[i], 2);
            norm += Math.pow(expected[i], 2);
        }
        assertTrue(Math.sqrt(difference / norm) < 1e-4, () -> "relative difference of the gradient too large");
    }

    @Test
    void subtractionOnThreadsCoversEverything() {
        int size = 200_003;
        float[] p = BenchCommand.noise(size, 1);
        float[] t = BenchCommand.noise(size, 2);
        float[] g = new float[size];
        try (ParallelSubtraction subtraction = new ParallelSubtraction(3)) {
            subtraction.run(p, t, g);
        }
        for (int i = 0; i < size; i++) {
            assertEquals(p[i] - t[i], g[i]);
        }
    }
}

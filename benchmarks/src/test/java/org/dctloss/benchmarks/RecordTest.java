package org.dctloss.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.dctloss.Coefficients;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From measuring to the record, and that what is published is what is recorded. */
class RecordTest {
    private static final Result.Provenance HERE =
            new Result.Provenance("2026-01-02", "abc", "a processor, \"quoted\"", 2, "a JVM");
    private static final Images SMALL = Images.parse("1x1x16x24");

    @TempDir
    Path folder;

    private static Result result(String contender, Images images, double seconds) {
        Case computed = Case.of(Operation.BACKWARD, "squared", images, 1);
        return new Result(HERE, "quick", "interleaved", contender, "x", computed, 7, seconds, seconds, seconds, 2, 0.5);
    }

    @Test
    void groupsAreMeasuredAgainstTheirSubtraction() {
        Case wanted = Case.of(Operation.BACKWARD, "squared", SMALL, 1);
        Case impossible = wanted.with(Coefficients.MAGNITUDE);
        List<String> leftOut = new ArrayList<>();
        Plan.Group group = new Plan.Group(
                "small",
                List.of(
                        new Plan.Entry(Contenders.SUBTRACT, wanted),
                        new Plan.Entry("java", wanted),
                        new Plan.Entry("jtransforms", impossible)));
        List<Result> results = new Interleaved(HERE, "quick", 0.02).measure(group, leftOut::add);
        assertEquals(
                List.of(Contenders.SUBTRACT, "java"),
                results.stream().map(Result::contender).toList());
        assertEquals(1, results.get(0).ratioToSubtract());
        assertTrue(results.get(1).p20() > 0);
        assertTrue(results.get(1).p20() <= results.get(1).p50());
        assertTrue(results.get(1).p50() <= results.get(1).p80());
        assertEquals(1, leftOut.size());
        assertTrue(leftOut.get(0).startsWith("jtransforms: got "), leftOut.get(0));
    }

    @Test
    void jmhMeasuresTheSame() {
        System.setProperty("jmh.ignoreLock", "true");
        JmhRun jmh = new JmhRun(HERE, options -> options.warmupIterations(0).measurementIterations(2));
        List<String> leftOut = new ArrayList<>();
        Result result =
                jmh.measure(new Plan.Entry("java", Case.of(Operation.FORWARD, "absolute", SMALL, 1)), leftOut::add);
        assertEquals(List.of(), leftOut);
        assertEquals(2, result.samples());
        assertTrue(result.p50() > 1e-8 && result.p50() < 1e-2, () -> "seconds: " + result.p50());
        assertTrue(result.ratioToSubtract() > 0.1, () -> "times subtract: " + result.ratioToSubtract());
        assertTrue(result.shareOfBandwidth() > 0);
    }

    @Test
    void resultsAreReadAsTheyWereWritten() throws IOException {
        ResultsFile file = new ResultsFile(folder.resolve("results.csv"));
        assertEquals(List.of(), file.read());
        Result first = result("java", SMALL, 1.5e-3);
        Case sliced = Case.of(Operation.DCT_INVERSE, "huber:0.1", Images.parse("2x3x8x8-sliced"), 2)
                .withStride(4)
                .with(Coefficients.MAGNITUDE);
        Result second = new Result(HERE, "full", "jmh", "native", "C++, AVX2", sliced, 3, 1e-6, 2e-6, 3e-6, 1.25, 0.75);
        file.append(List.of(first));
        file.append(List.of(second));
        assertEquals(List.of(first, second), file.read());
        String whole = Files.readString(folder.resolve("results.csv"));
        for (String broken : List.of(whole.substring(0, whole.length() - 1), whole.replace("commit,", ""))) {
            Files.writeString(folder.resolve("results.csv"), broken);
            assertThrows(IOException.class, () -> file.append(List.of(first)));
            assertEquals(broken, Files.readString(folder.resolve("results.csv")), "nothing is half-written");
        }
        Files.writeString(folder.resolve("results.csv"), "");
        file.append(List.of(first));
        assertEquals(List.of(first), file.read());
    }

    @Test
    void theTableComparesWithNative() throws IOException {
        Path readme = folder.resolve("README.md");
        Files.writeString(
                readme,
                "before\n<!-- benchmarks: rewritten by benchmarks/run.sh -->\nold\n<!-- /benchmarks -->\nafter\n");
        Images large = Images.parse("1x1x32x32");
        List<Result> older = whole("an older processor", 2e-3);
        List<Result> twice = Stream.concat(whole("a processor", 4e-3).stream(), whole("a processor", 1e-3).stream())
                .toList();
        List<Result> partial = List.of(whole("a processor", 9e-3).get(0));
        List<Result> recorded =
                Stream.of(older, twice, partial).flatMap(List::stream).toList();
        ResultsTable.writeInto(readme, recorded);
        String text = Files.readString(readme);
        assertTrue(text.startsWith("before\n<!-- benchmarks"), text);
        assertTrue(text.endsWith("<!-- /benchmarks -->\nafter\n"), text);
        assertFalse(text.contains("old\n"), text);
        assertEquals(2, text.split("commit abc", -1).length - 1, text);
        assertTrue(text.indexOf("**a processor**") < text.indexOf("**an older processor**"), text);
        assertTrue(text.contains("native: C++, AVX2"), text);
        assertTrue(text.contains("| native | 1.000 (1.00) | 1.000 (1.00) |"), text);
        assertTrue(text.contains("| native | 2.000 (1.00) | 2.000 (1.00) |"), text);
        assertTrue(text.contains("| java | 3.000 (3.00) | 3.000 (3.00) |"), text);
        assertFalse(text.contains("9.000") || text.contains("12.00"), text);
        Files.writeString(readme, "no markers");
        assertThrows(IOException.class, () -> ResultsTable.writeInto(readme, recorded));
    }

    /** A whole table; native takes so long, everybody else three times as long. */
    private static List<Result> whole(String processor, double seconds) {
        Result.Provenance from = new Result.Provenance("2026-01-02", "abc", processor, 1, "a JVM");
        return new Plan(1)
                .quick().stream()
                        .flatMap(group -> group.entries().stream())
                        .map(entry -> {
                            double s = entry.contender().equals("native") ? seconds : 3 * seconds;
                            return new Result(
                                    from,
                                    "quick",
                                    "interleaved",
                                    entry.contender(),
                                    "C++, AVX2",
                                    entry.wanted(),
                                    7,
                                    s,
                                    s,
                                    s,
                                    2,
                                    0.5);
                        })
                        .toList();
    }

    @Test
    void aTableThatLacksSomebodySaysWhom() {
        ResultsTable table = new ResultsTable(List.of(result("java", SMALL, 1e-3)));
        List<String> missing = table.missing(new Plan(2).quick());
        assertTrue(
                missing.contains("native") && missing.contains("torch-l1") && !missing.contains("java"),
                missing::toString);
    }

    @Test
    void targetsAreJudgedByTheFastestPeer() {
        List<String> verdicts = Targets.verdicts(List.of(
                result("native", Plan.PATCHES, 1e-3),
                result("torch-conv2d", Plan.PATCHES, 25e-3),
                result("torch-matmul", Plan.PATCHES, 15e-3),
                result("native", Plan.IN_CACHE, 1e-3),
                result("jtransforms", Plan.IN_CACHE, 60e-3)));
        assertEquals(
                List.of(
                        "15.0 times as fast as PyTorch's best eager form on 16x3x96x96, 1 thread (target 20: missed)",
                        "60.0 times as fast as JTransforms on 1x1x192x256, 1 thread (target 60: reached)"),
                verdicts);
    }

    @Test
    void theTableOfTheReadmeIsRecorded() throws IOException {
        Path repository = Path.of(System.getProperty("user.dir")).getParent();
        List<Result> results = new ResultsFile(repository.resolve("benchmarks/results/results.csv")).read();
        String readme = Files.readString(repository.resolve("README.md"));
        assertTrue(
                readme.contains("\n" + ResultsTable.sections(results) + "<!-- /benchmarks -->"),
                "README's tables are not those of the record");
    }

    @Test
    void allRunsAskForKnownContenders() {
        Plan plan = new Plan(4);
        List<String> known = Stream.of(
                        Contenders.OURS,
                        Contenders.PEERS,
                        Contenders.SIMPLER,
                        List.of(Contenders.SUBTRACT, Contenders.SUBTRACT_CPP, Contenders.SUBTRACT_PAST_CACHES))
                .flatMap(List::stream)
                .toList();
        List<Plan.Entry> entries = new ArrayList<>(plan.jmh());
        Stream.concat(plan.quick().stream(), plan.scaling().stream()).forEach(group -> {
            assertEquals(Contenders.SUBTRACT, group.entries().get(0).contender(), group::title);
            entries.addAll(group.entries());
        });
        entries.forEach(entry -> assertTrue(known.contains(entry.contender()), entry::contender));
        assertEquals(plan.jmh().size(), plan.jmh().stream().distinct().count());
    }

    @Test
    void textsAreRefusedInASentence() {
        assertEquals("2x3x4x5-nhwc", Images.parse("2x3x4x5-nhwc").toString());
        for (String wrong : List.of("", "1x2x3", "0x1x8x8", "1x1x8x8-other", "1x1x8x99999999999")) {
            IllegalArgumentException refused =
                    assertThrows(IllegalArgumentException.class, () -> Images.parse(wrong), wrong);
            assertTrue(refused.getMessage().startsWith("images: got '" + wrong + "', allowed "), refused::getMessage);
        }
        assertThrows(IllegalArgumentException.class, () -> Operation.parse("sideways"));
        for (Operation operation : Operation.values()) {
            assertEquals(operation, Operation.parse(operation.toString()));
        }
    }
}

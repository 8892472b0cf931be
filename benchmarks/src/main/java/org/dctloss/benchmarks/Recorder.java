package org.dctloss.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Behind benchmarks/run.sh: measures, prints, and records in results.csv, the README's table and the charts. */
@Command(
        name = "benchmarks/run.sh",
        description =
                "Measures the library against what people would use instead, appends the results to"
                        + " benchmarks/results/results.csv and redraws the README's table (--quick, --full) or the charts"
                        + " (--scaling); --vector only appends. Nothing is recorded from a working tree that differs from its commit.")
public final class Recorder implements Callable<Integer> {
    @ArgGroup(multiplicity = "1")
    private Mode mode;

    private static final class Mode {
        @Option(names = "--quick", description = "Loss with gradient by everybody, taking turns: under 3 minutes.")
        private boolean quick;

        @Option(
                names = "--full",
                description = "The same measured longer, then every axis with JMH, a fork each: about half an hour.")
        private boolean full;

        @Option(names = "--scaling", description = "How time grows with pixels, threads, block size and stride.")
        private boolean scaling;

        @Option(
                names = "--vector",
                description =
                        "The Vector API kernel of pure Java against loops and the plain form; ends with 1 if it is"
                                + " ten times slower than expected.")
        private boolean vector;

        @Override
        public String toString() {
            return quick ? "quick" : full ? "full" : vector ? "vector" : "scaling";
        }
    }

    @Option(names = "--dry-run", description = "Record nothing.")
    private boolean dryRun;

    @Parameters(hidden = true)
    private Path repository;

    private final List<Result> results = new ArrayList<>();

    /** What run.sh starts: options, and the folder of the checkout. */
    public static void main(String... arguments) {
        System.setProperty("jmh.ignoreLock", "true"); // another JMH on the machine is no reason to measure nothing
        CommandLine line = new CommandLine(new Recorder());
        line.setExecutionExceptionHandler((failure, command, parsed) -> {
            String said = failure.getMessage();
            System.err.println("run.sh: " + (said == null ? failure.toString() : said));
            return 2;
        });
        System.exit(line.execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        if (!dryRun) {
            checkClean();
        }
        Result.Provenance provenance = new Result.Provenance(
                LocalDate.now(ZoneOffset.UTC).toString(),
                dryRun ? "of no record" : Machine.commit(repository),
                Machine.processor(),
                Machine.cores(),
                Machine.jvm());
        System.out.println(provenance.processor() + ", " + provenance.cores() + " cores, " + provenance.jvm()
                + ", commit " + provenance.commit());
        Plan plan = new Plan(Machine.cores());
        List<String> leftOut = new ArrayList<>();
        if (mode.scaling) {
            takeTurns(plan.scaling(), new Interleaved(provenance, "scaling", 1.5), leftOut);
        } else if (mode.vector) {
            takeTurns(plan.vector(), new Interleaved(provenance, "vector", 12), leftOut);
        } else {
            takeTurns(plan.quick(), new Interleaved(provenance, mode.toString(), mode.full ? 20 : 4), leftOut);
        }
        if (mode.full) {
            jmh(plan.jmh(), new JmhRun(provenance, UnaryOperator.identity()), leftOut);
        }
        System.out.println(mode.scaling || mode.vector ? lines() : new ResultsTable(interleaved(results)).text());
        leftOut.stream().distinct().forEach(sentence -> System.out.println("left out: " + sentence));
        if (mode.vector) {
            VectorTargets.verdicts(results).forEach(System.out::println);
        }
        if (!dryRun) {
            record();
        }
        return mode.vector && (!leftOut.isEmpty() || VectorTargets.fellOffTheCliff(results)) ? 1 : 0;
    }

    private void checkClean() throws IOException {
        if (!Machine.isClean(repository)) {
            throw new IOException(
                    "working tree: got changes that are not committed, so results could not be traced to a"
                            + " commit; allowed a clean one, or --dry-run");
        }
    }

    private void takeTurns(List<Plan.Group> groups, Interleaved timing, List<String> leftOut) {
        try (ProgressBar bar = bar("taking turns", groups.size())) {
            for (Plan.Group group : groups) {
                bar.setExtraMessage(group.title());
                results.addAll(timing.measure(group, leftOut::add));
                bar.step();
            }
        }
    }

    private void jmh(List<Plan.Entry> entries, JmhRun jmh, List<String> leftOut) {
        try (ProgressBar bar = bar("JMH", entries.size())) {
            for (Plan.Entry entry : entries) {
                bar.setExtraMessage(entry.contender() + " " + entry.wanted().images());
                Result result = jmh.measure(entry, leftOut::add);
                if (result != null) {
                    results.add(result);
                }
                bar.step();
            }
        }
    }

    private static ProgressBar bar(String task, int steps) {
        return new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(steps)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(1000)
                .build();
    }

    private static List<Result> interleaved(List<Result> all) {
        return all.stream()
                .filter(result -> result.harness().equals("interleaved"))
                .toList();
    }

    private String lines() {
        StringBuilder text = new StringBuilder();
        for (Result result : results) {
            Case computed = result.computed();
            text.append(String.format(
                    "%-14s %-18s %d threads, block %2d, stride %2d: %10s ms, %6s x subtract%n",
                    result.contender(),
                    computed.images(),
                    computed.threads(),
                    computed.block(),
                    computed.stride(),
                    ResultsFile.number(result.p50() * 1e3),
                    ResultsFile.number(result.ratioToSubtract())));
        }
        return text.toString();
    }

    private void record() {
        try {
            checkClean();
            String now = Machine.commit(repository);
            String then = results.get(0).provenance().commit();
            if (!now.equals(then)) {
                throw new IOException(
                        "commit: got " + now + " after a run that began with " + then + ", allowed one and the same");
            }
            Path folder = repository.resolve("benchmarks/results");
            ResultsFile file = new ResultsFile(folder.resolve("results.csv"));
            file.append(results);
            // As they were rounded: whoever recomputes a table from the record finds the same.
            List<Result> recorded = file.read();
            if (mode.vector) {
                System.out.println("the README's table and the charts stay as they are");
            } else if (mode.scaling) {
                new Charts(recorded.subList(recorded.size() - results.size(), recorded.size()), folder).draw();
            } else {
                List<String> missing =
                        new ResultsTable(interleaved(results)).missing(new Plan(Machine.cores()).quick());
                ResultsTable.writeInto(repository.resolve("README.md"), recorded);
                if (!missing.isEmpty()) {
                    System.out.println(
                            "README's table of this processor stays as it is, without " + String.join(", ", missing));
                }
            }
            System.out.println("recorded in benchmarks/results");
        } catch (IOException failed) {
            throw new UncheckedIOException(failed.getMessage(), failed);
        }
    }
}

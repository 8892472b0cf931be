package org.dctloss.benchmarks;

import java.util.Collection;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;
import org.openjdk.jmh.util.Statistics;

/** Measures an entry with JMH, in a fork of its own. */
final class JmhRun {
    private final Result.Provenance provenance;
    private final UnaryOperator<ChainedOptionsBuilder> changes;

    /** @param changes options beside those of the benchmarks' annotations */
    JmhRun(Result.Provenance provenance, UnaryOperator<ChainedOptionsBuilder> changes) {
        this.provenance = provenance;
        this.changes = changes;
    }

    /** @param leftOut is told in a sentence that an entry could not be measured; the result is null then */
    Result measure(Plan.Entry entry, Consumer<String> leftOut) {
        Case wanted = entry.wanted();
        if (wanted.block() != 8 || wanted.stride() != 8) {
            throw new IllegalArgumentException("case for JMH: got " + wanted + ", allowed 8x8 blocks with stride 8");
        }
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include("^" + benchmark(entry).replace(".", "\\.") + "$")
                .param("contender", entry.contender())
                .param("images", wanted.images().toString())
                .param("threads", Integer.toString(wanted.threads()))
                .addProfiler(ComparedWithSubtract.class)
                .verbosity(VerboseMode.SILENT)
                .jvmArgsPrepend("-D" + ContenderBenchmark.EXPECTED + "=" + Contenders.resolved(entry.contender()))
                .shouldFailOnError(true);
        if (!benchmark(entry).startsWith(BlockDctBenchmark.class.getName())) {
            options.param("penalty", wanted.penalty());
        }
        if (benchmark(entry).startsWith(LossBenchmark.class.getName())) {
            options.param("coefficients", wanted.coefficients().name())
                    .param("type", wanted.type().name());
        }
        try {
            Collection<RunResult> results = new Runner(changes.apply(options).build()).run();
            return result(entry, results.iterator().next());
        } catch (RunnerException failed) {
            leftOut.accept(entry.contender() + ": JMH could not measure " + wanted + ", " + failed.getMessage());
            return null;
        }
    }

    private static String benchmark(Plan.Entry entry) {
        boolean ours = Contenders.OURS.contains(entry.contender());
        return switch (entry.wanted().operation()) {
            case FORWARD -> LossBenchmark.class.getName() + ".forward";
            case BACKWARD -> (ours ? LossBenchmark.class : PeerBenchmark.class).getName() + ".backward";
            case DCT_FORWARD -> BlockDctBenchmark.class.getName() + ".dctForward";
            case DCT_INVERSE -> BlockDctBenchmark.class.getName() + ".dctInverse";
        };
    }

    private Result result(Plan.Entry entry, RunResult found) {
        Statistics microseconds = found.getPrimaryResult().getStatistics();
        double p50 = microseconds.getPercentile(50);
        return new Result(
                provenance,
                "full",
                "jmh",
                entry.contender(),
                Contenders.resolved(entry.contender()),
                entry.wanted(),
                (int) microseconds.getN(),
                microseconds.getPercentile(20) * 1e-6,
                p50 * 1e-6,
                microseconds.getPercentile(80) * 1e-6,
                p50 / secondary(found, ComparedWithSubtract.SUBTRACT),
                entry.wanted().bytes() / (p50 * 1e3) / secondary(found, ComparedWithSubtract.BANDWIDTH));
    }

    private static double secondary(RunResult found, String name) {
        return found.getSecondaryResults().get(name).getScore();
    }
}

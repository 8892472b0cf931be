package org.dctloss.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import org.dctloss.yardsticks.JavaKernels;

/**
 * What the kernel of the Vector API should reach on one thread, and whether it did. Where C2 does not turn all of it into vector
 * instructions it is ten to a hundred times slower and says nothing: a tenth of what is expected means that.
 */
final class VectorTargets {
    /** How often the time of the other the kernel should win, or which share of its speed it should have. */
    private record Target(String other, Images images, double least) {}

    private static final double CLIFF = 0.1;

    /** Twice is usual, less is no reason to use it. */
    private static final double TIMES_LOOPS = 1.5;

    private static final double SHARE_OF_SUBTRACTION = 0.45;

    private VectorTargets() {}

    private static List<Target> targets() {
        return List.of(
                new Target("plain-java", Plan.IN_SMALL_CACHE, JavaKernels.timesPlainTarget()),
                new Target("java", Plan.IN_SMALL_CACHE, TIMES_LOOPS),
                new Target(Contenders.SUBTRACT, Plan.FRAMES, SHARE_OF_SUBTRACTION));
    }

    /** A line for each target and penalty that was measured; one that begins with CLIFF is a failure. */
    static List<String> verdicts(List<Result> results) {
        List<String> lines = new ArrayList<>();
        for (Target target : targets()) {
            for (Result ours : results) {
                boolean measured = ours.contender().equals(JavaKernels.VECTOR)
                        && ours.computed().images().equals(target.images);
                OptionalDouble other = measured ? time(results, target.other, ours.computed()) : OptionalDouble.empty();
                if (other.isPresent()) {
                    double times = other.getAsDouble() / ours.p50();
                    lines.add(String.format(
                            Locale.ROOT,
                            "%s%s, %s: %.3g times as fast as %s (target %s: %s)",
                            times < CLIFF * target.least ? "CLIFF: " : "",
                            ours.computed().penalty(),
                            target.images,
                            times,
                            target.other,
                            target.least,
                            times >= target.least ? "reached" : "missed"));
                }
            }
        }
        return lines;
    }

    static boolean fellOffTheCliff(List<Result> results) {
        return verdicts(results).stream().anyMatch(line -> line.startsWith("CLIFF"));
    }

    private static OptionalDouble time(List<Result> results, String name, Case computed) {
        return results.stream()
                .filter(result ->
                        result.contender().equals(name) && result.computed().equals(computed))
                .mapToDouble(Result::p50)
                .findFirst();
    }
}

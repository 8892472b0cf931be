package org.dctloss.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * What the native backend should reach against others, and whether it did. Others may use as many threads as it, or fewer
 * if that is faster: on few cores it often is.
 */
final class Targets {
    private record Target(String text, Images images, List<String> others, double least) {}

    private static final List<Target> ALL = List.of(
            new Target("PyTorch's best eager form", Plan.FRAMES, List.of("torch-conv2d", "torch-matmul"), 60),
            new Target("PyTorch's best eager form", Plan.PATCHES, List.of("torch-conv2d", "torch-matmul"), 20),
            new Target("PyTorch's MSE", Plan.FRAMES, List.of("torch-mse"), 10),
            new Target("the plain scalar Java form", Plan.IN_CACHE, List.of("plain-java"), 10),
            new Target("JTransforms", Plan.IN_CACHE, List.of("jtransforms"), 60));

    private Targets() {}

    /** A line for each target and number of threads that was measured. */
    static List<String> verdicts(List<Result> results) {
        List<String> lines = new ArrayList<>();
        for (Target target : ALL) {
            int[] threads = results.stream()
                    .mapToInt(result -> result.computed().threads())
                    .distinct()
                    .sorted()
                    .toArray();
            for (int count : threads) {
                OptionalDouble other = fastest(results, target.others, target.images, count);
                OptionalDouble ours = fastest(
                        results.stream()
                                .filter(result -> result.computed().threads() == count)
                                .toList(),
                        List.of("native"),
                        target.images,
                        count);
                if (other.isPresent() && ours.isPresent()) {
                    double times = other.getAsDouble() / ours.getAsDouble();
                    lines.add(String.format(
                            Locale.ROOT,
                            "%.3g times as fast as %s on %s, %s (target %.0f: %s)",
                            times,
                            target.text,
                            target.images,
                            count == 1 ? "1 thread" : count + " threads",
                            target.least,
                            times >= target.least ? "reached" : "missed"));
                }
            }
        }
        return lines;
    }

    private static OptionalDouble fastest(List<Result> results, List<String> names, Images images, int threads) {
        return results.stream()
                .filter(result -> names.contains(result.contender())
                        && result.computed().images().equals(images)
                        && result.computed().threads() <= threads
                        && result.computed().operation() == Operation.BACKWARD)
                .mapToDouble(Result::p50)
                .min();
    }
}

package org.dctloss.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.dctloss.DataType;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/**
 * A JMH profiler (-prof {@value #NAME}) that adds to each iteration what the time means: pixels and bytes a second, and
 * how often the time of a subtraction P - T of the same images on the same number of threads, measured in the same JVM
 * right after the iteration, and the share of the bandwidth of memory. A device has neither: what the host does says
 * nothing of it.
 */
public final class ComparedWithSubtract implements InternalProfiler {
    static final String NAME = "org.dctloss.benchmarks.ComparedWithSubtract";
    static final String RATIO = "ratio_to_subtract";
    static final String MEGAPIXELS = "Mpx_per_s";
    static final String GIGABYTES = "GB_per_s";
    static final String SHARE = "share_of_bandwidth";
    static final String SUBTRACT = "subtract_us";
    static final String BANDWIDTH = "bandwidth_GB_per_s";

    private static final double SECONDS = 0.15;
    private static final int FEWEST = 5;

    private SubtractContender subtract;
    private double bandwidth;

    @Override
    public String getDescription() {
        return "Pixels and bytes per second, times a subtraction, share of the memory's bandwidth";
    }

    @Override
    public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
        if (subtract == null && !onDevice(benchmark)) {
            bandwidth = Bandwidth.bytesPerSecond(threads(benchmark));
            Case same = Case.of(Operation.BACKWARD, "squared", images(benchmark), threads(benchmark));
            subtract = new SubtractContender(Contenders.SUBTRACT, same);
            median(); // compiled by now
        }
    }

    private static boolean onDevice(BenchmarkParams benchmark) {
        return benchmark.getParam("contender").equals("cuda");
    }

    private static Images images(BenchmarkParams benchmark) {
        return Images.parse(benchmark.getParam("images"));
    }

    private static int threads(BenchmarkParams benchmark) {
        return Integer.parseInt(benchmark.getParam("threads"));
    }

    @Override
    public Collection<? extends Result<?>> afterIteration(
            BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
        double unit = TimeUnit.NANOSECONDS.convert(1, benchmark.getTimeUnit()) * 1e-9;
        double seconds = result.getPrimaryResult().getScore() * unit;
        Images images = images(benchmark);
        String type = benchmark.getParam("type");
        int size = type == null ? Float.BYTES : DataType.valueOf(type).bytes();
        double bytes = (double) images.pixels()
                * size
                * ContenderBenchmark.operation(benchmark.getBenchmark()).images();
        List<Result<?>> results = new ArrayList<>();
        results.add(scalar(MEGAPIXELS, images.pixels() / seconds * 1e-6, "Mpx/s"));
        results.add(scalar(GIGABYTES, bytes / seconds * 1e-9, "GB/s"));
        if (!onDevice(benchmark)) {
            double subtraction = median();
            results.add(scalar(RATIO, seconds / subtraction, "times"));
            results.add(scalar(SHARE, bytes / seconds / bandwidth, "of memory"));
            results.add(scalar(SUBTRACT, subtraction * 1e6, "us"));
            results.add(scalar(BANDWIDTH, bandwidth * 1e-9, "GB/s"));
        }
        return results;
    }

    private static Result<?> scalar(String name, double value, String unit) {
        return new ScalarResult(name, value, unit, AggregationPolicy.AVG);
    }

    private double median() {
        double[] samples = new double[10_000];
        int count = 0;
        long start = System.nanoTime();
        while (count < FEWEST || count < samples.length && (System.nanoTime() - start) * 1e-9 < SECONDS) {
            long before = System.nanoTime();
            subtract.run();
            samples[count++] = (System.nanoTime() - before) * 1e-9;
        }
        Arrays.sort(samples, 0, count);
        return samples[count / 2];
    }
}

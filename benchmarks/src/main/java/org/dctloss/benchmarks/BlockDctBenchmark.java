package org.dctloss.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.BenchmarkParams;

/** The block transform alone, on every backend. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"-Xmx3g", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 10, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class BlockDctBenchmark {
    /** java, native, cuda. */
    @Param({"java", "native"})
    public String contender;

    /** NxCxHxW, sides multiples of 8. */
    @Param({"16x3x96x96", "16x3x256x256", "4x3x1080x1920"})
    public String images;

    @Param("1")
    public int threads;

    private final Running running = new Running();

    @Setup
    public void open(BenchmarkParams parameters) {
        Operation operation = LossBenchmark.operation(parameters.getBenchmark());
        running.open(contender, Case.of(operation, "squared", Images.parse(images), threads));
    }

    @TearDown
    public void close() {
        running.close();
    }

    @Benchmark
    public double dctForward() {
        return running.run();
    }

    @Benchmark
    public double dctInverse() {
        return running.run();
    }
}

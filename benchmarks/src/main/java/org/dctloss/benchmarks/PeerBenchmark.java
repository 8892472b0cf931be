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

/**
 * Loss and gradient by what people would use instead: the same loss in other libraries, and the simpler losses of
 * today. What is in them, and why it is their best form, is said by each contender.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"-Xmx3g", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 10, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class PeerBenchmark {
    /** plain-java and jtransforms take one thread, as does subtract-cpp. */
    @Param({
        "subtract",
        "subtract-cpp",
        "plain-java",
        "jtransforms",
        "torch-conv2d",
        "torch-matmul",
        "torch-mse",
        "torch-l1",
        "nd4j",
        "nd4j-mse"
    })
    public String contender;

    /** NxCxHxW, sides multiples of 8. */
    @Param({"16x3x96x96", "16x3x256x256", "4x3x1080x1920"})
    public String images;

    /** squared or absolute. */
    @Param("squared")
    public String penalty;

    @Param("1")
    public int threads;

    private final Running running = new Running();

    @Setup
    public void open() {
        running.open(contender, Case.of(Operation.BACKWARD, penalty, Images.parse(images), threads));
    }

    @TearDown
    public void close() {
        running.close();
    }

    @Benchmark
    public double backward() {
        return running.run();
    }
}

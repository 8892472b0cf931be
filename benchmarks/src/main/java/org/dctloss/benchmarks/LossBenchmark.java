package org.dctloss.benchmarks;

import java.util.concurrent.TimeUnit;
import org.dctloss.Coefficients;
import org.dctloss.DataType;
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

/** The loss on every backend: by default each backend on three sizes; -p changes any parameter. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"-Xmx3g", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 3, time = 1) // the second compilation of the Java kernels comes late
@Measurement(iterations = 10, time = 500, timeUnit = TimeUnit.MILLISECONDS) // quantiles are over iterations
public class LossBenchmark {
    /** java, native, cuda. */
    @Param({"java", "native"})
    public String contender;

    /** NxCxHxW, with -nhwc or -sliced behind it for another layout; awkward: 8x3x207x311. */
    @Param({"16x3x96x96", "16x3x256x256", "4x3x1080x1920"})
    public String images;

    /** squared, absolute, charbonnier:EPSILON, huber:DELTA. */
    @Param("squared")
    public String penalty;

    @Param("SIGNED")
    public Coefficients coefficients;

    /** FLOAT32; FLOAT16 and BFLOAT16 for cuda. */
    @Param("FLOAT32")
    public DataType type;

    @Param("1")
    public int threads;

    private final Running running = new Running();

    /** Which operation a method of this or another benchmark times. */
    static Operation operation(String benchmark) {
        String method = benchmark.substring(benchmark.lastIndexOf('.') + 1);
        return switch (method) {
            case "forward" -> Operation.FORWARD;
            case "dctForward" -> Operation.DCT_FORWARD;
            case "dctInverse" -> Operation.DCT_INVERSE;
            default -> Operation.BACKWARD;
        };
    }

    private Case of(Operation operation) {
        return Case.of(operation, penalty, Images.parse(images), threads)
                .with(coefficients)
                .with(type);
    }

    @Setup
    public void open(org.openjdk.jmh.infra.BenchmarkParams parameters) {
        running.open(contender, of(operation(parameters.getBenchmark())));
    }

    @TearDown
    public void close() {
        running.close();
    }

    @Benchmark
    public double forward() {
        return running.run();
    }

    @Benchmark
    public double backward() {
        return running.run();
    }
}

package org.dctloss.benchmarks;

import java.util.Locale;
import java.util.concurrent.TimeUnit;
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

/**
 * What the JMH benchmarks share: a contender, which a fork opens, times and closes. The fork says once what it really is: a
 * name alone may hide a fallback. Where the runner told what it is to be, another ends the fork.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"-Xmx3g", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 3, time = 1) // the second compilation of the Java kernels comes late
@Measurement(iterations = 10, time = 500, timeUnit = TimeUnit.MILLISECONDS) // quantiles are over iterations
public abstract class ContenderBenchmark {
    /** The property by which a runner tells what the contender is. */
    static final String EXPECTED = "dctloss.benchmarks.resolved";

    /** NxCxHxW, with -nhwc or -sliced behind it for another layout of the loss; awkward: 8x3x207x311. */
    @Param({"16x3x96x96", "16x3x256x256", "4x3x1080x1920"})
    public String images;

    @Param("1")
    public int threads;

    private Contender running;

    /** Which operation a method times. */
    static Operation operation(String benchmark) {
        String method = benchmark.substring(benchmark.lastIndexOf('.') + 1);
        return switch (method) {
            case "forward" -> Operation.FORWARD;
            case "dctForward" -> Operation.DCT_FORWARD;
            case "dctInverse" -> Operation.DCT_INVERSE;
            default -> Operation.BACKWARD;
        };
    }

    abstract String name();

    abstract Case of(Operation operation);

    /** For each fork. */
    @Setup
    public void open(BenchmarkParams parameters) {
        String resolved = Contenders.resolved(name());
        String expected = System.getProperty(EXPECTED, resolved);
        if (!expected.equals(resolved)) {
            throw new IllegalStateException(name() + ": got " + resolved + ", allowed " + expected);
        }
        running = Contenders.open(name(), of(operation(parameters.getBenchmark())));
        System.out.printf(Locale.ROOT, "# %s is %s, on %s, %s%n", name(), resolved, Machine.processor(), Machine.jvm());
    }

    /** For each fork. */
    @TearDown
    public void close() {
        running.close();
    }

    double run() {
        return running.run();
    }
}

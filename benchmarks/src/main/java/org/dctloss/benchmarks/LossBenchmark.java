package org.dctloss.benchmarks;

import org.dctloss.Coefficients;
import org.dctloss.DataType;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** The loss on every backend: by default each backend on three sizes; -p changes any parameter. */
public class LossBenchmark extends ContenderBenchmark {
    /** java, native, cuda. */
    @Param({"java", "native"})
    public String contender;

    /** squared, absolute, charbonnier:EPSILON, huber:DELTA. */
    @Param("squared")
    public String penalty;

    @Param("SIGNED")
    public Coefficients coefficients;

    /** FLOAT32; FLOAT16 and BFLOAT16 for cuda. */
    @Param("FLOAT32")
    public DataType type;

    @Override
    String name() {
        return contender;
    }

    @Override
    Case of(Operation operation) {
        return Case.of(operation, penalty, Images.parse(images), threads)
                .with(coefficients)
                .with(type);
    }

    @Benchmark
    public double forward() {
        return run();
    }

    @Benchmark
    public double backward() {
        return run();
    }
}

package org.dctloss.benchmarks;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** The block transform alone, on every backend; sides are multiples of 8. */
public class BlockDctBenchmark extends ContenderBenchmark {
    /** java, native, cuda. */
    @Param({"java", "native"})
    public String contender;

    @Override
    String name() {
        return contender;
    }

    @Override
    Case of(Operation operation) {
        return Case.of(operation, "squared", Images.parse(images), threads);
    }

    @Benchmark
    public double dctForward() {
        return run();
    }

    @Benchmark
    public double dctInverse() {
        return run();
    }
}

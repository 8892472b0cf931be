package org.dctloss.benchmarks;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/**
 * Loss and gradient by what people would use instead: the same loss in other libraries, and the simpler losses of
 * today. What is in them, and why it is their best form, is said by each contender. Sides are multiples of 8.
 */
public class PeerBenchmark extends ContenderBenchmark {
    /** Of these, plain-java, jtransforms and subtractions in C++ take one thread. */
    @Param({
        "subtract",
        "subtract-cpp",
        "subtract-past-caches",
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

    /** squared or absolute; of torch-l1 always absolute. */
    @Param("squared")
    public String penalty;

    @Override
    String name() {
        return contender;
    }

    @Override
    Case of(Operation operation) {
        return Case.of(operation, Contenders.penalty(contender, penalty), Images.parse(images), threads);
    }

    @Benchmark
    public double backward() {
        return run();
    }
}

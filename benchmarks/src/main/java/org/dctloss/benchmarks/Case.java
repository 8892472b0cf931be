package org.dctloss.benchmarks;

import org.dctloss.BackendChoice;
import org.dctloss.Coefficients;
import org.dctloss.DataType;
import org.dctloss.DctLoss;
import org.dctloss.Penalty;

/**
 * What is computed: all that a time depends on, but for who computes it. Weights are the library's default.
 *
 * @param penalty a name, with a parameter behind a colon for those that have one: charbonnier:0.001
 * @param type of the pixels; only device memory has others than float32
 * @param block side of the blocks
 * @param stride distance of the grids: the block, or a divisor of it for overlapping blocks
 */
public record Case(
        Operation operation,
        String penalty,
        Coefficients coefficients,
        DataType type,
        Images images,
        int threads,
        int block,
        int stride) {
    /** Signed float32 coefficients of 8x8 blocks that do not overlap. */
    public static Case of(Operation operation, String penalty, Images images, int threads) {
        return new Case(operation, penalty, Coefficients.SIGNED, DataType.FLOAT32, images, threads, 8, 8);
    }

    public Case with(Coefficients other) {
        return new Case(operation, penalty, other, type, images, threads, block, stride);
    }

    public Case with(DataType other) {
        return new Case(operation, penalty, coefficients, other, images, threads, block, stride);
    }

    /** With other blocks that do not overlap. */
    public Case withBlock(int side) {
        return new Case(operation, penalty, coefficients, type, images, threads, side, side);
    }

    public Case withStride(int distance) {
        return new Case(operation, penalty, coefficients, type, images, threads, block, distance);
    }

    /** Bytes that must be moved between memory and the processor at least. */
    public double bytes() {
        return (double) images.pixels() * operation.images() * type.bytes();
    }

    @Override
    public String toString() {
        return operation + " " + penalty + " " + coefficients + " " + type + " " + images + ", " + threads
                + " threads, " + block + "x" + block + " blocks, stride " + stride;
    }

    DctLoss loss(BackendChoice backend) {
        return DctLoss.builder()
                .penalty(parsePenalty(penalty))
                .coefficients(coefficients)
                .blockSize(block)
                .stride(stride)
                .backend(backend)
                .threads(threads)
                .build();
    }

    private static Penalty parsePenalty(String text) {
        int colon = text.indexOf(':');
        String name = colon < 0 ? text : text.substring(0, colon);
        double parameter = colon < 0 ? 0 : Double.parseDouble(text.substring(colon + 1));
        return switch (name) {
            case "squared" -> Penalty.squared();
            case "absolute" -> Penalty.absolute();
            case "charbonnier" -> Penalty.charbonnier(parameter);
            case "huber" -> Penalty.huber(parameter);
            default ->
                throw new IllegalArgumentException(
                        "penalty: got '" + text + "', allowed squared, absolute, charbonnier:EPSILON, huber:DELTA");
        };
    }
}

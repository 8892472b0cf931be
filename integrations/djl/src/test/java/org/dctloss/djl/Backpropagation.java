package org.dctloss.djl;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.Random;
import java.util.function.BinaryOperator;
import java.util.stream.IntStream;

/** A value, and the gradients of the sum of its elements with respect to two arrays that it was computed from. */
record Backpropagation(float[] value, float[] gradient, float[] otherGradient) {
    /** Records {@code value(a, b)} and backpropagates it to both. */
    static Backpropagation of(float[] a, Shape shapeA, float[] b, Shape shapeB, BinaryOperator<NDArray> value) {
        try (NDManager manager = NDManager.newBaseManager();
                GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray x = manager.create(a, shapeA);
            NDArray y = manager.create(b, shapeB);
            x.setRequiresGradient(true);
            y.setRequiresGradient(true);
            NDArray result = value.apply(x, y);
            collector.backward(result);
            return new Backpropagation(
                    result.toFloatArray(),
                    x.getGradient().toFloatArray(),
                    y.getGradient().toFloatArray());
        }
    }

    static Backpropagation of(float[] a, float[] b, Shape shape, BinaryOperator<NDArray> value) {
        return of(a, shape, b, shape, value);
    }

    /** Value and gradients agree to 1e-5, in Euclidean norm. */
    void assertClose(Backpropagation reference) {
        assertClose("value", value, reference.value, 1e-5);
        assertClose("gradient", gradient, reference.gradient, 1e-5);
        assertClose("other gradient", otherGradient, reference.otherGradient, 1e-5);
    }

    static void assertClose(String what, float[] got, float[] expected, double limit) {
        double norm = norm(expected);
        double distance = norm(difference(got, expected));
        assertTrue(norm > 0, () -> what + ": the reference is zero, which proves nothing");
        assertTrue(distance <= limit * norm, () -> what + ": relative distance " + distance / norm);
    }

    private static double[] difference(float[] a, float[] b) {
        return IntStream.range(0, Math.max(a.length, b.length))
                .mapToDouble(i -> (double) a[i] - b[i])
                .toArray();
    }

    private static double norm(float[] numbers) {
        return norm(difference(numbers, new float[numbers.length]));
    }

    private static double norm(double[] numbers) {
        double sum = 0;
        for (double number : numbers) {
            sum += number * number;
        }
        return Math.sqrt(sum);
    }

    /** Uniform in [0, 1). */
    static float[] noise(long seed, Shape shape) {
        float[] pixels = new float[(int) shape.size()];
        Random random = new Random(seed);
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = random.nextFloat();
        }
        return pixels;
    }
}

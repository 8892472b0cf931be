package org.dctloss.djl;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.dctloss.ImageBatch;

/**
 * Numbers in DJL's graph whose values and derivatives are computed outside of it. DJL has no function with a derivative
 * of its own; but sum(p_i g_i) with a constant g has exactly the derivative g, whatever its value is, and another value
 * can be put in its place.
 */
final class ExternalNode {
    /** The computation: gradients are null where none is wanted; {@code values} receives one number, or one per sample. */
    @FunctionalInterface
    interface Computation {
        void run(
                ImageBatch prediction,
                ImageBatch target,
                ImageBatch gradient,
                ImageBatch targetGradient,
                double[] values);
    }

    private ExternalNode() {}

    /** A scalar, or a vector of N, that belongs to the manager of the prediction. */
    static NDArray of(NDList labels, NDList predictions, boolean perSample, Computation computation) {
        NDArray prediction = ArrayChecks.only("predictions", predictions);
        NDArray target = ArrayChecks.only("labels", labels);
        ArrayChecks.images(prediction, target);
        boolean onHost = prediction.getDevice().equals(Device.cpu());
        return of(prediction, target, perSample, computation, onHost);
    }

    /** @param onHost whether the memory of the arrays can be read and written where it is */
    static NDArray of(NDArray prediction, NDArray target, boolean perSample, Computation computation, boolean onHost) {
        NDManager owner = prediction.getManager();
        // Closing it frees all that is made here but the result; what backpropagation needs, the engine keeps itself.
        try (NDManager scratch = owner.newSubManager(Device.cpu())) {
            Shape shape = perSample ? new Shape(prediction.getShape().get(0)) : new Shape();
            double[] values = new double[(int) shape.size()];
            Image p = new Image(prediction, scratch, onHost);
            Image t = new Image(target, scratch, onHost);
            computation.run(p.pixels, t.pixels, p.gradientPixels, t.gradientPixels, values);
            NDArray numbers = numbers(values, shape, scratch).toDevice(prediction.getDevice(), false);
            NDArray result = t.addTo(p.addTo(null, shape), shape);
            if (result == null) {
                result = numbers;
            } else {
                write(numbers, result);
            }
            result.attach(owner);
            return result;
        }
    }

    private static NDArray numbers(double[] values, Shape shape, NDManager scratch) {
        NDArray array = scratch.create(shape, DataType.FLOAT32);
        FloatBuffer numbers = floats(array);
        for (int i = 0; i < values.length; i++) {
            numbers.put(i, (float) values[i]);
        }
        return array;
    }

    /**
     * Over the numbers of the graph, through the same memory without the graph. Nothing is added to them: pixels that do
     * not count may be NaN, and make them NaN.
     */
    private static void write(NDArray numbers, NDArray recorded) {
        NDArray memory = recorded.stopGradient().reshape(-1);
        memory.set(new NDIndex().addAllDim(), numbers.reshape(-1));
    }

    /** The memory of a contiguous array on the host. */
    private static FloatBuffer floats(NDArray array) {
        return array.toByteBuffer(true).order(ByteOrder.nativeOrder()).asFloatBuffer();
    }

    /** An image, and room for its gradient where the engine records what is done with it. */
    private static final class Image {
        private final NDArray flat;
        private final NDArray gradient;
        final ImageBatch pixels;
        final ImageBatch gradientPixels;

        Image(NDArray array, NDManager scratch, boolean onHost) {
            Shape shape = array.getShape();
            // The same memory; a copy only of what is not contiguous.
            flat = array.flatten();
            flat.attach(scratch);
            pixels = batch(onHost ? flat : flat.toDevice(Device.cpu(), true), shape);
            gradient = isRecorded(flat) ? scratch.create(flat.getShape(), DataType.FLOAT32) : null;
            gradientPixels = gradient == null ? null : batch(gradient, shape);
        }

        /**
         * Whether a gradient can flow to what an operation has just made. hasGradient tells of parameters alone; but from
         * what it records (inside a GradientCollector, from something that requires a gradient) the engine lets nobody
         * take the mark.
         */
        private static boolean isRecorded(NDArray made) {
            try {
                made.setRequiresGradient(false);
                return false;
            } catch (EngineException recorded) {
                return true;
            }
        }

        private static ImageBatch batch(NDArray flat, Shape shape) {
            return ImageBatch.of(
                    floats(flat), (int) shape.get(0), (int) shape.get(1), (int) shape.get(2), (int) shape.get(3));
        }

        /** Adds sum(p g), with g for derivative; the sum is null where nothing is recorded yet. */
        NDArray addTo(NDArray sum, Shape shape) {
            if (gradient == null) {
                return sum;
            }
            NDArray constant = gradient.toDevice(flat.getDevice(), false);
            NDArray term = shape.isScalar() ? flat.dot(constant) : sums(constant, shape.get(0));
            return sum == null ? term : sum.add(term);
        }

        private NDArray sums(NDArray constant, long samples) {
            return flat.reshape(samples, -1).mul(constant.reshape(samples, -1)).sum(new int[] {1});
        }
    }
}

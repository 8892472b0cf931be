package org.dctloss.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.dctloss.ImageBatch;

/**
 * Numbers in DJL's graph whose values and derivatives are computed outside of it. DJL has no function with a derivative
 * of its own; but sum(p_i g_i) with a constant g has exactly the derivative g, whatever its value is, and the value is
 * written over.
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
        NDManager owner = prediction.getManager();
        // Closing it frees all that is made here but the result; what backpropagation needs, the engine keeps by itself.
        try (NDManager scratch = owner.newSubManager(Device.cpu())) {
            Shape shape = perSample ? new Shape(prediction.getShape().get(0)) : new Shape();
            Image p = new Image(prediction, scratch);
            Image t = new Image(target, scratch);
            double[] values = new double[(int) shape.size()];
            computation.run(p.pixels, t.pixels, p.gradientPixels, t.gradientPixels, values);
            NDArray result = node(p, t, shape, scratch);
            FloatBuffer numbers = floats(result);
            for (int i = 0; i < values.length; i++) {
                numbers.put(i, (float) values[i]);
            }
            NDArray onDevice = result.toDevice(prediction.getDevice(), false);
            onDevice.attach(owner);
            return onDevice;
        }
    }

    private static NDArray node(Image p, Image t, Shape shape, NDManager scratch) {
        if (p.gradient == null && t.gradient == null) {
            return scratch.create(shape, DataType.FLOAT32);
        }
        if (p.gradient == null || t.gradient == null) {
            return (t.gradient == null ? p : t).timesGradient(shape);
        }
        return p.timesGradient(shape).add(t.timesGradient(shape));
    }

    /** The memory of a contiguous array on the host. */
    private static FloatBuffer floats(NDArray array) {
        return array.toByteBuffer(true).order(ByteOrder.nativeOrder()).asFloatBuffer();
    }

    /** An image in host memory, and room for its gradient where DJL records what is done with it. */
    private static final class Image {
        private final NDArray flat;
        private final NDArray gradient;
        final ImageBatch pixels;
        final ImageBatch gradientPixels;

        Image(NDArray array, NDManager scratch) {
            Shape shape = array.getShape();
            // The same memory, or a copy of what is not contiguous or not on the host; recorded either way.
            NDArray view = array.flatten();
            view.attach(scratch);
            flat = view.toDevice(Device.cpu(), false);
            pixels = batch(flat, shape);
            gradient = flat.hasGradient() ? scratch.create(flat.getShape(), DataType.FLOAT32) : null;
            gradientPixels = gradient == null ? null : batch(gradient, shape);
        }

        private static ImageBatch batch(NDArray flat, Shape shape) {
            return ImageBatch.of(
                    floats(flat), (int) shape.get(0), (int) shape.get(1), (int) shape.get(2), (int) shape.get(3));
        }

        NDArray timesGradient(Shape shape) {
            if (shape.isScalar()) {
                return flat.dot(gradient);
            }
            long samples = shape.get(0);
            return flat.reshape(samples, -1).mul(gradient.reshape(samples, -1)).sum(new int[] {1});
        }
    }
}

package org.dctloss.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Objects;

/** What a user can get wrong in arrays, said in one sentence before any work: what, got, allowed. */
final class ArrayChecks {
    /** An array is read through one Java buffer, whose bytes are counted by an int. */
    private static final int MOST_FLOATS = Integer.MAX_VALUE / Float.BYTES;

    /** How it tells what it records is known; another one might record nothing and not say so. */
    private static final String ENGINE = "PyTorch";

    private ArrayChecks() {}

    /** A factor of float32 gradients. */
    static double weight(double weight) {
        if (!Float.isFinite((float) weight)) {
            throw new IllegalArgumentException("weight: got " + weight + ", allowed finite float32 numbers");
        }
        return weight;
    }

    static NDArray only(String name, NDList arrays) {
        Objects.requireNonNull(arrays, () -> name + ": got null, allowed a list of one array");
        if (arrays.size() != 1) {
            throw new IllegalArgumentException(
                    name + ": got " + arrays.size() + " arrays, allowed 1 (IndexLoss chooses among several)");
        }
        return Objects.requireNonNull(arrays.get(0), () -> name + ": got a list of null, allowed a list of one array");
    }

    static void images(NDArray prediction, NDArray target) {
        image("prediction", prediction);
        image("label", target);
        if (!target.getShape().equals(prediction.getShape())) {
            throw new IllegalArgumentException("label: got shape " + target.getShape() + ", allowed "
                    + prediction.getShape() + " like the prediction");
        }
        if (!target.getDevice().equals(prediction.getDevice())) {
            throw new IllegalArgumentException("label: got an array on " + target.getDevice() + ", allowed "
                    + prediction.getDevice() + " like the prediction");
        }
    }

    private static void image(String name, NDArray array) {
        if (array.isReleased()) {
            throw new IllegalArgumentException(name + ": got a closed array, allowed an open one");
        }
        String engine = array.getManager().getEngine().getEngineName();
        if (!engine.equals(ENGINE)) {
            throw new IllegalArgumentException(name + ": got an array of the engine " + engine + ", allowed " + ENGINE);
        }
        if (array.isSparse()) {
            throw new IllegalArgumentException(
                    name + ": got a sparse array of format " + array.getSparseFormat() + ", allowed dense ones");
        }
        if (array.getDataType() != DataType.FLOAT32) {
            throw new IllegalArgumentException(
                    name + ": got " + array.getDataType().name() + ", allowed FLOAT32");
        }
        Shape shape = array.getShape();
        if (shape.dimension() != 4) {
            throw new IllegalArgumentException(name + ": got shape " + shape + ", allowed 4 dimensions: N, C, H, W");
        }
        for (long size : shape.getShape()) {
            if (size < 1) {
                throw new IllegalArgumentException(
                        name + ": got shape " + shape + ", allowed 1 or more in every dimension");
            }
        }
        if (shape.size() > MOST_FLOATS) {
            throw new IllegalArgumentException(name + ": got shape " + shape + " of " + shape.size()
                    + " floats, allowed " + MOST_FLOATS + " or fewer");
        }
    }
}

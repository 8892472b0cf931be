package org.dctloss.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import org.dctloss.Coefficients;
import org.dctloss.ColorTransform;
import org.dctloss.DctLoss;
import org.dctloss.Edge;
import org.dctloss.Penalty;
import org.dctloss.Scaling;

/**
 * A {@link DctLoss} written in operations of the framework, whose autograd gives the reference gradient. All blocks of an
 * axis, and the rule for what lies outside the image, are one matrix A: the coefficients are A S A^T. One grid, no offset.
 */
final class AutogradDctLoss {
    private final DctLoss loss;

    AutogradDctLoss(DctLoss loss) {
        this.loss = loss;
    }

    /** A scalar, or a vector of N for a reduction per sample. */
    NDArray evaluate(NDArray prediction, NDArray target) {
        NDArray penalties = penalty(errors(prediction, target));
        return switch (loss.reduction()) {
            case MEAN -> penalties.mean();
            case SUM -> penalties.sum();
            case PER_SAMPLE ->
                penalties.reshape(prediction.getShape().get(0), -1).mean(new int[] {1});
        };
    }

    /** The smallest distance of a coefficient from a place where the gradient jumps. */
    float distanceFromJumps(NDArray prediction, NDArray target) {
        float distance = Float.POSITIVE_INFINITY;
        if (loss.penalty().kind() == Penalty.Kind.ABSOLUTE) {
            distance = errors(prediction, target).abs().min().getFloat();
        }
        if (loss.coefficients() == Coefficients.MAGNITUDE) {
            distance = Math.min(distance, coefficients(prediction).abs().min().getFloat());
            distance = Math.min(distance, coefficients(target).abs().min().getFloat());
        }
        return distance;
    }

    private NDArray errors(NDArray prediction, NDArray target) {
        NDArray difference = loss.coefficients() == Coefficients.SIGNED
                ? coefficients(prediction.sub(target))
                : coefficients(prediction).abs().sub(coefficients(target).abs());
        return difference.mul(weights(difference));
    }

    private NDArray penalty(NDArray e) {
        double parameter = loss.penalty().parameter();
        return switch (loss.penalty().kind()) {
            case SQUARED -> e.square();
            case ABSOLUTE -> e.abs();
            case CHARBONNIER -> e.square().add(parameter * parameter).sqrt().sub(parameter);
            case HUBER -> {
                NDArray clamped = e.abs().minimum(parameter);
                yield clamped.mul(e.abs().sub(clamped.mul(0.5)));
            }
        };
    }

    private NDArray coefficients(NDArray image) {
        Shape shape = image.getShape();
        NDArray planes = image;
        if (loss.color() != ColorTransform.NONE) {
            NDArray rotation = image.getManager().create(floats(loss.color().matrix()), new Shape(3, 3));
            planes = rotation.matMul(image.reshape(shape.get(0), 3, -1)).reshape(shape);
        }
        NDArray rows = axis(image, (int) shape.get(2));
        NDArray columns = axis(image, (int) shape.get(3));
        return rows.matMul(planes).matMul(columns.transpose());
    }

    private NDArray axis(NDArray like, int size) {
        int block = loss.blockSize();
        int blocks = loss.edge() == Edge.CROP ? size / block : (size + block - 1) / block;
        double[] matrix = new double[blocks * block * size];
        for (int i = 0; i < blocks; i++) {
            for (int k = 0; k < block; k++) {
                double factor = Math.sqrt((k == 0 ? 1.0 : 2.0) / block);
                if (loss.scaling() == Scaling.UNNORMALIZED) {
                    factor *= k == 0 ? 2 * Math.sqrt(block) : Math.sqrt(2.0 * block);
                }
                for (int n = 0; n < block; n++) {
                    int source = loss.edge().source(i * block + n, size);
                    if (source >= 0) {
                        matrix[(i * block + k) * size + source] +=
                                factor * Math.cos(Math.PI * (2 * n + 1) * k / (2.0 * block));
                    }
                }
            }
        }
        return like.getManager().create(floats(matrix), new Shape(blocks * block, size));
    }

    private NDArray weights(NDArray coefficients) {
        int block = loss.blockSize();
        int tables = loss.weights().count();
        double[] resolved = loss.weights().resolve(block);
        int rows = (int) coefficients.getShape().get(2);
        int columns = (int) coefficients.getShape().get(3);
        double[] tiled = new double[tables * rows * columns];
        for (int i = 0; i < tiled.length; i++) {
            int u = i / columns % rows % block;
            int v = i % columns % block;
            tiled[i] = resolved[i / (rows * columns) * block * block + u * block + v];
        }
        return coefficients.getManager().create(floats(tiled), new Shape(tables, rows, columns));
    }

    private static float[] floats(double[] numbers) {
        float[] rounded = new float[numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            rounded[i] = (float) numbers[i];
        }
        return rounded;
    }
}

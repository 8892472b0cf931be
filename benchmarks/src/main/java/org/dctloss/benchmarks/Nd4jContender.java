package org.dctloss.benchmarks;

import org.bytedeco.openblas.global.openblas_nolapack;
import org.dctloss.BackendChoice;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * ND4J on the CPU, in its best form: as a matrix product, like that of PyTorch, with arrays that are made once and
 * operations in place. It has no eager autograd, so the gradient is written by hand, which costs it nothing.
 */
final class Nd4jContender implements Contender {
    private final boolean mse;
    private final boolean squared;
    private final INDArray p;
    private final INDArray t;
    private final INDArray difference;
    private final INDArray basis;
    private final INDArray transposed;
    private final INDArray rows;
    private final INDArray errors;
    private final INDArray back;
    private final INDArray gradient;
    // Views: pixels in the order of blocks, and blocks in the order of pixels.
    private final INDArray differenceByBlocks;
    private final INDArray rowsByBlocks;
    private final INDArray backByPixels;
    private final INDArray gradientByPixels;

    Nd4jContender(String name, Case asked) {
        mse = name.equals("nd4j-mse");
        squared = asked.penalty().equals("squared");
        Contenders.check(
                name,
                asked,
                Contenders.plainBackward(asked) && (squared || !mse),
                Contenders.PLAIN + (mse ? ", squared" : ""));
        Nd4j.getEnvironment().setMaxThreads(asked.threads());
        Nd4j.getEnvironment().setMaxMasterThreads(asked.threads());
        openblas_nolapack.blas_set_num_threads(asked.threads()); // behind its matrix products
        Images images = asked.images();
        long planes = (long) images.n() * images.c();
        long down = images.h() / 8;
        long across = images.w() / 8;
        long blocks = images.pixels() / 64;
        p = Nd4j.createFromArray(images.noise(1));
        t = Nd4j.createFromArray(images.noise(2));
        difference = p.dup();
        gradient = mse ? difference : p.dup();
        // Its matrix product is column-major inside: so are the operands, which spares it copies.
        transposed = Nd4j.createFromArray(
                        Basis.weighted(asked.loss(BackendChoice.AUTO).weights()))
                .reshape(64, 64)
                .dup('f');
        basis = transposed.transpose().dup('f');
        rows = Nd4j.createUninitialized(new long[] {blocks, 64}, 'c');
        errors = Nd4j.createUninitialized(new long[] {blocks, 64}, 'f');
        back = Nd4j.createUninitialized(new long[] {blocks, 64}, 'c');
        differenceByBlocks = difference.reshape(planes, down, 8, across, 8).permute(0, 1, 3, 2, 4);
        rowsByBlocks = rows.reshape('c', planes, down, across, 8, 8);
        backByPixels = back.reshape('c', planes, down, across, 8, 8).permute(0, 1, 3, 2, 4);
        gradientByPixels = gradient.reshape(planes, down, 8, across, 8);
    }

    @Override
    public double run() {
        double pixels = difference.length();
        p.subi(t, difference);
        if (mse) {
            double norm = difference.norm2Number().doubleValue();
            difference.muli(2 / pixels);
            return norm * norm / pixels;
        }
        rowsByBlocks.assign(differenceByBlocks);
        rows.mmuli(basis, errors);
        double loss;
        if (squared) {
            double norm = errors.norm2Number().doubleValue();
            loss = norm * norm / pixels;
            errors.muli(2 / pixels);
        } else {
            loss = errors.norm1Number().doubleValue() / pixels;
            Transforms.sign(errors, false).muli(1 / pixels);
        }
        errors.mmuli(transposed, back);
        gradientByPixels.assign(backByPixels);
        return loss;
    }

    @Override
    public float[] result() {
        return gradient.reshape(gradient.length()).toFloatVector();
    }

    @Override
    public void close() {
        for (INDArray array : new INDArray[] {p, t, difference, basis, transposed, rows, errors, back}) {
            array.close();
        }
        if (gradient.closeable() && !gradient.wasClosed()) {
            gradient.close();
        }
    }
}

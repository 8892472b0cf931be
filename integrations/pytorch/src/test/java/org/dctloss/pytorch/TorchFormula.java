package org.dctloss.pytorch;

import static org.bytedeco.pytorch.global.torch.conv2d;
import static org.bytedeco.pytorch.global.torch.huber_loss;
import static org.bytedeco.pytorch.global.torch.replication_pad2d;
import static org.bytedeco.pytorch.global.torch.zeros_like;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.dctloss.Coefficients;
import org.dctloss.DctLoss;
import org.dctloss.Reduction;
import org.dctloss.Scaling;

/**
 * The loss in PyTorch's own operators, for its autograd to differentiate: float64, one table of weights, edge REPLICATE,
 * one grid, no colour, MEAN or SUM.
 */
final class TorchFormula {
    private TorchFormula() {}

    static Tensor of(DctLoss loss, Tensor prediction, Tensor target) {
        Tensor basis = weightedBasis(loss);
        Tensor p = coefficients(prediction, basis);
        Tensor t = coefficients(target, basis);
        Tensor errors =
                loss.coefficients() == Coefficients.SIGNED ? p.sub(t) : p.abs().sub(t.abs());
        Tensor penalties = penalties(loss, errors);
        return loss.reduction() == Reduction.SUM ? penalties.sum() : penalties.mean();
    }

    /** Planes as images of one channel; a kernel for every coefficient. */
    private static Tensor coefficients(Tensor image, Tensor basis) {
        long block = basis.size(3);
        long h = image.size(2);
        long w = image.size(3);
        Tensor planes = image.to(ScalarType.Double).reshape(-1, 1, h, w);
        Tensor whole = replication_pad2d(planes, 0, Math.floorMod(-w, block), 0, Math.floorMod(-h, block));
        long[] one = {1, 1};
        return conv2d(whole, basis, new TensorOptional(), new long[] {block, block}, new long[] {0, 0}, one, 1);
    }

    /** W[u][v] C[u][y] C[v][x] as kernel B u + v, pixel (y, x). */
    private static Tensor weightedBasis(DctLoss loss) {
        int block = loss.blockSize();
        double[] weights = loss.weights().resolve(block);
        double[] basis = new double[block * block * block * block];
        int i = 0;
        for (int u = 0; u < block; u++) {
            for (int v = 0; v < block; v++) {
                for (int y = 0; y < block; y++) {
                    for (int x = 0; x < block; x++) {
                        basis[i++] = weights[u * block + v] * cosine(loss, u, y) * cosine(loss, v, x);
                    }
                }
            }
        }
        return Tensor.create(basis, block * block, 1, block, block);
    }

    private static double cosine(DctLoss loss, int k, int n) {
        int block = loss.blockSize();
        double scale = loss.scaling() == Scaling.ORTHONORMAL ? Math.sqrt((k == 0 ? 1.0 : 2.0) / block) : 2;
        return scale * Math.cos(Math.PI * (2 * n + 1) * k / (2 * block));
    }

    private static Tensor penalties(DctLoss loss, Tensor e) {
        double parameter = loss.penalty().parameter();
        return switch (loss.penalty().kind()) {
            case SQUARED -> e.square();
            case ABSOLUTE -> e.abs();
            case CHARBONNIER ->
                e.square().add(new Scalar(parameter * parameter)).sqrt().sub(new Scalar(parameter));
            case HUBER -> huber_loss(e, zeros_like(e), 0, parameter); // 0: not reduced
        };
    }
}

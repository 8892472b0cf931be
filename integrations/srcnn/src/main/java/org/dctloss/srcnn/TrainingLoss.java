package org.dctloss.srcnn;

import ai.djl.training.loss.Loss;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.dctloss.DctLoss;
import org.dctloss.ImageBatch;
import org.dctloss.Mse;
import org.dctloss.Ssim;
import org.dctloss.djl.DjlDctLoss;
import org.dctloss.djl.ExternalLoss;
import org.dctloss.djl.ImageLoss;

/** The losses of the experiment, on luma in [0, 1]; lower is better for each. */
enum TrainingLoss {
    MSE("mse", "mean squared error"),
    SSIM("ssim", "1 - SSIM: 11x11 Gaussian windows that lie wholly inside, data range 1"),
    DCT(
            "dct",
            "DCT loss with its defaults: 8x8 blocks, orthonormal, JPEG luminance weights of quality 50 with mean square 1,"
                    + " squared, signed, mean; the third row and column of blocks reach 3 pixels beyond the 21x21 of a"
                    + " patch, where its edge is repeated"),
    AREZOOMAND2021(
            "arezoomand2021",
            "the loss of Arezoomand, Cheraaqee and Mansouri (2021): 21x21 blocks, a patch is exactly one, unnormalised,"
                    + " magnitudes, squared, mean");

    private static final Ssim INDEX = Ssim.ofDataRange(1);
    private static final DctLoss DCT_LOSS = DctLoss.builder().build();
    private static final DctLoss PAPER = DctLoss.arezoomand2021();

    private final String id;
    private final String text;

    TrainingLoss(String id, String text) {
        this.id = id;
        this.text = text;
    }

    /** What it is called on the command line. */
    String id() {
        return id;
    }

    /** What it is, for people. */
    String text() {
        return text;
    }

    /** The loss of this name. */
    static TrainingLoss of(String id) {
        for (TrainingLoss loss : values()) {
            if (loss.id.equals(id)) {
                return loss;
            }
        }
        throw new IllegalArgumentException("got '" + id + "', allowed "
                + Arrays.stream(values()).map(TrainingLoss::id).collect(Collectors.joining(", ")));
    }

    /** Whether it has weights that can be annealed. */
    boolean anneals() {
        return this == DCT || this == AREZOOMAND2021;
    }

    /** The value for images of the same shape. */
    double of(ImageBatch image, ImageBatch truth) {
        return switch (this) {
            case MSE -> Mse.forward(image, truth);
            case SSIM -> 1 - INDEX.forward(image, truth);
            case DCT -> DCT_LOSS.forward(image, truth);
            case AREZOOMAND2021 -> PAPER.forward(image, truth);
        };
    }

    /** Value and gradient as a loss of DJL; a {@link DjlDctLoss}, to be closed, where {@link #anneals}. */
    Loss forDjl() {
        return switch (this) {
            case MSE -> new ExternalLoss(id, mse());
            case SSIM -> new ExternalLoss(id, ssim());
            case DCT -> new DjlDctLoss(DCT_LOSS);
            case AREZOOMAND2021 -> new DjlDctLoss(PAPER);
        };
    }

    private static ImageLoss mse() {
        return (prediction, target, gradient) ->
                gradient == null ? Mse.forward(prediction, target) : Mse.backward(prediction, target, gradient, 1);
    }

    /** Descending 1 - SSIM is climbing SSIM. */
    private static ImageLoss ssim() {
        return (prediction, target, gradient) -> 1
                - (gradient == null
                        ? INDEX.forward(prediction, target)
                        : INDEX.backward(prediction, target, gradient, -1));
    }
}

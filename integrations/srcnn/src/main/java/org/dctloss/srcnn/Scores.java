package org.dctloss.srcnn;

import java.util.List;
import java.util.function.ToDoubleFunction;
import org.dctloss.ImageBatch;
import org.dctloss.superres.LumaScores;
import org.dctloss.superres.Plane;

/**
 * What a picture is worth: of its luma in 8 bits, without a border as wide as the scale.
 *
 * @param psnr in decibels; higher is better
 * @param ssim at most 1; higher is better
 * @param dct the DCT loss; lower is better
 * @param paper the loss of Arezoomand, Cheraaqee and Mansouri; lower is better
 */
record Scores(double psnr, double ssim, double dct, double paper) {
    /** The scores of a luma against the true one, which has 8 bits already. */
    static Scores of(Plane luma, Plane truth, int scale) {
        Plane rounded = luma.eightBits();
        LumaScores scores = LumaScores.of(rounded, truth, scale);
        ImageBatch image = rounded.shave(scale).batch();
        ImageBatch like = truth.shave(scale).batch();
        return new Scores(
                scores.psnr(),
                scores.ssim(),
                TrainingLoss.DCT.of(image, like),
                TrainingLoss.AREZOOMAND2021.of(image, like));
    }

    /** The mean of each over pictures. */
    static Scores mean(List<Scores> all) {
        return new Scores(
                mean(all, Scores::psnr), mean(all, Scores::ssim), mean(all, Scores::dct), mean(all, Scores::paper));
    }

    private static double mean(List<Scores> all, ToDoubleFunction<Scores> score) {
        return all.stream().mapToDouble(score).average().orElseThrow();
    }

    /** How much better these are than others in what a loss measures: positive is better. */
    double gain(Scores others, TrainingLoss measure) {
        return switch (measure) {
            case MSE -> psnr - others.psnr;
            case SSIM -> ssim - others.ssim;
            case DCT -> others.dct - dct;
            case AREZOOMAND2021 -> others.paper - paper;
        };
    }
}

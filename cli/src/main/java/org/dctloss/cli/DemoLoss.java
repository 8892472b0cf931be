package org.dctloss.cli;

import org.dctloss.Mse;
import org.dctloss.pictures.Picture;

/** The losses that the demonstration sets side by side, each 0 for identical pictures. */
enum DemoLoss {
    MSE("mse", "MSE") {
        @Override
        double of(ImageScores scores) {
            return scores.mse();
        }

        @Override
        double backward(Picture prediction, Picture target, Picture gradient) {
            return Mse.backward(prediction.batch(), target.batch(), gradient.batch(), 1);
        }
    },
    SSIM("ssim", "1 − SSIM") {
        @Override
        double of(ImageScores scores) {
            return 1 - scores.ssim();
        }

        @Override
        double backward(Picture prediction, Picture target, Picture gradient) {
            return 1 - ImageScores.SSIM.backward(prediction.batch(), target.batch(), gradient.batch(), -1);
        }
    },
    DCT("dct", "DCT loss") {
        @Override
        double of(ImageScores scores) {
            return scores.dctLoss();
        }

        @Override
        double backward(Picture prediction, Picture target, Picture gradient) {
            return ImageScores.LOSS.backward(prediction.batch(), target.batch(), gradient.batch());
        }
    };

    /** In names of files, in JSON and in the page's markup. */
    final String id;

    /** For readers. */
    final String title;

    DemoLoss(String id, String title) {
        this.id = id;
        this.title = title;
    }

    /** This loss among the scores of a picture. */
    abstract double of(ImageScores scores);

    /** The loss; its gradient overwrites {@code gradient}. */
    abstract double backward(Picture prediction, Picture target, Picture gradient);

    /** The same when only the loss matters. */
    double of(Picture prediction, Picture target) {
        return of(ImageScores.of(target, prediction));
    }
}

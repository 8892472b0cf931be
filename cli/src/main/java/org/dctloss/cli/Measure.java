package org.dctloss.cli;

import java.util.Comparator;
import java.util.Locale;

/** The four numbers of {@link ImageScores}, in the order of the tables. */
enum Measure {
    MSE("MSE", "mse"),
    PSNR("PSNR dB", "psnr"),
    SSIM("SSIM", "ssim"),
    DCT_LOSS("DCT loss", "dct_loss");

    private final String heading;
    private final String field;

    Measure(String heading, String field) {
        this.heading = heading;
        this.field = field;
    }

    String heading() {
        return heading;
    }

    /** Its name in JSON and CSV. */
    String field() {
        return field;
    }

    double of(ImageScores scores) {
        return switch (this) {
            case MSE -> scores.mse();
            case PSNR -> scores.psnr();
            case SSIM -> scores.ssim();
            case DCT_LOSS -> scores.dctLoss();
        };
    }

    boolean largerIsWorse() {
        return this == MSE || this == DCT_LOSS;
    }

    /** The worst first; without a number, as SSIM is for small images, last. */
    Comparator<ImageScores> worstFirst() {
        return Comparator.comparingDouble(scores -> largerIsWorse() ? -of(scores) : of(scores));
    }

    /** As tables show it. */
    String text(double value) {
        return Double.isNaN(value)
                ? "-"
                : Double.isInfinite(value)
                        ? "inf"
                        : switch (this) {
                            case MSE -> String.format(Locale.ROOT, "%.6f", value);
                            case PSNR -> String.format(Locale.ROOT, "%.2f", value);
                            case SSIM -> String.format(Locale.ROOT, "%.4f", value);
                            case DCT_LOSS -> String.format(Locale.ROOT, "%.7f", value);
                        };
    }
}

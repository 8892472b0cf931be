package org.dctloss.srcnn;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Locale;

/**
 * What came out of a training: means over the test pictures.
 *
 * @param shareOfLoss of a step's time
 */
record Outcome(Settings settings, Scores bicubic, Scores network, double secondsPerStep, double shareOfLoss) {
    private static final String HEADING =
            "| scale | enlarged by | PSNR, dB | SSIM | DCT loss | arezoomand2021 | ms a step |"
                    + " of it in the loss |\n|---|---|---|---|---|---|---|---|\n";

    /** Whether the network is better than bicubic enlargement in what it was trained on. */
    boolean wins() {
        return network.gain(bicubic, settings.loss()) > 0;
    }

    /** "x3, dct". */
    static String title(Settings settings) {
        return "x" + settings.scale() + ", " + settings.loss().id();
    }

    /** For people, in a sentence. */
    String verdict() {
        return wins()
                ? "The network is better than bicubic enlargement in what it was trained on."
                : "The network is not better than bicubic enlargement in what it was trained on.";
    }

    /** "8.21 ms a step, 3.4 % of it in the loss". */
    String speed() {
        return String.format(
                Locale.ROOT, "%.2f ms a step, %.1f %% of it in the loss", 1e3 * secondsPerStep, 100 * shareOfLoss);
    }

    /** A Markdown table of trainings; those of a scale stand side by side. The measure of its training is bold. */
    static String table(List<Outcome> outcomes) {
        StringBuilder text = new StringBuilder(HEADING);
        int scale = 0;
        for (Outcome outcome : outcomes) {
            if (outcome.settings.scale() != scale) {
                scale = outcome.settings.scale();
                row(text, scale, "bicubic", outcome.bicubic, null, " | ");
            }
            TrainingLoss loss = outcome.settings.loss();
            String speed = String.format(
                    Locale.ROOT, "%.2f | %.1f %%", 1e3 * outcome.secondsPerStep, 100 * outcome.shareOfLoss);
            row(text, scale, loss.id(), outcome.network, loss, speed);
        }
        return text.toString();
    }

    private static void row(
            StringBuilder text, int scale, String by, Scores scores, TrainingLoss trained, String speed) {
        text.append("| x").append(scale).append(" | ").append(by).append(" | ");
        for (TrainingLoss measure : TrainingLoss.values()) {
            String number = score(scores, measure);
            text.append(measure == trained ? "**" + number + "**" : number).append(" | ");
        }
        text.append(speed).append(" |\n");
    }

    /** The score that belongs to a loss, PSNR to MSE, as it is printed. */
    static String score(Scores scores, TrainingLoss measure) {
        return switch (measure) {
            case MSE -> String.format(Locale.ROOT, "%.2f", scores.psnr());
            case SSIM -> String.format(Locale.ROOT, "%.4f", scores.ssim());
            case DCT -> significant(scores.dct());
            case AREZOOMAND2021 -> significant(scores.paper());
        };
    }

    /** Four digits that count. */
    static String significant(double value) {
        return Double.isFinite(value)
                ? new BigDecimal(value).round(new MathContext(4)).toPlainString()
                : Double.toString(value);
    }
}

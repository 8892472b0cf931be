package org.dctloss.cli;

import java.util.Arrays;
import org.dctloss.DctLoss;
import org.dctloss.FrequencyWeights;
import org.dctloss.LossOptions;
import org.dctloss.Normalization;
import org.dctloss.pictures.Picture;

/**
 * The error of the luminance (BT.601 Y) by frequency: 64 numbers, row = vertical frequency, column = horizontal.
 *
 * @param rms root of the mean square of the error's coefficient over all blocks, for pixels in [0, 1]
 * @param weighted the same after the weights of the loss, W rms: the mean of their squares is the luminance's mean loss
 */
record ErrorSpectrum(double[] rms, double[] weighted) {
    static final int SIDE = 8;

    private static final int SIZE = SIDE * SIDE;

    private static final DctLoss UNWEIGHTED =
            ImageScores.LOSS.toBuilder().weights(FrequencyWeights.uniform()).build();

    /** The bands of the descents' curves, by the larger of the two frequencies. */
    enum Band {
        LOW("low", 0, 2),
        MIDDLE("middle", 3, 4),
        HIGH("high", 5, 7);

        final String id;
        final int from;
        final int to;

        Band(String id, int from, int to) {
            this.id = id;
            this.from = from;
            this.to = to;
        }
    }

    static ErrorSpectrum of(Picture reference, Picture image) {
        return new ErrorSpectrum(rootsOf(UNWEIGHTED, reference, image), rootsOf(ImageScores.LOSS, reference, image));
    }

    private static double[] rootsOf(DctLoss loss, Picture reference, Picture image) {
        double[] channels = loss.spectrum(image.batch(), reference.batch(), LossOptions.DEFAULT);
        double[] roots = new double[SIZE];
        for (int i = 0; i < SIZE; i++) {
            roots[i] = Math.sqrt(channels[i]);
        }
        return roots;
    }

    /** W of the luminance, as the loss applies it. */
    static double[] weights() {
        return Arrays.copyOf(ImageScores.LOSS.weights().resolve(SIDE), SIZE);
    }

    /** Q of the luminance, of which W is the scaled inverse. */
    static double[] quantisation() {
        double[] inverse =
                FrequencyWeights.jpegLuminance(50).normalize(Normalization.NONE).resolve(SIDE);
        double[] q = new double[SIZE];
        for (int i = 0; i < SIZE; i++) {
            q[i] = 1 / inverse[i];
        }
        return q;
    }

    /** Root of the mean square over the frequencies of a band, before the weights. */
    double rms(Band band) {
        int inside = (band.to + 1) * (band.to + 1) - band.from * band.from;
        return Math.sqrt(sum(rms, band) / inside);
    }

    /** The sum of the squares in a band. */
    static double sum(double[] roots, Band band) {
        double sum = 0;
        for (int i = 0; i < SIZE; i++) {
            int frequency = Math.max(i / SIDE, i % SIDE);
            if (frequency >= band.from && frequency <= band.to) {
                sum += roots[i] * roots[i];
            }
        }
        return sum;
    }
}

package org.dctloss.cli;

import com.google.gson.JsonObject;
import java.util.Locale;
import org.dctloss.ColorTransform;
import org.dctloss.DctLoss;
import org.dctloss.FrequencyWeights;
import org.dctloss.ImageBatch;
import org.dctloss.Mse;
import org.dctloss.Psnr;
import org.dctloss.Ssim;
import org.dctloss.pictures.Picture;

/**
 * How far an image is from a reference, in four numbers, for RGB in [0, 1].
 *
 * @param mse over all channels
 * @param psnr of the MSE, in decibels; infinite for identical images
 * @param ssim the mean over channels; NaN where the image is smaller than the window
 * @param dctLoss the {@link #LOSS}
 */
record ImageScores(double mse, double psnr, double ssim, double dctLoss) {
    /** The loss of this command: BT.601 YCbCr, luminance and chrominance tables, all else by default. */
    static final DctLoss LOSS = DctLoss.builder()
            .color(ColorTransform.BT601)
            .weights(FrequencyWeights.perChannel(
                    FrequencyWeights.jpegLuminance(50),
                    FrequencyWeights.jpegChrominance(50),
                    FrequencyWeights.jpegChrominance(50)))
            .build();

    static final Ssim SSIM = Ssim.ofDataRange(1);

    static final String HEADING = String.format("%10s %8s %8s %11s", "MSE", "PSNR dB", "SSIM", "DCT loss");

    static ImageScores of(Picture reference, Picture image) {
        return of(reference, image, LOSS);
    }

    /**
     * The same numbers, whatever the threads.
     *
     * @param loss {@link #LOSS} with another number of threads
     */
    static ImageScores of(Picture reference, Picture image, DctLoss loss) {
        ImageBatch r = reference.batch();
        ImageBatch i = image.batch();
        double mse = Mse.forward(i, r);
        boolean windowFits = Math.min(image.width(), image.height()) >= Ssim.WINDOW;
        double ssim = windowFits ? SSIM.forward(i, r) : Double.NaN;
        return new ImageScores(mse, Psnr.of(mse, 1), ssim, loss.forward(i, r));
    }

    void addTo(JsonObject json) {
        json.add("mse", Printing.number(mse));
        json.add("psnr", Printing.number(psnr));
        json.add("ssim", Printing.number(ssim));
        json.add("dct_loss", Printing.number(dctLoss));
    }

    /** A line of a table under {@link #HEADING}. */
    String row() {
        return String.format(Locale.ROOT, "%10.6f %8s %8s %11.7f", mse, psnrText(), ssimText(), dctLoss);
    }

    String psnrText() {
        return Double.isInfinite(psnr) ? "inf" : String.format(Locale.ROOT, "%.2f", psnr);
    }

    String ssimText() {
        return Double.isNaN(ssim) ? "-" : String.format(Locale.ROOT, "%.4f", ssim);
    }
}

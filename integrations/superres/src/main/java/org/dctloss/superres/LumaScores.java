package org.dctloss.superres;

import java.util.Objects;
import org.dctloss.ImageBatch;
import org.dctloss.Psnr;
import org.dctloss.Ssim;

/**
 * PSNR and SSIM as papers on super-resolution report them: of the luma alone ({@link Ycbcr#luma}), without a border of
 * as many pixels as the scale, where methods differ in how they treat the edge.
 *
 * <p>Most papers score what a file of 8 bits would hold, {@code LumaScores.of(image.eightBits(), truth.eightBits(),
 * scale)}; this class takes pixels as they are. NaN in an image gives NaN.
 *
 * @param psnr in decibels, by {@link Psnr} for data in [0, 1]; infinite for identical planes
 * @param ssim by {@link Ssim} for data in [0, 1] (Gaussian window of 11x11, as in the code of its authors, without its
 *     downsampling of large images); 1 for identical planes
 */
public record LumaScores(double psnr, double ssim) {
    private static final Ssim SSIM = Ssim.ofDataRange(1);
    private static final String WINDOW = Ssim.WINDOW + "x" + Ssim.WINDOW;

    /**
     * The scores of an image.
     *
     * @param image what is judged
     * @param truth of the same size
     * @param border pixels that are shaved off each side of both, 0 or more, usually the scale; 11x11 pixels must be
     *     left
     */
    public static LumaScores of(Plane image, Plane truth, int border) {
        Objects.requireNonNull(image, "image: got null, allowed a Plane");
        Objects.requireNonNull(truth, "truth: got null, allowed a Plane");
        if (image.height() != truth.height() || image.width() != truth.width()) {
            throw new IllegalArgumentException(
                    "truth: got " + size(truth) + " pixels, allowed " + size(image) + " like the image");
        }
        int shorter = Math.min(image.height(), image.width());
        if (shorter < Ssim.WINDOW) {
            throw new IllegalArgumentException("image: got " + size(image) + " pixels, allowed " + WINDOW + " or more");
        }
        int most = (shorter - Ssim.WINDOW) / 2;
        if (border < 0 || border > most) {
            throw new IllegalArgumentException("border: got " + border + " for " + size(image)
                    + " pixels, allowed 0 to " + most + ", which leaves the " + WINDOW + " pixels of SSIM's window");
        }
        ImageBatch a = image.shave(border).batch();
        ImageBatch b = truth.shave(border).batch();
        return new LumaScores(Psnr.of(a, b, 1), SSIM.forward(a, b));
    }

    private static String size(Plane plane) {
        return plane.height() + "x" + plane.width();
    }
}

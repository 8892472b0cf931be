package org.dctloss;

/** Peak signal-to-noise ratio, 10 log10(range^2 / MSE) in decibels, over all pixels of the batch. */
public final class Psnr {
    private Psnr() {}

    /**
     * The PSNR of two images of the same shape; infinity for identical ones.
     *
     * @param dataRange the distance of the darkest from the brightest value that pixels can have: 1 or 255
     */
    public static double of(ImageBatch prediction, ImageBatch target, double dataRange) {
        BaselineChecks.dataRange(dataRange);
        return of(Mse.forward(prediction, target), dataRange);
    }

    /** The PSNR that belongs to an MSE, 0 or more; NaN for NaN. */
    public static double of(double mse, double dataRange) {
        BaselineChecks.dataRange(dataRange);
        if (mse < 0) {
            throw new IllegalArgumentException("MSE: got " + mse + ", allowed 0 or more");
        }
        return 10 * Math.log10(dataRange * dataRange / mse);
    }
}

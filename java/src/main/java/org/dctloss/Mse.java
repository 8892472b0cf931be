package org.dctloss;

/**
 * Mean squared error, mean((p - t)^2) over all pixels of the batch, as a baseline. Pure Java, single-threaded,
 * stateless and thread-safe; arrays and direct buffers of any layout. Differences and sums are float64.
 */
public final class Mse {
    private Mse() {}

    /** The MSE of two images of the same shape. */
    public static double forward(ImageBatch prediction, ImageBatch target) {
        BaselineChecks.images(prediction, target);
        return evaluate(prediction, target, null, 0);
    }

    /**
     * The MSE and its gradient 2 (p - t) / (number of pixels), times the upstream factor.
     *
     * @param gradient receives the gradient, overwritten: same shape, memory of its own
     */
    public static double backward(ImageBatch prediction, ImageBatch target, ImageBatch gradient, double upstream) {
        BaselineChecks.images(prediction, target);
        BaselineChecks.gradient(gradient, prediction, target);
        return evaluate(prediction, target, gradient, upstream);
    }

    private static double evaluate(ImageBatch prediction, ImageBatch target, ImageBatch gradient, double upstream) {
        int w = prediction.w();
        float[] p = new float[w];
        float[] t = new float[w];
        double pixels = (double) prediction.n() * prediction.c() * prediction.h() * w;
        double factor = 2 * upstream / pixels;
        double sum = 0;
        for (int n = 0; n < prediction.n(); n++) {
            for (int c = 0; c < prediction.c(); c++) {
                for (int y = 0; y < prediction.h(); y++) {
                    prediction.readRow(n, c, y, 0, w, p, 0);
                    target.readRow(n, c, y, 0, w, t, 0);
                    double row = 0;
                    for (int x = 0; x < w; x++) {
                        double d = (double) p[x] - t[x];
                        row += d * d;
                        p[x] = (float) (factor * d);
                    }
                    sum += row;
                    if (gradient != null) {
                        gradient.writeRow(n, c, y, 0, w, p, 0);
                    }
                }
            }
        }
        return sum / pixels;
    }
}

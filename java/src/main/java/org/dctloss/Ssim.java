package org.dctloss;

import java.util.Arrays;

/**
 * The structural similarity index (Wang, Bovik, Sheikh, Simoncelli 2004): 11x11 Gaussian window of sigma 1.5, K1 =
 * 0.01, K2 = 0.03, windows that lie wholly inside the image, weighted (population) variances, mean over windows,
 * channels and samples. 1 for identical images.
 *
 * <p>As a baseline with gradient: pure Java in float64, single-threaded, thread-safe. To train with it, descend 1 -
 * SSIM: pass the upstream factor -1.
 */
public final class Ssim {
    /** Side of the window: images must be at least this high and wide. */
    public static final int WINDOW = 11;

    private static final double SIGMA = 1.5;
    private static final double K1 = 0.01;
    private static final double K2 = 0.03;
    private static final double[] GAUSSIAN = gaussian();

    private final double c1;
    private final double c2;

    private Ssim(double dataRange) {
        c1 = K1 * dataRange * K1 * dataRange;
        c2 = K2 * dataRange * K2 * dataRange;
    }

    /**
     * SSIM for pixels of a data range.
     *
     * @param dataRange the distance of the darkest from the brightest value that pixels can have: 1 or 255
     */
    public static Ssim ofDataRange(double dataRange) {
        BaselineChecks.dataRange(dataRange);
        return new Ssim(dataRange);
    }

    private static double[] gaussian() {
        double[] g = new double[WINDOW];
        double sum = 0;
        for (int i = 0; i < WINDOW; i++) {
            double x = i - WINDOW / 2;
            g[i] = Math.exp(-x * x / (2 * SIGMA * SIGMA));
            sum += g[i];
        }
        for (int i = 0; i < WINDOW; i++) {
            g[i] /= sum;
        }
        return g;
    }

    /** The SSIM of two images of the same shape, at least 11x11. */
    public double forward(ImageBatch prediction, ImageBatch target) {
        check(prediction, target);
        return evaluate(prediction, target, null, 0);
    }

    /**
     * The SSIM and its gradient with respect to the prediction, times the upstream factor.
     *
     * @param gradient receives the gradient, overwritten: same shape, memory of its own
     */
    public double backward(ImageBatch prediction, ImageBatch target, ImageBatch gradient, double upstream) {
        check(prediction, target);
        BaselineChecks.gradient(gradient, prediction, target);
        return evaluate(prediction, target, gradient, upstream);
    }

    private static void check(ImageBatch prediction, ImageBatch target) {
        BaselineChecks.images(prediction, target);
        if (prediction.h() < WINDOW || prediction.w() < WINDOW) {
            throw new IllegalArgumentException("image: got " + prediction.h() + "x" + prediction.w()
                    + " pixels, allowed " + WINDOW + "x" + WINDOW + " or more for SSIM");
        }
        double pixels = (double) prediction.h() * prediction.w();
        if (pixels > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("image: got " + prediction.h() + "x" + prediction.w()
                    + " pixels, allowed 2^31 - 9 pixels a plane or fewer for SSIM");
        }
    }

    private double evaluate(ImageBatch prediction, ImageBatch target, ImageBatch gradient, double upstream) {
        Plane plane = new Plane(prediction.h(), prediction.w(), gradient != null);
        int planes = prediction.n() * prediction.c();
        double sum = 0;
        for (int n = 0; n < prediction.n(); n++) {
            for (int c = 0; c < prediction.c(); c++) {
                plane.load(prediction, n, c, plane.p);
                plane.load(target, n, c, plane.t);
                sum += plane.evaluate();
                if (gradient != null) {
                    plane.storeGradient(gradient, n, c, upstream / planes);
                }
            }
        }
        return sum / planes;
    }

    /** One plane at a time: its moments under the window, the index, and the derivatives by the moments. */
    private final class Plane {
        private final int h;
        private final int w;
        private final int validH;
        private final int validW;
        final double[] p;
        final double[] t;
        private final double[] product;
        private final double[] rows;
        private final double[] meanP;
        private final double[] meanT;
        private final double[] meanPp;
        private final double[] meanTt;
        private final double[] meanPt;
        private final double[] gradient;
        private final float[] line;

        Plane(int h, int w, boolean withGradient) {
            this.h = h;
            this.w = w;
            validH = h - WINDOW + 1;
            validW = w - WINDOW + 1;
            p = new double[h * w];
            t = new double[h * w];
            product = new double[h * w];
            rows = new double[h * validW];
            meanP = new double[validH * validW];
            meanT = new double[validH * validW];
            meanPp = new double[validH * validW];
            meanTt = new double[validH * validW];
            meanPt = new double[validH * validW];
            gradient = withGradient ? new double[h * w] : null;
            line = new float[w];
        }

        void load(ImageBatch view, int n, int c, double[] to) {
            for (int y = 0; y < h; y++) {
                view.readRow(n, c, y, 0, w, line, 0);
                for (int x = 0; x < w; x++) {
                    to[y * w + x] = line[x];
                }
            }
        }

        /**
         * The mean of the index over all windows:
         *
         * <pre>
         * S = (2 mp mt + c1)(2 spt + c2) / ((mp^2 + mt^2 + c1)(spp + stt + c2)),  s.. = m.. - m. m.
         * </pre>
         *
         * Afterwards meanP, meanPp and meanPt hold dS/dmp, dS/dmpp and dS/dmpt.
         */
        double evaluate() {
            filter(p, meanP);
            filter(t, meanT);
            multiply(p, p);
            filter(product, meanPp);
            multiply(t, t);
            filter(product, meanTt);
            multiply(p, t);
            filter(product, meanPt);
            double sum = 0;
            for (int i = 0; i < meanP.length; i++) {
                double mp = meanP[i];
                double mt = meanT[i];
                double a1 = 2 * mp * mt + c1;
                double a2 = 2 * (meanPt[i] - mp * mt) + c2;
                double b1 = mp * mp + mt * mt + c1;
                double b2 = meanPp[i] - mp * mp + meanTt[i] - mt * mt + c2;
                double s = a1 * a2 / (b1 * b2);
                sum += s;
                meanP[i] = 2 * mt * (a2 - a1) / (b1 * b2) - 2 * mp * s / b1 + 2 * mp * s / b2;
                meanPp[i] = -s / b2;
                meanPt[i] = 2 * a1 / (b1 * b2);
            }
            return sum / meanP.length;
        }

        void storeGradient(ImageBatch view, int n, int c, double upstream) {
            Arrays.fill(gradient, 0);
            Arrays.fill(product, 1);
            addAdjoint(meanP, product, 1);
            addAdjoint(meanPp, p, 2);
            addAdjoint(meanPt, t, 1);
            double factor = upstream / meanP.length;
            for (int y = 0; y < h; y++) {
                for (int x = 0; x < w; x++) {
                    line[x] = (float) (factor * gradient[y * w + x]);
                }
                view.writeRow(n, c, y, 0, w, line, 0);
            }
        }

        private void multiply(double[] a, double[] b) {
            for (int i = 0; i < product.length; i++) {
                product[i] = a[i] * b[i];
            }
        }

        /** The weighted mean under every window. */
        private void filter(double[] in, double[] out) {
            Arrays.fill(rows, 0);
            for (int y = 0; y < h; y++) {
                for (int k = 0; k < WINDOW; k++) {
                    double g = GAUSSIAN[k];
                    for (int x = 0; x < validW; x++) {
                        rows[y * validW + x] += g * in[y * w + x + k];
                    }
                }
            }
            Arrays.fill(out, 0);
            for (int y = 0; y < validH; y++) {
                for (int k = 0; k < WINDOW; k++) {
                    double g = GAUSSIAN[k];
                    for (int x = 0; x < validW; x++) {
                        out[y * validW + x] += g * rows[(y + k) * validW + x];
                    }
                }
            }
        }

        /** gradient += factor * image * (transposed filter of derivative). */
        private void addAdjoint(double[] derivative, double[] image, double factor) {
            Arrays.fill(rows, 0);
            for (int y = 0; y < validH; y++) {
                for (int k = 0; k < WINDOW; k++) {
                    double g = GAUSSIAN[k];
                    for (int x = 0; x < validW; x++) {
                        rows[(y + k) * validW + x] += g * derivative[y * validW + x];
                    }
                }
            }
            for (int y = 0; y < h; y++) {
                for (int k = 0; k < WINDOW; k++) {
                    double g = GAUSSIAN[k] * factor;
                    for (int x = 0; x < validW; x++) {
                        gradient[y * w + x + k] += g * rows[y * validW + x] * image[y * w + x + k];
                    }
                }
            }
        }
    }
}

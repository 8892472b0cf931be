package org.dctloss.cli;

import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.DoubleFunction;
import org.dctloss.BlockDct;
import org.dctloss.FrequencyWeights;
import org.dctloss.ImageBatch;
import org.dctloss.Mse;
import org.dctloss.Normalization;
import org.dctloss.pictures.Picture;

/**
 * A spoilt copy of a picture. The amount of spoiling is searched for, so that all copies have the same MSE and only the
 * kind of error differs. Copies are rounded to 8 bits first: the numbers belong to the PNGs that are written.
 *
 * @param name one word
 * @param how what was done, with the amount that was found
 */
record Variant(String name, String how, Picture picture) {
    /** 12 levels of 255: a shift in brightness reaches it exactly. */
    static final double MSE = 12.0 / 255 * 12 / 255;

    /** In the order of {@link #of}. */
    static final List<String> NAMES = List.of("brightness", "contrast", "blur", "noise", "blocks");

    private static final int BLOCK = 8;

    /** All five, each with the {@link #MSE} within one per cent. The sides are multiples of 8. */
    static List<Variant> of(Picture original) {
        return List.of(
                search(original, "brightness", "every value raised by %.4f", 0.5, a -> shift(original, a)),
                search(original, "contrast", "contrast lowered by a factor of %.4f", 1, a -> contrast(original, 1 - a)),
                search(original, "blur", "Gaussian blur, sigma %.3f pixels", 8, a -> blur(original, a)),
                search(original, "noise", "Gaussian noise, sigma %.4f", 0.5, a -> noise(original, a)),
                search(
                        original,
                        "blocks",
                        "8x8 DCT, quantised by %.3f x the JPEG luminance table",
                        40,
                        a -> blocks(original, a)));
    }

    /** Bisection: the MSE grows with the amount. */
    private static Variant search(
            Picture original, String name, String how, double largest, DoubleFunction<float[]> spoil) {
        double low = 0;
        double high = largest;
        Picture best = original;
        double bestAmount = 0;
        for (int step = 0; step < 40; step++) {
            double amount = (low + high) / 2;
            Picture candidate = rounded(original, spoil.apply(amount));
            double mse = mse(original, candidate);
            if (Math.abs(mse - MSE) < Math.abs(mse(original, best) - MSE)) {
                best = candidate;
                bestAmount = amount;
            }
            if (Math.abs(mse - MSE) < 1e-4 * MSE) {
                break;
            }
            if (mse < MSE) {
                low = amount;
            } else {
                high = amount;
            }
        }
        double shown = name.equals("contrast") ? 1 - bestAmount : bestAmount;
        return new Variant(name, String.format(Locale.ROOT, how, shown), best);
    }

    private static double mse(Picture original, Picture candidate) {
        return Mse.forward(candidate.batch(), original.batch());
    }

    private static Picture rounded(Picture original, float[] planes) {
        for (int i = 0; i < planes.length; i++) {
            planes[i] = Picture.eightBits(planes[i]) / 255f;
        }
        return new Picture(original.width(), original.height(), planes);
    }

    private static float[] shift(Picture original, double amount) {
        float[] out = original.planes().clone();
        for (int i = 0; i < out.length; i++) {
            out[i] += (float) amount;
        }
        return out;
    }

    private static float[] contrast(Picture original, double factor) {
        float[] out = original.planes().clone();
        int size = out.length / Picture.CHANNELS;
        for (int c = 0; c < Picture.CHANNELS; c++) {
            double mean = 0;
            for (int i = c * size; i < (c + 1) * size; i++) {
                mean += out[i] / size;
            }
            for (int i = c * size; i < (c + 1) * size; i++) {
                out[i] = (float) (mean + factor * (out[i] - mean));
            }
        }
        return out;
    }

    private static float[] blur(Picture original, double sigma) {
        int reach = (int) Math.ceil(4 * sigma);
        double[] kernel = new double[2 * reach + 1];
        double sum = 0;
        for (int i = -reach; i <= reach; i++) {
            kernel[i + reach] = Math.exp(-i * i / (2 * sigma * sigma));
            sum += kernel[i + reach];
        }
        for (int i = 0; i < kernel.length; i++) {
            kernel[i] /= sum;
        }
        int width = original.width();
        int height = original.height();
        float[] rows = new float[original.planes().length];
        float[] out = new float[rows.length];
        for (int c = 0; c < Picture.CHANNELS; c++) {
            int plane = c * width * height;
            for (int y = 0; y < height; y++) {
                convolve(original.planes(), rows, plane + y * width, 1, width, kernel);
            }
            for (int x = 0; x < width; x++) {
                convolve(rows, out, plane + x, width, height, kernel);
            }
        }
        return out;
    }

    private static void convolve(float[] in, float[] out, int start, int step, int count, double[] kernel) {
        int reach = kernel.length / 2;
        for (int i = 0; i < count; i++) {
            double sum = 0;
            for (int k = -reach; k <= reach; k++) {
                sum += kernel[k + reach] * in[start + step * Math.max(0, Math.min(count - 1, i + k))];
            }
            out[start + step * i] = (float) sum;
        }
    }

    private static float[] noise(Picture original, double sigma) {
        SplittableRandom random = new SplittableRandom(2021);
        float[] out = original.planes().clone();
        for (int i = 0; i < out.length; i++) {
            out[i] += (float) (sigma * gaussian(random));
        }
        return out;
    }

    // The sum of twelve uniform numbers: SplittableRandom promises its bits, but not those of nextGaussian.
    private static double gaussian(SplittableRandom random) {
        double sum = -6;
        for (int i = 0; i < 12; i++) {
            sum += random.nextDouble();
        }
        return sum;
    }

    /** What JPEG does, without its colour rotation and subsampling. */
    private static float[] blocks(Picture original, double amount) {
        double[] inverse =
                FrequencyWeights.jpegLuminance(50).normalize(Normalization.NONE).resolve(BLOCK);
        float[] out = original.planes().clone();
        ImageBatch batch = ImageBatch.of(out, 1, Picture.CHANNELS, original.height(), original.width());
        BlockDct.of(BLOCK).forward(batch, batch);
        for (int i = 0; i < out.length; i++) {
            int u = i / original.width() % BLOCK;
            int v = i % original.width() % BLOCK;
            double step = amount / 255 / inverse[u * BLOCK + v];
            out[i] = (float) (step * Math.rint(out[i] / step));
        }
        BlockDct.of(BLOCK).inverse(batch, batch);
        return out;
    }
}

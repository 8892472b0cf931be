package org.dctloss;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** MSE, PSNR and SSIM against values of NumPy and SciPy and against finite differences. */
class BaselinesTest {
    private static final int H = 20;
    private static final int W = 23;

    private static float pattern(int i, int a, int b) {
        int x = i % W;
        int y = i / W;
        return (a * x + b * y + x * y) % 17 / 16f;
    }

    private static float[] prediction() {
        float[] p = new float[H * W];
        for (int i = 0; i < p.length; i++) {
            p[i] = pattern(i, 3, 5);
        }
        return p;
    }

    private static float[] target() {
        float[] t = prediction();
        for (int i = 0; i < t.length; i++) {
            t[i] = pattern(i, 5, 2) * 0.5f + t[i] * 0.5f;
        }
        return t;
    }

    private static ImageBatch view(float[] pixels) {
        return ImageBatch.of(pixels, 1, 1, H, W);
    }

    /** NumPy 2.4: ((p - t)**2).mean(). */
    @Test
    void mseIsNumPys() {
        double expected = 0.046121348505434744;
        assertEquals(expected, Mse.forward(view(prediction()), view(target())), 1e-15);
        assertEquals(-10 * Math.log10(expected), Psnr.of(view(prediction()), view(target()), 1), 1e-12);
        assertEquals(Double.POSITIVE_INFINITY, Psnr.of(view(prediction()), view(prediction()), 1));
    }

    /** The definition, with scipy.ndimage.correlate1d (SciPy 1.17) and Gaussian weights, valid windows only. */
    @Test
    void ssimIsTheDefinition() {
        assertEquals(0.6482862792896459, Ssim.ofDataRange(1).forward(view(prediction()), view(target())), 1e-12);
        assertEquals(1, Ssim.ofDataRange(1).forward(view(prediction()), view(prediction())), 1e-15);
    }

    @Test
    void ssimAveragesChannelsAndSamples() {
        float[] a = new float[4 * H * W];
        float[] b = new float[4 * H * W];
        for (int i = 0; i < 4; i++) {
            System.arraycopy(prediction(), 0, a, i * H * W, H * W);
            System.arraycopy(i < 2 ? target() : prediction(), 0, b, i * H * W, H * W);
        }
        ImageBatch p = ImageBatch.of(a, 2, 2, H, W);
        ImageBatch t = ImageBatch.of(b, 2, 2, H, W);
        assertEquals((0.6482862792896459 + 1) / 2, Ssim.ofDataRange(1).forward(p, t), 1e-12);
    }

    @Test
    void gradientsAreFiniteDifferences() {
        Ssim ssim = Ssim.ofDataRange(1);
        float[] p = prediction();
        float[] t = target();
        float[] ofSsim = new float[p.length];
        float[] ofMse = new float[p.length];
        ssim.backward(view(p), view(t), view(ofSsim), -1);
        Mse.backward(view(p), view(t), view(ofMse), 0.5);
        Random random = new Random(1);
        for (int i = 0; i < 40; i++) {
            int at = random.nextInt(p.length);
            float value = p[at];
            p[at] = value + 0x1p-10f;
            double aheadSsim = ssim.forward(view(p), view(t));
            double aheadMse = Mse.forward(view(p), view(t));
            p[at] = value - 0x1p-10f;
            double slopeSsim = (aheadSsim - ssim.forward(view(p), view(t))) / 0x1p-9;
            double slopeMse = (aheadMse - Mse.forward(view(p), view(t))) / 0x1p-9;
            p[at] = value;
            assertEquals(-slopeSsim, ofSsim[at], 1e-6);
            assertEquals(0.5 * slopeMse, ofMse[at], 1e-8);
        }
    }

    @Test
    void layoutsDoNotMatter() {
        float[] p = new float[3 * H * W];
        float[] t = new float[3 * H * W];
        float[] pl = new float[3 * H * W];
        float[] tl = new float[3 * H * W];
        Random random = new Random(2);
        for (int i = 0; i < p.length; i++) {
            p[i] = random.nextFloat();
            t[i] = random.nextFloat();
            int last = i % (H * W) * 3 + i / (H * W);
            pl[last] = p[i];
            tl[last] = t[i];
        }
        ImageBatch a = ImageBatch.of(p, 1, 3, H, W);
        ImageBatch b = ImageBatch.of(t, 1, 3, H, W);
        ImageBatch al = ImageBatch.ofNhwc(pl, 1, 3, H, W);
        ImageBatch bl = ImageBatch.ofNhwc(tl, 1, 3, H, W);
        assertEquals(Mse.forward(a, b), Mse.forward(al, bl));
        assertEquals(Ssim.ofDataRange(1).forward(a, b), Ssim.ofDataRange(1).forward(al, bl));
    }
}

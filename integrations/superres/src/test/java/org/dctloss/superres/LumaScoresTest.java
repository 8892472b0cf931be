package org.dctloss.superres;

import static org.dctloss.superres.Refusals.refused;
import static org.dctloss.superres.Refusals.refusedNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LumaScoresTest {
    /** As the definitions say, window by window, on the pixels inside the border. */
    private static double psnr(Plane image, Plane truth, int border) {
        double sum = 0;
        int count = 0;
        for (int y = border; y < image.height() - border; y++) {
            for (int x = border; x < image.width() - border; x++) {
                sum += Math.pow((double) image.get(y, x) - truth.get(y, x), 2);
                count++;
            }
        }
        return -10 * Math.log10(sum / count);
    }

    private static double ssim(Plane image, Plane truth, int border) {
        double sum = 0;
        int count = 0;
        for (int y = border + 5; y < image.height() - border - 5; y++) {
            for (int x = border + 5; x < image.width() - border - 5; x++) {
                double weights = 0;
                double a = 0;
                double b = 0;
                double aa = 0;
                double bb = 0;
                double ab = 0;
                for (int i = -5; i <= 5; i++) {
                    for (int j = -5; j <= 5; j++) {
                        double weight = Math.exp(-(i * i + j * j) / 4.5);
                        double p = image.get(y + i, x + j);
                        double t = truth.get(y + i, x + j);
                        weights += weight;
                        a += weight * p;
                        b += weight * t;
                        aa += weight * p * p;
                        bb += weight * t * t;
                        ab += weight * p * t;
                    }
                }
                a /= weights;
                b /= weights;
                double varianceA = aa / weights - a * a;
                double varianceB = bb / weights - b * b;
                double covariance = ab / weights - a * b;
                sum += (2 * a * b + 1e-4)
                        * (2 * covariance + 9e-4)
                        / ((a * a + b * b + 1e-4) * (varianceA + varianceB + 9e-4));
                count++;
            }
        }
        return sum / count;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 4})
    void theScoresAreTheDefinitionsInsideTheBorder(int border) {
        Plane truth = RandomPlane.of(23, 31, 1);
        Plane image = Plane.ofSize(23, 31);
        Plane noise = RandomPlane.of(23, 31, 2);
        for (int i = 0; i < image.pixels().length; i++) {
            image.pixels()[i] = truth.pixels()[i] + 0.2f * (noise.pixels()[i] - 0.5f);
        }
        LumaScores scores = LumaScores.of(image, truth, border);
        assertEquals(psnr(image, truth, border), scores.psnr(), 1e-9);
        assertEquals(ssim(image, truth, border), scores.ssim(), 1e-9);
    }

    /** An error of 1/64 everywhere, exact in float32, is 20 log10(64) decibels. */
    @Test
    void aKnownErrorHasItsPsnr() {
        Plane truth = RandomPlane.of(20, 20, 3).eightBits();
        Plane image = Plane.ofSize(20, 20);
        for (int i = 0; i < 400; i++) {
            truth.pixels()[i] = Math.round(512 * truth.pixels()[i]) / 1024f;
            image.pixels()[i] = truth.pixels()[i] + 1 / 64f;
        }
        assertEquals(20 * Math.log10(64), LumaScores.of(image, truth, 2).psnr(), 1e-12);
    }

    @Test
    void identicalPlanesAreInfinitelyGood() {
        Plane plane = RandomPlane.of(15, 12, 4);
        LumaScores scores = LumaScores.of(plane, plane.crop(0, 0, 15, 12), 0);
        assertEquals(Double.POSITIVE_INFINITY, scores.psnr());
        assertEquals(1, scores.ssim(), 1e-12);
    }

    @Test
    void whatIsShavedDoesNotCount() {
        Plane truth = RandomPlane.of(24, 21, 5);
        Plane image = truth.crop(0, 0, 24, 21);
        for (int x = 0; x < 21; x++) {
            image.pixels()[2 * 21 + x] += 1;
        }
        assertEquals(Double.POSITIVE_INFINITY, LumaScores.of(image, truth, 3).psnr());
        assertTrue(LumaScores.of(image, truth, 2).psnr() < 14);
        assertEquals(1, LumaScores.of(image, truth, 3).ssim(), 1e-12);
        assertTrue(LumaScores.of(image, truth, 2).ssim() < 0.9995);
    }

    @Test
    void nanGivesNan() {
        Plane truth = RandomPlane.of(16, 16, 6);
        Plane image = truth.crop(0, 0, 16, 16);
        image.pixels()[5 * 16 + 5] = Float.NaN;
        LumaScores scores = LumaScores.of(image, truth, 1);
        assertTrue(Double.isNaN(scores.psnr()));
        assertTrue(Double.isNaN(scores.ssim()));
        assertTrue(Double.isNaN(LumaScores.of(image.eightBits(), truth, 1).psnr()));
    }

    @Test
    void whatCannotBeIsRefused() {
        Plane plane = Plane.ofSize(20, 30);
        refused(
                "truth: got 30x20 pixels, allowed 20x30 like the image",
                () -> LumaScores.of(plane, Plane.ofSize(30, 20), 0));
        String which = " for 20x30 pixels, allowed 0 to 4, which leaves the 11x11 pixels of SSIM's window";
        refused("border: got 5" + which, () -> LumaScores.of(plane, plane, 5));
        refused("border: got -1" + which, () -> LumaScores.of(plane, plane, -1));
        Plane small = Plane.ofSize(10, 30);
        refused("image: got 10x30 pixels, allowed 11x11 or more", () -> LumaScores.of(small, small, 0));
        refusedNull("image: got null, allowed a Plane", () -> LumaScores.of(null, plane, 0));
        refusedNull("truth: got null, allowed a Plane", () -> LumaScores.of(plane, null, 0));
    }
}

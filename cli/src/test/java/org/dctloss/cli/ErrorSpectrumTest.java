package org.dctloss.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.dctloss.pictures.Picture;
import org.junit.jupiter.api.Test;

class ErrorSpectrumTest {
    private static final int SIDE = 32;
    private static final Picture BLACK = Picture.ofSize(SIDE, SIDE);

    /** Grey waves of a DCT frequency, with vertical frequency u and horizontal frequency v. */
    private static Picture wave(int u, int v) {
        Picture picture = Picture.ofSize(SIDE, SIDE);
        for (int c = 0; c < Picture.CHANNELS; c++) {
            for (int y = 0; y < SIDE; y++) {
                for (int x = 0; x < SIDE; x++) {
                    double value = 0.1 * cosine(u, y) * cosine(v, x);
                    picture.planes()[picture.index(c, y, x)] = (float) value;
                }
            }
        }
        return picture;
    }

    private static double cosine(int frequency, int at) {
        return Math.cos(Math.PI * (2 * (at % 8) + 1) * frequency / 16);
    }

    /** A copy with errors of all frequencies, which differ by channel. */
    private static Picture disturbed(Picture original) {
        float[] planes = original.planes().clone();
        for (int i = 0; i < planes.length; i++) {
            planes[i] += (float) (0.05 * Math.sin(0.001 * i * (i % 977)));
        }
        return new Picture(original.width(), original.height(), planes);
    }

    @Test
    void aWaveIsAtItsFrequencyAlone() {
        for (int[] frequency : new int[][] {{0, 0}, {0, 5}, {3, 0}, {2, 7}}) {
            int u = frequency[0];
            int v = frequency[1];
            ErrorSpectrum spectrum = ErrorSpectrum.of(BLACK, wave(u, v));
            // sum of cos^2 over 8 samples is 8 at frequency 0, else 4; its root is the basis vector's length
            double expected = 0.1 * Math.sqrt((u == 0 ? 8 : 4) * (v == 0 ? 8 : 4));
            for (int i = 0; i < 64; i++) {
                assertEquals(i == 8 * u + v ? expected : 0, spectrum.rms()[i], 1e-6, u + ", " + v + " at " + i);
            }
        }
    }

    @Test
    void weightsTurnTheOneIntoTheOther() {
        Picture original = SamplePicture.draw();
        Picture copy = disturbed(original);
        ErrorSpectrum spectrum = ErrorSpectrum.of(original, copy);
        double[] weights = ErrorSpectrum.weights();
        double[] q = ErrorSpectrum.quantisation();
        assertEquals(16, q[0], 1e-9);
        assertEquals(11, q[1], 1e-9); // row = vertical: 11 stands beside 16, 12 below
        assertEquals(12, q[8], 1e-9);
        assertEquals(99, q[63], 1e-9);
        for (int i = 0; i < 64; i++) {
            assertEquals(weights[i] * spectrum.rms()[i], spectrum.weighted()[i], 1e-5 * spectrum.weighted()[i]);
            assertEquals(weights[0] * q[0], weights[i] * q[i], 1e-9);
        }
    }

    @Test
    void theSquaresAddUpToTheLuminancesMse() {
        Picture original = SamplePicture.draw();
        Picture copy = disturbed(original);
        int size = original.width() * original.height();
        double mse = 0;
        for (int i = 0; i < size; i++) {
            double y = 0;
            double[] parts = {0.299, 0.587, 0.114};
            for (int c = 0; c < 3; c++) {
                y += parts[c] * (copy.planes()[c * size + i] - original.planes()[c * size + i]);
            }
            mse += y * y / size;
        }
        double sum = 0;
        double inBands = 0;
        ErrorSpectrum spectrum = ErrorSpectrum.of(original, copy);
        for (double root : spectrum.rms()) {
            sum += root * root / 64;
        }
        for (ErrorSpectrum.Band band : ErrorSpectrum.Band.values()) {
            int count = band == ErrorSpectrum.Band.LOW ? 9 : band == ErrorSpectrum.Band.MIDDLE ? 16 : 39;
            inBands += spectrum.rms(band) * spectrum.rms(band) * count / 64;
        }
        assertEquals(mse, sum, 1e-5 * mse);
        assertEquals(mse, inBands, 1e-5 * mse);
    }
}

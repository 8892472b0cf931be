package org.dctloss.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.dctloss.pictures.Picture;
import org.junit.jupiter.api.Test;

class DescentTest {
    private static final int STEPS = 300;

    private final Picture target = waves(0);
    private final Picture start = waves(0.1);

    /** A slope with a fine wave of some height on it, and a coarse one. */
    private static Picture waves(double height) {
        Picture picture = Picture.ofSize(32, 24);
        for (int c = 0; c < Picture.CHANNELS; c++) {
            for (int y = 0; y < 24; y++) {
                for (int x = 0; x < 32; x++) {
                    double value = 0.3 + x / 100.0 + height * (Math.sin(2.7 * x) + Math.sin(0.3 * y));
                    picture.planes()[picture.index(c, y, x)] = (float) value;
                }
            }
        }
        return picture;
    }

    @Test
    void measuresBelongToTheFrames() {
        for (DemoLoss loss : DemoLoss.values()) {
            AtomicInteger heard = new AtomicInteger();
            Descent descent = Descent.run(loss, start, target, STEPS, heard::incrementAndGet);
            assertEquals(STEPS, heard.get());
            assertEquals(
                    List.of(0, 10, 50, 100, 300),
                    descent.frames().stream().map(Descent.Frame::step).toList());
            for (Descent.Frame frame : descent.frames()) {
                Descent.Point point = descent.points().stream()
                        .filter(one -> one.step() == frame.step())
                        .findFirst()
                        .orElseThrow();
                assertEquals(ImageScores.of(target, frame.picture()), point.scores());
            }
            assertEquals(ImageScores.of(target, start), descent.first().scores());
            assertEquals(0.5, descent.halved(), Descent.TOLERANCE);
            assertTrue(loss.of(descent.last().scores())
                    < 0.5 * loss.of(descent.first().scores()));
        }
    }

    @Test
    void mseKeepsTheShapeOfTheErrorAndTheDctLossTakesTheCoarseFirst() {
        assertEquals(left(DemoLoss.MSE, ErrorSpectrum.Band.LOW), left(DemoLoss.MSE, ErrorSpectrum.Band.HIGH), 1e-4);
        assertTrue(left(DemoLoss.DCT, ErrorSpectrum.Band.LOW) < 0.5 * left(DemoLoss.DCT, ErrorSpectrum.Band.HIGH));
    }

    private double left(DemoLoss loss, ErrorSpectrum.Band band) {
        Descent descent = Descent.run(loss, start, target, STEPS, () -> {});
        return descent.last().spectrum().rms(band) / descent.first().spectrum().rms(band);
    }

    @Test
    void gradientsAreOfTheLosses() {
        Picture gradient = Picture.ofSize(start.width(), start.height());
        Picture near = new Picture(start.width(), start.height(), start.planes().clone());
        int at = 777;
        float step = 1f / 256;
        for (DemoLoss loss : DemoLoss.values()) {
            double value = loss.backward(start, target, gradient);
            assertEquals(loss.of(ImageScores.of(target, start)), value, 1e-6 * value);
            near.planes()[at] = start.planes()[at] + step;
            double above = loss.of(near, target);
            near.planes()[at] = start.planes()[at] - step;
            double below = loss.of(near, target);
            near.planes()[at] = start.planes()[at];
            double slope = (above - below) / (2 * step);
            assertEquals(slope, gradient.planes()[at], 0.02 * Math.abs(slope) + 1e-8, loss.title);
        }
    }
}

package org.dctloss.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.dctloss.pictures.Picture;

/**
 * Plain gradient descent of one loss, from a spoilt picture to the original. Every loss gets a step size by the same
 * rule, since their gradients differ in scale: the constant one with which the loss falls to half of where it began in a
 * tenth of the steps.
 *
 * @param stepSize found by that rule
 * @param halved what was left of the loss after a tenth of the steps, as a share: 0.5 within {@link #TOLERANCE}
 * @param points how far the picture was at evenly spaced steps, at those of the frames, and at a tenth of the way
 * @param frames the picture at {@link #frameSteps}
 */
record Descent(DemoLoss loss, double stepSize, double halved, List<Point> points, List<Frame> frames) {
    static final int FEWEST_STEPS = 100;
    static final int MOST_STEPS = 3000;
    static final double TOLERANCE = 0.005;

    private static final int INTERVALS = 50;
    private static final int MOST_TRIALS = 30;

    /** The measures after so many steps. */
    record Point(int step, ImageScores scores, ErrorSpectrum spectrum) {}

    /** The picture after so many steps. */
    record Frame(int step, Picture picture) {}

    /** The steps whose pictures are shown: of 300, the 0th, 10th, 50th, 100th and 300th. */
    static List<Integer> frameSteps(int steps) {
        return List.of(0, steps / 30, steps / 6, steps / 3, steps);
    }

    /** Descends {@code steps} steps; {@code onStep} hears of each, those of the search for the step size not counted. */
    static Descent run(DemoLoss loss, Picture start, Picture target, int steps, Runnable onStep) {
        double[] size = stepSize(loss, start, target, steps / 10);
        SortedSet<Integer> measured = new TreeSet<>(frameSteps(steps));
        measured.add(steps / 10);
        for (int i = 0; i <= INTERVALS; i++) {
            measured.add((int) ((long) steps * i / INTERVALS));
        }
        List<Point> points = new ArrayList<>();
        List<Frame> frames = new ArrayList<>();
        Picture at = copy(start);
        Picture gradient = Picture.ofSize(at.width(), at.height());
        for (int step = 0; ; step++) {
            if (measured.contains(step)) {
                points.add(new Point(step, ImageScores.of(target, at), ErrorSpectrum.of(target, at)));
            }
            if (frameSteps(steps).contains(step)) {
                frames.add(new Frame(step, copy(at)));
            }
            if (step == steps) {
                return new Descent(loss, size[0], size[1], List.copyOf(points), List.copyOf(frames));
            }
            loss.backward(at, target, gradient);
            move(at, gradient, size[0]);
            onStep.run();
        }
    }

    /** The step size and the share of the loss that it leaves after {@code steps} steps. */
    private static double[] stepSize(DemoLoss loss, Picture start, Picture target, int steps) {
        Picture gradient = Picture.ofSize(start.width(), start.height());
        double before = loss.backward(start, target, gradient);
        double steepness = 0;
        for (float g : gradient.planes()) {
            steepness += (double) g * g;
        }
        double size = Math.log(2) * before / (steps * steepness); // exact for a loss that falls as e^-t
        double tooSmall = 0;
        double tooLarge = Double.POSITIVE_INFINITY;
        double left = 1;
        for (int trial = 0; trial < MOST_TRIALS; trial++) {
            left = after(loss, start, target, steps, size) / before;
            if (Math.abs(left - 0.5) <= TOLERANCE) {
                break;
            }
            if (left > 0.5 && left < 1) {
                tooSmall = size;
            } else {
                tooLarge = size;
            }
            double next = left > 0 && left < 1 ? size * Math.log(0.5) / Math.log(left) : size / 2;
            size = next > tooSmall && next < tooLarge ? next : (tooSmall + tooLarge) / 2;
        }
        return new double[] {size, left};
    }

    private static double after(DemoLoss loss, Picture start, Picture target, int steps, double size) {
        Picture at = copy(start);
        Picture gradient = Picture.ofSize(at.width(), at.height());
        for (int step = 0; step < steps; step++) {
            loss.backward(at, target, gradient);
            move(at, gradient, size);
        }
        return loss.of(at, target);
    }

    private static void move(Picture at, Picture gradient, double size) {
        for (int i = 0; i < at.planes().length; i++) {
            at.planes()[i] -= (float) (size * gradient.planes()[i]);
        }
    }

    private static Picture copy(Picture picture) {
        return new Picture(picture.width(), picture.height(), picture.planes().clone());
    }

    Point first() {
        return points.get(0);
    }

    Point last() {
        return points.get(points.size() - 1);
    }
}

package org.dctloss.cli;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.dctloss.pictures.Picture;

/** The pictures of the demonstration as PNGs, by the names of their files without the ending. */
final class DemoPictures {
    /** Where a pixel's error gets the last colour: four times what all copies have on average. */
    static final double FULL_ERROR = 48.0 / 255;

    /** Gradients are scaled so that this share of their pixels is within the scale. */
    static final double FULL_CONTRAST = 0.995;

    /** The share of the blocks of all copies whose loss is within the scale. */
    static final double FULL_BLOCKS = 0.98;

    static final String ORIGINAL = "original";
    static final String DESCENT_START = "descent-start";

    private static final String ERROR = "-error";

    private final Map<String, byte[]> pngs = new LinkedHashMap<>();
    private final Picture original;

    DemoPictures(Picture original) {
        this.original = original;
        pngs.put(ORIGINAL, original.png());
    }

    /** All that will be drawn for so many steps of descending. */
    static Set<String> names(int steps) {
        Set<String> names = new LinkedHashSet<>(List.of(ORIGINAL));
        for (String variant : Variant.NAMES) {
            names.addAll(List.of(variant, error(variant), heatMap(variant)));
            for (DemoLoss loss : DemoLoss.values()) {
                names.add(gradient(variant, loss));
            }
        }
        for (DemoLoss loss : DemoLoss.values()) {
            for (int step : Descent.frameSteps(steps)) {
                names.addAll(List.of(frame(loss, step), error(frame(loss, step))));
            }
        }
        return names;
    }

    static String error(String name) {
        return name + ERROR;
    }

    static String heatMap(String variant) {
        return variant + "-heatmap";
    }

    static String gradient(String variant, DemoLoss loss) {
        return variant + "-gradient-" + loss.id;
    }

    /** All descents begin at the same picture. */
    static String frame(DemoLoss loss, int step) {
        return step == 0 ? DESCENT_START : "descent-" + loss.id + "-" + step;
    }

    /** Each copy, its error by pixel and by block, and the gradient of each loss. */
    void draw(List<Variant> variants) {
        List<float[]> blocks = variants.stream()
                .map(variant -> HeatMap.blocks(original, variant.picture()))
                .toList();
        double full = quantile(blocks, FULL_BLOCKS);
        for (int i = 0; i < variants.size(); i++) {
            Variant variant = variants.get(i);
            drawWithError(variant.name(), variant.picture(), original);
            pngs.put(heatMap(variant.name()), ColorScale.AMOUNT.png(perPixel(blocks.get(i)), original.width(), full));
            Picture gradient = Picture.ofSize(original.width(), original.height());
            for (DemoLoss loss : DemoLoss.values()) {
                loss.backward(variant.picture(), original, gradient);
                float[] downhill = downhill(gradient);
                pngs.put(
                        gradient(variant.name(), loss),
                        ColorScale.SIGNED.png(downhill, original.width(), quantile(List.of(downhill), FULL_CONTRAST)));
            }
        }
    }

    /** What a descent went through, and what was left of the error there. */
    void draw(Descent descent, Picture target) {
        for (Descent.Frame frame : descent.frames()) {
            drawWithError(frame(descent.loss(), frame.step()), frame.picture(), target);
        }
    }

    private void drawWithError(String name, Picture picture, Picture target) {
        pngs.put(name, picture.png());
        pngs.put(error(name), ColorScale.AMOUNT.png(errors(picture, target), target.width(), FULL_ERROR));
    }

    /** Root of the mean square over the channels of each pixel. */
    private static float[] errors(Picture picture, Picture target) {
        float[] errors = new float[target.width() * target.height()];
        for (int i = 0; i < target.planes().length; i++) {
            float d = picture.planes()[i] - target.planes()[i];
            errors[i % errors.length] += d * d / Picture.CHANNELS;
        }
        for (int i = 0; i < errors.length; i++) {
            errors[i] = (float) Math.sqrt(errors[i]);
        }
        return errors;
    }

    private float[] perPixel(float[] blocks) {
        int side = ImageScores.LOSS.blockSize();
        int columns = (original.width() + side - 1) / side;
        float[] pixels = new float[original.width() * original.height()];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = blocks[i / original.width() / side * columns + i % original.width() / side];
        }
        return pixels;
    }

    /** How the loss falls when a pixel gets brighter, all three channels by the same amount. */
    private static float[] downhill(Picture gradient) {
        float[] sums = new float[gradient.width() * gradient.height()];
        for (int i = 0; i < gradient.planes().length; i++) {
            sums[i % sums.length] -= gradient.planes()[i];
        }
        return sums;
    }

    /** The size, without sign, that a share of the values does not exceed. */
    private static double quantile(List<float[]> values, double share) {
        double[] sizes = values.stream()
                .flatMapToDouble(some -> IntStream.range(0, some.length).mapToDouble(i -> Math.abs(some[i])))
                .sorted()
                .toArray();
        return sizes[(int) (share * (sizes.length - 1))];
    }

    /** All that was drawn, in the order of drawing. */
    Map<String, byte[]> pngs() {
        return Collections.unmodifiableMap(pngs);
    }
}

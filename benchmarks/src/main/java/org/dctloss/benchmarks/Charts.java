package org.dctloss.benchmarks;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import javax.imageio.ImageIO;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Draws how the time of a pixel depends on pixels, threads, block and stride. Backgrounds are transparent and all colours
 * of middle brightness: for light and dark pages.
 */
final class Charts {
    private static final int WIDTH = 640;
    private static final int HEIGHT = 400;
    private static final Color INK = new Color(0x7A828C);
    private static final Color FAINT = new Color(0x7A, 0x82, 0x8C, 0x50);
    private static final Color NONE = new Color(0, 0, 0, 0);
    private static final Map<String, Color> COLORS = Map.of(
            "native",
            new Color(0x2F81F7),
            "java",
            new Color(0x2DA44E),
            "torch-matmul",
            new Color(0xD4720B),
            Contenders.SUBTRACT,
            INK);

    private final List<Result> results;
    private final Path folder;

    /** @param results of a scaling run */
    Charts(List<Result> results, Path folder) {
        this.results = results;
        this.folder = folder;
    }

    /** Writes pixels.png, threads.png, block.png and stride.png. */
    void draw() throws IOException {
        draw(
                "pixels",
                "pixels",
                true,
                of(Plan::scalesPixels),
                result -> result.computed().images().pixels());
        draw(
                "threads",
                "threads",
                false,
                of(Plan::scalesThreads),
                result -> result.computed().threads());
        draw(
                "block",
                "side of the blocks",
                false,
                ours(Plan::scalesBlock),
                result -> result.computed().block());
        draw(
                "stride",
                "stride of the grids, 8x8 blocks",
                true,
                ours(Plan::scalesStride),
                result -> result.computed().stride());
    }

    private static Predicate<Result> of(Predicate<Case> group) {
        return result -> group.test(result.computed());
    }

    /** Without the subtraction, which knows neither blocks nor strides. */
    private static Predicate<Result> ours(Predicate<Case> group) {
        return of(group).and(result -> !result.contender().equals(Contenders.SUBTRACT));
    }

    private void draw(String name, String across, boolean wide, Predicate<Result> shown, ToLongFunction<Result> place)
            throws IOException {
        Map<String, TreeMap<Double, Double>> lines = new LinkedHashMap<>();
        for (Result result : results) {
            if (shown.test(result)) {
                double nanoseconds =
                        result.p50() * 1e9 / result.computed().images().pixels();
                lines.computeIfAbsent(result.contender(), key -> new TreeMap<>())
                        .putIfAbsent(log2(place.applyAsLong(result)), nanoseconds);
            }
        }
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .xAxisTitle(across)
                .yAxisTitle("nanoseconds per pixel")
                .build();
        style(chart, wide);
        lines.forEach((contender, points) -> {
            Color color = COLORS.getOrDefault(contender, INK);
            XYSeries drawn = chart.addSeries(contender, List.copyOf(points.keySet()), List.copyOf(points.values()));
            drawn.setLineColor(color);
            drawn.setMarkerColor(color);
            drawn.setMarker(SeriesMarkers.CIRCLE);
            drawn.setLineStyle(new BasicStroke(2));
        });
        BufferedImage image = new BufferedImage(2 * WIDTH, 2 * HEIGHT, BufferedImage.TYPE_INT_ARGB);
        Graphics2D graphics = image.createGraphics();
        graphics.scale(2, 2); // for screens of high density
        chart.paint(graphics, WIDTH, HEIGHT);
        graphics.dispose();
        ImageIO.write(image, "png", folder.resolve(name + ".png").toFile());
    }

    private static double log2(long value) {
        return Math.log(value) / Math.log(2);
    }

    /** The horizontal axis is one of logarithms: whole ones are labelled with what they stand for. */
    private static String power(double logarithm) {
        long rounded = Math.round(logarithm);
        if (Math.abs(logarithm - rounded) > 1e-9) {
            return " ";
        }
        return rounded < 10
                ? Long.toString(1L << rounded)
                : rounded < 20 ? (1L << rounded - 10) + " K" : (1L << rounded - 20) + " M";
    }

    private static void style(XYChart chart, boolean wide) {
        chart.getStyler().setYAxisLogarithmic(wide).setXAxisTickMarkSpacingHint(70);
        chart.getStyler().setxAxisTickLabelsFormattingFunction(Charts::power);
        if (!wide) {
            chart.getStyler().setYAxisMin(0.0);
        }
        chart.getStyler()
                .setChartBackgroundColor(NONE)
                .setPlotBackgroundColor(NONE)
                .setLegendBackgroundColor(NONE)
                .setLegendBorderColor(NONE)
                .setPlotBorderColor(FAINT)
                .setChartFontColor(INK)
                .setLegendPosition(LegendPosition.OutsideS);
        chart.getStyler().setLegendLayout(org.knowm.xchart.style.Styler.LegendLayout.Horizontal);
        chart.getStyler().setPlotGridLinesColor(FAINT);
        chart.getStyler().setAxisTickLabelsColor(INK);
        chart.getStyler().setAxisTickMarksColor(INK);
        chart.getStyler().setMarkerSize(7);
    }
}

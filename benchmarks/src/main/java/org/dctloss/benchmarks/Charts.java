package org.dctloss.benchmarks;

import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Draws how time grows. Backgrounds are transparent and all colours of middle brightness: for light and dark pages. */
final class Charts {
    private static final Color INK = new Color(0x7A828C);
    private static final Color FAINT = new Color(0x7A, 0x82, 0x8C, 0x50);
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

    void draw() throws IOException {
        Case frames = Case.of(Operation.BACKWARD, "squared", Plan.FRAMES, 1);
        draw(
                "pixels",
                "pixels",
                "microseconds",
                result -> result.computed().images().n() == 1,
                result -> result.computed().images().pixels());
        draw(
                "threads",
                "threads",
                "microseconds",
                result -> result.computed().images().equals(frames.images()),
                result -> result.computed().threads());
        draw(
                "block",
                "side of the blocks",
                "microseconds",
                result -> blocks(result)
                        && result.computed().block() == result.computed().stride(),
                result -> result.computed().block());
        draw(
                "stride",
                "stride of 8x8 blocks",
                "microseconds",
                result -> blocks(result) && result.computed().block() == 8,
                result -> result.computed().stride());
    }

    private static boolean blocks(Result result) {
        Images images = result.computed().images();
        return images.n() > 1
                && !images.equals(Plan.FRAMES)
                && !result.contender().equals(Contenders.SUBTRACT);
    }

    private interface Filter {
        boolean accepts(Result result);
    }

    private void draw(String name, String across, String up, Filter filter, ToDoubleFunction<Result> place)
            throws IOException {
        Map<String, List<double[]>> series = new LinkedHashMap<>();
        for (Result result : results) {
            if (filter.accepts(result)) {
                series.computeIfAbsent(result.contender(), key -> new ArrayList<>())
                        .add(new double[] {place.applyAsDouble(result), result.p50() * 1e6});
            }
        }
        XYChart chart = new XYChartBuilder()
                .width(640)
                .height(400)
                .xAxisTitle(across)
                .yAxisTitle(up)
                .build();
        style(chart);
        for (Map.Entry<String, List<double[]>> line : series.entrySet()) {
            List<double[]> points = line.getValue();
            points.sort((a, b) -> Double.compare(a[0], b[0]));
            double[] x = points.stream().mapToDouble(point -> point[0]).toArray();
            double[] y = points.stream().mapToDouble(point -> point[1]).toArray();
            Color color = COLORS.getOrDefault(line.getKey(), INK);
            XYSeries drawn = chart.addSeries(line.getKey(), x, y);
            drawn.setLineColor(color);
            drawn.setMarkerColor(color);
            drawn.setMarker(SeriesMarkers.CIRCLE);
            drawn.setLineStyle(new BasicStroke(2));
        }
        VectorGraphicsEncoder.saveVectorGraphic(chart, folder.resolve(name).toString(), VectorGraphicsFormat.SVG);
    }

    private static void style(XYChart chart) {
        Color none = new Color(0, 0, 0, 0);
        chart.getStyler().setXAxisLogarithmic(true).setYAxisLogarithmic(true);
        chart.getStyler()
                .setChartBackgroundColor(none)
                .setPlotBackgroundColor(none)
                .setLegendBackgroundColor(none)
                .setChartFontColor(INK)
                .setLegendPosition(LegendPosition.InsideNW);
        chart.getStyler().setLegendBorderColor(none).setPlotBorderColor(FAINT);
        chart.getStyler().setPlotGridLinesColor(FAINT);
        chart.getStyler().setAxisTickLabelsColor(INK);
        chart.getStyler().setAxisTickMarksColor(INK);
        chart.getStyler().setMarkerSize(7);
    }
}

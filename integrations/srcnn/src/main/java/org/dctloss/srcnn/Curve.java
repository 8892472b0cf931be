package org.dctloss.srcnn;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.stream.DoubleStream;
import org.dctloss.pictures.Picture;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Draws how a training went: its loss, on patches and on the test pictures, and under it the PSNR of the test pictures,
 * both against bicubic enlargement. The background is transparent and all colours are of middle brightness: for light
 * and dark pages.
 */
final class Curve {
    static final int WIDTH = 560;
    static final int HEIGHT = 620;

    /** Single steps are too noisy to be seen: so many means are drawn. */
    private static final int MEANS = 150;

    /** No loss is smaller, but that of identical pictures, which has no logarithm. */
    private static final double LEAST = 1e-12;

    private static final Color INK = new Color(0x7A828C);
    private static final Color FAINT = new Color(0x7A, 0x82, 0x8C, 0x50);
    private static final Color NONE = new Color(0, 0, 0, 0);
    private static final Color TRAINING = new Color(0xD4720B);
    private static final Color TEST = new Color(0x2F81F7);

    private Curve() {}

    /** The picture as a PNG. */
    static byte[] png(Settings settings, Checkpoint state) {
        double[] steps = state.evaluations.stream()
                .mapToDouble(Checkpoint.Evaluation::step)
                .toArray();
        TestSet test = settings.test();
        XYChart loss = chart("loss: " + settings.loss().id());
        double[][] means = means(state);
        draw(loss, "training patches", means[0], logarithms(means[1]), TRAINING);
        double[] tested = state.evaluations.stream()
                .mapToDouble(Checkpoint.Evaluation::loss)
                .toArray();
        draw(loss, "test pictures", steps, logarithms(tested), TEST);
        bicubic(loss, settings.steps(), logarithm(test.loss(settings.loss(), test.bicubic())));
        // The library's own logarithmic axis has labels at powers of ten alone.
        loss.getStyler().setyAxisTickLabelsFormattingFunction(Curve::power);

        XYChart psnr = chart("PSNR of test pictures, dB");
        draw(
                psnr,
                "test pictures",
                steps,
                state.evaluations.stream()
                        .mapToDouble(Checkpoint.Evaluation::psnr)
                        .toArray(),
                TEST);
        bicubic(psnr, settings.steps(), Scores.mean(test.scores()).psnr());

        BufferedImage image = new BufferedImage(2 * WIDTH, 2 * HEIGHT, BufferedImage.TYPE_INT_ARGB);
        Graphics2D graphics = image.createGraphics();
        graphics.scale(2, 2); // for screens of high density
        loss.paint(graphics, WIDTH, HEIGHT / 2);
        graphics.translate(0, HEIGHT / 2);
        psnr.paint(graphics, WIDTH, HEIGHT / 2);
        graphics.dispose();
        return Picture.png(image);
    }

    private static double[] logarithms(double[] values) {
        return DoubleStream.of(values).map(Curve::logarithm).toArray();
    }

    private static double logarithm(double value) {
        return Math.log10(Math.max(value, LEAST));
    }

    private static String power(double logarithm) {
        return new BigDecimal(Math.pow(10, logarithm)).round(new MathContext(2)).toPlainString();
    }

    /** Steps, and the mean loss of the steps up to there. */
    private static double[][] means(Checkpoint state) {
        int count = Math.min(MEANS, state.step);
        double[][] means = new double[2][count];
        for (int i = 0; i < count; i++) {
            int from = (int) ((long) state.step * i / count);
            int to = (int) ((long) state.step * (i + 1) / count);
            double sum = 0;
            for (int step = from; step < to; step++) {
                sum += state.losses[step];
            }
            means[0][i] = to;
            means[1][i] = sum / (to - from);
        }
        return means;
    }

    private static void draw(XYChart chart, String name, double[] steps, double[] values, Color color) {
        XYSeries series = chart.addSeries(name, steps, values);
        series.setLineColor(color);
        series.setMarker(SeriesMarkers.NONE);
        series.setLineStyle(new BasicStroke(2));
    }

    private static void bicubic(XYChart chart, int steps, double value) {
        XYSeries series = chart.addSeries("bicubic, test pictures", List.of(0, steps), List.of(value, value));
        series.setLineColor(INK);
        series.setMarker(SeriesMarkers.NONE);
        series.setLineStyle(new BasicStroke(2, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 1, new float[] {6, 5}, 0));
    }

    private static XYChart chart(String title) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT / 2)
                .xAxisTitle("steps")
                .yAxisTitle(title)
                .build();
        chart.getStyler()
                .setChartBackgroundColor(NONE)
                .setPlotBackgroundColor(NONE)
                .setLegendBackgroundColor(NONE)
                .setLegendBorderColor(NONE)
                .setPlotBorderColor(FAINT)
                .setChartFontColor(INK)
                .setLegendPosition(LegendPosition.OutsideS);
        chart.getStyler().setLegendLayout(LegendLayout.Horizontal);
        chart.getStyler().setPlotGridLinesColor(FAINT);
        chart.getStyler().setAxisTickLabelsColor(INK);
        chart.getStyler().setAxisTickMarksColor(INK);
        return chart;
    }
}

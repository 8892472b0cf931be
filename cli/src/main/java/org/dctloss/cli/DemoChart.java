package org.dctloss.cli;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.dctloss.pictures.Picture;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * The charts of the page, on transparent ground, once in ink for light pages and once for dark ones; what the colours
 * mean is the page's to tell. Narrow: a telephone shows them in full size, a desktop three in a row.
 *
 * @param light PNG with {@link #SCALE} pixels for each of the page's
 * @param dark the same for a dark page
 */
record DemoChart(byte[] light, byte[] dark, int width, int height) {
    private static final int SCALE = 2;
    private static final int WIDTH = 380;
    private static final int WIDE = 460;
    private static final int HEIGHT = 240;

    /** Per cent; smaller shares are drawn here. */
    private static final double LEAST = 1e-10;

    private static final Font FONT = new Font(Font.SANS_SERIF, Font.PLAIN, 12);
    private static final Color NONE = new Color(0, 0, 0, 0);

    /** One line, or one set of bars. */
    record Series(String name, Paint paint, double[] values) {}

    /** Colours of one meaning on both grounds. */
    enum Paint {
        GREY(0x6b7480, 0xa4adb8),
        BLUE(0x1f6fd6, 0x64aaff),
        ORANGE(0xc25a00, 0xff9f45),
        GREEN(0x0b5f46, 0x3fbf8f),
        VIOLET(0x7a4fd0, 0xb79bff),
        PINK(0xe0569b, 0xff9fcb);

        private final Color light;
        private final Color dark;

        Paint(int light, int dark) {
            this.light = new Color(light);
            this.dark = new Color(dark);
        }

        private Color on(Ground ground) {
            return ground == Ground.LIGHT ? light : dark;
        }

        static Paint of(DemoLoss loss) {
            return switch (loss) {
                case MSE -> GREY;
                case SSIM -> BLUE;
                case DCT -> ORANGE;
            };
        }
    }

    private enum Ground {
        LIGHT(0x2a3038, 0x28000000),
        DARK(0xd4dae1, 0x30ffffff);

        private final Color ink;
        private final Color faint;

        Ground(int ink, int faint) {
            this.ink = new Color(ink);
            this.faint = new Color(faint, true);
        }
    }

    /** Whether this machine has a font: without one there are no charts. */
    static boolean canDraw() {
        try {
            BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_INT_ARGB);
            Graphics2D graphics = image.createGraphics();
            int width = graphics.getFontMetrics(FONT).stringWidth("100%");
            graphics.dispose();
            return width > 0;
        } catch (Error | RuntimeException none) { // JVMs tell of it by Error itself, and by others
            return false;
        }
    }

    /** Sets of bars side by side, from 0 to 100 per cent. */
    static DemoChart bars(List<String> groups, List<Series> sets) {
        return new DemoChart(bars(groups, sets, Ground.LIGHT), bars(groups, sets, Ground.DARK), WIDE, HEIGHT);
    }

    /** Lines over steps, in per cent, up to 100; from 0, or on an axis of logarithms. */
    static DemoChart lines(double[] steps, List<Series> lines, boolean logarithmic) {
        return new DemoChart(
                lines(steps, lines, logarithmic, Ground.LIGHT),
                lines(steps, lines, logarithmic, Ground.DARK),
                WIDTH,
                HEIGHT);
    }

    private static byte[] bars(List<String> groups, List<Series> sets, Ground ground) {
        CategoryChart chart =
                new CategoryChartBuilder().width(WIDE).height(HEIGHT).build();
        style(chart.getStyler(), ground);
        chart.getStyler().setYAxisMin(0.0).setYAxisMax(100.0);
        chart.getStyler().setAvailableSpaceFill(0.72).setOverlapped(false);
        for (Series set : sets) {
            chart.addSeries(set.name, groups, boxed(set.values)).setFillColor(set.paint.on(ground));
        }
        return png(chart, WIDE);
    }

    private static byte[] lines(double[] steps, List<Series> lines, boolean logarithmic, Ground ground) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .xAxisTitle("steps")
                .build();
        style(chart.getStyler(), ground);
        double apart = labelsApart(steps[steps.length - 1]);
        chart.getStyler()
                .setxAxisTickLabelsFormattingFunction(
                        step -> step % apart == 0 ? String.format(Locale.ROOT, "%.0f", step) : " ");
        if (logarithmic) { // the library's own has no labels where less than a power of ten is seen
            double least = lines.stream()
                    .flatMapToDouble(line -> Arrays.stream(line.values))
                    .map(DemoChart::logarithm)
                    .min()
                    .orElseThrow();
            chart.getStyler().setYAxisMin(Math.floor(least)).setYAxisMax(2.0);
            chart.getStyler().setyAxisTickLabelsFormattingFunction(DemoChart::power);
        } else {
            chart.getStyler().setYAxisMin(0.0).setYAxisMax(100.0);
        }
        for (int i = 0; i < lines.size(); i++) {
            Series line = lines.get(i);
            double[] values = logarithmic
                    ? Arrays.stream(line.values).map(DemoChart::logarithm).toArray()
                    : line.values;
            XYSeries drawn = chart.addSeries(line.name, steps, values);
            drawn.setLineColor(line.paint.on(ground));
            drawn.setMarker(SeriesMarkers.NONE);
            // Lines that lie upon each other are all seen: the first ones are broader.
            drawn.setLineStyle(new BasicStroke(2 + 1.5f * (lines.size() - 1 - i)));
        }
        return png(chart, WIDTH);
    }

    /** The library has as many labels as find room: here it is four at most, at 1, 2 or 5 times a power of ten. */
    private static double labelsApart(double steps) {
        double power = Math.pow(10, Math.floor(Math.log10(steps / 4)));
        double times = steps / 4 / power;
        return power * (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10);
    }

    private static List<Double> boxed(double[] values) {
        return Arrays.stream(values).boxed().toList();
    }

    private static void style(AxesChartStyler styler, Ground ground) {
        styler.setChartBackgroundColor(NONE)
                .setPlotBackgroundColor(NONE)
                .setPlotBorderVisible(false)
                .setChartFontColor(ground.ink)
                .setChartPadding(2)
                .setLegendVisible(false);
        styler.setPlotGridLinesColor(ground.faint).setPlotGridVerticalLinesVisible(false);
        styler.setAxisTickLabelsColor(ground.ink).setAxisTickLabelsFont(FONT);
        styler.setAxisTickMarksColor(ground.faint).setAxisTitleFont(FONT);
        styler.setyAxisTickLabelsFormattingFunction(DemoChart::perCent);
    }

    private static String perCent(double value) {
        return String.format(Locale.ROOT, "%.0f%%", value);
    }

    private static double logarithm(double value) {
        return Math.log10(Math.max(value, LEAST));
    }

    private static String power(double logarithm) {
        long rounded = Math.round(logarithm);
        return Math.abs(logarithm - rounded) > 1e-9
                ? " "
                : BigDecimal.ONE.scaleByPowerOfTen((int) rounded).toPlainString() + "%";
    }

    private static byte[] png(Chart<?, ?> chart, int width) {
        BufferedImage image = new BufferedImage(SCALE * width, SCALE * HEIGHT, BufferedImage.TYPE_INT_ARGB);
        Graphics2D graphics = image.createGraphics();
        graphics.scale(SCALE, SCALE);
        chart.paint(graphics, width, HEIGHT);
        graphics.dispose();
        return Picture.png(image);
    }
}

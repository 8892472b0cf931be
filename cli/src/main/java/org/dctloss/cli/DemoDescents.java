package org.dctloss.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** The descents on the page: strips of frames, curves and a table. */
final class DemoDescents {
    private static final DemoChart.Paint[] BANDS = {DemoChart.Paint.GREEN, DemoChart.Paint.VIOLET, DemoChart.Paint.PINK
    };

    private static final String FRAME = "0 0 " + DemoResults.PART_WIDTH + " " + DemoResults.PART_HEIGHT;

    private final DemoResults results;
    private final List<Descent> descents;

    DemoDescents(DemoResults results) {
        this.results = results;
        descents = results.descents();
    }

    void addTo(Map<String, String> parts) {
        ImageScores start = descents.get(0).first().scores();
        parts.put("part", DemoResults.PART_WIDTH + "×" + DemoResults.PART_HEIGHT);
        parts.put("steps", Integer.toString(results.steps()));
        parts.put("tenth", Integer.toString(results.steps() / 10));
        parts.put("start-mse", DemoHtml.digits(start.mse(), 3));
        parts.put("start-ssim", DemoHtml.digits(1 - start.ssim(), 3));
        parts.put("start-dct", DemoHtml.digits(start.dctLoss(), 3));
        StringBuilder strips = new StringBuilder();
        StringBuilder bands = new StringBuilder();
        StringBuilder rows = new StringBuilder();
        List<String> orders = new ArrayList<>();
        for (Descent descent : descents) {
            strips.append(strip(descent));
            bands.append(chart("descending " + descent.loss().title, () -> bandsChart(descent), bandsInWords(descent)));
            rows.append(row(descent));
            orders.add(descent.loss().title + " " + bandsLeft(descent));
        }
        StringBuilder measures = new StringBuilder();
        for (DemoLoss measure : DemoLoss.values()) {
            measures.append(chart(measure.title, () -> measuresChart(measure), measureInWords(measure)));
        }
        parts.put(
                "least",
                Arrays.stream(DemoLoss.values())
                        .map(measure -> "of " + measure.title + " by descending "
                                + least(measure).loss().title)
                        .collect(Collectors.joining(", ")));
        parts.put("strips", strips.toString());
        Map<String, String> bandNames = new LinkedHashMap<>();
        for (ErrorSpectrum.Band band : ErrorSpectrum.Band.values()) {
            bandNames.put(band.id, band.id + " frequencies, " + band.from + "–" + band.to);
        }
        Map<String, String> lossNames = new LinkedHashMap<>();
        for (DemoLoss loss : DemoLoss.values()) {
            lossNames.put(loss.id, "descending " + loss.title);
        }
        parts.put("legend-bands", DemoHtml.legend(bandNames));
        parts.put("legend-descents", DemoHtml.legend(lossNames));
        parts.put("chart-bands", bands.toString());
        parts.put("chart-measures", measures.toString());
        parts.put("descents", rows.toString());
        parts.put(
                "order",
                "MSE shrinks the whole error by one factor, 1 − 2η/N for N numbers, at every step, so its bands lie on one line. "
                        + "The pull of the DCT loss on a frequency grows with W². Left of the error in low, middle and high "
                        + "frequencies after " + results.steps() + " steps: " + String.join("; ", orders) + ".");
    }

    private static String strip(Descent descent) {
        StringBuilder html = new StringBuilder();
        html.append("<div class=\"strip\"><h3><span class=\"dot ")
                .append(descent.loss().id)
                .append("\"></span>descending ")
                .append(descent.loss().title)
                .append("</h3><div class=\"frames\" tabindex=\"0\" role=\"region\" aria-label=\"frames of descending ")
                .append(descent.loss().title)
                .append("\">\n");
        for (Descent.Frame frame : descent.frames()) {
            String name = DemoPictures.frame(descent.loss(), frame.step());
            String what = "after " + frame.step() + " steps of descending " + descent.loss().title;
            html.append("<figure><div class=\"seen\">")
                    .append(DemoHtml.svg("picture", name, FRAME, "the picture " + what, ""))
                    .append("</div><div class=\"error\">")
                    .append(DemoHtml.svg("picture", DemoPictures.error(name), FRAME, "the error " + what, ""))
                    .append("</div><figcaption>step ")
                    .append(frame.step())
                    .append("</figcaption></figure>\n");
        }
        return html.append("</div></div>\n").toString();
    }

    private static String chart(String title, Supplier<DemoChart> chart, String words) {
        return "<figure class=\"chart\"><b>" + title + "</b>" + DemoPage.chart(chart, words) + "</figure>\n";
    }

    private static double[] steps(Descent descent) {
        return descent.points().stream().mapToDouble(Descent.Point::step).toArray();
    }

    private static double left(Descent.Point point, Descent descent, ErrorSpectrum.Band band) {
        return 100 * point.spectrum().rms(band) / descent.first().spectrum().rms(band);
    }

    private static double left(Descent.Point point, Descent descent, DemoLoss measure) {
        return 100 * measure.of(point.scores()) / measure.of(descent.first().scores());
    }

    private static DemoChart bandsChart(Descent descent) {
        List<DemoChart.Series> lines = new ArrayList<>();
        for (ErrorSpectrum.Band band : ErrorSpectrum.Band.values()) {
            double[] left = descent.points().stream()
                    .mapToDouble(point -> left(point, descent, band))
                    .toArray();
            lines.add(new DemoChart.Series(band.id, BANDS[band.ordinal()], left));
        }
        return DemoChart.lines(steps(descent), lines, false);
    }

    private DemoChart measuresChart(DemoLoss measure) {
        List<DemoChart.Series> lines = new ArrayList<>();
        for (Descent descent : descents) {
            double[] left = descent.points().stream()
                    .mapToDouble(point -> left(point, descent, measure))
                    .toArray();
            lines.add(new DemoChart.Series("by " + descent.loss().title, DemoChart.Paint.of(descent.loss()), left));
        }
        return DemoChart.lines(steps(descents.get(0)), lines, true);
    }

    private static String bandsLeft(Descent descent) {
        List<String> shares = new ArrayList<>();
        for (ErrorSpectrum.Band band : ErrorSpectrum.Band.values()) {
            shares.add(DemoHtml.perCent(left(descent.last(), descent, band)));
        }
        return String.join(", ", shares);
    }

    private static String bandsInWords(Descent descent) {
        return "Lines over steps of descending " + descent.loss().title
                + ": the error that is left in low, middle and high frequencies, at the end " + bandsLeft(descent)
                + ".";
    }

    private String measureInWords(DemoLoss measure) {
        List<String> ends = new ArrayList<>();
        for (Descent descent : descents) {
            ends.add(DemoHtml.perCent(left(descent.last(), descent, measure)) + " by descending "
                    + descent.loss().title);
        }
        return "Lines over steps: what is left of " + measure.title + ", at the end " + String.join(", ", ends) + ".";
    }

    private Descent least(DemoLoss measure) {
        return descents.stream()
                .min(Comparator.comparingDouble(
                        descent -> measure.of(descent.last().scores())))
                .orElseThrow();
    }

    private static String row(Descent descent) {
        StringBuilder row = new StringBuilder("<tr><th scope=\"row\">" + descent.loss().title + "</th><td>"
                + DemoHtml.digits(descent.stepSize(), 3) + "</td>");
        for (DemoLoss measure : DemoLoss.values()) {
            row.append("<td>")
                    .append(DemoHtml.perCent(left(descent.last(), descent, measure)))
                    .append("</td>");
        }
        for (ErrorSpectrum.Band band : ErrorSpectrum.Band.values()) {
            row.append("<td>")
                    .append(DemoHtml.perCent(left(descent.last(), descent, band)))
                    .append("</td>");
        }
        return row.append("</tr>\n").toString();
    }
}

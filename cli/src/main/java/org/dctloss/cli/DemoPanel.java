package org.dctloss.cli;

import java.util.Arrays;
import java.util.Locale;
import org.dctloss.cli.DemoResults.Judged;

/** One copy on the page: its error as pixels, blocks and frequencies, and where each loss would step. */
final class DemoPanel {
    /** The detail at first: letters and spokes. The script reads these numbers from the markup. */
    private static final int X = 272;

    private static final int Y = 40;
    private static final int WIDTH = 96;
    private static final int HEIGHT = 32;

    /** How much larger than the detail's frame the place is where a finger takes it. */
    private static final int MARGIN = 14;

    private static final String WHOLE = "0 0 " + SamplePicture.WIDTH + " " + SamplePicture.HEIGHT;
    private static final String FRAME = String.format(
            "<rect class=\"lens\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"2\"/>"
                    + "<rect class=\"grip\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>",
            X, Y, WIDTH, HEIGHT, X - MARGIN, Y - MARGIN, WIDTH + 2 * MARGIN, HEIGHT + 2 * MARGIN);

    private final Judged judged;
    private final String name;
    private final StringBuilder html = new StringBuilder();

    DemoPanel(Judged judged) {
        this.judged = judged;
        name = judged.variant().name();
    }

    String html() {
        ImageScores s = judged.scores();
        html.append(String.format(
                Locale.ROOT,
                "<div class=\"panel %s\"><p class=\"how\">%s. MSE %s, SSIM %s, DCT loss %s.</p>%n",
                name,
                DemoHtml.escape(judged.variant().how()),
                DemoHtml.digits(s.mse(), 3),
                s.ssimText(),
                DemoHtml.digits(s.dctLoss(), 3)));
        addPictures();
        addFrequencies();
        addGradients();
        return html.append("</div>\n").toString();
    }

    private void addPictures() {
        html.append("<h3>The error, as pixels and as blocks</h3>\n<div class=\"pictures four\">\n");
        figure(" first", name, "the copy: " + name, "The copy", "");
        figure("", DemoPictures.ORIGINAL, "the original", "The original", "");
        figure(
                "",
                DemoPictures.error(name),
                "the error of each pixel of the copy " + name,
                "Error of each pixel",
                "<span class=\"key amount\"></span>0 to 48 of 255 levels and more: root of the mean square over R, G, B");
        figure(
                "",
                DemoPictures.heatMap(name),
                "the DCT loss of each block of the copy " + name,
                "DCT loss of each 8×8 block",
                "<span class=\"key amount\"></span>0 to what 98% of the blocks of all five copies do not exceed");
        html.append("</div>\n");
    }

    private void addGradients() {
        html.append("<h3>Where each loss would step</h3>\n<p><span class=\"key signed\"></span> Minus the gradient: ")
                .append("blue where a loss would darken the picture, orange where it would brighten it.</p>\n")
                .append("<div class=\"pictures three\">\n");
        for (DemoLoss loss : DemoLoss.values()) {
            figure(
                    "",
                    DemoPictures.gradient(name, loss),
                    "minus the gradient of " + loss.title + " at the copy " + name,
                    loss.title,
                    "");
        }
        html.append(
                "</div>\n<p class=\"note\">The sum of the gradient over R, G and B: how the loss changes when all three change by "
                        + "the same. Each picture is scaled by itself, so that 99.5% of its pixels are within the scale.</p>\n");
    }

    private void figure(String first, String picture, String alternative, String title, String caption) {
        html.append("<figure><div class=\"view")
                .append(first)
                .append("\">")
                .append(DemoHtml.svg("picture", picture, WHOLE, alternative, FRAME))
                .append(DemoHtml.svg(
                        "detail", picture, X + " " + Y + " " + WIDTH + " " + HEIGHT, "a detail of " + alternative, ""))
                .append("</div><figcaption><b>")
                .append(title)
                .append("</b>")
                .append(caption)
                .append("</figcaption></figure>\n");
    }

    private void addFrequencies() {
        ErrorSpectrum spectrum = judged.spectrum();
        double[] weights = ErrorSpectrum.weights();
        double[] q = ErrorSpectrum.quantisation();
        html.append("<h3>The error, as frequencies</h3>\n<p>")
                .append(shares(spectrum))
                .append("</p>\n<div class=\"equation\">\n");
        grid("Error, in levels of 255", levels(spectrum.rms()), (i, value) -> number(value) + " levels");
        html.append("<div class=\"operator\" role=\"img\" aria-label=\"times\">×</div>\n");
        grid("Weight W", weights, (i, value) -> String.format(Locale.ROOT, "W %.3f, JPEG's Q %.0f", value, q[i]));
        html.append("<div class=\"operator\" role=\"img\" aria-label=\"equals\">=</div>\n");
        grid("What the loss sees", levels(spectrum.weighted()), (i, value) -> number(value) + " levels");
        html.append(
                "</div>\n<p class=\"note\">Luminance (BT.601 Y): for each of the 64 frequencies of an 8×8 block, the root of the mean "
                        + "square of the error’s coefficient over all blocks (orthonormal DCT), before and after the weight. W is 1/Q of JPEG’s "
                        + "luminance table, quality 50, scaled so that the mean of W² over the three tables is 1. The mean of the squares on the "
                        + "right, in [0,1], over 3 is what the luminance adds to the DCT loss. Each grid has its own largest number in the last "
                        + "colour.</p>\n");
    }

    /** How the squares of the error lie over the bands, before and after the weights. */
    private static String shares(ErrorSpectrum spectrum) {
        return "Of the luminance’s squared error, " + shares(spectrum.rms()) + ". After the weights: "
                + shares(spectrum.weighted()) + ".";
    }

    private static String shares(double[] roots) {
        double[] sums = new double[ErrorSpectrum.Band.values().length];
        for (ErrorSpectrum.Band band : ErrorSpectrum.Band.values()) {
            sums[band.ordinal()] = ErrorSpectrum.sum(roots, band);
        }
        double all = Arrays.stream(sums).sum();
        return String.format(
                "%s is in low frequencies (0–2), %s in middle (3–4), %s in high ones (5–7)",
                DemoHtml.perCent(100 * sums[0] / all),
                DemoHtml.perCent(100 * sums[1] / all),
                DemoHtml.perCent(100 * sums[2] / all));
    }

    private static double[] levels(double[] roots) {
        return Arrays.stream(roots).map(root -> 255 * root).toArray();
    }

    /** What is told of a cell when it is pointed at. */
    private interface CellText {
        String of(int index, double value);
    }

    private void grid(String title, double[] values, CellText text) {
        int side = ErrorSpectrum.SIDE;
        double largest = Arrays.stream(values).max().orElseThrow();
        html.append("<div class=\"frequencies\"><table class=\"grid\"><caption>")
                .append(title)
                .append(
                        "</caption>\n<thead><tr><th class=\"axis\"></th><th class=\"number\"></th><th colspan=\"8\">horizontal frequency →</th></tr>")
                .append("<tr><th></th><th></th>");
        for (int v = 0; v < side; v++) {
            html.append("<th scope=\"col\">").append(v).append("</th>");
        }
        html.append("</tr></thead>\n<tbody>");
        for (int u = 0; u < side; u++) {
            html.append("<tr>");
            if (u == 0) {
                html.append("<th rowspan=\"8\" class=\"axis\"><div class=\"down\">← vertical frequency</div></th>");
            }
            html.append("<th scope=\"row\">").append(u).append("</th>");
            for (int v = 0; v < side; v++) {
                double value = values[u * side + v];
                double share = largest > 0 ? value / largest : 0;
                html.append(String.format(
                        Locale.ROOT,
                        "<td class=\"%s\" style=\"background:%s\" title=\"vertical %d, horizontal %d: %s\">%s</td>",
                        ColorScale.AMOUNT.isLight(share) ? "light" : "dark",
                        ColorScale.AMOUNT.css(share),
                        u,
                        v,
                        DemoHtml.escape(text.of(u * side + v, value)),
                        number(value)));
            }
            html.append("</tr>\n");
        }
        html.append("</tbody></table></div>\n");
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value >= 9.95 ? "%.0f" : value >= 0.995 ? "%.1f" : "%.2f", value);
    }
}

package org.dctloss.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.dctloss.cli.DemoResults.Judged;

/**
 * The page of the demonstration: one HTML file that holds its pictures, style and script, and needs nothing else. Each
 * picture is in it once, and shown by reference wherever it is seen, whole or in part.
 */
final class DemoPage {
    private static final Pattern PLACE = Pattern.compile("\\{\\{([a-z-]+)}}");

    /** What the opening shows of each picture: the sign. */
    private static final int CARD_WIDTH = 192;

    private static final int CARD_HEIGHT = 128;
    private static final String CARD = "184 8 " + CARD_WIDTH + " " + CARD_HEIGHT;

    private final DemoResults results;

    DemoPage(DemoResults results) {
        this.results = results;
    }

    /** The finished page. */
    byte[] html() {
        Map<String, String> parts = new LinkedHashMap<>();
        parts.put("style", resource("demo.css"));
        parts.put("script", resource("demo.js"));
        parts.put("scale-amount", ColorScale.AMOUNT.cssGradient());
        parts.put("scale-signed", ColorScale.SIGNED.cssGradient());
        parts.put("pictures", pictures());
        addScores(parts);
        parts.put("tabs", tabs());
        parts.put(
                "panels",
                results.judged().stream()
                        .map(judged -> new DemoPanel(judged).html())
                        .collect(Collectors.joining()));
        new DemoDescents(results).addTo(parts);
        addBackends(parts);
        return fill(resource("demo.html"), parts).getBytes(StandardCharsets.UTF_8);
    }

    // One pass over the template: what is put in is not searched.
    private static String fill(String template, Map<String, String> parts) {
        return PLACE.matcher(template).replaceAll(place -> {
            String part = parts.get(place.group(1));
            if (part == null) {
                throw new IllegalStateException("the page's template: got the unknown place " + place.group());
            }
            return Matcher.quoteReplacement(part);
        });
    }

    private static String resource(String name) {
        try (InputStream stream = DemoPage.class.getResourceAsStream(name)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException broken) {
            throw new UncheckedIOException("a part of the page could not be read: " + name, broken);
        }
    }

    private String pictures() {
        StringBuilder html = new StringBuilder();
        results.pictures()
                .pngs()
                .forEach((name, png) -> html.append("<image id=\"")
                        .append(DemoHtml.id(name))
                        .append("\" href=\"")
                        .append(data(png))
                        .append("\"/>\n"));
        return html.toString();
    }

    private static String data(byte[] png) {
        return "data:image/png;base64," + Base64.getEncoder().encodeToString(png);
    }

    /** A chart, or, where charts cannot be drawn, what is in it. */
    static String chart(Supplier<DemoChart> drawing, String alternative) {
        if (!DemoChart.canDraw()) {
            return "<p>" + DemoHtml.escape(alternative) + "</p>";
        }
        DemoChart chart = drawing.get();
        return String.format(
                Locale.ROOT,
                "<picture><source media=\"(prefers-color-scheme: dark)\" srcset=\"%s\">"
                        + "<img alt=\"%s\" width=\"%d\" height=\"%d\" src=\"%s\"></picture>",
                data(chart.dark()),
                DemoHtml.escape(alternative),
                chart.width(),
                chart.height(),
                data(chart.light()));
    }

    private void addScores(Map<String, String> parts) {
        List<Judged> judged = results.judged();
        double dctLargest = largest(DemoLoss.DCT);
        double dctSmallest =
                judged.stream().mapToDouble(one -> one.scores().dctLoss()).min().orElseThrow();
        parts.put("mse", DemoHtml.digits(judged.get(0).scores().mse(), 3));
        parts.put("psnr", judged.get(0).scores().psnrText());
        parts.put("dct-factor", DemoHtml.digits(dctLargest / dctSmallest, 2));
        parts.put("detail-size", CARD_WIDTH + "×" + CARD_HEIGHT);

        StringBuilder cards = new StringBuilder(card(DemoPictures.ORIGINAL, "original", "", "the original"));
        StringBuilder rows = new StringBuilder();
        for (Judged one : judged) {
            ImageScores s = one.scores();
            String name = one.variant().name();
            cards.append(card(
                    name,
                    name,
                    "<div><dt>MSE</dt><dd>" + DemoHtml.digits(s.mse(), 3) + "</dd></div><div><dt>SSIM</dt><dd>"
                            + DemoHtml.digits(s.ssim(), 3) + "</dd></div><div class=\"main\"><dt>DCT loss</dt><dd>"
                            + String.format(Locale.ROOT, "%.5f", s.dctLoss()) + "</dd></div>",
                    one.variant().how()));
            rows.append(String.format(
                    Locale.ROOT,
                    "<tr><th scope=\"row\">%s</th><td>%.6f</td><td>%s</td><td>%s</td><td>%.6f</td></tr>%n",
                    name,
                    s.mse(),
                    s.psnrText(),
                    s.ssimText(),
                    s.dctLoss()));
        }
        parts.put("cards", cards.toString());
        parts.put("scores", rows.toString());
        Map<String, String> names = new LinkedHashMap<>();
        for (DemoLoss loss : DemoLoss.values()) {
            names.put(loss.id, loss.title);
        }
        parts.put("legend-losses", DemoHtml.legend(names));
        parts.put("chart-scores", chart(this::scoresChart, scoresInWords()));
        parts.put(
                "ranking",
                "SSIM puts the copies in this order, the best first: " + order(DemoLoss.SSIM) + ". The DCT loss: "
                        + order(DemoLoss.DCT) + ".");
    }

    /** A copy gives way to the original while it is pointed at: eyes see best what moves. */
    private static String card(String picture, String name, String numbers, String alternative) {
        boolean copy = !numbers.isEmpty();
        String flip = copy ? "<use class=\"flip\" href=\"#" + DemoHtml.id(DemoPictures.ORIGINAL) + "\"/>" : "";
        return "<figure class=\"card\"" + (copy ? " tabindex=\"0\"" : "") + ">"
                + DemoHtml.svg("picture", picture, CARD, "a detail: " + alternative, flip)
                + "<figcaption><b>" + name + "</b><dl>"
                + (copy ? numbers : "<div><dt>all errors are 0</dt></div>")
                + "</dl></figcaption></figure>\n";
    }

    private double largest(DemoLoss loss) {
        return results.judged().stream()
                .mapToDouble(one -> loss.of(one.scores()))
                .max()
                .orElseThrow();
    }

    private double share(DemoLoss loss, Judged judged) {
        return 100 * loss.of(judged.scores()) / largest(loss);
    }

    private DemoChart scoresChart() {
        List<DemoChart.Series> sets = new ArrayList<>();
        for (DemoLoss loss : DemoLoss.values()) {
            double[] shares = results.judged().stream()
                    .mapToDouble(one -> share(loss, one))
                    .toArray();
            sets.add(new DemoChart.Series(loss.title, DemoChart.Paint.of(loss), shares));
        }
        return DemoChart.bars(
                results.judged().stream().map(one -> one.variant().name()).toList(), sets);
    }

    private String scoresInWords() {
        StringBuilder words = new StringBuilder("Bars, in per cent of the largest.");
        for (DemoLoss loss : DemoLoss.values()) {
            words.append(' ').append(loss.title).append(':');
            for (Judged one : results.judged()) {
                words.append(
                        String.format(Locale.ROOT, " %s %.0f,", one.variant().name(), share(loss, one)));
            }
            words.setCharAt(words.length() - 1, '.');
        }
        return words.toString();
    }

    private String order(DemoLoss loss) {
        return results.judged().stream()
                .sorted(Comparator.comparingDouble(one -> loss.of(one.scores())))
                .map(one -> one.variant().name())
                .collect(Collectors.joining(", "));
    }

    /** The rule that shows the chosen copy comes with the buttons: it works without a script. */
    private String tabs() {
        StringBuilder html = new StringBuilder("<style>");
        for (Judged one : results.judged()) {
            String name = one.variant().name();
            html.append(String.format(".closer:has(#choose-%s:checked) .panel.%s{display:block}", name, name));
        }
        html.append("</style>\n");
        for (Judged one : results.judged()) {
            String name = one.variant().name();
            html.append(String.format(
                    "<label><input type=\"radio\" name=\"copy\" id=\"choose-%s\" value=\"%s\"%s><span>%s</span></label>%n",
                    name, name, name.equals(DemoResults.START) ? " checked" : "", name));
        }
        return html.toString();
    }

    private void addBackends(Map<String, String> parts) {
        BackendFindings found = results.backends();
        StringBuilder html = new StringBuilder();
        for (BackendFindings.Finding one : found.findings()) {
            html.append("<div class=\"backend\"><h3>")
                    .append(DemoHtml.escape(one.name()))
                    .append("</h3><p class=\"note\">")
                    .append(DemoHtml.escape(one.text()))
                    .append("</p>");
            if (one.ran()) {
                html.append("<dl>");
                if (one.isReference()) {
                    html.append(fact("agreement", "the reference"));
                } else {
                    html.append(fact("loss differs by", String.format(Locale.ROOT, "%.1e", one.lossDifference())));
                    html.append(
                            fact("gradient differs by", String.format(Locale.ROOT, "%.1e", one.gradientDifference())));
                }
                if (one.isTimed()) {
                    html.append(fact("speed", String.format(Locale.ROOT, "%.0f Mpx/s", one.megapixelsPerSecond())));
                    html.append(fact("time", String.format(Locale.ROOT, "%.0f ns/block", one.nanosecondsPerBlock())));
                    html.append(fact("middle half of the rounds", one.spreadText()));
                    html.append(fact("ratio to subtract", String.format(Locale.ROOT, "%.2f", one.ratioToSubtract())));
                } else {
                    html.append(fact("speed", "not measured: images would be copied"));
                }
                html.append("</dl>");
            }
            html.append("</div>\n");
        }
        parts.put("backends", html.toString());
        parts.put("rounds", Integer.toString(found.rounds()));
        parts.put("seconds", DemoHtml.plain(found.seconds()));
        parts.put("subtract", DemoHtml.digits(1e3 * found.subtractSeconds(), 3));
        parts.put("processor", DemoHtml.escape(Machine.processor()));
        parts.put("system", DemoHtml.escape(Machine.system()));
        parts.put("jvm", DemoHtml.escape(Machine.jvm()));
        parts.put("version", DemoHtml.escape(new Main.Version().getVersion()[0]));
        String date = results.finished().toString();
        parts.put("date", date);
        parts.put("date-text", date.replace('T', ' ').replace("Z", " UTC"));
    }

    private static String fact(String name, String value) {
        return "<dt>" + name + "</dt><dd>" + value + "</dd>";
    }
}

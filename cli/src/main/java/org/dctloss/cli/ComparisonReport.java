package org.dctloss.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A comparison as one HTML page that needs nothing else. It is the same for the same pictures: it holds no date, no
 * time and nothing of the machine.
 */
final class ComparisonReport {
    private static final String TEMPLATE = "compare.html";
    private static final Pattern PLACE = Pattern.compile("\\{\\{(\\w+)}}");
    private static final int BINS = 24;

    /** Beyond this ratio of largest to smallest, a spread is shown over the logarithm. */
    private static final double LOGARITHMIC = 30;

    private final ComparisonTable table;
    private final WorstPictures worst;
    private final Measure first;
    private final Double full;
    private final List<Group> groups = new ArrayList<>();

    private record Group(String name, List<ImageScores> scores, ImageScores mean) {}

    /**
     * A page about a table.
     *
     * @param sort the measure whose worst pictures are shown first; null for the DCT loss
     * @param full the end of the scale of the heat maps; null where each has its own
     */
    ComparisonReport(ComparisonTable table, WorstPictures worst, Measure sort, Double full) {
        this.table = table;
        this.worst = worst;
        this.full = full;
        first = sort == null ? Measure.DCT_LOSS : sort == Measure.PSNR ? Measure.MSE : sort;
        for (ComparisonTable.Mean mean : table.means()) {
            groups.add(new Group(mean.path().toString(), table.scores(mean.folder()), mean.scores()));
        }
        List<ImageScores> single = table.scores(-1);
        if (!single.isEmpty()) {
            groups.add(
                    new Group(groups.isEmpty() ? "all" : "named by themselves", single, ComparisonTable.mean(single)));
        }
    }

    /** The finished page in UTF-8. */
    byte[] html() {
        Map<String, String> parts = new LinkedHashMap<>();
        parts.put("title", title());
        parts.put("lede", lede());
        parts.put("warning", warning());
        parts.put("of", table.means().isEmpty() ? "" : "folder");
        parts.put("means", means());
        parts.put("meansTitle", table.order().size() == 1 ? "Scores" : "Means");
        parts.put(
                "meansNote",
                table.meansAreOverTheSame()
                        ? ""
                        : "<p class=\"faint\">These means are not over the same images.</p>\n");
        parts.put("spread", table.order().size() > 1 ? spread() : "");
        parts.put("choice", choice());
        parts.put("full", full == null ? "the largest block of each image" : number(full));
        parts.put("colors", colors());
        parts.put("worstTitle", table.order().size() == 1 ? "Where it differs" : "Worst images");
        parts.put("worst", worst());
        parts.put("rows", rows());
        try (InputStream template = ComparisonReport.class.getResourceAsStream(TEMPLATE)) {
            // In one pass: a file may be called {{rows}}.
            return PLACE.matcher(new String(template.readAllBytes(), StandardCharsets.UTF_8))
                    .replaceAll(place -> Matcher.quoteReplacement(parts.get(place.group(1))))
                    .getBytes(StandardCharsets.UTF_8);
        } catch (IOException broken) {
            throw new UncheckedIOException("the page's template could not be read", broken);
        }
    }

    private String title() {
        int images = table.order().size();
        return images + (images == 1 ? " image compared" : " images compared");
    }

    private String lede() {
        String folders = table.files().folders().stream()
                .map(folder -> escape(folder.toString()))
                .collect(Collectors.joining(", "));
        return "Reference: " + escape(table.files().reference().toString())
                + (folders.isEmpty() ? "" : ". Images: " + folders);
    }

    private String warning() {
        StringBuilder html = new StringBuilder();
        if (table.isInterrupted()) {
            html.append("<p class=\"warn\" id=\"interrupted\">Interrupted: ")
                    .append(table.finished())
                    .append(" of ")
                    .append(table.pairs())
                    .append(" images had been compared; this page is about these.</p>\n");
        }
        List<String> problems = table.problems();
        if (!problems.isEmpty()) {
            html.append("<details class=\"warn\" id=\"problems\"")
                    .append(problems.size() <= 5 ? " open" : "")
                    .append("><summary>")
                    .append(problems.size())
                    .append(problems.size() == 1 ? " file was not compared" : " files were not compared")
                    .append("</summary><ul>\n");
            problems.forEach(
                    problem -> html.append("<li>").append(escape(problem)).append("</li>\n"));
            html.append("</ul></details>\n");
        }
        return html.toString();
    }

    private String means() {
        StringBuilder html = new StringBuilder();
        for (Group group : groups) {
            html.append("<tr><th scope=\"row\">")
                    .append(escape(group.name))
                    .append("</th><td>")
                    .append(group.scores.size())
                    .append("</td>");
            for (Measure measure : Measure.values()) {
                boolean best = groups.size() > 1
                        && groups.stream()
                                .noneMatch(other -> measure.worstFirst().compare(other.mean, group.mean) > 0
                                        && !Double.isNaN(measure.of(other.mean)));
                html.append(best ? "<td class=\"best\">" : "<td>")
                        .append(measure.text(measure.of(group.mean)))
                        .append("</td>");
            }
            html.append("</tr>\n");
        }
        return html.toString();
    }

    private String spread() {
        StringBuilder html = new StringBuilder("<h2>Spread</h2>\n<div class=\"spread\">\n");
        for (Measure measure : Measure.values()) {
            double[] all = groups.stream()
                    .flatMap(group -> group.scores.stream())
                    .mapToDouble(measure::of)
                    .filter(Double::isFinite)
                    .sorted()
                    .toArray();
            if (all.length == 0) {
                continue;
            }
            double low = all[0];
            double high = all[all.length - 1];
            boolean logarithmic = low > 0 && high / low > LOGARITHMIC;
            html.append("<div class=\"card\"><h3>")
                    .append(measure.heading())
                    .append(logarithmic ? " <span class=\"faint\">(logarithmic)</span>" : "")
                    .append("</h3>\n");
            for (Group group : groups) {
                if (groups.size() > 1) {
                    html.append("<span class=\"name faint\">")
                            .append(escape(group.name))
                            .append("</span>\n");
                }
                html.append(histogram(measure, group, low, high, logarithmic));
            }
            html.append("<div class=\"ends faint\"><span>")
                    .append(number(low))
                    .append("</span><span>")
                    .append(number(high))
                    .append("</span></div></div>\n");
        }
        return html.append(
                        "</div>\n<p class=\"faint\">How many images have which value; the dashed line is the mean.</p>\n")
                .toString();
    }

    private static String histogram(Measure measure, Group group, double low, double high, boolean logarithmic) {
        int[] counts = new int[BINS];
        for (ImageScores scores : group.scores) {
            double value = measure.of(scores);
            if (Double.isFinite(value)) {
                counts[(int) Math.min(BINS - 1, BINS * place(value, low, high, logarithmic))]++;
            }
        }
        int most = Math.max(1, IntStream.of(counts).max().orElse(1));
        StringBuilder svg = new StringBuilder("<svg viewBox=\"0 0 ")
                .append(10 * BINS)
                .append(" 100\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"")
                .append(measure.heading())
                .append(", histogram\">");
        for (int i = 0; i < BINS; i++) {
            if (counts[i] > 0) {
                double height = 96.0 * counts[i] / most;
                svg.append(String.format(
                        Locale.ROOT,
                        "<rect x=\"%d\" y=\"%.1f\" width=\"9\" height=\"%.1f\"><title>%d</title></rect>",
                        10 * i,
                        100 - height,
                        height,
                        counts[i]));
            }
        }
        double mean = measure.of(group.mean);
        if (Double.isFinite(mean)) {
            svg.append(String.format(
                    Locale.ROOT,
                    "<line x1=\"%1$.1f\" x2=\"%1$.1f\" y1=\"0\" y2=\"100\"/>",
                    10 * BINS * place(mean, low, high, logarithmic)));
        }
        return svg.append("</svg>\n").toString();
    }

    /** From 0 at the low end to 1 at the high one. */
    static double place(double value, double low, double high, boolean logarithmic) {
        if (high == low) {
            return 0.5;
        }
        return logarithmic ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
    }

    private String choice() {
        StringBuilder html = new StringBuilder();
        for (Measure measure : WorstPictures.MEASURES) {
            if (table.order().size() > 1 && !worst.indices(measure).isEmpty()) {
                html.append("<button data-key=\"")
                        .append(key(measure))
                        .append("\" aria-pressed=\"")
                        .append(measure == first)
                        .append("\">")
                        .append(measure == Measure.MSE ? "MSE and PSNR" : measure.heading())
                        .append("</button>");
            }
        }
        return html.toString();
    }

    private static String key(Measure measure) {
        return measure.name().toLowerCase(Locale.ROOT).replace("_", "");
    }

    private static String colors() {
        return IntStream.rangeClosed(0, 9)
                .mapToObj(i -> String.format("#%06x", HeatMap.color(i / 9f)))
                .collect(Collectors.joining(", "));
    }

    private String worst() {
        Set<Integer> shown = new LinkedHashSet<>(worst.indices(first));
        WorstPictures.MEASURES.forEach(measure -> shown.addAll(worst.indices(measure)));
        if (shown.isEmpty()) {
            return "<p>No image differs from its reference.</p>\n";
        }
        StringBuilder html = new StringBuilder();
        for (int i : shown) {
            html.append("<article class=\"card\" id=\"image").append(i).append('"');
            for (Measure measure : WorstPictures.MEASURES) {
                int rank = worst.indices(measure).indexOf(i);
                if (rank >= 0) {
                    html.append(" data-")
                            .append(key(measure))
                            .append("=\"")
                            .append(rank)
                            .append('"');
                }
            }
            Outcome outcome = table.outcome(i);
            html.append("><h3>").append(name(outcome.pair())).append("</h3>\n<p class=\"faint\">");
            for (Measure measure : Measure.values()) {
                html.append(measure.heading())
                        .append(' ')
                        .append(measure.text(measure.of(outcome.scores())))
                        .append(measure == Measure.DCT_LOSS ? "</p>\n" : ", ");
            }
            html.append(pictures(worst.pictures(i))).append("</article>\n");
        }
        return html.toString();
    }

    private static String pictures(SmallPictures small) {
        String frame = String.format(
                Locale.ROOT,
                "<i class=\"spot\" style=\"left:%.2f%%;top:%.2f%%;width:%.2f%%;height:%.2f%%\"></i>",
                100.0 * small.spotX() / small.width(),
                100.0 * small.spotY() / small.height(),
                100.0 * small.spotWidth() / small.width(),
                100.0 * small.spotHeight() / small.height());
        String size =
                small.spotWidth() + "x" + small.spotHeight() + " pixels at " + small.spotX() + "," + small.spotY();
        return "<div class=\"trio\">\n"
                + figure("jpeg", small.reference(), "reference", frame, false)
                + figure("jpeg", small.image(), "image", frame, true)
                + figure("png", small.map(), "heat map, to " + number(small.full()), frame, false)
                + "</div>\n<div class=\"trio pixels\">\n"
                + figure("png", small.referenceSpot(), size, "", false)
                + figure("png", small.imageSpot(), "image", "", true)
                + figure("png", small.mapSpot(), "heat map", "", false)
                + "</div>\n";
    }

    private static String figure(String type, byte[] picture, String caption, String frame, boolean flips) {
        String tag = flips ? "button" : "div";
        return "<figure><" + tag + " class=\"frame\"" + (flips ? " aria-pressed=\"false\"" : "") + "><img"
                + (caption.startsWith("heat map") ? " class=\"map\"" : "") + " alt=\"" + escape(caption)
                + "\" src=\"data:image/" + type + ";base64,"
                + Base64.getEncoder().encodeToString(picture) + "\">" + frame + "</" + tag + "><figcaption>"
                + escape(caption) + "</figcaption></figure>\n";
    }

    private String rows() {
        StringBuilder html = new StringBuilder();
        for (int i : table.order()) {
            Outcome outcome = table.outcome(i);
            String name = name(outcome.pair());
            html.append("<tr><th scope=\"row\">")
                    .append(worst.pictures(i) == null ? name : "<a href=\"#image" + i + "\">" + name + "</a>")
                    .append("</th>");
            for (Measure measure : Measure.values()) {
                double value = measure.of(outcome.scores());
                html.append("<td data-v=\"")
                        .append(Double.isNaN(value) ? "" : value)
                        .append("\">")
                        .append(measure.text(value))
                        .append("</td>");
            }
            html.append("</tr>\n");
        }
        return html.toString();
    }

    private static String name(Pair pair) {
        Path image = pair.image();
        Path folder = image.getParent();
        return (folder == null ? "" : "<span class=\"faint\">" + escape(folder + "/") + "</span>")
                + escape(image.getFileName().toString());
    }

    private static String number(double value) {
        return value == 0 ? "0" : String.format(Locale.ROOT, "%.3g", value);
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}

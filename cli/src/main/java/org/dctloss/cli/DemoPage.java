package org.dctloss.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;

/** The page of the demonstration: one HTML file that holds its pictures and needs nothing else. */
final class DemoPage {
    private static final String TEMPLATE = "demo.html";

    private final StringBuilder scores = new StringBuilder();
    private final StringBuilder variants = new StringBuilder();
    private final StringBuilder backends = new StringBuilder();
    private String original = "";

    void original(byte[] png) {
        original = image(png, "the original picture");
    }

    void variant(Variant variant, ImageScores s) {
        scores.append("<tr><th scope=\"row\"><a href=\"#")
                .append(variant.name())
                .append("\">")
                .append(variant.name())
                .append("</a></th>")
                .append(cell("%.6f", s.mse()))
                .append(cell("%.2f", s.psnr()))
                .append(cell("%.4f", s.ssim()))
                .append(cell("%.6f", s.dctLoss()))
                .append("</tr>\n");
    }

    void openVariant(Variant variant, ImageScores s) {
        variants.append(String.format(
                Locale.ROOT,
                "<section id=\"%s\"><h3>%s</h3><p class=\"how\">%s. SSIM %.4f, DCT loss %.6f.</p><div class=\"pictures\">%n",
                variant.name(),
                variant.name(),
                escape(variant.how()),
                s.ssim(),
                s.dctLoss()));
    }

    void picture(byte[] png, String caption) {
        variants.append("<figure>")
                .append(image(png, caption))
                .append("<figcaption>")
                .append(escape(caption))
                .append("</figcaption></figure>\n");
    }

    void closeVariant() {
        variants.append("</div></section>\n");
    }

    /** A line of the list of backends; each cell is text. */
    void backend(String name, String... cells) {
        backends.append("<tr><th scope=\"row\">").append(escape(name)).append("</th>");
        for (String cell : cells) {
            backends.append("<td>").append(escape(cell)).append("</td>");
        }
        backends.append("</tr>\n");
    }

    private static String cell(String format, double value) {
        return "<td>" + String.format(Locale.ROOT, format, value) + "</td>";
    }

    private static String image(byte[] png, String alternative) {
        return "<img alt=\"" + escape(alternative) + "\" width=\"" + SamplePicture.WIDTH + "\" height=\""
                + SamplePicture.HEIGHT + "\" src=\"data:image/png;base64,"
                + Base64.getEncoder().encodeToString(png) + "\">";
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
    }

    /** The finished page. */
    byte[] html() {
        try (InputStream template = DemoPage.class.getResourceAsStream(TEMPLATE)) {
            return new String(template.readAllBytes(), StandardCharsets.UTF_8)
                    .replace("{{original}}", original)
                    .replace("{{scores}}", scores)
                    .replace("{{variants}}", variants)
                    .replace("{{backends}}", backends)
                    .getBytes(StandardCharsets.UTF_8);
        } catch (IOException broken) {
            throw new UncheckedIOException("the page's template could not be read", broken);
        }
    }
}

package org.dctloss.cli;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;
import java.util.Map;

/** Pieces of markup that several parts of the page share. */
final class DemoHtml {
    private DemoHtml() {}

    static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
    }

    /** The mark under which a picture is kept in the page. */
    static String id(String picture) {
        return "picture-" + picture;
    }

    /**
     * A picture, or the part of it that {@code view} names: "x y width height".
     *
     * @param inside markup that lies over the picture
     */
    static String svg(String kind, String picture, String view, String alternative, String inside) {
        return "<svg class=\"" + kind + "\" viewBox=\"" + view + "\" role=\"img\" aria-label=\"" + escape(alternative)
                + "\"><use href=\"#" + id(picture) + "\"/>" + inside + "</svg>";
    }

    /** What colours mean: by the names of their classes in the style sheet. */
    static String legend(Map<String, String> meanings) {
        StringBuilder html = new StringBuilder("<p class=\"legend\">");
        meanings.forEach((color, meaning) -> html.append("<span><span class=\"dot ")
                .append(color)
                .append("\"></span>")
                .append(meaning)
                .append("</span>"));
        return html.append("</p>").toString();
    }

    /** A number with so many digits that count, never in powers of ten. */
    static String digits(double value, int digits) {
        return new BigDecimal(value).round(new MathContext(digits)).toPlainString();
    }

    static String perCent(double value) {
        return (value >= 9.95 ? String.format(Locale.ROOT, "%.0f", value) : digits(value, 2)) + "%";
    }

    /** A number as a person would write it: 2, 0.5. */
    static String plain(double value) {
        return new BigDecimal(Double.toString(value)).stripTrailingZeros().toPlainString();
    }
}

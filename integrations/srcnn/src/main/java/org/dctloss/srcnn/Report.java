package org.dctloss.srcnn;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.dctloss.pictures.Picture;
import org.dctloss.superres.Plane;

/** What a training leaves for people: a page that holds its pictures and needs nothing else, and two tables as CSV. */
final class Report {
    private static final String TEMPLATE = "report.html";

    /** Side of the details, in pixels of the pictures, and how much larger they are shown. */
    private static final int DETAIL = 48;

    private static final int ZOOM = 5;
    private static final int DETAIL_STEP = 4;

    private final Settings settings;
    private final Checkpoint state;
    private final Outcome outcome;
    private final List<Plane> lumas;
    private final List<Scores> scores;

    /**
     * @param lumas what the network made of the test pictures
     * @param scores of these
     */
    Report(Settings settings, Checkpoint state, Outcome outcome, List<Plane> lumas, List<Scores> scores) {
        this.settings = settings;
        this.state = state;
        this.outcome = outcome;
        this.lumas = lumas;
        this.scores = scores;
    }

    /** The loss of every step, and what the test pictures said after some of them. */
    byte[] curve() {
        StringBuilder csv = new StringBuilder("step,loss,test_loss,test_psnr\n");
        int next = 0;
        for (int step = 1; step <= state.step; step++) {
            csv.append(step).append(',').append(state.losses[step - 1]).append(',');
            if (next < state.evaluations.size() && state.evaluations.get(next).step() == step) {
                csv.append(state.evaluations.get(next).loss())
                        .append(',')
                        .append(state.evaluations.get(next).psnr());
                next++;
            } else {
                csv.append(',');
            }
            csv.append('\n');
        }
        return csv.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** The scores of all test pictures and their mean. */
    byte[] scores() {
        StringBuilder csv = new StringBuilder("picture,enlarged_by,psnr,ssim,dct_loss,arezoomand2021\n");
        for (int i = 0; i < scores.size(); i++) {
            String name = settings.test().pictures().get(i).name();
            line(csv, name, "bicubic", settings.test().scores().get(i));
            line(csv, name, "network", scores.get(i));
        }
        line(csv, "mean", "bicubic", outcome.bicubic());
        line(csv, "mean", "network", outcome.network());
        return csv.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void line(StringBuilder csv, String picture, String by, Scores s) {
        csv.append('"').append(picture.replace("\"", "\"\"")).append("\",").append(by);
        for (double score : new double[] {s.psnr(), s.ssim(), s.dct(), s.paper()}) {
            csv.append(',').append(score);
        }
        csv.append('\n');
    }

    /** The page; it shows the curve as {@link Curve} drew it. */
    byte[] page(byte[] curve) {
        try (InputStream template = Report.class.getResourceAsStream(TEMPLATE)) {
            return new String(template.readAllBytes(), StandardCharsets.UTF_8)
                    .replace("{{title}}", escape(Outcome.title(settings)))
                    .replace("{{loss}}", escape(settings.loss().text()))
                    .replace("{{verdict}}", outcome.verdict())
                    .replace("{{speed}}", outcome.speed())
                    .replace("{{border}}", Integer.toString(settings.scale()))
                    .replace("{{settings}}", settingsTable())
                    .replace("{{scores}}", scoresTable())
                    .replace("{{curve}}", image(curve, Curve.WIDTH, Curve.HEIGHT, "the curves"))
                    .replace("{{pictures}}", pictures())
                    .getBytes(StandardCharsets.UTF_8);
        } catch (IOException broken) {
            throw new UncheckedIOException("the page's template could not be read", broken);
        }
    }

    private String settingsTable() {
        StringBuilder rows = new StringBuilder();
        for (Map.Entry<String, String> setting : settings.named().entrySet()) {
            setting(rows, setting.getKey(), setting.getValue());
        }
        setting(rows, "engine", Training.engine() + ", Java " + Runtime.version());
        return rows.toString();
    }

    private static void setting(StringBuilder rows, String name, String value) {
        rows.append("<tr><th scope=\"row\">")
                .append(escape(name))
                .append("</th><td>")
                .append(escape(value))
                .append("</td></tr>\n");
    }

    private String scoresTable() {
        StringBuilder rows = new StringBuilder();
        for (int i = 0; i < scores.size(); i++) {
            rows(
                    rows,
                    settings.test().pictures().get(i).name(),
                    settings.test().scores().get(i),
                    scores.get(i));
        }
        rows(rows, "mean", outcome.bicubic(), outcome.network());
        return rows.toString();
    }

    private static void rows(StringBuilder rows, String name, Scores bicubic, Scores network) {
        rows.append("<tr><th scope=\"row\" rowspan=\"2\">")
                .append(escape(name))
                .append("</th><td class=\"by\">bicubic</td>");
        cells(rows, bicubic, network);
        rows.append("</tr>\n<tr class=\"last\"><td class=\"by\">network</td>");
        cells(rows, network, bicubic);
        rows.append("</tr>\n");
    }

    /** The better of two is bold. */
    private static void cells(StringBuilder rows, Scores scores, Scores others) {
        for (TrainingLoss measure : TrainingLoss.values()) {
            String number = Outcome.score(scores, measure);
            rows.append("<td>")
                    .append(scores.gain(others, measure) > 0 ? "<b>" + number + "</b>" : number)
                    .append("</td>");
        }
    }

    private String pictures() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < lumas.size(); i++) {
            TestPicture picture = settings.test().pictures().get(i);
            Picture[] shown = {
                TestPicture.picture(picture.truth()),
                TestPicture.picture(picture.bicubic()),
                TestPicture.picture(picture.with(lumas.get(i)))
            };
            String[] captions = {
                "truth", caption("bicubic", settings.test().scores().get(i)), caption("network", scores.get(i))
            };
            Detail detail = Detail.of(picture.truth().y(), picture.bicubic().y());
            text.append("<section><h3>").append(escape(picture.name())).append("</h3>\n<div class=\"whole\">\n");
            for (int k = 0; k < shown.length; k++) {
                figure(text, image(shown[k], picture.name() + ", " + captions[k]) + detail.frame(), captions[k]);
            }
            text.append("</div>\n<div class=\"details\">\n");
            for (int k = 0; k < shown.length; k++) {
                figure(text, image(detail.enlarged(shown[k]), "detail of " + captions[k]), "");
            }
            text.append("</div></section>\n");
        }
        return text.toString();
    }

    private static String caption(String by, Scores s) {
        return String.format(Locale.ROOT, "%s: %.2f dB, SSIM %.4f", by, s.psnr(), s.ssim());
    }

    private static void figure(StringBuilder text, String image, String caption) {
        text.append("<figure><div class=\"picture\">").append(image).append("</div>");
        if (!caption.isEmpty()) {
            text.append("<figcaption>").append(escape(caption)).append("</figcaption>");
        }
        text.append("</figure>\n");
    }

    /** The window where bicubic enlargement is furthest from the truth. */
    private record Detail(int y, int x, int side, int height, int width) {
        static Detail of(Plane truth, Plane bicubic) {
            int side = Math.min(DETAIL, Math.min(truth.height(), truth.width()));
            Detail worst = null;
            double most = -1;
            for (int y = 0; y <= truth.height() - side; y += DETAIL_STEP) {
                for (int x = 0; x <= truth.width() - side; x += DETAIL_STEP) {
                    double error = error(truth, bicubic, y, x, side);
                    if (error > most) {
                        most = error;
                        worst = new Detail(y, x, side, truth.height(), truth.width());
                    }
                }
            }
            return worst;
        }

        private static double error(Plane truth, Plane bicubic, int y, int x, int side) {
            double sum = 0;
            for (int row = y; row < y + side; row++) {
                for (int column = x; column < x + side; column++) {
                    double d = truth.pixels()[row * truth.width() + column]
                            - bicubic.pixels()[row * truth.width() + column];
                    sum += d * d;
                }
            }
            return sum;
        }

        /** A mark on the whole picture. */
        String frame() {
            return String.format(
                    Locale.ROOT,
                    "<i class=\"frame\" style=\"left:%.2f%%;top:%.2f%%;width:%.2f%%;height:%.2f%%\"></i>",
                    100.0 * x / width,
                    100.0 * y / height,
                    100.0 * side / width,
                    100.0 * side / height);
        }

        /** Every pixel as a square, so that nothing is smoothed that the network did not smooth. */
        Picture enlarged(Picture picture) {
            Picture large = Picture.ofSize(ZOOM * side, ZOOM * side);
            for (int c = 0; c < Picture.CHANNELS; c++) {
                for (int row = 0; row < large.height(); row++) {
                    for (int column = 0; column < large.width(); column++) {
                        large.planes()[large.index(c, row, column)] =
                                picture.planes()[picture.index(c, y + row / ZOOM, x + column / ZOOM)];
                    }
                }
            }
            return large;
        }
    }

    private static String image(Picture picture, String alternative) {
        return image(picture.png(), picture.width(), picture.height(), alternative);
    }

    private static String image(byte[] png, int width, int height, String alternative) {
        return "<img alt=\"" + escape(alternative) + "\" width=\"" + width + "\" height=\"" + height
                + "\" src=\"data:image/png;base64," + Base64.getEncoder().encodeToString(png) + "\">";
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
    }
}

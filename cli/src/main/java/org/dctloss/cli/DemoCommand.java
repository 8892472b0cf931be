package org.dctloss.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.dctloss.pictures.CommandFailure;
import org.dctloss.pictures.OutputFiles;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dctloss demo}: what the loss sees and MSE does not, in a table, pictures and a page. */
@Command(
        name = "demo",
        description = {
            "Spoil a picture in five ways of equal MSE and show what MSE, PSNR, SSIM and the DCT loss make of it: as "
                    + "pixels, blocks and frequencies, by their gradients, and by descending each of them; check and "
                    + "time every backend. Writes PNGs and one page, index.html, which holds all it shows."
        },
        footer = {
            Main.EXAMPLES,
            "  dctloss demo --out page --steps 100 --seconds 0.5",
            "    In less time than usual; then open page/index.html in a browser.",
        })
final class DemoCommand implements Runnable {
    private static final String PAGE = "index.html";

    @Option(
            names = "--out",
            paramLabel = "DIR",
            defaultValue = "dctloss-demo",
            description = "Folder to write to; it is made if needed, files of the same names in it are replaced. "
                    + "Default: ${DEFAULT-VALUE}.")
    private Path out;

    @Option(
            names = "--steps",
            paramLabel = "N",
            defaultValue = "300",
            description = "How many steps to descend each loss, from 100 to 3000. Default: ${DEFAULT-VALUE}.")
    private Integer steps;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "2",
            description = "How long to time the backends, after a warm-up of half of it. Default: ${DEFAULT-VALUE}.")
    private Double seconds;

    @Mixin
    private Printing printing;

    @Override
    public void run() {
        if (!(seconds > 0 && seconds <= 60)) {
            throw CommandFailure.of("--seconds", seconds.toString(), "more than 0, up to 60");
        }
        if (steps < Descent.FEWEST_STEPS || steps > Descent.MOST_STEPS) {
            throw CommandFailure.of("--steps", steps.toString(), Descent.FEWEST_STEPS + " to " + Descent.MOST_STEPS);
        }
        if (!DemoChart.canDraw()) {
            printing.problem("charts: got a machine without fonts, so the page has them in words, "
                    + "allowed one with fontconfig and any font");
        }
        try (OutputFiles outputs = new OutputFiles(List.of())) {
            outputs.makeFolder("--out", out);
            outputs.declare("--out", out.resolve(PAGE));
            DemoPictures.names(steps).forEach(name -> outputs.declare("--out", png(name)));
            DemoResults results;
            try (ProgressBar bar = Boolean.getBoolean(Terminal.ERR) ? progressBar() : null) {
                results = DemoResults.compute(steps, seconds, bar == null ? () -> {} : bar::step);
            }
            Map<Path, byte[]> files = new LinkedHashMap<>();
            results.pictures().pngs().forEach((name, bytes) -> files.put(png(name), bytes));
            files.put(out.resolve(PAGE), new DemoPage(results).html());
            files.forEach((file, bytes) -> outputs.write(file, stream -> stream.write(bytes)));
            outputs.commit();
            printing.result(json(results), text(results));
        }
    }

    private Path png(String name) {
        return out.resolve(name + ".png");
    }

    private ProgressBar progressBar() {
        return new ProgressBarBuilder()
                .setTaskName("demo")
                .setInitialMax(DemoResults.work(steps))
                .setStyle(ProgressBarStyle.ASCII)
                .setConsumer(new ConsoleProgressBarConsumer(System.err, 80))
                .build();
    }

    private JsonObject json(DemoResults results) {
        JsonObject json = new JsonObject();
        json.addProperty("out", out.toString());
        JsonArray variants = new JsonArray();
        for (DemoResults.Judged judged : results.judged()) {
            JsonObject object = new JsonObject();
            object.addProperty("name", judged.variant().name());
            object.addProperty("how", judged.variant().how());
            judged.scores().addTo(object);
            variants.add(object);
        }
        json.add("variants", variants);
        JsonArray descents = new JsonArray();
        for (Descent descent : results.descents()) {
            JsonObject object = new JsonObject();
            object.addProperty("loss", descent.loss().id);
            object.addProperty("step_size", descent.stepSize());
            object.addProperty("left_after_a_tenth", descent.halved());
            JsonArray points = new JsonArray();
            for (Descent.Point point : descent.points()) {
                JsonObject measures = new JsonObject();
                measures.addProperty("step", point.step());
                point.scores().addTo(measures);
                points.add(measures);
            }
            object.add("points", points);
            descents.add(object);
        }
        json.add("descents", descents);
        json.add("backends", results.backends().json());
        return json;
    }

    private String text(DemoResults results) {
        StringBuilder text = new StringBuilder();
        text.append(String.format(Locale.ROOT, "%-11s%s%n", "copy", ImageScores.HEADING));
        for (DemoResults.Judged judged : results.judged()) {
            text.append(String.format(
                    Locale.ROOT,
                    "%-11s%s%n",
                    judged.variant().name(),
                    judged.scores().row()));
        }
        text.append(String.format(
                Locale.ROOT,
                "%n%-11s%s  after %d steps from a part of the blurred copy%n",
                "descending",
                ImageScores.HEADING,
                steps));
        for (Descent descent : results.descents()) {
            text.append(String.format(
                    Locale.ROOT,
                    "%-11s%s%n",
                    descent.loss().title,
                    descent.last().scores().row()));
        }
        text.append('\n').append(results.backends().text());
        return text.append("\nPage: ").append(out.resolve(PAGE)).append('\n').toString();
    }
}

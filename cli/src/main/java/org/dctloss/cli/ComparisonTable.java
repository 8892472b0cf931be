package org.dctloss.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import de.siegmar.fastcsv.writer.CsvWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What a comparison found, in one order for all its forms: text, JSON, CSV and the report. */
final class ComparisonTable {
    /**
     * The mean of each measure over the images of a folder that were compared.
     *
     * @param folder its place among the folders
     * @param images how many were compared, 1 or more
     */
    record Mean(int folder, Path path, long images, ImageScores scores) {}

    private final PairedFiles files;
    private final List<Outcome> outcomes;
    private final List<Integer> order;
    private final boolean interrupted;

    /**
     * A table of what is finished.
     *
     * @param outcomes one for each pair, null where it is not finished
     * @param sort the worst by this measure first; null for the order of the pairs
     */
    ComparisonTable(PairedFiles files, List<Outcome> outcomes, Measure sort) {
        this.files = files;
        this.outcomes = outcomes;
        interrupted = outcomes.stream().anyMatch(Objects::isNull);
        Stream<Integer> compared =
                IntStream.range(0, outcomes.size()).filter(this::isCompared).boxed();
        order = sort == null
                ? compared.toList()
                : compared.sorted(Comparator.comparing(i -> outcomes.get(i).scores(), sort.worstFirst()))
                        .toList();
    }

    private boolean isCompared(int index) {
        return outcomes.get(index) != null && outcomes.get(index).scores() != null;
    }

    /** The indices of the pairs that have scores, in the order of the table. */
    List<Integer> order() {
        return order;
    }

    Outcome outcome(int index) {
        return outcomes.get(index);
    }

    PairedFiles files() {
        return files;
    }

    /** How many pairs there were. */
    int pairs() {
        return outcomes.size();
    }

    /** How many pairs are finished, well or not. */
    long finished() {
        return outcomes.stream().filter(Objects::nonNull).count();
    }

    /** Whether pairs are left that were not begun or not finished. */
    boolean isInterrupted() {
        return interrupted;
    }

    /** Everything that went wrong, each sentence once: files without partner, then pairs in their order. */
    List<String> problems() {
        return Stream.concat(files.problems().stream(), outcomes.stream().filter(Objects::nonNull))
                .map(Outcome::problem)
                .filter(Objects::nonNull)
                .distinct()
                .toList();
    }

    /** One for each folder with compared images, in the order of the folders. */
    List<Mean> means() {
        List<Mean> means = new ArrayList<>();
        for (int f = 0; f < files.folders().size(); f++) {
            List<ImageScores> scores = scores(f);
            if (!scores.isEmpty()) {
                means.add(new Mean(f, files.folders().get(f), scores.size(), mean(scores)));
            }
        }
        return means;
    }

    /** Whether all folders that are matched by name have been compared with the same references. */
    boolean meansAreOverTheSame() {
        Map<Integer, Set<Path>> references = new HashMap<>();
        for (int i : order) {
            Pair pair = outcomes.get(i).pair();
            references.computeIfAbsent(pair.folder(), unused -> new HashSet<>()).add(pair.reference());
        }
        return references.values().stream().distinct().count() < 2;
    }

    /** The scores of a folder, in the order of the pairs. */
    List<ImageScores> scores(int folder) {
        return outcomes.stream()
                .filter(outcome -> outcome != null && outcome.scores() != null)
                .filter(outcome -> outcome.pair().folder() == folder)
                .map(Outcome::scores)
                .toList();
    }

    static ImageScores mean(List<ImageScores> scores) {
        return new ImageScores(
                mean(scores, ImageScores::mse),
                mean(scores, ImageScores::psnr),
                mean(scores, ImageScores::ssim),
                mean(scores, ImageScores::dctLoss));
    }

    // Without those that have none: SSIM of small images. NaN if all are.
    private static double mean(List<ImageScores> scores, ToDoubleFunction<ImageScores> measure) {
        return scores.stream()
                .mapToDouble(measure)
                .filter(value -> !Double.isNaN(value))
                .average()
                .orElse(Double.NaN);
    }

    String text() {
        StringBuilder text = new StringBuilder(ImageScores.HEADING + "  image\n");
        for (int i : order) {
            Outcome outcome = outcomes.get(i);
            text.append(outcome.scores().row())
                    .append("  ")
                    .append(Printing.visible(outcome.pair().image().toString()))
                    .append('\n');
        }
        for (Mean mean : means()) {
            text.append(mean.scores().row())
                    .append("  mean of ")
                    .append(mean.images())
                    .append(" in ")
                    .append(Printing.visible(mean.path().toString()))
                    .append('\n');
        }
        return text.toString();
    }

    JsonObject json() {
        JsonObject json = new JsonObject();
        JsonArray results = new JsonArray();
        for (int i : order) {
            results.add(json(outcomes.get(i)));
        }
        json.add("results", results);
        if (!files.folders().isEmpty()) {
            JsonArray folders = new JsonArray();
            for (Mean mean : means()) {
                JsonObject folder = new JsonObject();
                folder.addProperty("folder", mean.path().toString());
                folder.addProperty("images", mean.images());
                mean.scores().addTo(folder);
                folders.add(folder);
            }
            json.add("folders", folders);
        }
        if (!problems().isEmpty()) {
            JsonArray sentences = new JsonArray();
            problems().forEach(sentences::add);
            json.add("errors", sentences);
        }
        if (interrupted) {
            json.addProperty("interrupted", true);
            json.addProperty("finished", finished());
            json.addProperty("images", pairs());
        }
        return json;
    }

    private JsonObject json(Outcome outcome) {
        JsonObject json = new JsonObject();
        json.addProperty("image", outcome.pair().image().toString());
        outcome.scores().addTo(json);
        json.addProperty("reference", outcome.pair().reference().toString());
        if (outcome.pair().folder() >= 0) {
            json.addProperty("folder", folder(outcome.pair()));
        }
        json.addProperty("width", outcome.width());
        json.addProperty("height", outcome.height());
        if (!Double.isNaN(outcome.largestBlock())) {
            json.addProperty("largest_block", outcome.largestBlock());
        }
        if (outcome.heatmap() != null) {
            json.addProperty("heatmap", outcome.heatmap().toString());
        }
        return json;
    }

    private String folder(Pair pair) {
        return pair.folder() < 0 ? "" : files.folders().get(pair.folder()).toString();
    }

    /**
     * Writes CSV by RFC 4180 in UTF-8: a line for every pair and every file without partner, whatever became of it. An
     * infinite PSNR is {@code inf}, what there is not is empty, and a text that a spreadsheet would take for a formula
     * starts with an apostrophe.
     */
    void csv(OutputStream out) throws IOException {
        try (CsvWriter lines = CsvWriter.builder().build(out, StandardCharsets.UTF_8)) {
            lines.writeRecord(
                    "folder",
                    "image",
                    "reference",
                    "width",
                    "height",
                    "mse",
                    "psnr",
                    "ssim",
                    "dct_loss",
                    "largest_block",
                    "heatmap",
                    "error");
            for (int i : order) {
                csv(lines, outcomes.get(i));
            }
            for (int i = 0; i < outcomes.size(); i++) {
                if (outcomes.get(i) == null) {
                    csv(lines, Outcome.failed(files.pairs().get(i), "not compared: interrupted"));
                } else if (!isCompared(i)) {
                    csv(lines, outcomes.get(i));
                }
            }
            for (Outcome alone : files.problems()) {
                csv(lines, alone);
            }
        } catch (UncheckedIOException failed) {
            throw failed.getCause();
        }
    }

    private void csv(CsvWriter lines, Outcome outcome) {
        List<String> cells = new ArrayList<>();
        cells.add(safe(folder(outcome.pair())));
        cells.add(safe(outcome.pair().image().toString()));
        cells.add(safe(outcome.pair().reference().toString()));
        boolean compared = outcome.scores() != null;
        cells.add(compared ? Integer.toString(outcome.width()) : "");
        cells.add(compared ? Integer.toString(outcome.height()) : "");
        for (Measure measure : Measure.values()) {
            cells.add(compared ? number(measure.of(outcome.scores())) : "");
        }
        cells.add(number(outcome.largestBlock()));
        cells.add(outcome.heatmap() == null ? "" : safe(outcome.heatmap().toString()));
        cells.add(outcome.problem() == null ? "" : safe(outcome.problem()));
        lines.writeRecord(cells);
    }

    private static String number(double value) {
        return Double.isNaN(value) ? "" : Double.isInfinite(value) ? "inf" : Double.toString(value);
    }

    private static String safe(String text) {
        return !text.isEmpty() && "=+-@\t\r".indexOf(text.charAt(0)) >= 0 ? "'" + text : text;
    }
}

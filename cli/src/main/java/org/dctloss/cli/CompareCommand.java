package org.dctloss.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.dctloss.pictures.CommandFailure;
import org.dctloss.pictures.DecodedPicture;
import org.dctloss.pictures.OutputFiles;
import org.dctloss.pictures.PictureFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code dctloss compare}: MSE, PSNR, SSIM and DCT loss of image files against references. */
@Command(
        name = "compare",
        description = "Compare images with a reference: MSE, PSNR, SSIM and DCT loss on RGB in [0,1].",
        footer = {
            "Measures: MSE and PSNR are over all channels, SSIM is the mean over channels, the DCT loss is on YCbCr "
                    + "(BT.601) with the JPEG luminance and chrominance tables. A folder's mean is that of each measure; "
                    + "where an image is identical, the mean PSNR is infinite.",
            "%nFolders: an image is compared with the reference of the same name (and the same sub-folder, with "
                    + "--recursive), else with the one of the same name but for its ending, a.jpg with a.png, if there "
                    + "is only one such file on both sides. Images are the files that end in " + PictureFile.ENDINGS
                    + "; others are left out. Links are followed.",
            "%nA pair must have the same size, and be grey or coloured alike. What cannot be compared is told at the end "
                    + "on standard error and as \"errors\" in JSON and CSV, and does not stop the rest; the exit code is "
                    + "2 then. An interrupted run writes and prints what it has finished, and says that it was "
                    + "interrupted.",
            "%nFiles: " + PictureFile.RULES,
            "%n" + Main.EXAMPLES,
            "  dctloss compare reference.png copy.png --heatmap where.png",
            "    Two pictures, and where they differ.",
            "  dctloss compare reference.png copy.png restored.png",
            "  dctloss compare references/ copies/ --sort dct-loss",
            "    A folder, the worst picture first.",
            "  dctloss compare references/ copies/ --report report.html \\",
            "      --csv scores.csv --heatmaps maps/",
            "    All about a folder, to look at and to compute with.",
        })
final class CompareCommand implements Callable<Integer> {
    private static final String REPLACES = "A file of this name is replaced.";

    /** What --sort takes. */
    static final class Keys implements Iterable<String> {
        static final String NAME = "name";

        @Override
        public Iterator<String> iterator() {
            return Stream.concat(Stream.of(NAME), Stream.of(Measure.values()).map(Choice::word))
                    .iterator();
        }
    }

    @Parameters(index = "0", paramLabel = "REFERENCE", description = "An image, or a folder of images.")
    private Path reference;

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "IMAGE",
            description = "Images, or folders of images. With a folder as reference only folders, one for each method, "
                    + "matched by file name.")
    private List<Path> images;

    @Option(
            names = {"-r", "--recursive"},
            description = "Look into the folders inside folders, too.")
    private boolean recursive;

    @Option(
            names = "--sort",
            paramLabel = "KEY",
            completionCandidates = Keys.class,
            description = "mse, psnr, ssim or dct-loss: the worst first, in everything that is printed and written. "
                    + "Default: name, which is the order of the arguments, and of the names in each folder.")
    private String sort = Keys.NAME;

    @Option(
            names = "--csv",
            paramLabel = "FILE",
            description = "Write the table as CSV, a line for every image. " + REPLACES)
    private Path csv;

    @Option(
            names = "--report",
            paramLabel = "FILE",
            description = "Write one HTML page that needs nothing else: the means, the spread, the worst ten by each "
                    + "measure with reference, image and heat map, and the whole table, to sort and to search. "
                    + REPLACES)
    private Path report;

    @Option(
            names = "--heatmap",
            paramLabel = "FILE",
            description = "Write the DCT loss of each block as a PNG; for one image. The largest block is yellow. "
                    + REPLACES)
    private Path heatmap;

    @Option(
            names = "--heatmaps",
            paramLabel = "DIR",
            description =
                    "Write the heat map of every image into a folder, under the image's name (and its folder's, if "
                            + "there are several). Each has a scale of its own, whose end JSON and CSV tell as largest_block; "
                            + "see --heatmap-full. Files of the same names are replaced.")
    private Path heatmaps;

    @Option(
            names = "--heatmap-full",
            paramLabel = "LOSS",
            description =
                    "The loss of a block that is painted yellow, one scale for all heat maps. Default: the largest "
                            + "block of each.")
    private Double full;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Most threads to use; images are compared side by side. The numbers do not depend on it. "
                    + "Default: all processors.")
    private Integer threads = Runtime.getRuntime().availableProcessors();

    @Mixin
    private Printing printing;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Measure measure = sort.equals(Keys.NAME) ? null : measure();
        ImageScores.LOSS.toBuilder().threads(threads); // refuses what is out of range
        checkOptions();
        PairedFiles files = new PairedFiles(reference, images, recursive);
        if (heatmap != null && files.pairs().size() != 1) {
            throw CommandFailure.of(
                    "--heatmap", files.pairs().size() + " images", "exactly one (--heatmaps is for more)");
        }
        try (Interruption interruption = new Interruption();
                OutputFiles outputs = new OutputFiles(files.inputs())) {
            Map<Integer, Path> maps = declare(files, outputs);
            DecodedPicture shared = files.hasFolder() || files.pairs().isEmpty() ? null : PictureFile.decode(reference);
            Comparison comparison = new Comparison(files.pairs(), shared, threads);
            comparison.paint(maps, outputs, full == null ? Double.NaN : full);
            WorstPictures worst = report == null ? null : new WorstPictures();
            comparison.collect(worst);
            interruption.then(comparison::stop);
            try (ProgressBar bar = progressBar(files.pairs().size())) {
                comparison.afterEach(bar == null ? () -> {} : bar::step);
                comparison.run();
            }
            return tell(new ComparisonTable(files, comparison.outcomes(), measure), measure, worst, outputs);
        }
    }

    private Measure measure() {
        try {
            return Choice.parse("--sort", sort, Measure.class);
        } catch (CommandFailure unknown) {
            throw CommandFailure.of("--sort", "'" + sort + "'", String.join(", ", new Keys()));
        }
    }

    private void checkOptions() {
        requireEnding("--heatmap", heatmap, ".png");
        requireEnding("--report", report, ".html");
        requireEnding("--csv", csv, ".csv");
        if (full != null && full <= 0) {
            throw CommandFailure.of("--heatmap-full", full.toString(), "a number above 0");
        }
        if (full != null && heatmap == null && heatmaps == null && report == null) {
            throw CommandFailure.of(
                    "--heatmap-full", "no heat maps to be painted", "it with --heatmap, --heatmaps or --report");
        }
    }

    private static void requireEnding(String option, Path file, String ending) {
        if (file != null && !file.toString().toLowerCase(Locale.ROOT).endsWith(ending)) {
            throw CommandFailure.of(option, "'" + file + "'", "a file that ends in " + ending);
        }
    }

    /** The files of the heat maps, by the indices of the pairs. */
    private Map<Integer, Path> declare(PairedFiles files, OutputFiles outputs) {
        Map<Integer, Path> maps = new HashMap<>();
        if (csv != null) {
            outputs.declare("--csv", csv);
        }
        if (report != null) {
            outputs.declare("--report", report);
        }
        if (heatmap != null) {
            outputs.declare("--heatmap", heatmap);
            maps.put(0, heatmap);
        }
        if (heatmaps != null) {
            if (heatmap != null) {
                throw CommandFailure.of("--heatmap", "--heatmaps, too", "one of them");
            }
            files.requireApart("--heatmaps", heatmaps);
            outputs.makeFolder("--heatmaps", heatmaps);
            List<String> labels = labels(files.folders());
            Set<Path> taken = new HashSet<>();
            for (int i = 0; i < files.pairs().size(); i++) {
                Pair pair = files.pairs().get(i);
                Path place = labels.size() > 1 && pair.folder() >= 0
                        ? heatmaps.resolve(labels.get(pair.folder()))
                        : heatmaps;
                Path map = free(place, pair.name(), taken);
                outputs.makeFolder("--heatmaps", map.getParent());
                outputs.declare("--heatmaps", map);
                maps.put(i, map);
            }
        }
        return maps;
    }

    /** The last names of the folders; a number tells equal ones apart. */
    private static List<String> labels(List<Path> folders) {
        List<String> labels = new ArrayList<>();
        for (Path folder : folders) {
            Path name = folder.toAbsolutePath().normalize().getFileName();
            String label = name == null ? "root" : name.toString();
            String free = label;
            for (int i = 2; labels.contains(free); i++) {
                free = label + "-" + i;
            }
            labels.add(free);
        }
        return labels;
    }

    /** A name that ends in .png and is not taken yet: a.png, a.jpg.png, and for a second a.png a-2.png. */
    private static Path free(Path place, Path name, Set<Path> taken) {
        String stem = name.toString();
        stem = stem.toLowerCase(Locale.ROOT).endsWith(".png") ? stem.substring(0, stem.length() - 4) : stem;
        Path file = place.resolve(stem + ".png");
        for (int i = 2; !taken.add(file); i++) {
            file = place.resolve(stem + "-" + i + ".png");
        }
        return file;
    }

    private static ProgressBar progressBar(int count) {
        return count < 2 || !Boolean.getBoolean(Terminal.ERR)
                ? null
                : new ProgressBarBuilder()
                        .setTaskName("compare")
                        .setInitialMax(count)
                        .setStyle(ProgressBarStyle.ASCII)
                        .setConsumer(new ConsoleProgressBarConsumer(System.err, 80))
                        .build();
    }

    private int tell(ComparisonTable table, Measure measure, WorstPictures worst, OutputFiles outputs) {
        List<String> problems = table.problems();
        if (table.order().isEmpty() && !table.isInterrupted()) {
            problems.subList(0, problems.size() - 1).forEach(printing::problem);
            throw new CommandFailure(problems.get(problems.size() - 1));
        }
        problems = new ArrayList<>(problems);
        try {
            if (csv != null) {
                outputs.write(csv, table::csv);
            }
            if (report != null) {
                byte[] page = new ComparisonReport(table, worst, measure, full).html();
                outputs.write(report, out -> out.write(page));
            }
            outputs.commit();
        } catch (CommandFailure failure) {
            problems.add(failure.getMessage()); // a full disk, say, which does not take what has been computed
        }
        printing.result(table.json(), table.text());
        problems.forEach(printing::problem);
        if (table.isInterrupted()) {
            printing.problem("interrupted: got " + table.finished() + " of " + table.pairs()
                    + " images compared; what is printed and written is about these");
        }
        // Before an interruption ends the process.
        spec.commandLine().getOut().flush();
        spec.commandLine().getErr().flush();
        // The signal's exit code counts, with which the JVM is ending: on JDK 17 any other but 0 could overtake it.
        return problems.isEmpty() || table.isInterrupted() ? ExitCode.OK : ExitCode.USAGE;
    }
}

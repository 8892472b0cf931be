package org.dctloss.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.dctloss.pictures.CommandFailure;
import org.dctloss.pictures.OutputFiles;
import org.dctloss.pictures.Picture;
import org.dctloss.pictures.PictureFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code dctloss compare}: MSE, PSNR, SSIM and DCT loss of image files against a reference. */
@Command(
        name = "compare",
        description = "Compare images with a reference: MSE, PSNR, SSIM and DCT loss on RGB in [0,1].",
        footer = "PNG, JPEG, BMP and GIF (the first picture) are read, 16 bits where the file has 16. Colour profiles, "
                + "orientation and alpha are ignored. MSE and PSNR are over all channels, SSIM is the mean over "
                + "channels, the DCT loss is on BT.601 YCbCr with the JPEG luminance and chrominance tables.")
final class CompareCommand implements Callable<Integer> {
    /** Set by the launcher when standard error is a terminal, the one place for a progress bar. */
    private static final String TERMINAL = "dctloss.terminal";

    @Parameters(index = "0", paramLabel = "REFERENCE", description = "An image, or a folder of images.")
    private Path reference;

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "IMAGE",
            description =
                    "Images, or folders of images. With a folder as reference only folders, matched by file name.")
    private List<Path> images;

    @Option(
            names = "--heatmap",
            paramLabel = "FILE",
            description = "Write the DCT loss of each block as a PNG; for one image. The largest block is yellow.")
    private Path heatmap;

    @Mixin
    private Printing printing;

    private final List<String> errors = new ArrayList<>();

    private record Pair(Path reference, Path image) {}

    @Override
    public Integer call() {
        List<Pair> pairs = pairs();
        if (heatmap != null && pairs.size() != 1) {
            throw CommandFailure.of("--heatmap", pairs.size() + " images", "exactly one");
        }
        if (heatmap != null && !heatmap.toString().toLowerCase(Locale.ROOT).endsWith(".png")) {
            throw CommandFailure.of("--heatmap", "'" + heatmap + "'", "a file that ends in .png");
        }
        Pair first = pairs.isEmpty() ? null : pairs.get(0);
        try (OutputFiles outputs = new OutputFiles(first == null ? List.of() : List.of(first.reference, first.image))) {
            if (heatmap != null) {
                outputs.declare("--heatmap", heatmap);
            }
            compareAll(pairs, outputs);
        }
        return errors.isEmpty() ? ExitCode.OK : ExitCode.USAGE;
    }

    private List<Pair> pairs() {
        if (!Files.exists(reference)) {
            throw new CommandFailure(reference + ": could not be read: it does not exist");
        }
        List<Pair> pairs = new ArrayList<>();
        boolean folder = Files.isDirectory(reference);
        List<Path> references = folder ? PictureFile.list(reference) : List.of();
        for (Path image : images) {
            try {
                if (folder) {
                    pairByName(references, image, pairs);
                } else if (Files.isDirectory(image)) {
                    PictureFile.list(image).forEach(file -> pairs.add(new Pair(reference, file)));
                } else {
                    pairs.add(new Pair(reference, image));
                }
            } catch (CommandFailure failure) {
                errors.add(failure.getMessage());
            }
        }
        return pairs;
    }

    private void pairByName(List<Path> references, Path folder, List<Pair> pairs) {
        if (!Files.isDirectory(folder)) {
            String got = Files.exists(folder) ? "a file" : "a path that does not exist";
            throw CommandFailure.of(folder, got, "a folder, because the reference " + reference + " is one");
        }
        Set<Path> names = references.stream().map(Path::getFileName).collect(Collectors.toSet());
        for (Path image : PictureFile.list(folder)) {
            if (names.remove(image.getFileName())) {
                pairs.add(new Pair(reference.resolve(image.getFileName()), image));
            } else {
                errors.add(image + ": got no image of this name in the reference " + reference + ", allowed pairs");
            }
        }
        for (Path missing : names.stream().sorted().toList()) {
            errors.add(reference.resolve(missing) + ": got no image of this name in " + folder + ", allowed pairs");
        }
    }

    private void compareAll(List<Pair> pairs, OutputFiles outputs) {
        JsonArray results = new JsonArray();
        StringBuilder text = new StringBuilder(ImageScores.HEADING + "  image\n");
        Picture shared = Files.isDirectory(reference) ? null : PictureFile.read(reference);
        try (ProgressBar bar = pairs.size() > 1 && Boolean.getBoolean(TERMINAL) ? progressBar(pairs.size()) : null) {
            for (Pair pair : pairs) {
                try {
                    ImageScores scores = compare(pair, shared, outputs);
                    JsonObject result = new JsonObject();
                    result.addProperty("image", pair.image.toString());
                    scores.addTo(result);
                    results.add(result);
                    text.append(scores.row()).append("  ").append(pair.image).append('\n');
                } catch (CommandFailure failure) {
                    errors.add(failure.getMessage());
                }
                if (bar != null) {
                    bar.step();
                }
            }
        }
        report(results, text.toString(), outputs);
    }

    private ImageScores compare(Pair pair, Picture shared, OutputFiles outputs) {
        Picture reference = Objects.requireNonNullElseGet(shared, () -> PictureFile.read(pair.reference));
        Picture image = PictureFile.read(pair.image);
        if (image.width() != reference.width() || image.height() != reference.height()) {
            throw CommandFailure.of(
                    pair.image,
                    image.width() + "x" + image.height() + " pixels",
                    reference.width() + "x" + reference.height() + " like the reference");
        }
        ImageScores scores = ImageScores.of(reference, image);
        if (heatmap != null) {
            float[] blocks = HeatMap.blocks(reference, image);
            Picture map = HeatMap.paint(blocks, HeatMap.largest(blocks), image.width(), image.height());
            outputs.write(heatmap, out -> out.write(map.png()));
        }
        return scores;
    }

    private static ProgressBar progressBar(int count) {
        return new ProgressBarBuilder()
                .setTaskName("compare")
                .setInitialMax(count)
                .setStyle(ProgressBarStyle.ASCII)
                .setConsumer(new ConsoleProgressBarConsumer(System.err, 80))
                .build();
    }

    private void report(JsonArray results, String text, OutputFiles outputs) {
        if (results.isEmpty()) {
            String last = errors.remove(errors.size() - 1);
            errors.forEach(printing::problem);
            throw new CommandFailure(last);
        }
        outputs.commit();
        JsonObject json = new JsonObject();
        json.add("results", results);
        if (!errors.isEmpty()) {
            JsonArray sentences = new JsonArray();
            errors.forEach(sentences::add);
            json.add("errors", sentences);
        }
        printing.result(json, text);
        errors.forEach(printing::problem);
    }
}

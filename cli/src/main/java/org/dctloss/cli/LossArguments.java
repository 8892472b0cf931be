package org.dctloss.cli;

import java.nio.file.Path;
import java.util.List;
import org.dctloss.BackendChoice;
import org.dctloss.Coefficients;
import org.dctloss.ColorTransform;
import org.dctloss.DctLoss;
import org.dctloss.Edge;
import org.dctloss.FrequencyWeights;
import org.dctloss.LossOptions;
import org.dctloss.Normalization;
import org.dctloss.Penalty;
import org.dctloss.Reduction;
import org.dctloss.Scaling;
import org.dctloss.pictures.CommandFailure;
import picocli.CommandLine.Option;

/**
 * The options that configure a loss, and the law of their order: defaults, then the preset, then what is given
 * explicitly.
 */
final class LossArguments {
    static final String PRESET = "arezoomand2021";
    private static final int PRESET_BLOCK = 21;

    @Option(
            names = "--preset",
            paramLabel = "NAME",
            completionCandidates = Candidates.Presets.class,
            description = "Start from a published loss: ${COMPLETION-CANDIDATES}. Other options override it.")
    private String preset;

    @Option(
            names = "--backend",
            paramLabel = "NAME",
            completionCandidates = Candidates.Backends.class,
            description = "What computes: ${COMPLETION-CANDIDATES}. One that is named never falls back to another."
                    + " Default: auto.")
    private String backend;

    @Option(names = "--block", paramLabel = "B", description = "Block size in pixels, 2 to 64. Default: 8.")
    private Integer block;

    @Option(
            names = "--scaling",
            paramLabel = "NAME",
            completionCandidates = Candidates.Scalings.class,
            description = "Scaling of the DCT: ${COMPLETION-CANDIDATES}. Default: orthonormal.")
    private String scaling;

    @Option(
            names = WeightList.OPTION,
            paramLabel = "LIST",
            completionCandidates = Candidates.Tables.class,
            description =
                    "One table for all channels or one per channel, separated by commas: uniform, jpeg-luma:Q and "
                            + "jpeg-chroma:Q (quality 1 to 100), watson, csf:PPD (pixels per degree), or FILE.npy, which holds "
                            + "the weights W themselves, BxB or CxBxB. W multiplies the coefficient. Default: jpeg-luma:50.")
    private String weights;

    @Option(
            names = "--anneal",
            paramLabel = "A",
            description =
                    "Q becomes A*Q/2 + 1 before it is inverted; 0 makes all weights equal. Default: not annealed.")
    private Double anneal;

    @Option(
            names = "--weight-power",
            paramLabel = "P",
            description = "Raise the weights to a power, 0 or more. Default: 1.")
    private Double power;

    @Option(
            names = "--dc",
            paramLabel = "W",
            description = "Replace the weight of the block's mean, by 0 or more. Default: the table's.")
    private Double dc;

    @Option(
            names = "--normalize",
            paramLabel = "RULE",
            completionCandidates = Candidates.Normalizations.class,
            description = "Scale all tables together: ${COMPLETION-CANDIDATES}. Default: mean-square.")
    private String normalize;

    @Option(
            names = "--penalty",
            paramLabel = "NAME",
            completionCandidates = Candidates.Penalties.class,
            description = "Of a weighted error: squared, absolute, huber:DELTA or charbonnier:EPS. Default: squared.")
    private String penalty;

    @Option(
            names = "--coefficients",
            paramLabel = "NAME",
            completionCandidates = Candidates.CoefficientKinds.class,
            description = "What is compared of the coefficients: ${COMPLETION-CANDIDATES}. Default: signed.")
    private String coefficients;

    @Option(
            names = "--reduction",
            paramLabel = "NAME",
            completionCandidates = Candidates.Reductions.class,
            description = "Of the penalties to the loss: ${COMPLETION-CANDIDATES}. Default: mean.")
    private String reduction;

    @Option(
            names = "--edge",
            paramLabel = "NAME",
            completionCandidates = Candidates.Edges.class,
            description = "What lies outside the image: ${COMPLETION-CANDIDATES}. Default: replicate.")
    private String edge;

    @Option(
            names = "--stride",
            paramLabel = "S",
            description = "Distance of shifted grids in pixels, a divisor of the block size. Default: the block size.")
    private Integer stride;

    @Option(
            names = "--offset",
            paramLabel = "DY,DX",
            description = "Shift of the grid of blocks in pixels, 0 to B-1 each. Default: 0,0.")
    private String offset;

    @Option(
            names = "--color",
            paramLabel = "NAME",
            completionCandidates = Candidates.Colors.class,
            description = "Rotate R, G, B to Y, Cb, Cr first: ${COMPLETION-CANDIDATES}. Default: none.")
    private String color;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Most threads to use, 1 to 1024. Default: all processors.")
    private Integer threads;

    /** Files that the options read. */
    List<Path> files() {
        return weights == null ? List.of() : WeightList.files(weights);
    }

    /** The loss that the options describe. */
    DctLoss loss() {
        if (preset != null && !preset.equals(PRESET)) {
            throw CommandFailure.of("--preset", "'" + preset + "'", PRESET);
        }
        DctLoss start = preset == null ? DctLoss.builder().build() : DctLoss.arezoomand2021();
        DctLoss.Builder loss = start.toBuilder();
        if (block != null) {
            loss.blockSize(block);
        }
        loss.weights(weights(block == null ? start.blockSize() : block));
        if (backend != null) {
            loss.backend(Choice.parse("--backend", backend, BackendChoice.class));
        }
        if (scaling != null) {
            loss.scaling(Choice.parse("--scaling", scaling, Scaling.class));
        }
        if (penalty != null) {
            loss.penalty(parsePenalty(penalty));
        }
        if (coefficients != null) {
            loss.coefficients(Choice.parse("--coefficients", coefficients, Coefficients.class));
        }
        if (reduction != null) {
            loss.reduction(Choice.parse("--reduction", reduction, Reduction.class));
        }
        if (edge != null) {
            loss.edge(Choice.parse("--edge", edge, Edge.class));
        }
        if (stride != null) {
            loss.stride(stride);
        }
        if (color != null) {
            loss.color(Choice.parse("--color", color, ColorTransform.class));
        }
        if (threads != null) {
            loss.threads(threads);
        }
        return loss.build();
    }

    private FrequencyWeights weights(int size) {
        FrequencyWeights table;
        if (weights != null) {
            table = WeightList.parse(weights, size);
            // The preset's "no normalisation" stays until --normalize overrides it.
            table = preset == null ? table : table.normalize(Normalization.NONE);
        } else if (preset == null) {
            table = FrequencyWeights.jpegLuminance(50);
        } else if (size == PRESET_BLOCK) {
            table = DctLoss.arezoomand2021().weights();
        } else {
            // The preset's own table is pinned to 21x21; this is the same construction for another block size.
            table = FrequencyWeights.jpegLuminance(50).floor().normalize(Normalization.NONE);
        }
        if (anneal != null) {
            table = table.anneal(anneal);
        }
        if (power != null) {
            table = table.power(power);
        }
        if (dc != null) {
            table = table.withDc(dc);
        }
        return normalize == null ? table : table.normalize(Choice.parse("--normalize", normalize, Normalization.class));
    }

    /** "squared", "absolute", "charbonnier:EPS" or "huber:DELTA". */
    static Penalty parsePenalty(String text) {
        int colon = text.indexOf(':');
        String parameter = colon < 0 ? null : text.substring(colon + 1);
        String name = parameter == null ? text : text.substring(0, colon + 1);
        return switch (name) {
            case "squared" -> Penalty.squared();
            case "absolute" -> Penalty.absolute();
            case "charbonnier:" -> Penalty.charbonnier(WeightList.number("--penalty", text, parameter));
            case "huber:" -> Penalty.huber(WeightList.number("--penalty", text, parameter));
            default ->
                throw CommandFailure.of(
                        "--penalty", "'" + text + "'", "squared, absolute, charbonnier:EPS, huber:DELTA");
        };
    }

    /** What the options say about one call. */
    LossOptions call() {
        if (offset == null) {
            return LossOptions.DEFAULT;
        }
        String[] parts = offset.split(",", -1);
        try {
            if (parts.length == 2) {
                return LossOptions.DEFAULT.offset(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
            }
        } catch (NumberFormatException wrong) {
            // The sentence below says it.
        }
        throw CommandFailure.of("--offset", "'" + offset + "'", "two whole numbers DY,DX");
    }
}

package org.dctloss.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.dctloss.FrequencyWeights;
import org.dctloss.pictures.CommandFailure;
import picocli.CommandLine.TypeConversionException;

/** The language of {@code --weights}: names of tables and files of tables, separated by commas, one per channel. */
final class WeightList {
    static final String OPTION = "--weights";
    private static final String ALLOWED =
            "uniform, jpeg-luma:Q, jpeg-chroma:Q, watson, csf:PPD, or FILE.npy, separated by commas";

    private WeightList() {}

    /** The weights that a list stands for, not normalised yet; tables of files must have the block size. */
    static FrequencyWeights parse(String list, int block) {
        List<FrequencyWeights> tables = new ArrayList<>();
        for (String entry : list.split(",", -1)) {
            if (entry.endsWith(".npy")) {
                tables.addAll(tables(entry, block));
            } else {
                tables.add(named(entry));
            }
        }
        return tables.size() == 1
                ? tables.get(0)
                : FrequencyWeights.perChannel(tables.toArray(new FrequencyWeights[0]));
    }

    /** The files that a list names. */
    static List<Path> files(String list) {
        return Stream.of(list.split(",", -1))
                .filter(entry -> entry.endsWith(".npy"))
                .map(Path::of)
                .toList();
    }

    private static FrequencyWeights named(String entry) {
        int colon = entry.indexOf(':');
        String parameter = colon < 0 ? null : entry.substring(colon + 1);
        String name = parameter == null ? entry : entry.substring(0, colon + 1);
        return switch (name) {
            case "uniform" -> FrequencyWeights.uniform();
            case "watson" -> FrequencyWeights.watson();
            case "jpeg-luma:" -> FrequencyWeights.jpegLuminance(quality(entry, parameter));
            case "jpeg-chroma:" -> FrequencyWeights.jpegChrominance(quality(entry, parameter));
            case "csf:" -> FrequencyWeights.mannosSakrison(number(OPTION, entry, parameter));
            default -> throw CommandFailure.of(OPTION, "'" + entry + "'", ALLOWED);
        };
    }

    private static int quality(String entry, String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException wrong) {
            throw CommandFailure.of(OPTION, "'" + entry + "'", "a quality from 1 to 100 after the colon");
        }
    }

    /** The number behind the colon of an entry such as "csf:60". */
    static double number(String option, String entry, String text) {
        try {
            return Main.number(text);
        } catch (TypeConversionException wrong) {
            throw CommandFailure.of(option, "'" + entry + "'", "a number after the colon");
        }
    }

    private static List<FrequencyWeights> tables(String file, int block) {
        List<FrequencyWeights> tables = new ArrayList<>();
        for (float[] table : NpyFile.readTables(Path.of(file))) {
            int side = (int) Math.round(Math.sqrt(table.length));
            if (side != block) {
                throw CommandFailure.of(
                        OPTION + " " + file,
                        "a table of " + side + "x" + side,
                        block + "x" + block + ", the block size");
            }
            try {
                tables.add(FrequencyWeights.of(table));
            } catch (IllegalArgumentException wrong) {
                throw new CommandFailure(OPTION + " " + file + ": " + wrong.getMessage());
            }
        }
        return tables;
    }
}

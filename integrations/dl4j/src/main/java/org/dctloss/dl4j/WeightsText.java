package org.dctloss.dl4j;

import java.util.Arrays;
import java.util.StringJoiner;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dctloss.FrequencyWeights;
import org.dctloss.Normalization;

/**
 * Weights as one line of text and back: what {@link FrequencyWeights#toString} prints, with the numbers of tables that
 * have no name, as in {@code perChannel[jpegLuminance(50), of(1.0 0.5 0.5 0.25).resample(8)].normalize(MAX)}.
 */
final class WeightsText {
    private static final Pattern SET = Pattern.compile("(?:perChannel\\[(.*)]|(.*?))(?:\\.normalize\\((\\w+)\\))?");
    private static final Pattern CALL = Pattern.compile("\\G\\.?([a-zA-Z]+)(?:\\(([^)]*)\\))?");
    private static final Pattern UNNAMED = Pattern.compile("of\\((\\d+)x\\d+ table, hash \\w+\\)(.*)");

    private WeightsText() {}

    /** The text. */
    static String write(FrequencyWeights weights) {
        Matcher set = set(weights.toString());
        String[] tables = tables(set);
        StringJoiner text = new StringJoiner(", ");
        for (int i = 0; i < tables.length; i++) {
            Matcher unnamed = UNNAMED.matcher(tables[i]);
            text.add(unnamed.matches() ? numbers(weights, i, unnamed) : tables[i]);
        }
        return (set.group(1) == null ? text : "perChannel[" + text + "]")
                + (set.group(3) == null ? "" : ".normalize(" + set.group(3) + ")");
    }

    /** The numbers of the i-th table as it was given: at its own size, with nothing done to them. */
    private static String numbers(FrequencyWeights weights, int i, Matcher unnamed) {
        String changes = unnamed.group(2);
        if (changes.contains(".anneal(") || changes.contains(".withDc(")) {
            throw new IllegalArgumentException("weights: got " + weights
                    + ", whose numbers cannot be read back to be stored, allowed own tables without anneal and withDc");
        }
        int side = Integer.parseInt(unnamed.group(1));
        double[] all =
                weights.resample(side).power(1).normalize(Normalization.NONE).resolve(side);
        StringJoiner numbers = new StringJoiner(" ", "of(", ")");
        for (double number : Arrays.copyOfRange(all, i * side * side, (i + 1) * side * side)) {
            numbers.add(Float.toString((float) number));
        }
        return numbers + changes;
    }

    /** The weights. */
    static FrequencyWeights read(String text) {
        Matcher set = set(text);
        try {
            FrequencyWeights[] tables =
                    Arrays.stream(tables(set)).map(WeightsText::table).toArray(FrequencyWeights[]::new);
            FrequencyWeights weights = set.group(1) == null ? tables[0] : FrequencyWeights.perChannel(tables);
            return set.group(3) == null ? weights : weights.normalize(normalization(set.group(3), text));
        } catch (NumberFormatException broken) {
            throw unknown(text);
        }
    }

    private static Normalization normalization(String name, String text) {
        return Arrays.stream(Normalization.values())
                .filter(known -> known.name().equals(name))
                .findFirst()
                .orElseThrow(() -> unknown(text));
    }

    private static Matcher set(String text) {
        Matcher set = SET.matcher(text);
        if (!set.matches()) {
            throw unknown(text);
        }
        return set;
    }

    private static String[] tables(Matcher set) {
        return set.group(1) == null ? new String[] {set.group(2)} : set.group(1).split(", (?!hash)");
    }

    private static FrequencyWeights table(String text) {
        FrequencyWeights table = null;
        Matcher call = CALL.matcher(text);
        int end = 0;
        while (call.find()) {
            end = call.end();
            String argument = call.group(2) == null ? "" : call.group(2);
            if (table == null) {
                table = switch (call.group(1)) {
                    case "uniform" -> FrequencyWeights.uniform();
                    case "watson" -> FrequencyWeights.watson();
                    case "jpegLuminance" -> FrequencyWeights.jpegLuminance(Integer.parseInt(argument));
                    case "jpegChrominance" -> FrequencyWeights.jpegChrominance(Integer.parseInt(argument));
                    case "mannosSakrison" -> FrequencyWeights.mannosSakrison(Double.parseDouble(argument));
                    case "of" -> FrequencyWeights.of(floats(argument));
                    default -> throw unknown(text);
                };
            } else {
                table = switch (call.group(1)) {
                    case "resample" -> table.resample(Integer.parseInt(argument));
                    case "floor" -> table.floor();
                    case "anneal" -> table.anneal(Double.parseDouble(argument));
                    case "power" -> table.power(Double.parseDouble(argument));
                    case "withDc" -> table.withDc(Double.parseDouble(argument));
                    default -> throw unknown(text);
                };
            }
        }
        if (table == null || end != text.length()) {
            throw unknown(text);
        }
        return table;
    }

    private static float[] floats(String numbers) {
        String[] each = numbers.split(" ");
        float[] table = new float[each.length];
        for (int i = 0; i < each.length; i++) {
            table[i] = Float.parseFloat(each[i]);
        }
        return table;
    }

    private static IllegalArgumentException unknown(String text) {
        return new IllegalArgumentException(
                "weights: got the text \"" + text + "\", allowed what FrequencyWeights prints");
    }
}

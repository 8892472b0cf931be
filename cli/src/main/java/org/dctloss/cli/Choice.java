package org.dctloss.cli;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.dctloss.pictures.CommandFailure;

/** Words on the command line that stand for the values of an enum: lower case, with hyphens. */
final class Choice {
    private Choice() {}

    /** The value that a word stands for. */
    static <E extends Enum<E>> E parse(String option, String word, Class<E> type) {
        for (E value : type.getEnumConstants()) {
            if (word(value).equals(word)) {
                return value;
            }
        }
        String allowed =
                Arrays.stream(type.getEnumConstants()).map(Choice::word).collect(Collectors.joining(", "));
        throw CommandFailure.of(option, "'" + word + "'", allowed);
    }

    /** The word that stands for a value. */
    static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}

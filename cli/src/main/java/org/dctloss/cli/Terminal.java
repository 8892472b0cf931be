package org.dctloss.cli;

import java.util.function.UnaryOperator;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Help.Ansi.Style;

/**
 * What is known of the two output streams. Each shows colours if it is a terminal, TERM is not dumb, and NO_COLOR is
 * unset or empty (no-color.org); whatever else reads them gets plain text. Java cannot ask for each stream alone whether
 * it is a terminal: the launcher says so.
 *
 * @param out whether standard output shows colours
 * @param err whether standard error shows colours
 * @param columns width of the terminal, 80 if it is unknown
 */
record Terminal(boolean out, boolean err, int columns) {
    /** Set to true by the launcher when standard error is a terminal, the one place for a progress bar. */
    static final String ERR = "dctloss.terminal";

    /** Set to true by the launcher when standard output is a terminal. */
    static final String OUT = "dctloss.terminal.out";

    /** Set by the launcher to the width of the terminal. */
    static final String COLUMNS = "dctloss.columns";

    /** Files, pipes and tests. */
    static final Terminal NONE = new Terminal(false, false, 80);

    /** What environment and system properties say; both functions give null for what is not set. */
    static Terminal of(UnaryOperator<String> environment, UnaryOperator<String> properties) {
        String noColor = environment.apply("NO_COLOR");
        boolean colours = (noColor == null || noColor.isEmpty()) && !"dumb".equals(environment.apply("TERM"));
        String columns = properties.apply(COLUMNS);
        return new Terminal(
                colours && Boolean.parseBoolean(properties.apply(OUT)),
                colours && Boolean.parseBoolean(properties.apply(ERR)),
                columns != null && columns.matches("[1-9]\\d{0,3}") ? Integer.parseInt(columns) : NONE.columns);
    }

    /** For picocli's pages of help, which go to standard output. */
    Ansi help() {
        return out ? Ansi.ON : Ansi.OFF;
    }

    /** The text in these styles for a stream that shows colours, as it stands for one that does not. */
    static String style(boolean colours, String text, Style... styles) {
        if (!colours || text.isEmpty()) {
            return text;
        }
        StringBuilder styled = new StringBuilder();
        for (Style style : styles) {
            styled.append(style.on());
        }
        return styled.append(text).append(Style.reset.on()).toString();
    }
}

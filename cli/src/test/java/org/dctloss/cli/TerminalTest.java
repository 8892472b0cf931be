package org.dctloss.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TerminalTest {
    private static final String ESCAPE = "\u001b[";

    private static Terminal terminal(boolean out, boolean err, String... environment) {
        Map<String, String> variables = new HashMap<>();
        for (int i = 0; i < environment.length; i += 2) {
            variables.put(environment[i], environment[i + 1]);
        }
        Map<String, String> properties = Map.of(
                Terminal.OUT, Boolean.toString(out), Terminal.ERR, Boolean.toString(err), Terminal.COLUMNS, "72");
        return Terminal.of(variables::get, properties::get);
    }

    @Test
    void eachStreamIsDecidedAlone() {
        assertEquals(new Terminal(true, false, 72), terminal(true, false));
        assertEquals(new Terminal(false, true, 72), terminal(false, true, "TERM", "xterm"));
        assertEquals(Terminal.NONE, Terminal.of(name -> null, name -> null));
    }

    @Test
    void noColorAndDumbTerminalsStayPlain() {
        assertEquals(new Terminal(false, false, 72), terminal(true, true, "NO_COLOR", "1"));
        assertEquals(new Terminal(false, false, 72), terminal(true, true, "NO_COLOR", "0"));
        assertEquals(new Terminal(true, true, 72), terminal(true, true, "NO_COLOR", ""));
        assertEquals(new Terminal(false, false, 72), terminal(true, true, "TERM", "dumb"));
    }

    @Test
    void aWidthThatIsNoneIsIgnored() {
        for (String width : new String[] {"", "0", "-1", "wide", "99999", "80x24"}) {
            assertEquals(Terminal.NONE, Terminal.of(name -> null, Map.of(Terminal.COLUMNS, width)::get), width);
        }
    }

    @Test
    void helpAndResultsFollowStandardOutputAndErrorsStandardError() {
        Terminal out = terminal(true, false);
        Terminal err = terminal(false, true);
        for (String[] words : new String[][] {{"--help"}, {"eval", "--help"}, {"backends"}}) {
            assertTrue(Cli.run(out, words).out().contains(ESCAPE));
            assertFalse(Cli.run(err, words).out().contains(ESCAPE));
        }
        for (String[] words : new String[][] {{"foo"}, {"eval", "--foo"}, {"bench", "--shape", "1"}}) {
            assertFalse(Cli.run(out, words).err().contains(ESCAPE));
            assertTrue(Cli.run(err, words).err().startsWith("\u001b[1m\u001b[31mdctloss:\u001b[0m "));
        }
    }

    @Test
    void jsonAndPipesArePlain() {
        assertFalse(Cli.run(terminal(true, true), "backends", "--json").out().contains(ESCAPE));
        assertFalse(Cli.run("backends").out().contains(ESCAPE));
        assertFalse(Cli.run("--help").out().contains(ESCAPE));
        assertFalse(Cli.run("foo").err().contains(ESCAPE));
    }
}

package org.dctloss.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.PrintWriter;
import java.io.StringWriter;

/** One run of the command inside this process: its exit code and what it printed. */
record Cli(int code, String out, String err) {
    static Cli run(Object... arguments) {
        String[] words = new String[arguments.length];
        for (int i = 0; i < words.length; i++) {
            words[i] = arguments[i].toString();
        }
        return run(Terminal.NONE, words);
    }

    static Cli run(Terminal terminal, String... words) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Main.run(new PrintWriter(out), new PrintWriter(err), terminal, words);
        return new Cli(code, out.toString(), err.toString());
    }

    /** The JSON of a run that succeeded. */
    static JsonObject json(Object... arguments) {
        Cli run = run(arguments);
        assertEquals("", run.err);
        assertEquals(0, run.code);
        return JsonParser.parseString(run.out).getAsJsonObject();
    }

    /** Requires a failure as users are promised it: code 2, one line on standard error, nothing on standard output. */
    static String refused(String part, Object... arguments) {
        Cli run = run(arguments);
        assertEquals(2, run.code, run.err);
        assertEquals("", run.out);
        assertEquals(1, run.err.lines().count(), run.err);
        assertTrue(run.err.startsWith("dctloss: "), run.err);
        assertTrue(run.err.contains(part), () -> "expected '" + part + "' in: " + run.err);
        assertTrue(!run.err.contains("unexpected failure"), run.err);
        return run.err;
    }
}

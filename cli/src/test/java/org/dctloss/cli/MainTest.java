package org.dctloss.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import org.dctloss.Backends;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
    @Test
    void withoutACommandItShowsHowToGoOn() {
        Cli run = Cli.run();
        assertEquals(2, run.code());
        assertEquals(Cli.run("--help").out(), run.out());
        assertEquals(
                "dctloss: command: got none, allowed compare, demo, eval, bench, backends, completion, help"
                        + " (try one of the examples above)",
                run.err().strip());
    }

    @Test
    void versionGoesToStandardOutput() {
        Cli run = Cli.run("--version");
        assertEquals(0, run.code());
        assertTrue(run.out().startsWith("dctloss "), run.out());
    }

    @ParameterizedTest
    @ValueSource(strings = {"eval", "compare", "demo", "bench", "backends", "completion"})
    void everyCommandHasHelpAndRefusesUnknownOptions(String command) {
        Cli help = Cli.run(command, "--help");
        assertEquals(0, help.code());
        assertEquals("", help.err());
        assertTrue(help.out().startsWith("Usage: dctloss " + command), help.out());
        assertTrue(help.out().contains("--json"), help.out());
        Cli.refused("see 'dctloss " + command + " --help'", command, "--no-such-option");
    }

    @Test
    void backendsAreListedWithTheirCause() {
        JsonArray backends = Cli.json("backends", "--json").getAsJsonArray("backends");
        assertEquals(3, backends.size());
        for (int i = 0; i < backends.size(); i++) {
            JsonObject backend = backends.get(i).getAsJsonObject();
            assertTrue(backend.get("text").getAsString().length() > 3);
            boolean available = backend.get("available").getAsBoolean();
            String name = backend.get("name").getAsString();
            assertTrue(available || !name.equals("java"));
            assertTrue(!backend.get("text").getAsString().endsWith("not on the class path"), name);
        }
        assertTrue(Cli.run("backends").out().contains("java "));
    }

    @Test
    void whatWasNotBuiltIsListedWithWhatBuildsIt() {
        Backends.Report missing = new Backends.Report("cuda", false, "its library was not built, which takes nvcc");
        assertTrue(BackendsCommand.remedy(missing).startsWith("DCTLOSS_BUILD=cuda ./dctloss backends builds it"));
        missing = new Backends.Report("native", false, "its library was not built, which takes g++");
        assertEquals("once g++ is installed, the next ./dctloss builds it", BackendsCommand.remedy(missing));
        assertNull(BackendsCommand.remedy(new Backends.Report("cuda", false, "there is no NVIDIA driver")));
        assertNull(BackendsCommand.remedy(new Backends.Report("native", true, "C++")));
    }
}

package org.dctloss.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
    @Test
    void withoutACommandItSaysWhichThereAre() {
        Cli.refused("command: got none, allowed eval, compare, demo, bench, backends (see 'dctloss --help')");
    }

    @Test
    void anUnknownCommandIsOneLine() {
        Cli.refused("command: got foo, allowed eval, compare, demo, bench, backends", "foo");
        Cli.refused("--foo", "--foo");
    }

    @Test
    void versionGoesToStandardOutput() {
        Cli run = Cli.run("--version");
        assertEquals(0, run.code());
        assertTrue(run.out().startsWith("dctloss "), run.out());
    }

    @ParameterizedTest
    @ValueSource(strings = {"eval", "compare", "demo", "bench", "backends"})
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

    /** Backends are found once in a JVM, so this takes JVMs of its own. */
    @Test
    void anInstructionSetCanBeForced() throws Exception {
        boolean there = Cli.run("backends").out().contains("native   available");
        if (there) {
            String low = System.getProperty("os.arch").equals("aarch64") ? "neon" : "sse2";
            String forced = elsewhere(0, "backends", "--native-isa", low);
            assertTrue(forced.contains("forced by -Ddctloss.native.isa"), forced);
        }
        for (String command : new String[] {"backends", "eval"}) {
            String refused = elsewhere(2, command, "--native-isa", "mmx");
            assertEquals(1, refused.lines().count(), refused);
            assertTrue(
                    refused.startsWith("dctloss: --native-isa: got 'mmx', but native is not available: "
                            + (there ? "-Ddctloss.native.isa: got 'mmx', allowed on this processor " : "")),
                    refused);
        }
    }

    @Test
    void aDisabledBackendIsReportedAsSuch() throws Exception {
        String out = elsewhere(0, "-Ddctloss.disable=native", "backends");
        assertTrue(out.contains("native   not available  it is disabled by -Ddctloss.disable"), out);
    }

    /** What a JVM of its own prints, on both streams; options of the JVM come first. */
    private static String elsewhere(int code, String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--enable-native-access=ALL-UNNAMED");
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        Stream.of(arguments).filter(word -> word.startsWith("-D")).forEach(command::add);
        command.add(Main.class.getName());
        Stream.of(arguments).filter(word -> !word.startsWith("-D")).forEach(command::add);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(code, process.waitFor(), printed);
        return printed;
    }
}

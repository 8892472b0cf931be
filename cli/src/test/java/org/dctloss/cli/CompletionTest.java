package org.dctloss.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** The script of {@code dctloss completion}, sourced by bash. */
class CompletionTest {
    /** Makes a terminal, for readline. */
    private static final Path PTY = Path.of("/usr/bin/script");

    @TempDir
    private Path folder;

    private Path script;

    @BeforeEach
    void writeScript() throws IOException {
        Cli run = Cli.run("completion", "bash");
        assertEquals(0, run.code(), run.err());
        script = Files.writeString(folder.resolve("completion"), run.out());
    }

    private String bash(String input, String... command) throws Exception {
        Path stdin = Files.writeString(folder.resolve("input"), input);
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectInput(stdin.toFile())
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), printed);
        return printed;
    }

    /** What the function offers for the last word; "files" if it leaves the word to the shell, "nothing" if not even so. */
    private List<String> offers(String... words) throws Exception {
        StringBuilder input =
                new StringBuilder(". ./completion\ncompopt() { [ \"$*\" = '+o default' ] && echo nothing; }\n");
        input.append("COMP_WORDS=(");
        for (String word : words) {
            input.append('\'').append(word).append("' ");
        }
        input.append(")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_dctloss\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n");
        List<String> lines =
                bash(input.toString(), "bash", "--noprofile", "--norc").lines().toList();
        return lines.equals(List.of(""))
                ? List.of("files")
                : lines.stream().filter(line -> !line.isEmpty()).toList();
    }

    @Test
    void commandsAreCompleted() throws Exception {
        List<String> names =
                new ArrayList<>(Main.commandLine(Terminal.NONE).getSubcommands().keySet());
        assertEquals(names, offers("dctloss", ""));
        assertEquals(List.of("bench", "backends"), offers("./dctloss", "b"));
        assertEquals(List.of("backends"), offers("dctloss", "--native-isa", "avx2", "ba"));
        assertEquals(List.of("compare", "completion"), offers("dctloss", "help", "comp"));
        assertEquals(List.of("bash", "zsh"), offers("dctloss", "completion", ""));
    }

    /** All options of all commands: by name, and each value as its type says. */
    @Test
    void optionsAndTheirValuesAreCompleted() throws Exception {
        int words = 0;
        int files = 0;
        for (CommandLine line : Main.commandLine(Terminal.NONE).getSubcommands().values()) {
            String command = line.getCommandName();
            List<String> options = offers("dctloss", command, "--");
            for (OptionSpec option : line.getCommandSpec().options()) {
                assertTrue(options.contains(option.longestName()), () -> command + " " + options);
                if (option.longestName().equals("--native-isa") && !command.equals("eval")) {
                    continue; // the same everywhere
                }
                List<String> offered =
                        option.arity().max() == 0 ? List.of() : offers("dctloss", command, option.longestName(), "");
                if (option.completionCandidates() != null) {
                    List<String> expected = new ArrayList<>();
                    option.completionCandidates().forEach(expected::add);
                    assertEquals(expected, offered, option.longestName());
                    words++;
                } else if (option.type() == Path.class) {
                    assertEquals(List.of("files"), offered, option.longestName());
                    files++;
                } else if (option.arity().max() > 0) {
                    assertEquals(List.of("nothing"), offered, option.longestName());
                }
            }
        }
        assertTrue(words >= 11 && files >= 8, words + " with words, " + files + " with files");
    }

    @ParameterizedTest
    @CsvSource({
        "eval --backend nat, native",
        "eval --backend = nat, native",
        "eval --backend =, auto java native cuda",
        "eval --backend=nat, --backend=native",
        "eval --reduction per, per-sample",
        "eval --weights jpeg-l, jpeg-luma:50",
        "eval --weights mine, files",
        "eval --penalty squared --edge re, replicate reflect",
        "compare --heatmap native --native-isa n, neon",
        "compare a, files",
        "compare . help e, files",
        "bench --se, --seconds",
        "bench --threads --se, nothing",
    })
    void theWordUnderTheCursorIsCompleted(String words, String expected) throws Exception {
        assertEquals(List.of(expected.split(" ")), offers(("dctloss " + words).split(" ")));
    }

    /** What a person sees who presses Tab, file names included: spaces are quoted, and nothing in a name is executed. */
    @ParameterizedTest
    @ValueSource(strings = {"compare ", "eval --prediction ", "eval --prediction=", "./dctloss compare x "})
    void tabCompletesFileNamesThatNeedQuotes(String words) throws Exception {
        assumeTrue(Files.isExecutable(PTY), "no " + PTY + " to make a terminal with");
        String name = "my picture $(touch executed).png";
        Files.writeString(folder.resolve(name), "");
        String dctloss = words.startsWith("./") ? "" : "dctloss ";
        String input = ". ./completion\n"
                + "dctloss() { printf '<%s>' \"$@\" >> called; }\n"
                + "function ./dctloss() { dctloss \"$@\"; }\n"
                + dctloss + words + "my\t\nexit\n";
        bash(input, PTY.toString(), "-qec", "bash --noprofile --norc -i", "/dev/null");
        String called = Files.readString(folder.resolve("called"));
        assertTrue(called.endsWith((words.endsWith("=") ? "=" : "<") + name + ">"), called);
        assertTrue(Files.notExists(folder.resolve("executed")));
    }

    @Test
    void bothShellsGetOneScriptAndOthersNone() throws Exception {
        String printed = Files.readString(script);
        assertEquals(printed, Cli.run("completion", "zsh").out());
        assertEquals(
                printed.stripTrailing(),
                Cli.json("completion", "bash", "--json")
                        .get("script")
                        .getAsString()
                        .stripTrailing());
        Cli.refused("SHELL: got 'fish', allowed bash, zsh", "completion", "fish");
        Cli.refused("completion: got no SHELL, allowed dctloss completion [OPTIONS] SHELL", "completion");
    }
}

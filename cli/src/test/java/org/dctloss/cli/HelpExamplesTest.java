package org.dctloss.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.dctloss.pictures.Picture;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.ParseResult;

/**
 * Runs the examples of every page of help, as they stand there, in a folder that holds the files they name. An example is
 * a line after "Examples:" that starts with two spaces and the command's name; a backslash at its end goes on in the next
 * line. What starts with four spaces is a remark.
 */
class HelpExamplesTest {
    private static final int WIDTH = 80;

    @TempDir
    private Path folder;

    /** All commands, the outer one first, each by the words that ask for its help. */
    private static List<List<String>> commands() {
        List<List<String>> commands = new ArrayList<>(List.of(List.of()));
        for (String name : Main.commandLine(Terminal.NONE).getSubcommands().keySet()) {
            commands.add(List.of(name));
        }
        return commands;
    }

    private static List<String> page(List<String> command) {
        List<String> words = new ArrayList<>(command);
        words.add("--help");
        Cli run = Cli.run(words.toArray());
        assertEquals("", run.err());
        assertEquals(0, run.code());
        return run.out().lines().toList();
    }

    private static List<String> examples(List<String> page) {
        assertTrue(page.contains(Main.EXAMPLES), () -> "no example: " + page.get(0));
        List<String> examples = new ArrayList<>();
        boolean goesOn = false;
        for (String line : page.subList(page.indexOf(Main.EXAMPLES) + 1, page.size())) {
            if (goesOn) {
                examples.add(examples.remove(examples.size() - 1) + line.strip());
            } else if (line.startsWith("  " + Main.NAME + " ")) {
                examples.add(line.strip());
            } else {
                assertTrue(line.startsWith("    "), () -> "neither an example nor a remark: " + line);
                continue;
            }
            goesOn = line.endsWith(" \\");
            if (goesOn) {
                String last = examples.remove(examples.size() - 1);
                examples.add(last.substring(0, last.length() - 1));
            }
        }
        assertFalse(examples.isEmpty(), () -> "no example: " + page.get(0));
        return examples;
    }

    @TestFactory
    Stream<DynamicTest> everyExampleRuns() {
        return commands().stream()
                .map(HelpExamplesTest::page)
                .flatMap(page -> examples(page).stream())
                .map(example -> DynamicTest.dynamicTest(example, () -> runs(example)));
    }

    private void runs(String example) throws IOException {
        Path at = Files.createTempDirectory(folder, "example");
        Set<Path> fixtures = new HashSet<>(makeFixtures(at));
        List<String> words = List.of(example.split(" +"));
        Cli run = Cli.run(inFolder(words.subList(1, words.size()), at).toArray());
        assertEquals("", run.err());
        assertEquals(0, run.code());
        assertFalse(run.out().isBlank());
        for (Path file : fixtures) {
            assertTrue(Files.getLastModifiedTime(file).toMillis() == 0, () -> "replaced: " + file);
        }
    }

    /** The words with every path in the folder: Java cannot change to another. */
    private static List<String> inFolder(List<String> words, Path at) {
        Set<String> paths = new HashSet<>();
        ParseResult result = Main.commandLine(Terminal.NONE).parseArgs(words.toArray(String[]::new));
        for (ParseResult part : result.hasSubcommand() ? List.of(result.subcommand()) : List.<ParseResult>of()) {
            for (ArgSpec argument : part.matchedArgs()) {
                boolean path = argument.auxiliaryTypes()[0] == Path.class || argument.type() == Path.class;
                argument.originalStringValues().stream()
                        .filter(value -> path || value.endsWith(".npy"))
                        .forEach(paths::add);
            }
        }
        return words.stream()
                .map(word -> paths.contains(word) ? at.resolve(word).toString() : word)
                .toList();
    }

    /** Small files by the names that examples may use; their time of change is the epoch. */
    private static List<Path> makeFixtures(Path at) throws IOException {
        List<Path> files = new ArrayList<>();
        String[] pictures = {
            "reference.png",
            "copy.png",
            "restored.png",
            "references/1.png",
            "references/2.png",
            "references/3.png",
            "copies/1.png",
            "copies/2.png",
            "copies/3.png"
        };
        for (String name : pictures) {
            Picture picture = Picture.ofSize(40, 24);
            float[] noise = BenchCommand.noise(picture.planes().length, name.hashCode());
            System.arraycopy(noise, 0, picture.planes(), 0, noise.length);
            Path file = at.resolve(name);
            Files.createDirectories(file.getParent());
            files.add(Files.write(file, picture.png()));
        }
        for (String name : new String[] {"prediction.npy", "target.npy"}) {
            files.add(array(at.resolve(name), 2, 3, 16, 24));
        }
        files.add(array(at.resolve("weights.npy"), 8, 8));
        for (Path file : files) {
            assertTrue(file.toFile().setLastModified(0));
        }
        return files;
    }

    private static Path array(Path file, int... shape) throws IOException {
        int size = 1;
        for (int side : shape) {
            size *= side;
        }
        try (OutputStream out = Files.newOutputStream(file)) {
            NpyFile.write(out, BenchCommand.noise(size, file.toString().hashCode()), shape);
        }
        return file;
    }

    @Test
    void everyPageIsCompleteAndFitsTheTerminal() {
        for (List<String> command : commands()) {
            List<String> page = page(command);
            String start = "Usage: "
                    + String.join(
                            " ",
                            Stream.concat(Stream.of(Main.NAME), command.stream())
                                    .toList());
            assertTrue(page.get(0).startsWith(start + " "), page.get(0));
            for (String heading : new String[] {"Options:", "Exit codes:"}) {
                assertTrue(page.contains(heading), () -> command + " lacks " + heading);
            }
            for (String line : page) {
                assertTrue(line.length() <= WIDTH, line);
                assertFalse(line.endsWith(" "), () -> "'" + line + "'");
            }
        }
    }

    @Test
    void aWiderAndANarrowerTerminalAreFilled() {
        for (int columns : new int[] {20, 55, 60, 100, 300}) {
            Cli run = Cli.run(new Terminal(false, false, columns), "eval", "--help");
            int longest = run.out()
                    .lines()
                    .filter(line -> !line.startsWith("  dctloss") && !line.startsWith("Usage:"))
                    .mapToInt(String::length)
                    .max()
                    .orElseThrow();
            int expected = Math.max(55, Math.min(columns, 100));
            assertTrue(longest <= expected && longest > expected - 10, columns + " columns: " + longest);
        }
    }

    @Test
    void helpOfACommandIsItsPage() {
        CommandLine line = Main.commandLine(Terminal.NONE);
        List<String> names = new ArrayList<>(line.getSubcommands().keySet());
        for (String name : names) {
            assertEquals(Cli.run(name, "--help"), Cli.run("help", name));
        }
        assertEquals(Cli.run("--help"), Cli.run("help"));
        assertEquals(names.subList(0, names.size() - 1), words(new Candidates.Commands()));
    }

    private static List<String> words(Iterable<String> candidates) {
        List<String> words = new ArrayList<>();
        candidates.forEach(words::add);
        return words;
    }
}

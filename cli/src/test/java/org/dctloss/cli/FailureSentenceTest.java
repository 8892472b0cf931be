package org.dctloss.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import org.dctloss.BackendException;
import org.dctloss.pictures.CommandFailure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine.Model.CommandSpec;

class FailureSentenceTest {
    private static final CommandSpec COMMAND = CommandSpec.create().name("dctloss");

    private static String of(Throwable failure) {
        return FailureSentence.of(failure, COMMAND);
    }

    /** What picocli refuses: what, got, allowed, and where to read on. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "compar | command: got 'compar', allowed LIST; did you mean compare or completion? (see 'dctloss --help')",
                "xyz | command: got 'xyz', allowed LIST (see 'dctloss --help')",
                "help xyz | command: got 'xyz', allowed LIST (see 'dctloss --help')",
                "--verion | --verion: got an unknown option; did you mean --version? (see 'dctloss --help')",
                "bench --jsn | --jsn: got an unknown option; did you mean --json? (see 'dctloss bench --help')",
                "eval -q | -q: got an unknown option (see 'dctloss eval --help')",
                "eval --predction a.npy | --predction: got an unknown option; did you mean --prediction or --preset? SEE",
                "eval | eval: got no --prediction P.npy and no --target T.npy, allowed SYNOPSIS SEE",
                "eval --prediction a.npy | eval: got no --target T.npy, allowed SYNOPSIS SEE",
                "eval --prediction | --prediction: got no value, allowed --prediction P.npy SEE",
                "eval --prediction= --target b | --prediction: got '', allowed a path SEE",
                "eval --block x | --block: got 'x', allowed a whole number SEE",
                "eval --dc 1f | --dc: got '1f', allowed a number SEE",
                "eval --prediction a --target b c d | eval: got 'c', 'd' too many, allowed SYNOPSIS SEE",
                "bench --threads --json | --threads: got no value, allowed --threads N (see 'dctloss bench --help')",
                "bench --seconds 1 --seconds 2 | --seconds: got it twice, allowed once (see 'dctloss bench --help')",
                "backends --json=5 | --json: got '5', allowed no value (see 'dctloss backends --help')",
                "bench --threads 0 | --threads: got 0, allowed 1 to 1024 (see 'dctloss bench --help')",
                "compare a b --threads 0 | --threads: got 0, allowed 1 to 1024 (see 'dctloss compare --help')",
                "compare '' a | REFERENCE: got '', allowed a path (see 'dctloss compare --help')",
                "compare a '' | IMAGE: got '', allowed a path (see 'dctloss compare --help')",
                "completion fish | SHELL: got 'fish', allowed bash, zsh (see 'dctloss completion --help')",
                "bench --seconds 0 | --seconds: got 0.0, allowed more than 0, up to 600 (see 'dctloss bench --help')",
            })
    void wordsThatMakeNoSense(String words, String sentence) {
        String expected = sentence.replace("LIST", "compare, demo, eval, bench, backends, completion, help")
                .replace("SYNOPSIS", "dctloss eval --prediction P.npy --target T.npy [OPTIONS]")
                .replace("SEE", "(see 'dctloss eval --help')");
        Cli run = Cli.run((Object[]) words.replace("''", "").split(" ", -1));
        assertEquals(new Cli(2, "", "dctloss: " + expected + System.lineSeparator()), run);
    }

    @Test
    void whatTheUserCanChangeIsSaidAsItStands() {
        assertEquals("a.png: got x, allowed y", of(CommandFailure.of("a.png", "x", "y")));
        assertEquals("--out: got x, allowed y (see 'dctloss --help')", of(CommandFailure.of("--out", "x", "y")));
        assertEquals(
                "stride: got 3, allowed 1 (see 'dctloss --help')",
                of(new IllegalArgumentException("stride: got 3, allowed 1")));
        assertEquals(
                "backend: got cuda, but there is no driver (run 'dctloss backends' to see what runs here)",
                of(new BackendException("backend: got cuda, but there is no driver", null)));
    }

    @Test
    void memoryIsNamedWithTheOptionThatGivesMore() {
        assertTrue(of(new OutOfMemoryError("Java heap space"))
                .matches("memory: got more work than fits the Java heap of \\d+ MiB, allowed less .*-Xmx8g.*"));
        assertTrue(of(new ExecutionException(new OutOfMemoryError("Java heap space")))
                .startsWith("memory: got more"));
        assertTrue(of(new OutOfMemoryError("Cannot reserve 8 bytes of direct buffer memory"))
                .contains("-XX:MaxDirectMemorySize=8g"));
        assertTrue(of(new OutOfMemoryError("unable to create native thread: possibly out of memory"))
                .contains("--threads 1"));
        assertTrue(of(new StackOverflowError()).contains("-Xss16m"));
    }

    /** An exception that is nobody's refusal is a bug, even with a type that refusals have. */
    @Test
    void bugsAreOneLineThatCanBeReported() {
        for (Throwable bug : new Throwable[] {
            new NullPointerException(),
            new IllegalArgumentException("Illegal Capacity: -1"),
            new RuntimeException("outside", new IllegalStateException("inside")),
            new AssertionError("never")
        }) {
            String sentence = of(bug);
            Throwable root = bug.getCause() == null ? bug : bug.getCause();
            assertTrue(
                    sentence.startsWith("unexpected failure: " + root + ", at " + FailureSentenceTest.class.getName()),
                    sentence);
            assertTrue(sentence.endsWith("(a bug of dctloss: please report this line and the command)"), sentence);
        }
        assertTrue(of(new NoSuchMethodError("x")).startsWith("installation: got jars that do not fit together"));
    }

    @Test
    void aRelativePathIsSaidWithItsFolder() {
        Cli.refused(
                "no.npy: could not be read: it does not exist in " + Path.of("").toAbsolutePath(),
                "eval",
                "--prediction",
                "no.npy",
                "--target",
                "no.npy");
        Cli.refused(
                "/no.npy: could not be read: it does not exist\n", "eval", "--prediction", "/no.npy", "--target", "/n");
    }
}

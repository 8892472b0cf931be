package org.dctloss.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.dctloss.pictures.CommandFailure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command as a process, in JVMs of its own: what it does with streams and signals, and what is decided once in a JVM. */
class ProcessTest {
    @TempDir
    private Path folder;

    private static List<String> java(String... options) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--enable-native-access=ALL-UNNAMED");
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        return command;
    }

    private static String read(InputStream stream) throws IOException {
        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }

    /** What a command prints, on both streams; options of the JVM come first. */
    private static String printed(int code, String... arguments) throws Exception {
        List<String> command =
                java(Stream.of(arguments).filter(word -> word.startsWith("-D")).toArray(String[]::new));
        command.add(Main.class.getName());
        Stream.of(arguments).filter(word -> !word.startsWith("-D")).forEach(command::add);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed = read(process.getInputStream());
        assertEquals(code, process.waitFor(), printed);
        return printed;
    }

    @Test
    void anInstructionSetCanBeForced() throws Exception {
        boolean there = Cli.run("backends").out().contains("native   available");
        if (there) {
            String low = System.getProperty("os.arch").equals("aarch64") ? "neon" : "sse2";
            String forced = printed(0, "backends", "--native-isa", low);
            assertTrue(forced.contains("forced by -Ddctloss.native.isa"), forced);
        }
        for (String command : new String[] {"backends", "eval"}) {
            String refused = printed(2, command, "--native-isa", "mmx");
            assertEquals(1, refused.lines().count(), refused);
            assertTrue(
                    refused.startsWith("dctloss: --native-isa: got 'mmx', but native is not available: "
                            + (there ? "-Ddctloss.native.isa: got 'mmx', allowed on this processor " : "")),
                    refused);
        }
    }

    @Test
    void aDisabledBackendIsReportedAsSuch() throws Exception {
        String out = printed(0, "-Ddctloss.disable=native", "backends");
        assertTrue(out.contains("native   not available  it is disabled by -Ddctloss.disable"), out);
    }

    /** A shell command in which "$@" is the command; its exit code, standard error, and what the shell adds to it. */
    private static String shell(String text) throws Exception {
        List<String> command = new ArrayList<>(List.of("bash", "-c", text, "bash"));
        command.addAll(java());
        command.add(Main.class.getName());
        Process process = new ProcessBuilder(command).start();
        assertEquals("", read(process.getInputStream()));
        String err = read(process.getErrorStream());
        assertEquals(0, process.waitFor());
        return err;
    }

    @Test
    void aReaderThatStopsEndsItQuietly() throws Exception {
        assertEquals("0\n", shell("{ \"$@\" backends; echo $? >&2; } | :"));
    }

    @Test
    void aFullDiskIsAFailure() throws Exception {
        assumeTrue(Files.isWritable(Path.of("/dev/full")), "no /dev/full, which stands for a full disk");
        String err = shell("\"$@\" backends >/dev/full; echo $? >&2");
        assertTrue(err.matches("dctloss: standard output: could not be written: .*\n2\n"), err);
    }

    @Test
    void aSignalEndsItWithoutAWord() throws Exception {
        List<String> command = java();
        command.addAll(List.of(Main.class.getName(), "bench", "--seconds", "300", "--shape", "1x1x64x64"));
        Process process = new ProcessBuilder(command)
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile())
                .start();
        assertTrue(!process.waitFor(1500, TimeUnit.MILLISECONDS));
        process.destroy();
        assertEquals(143, process.waitFor());
        assertEquals("", Files.readString(folder.resolve("out")));
        assertEquals("", Files.readString(folder.resolve("err")));
    }

    /** Ends this JVM by a failure on a thread that nobody waits for. */
    static final class FailingThread {
        public static void main(String[] arguments) throws InterruptedException {
            Main.tellFailuresOfThreads();
            new Thread(() -> {
                        throw CommandFailure.of("a.png", "x", "y");
                    })
                    .start();
            Thread.sleep(60_000);
        }
    }

    @Test
    void aFailureOnAnotherThreadIsOneLine() throws Exception {
        List<String> command = java();
        command.add(FailingThread.class.getName());
        Process process = new ProcessBuilder(command).start();
        assertEquals("dctloss: a.png: got x, allowed y\n", read(process.getErrorStream()));
        assertEquals(2, process.waitFor());
    }
}

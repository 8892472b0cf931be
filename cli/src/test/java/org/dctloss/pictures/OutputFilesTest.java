package org.dctloss.pictures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class OutputFilesTest {
    @TempDir
    Path folder;

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static void refused(String sentence, Executable call) {
        assertEquals(sentence, assertThrows(CommandFailure.class, call).getMessage());
    }

    @Test
    void allAreThereAfterTheCommit() throws IOException {
        Path old = Files.writeString(folder.resolve("old"), "before");
        Path fresh = folder.resolve("made").resolve("fresh");
        try (OutputFiles outputs = new OutputFiles(List.of())) {
            outputs.makeFolder("--out", fresh.getParent());
            outputs.declare("--old", old);
            outputs.declare("--fresh", fresh);
            outputs.write(old, out -> out.write('1'));
            outputs.write(fresh, out -> out.write('2'));
            assertEquals("before", Files.readString(old));
            outputs.commit();
        }
        assertEquals("1", Files.readString(old));
        assertEquals("2", Files.readString(fresh));
        assertEquals(List.of("made", "old"), names());
    }

    @Test
    void nothingIsThereWithoutIt() throws IOException {
        Path old = Files.writeString(folder.resolve("old"), "before");
        Path fresh = folder.resolve("made").resolve("fresh");
        try (OutputFiles outputs = new OutputFiles(List.of())) {
            outputs.makeFolder("--out", fresh.getParent());
            outputs.declare("--old", old);
            outputs.declare("--fresh", fresh);
            outputs.write(old, out -> out.write('1'));
            refused(
                    fresh + ": could not be written: full",
                    () -> outputs.write(fresh, out -> {
                        throw new IOException("full");
                    }));
        }
        assertEquals("before", Files.readString(old));
        assertEquals(List.of("old"), names());
    }

    @Test
    void whatCannotBeIsRefusedWhenItIsDeclared() throws IOException {
        Path input = Files.writeString(folder.resolve("input"), "kept");
        Path output = folder.resolve("output");
        Path nowhere = folder.resolve("nowhere").resolve("file");
        try (OutputFiles outputs = new OutputFiles(List.of(input))) {
            outputs.declare("--a", output);
            refused(
                    "--b " + output + ": got the same file twice, allowed one file for each output",
                    () -> outputs.declare("--b", output));
            refused(
                    "--b " + input + ": got the input file " + input + ", allowed a file of its own",
                    () -> outputs.declare("--b", input));
            refused("--b " + folder + ": got a folder, allowed a file", () -> outputs.declare("--b", folder));
            refused(
                    "--b " + nowhere + ": got a file in " + nowhere.getParent()
                            + ", which is no folder, allowed an existing folder",
                    () -> outputs.declare("--b", nowhere));
            refused(
                    "--out " + input + ": got a path through the file " + input + ", allowed a folder",
                    () -> outputs.makeFolder("--out", input));
        }
        assertEquals(List.of("input"), names());
    }

    @Test
    void aFolderThatCannotBeMadeIsRefusedWithItsOption() throws IOException {
        Path long300 = folder.resolve("x".repeat(300)); // longer than a name may be anywhere
        try (OutputFiles outputs = new OutputFiles(List.of())) {
            CommandFailure failure =
                    assertThrows(CommandFailure.class, () -> outputs.makeFolder("--out", long300.resolve("y")));
            String sentence = failure.getMessage();
            assertTrue(
                    sentence.startsWith("--out " + long300.resolve("y") + ": got a folder that cannot be made"),
                    sentence);
            assertTrue(sentence.endsWith(", allowed a folder that is there, or that can be made"), sentence);
        }
        assertEquals(List.of(), names());
    }

    @Test
    void aFolderInOneWithoutPermissionIsRefusedWithItsOption() throws IOException {
        Path closed = Files.createDirectory(folder.resolve("closed"));
        assumeTrue(closed.toFile().setWritable(false) && !Files.isWritable(closed), "this user may write everywhere");
        try (OutputFiles outputs = new OutputFiles(List.of())) {
            refused(
                    "--out " + closed.resolve("x") + ": got the folder " + closed
                            + " without permission to write, allowed a writable folder",
                    () -> outputs.makeFolder("--out", closed.resolve("x")));
        } finally {
            closed.toFile().setWritable(true);
        }
    }

    @Test
    void whatIsPublishedStays() throws IOException {
        Path first = folder.resolve("made").resolve("first");
        Path second = folder.resolve("made").resolve("inside").resolve("second");
        try (OutputFiles outputs = new OutputFiles(List.of())) {
            outputs.makeFolder("--out", first.getParent());
            outputs.makeFolder("--out", second.getParent());
            outputs.declare("--out", first);
            outputs.declare("--out", second);
            outputs.publish(first, out -> out.write('1'));
            assertEquals("1", Files.readString(first));
            refused(
                    second + ": could not be written: full",
                    () -> outputs.publish(second, out -> {
                        out.write('2');
                        throw new IOException("full");
                    }));
            refusedAsUndeclared(() -> outputs.publish(folder.resolve("other"), out -> out.write('3')));
        }
        assertEquals("1", Files.readString(first));
        assertEquals(List.of("made"), names());
        try (Stream<Path> files = Files.list(first.getParent())) {
            assertEquals(List.of(first), files.toList());
        }
    }

    private static void refusedAsUndeclared(Executable call) {
        assertThrows(IllegalStateException.class, call);
    }

    @Test
    void aFileIsKnownByAllItsNames() throws IOException {
        Path input = Files.writeString(folder.resolve("input"), "kept");
        Path hard = Files.createLink(folder.resolve("hard"), input);
        Path soft = Files.createSymbolicLink(folder.resolve("soft"), input);
        Path twice = folder.resolve("new");
        try (OutputFiles outputs = new OutputFiles(List.of(input))) {
            for (Path name : List.of(hard, soft)) {
                refused(
                        "--a " + name + ": got the input file " + input + ", allowed a file of its own",
                        () -> outputs.declare("--a", name));
            }
            outputs.declare("--a", twice);
            Path around = folder.resolve("..").resolve(folder.getFileName()).resolve("new");
            refused(
                    "--b " + around + ": got the same file twice, allowed one file for each output",
                    () -> outputs.declare("--b", around));
        }
    }
}

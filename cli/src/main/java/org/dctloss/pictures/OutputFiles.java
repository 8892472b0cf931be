package org.dctloss.pictures;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The files that one command writes: all or none. Paths are checked when they are declared, before any work; contents go
 * to a temporary file beside each target; {@link #commit} moves them into place after everything has been written; and
 * {@link #close} removes what was not committed, folders made for it included.
 *
 * <pre>
 * try (OutputFiles outputs = new OutputFiles(inputs)) {
 *     outputs.declare("--out", file);
 *     ...
 *     outputs.write(file, out -&gt; ...);
 *     outputs.commit();
 * }
 * </pre>
 *
 * <p>An object belongs to one thread. Whatever cannot be done is a {@link CommandFailure}.
 */
public final class OutputFiles implements AutoCloseable {
    /** What is written into a file. */
    public interface Contents {
        /** Writes all of it; the stream is closed by the caller. */
        void writeTo(OutputStream out) throws IOException;
    }

    private final List<Path> inputs;
    private final List<Path> targets = new ArrayList<>();
    private final Map<Path, Path> written = new LinkedHashMap<>();
    private final List<Path> madeFolders = new ArrayList<>();
    private boolean committed;

    /**
     * Nothing declared yet.
     *
     * @param inputs files that no output may replace
     */
    public OutputFiles(List<Path> inputs) {
        this.inputs = List.copyOf(inputs);
    }

    /**
     * Announces an output file, and refuses it if it could not be written or would destroy another file of the call.
     *
     * @param option by which the user named it, for the sentence of a refusal
     */
    public void declare(String option, Path file) {
        String what = option + " " + file;
        if (file.getFileName() == null || file.toString().isEmpty()) {
            throw CommandFailure.of(what, "a path without a file name", "a file");
        }
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw CommandFailure.of(
                    what, Files.isDirectory(file) ? "a folder" : "something that is no regular file", "a file");
        }
        if (Files.isSymbolicLink(file) && !Files.exists(file)) {
            throw CommandFailure.of(what, "a link to a file that does not exist", "a file, or a link to one");
        }
        if (Files.exists(file) && !Files.isWritable(file)) {
            throw CommandFailure.of(what, "a file without permission to write", "a writable file");
        }
        Path target = resolve(what, file);
        for (Path input : inputs) {
            if (isSame(target, input)) {
                throw CommandFailure.of(what, "the input file " + input, "a file of its own");
            }
        }
        for (Path other : targets) {
            if (isSame(target, other)) {
                throw CommandFailure.of(what, "the same file twice", "one file for each output");
            }
        }
        targets.add(target);
    }

    /**
     * Makes a folder, with its parents, for files that are declared afterwards.
     *
     * @param option by which the user named it, for the sentence of a refusal
     */
    public void makeFolder(String option, Path folder) {
        String what = option + " " + folder;
        for (Path at = folder.toAbsolutePath().normalize(); at != null; at = at.getParent()) {
            if (Files.isDirectory(at)) {
                break;
            }
            if (Files.exists(at)) {
                throw CommandFailure.of(what, "a path through the file " + at, "a folder");
            }
            madeFolders.add(at);
        }
        // For an interrupt, too: at exit the last one registered goes first, and one that holds something stays.
        for (int i = madeFolders.size() - 1; i >= 0; i--) {
            madeFolders.get(i).toFile().deleteOnExit();
        }
        try {
            Files.createDirectories(folder.toAbsolutePath().normalize());
        } catch (IOException failed) {
            throw CommandFailure.of(folder, "made", failed);
        }
    }

    // A link stays a link: what it points to is replaced.
    private static Path resolve(String what, Path file) {
        try {
            if (Files.exists(file)) {
                Path real = file.toRealPath();
                requireWritable(what, real.getParent());
                return real;
            }
            Path folder = file.toAbsolutePath().getParent();
            if (!Files.isDirectory(folder)) {
                throw CommandFailure.of(what, "a file in " + folder + ", which is no folder", "an existing folder");
            }
            requireWritable(what, folder);
            return folder.toRealPath().resolve(file.getFileName());
        } catch (IOException failed) {
            throw CommandFailure.of(file, "written", failed);
        }
    }

    private static void requireWritable(String what, Path folder) {
        if (!Files.isWritable(folder)) {
            throw CommandFailure.of(what, "the folder " + folder + " without permission to write", "a writable folder");
        }
    }

    private static boolean isSame(Path target, Path other) {
        try {
            return target.equals(other)
                    || Files.exists(target) && Files.exists(other) && Files.isSameFile(target, other);
        } catch (IOException unknown) {
            return false;
        }
    }

    /** Writes the contents of a declared file to its temporary place. */
    public void write(Path file, Contents contents) {
        Path temporary = null;
        try {
            Path target = resolve(file.toString(), file);
            if (!targets.contains(target)) {
                throw new IllegalStateException(file + ": got an output that was not declared");
            }
            temporary = target.resolveSibling(
                    "." + target.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
            temporary.toFile().deleteOnExit(); // for an interrupt: close() does not run then
            written.put(target, temporary);
            try (OutputStream out = Files.newOutputStream(temporary)) {
                contents.writeTo(out);
            }
        } catch (IOException failed) {
            throw CommandFailure.of(file, "written", failed);
        }
    }

    /** Moves every written file into place. */
    public void commit() {
        for (Map.Entry<Path, Path> entry : written.entrySet()) {
            try {
                Files.move(entry.getValue(), entry.getKey(), StandardCopyOption.ATOMIC_MOVE);
            } catch (IOException failed) {
                throw CommandFailure.of(entry.getKey(), "written", failed);
            }
        }
        committed = true;
    }

    /** Removes what was written and not committed. */
    @Override
    public void close() {
        for (Path temporary : written.values()) {
            deleteIfThere(temporary);
        }
        if (!committed) {
            madeFolders.forEach(OutputFiles::deleteIfThere); // the innermost first; one that holds something stays
        }
    }

    private static void deleteIfThere(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException leftBehind) {
            // Nothing better can be done, and the failure that led here is the one to tell.
        }
    }
}

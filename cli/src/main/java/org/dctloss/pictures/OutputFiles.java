package org.dctloss.pictures;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The files that one command writes: all or none. Paths are checked when they are declared, before any work; contents go
 * to a temporary file beside each target; {@link #commit} moves them into place after everything has been written; and
 * {@link #close} removes what was not committed, folders made for it included. The exception is {@link #publish}: a file
 * that is whole by itself and stays, whatever becomes of the rest.
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
 * <p>An object belongs to one thread at a time. Whatever cannot be done is a {@link CommandFailure}.
 */
public final class OutputFiles implements AutoCloseable {
    /** What is written into a file. */
    public interface Contents {
        /** Writes all of it; the stream is closed by the caller. */
        void writeTo(OutputStream out) throws IOException;
    }

    private final Map<Object, Path> inputs = new HashMap<>();
    private final Set<Object> targets = new HashSet<>();
    private final Set<Path> names = new HashSet<>();
    private final Map<Path, Path> written = new LinkedHashMap<>();
    private final List<Path> madeFolders = new ArrayList<>();
    private boolean committed;

    /**
     * Nothing declared yet.
     *
     * @param inputs files that no output may replace
     */
    public OutputFiles(List<Path> inputs) {
        for (Path input : inputs) {
            this.inputs.putIfAbsent(identity(input), input);
        }
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
        Path input = inputs.get(identity(target));
        if (input != null) {
            throw CommandFailure.of(what, "the input file " + input, "a file of its own");
        }
        if (!targets.add(identity(target))) {
            throw CommandFailure.of(what, "the same file twice", "one file for each output");
        }
        names.add(target);
    }

    /**
     * Makes a folder, with its parents, for files that are declared afterwards.
     *
     * @param option by which the user named it, for the sentence of a refusal
     */
    public void makeFolder(String option, Path folder) {
        String what = option + " " + folder;
        List<Path> made = new ArrayList<>();
        for (Path at = folder.toAbsolutePath().normalize(); at != null; at = at.getParent()) {
            if (Files.isDirectory(at)) {
                if (!made.isEmpty()) {
                    requireWritable(what, at);
                }
                break;
            }
            if (Files.exists(at)) {
                throw CommandFailure.of(what, "a path through the file " + at, "a folder");
            }
            made.add(at);
        }
        madeFolders.addAll(0, made);
        // For an interrupt, too: at exit the last one registered goes first, and one that holds something stays.
        for (int i = made.size() - 1; i >= 0; i--) {
            made.get(i).toFile().deleteOnExit();
        }
        try {
            Files.createDirectories(folder.toAbsolutePath().normalize());
        } catch (IOException failed) {
            String reason = failed instanceof FileSystemException system ? system.getReason() : failed.getMessage();
            throw CommandFailure.of(
                    what,
                    "a folder that cannot be made" + (reason == null ? "" : " (" + reason + ")"),
                    "a folder that is there, or that can be made");
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

    // What two names of one file have in common: links, hard ones too, and ways through other folders.
    private static Object identity(Path file) {
        try {
            Object key = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
            return key == null ? file.toRealPath() : key;
        } catch (IOException notThere) {
            return file.toAbsolutePath().normalize();
        }
    }

    /** Writes the contents of a declared file to its temporary place. */
    public void write(Path file, Contents contents) {
        try {
            Path target = declared(file);
            Path temporary = temporary(target);
            temporary.toFile().deleteOnExit(); // for an interrupt: close() does not run then
            written.put(target, temporary);
            try (OutputStream out = Files.newOutputStream(temporary)) {
                contents.writeTo(out);
            }
        } catch (IOException failed) {
            throw CommandFailure.of(file, "written", failed);
        }
    }

    /** Writes a declared file and moves it into place at once, where it stays. */
    public void publish(Path file, Contents contents) {
        Path target = declared(file);
        Path temporary = temporary(target);
        try {
            try (OutputStream out = Files.newOutputStream(temporary)) {
                contents.writeTo(out);
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException failed) {
            deleteIfThere(temporary);
            throw CommandFailure.of(file, "written", failed);
        }
    }

    private Path declared(Path file) {
        Path target = resolve(file.toString(), file);
        if (!names.contains(target)) {
            throw new IllegalStateException(file + ": got an output that was not declared");
        }
        return target;
    }

    private static Path temporary(Path target) {
        return target.resolveSibling(
                "." + target.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
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
            madeFolders.forEach(OutputFiles::deleteIfThere); // the innermost first; one that holds a file stays
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

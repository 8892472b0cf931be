package org.dctloss.cli;

import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.dctloss.pictures.CommandFailure;
import org.dctloss.pictures.PictureFile;

/**
 * Which images are compared with which references. With a file as reference, everything is compared with it. With a
 * folder, folders are, by the names in them: the same name first; else the same name but for its ending, if that is the
 * only one on both sides. What finds no partner is a problem, which does not stop the rest.
 */
final class PairedFiles {
    private static final Path NONE = Path.of("");

    private final Path reference;
    private final boolean recursive;
    private final List<Pair> pairs = new ArrayList<>();
    private final List<Outcome> problems = new ArrayList<>();
    private final List<Path> folders = new ArrayList<>();
    private final Set<Path> inputs = new TreeSet<>();

    /**
     * Looks through the folders.
     *
     * @throws CommandFailure if there is no reference, or a folder is named twice
     */
    PairedFiles(Path reference, List<Path> images, boolean recursive) {
        this.reference = reference;
        this.recursive = recursive;
        if (!Files.exists(reference)) {
            throw new CommandFailure(reference + ": could not be read: it does not exist");
        }
        requireDifferent(images);
        Map<Path, Path> references = Files.isDirectory(reference) ? list(reference) : Map.of();
        inputs.add(reference);
        inputs.addAll(references.values());
        for (Path image : images) {
            try {
                pair(references, image);
            } catch (CommandFailure failure) {
                tell(NONE, image, failure.getMessage());
            }
        }
    }

    /** Means and heat maps of one folder, twice, could not be told apart. */
    private static void requireDifferent(List<Path> images) {
        Map<Path, Path> named = new HashMap<>();
        for (Path image : images) {
            Path before = Files.isDirectory(image) ? named.putIfAbsent(real(image), image) : null;
            if (before != null) {
                String got = before.equals(image) ? "this folder twice" : "the same folder as " + before;
                throw CommandFailure.of(image, got, "each folder of images once");
            }
        }
    }

    private void pair(Map<Path, Path> references, Path image) {
        inputs.add(image);
        if (Files.isDirectory(image)) {
            Map<Path, Path> found = list(image);
            folders.add(image);
            inputs.addAll(found.values());
            if (hasFolder()) {
                pairByName(references, found, image);
            } else {
                found.forEach((name, file) -> pairs.add(new Pair(reference, file, folders.size() - 1, name)));
            }
        } else if (hasFolder()) {
            String got = Files.exists(image) ? "a file" : "a path that does not exist";
            throw CommandFailure.of(image, got, "a folder, because the reference " + reference + " is one");
        } else {
            pairs.add(new Pair(reference, image, -1, image.getFileName()));
        }
    }

    private void pairByName(Map<Path, Path> references, Map<Path, Path> images, Path folder) {
        Map<String, List<Path>> referencesByStem = byStem(references);
        Map<String, List<Path>> imagesByStem = byStem(images);
        Set<Path> used = new HashSet<>();
        images.forEach((name, image) -> {
            List<Path> like = referencesByStem.getOrDefault(stem(name), List.of());
            int rivals = imagesByStem.get(stem(name)).size();
            if (references.containsKey(name)) {
                used.add(name);
                pairs.add(new Pair(references.get(name), image, folders.size() - 1, name));
            } else if (like.isEmpty()) {
                String got = "no image of this name in the reference " + reference;
                tell(NONE, image, sentence(image, got, "pairs"));
            } else if (like.size() == 1 && rivals == 1) {
                used.add(like.get(0));
                pairs.add(new Pair(references.get(like.get(0)), image, folders.size() - 1, name));
            } else {
                boolean many = like.size() > 1;
                String got = (many ? like.size() : rivals) + " images in " + (many ? reference : folder)
                        + " of the name " + stem(name) + " with different endings";
                tell(NONE, image, sentence(image, got, "one, or the very same name on both sides"));
            }
        });
        references.forEach((name, file) -> {
            // A candidate without a reference of its own name has been refused above.
            List<Path> candidates = imagesByStem.getOrDefault(stem(name), List.of());
            if (!used.contains(name) && references.keySet().containsAll(candidates)) {
                tell(file, NONE, sentence(file, "no image of this name in " + folder, "pairs"));
            }
        });
    }

    private void tell(Path reference, Path image, String sentence) {
        problems.add(Outcome.failed(new Pair(reference, image, -1, NONE), sentence));
    }

    private static String sentence(Path file, String got, String allowed) {
        return CommandFailure.of(file, got, allowed).getMessage();
    }

    private static Map<String, List<Path>> byStem(Map<Path, Path> files) {
        Map<String, List<Path>> stems = new TreeMap<>();
        files.keySet()
                .forEach(name -> stems.computeIfAbsent(stem(name), unused -> new ArrayList<>())
                        .add(name));
        return stems;
    }

    /** The path without the ending of its name. */
    private static String stem(Path name) {
        String text = name.toString();
        return text.substring(0, text.lastIndexOf('.'));
    }

    /** The images of a folder by their paths inside it, in the order of these. */
    private Map<Path, Path> list(Path folder) {
        Map<Path, Path> images = new TreeMap<>();
        if (!recursive) {
            PictureFile.list(folder).forEach(file -> images.put(file.getFileName(), file));
            return images;
        }
        try {
            Files.walkFileTree(
                    folder, EnumSet.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, new SimpleFileVisitor<>() {
                        @Override
                        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                            if (PictureFile.isImage(file)) {
                                images.put(folder.relativize(file), file);
                            }
                            return FileVisitResult.CONTINUE;
                        }

                        @Override
                        public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
                            if (file.equals(folder)) {
                                throw failure;
                            }
                            String sentence = failure instanceof FileSystemLoopException
                                    ? sentence(file, "a link to a folder around it", "folders without circles")
                                    : CommandFailure.of(file, "read", failure).getMessage();
                            tell(NONE, file, sentence);
                            return FileVisitResult.CONTINUE;
                        }
                    });
        } catch (IOException failed) {
            throw CommandFailure.of(folder, "read", failed);
        }
        if (images.isEmpty()) {
            PictureFile.list(folder); // refuses it in the usual words
        }
        return images;
    }

    /** What the images are compared with, as it was named. */
    Path reference() {
        return reference;
    }

    /** Whether images are matched by name. */
    boolean hasFolder() {
        return Files.isDirectory(reference);
    }

    /** In the order of the arguments, and in the order of the names in each folder. */
    List<Pair> pairs() {
        return Collections.unmodifiableList(pairs);
    }

    /** What is not compared, each with a file on one side only and an empty path on the other. */
    List<Outcome> problems() {
        return Collections.unmodifiableList(problems);
    }

    /** The folders among the images, as they were named. */
    List<Path> folders() {
        return Collections.unmodifiableList(folders);
    }

    /** All images found or named, with partner or without: what no output may replace. */
    List<Path> inputs() {
        return List.copyOf(inputs);
    }

    /** Refuses a folder for results whose files the next run would take for images. */
    void requireApart(String option, Path folder) {
        List<Path> all = new ArrayList<>(folders);
        if (hasFolder()) {
            all.add(reference);
        }
        Path place = real(folder);
        for (Path input : all) {
            Path root = real(input);
            if (recursive ? place.startsWith(root) : place.equals(root)) {
                throw CommandFailure.of(
                        option + " " + folder,
                        place.equals(root)
                                ? "the folder of images " + input
                                : "a folder inside that of images " + input,
                        "a folder of its own");
            }
        }
    }

    // Of a folder that may not be there yet.
    private static Path real(Path folder) {
        Path at = folder.toAbsolutePath().normalize();
        for (Path there = at; there != null; there = there.getParent()) {
            if (Files.exists(there)) {
                try {
                    return there.toRealPath().resolve(there.relativize(at));
                } catch (IOException unreadable) {
                    return at;
                }
            }
        }
        return at;
    }
}

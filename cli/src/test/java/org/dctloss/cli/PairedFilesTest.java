package org.dctloss.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.dctloss.pictures.CommandFailure;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PairedFilesTest {
    @TempDir
    Path folder;

    private Path r;
    private Path i;

    @BeforeEach
    void folders() throws IOException {
        r = Files.createDirectory(folder.resolve("r"));
        i = Files.createDirectory(folder.resolve("i"));
    }

    // Names decide alone: the files are empty.
    private static void fill(Path folder, String... names) throws IOException {
        for (String name : names) {
            Path file = folder.resolve(name);
            Files.createDirectories(file.getParent());
            Files.createFile(file);
        }
    }

    private PairedFiles paired(boolean recursive) {
        return new PairedFiles(r, List.of(i), recursive);
    }

    private List<String> pairs(PairedFiles files) {
        return files.pairs().stream()
                .map(pair -> r.relativize(pair.reference()) + " " + i.relativize(pair.image()))
                .toList();
    }

    private List<String> problems(PairedFiles files) {
        return files.problems().stream().map(Outcome::problem).toList();
    }

    @Test
    void anotherEndingWillDoIfThereIsOneAlone() throws IOException {
        fill(r, "a.png", "b.png", "c.d.png");
        fill(i, "a.jpg", "b.png", "c.d.JPG", "readme.txt");
        PairedFiles files = paired(false);
        assertEquals(List.of("a.png a.jpg", "b.png b.png", "c.d.png c.d.JPG"), pairs(files));
        assertEquals(List.of(), problems(files));
    }

    @Test
    void theVeryNameComesFirst() throws IOException {
        fill(r, "a.png", "a.jpg");
        fill(i, "a.png", "a.jpg");
        PairedFiles files = paired(false);
        assertEquals(List.of("a.jpg a.jpg", "a.png a.png"), pairs(files));
        assertEquals(List.of(), problems(files));
    }

    @Test
    void severalCandidatesAreRefused() throws IOException {
        fill(r, "a.png", "b.png", "b.jpg", "c.png");
        fill(i, "a.jpg", "a.gif", "b.bmp", "c.png", "c.jpg");
        PairedFiles files = paired(false);
        assertEquals(List.of("c.png c.png"), pairs(files));
        String end = " with different endings, allowed one, or the very same name on both sides";
        assertEquals(
                List.of(
                        i.resolve("a.gif") + ": got 2 images in " + i + " of the name a" + end,
                        i.resolve("a.jpg") + ": got 2 images in " + i + " of the name a" + end,
                        i.resolve("b.bmp") + ": got 2 images in " + r + " of the name b" + end,
                        i.resolve("c.jpg") + ": got 2 images in " + i + " of the name c" + end),
                problems(files));
    }

    @Test
    void whatHasNoPartnerIsToldOnBothSides() throws IOException {
        fill(r, "a.png", "a.jpg", "b.png");
        fill(i, "a.png", "c.png");
        PairedFiles files = paired(false);
        assertEquals(List.of("a.png a.png"), pairs(files));
        assertEquals(
                List.of(
                        i.resolve("c.png") + ": got no image of this name in the reference " + r + ", allowed pairs",
                        r.resolve("a.jpg") + ": got no image of this name in " + i + ", allowed pairs",
                        r.resolve("b.png") + ": got no image of this name in " + i + ", allowed pairs"),
                problems(files));
    }

    @Test
    void foldersInsideAreLookedIntoWhenAsked() throws IOException {
        fill(r, "a.png", "x/a.png", "x/y/b.png");
        fill(i, "a.png", "x/a.jpg", "x/y/b.png");
        assertEquals(List.of("a.png a.png"), pairs(paired(false)));
        PairedFiles files = paired(true);
        assertEquals(List.of("a.png a.png", "x/a.png x/a.jpg", "x/y/b.png x/y/b.png"), pairs(files));
        assertEquals(List.of(), problems(files));
    }

    @Test
    void linksAreFollowedButNotInCircles() throws IOException {
        fill(r, "x/a.png");
        fill(folder, "elsewhere/a.png");
        Files.createSymbolicLink(i.resolve("x"), folder.resolve("elsewhere"));
        Files.createSymbolicLink(i.resolve("circle"), i);
        PairedFiles files = paired(true);
        assertEquals(List.of("x/a.png x/a.png"), pairs(files));
        assertEquals(
                List.of(i.resolve("circle") + ": got a link to a folder around it, allowed folders without circles"),
                problems(files));
    }

    @Test
    void resultsGoNowhereWhereTheNextRunWouldFindThem() throws IOException {
        fill(r, "a.png");
        fill(i, "a.png");
        Path inside = i.resolve("maps");
        Path link = Files.createSymbolicLink(folder.resolve("link"), i);
        paired(false).requireApart("--heatmaps", inside);
        paired(true).requireApart("--heatmaps", folder.resolve("maps"));
        assertEquals(
                "--heatmaps " + inside + ": got a folder inside that of images " + i + ", allowed a folder of its own",
                assertThrows(CommandFailure.class, () -> paired(true).requireApart("--heatmaps", inside))
                        .getMessage());
        for (Path same : List.of(r, i, link, i.resolve("..").resolve("i"))) {
            assertThrows(CommandFailure.class, () -> paired(false).requireApart("--heatmaps", same), same.toString());
        }
    }

    @Test
    void everyImageIsAnInput() throws IOException {
        fill(r, "a.png", "b.png");
        fill(i, "a.png", "c.png");
        assertEquals(
                List.of(i, i.resolve("a.png"), i.resolve("c.png"), r, r.resolve("a.png"), r.resolve("b.png")),
                paired(false).inputs());
    }
}

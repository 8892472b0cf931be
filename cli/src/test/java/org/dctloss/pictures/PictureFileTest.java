package org.dctloss.pictures;

import static org.dctloss.pictures.ImageFiles.rgb;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PictureFileTest {
    @TempDir
    Path folder;

    private Path save(String name, BufferedImage image) throws IOException {
        byte[] bytes = ImageFiles.written(image, name.substring(name.lastIndexOf('.') + 1));
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.write(file, bytes);
    }

    @Test
    void aPictureIsItsPng() throws IOException {
        BufferedImage image = rgb(7, 5, 1);
        Picture picture = PictureFile.read(save("a.png", image));
        assertEquals(7, picture.width());
        assertEquals(5, picture.height());
        for (int c = 0; c < 3; c++) {
            int level = image.getRGB(6, 4) >> (16 - 8 * c) & 0xff;
            assertEquals(level / 255f, picture.planes()[picture.index(c, 4, 6)]);
            assertEquals(level / 255f, picture.batch().get(0, c, 4, 6));
        }
        Path again = Files.write(folder.resolve("again.png"), picture.png());
        assertArrayEquals(picture.planes(), PictureFile.read(again).planes());
    }

    @Test
    void foldersAreListedByName() throws IOException {
        Path b = save("b.png", rgb(3, 3, 1));
        Path a = save("a.jpg", rgb(3, 3, 2));
        Path upper = Files.move(save("c.bmp", rgb(3, 3, 3)), folder.resolve("C.BMP"));
        Path tiff = save("e.tif", rgb(3, 3, 4));
        Path webp = save("f.webp", rgb(3, 3, 5));
        Files.writeString(folder.resolve("notes.txt"), "not looked at");
        Files.createDirectory(folder.resolve("d.png"));
        assertEquals(List.of(upper, a, b, tiff, webp), PictureFile.list(folder));
        CommandFailure none = assertThrows(CommandFailure.class, () -> PictureFile.list(folder.resolve("d.png")));
        assertEquals(
                folder.resolve("d.png")
                        + ": got a folder without images, allowed a folder with bmp, gif, jfif, jpe, jpeg, jpg, png, psd, tif, tiff, webp",
                none.getMessage());
        assertEquals(PictureFile.ENDINGS, String.join(", ", PictureFormat.allEndings()));
        Path missing = folder.resolve("missing");
        assertEquals(
                missing + ": could not be read: it does not exist",
                assertThrows(CommandFailure.class, () -> PictureFile.list(missing))
                        .getMessage());
    }

    @Test
    void theContentTellsTheFormatNotTheEnding() throws IOException {
        Path misnamed = Files.move(save("a.png", rgb(7, 5, 1)), folder.resolve("a.jpg"));
        assertEquals("PNG", PictureFile.decode(misnamed).format());
        Path text = Files.writeString(folder.resolve("text.png"), "no picture");
        refused(
                text + ": got a file that is no image of a known format, or cut off at its start, allowed a readable "
                        + "PNG, JPEG, BMP, GIF, TIFF, WebP or PSD image",
                text);
    }

    @Test
    void whatIsNoFileIsRefused() throws IOException {
        Path empty = Files.createFile(folder.resolve("empty.png"));
        refused(empty + ": got an empty file, allowed a readable PNG, JPEG, BMP, GIF, TIFF, WebP or PSD image", empty);
        refused(folder + ": got a folder, allowed an image", folder);
        Path missing = folder.resolve("missing.png");
        refused(missing + ": could not be read: it does not exist", missing);
    }

    /** Where the library cannot be unpacked: alone, and in a folder, where the sizes are read first and side by side. */
    @Test
    void aWebpWithoutItsLibraryIsRefusedInOneLine() throws Exception {
        save("one/a.webp", rgb(16, 16, 1));
        Path webp = save("two/a.webp", rgb(16, 16, 1));
        String missing = folder.resolve("missing").toString();
        String sentence = ": got a WebP image, whose decoder could not be unpacked into " + missing
                + " and loaded from there, allowed a folder to write to and to load from"
                + " (JAVA_TOOL_OPTIONS=-Dcom.luciad.imageio.webp.tmpdir=DIR), or another format: convert it to PNG";
        for (String property : List.of("java.io.tmpdir", "com.luciad.imageio.webp.tmpdir")) {
            assertEquals("dctloss: " + webp + sentence + "\n", failure("-D" + property + "=" + missing, webp, webp));
            Path first = folder.resolve("one/a.webp");
            assertEquals(
                    "dctloss: " + first + sentence + "\n",
                    failure("-D" + property + "=" + missing, first.getParent(), webp.getParent()));
        }
    }

    private static String failure(String option, Path reference, Path image) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        option,
                        "org.dctloss.cli.Main",
                        "compare",
                        reference.toString(),
                        image.toString())
                .redirectErrorStream(true)
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(2, process.waitFor(), printed);
        return printed.replace("WARNING: java.io.tmpdir directory does not exist\n", ""); // of newer JVMs themselves
    }

    /** What is known before decoding, of each format. */
    @Test
    void theHeadOfAFileTellsItsPixels() throws IOException {
        for (String name : List.of("a.png", "a.jpg", "a.bmp", "a.gif", "a.tif", "a.webp")) {
            assertEquals(17 * 5, PictureFile.pixels(save(name, rgb(17, 5, 1))), name);
        }
        byte[] lossless = ImageFiles.written(rgb(17, 5, 1), "webp", "Lossless");
        byte[] extended = ImageFiles.webpWith(lossless, 17, 5, 0, new byte[0], new byte[0]);
        for (byte[] webp : List.of(lossless, extended)) {
            assertEquals(17 * 5, PictureFile.pixels(Files.write(folder.resolve("c.webp"), webp)));
        }
        assertEquals(0, PictureFile.pixels(folder.resolve("missing.png")));
        assertEquals(0, PictureFile.pixels(folder));
        assertEquals(0, PictureFile.pixels(Files.writeString(folder.resolve("b.webp"), "RIFF....WEBPVP8X")));
    }

    @Test
    void filesOfMoreThanAGibibyteAreNotRead() throws IOException {
        Path file = folder.resolve("big.tif");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength((1L << 30) + 1);
        }
        refused(file + ": got 1073741825 bytes, allowed 1073741824 bytes (1 GiB) at most", file);
    }

    private static void refused(String sentence, Path file) {
        assertEquals(
                sentence,
                assertThrows(CommandFailure.class, () -> PictureFile.decode(file))
                        .getMessage());
    }

    @Test
    void manyThreadsDecodeTheSame() throws IOException {
        List<Path> files = new ArrayList<>();
        for (String format : new String[] {"png", "jpg", "bmp", "gif", "tiff", "webp"}) {
            files.add(save("a." + format, rgb(64, 48, 9)));
        }
        byte[] planes = ImageFiles.planes(rgb(64, 48, 9));
        files.add(Files.write(folder.resolve("a.psd"), ImageFiles.psd(3, 8, 3, 64, 48, planes, new byte[0], true)));
        List<Picture> alone = files.stream().map(PictureFile::read).toList();
        IntStream.range(0, 400).parallel().forEach(i -> {
            int which = i % files.size();
            assertArrayEquals(
                    alone.get(which).planes(),
                    PictureFile.read(files.get(which)).planes());
        });
    }
}

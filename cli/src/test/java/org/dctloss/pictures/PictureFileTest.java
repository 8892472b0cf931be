package org.dctloss.pictures;

import static org.dctloss.pictures.ImageFiles.rgb;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
        return Files.write(folder.resolve(name), bytes);
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
                        + ": got a folder without images, allowed a folder with bmp, gif, jpeg, jpg, png, psd, tif, tiff, webp",
                none.getMessage());
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

    /** Where libwebp does not run, or its library cannot be unpacked. */
    @Test
    void aWebpWithoutItsLibraryIsRefused() throws Exception {
        Path webp = save("a.webp", rgb(16, 16, 1));
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "-Dcom.luciad.imageio.webp.tmpdir=" + folder.resolve("missing"),
                        "org.dctloss.cli.Main",
                        "compare",
                        webp.toString(),
                        webp.toString())
                .redirectErrorStream(true)
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(2, process.waitFor(), printed);
        assertTrue(printed.contains(webp + ": got a WebP image, whose decoder cannot be loaded here ("), () -> printed);
        assertTrue(printed.contains("), allowed the other formats: convert it to PNG"), () -> printed);
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

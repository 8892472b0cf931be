package org.dctloss.pictures;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Point;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PictureFileTest {
    private static final int WIDTH = 40;
    private static final int HEIGHT = 24;

    @TempDir
    Path folder;

    private Path save(String name, BufferedImage image) throws IOException {
        Path file = folder.resolve(name);
        assertTrue(ImageIO.write(image, name.substring(name.lastIndexOf('.') + 1), file.toFile()));
        return file;
    }

    private static BufferedImage rgb(int width, int height, long seed) {
        Random random = new Random(seed);
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < width * height; i++) {
            image.setRGB(i % width, i / width, random.nextInt(0x1000000));
        }
        return image;
    }

    private static BufferedImage grey(int bits, int value) {
        int type = bits == 16 ? BufferedImage.TYPE_USHORT_GRAY : BufferedImage.TYPE_BYTE_GRAY;
        BufferedImage image = new BufferedImage(WIDTH, HEIGHT, type);
        for (int i = 0; i < WIDTH * HEIGHT; i++) {
            image.getRaster().setSample(i % WIDTH, i / WIDTH, 0, value);
        }
        return image;
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
        Files.writeString(folder.resolve("notes.txt"), "not looked at");
        Files.createDirectory(folder.resolve("d.png"));
        assertEquals(List.of(upper, a, b), PictureFile.list(folder));
        CommandFailure none = assertThrows(CommandFailure.class, () -> PictureFile.list(folder.resolve("d.png")));
        assertEquals(
                folder.resolve("d.png")
                        + ": got a folder without images, allowed a folder with bmp, gif, jpeg, jpg, png",
                none.getMessage());
        Path missing = folder.resolve("missing");
        assertEquals(
                missing + ": could not be read: it does not exist",
                assertThrows(CommandFailure.class, () -> PictureFile.list(missing))
                        .getMessage());
    }

    @Test
    void greyIsTakenAsItIsStored() throws IOException {
        for (String format : new String[] {"png", "jpg", "bmp"}) {
            Picture picture = PictureFile.read(save("grey." + format, grey(8, 60)));
            assertEquals(60 / 255f, picture.planes()[0], 1e-6f, format);
            assertEquals(60 / 255f, picture.planes()[picture.index(2, 3, 3)], 1e-6f, format);
        }
    }

    @Test
    void sixteenBitsStaySixteen() throws IOException {
        Picture grey = PictureFile.read(save("grey16.png", grey(16, 12345)));
        assertEquals(12345 / 65535f, grey.planes()[grey.index(1, 2, 2)]);

        ColorSpace srgb = ColorSpace.getInstance(ColorSpace.CS_sRGB);
        ComponentColorModel model = new ComponentColorModel(srgb, false, false, 1, DataBuffer.TYPE_USHORT);
        WritableRaster raster = Raster.createInterleavedRaster(DataBuffer.TYPE_USHORT, 9, 8, 3, new Point(0, 0));
        for (int c = 0; c < 3; c++) {
            raster.setSample(4, 5, c, 1001 + 7 * c);
        }
        Picture rgb = PictureFile.read(save("rgb16.png", new BufferedImage(model, raster, false, null)));
        for (int c = 0; c < 3; c++) {
            assertEquals((1001 + 7 * c) / 65535f, rgb.planes()[rgb.index(c, 5, 4)]);
        }
    }

    @Test
    void palettesAndAlphaAreReadAsColours() throws IOException {
        byte[] red = {0, (byte) 200, 10, 0};
        byte[] green = {0, 30, (byte) 255, 0};
        byte[] blue = {0, 4, 99, 0};
        IndexColorModel palette = new IndexColorModel(2, 4, red, green, blue);
        BufferedImage indexed = new BufferedImage(8, 8, BufferedImage.TYPE_BYTE_BINARY, palette);
        indexed.getRaster().setSample(3, 2, 0, 1);
        for (String name : new String[] {"p.png", "p.gif"}) {
            Picture picture = PictureFile.read(save(name, indexed));
            assertEquals(200 / 255f, picture.planes()[picture.index(0, 2, 3)], name);
            assertEquals(30 / 255f, picture.planes()[picture.index(1, 2, 3)], name);
            assertEquals(4 / 255f, picture.planes()[picture.index(2, 2, 3)], name);
        }
        BufferedImage clear = new BufferedImage(8, 8, BufferedImage.TYPE_INT_ARGB);
        clear.setRGB(1, 1, 0x10336699);
        Picture picture = PictureFile.read(save("alpha.png", clear));
        assertEquals(0x33 / 255f, picture.planes()[picture.index(0, 1, 1)]);
        assertEquals(0x99 / 255f, picture.planes()[picture.index(2, 1, 1)]);
    }

    @Test
    void corruptedImagesNeverDoWorseThanASentence() throws IOException {
        Random random = new Random(3);
        for (String format : new String[] {"png", "jpg", "bmp", "gif"}) {
            byte[] good = Files.readAllBytes(save("good." + format, rgb(WIDTH, HEIGHT, 2)));
            Path file = folder.resolve("bad." + format);
            for (int round = 0; round < 150; round++) {
                byte[] bytes = good.clone();
                for (int i = 0; i < 4; i++) {
                    // Not the sizes: a picture of a gigapixel would be decoded honestly.
                    bytes[30 + random.nextInt(bytes.length - 30)] = (byte) random.nextInt(256);
                }
                Files.write(file, bytes);
                try {
                    PictureFile.read(file);
                } catch (CommandFailure refused) {
                    assertTrue(refused.getMessage().startsWith(file + ": "), refused.getMessage());
                }
            }
        }
    }
}

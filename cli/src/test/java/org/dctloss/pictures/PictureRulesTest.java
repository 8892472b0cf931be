package org.dctloss.pictures;

import static org.dctloss.pictures.ImageFiles.ascii;
import static org.dctloss.pictures.ImageFiles.chunk;
import static org.dctloss.pictures.ImageFiles.exif;
import static org.dctloss.pictures.ImageFiles.exifSegment;
import static org.dctloss.pictures.ImageFiles.joined;
import static org.dctloss.pictures.ImageFiles.jpegWith;
import static org.dctloss.pictures.ImageFiles.picture;
import static org.dctloss.pictures.ImageFiles.planes;
import static org.dctloss.pictures.ImageFiles.png;
import static org.dctloss.pictures.ImageFiles.pngWith;
import static org.dctloss.pictures.ImageFiles.psd;
import static org.dctloss.pictures.ImageFiles.resource;
import static org.dctloss.pictures.ImageFiles.rgb;
import static org.dctloss.pictures.ImageFiles.samples;
import static org.dctloss.pictures.ImageFiles.segment;
import static org.dctloss.pictures.ImageFiles.sequence;
import static org.dctloss.pictures.ImageFiles.webpChunk;
import static org.dctloss.pictures.ImageFiles.webpWith;
import static org.dctloss.pictures.ImageFiles.written;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Point;
import java.awt.color.ColorSpace;
import java.awt.color.ICC_Profile;
import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.Iterator;
import java.util.Random;
import java.util.zip.Deflater;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every rule of {@link PictureFile#RULES}. */
class PictureRulesTest {
    private static final int WIDTH = 19;
    private static final int HEIGHT = 13;
    private static final BufferedImage IMAGE = rgb(WIDTH, HEIGHT, 7);
    private static final String TRANSPARENT = "got pixels that are transparent, allowed opaque pictures: "
            + "flatten it onto a background, which alone decides its colours";

    /** A profile that would change nearly every number: its curve is a line. */
    private static final byte[] PROFILE =
            ICC_Profile.getInstance(ColorSpace.CS_LINEAR_RGB).getData();

    @TempDir
    Path folder;

    private DecodedPicture decode(byte[] file) throws IOException {
        return PictureFile.decode(Files.write(folder.resolve("picture"), file));
    }

    private void refused(String sentence, byte[] bytes) throws IOException {
        Path file = Files.write(folder.resolve("refused"), bytes);
        CommandFailure failure = assertThrows(CommandFailure.class, () -> PictureFile.decode(file));
        assertEquals(file + ": " + sentence, failure.getMessage());
    }

    private void isImage(String format, int bits, byte[] file) throws IOException {
        DecodedPicture decoded = decode(file);
        assertEquals(format, decoded.format());
        assertEquals(bits, decoded.bits());
        assertFalse(decoded.grey());
        assertEquals(WIDTH, decoded.picture().width());
        assertArrayEquals(picture(IMAGE).planes(), decoded.picture().planes(), format);
    }

    private static ImageFiles.Tiff tiff(ByteOrder order) {
        return new ImageFiles.Tiff(order).picture(WIDTH, HEIGHT, 8, 2, 3, samples(IMAGE));
    }

    @Test
    void losslessFormatsHoldTheNumbersThatWereWritten() throws IOException {
        isImage("PNG", 8, written(IMAGE, "png"));
        isImage("BMP", 8, written(IMAGE, "bmp"));
        isImage("WebP", 8, written(IMAGE, "webp", "Lossless"));
        for (String compression : new String[] {"None", "LZW", "Deflate", "ZLib", "PackBits"}) {
            isImage("TIFF", 8, written(IMAGE, "tiff", compression));
        }
        isImage("TIFF", 8, tiff(ByteOrder.LITTLE_ENDIAN).bytes());
        isImage("TIFF", 8, tiff(ByteOrder.BIG_ENDIAN).bytes());
        isImage("PSD", 8, psd(3, 8, 3, WIDTH, HEIGHT, planes(IMAGE), new byte[0], false));
        isImage("PSD", 8, psd(3, 8, 3, WIDTH, HEIGHT, planes(IMAGE), new byte[0], true));
    }

    /** Pillow 12.3: {@code Image.fromarray(a).save(f, lossless=True)} with a[y, x] = (40 x, 60 y, 20 (x + y)). */
    @Test
    void aLosslessWebpOfAnotherEncoder() throws IOException {
        Picture picture = decode(Base64.getDecoder().decode(LOSSLESS_WEBP)).picture();
        assertEquals(6, picture.width());
        assertEquals(4, picture.height());
        for (int y = 0; y < 4; y++) {
            for (int x = 0; x < 6; x++) {
                assertEquals(40 * x / 255f, picture.planes()[picture.index(0, y, x)]);
                assertEquals(60 * y / 255f, picture.planes()[picture.index(1, y, x)]);
                assertEquals(20 * (x + y) / 255f, picture.planes()[picture.index(2, y, x)]);
            }
        }
    }

    /** Pillow 12.3: {@code Image.new("RGB", (32, 32), (20, 200, 90)).save(f, quality=90)}; dwebp's numbers. */
    @Test
    void aLossyWebpIsDecodedAsItsSpecificationSays() throws IOException {
        Picture picture = decode(Base64.getDecoder().decode(LOSSY_WEBP)).picture();
        for (int i = 0; i < 32 * 32; i++) {
            assertEquals(21 / 255f, picture.planes()[i]);
            assertEquals(200 / 255f, picture.planes()[32 * 32 + i]);
            assertEquals(90 / 255f, picture.planes()[2 * 32 * 32 + i]);
        }
    }

    @Test
    void sixteenBitsStaySixteen() throws IOException {
        Random random = new Random(5);
        byte[] levels = new byte[6 * WIDTH * HEIGHT];
        random.nextBytes(levels);
        ByteBuffer big = ByteBuffer.wrap(levels);
        byte[] rows = new byte[HEIGHT * (1 + 6 * WIDTH)];
        for (int y = 0; y < HEIGHT; y++) {
            System.arraycopy(levels, y * 6 * WIDTH, rows, y * (1 + 6 * WIDTH) + 1, 6 * WIDTH);
        }
        ByteBuffer little = ByteBuffer.allocate(levels.length).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer planes = ByteBuffer.allocate(levels.length);
        for (int i = 0; i < levels.length / 2; i++) {
            little.putShort(big.getShort(2 * i));
            planes.putShort(2 * (i % 3 * WIDTH * HEIGHT + i / 3), big.getShort(2 * i));
        }
        byte[][] files = {
            png(WIDTH, HEIGHT, 16, 2, rows),
            new ImageFiles.Tiff(ByteOrder.BIG_ENDIAN)
                    .picture(WIDTH, HEIGHT, 16, 2, 3, levels)
                    .bytes(),
            new ImageFiles.Tiff(ByteOrder.LITTLE_ENDIAN)
                    .picture(WIDTH, HEIGHT, 16, 2, 3, little.array())
                    .bytes(),
            psd(3, 16, 3, WIDTH, HEIGHT, planes.array(), new byte[0], false),
            psd(3, 16, 3, WIDTH, HEIGHT, planes.array(), new byte[0], true)
        };
        for (byte[] file : files) {
            DecodedPicture decoded = decode(file);
            assertEquals(16, decoded.bits());
            for (int i = 0; i < levels.length / 2; i++) {
                int level = big.getShort(2 * i) & 0xffff;
                float read = decoded.picture().planes()[i % 3 * WIDTH * HEIGHT + i / 3];
                assertEquals(level / 65535f, read, decoded.format());
            }
        }
    }

    @Test
    void greysOfAllDepths() throws IOException {
        for (int bits : new int[] {1, 2, 4, 8, 16}) {
            int row = (8 * bits + 7) / 8;
            byte[] pixels = new byte[3 * row];
            new Random(bits).nextBytes(pixels);
            byte[] rows = new byte[3 * (1 + row)];
            for (int y = 0; y < 3; y++) {
                System.arraycopy(pixels, y * row, rows, y * (1 + row) + 1, row);
            }
            greys(png(8, 3, bits, 0, rows), bits, pixels, false);
            ImageFiles.Tiff tiff = new ImageFiles.Tiff(ByteOrder.BIG_ENDIAN);
            greys(tiff.picture(8, 3, bits, 1, 1, pixels).bytes(), bits, pixels, false);
            greys(tiff.picture(8, 3, bits, 0, 1, pixels).bytes(), bits, pixels, true);
            if (bits >= 8) {
                greys(psd(1, bits, 1, 8, 3, pixels, new byte[0], true), bits, pixels, false);
            }
        }
    }

    private void greys(byte[] file, int bits, byte[] pixels, boolean whiteIsZero) throws IOException {
        DecodedPicture decoded = decode(file);
        assertTrue(decoded.grey());
        assertEquals(bits, decoded.bits());
        int most = (1 << bits) - 1;
        for (int i = 0; i < 24; i++) {
            int level = bits == 16
                    ? (pixels[2 * i] & 0xff) << 8 | pixels[2 * i + 1] & 0xff
                    : pixels[i * bits / 8] >> 8 - bits - i * bits % 8 & most;
            float expected = (whiteIsZero ? most - level : level) / (float) most;
            for (int c = 0; c < 3; c++) {
                assertEquals(expected, decoded.picture().planes()[24 * c + i], 1e-7f, decoded.format() + bits);
            }
        }
    }

    @Test
    void palettesAreLookedUp() throws IOException {
        byte[] colours = new byte[4];
        byte[] greys = {0, 50, (byte) 200, (byte) 255};
        for (int i = 0; i < 4; i++) {
            colours[i] = (byte) (60 * i + 9);
        }
        for (boolean grey : new boolean[] {false, true}) {
            IndexColorModel palette =
                    new IndexColorModel(2, 4, grey ? greys : colours, greys, grey ? greys : new byte[4]);
            BufferedImage image = new BufferedImage(8, 5, BufferedImage.TYPE_BYTE_BINARY, palette);
            byte[] filled = new byte[10];
            Arrays.fill(filled, (byte) 0x1b); // 0 1 2 3
            for (int x = 0; x < 40; x++) {
                image.getRaster().setSample(x % 8, x / 8, 0, x % 4);
            }
            ImageFiles.Tiff tiff = new ImageFiles.Tiff(ByteOrder.BIG_ENDIAN).picture(8, 5, 2, 3, 1, filled);
            long[] map = new long[12];
            byte[] psd = new byte[768 + 40];
            for (int i = 0; i < 4; i++) {
                int rgb = palette.getRGB(i);
                for (int c = 0; c < 3; c++) {
                    int level = rgb >> (16 - 8 * c) & 0xff;
                    map[4 * c + i] = 257L * level;
                    psd[256 * c + i] = (byte) level;
                }
            }
            for (int x = 0; x < 40; x++) {
                psd[768 + x] = (byte) (x % 4);
            }
            byte[][] files = {
                written(image, "png"),
                written(image, "gif"),
                paletteBmp(image, palette),
                tiff.with(320, map).bytes(),
                psd(2, 8, 1, 8, 5, psd, new byte[0], false)
            };
            for (byte[] file : files) {
                DecodedPicture decoded = decode(file);
                assertArrayEquals(picture(image).planes(), decoded.picture().planes(), decoded.format());
                assertEquals(8, decoded.bits(), decoded.format());
                // The rest of Photoshop's 256 colours are black, which is a grey.
                assertEquals(grey, decoded.grey(), decoded.format());
            }
        }
    }

    /** Bytes that look up four colours, last row first. */
    private static byte[] paletteBmp(BufferedImage image, IndexColorModel palette) {
        ByteBuffer bmp = ByteBuffer.allocate(54 + 16 + 40).order(ByteOrder.LITTLE_ENDIAN);
        bmp.put(ascii("BM")).putInt(bmp.capacity()).putInt(0).putInt(70).putInt(40);
        bmp.putInt(8).putInt(5).putShort((short) 1).putShort((short) 8).position(46);
        bmp.putInt(4).putInt(4);
        for (int i = 0; i < 4; i++) {
            bmp.putInt(palette.getRGB(i) & 0xffffff);
        }
        for (int y = 4; y >= 0; y--) {
            for (int x = 0; x < 8; x++) {
                bmp.put((byte) image.getRaster().getSample(x, y, 0));
            }
        }
        return bmp.array();
    }

    @Test
    void jpegIsWhatThePlatformsOwnReaderMakesOfIt() throws IOException {
        BufferedImage smooth = new BufferedImage(50, 30, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 1500; i++) {
            smooth.setRGB(i % 50, i / 50, 5 * (i % 50) << 16 | 8 * (i / 50) << 8 | (3 * i & 0xff));
        }
        byte[] jpeg = written(smooth, "jpg");
        BufferedImage expected = platformJpeg(jpeg);
        assertArrayEquals(picture(expected).planes(), decode(jpeg).picture().planes());
        assertEquals("JPEG", decode(jpeg).format());

        BufferedImage grey = new BufferedImage(50, 30, BufferedImage.TYPE_BYTE_GRAY);
        grey.getRaster()
                .setSamples(0, 0, 50, 30, 0, new Random(1).ints(1500, 0, 256).toArray());
        byte[] greyJpeg = written(grey, "jpg");
        DecodedPicture decoded = decode(greyJpeg);
        assertTrue(decoded.grey());
        int[] levels = platformJpeg(greyJpeg).getRaster().getSamples(0, 0, 50, 30, 0, (int[]) null);
        for (int i = 0; i < 1500; i++) {
            assertEquals(levels[i] / 255f, decoded.picture().planes()[2 * 1500 + i]);
        }
    }

    private static BufferedImage platformJpeg(byte[] jpeg) throws IOException {
        for (Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName("jpeg"); readers.hasNext(); ) {
            ImageReader reader = readers.next();
            if (reader.getClass().getName().startsWith("com.sun.imageio.")) {
                try (ImageInputStream stream = ImageIO.createImageInputStream(new ByteArrayInputStream(jpeg))) {
                    reader.setInput(stream);
                    return reader.read(0);
                } finally {
                    reader.dispose();
                }
            }
        }
        throw new AssertionError("the platform has no reader of JPEG");
    }

    @Test
    void colourProfilesAreNotApplied() throws IOException {
        byte[] compressed = new byte[PROFILE.length + 100];
        Deflater deflater = new Deflater();
        deflater.setInput(PROFILE);
        deflater.finish();
        int length = deflater.deflate(compressed);
        deflater.end();
        byte[] iccp = joined(ascii("linear\0\0"), Arrays.copyOf(compressed, length));
        byte[] gamma = chunk("gAMA", new byte[] {0, 1, (byte) 0x86, (byte) 0xa0});
        isImage("PNG", 8, pngWith(pngWith(written(IMAGE, "png"), chunk("iCCP", iccp)), gamma));
        byte[] webp = written(IMAGE, "webp", "Lossless");
        isImage("WebP", 8, webpWith(webp, WIDTH, HEIGHT, 0x20, webpChunk("ICCP", PROFILE), new byte[0]));
        isImage("TIFF", 8, tiff(ByteOrder.BIG_ENDIAN).with(34675, PROFILE).bytes());
        isImage("PSD", 8, psd(3, 8, 3, WIDTH, HEIGHT, planes(IMAGE), resource(1039, PROFILE), false));

        byte[] jpeg = written(IMAGE, "jpg");
        byte[] app2 = segment(0xe2, joined(ascii("ICC_PROFILE\0"), new byte[] {1, 1}, PROFILE));
        assertArrayEquals(
                decode(jpeg).picture().planes(),
                decode(jpegWith(jpeg, app2)).picture().planes());
    }

    /** The corner that each orientation of EXIF 2.3 puts where: the pixel that is shown at the top left. */
    @Test
    void theOrientationOfExifIsApplied() throws IOException {
        int r = WIDTH - 1;
        int b = HEIGHT - 1;
        int[][] topLeft = {{0, 0}, {r, 0}, {r, b}, {0, b}, {0, 0}, {0, b}, {r, b}, {r, 0}};
        int[][] bottomRight = {{r, b}, {0, b}, {0, 0}, {r, 0}, {r, b}, {r, 0}, {0, 0}, {0, b}};
        byte[] webp = written(IMAGE, "webp", "Lossless");
        byte[] jpeg = written(IMAGE, "jpg");
        Picture plain = picture(IMAGE);
        Picture plainJpeg = decode(jpeg).picture();
        for (int o = 0; o <= 9; o++) {
            int i = o < 1 || o > 8 ? 0 : o - 1; // other numbers mean "unknown"
            byte[] webpExif = webpChunk("EXIF", exif(o));
            byte[] webpExifWithName = webpChunk("EXIF", joined(ascii("Exif\0\0"), exif(o)));
            byte[][] files = {
                pngWith(written(IMAGE, "png"), chunk("eXIf", exif(o))),
                webpWith(webp, WIDTH, HEIGHT, 8, new byte[0], webpExif),
                webpWith(webp, WIDTH, HEIGHT, 8, new byte[0], webpExifWithName),
                tiff(ByteOrder.LITTLE_ENDIAN).with(274, o).bytes(),
                tiff(ByteOrder.BIG_ENDIAN).with(274, o).bytes(),
                jpegWith(jpeg, exifSegment(o))
            };
            for (byte[] file : files) {
                DecodedPicture decoded = decode(file);
                Picture stored = decoded.format().equals("JPEG") ? plainJpeg : plain;
                Picture shown = decoded.picture();
                assertEquals(i < 4 ? WIDTH : HEIGHT, shown.width(), decoded.format() + o);
                assertEquals(i < 4 ? HEIGHT : WIDTH, shown.height(), decoded.format() + o);
                for (int c = 0; c < 3; c++) {
                    assertEquals(
                            stored.planes()[stored.index(c, topLeft[i][1], topLeft[i][0])],
                            shown.planes()[shown.index(c, 0, 0)],
                            decoded.format() + o);
                    assertEquals(
                            stored.planes()[stored.index(c, bottomRight[i][1], bottomRight[i][0])],
                            shown.planes()[shown.index(c, shown.height() - 1, shown.width() - 1)],
                            decoded.format() + o);
                }
                if (i == 5) { // turned to the right: rows become columns from the right
                    for (int x = 0; x < WIDTH; x++) {
                        assertEquals(
                                stored.planes()[stored.index(1, 4, x)],
                                shown.planes()[shown.index(1, x, HEIGHT - 1 - 4)]);
                    }
                }
            }
        }
        // Other entries of EXIF may point anywhere.
        byte[] dangling = new ImageFiles.Tiff(ByteOrder.BIG_ENDIAN)
                .with(274, 6)
                .with(37500, new byte[40])
                .bytes();
        dangling[dangling.length - 8] = 127;
        assertEquals(
                HEIGHT,
                decode(pngWith(written(IMAGE, "png"), chunk("eXIf", dangling)))
                        .picture()
                        .width());
        refused(
                "got a damaged image (its EXIF data cannot be read, and with it not which side is up), "
                        + "allowed a complete image",
                jpegWith(jpeg, segment(0xe1, ascii("Exif\0\0MM\0*\0\0\7\7"))));
    }

    @Test
    void aBigTiffIsRefusedByItsName() throws IOException {
        for (String beginning : new String[] {"II+\0\10\0\0\0", "MM\0+\0\10\0\0"}) {
            refused(
                    "got a BigTIFF, allowed a TIFF with offsets of 32 bits, as files of less than 4 GiB can have",
                    joined(ascii(beginning), new byte[64]));
        }
    }

    @Test
    void opaqueAlphaIsDropped() throws IOException {
        BufferedImage opaque = withAlpha(255);
        isImage("PNG", 8, written(opaque, "png"));
        isImage("WebP", 8, written(opaque, "webp", "Lossless"));
        isImage("TIFF", 8, written(opaque, "tiff", "LZW"));
        byte[] unusedKey = chunk("tRNS", new byte[] {1, 0, 0, 0, 0, 0}); // no red of 8 bits is 256
        isImage("PNG", 8, pngWith(written(IMAGE, "png"), unusedKey));
        byte[] alpha = new byte[WIDTH * HEIGHT];
        Arrays.fill(alpha, (byte) 255);
        isImage("PSD", 8, psd(3, 8, 4, WIDTH, HEIGHT, joined(planes(IMAGE), alpha), new byte[0], true));
    }

    private static BufferedImage withAlpha(int alpha) {
        BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_ARGB);
        for (int i = 0; i < WIDTH * HEIGHT; i++) {
            image.setRGB(i % WIDTH, i / WIDTH, 0xff000000 | IMAGE.getRGB(i % WIDTH, i / WIDTH));
        }
        image.setRGB(3, 5, alpha << 24 | IMAGE.getRGB(3, 5) & 0xffffff);
        return image;
    }

    @Test
    void aPixelThatIsNotOpaqueIsRefused() throws IOException {
        for (int alpha : new int[] {254, 0}) {
            refused(TRANSPARENT, written(withAlpha(alpha), "png"));
            refused(TRANSPARENT, written(withAlpha(alpha), "webp", "Lossless"));
            refused(TRANSPARENT, written(withAlpha(alpha), "webp", "Lossy"));
            refused(TRANSPARENT, written(withAlpha(alpha), "tiff", "Deflate"));
        }
        // A colour that counts as transparent, in colours, greys and palettes.
        byte[] key = new byte[6];
        for (int c = 0; c < 3; c++) {
            key[2 * c + 1] = (byte) (IMAGE.getRGB(2, 2) >> (16 - 8 * c));
        }
        refused(TRANSPARENT, pngWith(written(IMAGE, "png"), chunk("tRNS", key)));
        refused(TRANSPARENT, png(2, 1, 8, 0, new byte[] {0, 9, 77}, chunk("tRNS", new byte[] {0, 77})));
        refused(
                "got a transparent grey among 4 bits, allowed one among 8 or 16, or opaque pictures: flatten it",
                png(2, 1, 4, 0, new byte[] {0, 0x5a}, chunk("tRNS", new byte[] {0, 10})));
        IndexColorModel clear = new IndexColorModel(1, 2, new byte[2], new byte[2], new byte[2], 1);
        BufferedImage image = new BufferedImage(8, 8, BufferedImage.TYPE_BYTE_BINARY, clear);
        for (String format : new String[] {"png", "gif"}) {
            decode(written(image, format)); // nothing has the transparent colour
        }
        image.getRaster().setSample(3, 3, 0, 1);
        for (String format : new String[] {"png", "gif"}) {
            refused(TRANSPARENT, written(image, format));
        }
    }

    @Test
    void cmykBecomesRgbAsStated() throws IOException {
        // Grey blocks that JPEG keeps exactly: paper, light inks, black ink, all inks.
        int[][] stored = {{255, 255, 255, 255}, {240, 200, 160, 255}, {255, 255, 255, 40}, {10, 80, 200, 100}};
        for (int adobe : new int[] {-1, 0, 2}) {
            byte[] jpeg = fourChannels(stored, adobe);
            Picture picture = decode(jpeg).picture();
            for (int block = 0; block < 4; block++) {
                double[] light = new double[4];
                for (int c = 0; c < 4; c++) {
                    light[c] = (adobe < 0 ? 255 - stored[block][c] : stored[block][c]) / 255.0;
                }
                if (adobe == 2) {
                    double cb = stored[block][1] - 128;
                    double cr = stored[block][2] - 128;
                    light[0] = clamped(stored[block][0] + 1.402 * cr);
                    light[1] = clamped(stored[block][0] - 0.344136 * cb - 0.714136 * cr);
                    light[2] = clamped(stored[block][0] + 1.772 * cb);
                }
                for (int c = 0; c < 3; c++) {
                    float read = picture.planes()[picture.index(c, 3, 8 * block + 4)];
                    assertEquals(light[c] * light[3], read, 2 / 255.0, "Adobe's " + adobe + ", block " + block);
                }
            }
        }
    }

    private static double clamped(double level) {
        return Math.max(0, Math.min(255, level)) / 255;
    }

    /** Blocks of 8x8 pixels side by side, in a JPEG with Adobe's marker, or without if that is negative. */
    private static byte[] fourChannels(int[][] blocks, int adobe) throws IOException {
        WritableRaster raster =
                Raster.createInterleavedRaster(DataBuffer.TYPE_BYTE, 8 * blocks.length, 8, 4, new Point(0, 0));
        for (int x = 0; x < raster.getWidth(); x++) {
            for (int y = 0; y < 8; y++) {
                raster.setPixel(x, y, blocks[x / 8]);
            }
        }
        ImageWriter writer = platformJpegWriter();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
            writer.setOutput(out);
            writer.write(null, new IIOImage(raster, null, fourChannelMetadata(writer)), null);
        } finally {
            writer.dispose();
        }
        byte[] marker = joined(ascii("Adobe"), new byte[] {0, 100, 0, 0, 0, 0, (byte) adobe});
        return adobe < 0 ? bytes.toByteArray() : jpegWith(bytes.toByteArray(), segment(0xee, marker));
    }

    private static ImageWriter platformJpegWriter() {
        for (Iterator<ImageWriter> writers = ImageIO.getImageWritersByFormatName("jpeg"); writers.hasNext(); ) {
            ImageWriter writer = writers.next();
            if (writer.getClass().getName().startsWith("com.sun.imageio.")) {
                return writer;
            }
        }
        throw new AssertionError("the platform has no writer of JPEG");
    }

    private static IIOMetadata fourChannelMetadata(ImageWriter writer) throws IOException {
        IIOMetadata metadata = writer.getDefaultImageMetadata(
                ImageTypeSpecifier.createFromBufferedImageType(BufferedImage.TYPE_INT_RGB), null);
        String name = metadata.getNativeMetadataFormatName();
        IIOMetadataNode root = (IIOMetadataNode) metadata.getAsTree(name);
        while (root.getFirstChild().hasChildNodes()) {
            root.getFirstChild().removeChild(root.getFirstChild().getFirstChild()); // no JFIF
        }
        for (IIOMetadataNode list : new IIOMetadataNode[] {
            (IIOMetadataNode) root.getElementsByTagName("sof").item(0),
            (IIOMetadataNode) root.getElementsByTagName("sos").item(0)
        }) {
            boolean frame = list.getNodeName().equals("sof");
            list.setAttribute(frame ? "numFrameComponents" : "numScanComponents", "4");
            while (list.hasChildNodes()) {
                list.removeChild(list.getFirstChild());
            }
            for (int c = 1; c <= 4; c++) {
                IIOMetadataNode channel = new IIOMetadataNode(frame ? "componentSpec" : "scanComponentSpec");
                if (frame) {
                    channel.setAttribute("componentId", "" + c);
                    channel.setAttribute("HsamplingFactor", "1");
                    channel.setAttribute("VsamplingFactor", "1");
                    channel.setAttribute("QtableSelector", "0");
                } else {
                    channel.setAttribute("componentSelector", "" + c);
                    channel.setAttribute("dcHuffTable", "0");
                    channel.setAttribute("acHuffTable", "0");
                }
                list.appendChild(channel);
            }
        }
        metadata.setFromTree(name, root);
        return metadata;
    }

    @Test
    void severalPicturesAreRefusedWithTheirNumber() throws IOException {
        String one = ", allowed one picture: save the one that is meant as a file of its own";
        refused("got 3 pictures in a GIF" + one, sequence("gif", 3));
        refused("got 2 pages in a TIFF" + one, sequence("tiff", 2));
        byte[] control = chunk("acTL", new byte[] {0, 0, 0, 5, 0, 0, 0, 0});
        refused("got 5 pictures in an animated PNG" + one, pngWith(written(IMAGE, "png"), control));
        byte[] frame = joined(new byte[16], written(IMAGE, "webp", "Lossless"));
        byte[] frames = joined(webpChunk("ANMF", frame), webpChunk("ANMF", frame));
        byte[] animated = ImageFiles.webp(
                webpChunk("VP8X", new byte[] {2, 0, 0, 0, 18, 0, 0, 12, 0, 0}), webpChunk("ANIM", new byte[6]), frames);
        refused("got 2 pictures in an animated WebP" + one, animated);
        // One frame is no animation, and a smaller copy is no page.
        byte[] single = chunk("acTL", new byte[] {0, 0, 0, 1, 0, 0, 0, 0});
        isImage("PNG", 8, pngWith(written(IMAGE, "png"), single));
    }

    @Test
    void aGifWhosePictureIsSmallerThanItsScreenIsRefused() throws IOException {
        byte[] gif = written(rgb(10, 10, 1), "gif");
        gif[6] = 12;
        refused(
                "got a GIF whose picture of 10x10 pixels does not fill its screen of 12x10, allowed one that fills it",
                gif);
    }

    @Test
    void anInterlacedGifOfFewRowsIsRefused() throws IOException {
        for (int rows = 2; rows <= 4; rows++) {
            refused(
                    "got an interlaced GIF of " + rows + " rows, allowed 5 rows or more, or one row after the other",
                    written(rgb(6, rows, 1), "gif")); // the platform's writer interlaces
        }
        decode(written(rgb(6, 5, 1), "gif"));
    }

    @Test
    void coloursThatAreNoRgbAreRefused() throws IOException {
        ImageFiles.Tiff tiff = new ImageFiles.Tiff(ByteOrder.BIG_ENDIAN);
        String allowed = ", allowed grey, palette, RGB, and YCbCr in JPEG compression: convert it";
        refused(
                "got a TIFF of CMYK colours" + allowed,
                tiff.picture(2, 2, 8, 5, 4, new byte[16]).bytes());
        refused(
                "got a TIFF of Lab colours" + allowed,
                tiff.picture(2, 2, 8, 8, 3, new byte[12]).bytes());
        for (int mode : new int[] {0, 4, 7, 8, 9}) {
            String name = new String[] {
                        "black and white bitmap", "", "", "", "CMYK", "", "", "multichannel", "duotone", "Lab"
                    }
                    [mode];
            refused(
                    "got a PSD in the colour mode " + name + ", allowed grey, indexed and RGB: convert it",
                    psd(mode, 8, 4, 2, 2, new byte[16], new byte[0], false));
        }
    }

    @Test
    void samplesThatAreNoWholeNumbersAreRefused() throws IOException {
        ImageFiles.Tiff tiff = new ImageFiles.Tiff(ByteOrder.BIG_ENDIAN);
        refused(
                "got a TIFF with samples of 32 bits, allowed 1, 2, 4, 8 or 16, all alike",
                tiff.picture(2, 2, 32, 1, 1, new byte[16]).with(339, 3).bytes());
        refused(
                "got a TIFF with signed or floating-point samples, allowed unsigned whole numbers",
                tiff.picture(2, 2, 16, 1, 1, new byte[8]).with(339, 2).bytes());
        refused(
                "got 32 bits a channel, allowed PSD with 8 or 16",
                psd(3, 32, 3, 2, 2, new byte[48], new byte[0], false));
    }

    @Test
    void codingsWhoseReadersFillUpWhatIsMissingAreRefused() throws IOException {
        BufferedImage lines = new BufferedImage(64, 32, BufferedImage.TYPE_BYTE_BINARY);
        refused(
                "got a TIFF with compression 4, allowed none (1), LZW (5), JPEG (7), deflate (8, 32946) and "
                        + "PackBits (32773)",
                written(lines, "tiff", "CCITT T.6"));
        byte[] bmp = written(IMAGE, "bmp");
        bmp[30] = 1;
        refused("got a compressed BMP, allowed an uncompressed one", bmp);
    }

    @Test
    void aTiffMustBeginWithItsPictureAndLookUpEightBits() throws IOException {
        refused(
                "got a TIFF that begins with a preview or a mask, allowed one that begins with its picture",
                tiff(ByteOrder.BIG_ENDIAN).with(254, 1).bytes());
        isImage("TIFF", 8, tiff(ByteOrder.BIG_ENDIAN).with(254, 0).bytes());
        refused(
                "got a TIFF whose palette has 16 bits, allowed palettes of 8 bits: convert it to RGB",
                new ImageFiles.Tiff(ByteOrder.BIG_ENDIAN)
                        .picture(8, 1, 1, 3, 1, new byte[1])
                        .with(320, 0, 65535, 0, 0x1234, 0, 0)
                        .bytes());
    }

    @Test
    void thePictureOfLayersMustHaveBeenMerged() throws IOException {
        byte[] info = new byte[8];
        info[3] = 1; // version 1; then: no merged picture
        refused(
                "got a PSD without its merged picture, allowed one saved with 'Maximize compatibility', or flattened",
                psd(3, 8, 3, WIDTH, HEIGHT, planes(IMAGE), resource(1057, info), false));
        info[4] = 1;
        isImage("PSD", 8, psd(3, 8, 3, WIDTH, HEIGHT, planes(IMAGE), resource(1057, info), false));
    }

    @Test
    void whatRulesSayIsWhatIsAllowed() {
        for (PictureFormat format : PictureFormat.values()) {
            assertTrue(PictureFile.RULES.contains(format.label()), format.label());
        }
        assertTrue(PictureFile.RULES.contains("128000000 pixels"));
    }

    private static final String LOSSLESS_WEBP =
            "UklGRiwAAABXRUJQVlA4TCAAAAAvBcAAALmM6H/sIqL/AYVsI0AHdv5iP8KgDEVMAMBKDw==";

    private static final String LOSSY_WEBP =
            "UklGRkoAAABXRUJQVlA4ID4AAABQAwCdASogACAAPjEYikOiIaEUBAAgAwSygDsAfgAAZN/sAAD+Ux//+QXLC65Gv/"
                    + "/zsb87G/Oxv/OZAAAAAA==";
}

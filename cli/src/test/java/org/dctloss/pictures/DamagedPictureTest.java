package org.dctloss.pictures;

import static org.dctloss.pictures.ImageFiles.ascii;
import static org.dctloss.pictures.ImageFiles.joined;
import static org.dctloss.pictures.ImageFiles.planes;
import static org.dctloss.pictures.ImageFiles.png;
import static org.dctloss.pictures.ImageFiles.psd;
import static org.dctloss.pictures.ImageFiles.rgb;
import static org.dctloss.pictures.ImageFiles.samples;
import static org.dctloss.pictures.ImageFiles.webp;
import static org.dctloss.pictures.ImageFiles.webpChunk;
import static org.dctloss.pictures.ImageFiles.written;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are cut off, corrupted, or lie about their size: a sentence, and little memory. */
class DamagedPictureTest {
    private static final int WIDTH = 23;
    private static final int HEIGHT = 17;

    @TempDir
    Path folder;

    /** A good file of every kind whose damage is noticed differently. */
    private static Map<String, byte[]> goodFiles() throws IOException {
        BufferedImage image = rgb(WIDTH, HEIGHT, 4);
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("png", written(image, "png"));
        files.put("jpg", written(image, "jpg"));
        files.put("bmp", written(image, "bmp"));
        files.put("gif", written(image, "gif"));
        for (String compression : new String[] {"None", "LZW", "Deflate", "PackBits"}) {
            files.put(compression + ".tiff", written(image, "tiff", compression));
        }
        files.put("lossless.webp", written(image, "webp", "Lossless"));
        files.put("lossy.webp", written(image, "webp", "Lossy"));
        files.put("raw.psd", psd(3, 8, 3, WIDTH, HEIGHT, planes(image), new byte[0], false));
        files.put("runs.psd", psd(3, 8, 3, WIDTH, HEIGHT, planes(image), new byte[0], true));
        return files;
    }

    private String refusal(String name, byte[] bytes) throws IOException {
        Path file = Files.write(folder.resolve(name), bytes);
        CommandFailure failure = assertThrows(CommandFailure.class, () -> PictureFile.decode(file), name);
        String start = file + ": ";
        assertTrue(failure.getMessage().startsWith(start), failure.getMessage());
        assertEquals(-1, failure.getMessage().indexOf('\n'), failure.getMessage());
        return failure.getMessage().substring(start.length());
    }

    @Test
    void whatIsCutOffIsRefusedWhereverItIsCut() throws IOException {
        for (Map.Entry<String, byte[]> good : goodFiles().entrySet()) {
            PictureFile.decode(Files.write(folder.resolve(good.getKey()), good.getValue()));
            int length = good.getValue().length;
            for (int left = 1; left < length; left += left < 64 || left > length - 32 ? 1 : 13) {
                String sentence = refusal(good.getKey(), Arrays.copyOf(good.getValue(), left));
                assertTrue(sentence.startsWith("got "), sentence);
            }
        }
    }

    @Test
    void corruptedFilesNeverDoWorseThanASentence() throws IOException {
        Random random = new Random(3);
        for (Map.Entry<String, byte[]> good : goodFiles().entrySet()) {
            Path file = folder.resolve(good.getKey());
            for (int round = 0; round < 200; round++) {
                byte[] bytes = good.getValue().clone();
                int within = round % 2 == 0 ? bytes.length : Math.min(64, bytes.length); // headers are hit often
                for (int i = 0; i < 3; i++) {
                    bytes[random.nextInt(within)] = (byte) random.nextInt(256);
                }
                Files.write(file, bytes);
                try {
                    PictureFile.decode(file);
                } catch (CommandFailure refused) {
                    assertTrue(refused.getMessage().startsWith(file + ": "), refused.getMessage());
                }
            }
        }
    }

    @Test
    void aChangedBitOfAPngIsSeenByItsChecksum() throws IOException {
        byte[] png = written(rgb(WIDTH, HEIGHT, 4), "png");
        png[60] ^= 1;
        assertEquals(
                "got a damaged image (the checksum of its chunk IDAT is wrong), allowed a complete image",
                refusal("bit.png", png));
    }

    @Test
    void readersAreNotLeftToFillUpWhatIsMissing() throws IOException {
        // The containers are whole, the pixels are not.
        assertTrue(refusal("short.png", png(8, 8, 8, 0, new byte[9 * 7])).startsWith("got an image that cannot be"));
        byte[] gif = written(rgb(WIDTH, HEIGHT, 4), "gif");
        int codes = 13 + 3 * 256 + 10;
        while (gif[codes - 10] != 0x2c) {
            codes++;
        }
        byte[] shortGif = joined(
                Arrays.copyOf(gif, codes + 1),
                new byte[] {10},
                Arrays.copyOfRange(gif, codes + 2, codes + 12),
                new byte[] {0, 0x3b});
        assertEquals(
                "got a damaged image (it holds fewer pixels than it says), allowed a complete image",
                refusal("short.gif", shortGif));
        assertEquals(
                "got a damaged image (it holds fewer pixels than it says), allowed a complete image",
                refusal(
                        "short.tif",
                        new ImageFiles.Tiff(ByteOrder.BIG_ENDIAN)
                                .picture(8, 8, 8, 1, 1, new byte[63])
                                .bytes()));
        byte[] jpeg = written(rgb(WIDTH, HEIGHT, 4), "jpg");
        byte[] shortJpeg = joined(Arrays.copyOf(jpeg, jpeg.length - 100), new byte[] {(byte) 0xff, (byte) 0xd9});
        assertTrue(refusal("short.jpg", shortJpeg).startsWith("got a damaged image ("), "JPEG");
    }

    @Test
    void headersThatLieAllocateNothing() throws IOException {
        long before = allocated();
        String most = ", allowed 128000000 pixels at most";
        assertEquals("got 60000x60000 pixels" + most, refusal("a.png", png(60000, 60000, 8, 2, new byte[100])));
        assertEquals(
                "got a damaged image (it says 11000x11000 pixels in 90 bytes), allowed a complete image",
                refusal("b.png", png(11000, 11000, 8, 2, new byte[100])).replaceAll("in \\d+ bytes", "in 90 bytes"));
        byte[] jpeg = written(rgb(WIDTH, HEIGHT, 4), "jpg");
        for (int at = 2; ; at++) {
            if (jpeg[at] == (byte) 0xff && jpeg[at + 1] == (byte) 0xc0) {
                Arrays.fill(jpeg, at + 5, at + 9, (byte) 0xff);
                break;
            }
        }
        assertEquals("got 65535x65535 pixels" + most, refusal("a.jpg", jpeg));
        byte[] gif = written(rgb(WIDTH, HEIGHT, 4), "gif");
        Arrays.fill(gif, 6, 10, (byte) 0xff);
        int picture = 13 + 3 * 256;
        while (gif[picture] != 0x2c) {
            picture++;
        }
        Arrays.fill(gif, picture + 5, picture + 9, (byte) 0xff);
        assertTrue(refusal("a.gif", gif).contains("fewer pixels than it says"), "GIF");
        byte[] bmp = written(rgb(WIDTH, HEIGHT, 4), "bmp");
        ByteBuffer.wrap(bmp).order(ByteOrder.LITTLE_ENDIAN).putInt(18, 40000).putInt(22, 40000);
        assertTrue(refusal("a.bmp", bmp).contains("it says 40000x40000 pixels of 24 bits in"), "BMP");
        ImageFiles.Tiff tiff = new ImageFiles.Tiff(ByteOrder.BIG_ENDIAN)
                .picture(WIDTH, HEIGHT, 8, 2, 3, samples(rgb(WIDTH, HEIGHT, 4)));
        assertTrue(refusal("a.tif", tiff.with(256, 1 << 30).bytes()).contains("fewer pixels than it says"), "TIFF");
        assertEquals(
                "got 50000x50000 pixels" + most,
                refusal(
                        "b.tif",
                        tiff.with(256, 50000)
                                .with(257, 50000)
                                .with(278, 50000)
                                .with(259, 8)
                                .bytes()));
        assertTrue(
                refusal(
                                "c.tif",
                                tiff.with(256, 9)
                                        .with(257, 9)
                                        .with(322, 1 << 30)
                                        .with(323, 1 << 30)
                                        .with(324, 8)
                                        .with(325, 9)
                                        .bytes())
                        .contains("pieces of 1073741824x1073741824 pixels"),
                "tiles");
        byte[] vp8l = {0x2f, -1, -1, -1, 0x0f, 0, 0, 0, 0, 0};
        assertEquals("got 16384x16384 pixels" + most, refusal("a.webp", webp(webpChunk("VP8L", vp8l))));
        assertEquals(
                "got 30000x30000 pixels" + most,
                refusal("a.psd", psd(1, 8, 1, 30000, 30000, new byte[30000], new byte[0], true)));
        assertTrue(refusal("b.psd", psd(3, 8, 3, 30000, 30000, new byte[30], new byte[0], false))
                .contains("cut off"));
        assertTrue(allocated() - before < 64 << 20, (allocated() - before) + " bytes allocated");
    }

    private static long allocated() {
        return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }

    @Test
    void directoriesThatRunInACircleEnd() throws IOException {
        byte[] tiff = new ImageFiles.Tiff(ByteOrder.BIG_ENDIAN)
                .picture(WIDTH, HEIGHT, 8, 2, 3, samples(rgb(WIDTH, HEIGHT, 4)))
                .bytes();
        ByteBuffer bytes = ByteBuffer.wrap(tiff);
        bytes.putInt(tiff.length - 4, bytes.getInt(4));
        assertEquals(
                "got a damaged image (its directories run in a circle), allowed a complete image",
                refusal("circle.tif", tiff));
    }

    @Test
    void aFileThatOnlyBeginsLikeOneIsCutOff() throws IOException {
        for (String beginning : new String[] {
            "\u0089PNG\r\n\u001a\n", "\u00ff\u00d8\u00ff", "BM", "GIF89a", "II*\0", "MM\0*", "RIFF\0\0\0\0WEBP", "8BPS"
        }) {
            assertTrue(refusal("beginning", ascii(beginning)).startsWith("got a damaged image ("), beginning);
        }
    }
}

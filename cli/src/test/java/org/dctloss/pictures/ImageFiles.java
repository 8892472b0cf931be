package org.dctloss.pictures;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

/** Image files for tests: written by libraries, spliced, or put together from their bytes. */
final class ImageFiles {
    private ImageFiles() {}

    /** Noise, so that no two pixels can be mistaken for each other. */
    static BufferedImage rgb(int width, int height, long seed) {
        Random random = new Random(seed);
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < width * height; i++) {
            image.setRGB(i % width, i / width, random.nextInt(0x1000000));
        }
        return image;
    }

    /** What has been read from a file of the picture when nothing is converted. */
    static Picture picture(BufferedImage image) {
        Picture picture = Picture.ofSize(image.getWidth(), image.getHeight());
        for (int y = 0; y < picture.height(); y++) {
            for (int x = 0; x < picture.width(); x++) {
                picture.set(y, x, image.getRGB(x, y));
            }
        }
        return picture;
    }

    /** The bytes of a picture, channel by channel within a pixel. */
    static byte[] samples(BufferedImage image) {
        ByteBuffer bytes = ByteBuffer.allocate(3 * image.getWidth() * image.getHeight());
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                int rgb = image.getRGB(x, y);
                bytes.put((byte) (rgb >> 16)).put((byte) (rgb >> 8)).put((byte) rgb);
            }
        }
        return bytes.array();
    }

    static byte[] written(BufferedImage image, String format) throws IOException {
        return written(image, format, null);
    }

    /** Written with one of the writer's kinds of compression. */
    static byte[] written(BufferedImage image, String format, String compression) throws IOException {
        ImageWriter writer = ImageIO.getImageWritersByFormatName(format).next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
            ImageWriteParam settings = writer.getDefaultWriteParam();
            if (compression != null) {
                settings.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
                settings.setCompressionType(compression);
            }
            writer.setOutput(out);
            writer.write(null, new IIOImage(image, null, null), settings);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    /** A file with several pictures, by a library's writer. */
    static byte[] sequence(String format, int pictures) throws IOException {
        ImageWriter writer = ImageIO.getImageWritersByFormatName(format).next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
            writer.setOutput(out);
            writer.prepareWriteSequence(null);
            for (int i = 0; i < pictures; i++) {
                writer.writeToSequence(new IIOImage(rgb(12, 10, i), null, null), null);
            }
            writer.endWriteSequence();
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            bytes.writeBytes(part);
        }
        return bytes.toByteArray();
    }

    static byte[] ascii(String letters) {
        return letters.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] part(byte[] bytes, int from, int to) {
        return java.util.Arrays.copyOfRange(bytes, from, to);
    }

    // PNG

    static byte[] chunk(String type, byte[] data) {
        CRC32 sum = new CRC32();
        sum.update(ascii(type));
        sum.update(data);
        return ByteBuffer.allocate(12 + data.length)
                .putInt(data.length)
                .put(ascii(type))
                .put(data)
                .putInt((int) sum.getValue())
                .array();
    }

    /** A PNG of rows that each begin with their filter type, with chunks between header and data. */
    static byte[] png(int width, int height, int bits, int kind, byte[] rows, byte[]... chunks) {
        ByteBuffer header = ByteBuffer.allocate(13);
        header.putInt(width).putInt(height).put((byte) bits).put((byte) kind);
        Deflater deflater = new Deflater();
        deflater.setInput(rows);
        deflater.finish();
        byte[] data = new byte[rows.length + 100];
        int length = deflater.deflate(data);
        deflater.end();
        return joined(
                ascii("\u0089PNG\r\n\u001a\n"),
                chunk("IHDR", header.array()),
                joined(chunks),
                chunk("IDAT", part(data, 0, length)),
                chunk("IEND", new byte[0]));
    }

    /** With a chunk behind the header. */
    static byte[] pngWith(byte[] png, byte[] chunk) {
        return joined(part(png, 0, 33), chunk, part(png, 33, png.length));
    }

    // JPEG

    static byte[] segment(int marker, byte[] data) {
        return ByteBuffer.allocate(4 + data.length)
                .put((byte) 0xff)
                .put((byte) marker)
                .putShort((short) (2 + data.length))
                .put(data)
                .array();
    }

    /** With a segment before all others. */
    static byte[] jpegWith(byte[] jpeg, byte[] segment) {
        return joined(part(jpeg, 0, 2), segment, part(jpeg, 2, jpeg.length));
    }

    /** The segment in which cameras tell which side of a picture is up. */
    static byte[] exifSegment(int orientation) {
        return segment(0xe1, joined(ascii("Exif\0\0"), exif(orientation)));
    }

    /** EXIF data with one entry: a TIFF without a picture. */
    static byte[] exif(int orientation) {
        return new Tiff(ByteOrder.BIG_ENDIAN).with(274, orientation).bytes();
    }

    // WebP

    static byte[] webpChunk(String type, byte[] data) {
        return ByteBuffer.allocate(8 + data.length + (data.length & 1))
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(ascii(type))
                .putInt(data.length)
                .put(data)
                .array();
    }

    static byte[] webp(byte[]... chunks) {
        return webpChunk("RIFF", joined(ascii("WEBP"), joined(chunks)));
    }

    /** The extended form of a plain WebP: with a canvas of its size, flags, and chunks before and behind the picture. */
    static byte[] webpWith(byte[] webp, int width, int height, int flags, byte[] before, byte[] behind) {
        ByteBuffer canvas = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
        canvas.putInt(flags).putInt(width - 1).putInt(7, height - 1);
        return webp(webpChunk("VP8X", part(canvas.array(), 0, 10)), before, part(webp, 12, webp.length), behind);
    }

    // PSD

    /** A Photoshop document without layers: one plane after the other, raw or in runs. */
    static byte[] psd(
            int mode, int bits, int channels, int width, int height, byte[] planes, byte[] resources, boolean runs) {
        ByteBuffer header = ByteBuffer.allocate(26);
        header.put(ascii("8BPS")).putShort((short) 1).position(12);
        header.putShort((short) channels).putInt(height).putInt(width);
        header.putShort((short) bits).putShort((short) mode);
        byte[] palette = mode == 2 ? part(planes, 0, 768) : new byte[0];
        byte[] data = mode == 2 ? part(planes, 768, planes.length) : planes;
        return joined(
                header.array(),
                sized(palette),
                sized(resources),
                sized(new byte[0]),
                runs ? inRuns(data, channels * height) : joined(new byte[2], data));
    }

    private static byte[] sized(byte[] section) {
        return joined(ByteBuffer.allocate(4).putInt(section.length).array(), section);
    }

    /** PackBits without a repetition: literal runs. */
    private static byte[] inRuns(byte[] data, int rows) {
        int row = data.length / rows;
        ByteBuffer table = ByteBuffer.allocate(2 + 2 * rows).putShort((short) 1);
        ByteArrayOutputStream runs = new ByteArrayOutputStream();
        for (int r = 0; r < rows; r++) {
            int before = runs.size();
            for (int at = 0; at < row; at += 128) {
                int length = Math.min(128, row - at);
                runs.write(length - 1);
                runs.write(data, r * row + at, length);
            }
            table.putShort((short) (runs.size() - before));
        }
        return joined(table.array(), runs.toByteArray());
    }

    static byte[] resource(int id, byte[] data) {
        return ByteBuffer.allocate(12 + data.length + (data.length & 1))
                .put(ascii("8BIM"))
                .putShort((short) id)
                .putShort((short) 0)
                .putInt(data.length)
                .put(data)
                .array();
    }

    /** One plane after the other. */
    static byte[] planes(BufferedImage image) {
        byte[] pixels = samples(image);
        byte[] planes = new byte[pixels.length];
        for (int i = 0; i < pixels.length; i++) {
            planes[i % 3 * (pixels.length / 3) + i / 3] = pixels[i];
        }
        return planes;
    }

    /** A TIFF of one uncompressed strip, entry by entry. */
    static final class Tiff {
        private static final int COLOUR_MAP = 320;

        private final ByteOrder order;
        private final Map<Integer, Object> entries = new TreeMap<>();
        private byte[] data = new byte[0];

        Tiff(ByteOrder order) {
            this.order = order;
        }

        Tiff with(int tag, long... values) {
            entries.put(tag, values);
            return this;
        }

        /** An entry of bytes that TIFF does not look into. */
        Tiff with(int tag, byte[] value) {
            entries.put(tag, value);
            return this;
        }

        /** Size, depth, photometric interpretation (0 white is zero, 1 grey, 2 RGB, 3 palette) and pixels. */
        Tiff picture(int width, int height, int bits, int photometric, int samples, byte[] pixels) {
            data = pixels;
            long[] depths = new long[samples];
            java.util.Arrays.fill(depths, bits);
            return with(256, width)
                    .with(257, height)
                    .with(258, depths)
                    .with(259, 1)
                    .with(262, photometric)
                    .with(273, 8)
                    .with(277, samples)
                    .with(278, height)
                    .with(279, pixels.length);
        }

        byte[] bytes() {
            int values = 8 + data.length + (data.length & 1);
            int size = values;
            for (Object value : entries.values()) {
                size += value instanceof byte[] bytes ? bytes.length + (bytes.length & 1) : 4 * ((long[]) value).length;
            }
            ByteBuffer out =
                    ByteBuffer.allocate(size + 2 + 12 * entries.size() + 4).order(order);
            out.put(ascii(order == ByteOrder.LITTLE_ENDIAN ? "II" : "MM"))
                    .putShort((short) 42)
                    .putInt(size)
                    .put(data);
            int directory = size + 2;
            out.putShort(size, (short) entries.size()).position(values);
            for (Map.Entry<Integer, Object> entry : entries.entrySet()) {
                out.putShort(directory, entry.getKey().shortValue());
                if (entry.getValue() instanceof byte[] bytes) {
                    out.putShort(directory + 2, (short) 7).putInt(directory + 4, bytes.length);
                    out.putInt(directory + 8, out.position()).put(bytes);
                    out.position(out.position() + (bytes.length & 1));
                } else {
                    long[] numbers = (long[]) entry.getValue();
                    boolean small = entry.getKey() == COLOUR_MAP; // must be of 16 bits
                    out.putShort(directory + 2, (short) (small ? 3 : 4)).putInt(directory + 4, numbers.length);
                    out.putInt(directory + 8, numbers.length == 1 ? (int) numbers[0] : out.position());
                    for (long number : numbers) {
                        if (small) {
                            out.putShort((short) number);
                        } else {
                            out.putInt((int) number);
                        }
                    }
                }
                directory += 12;
            }
            return out.array();
        }
    }
}

package org.dctloss.pictures;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** The chunks of a WebP (RFC 9649). */
final class WebpFile {
    private static final int HEADER = 12;
    private static final int CHUNK = 8;
    private static final int EXTENDED_HEADER = 10;
    private static final int ALPHA = 0x10;

    /** So many bytes at the start of a file tell its size. */
    static final int HEAD = 30;

    private final ImageBytes file;
    private int extended = -1;
    private int alpha = -1;
    private int picture = -1;
    private int orientation = 1;
    private long animated;

    private WebpFile(ImageBytes file) {
        this.file = file;
    }

    static PixelData pixels(ImageBytes file) {
        PixelData pixels = new WebpFile(file).pixels();
        if (!WebpLibrary.isLoaded()) {
            throw file.refused(
                    "a WebP image, whose decoder could not be unpacked into " + WebpLibrary.folder()
                            + " and loaded from there",
                    "a folder to write to and to load from (" + WebpLibrary.folderOption()
                            + "), or another format: convert it to PNG");
        }
        return pixels;
    }

    /** Width times height as the start of a file tells it. */
    static long pixelsOf(ImageBytes head) {
        WebpFile file = new WebpFile(head);
        file.picture = HEADER;
        return switch (head.text(HEADER, 4)) {
            case "VP8X" -> (file.u24(HEADER + CHUNK + 4) + 1L) * (file.u24(HEADER + CHUNK + 7) + 1);
            case "VP8L" -> (long) file.width(true) * file.height(true);
            default -> (long) file.width(false) * file.height(false);
        };
    }

    private PixelData pixels() {
        int end = file.after(CHUNK, file.u32Little(4));
        for (int at = HEADER; at < end; ) {
            long length = file.u32Little(at + 4);
            int after = file.after(at, CHUNK + length);
            switch (file.text(at, 4)) {
                case "VP8X" -> extended = at;
                case "ALPH" -> alpha = at;
                case "VP8 ", "VP8L" -> picture = picture < 0 ? at : picture;
                case "EXIF" -> {
                    int exif = file.says(at + CHUNK, "Exif\0\0") ? 6 : 0;
                    orientation = Exif.orientation(file, at + CHUNK + exif, length - exif);
                }
                case "ANMF" -> animated++;
                default -> {}
            }
            at = after + (int) (length & 1);
        }
        if (animated > 0) {
            throw file.several(animated, "pictures in an animated WebP");
        }
        if (picture < 0) {
            throw file.damaged("it holds no picture");
        }
        boolean lossless = file.text(picture, 4).equals("VP8L");
        int width = width(lossless);
        int height = height(lossless);
        if (extended >= 0 && (u24(extended + CHUNK + 4) + 1 != width || u24(extended + CHUNK + 7) + 1 != height)) {
            throw file.damaged("its picture and its canvas differ in size");
        }
        return new PixelData(
                bytes(lossless), width, height, Long.MAX_VALUE, 8, false, orientation, PixelData.Inks.NONE);
    }

    private int width(boolean lossless) {
        return lossless ? 1 + (sizes() & 0x3fff) : file.u16Little(picture + CHUNK + 6) & 0x3fff;
    }

    private int height(boolean lossless) {
        return lossless ? 1 + (sizes() >>> 14 & 0x3fff) : file.u16Little(picture + CHUNK + 8) & 0x3fff;
    }

    private int sizes() {
        return (int) file.u32Little(picture + CHUNK + 1);
    }

    private int u24(int at) {
        return file.u16Little(at) | file.u8(at + 2) << 16;
    }

    private byte[] bytes(boolean lossless) {
        boolean withAlpha = alpha >= 0 && !lossless;
        int header = withAlpha ? CHUNK + EXTENDED_HEADER : 0;
        int size = HEADER + header + (withAlpha ? chunk(alpha) : 0) + chunk(picture);
        ByteBuffer out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        out.put(ascii("RIFF")).putInt(size - CHUNK).put(ascii("WEBP"));
        if (withAlpha) {
            if (extended < 0) {
                throw file.damaged("alpha without a canvas");
            }
            out.put(file.slice(extended, CHUNK)).putInt(ALPHA).put(file.slice(extended + CHUNK + 4, 6));
            out.put(file.slice(alpha, CHUNK + file.u32Little(alpha + 4))).position(HEADER + header + chunk(alpha));
        }
        out.put(file.slice(picture, CHUNK + file.u32Little(picture + 4)));
        return out.array();
    }

    /** The bytes of a chunk with its head and its padding to even length. */
    private int chunk(int at) {
        long length = file.u32Little(at + 4);
        return (int) (CHUNK + length + (length & 1));
    }

    private static byte[] ascii(String letters) {
        return letters.getBytes(StandardCharsets.US_ASCII);
    }
}

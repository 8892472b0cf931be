package org.dctloss.pictures;

import java.nio.ByteBuffer;
import java.util.zip.CRC32;

/** The chunks of a PNG (W3C, PNG specification, third edition). */
final class PngFile {
    private static final int SIGNATURE = 8;
    private static final int GREY = 0;
    private static final int GREY_ALPHA = 4;
    private static final int PALETTE = 3;

    /** Deflate makes at most 258 bytes of 2 bits. */
    private static final long INFLATION = 1032;

    private PngFile() {}

    static PixelData pixels(ImageBytes file) {
        ByteBuffer kept = ByteBuffer.allocate(file.size());
        kept.put(file.slice(0, SIGNATURE));
        int header = SIGNATURE + 8;
        long coded = 0;
        int orientation = 1;
        int at = SIGNATURE;
        for (String type = ""; !type.equals("IEND"); ) {
            long length = file.u32(at);
            type = file.text(at + 4, 4);
            int end = file.after(at, 12 + length);
            if (!type.chars().allMatch(letter -> letter >= 'A' && letter <= 'z')) {
                throw file.damaged("a chunk without a name");
            }
            checkSum(file, at, type, (int) length);
            switch (type) {
                case "tRNS" -> {
                    checkKey(file, header);
                    kept.put(file.slice(at, 12 + length));
                }
                case "IHDR", "PLTE", "IEND" -> kept.put(file.slice(at, 12 + length));
                case "IDAT" -> {
                    kept.put(file.slice(at, 12 + length));
                    coded += length;
                }
                case "eXIf" -> orientation = Exif.orientation(file, at + 8, length);
                case "acTL" -> {
                    long pictures = file.u32(at + 8);
                    if (pictures != 1) {
                        throw file.several(pictures, "pictures in an animated PNG");
                    }
                }
                default -> {
                    if (Character.isUpperCase(type.charAt(0))) {
                        throw file.refused("a chunk " + type, "the chunks of the PNG specification");
                    }
                }
            }
            if (at == SIGNATURE && !(type.equals("IHDR") && length == 13)) {
                throw file.damaged("it does not begin with its header");
            }
            at = end;
        }
        byte[] bytes = new byte[kept.position()];
        kept.get(0, bytes);
        int kind = file.u8(header + 9);
        int bits = kind == PALETTE ? 8 : file.u8(header + 8);
        long most = INFLATION * coded * 8 / Math.max(1, file.u8(header + 8));
        boolean grey = kind == GREY || kind == GREY_ALPHA;
        return new PixelData(
                bytes,
                file.data().getInt(header),
                file.data().getInt(header + 4),
                most,
                bits,
                grey,
                orientation,
                PixelData.Inks.NONE);
    }

    /** The reader overlooks the transparent colour of a grey that it unpacks from less than a byte. */
    private static void checkKey(ImageBytes file, int header) {
        int bits = file.u8(header + 8);
        if (file.u8(header + 9) == GREY && bits < 8) {
            throw file.refused(
                    "a transparent grey among " + bits + " bits", "one among 8 or 16, or opaque pictures: flatten it");
        }
    }

    private static void checkSum(ImageBytes file, int at, String type, int length) {
        CRC32 sum = new CRC32();
        sum.update(file.slice(at + 4, 4L + length));
        if (sum.getValue() != file.u32(at + 8 + length)) {
            throw file.damaged("the checksum of its chunk " + type + " is wrong");
        }
    }
}

package org.dctloss.pictures;

/** The blocks of a GIF (CompuServe, GIF89a). */
final class GifFile {
    private static final int EXTENSION = 0x21;
    private static final int PICTURE = 0x2c;
    private static final int TRAILER = 0x3b;
    private static final int INTERLACED = 0x40;
    private static final int FIRST_PASSES = 5;
    private static final int MOST_CODES = 4096;

    /** A code of 12 bits stands for 4096 pixels at most. */
    private static final long PIXELS_PER_BYTE = MOST_CODES * 8 / 12;

    private final ImageBytes file;
    private int data; // where the picture's codes begin

    private GifFile(ImageBytes file) {
        this.file = file;
    }

    static PixelData pixels(ImageBytes file) {
        return new GifFile(file).pixels();
    }

    private PixelData pixels() {
        int at = 13 + palette(file.u8(10));
        int pictures = 0;
        int picture = 0;
        for (int block = file.u8(at); block != TRAILER; block = file.u8(at)) {
            switch (block) {
                case EXTENSION -> at = afterBlocks(at + 2);
                case PICTURE -> {
                    pictures++;
                    picture = at;
                    data = at + 10 + palette(file.u8(at + 9));
                    at = afterBlocks(data + 1);
                }
                default -> throw file.damaged("an unknown block");
            }
        }
        if (pictures != 1) {
            throw file.several(pictures, "pictures in a GIF");
        }
        int width = file.u16Little(6);
        int height = file.u16Little(8);
        int w = file.u16Little(picture + 5);
        int h = file.u16Little(picture + 7);
        if (w != width || h != height || file.u16Little(picture + 1) != 0 || file.u16Little(picture + 3) != 0) {
            throw file.refused(
                    "a GIF whose picture of " + w + "x" + h + " pixels does not fill its screen of " + width + "x"
                            + height,
                    "one that fills it");
        }
        if ((file.u8(picture + 9) & INTERLACED) != 0 && h < FIRST_PASSES) {
            // The platform's reader leaves rows of these black.
            throw file.refused("an interlaced GIF of " + h + " rows", "5 rows or more, or one row after the other");
        }
        if (codedPixels() < (long) w * h) {
            throw file.damaged("it holds fewer pixels than it says");
        }
        byte[] bytes = new byte[file.size()];
        file.data().get(0, bytes);
        return new PixelData(bytes, w, h, PIXELS_PER_BYTE * file.size(), 8, false, 1, PixelData.Inks.NONE);
    }

    private static int palette(int flags) {
        return (flags & 0x80) == 0 ? 0 : 3 << (flags & 7) + 1;
    }

    private int afterBlocks(int at) {
        int next = at;
        for (int length = file.u8(next); length != 0; length = file.u8(next)) {
            next = file.after(next, 1L + length);
        }
        return next + 1;
    }

    /** How many pixels the LZW codes stand for. Readers fill up what is missing, so it is counted. */
    private long codedPixels() {
        int least = file.u8(data);
        if (least < 1 || least > 8) {
            throw file.damaged("codes of " + least + " bits");
        }
        int clear = 1 << least;
        int[] lengths = new int[MOST_CODES];
        int next = clear + 2;
        int width = least + 1;
        int previous = -1;
        long pixels = 0;
        int bits = 0;
        int held = 0;
        int at = data + 1;
        int left = file.u8(at++);
        while (left > 0) {
            bits |= file.u8(at++) << held;
            held += 8;
            if (--left == 0) {
                left = file.u8(at++);
            }
            while (held >= width) {
                int code = bits & (1 << width) - 1;
                bits >>>= width;
                held -= width;
                if (code == clear) {
                    next = clear + 2;
                    width = least + 1;
                    previous = -1;
                    continue;
                }
                if (code == clear + 1) {
                    return pixels;
                }
                if (code > next || code == next && previous < 0) {
                    throw file.damaged("a code that stands for nothing");
                }
                int grown = previous < 0 ? 0 : (previous < clear ? 1 : lengths[previous]) + 1;
                pixels += code < clear ? 1 : code == next ? grown : lengths[code];
                if (previous >= 0 && next < MOST_CODES) {
                    lengths[next++] = grown;
                    if (next == 1 << width && width < 12) {
                        width++;
                    }
                }
                previous = code;
            }
        }
        return pixels;
    }
}

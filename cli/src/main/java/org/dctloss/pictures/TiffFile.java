package org.dctloss.pictures;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** The directories of a TIFF 6.0: refuses what its reader would convert, guess or fill up. */
final class TiffFile {
    private static final int SUBFILE = 254;
    private static final int WIDTH = 256;
    private static final int HEIGHT = 257;
    private static final int BITS = 258;
    private static final int COMPRESSION = 259;
    private static final int PHOTOMETRIC = 262;
    private static final int STRIP_OFFSETS = 273;
    private static final int SAMPLES = 277;
    private static final int STRIP_ROWS = 278;
    private static final int STRIP_BYTES = 279;
    private static final int PLANAR = 284;
    private static final int PREDICTOR = 317;
    private static final int COLOUR_MAP = 320;
    private static final int TILE_WIDTH = 322;
    private static final int TILE_HEIGHT = 323;
    private static final int TILE_OFFSETS = 324;
    private static final int TILE_BYTES = 325;
    private static final int SAMPLE_FORMAT = 339;
    private static final int ICC_PROFILE = 34675;
    private static final int EXIF = 34665;
    private static final int GPS = 34853;
    private static final int SUB_DIRECTORIES = 330;

    private static final int WHITE_IS_ZERO = 0;
    private static final int BLACK_IS_ZERO = 1;
    private static final int RGB = 2;
    private static final int PALETTE = 3;
    private static final int YCBCR = 6;
    private static final Map<Integer, String> OTHER_COLOURS =
            Map.of(4, "a mask", 5, "CMYK", 8, "Lab", 9, "Lab", 10, "Lab", 32803, "raw sensor data");

    private static final int NONE = 1;
    private static final int JPEG = 7;

    /** The most pixels that a byte can hold. Not the fax codings (2 to 4): their reader fills up rows that are missing. */
    private static final Map<Integer, Integer> PIXELS_PER_BYTE =
            Map.of(NONE, 8, 5, 8 * 2731, JPEG, 512, 8, 8 * 1032, 32946, 8 * 1032, 32773, 8 * 64);

    private final ImageBytes file;
    private final TiffDirectories tiff;
    private TiffDirectories.Directory page;

    private TiffFile(ImageBytes file) {
        this.file = file;
        tiff = new TiffDirectories(file);
    }

    static PixelData pixels(ImageBytes file) {
        return new TiffFile(file).pixels();
    }

    private PixelData pixels() {
        findPage();
        int width = size(WIDTH);
        int height = size(HEIGHT);
        int compression = (int) page.number(COMPRESSION, NONE);
        int photometric = (int) page.number(PHOTOMETRIC, -1);
        int bits = bits();
        checkColours(compression, photometric, bits);
        long coded = checkPieces(compression, width, height, bits);
        boolean grey = photometric == BLACK_IS_ZERO || photometric == WHITE_IS_ZERO;
        return new PixelData(
                bytes(),
                width,
                height,
                coded * PIXELS_PER_BYTE.get(compression),
                photometric == PALETTE ? 8 : bits,
                grey,
                Exif.known(page.number(Exif.ORIENTATION, 1)),
                PixelData.Inks.NONE);
    }

    /** The first directory; others may only be smaller copies and masks. */
    private void findPage() {
        Set<Long> seen = new HashSet<>();
        int pages = 0;
        for (long at = tiff.first(); at != 0; ) {
            if (!seen.add(at)) {
                throw file.damaged("its directories run in a circle");
            }
            TiffDirectories.Directory directory = tiff.read(at);
            boolean preview = (directory.number(SUBFILE, 0) & 5) != 0;
            if (page == null) {
                if (preview) {
                    throw file.refused(
                            "a TIFF that begins with a preview or a mask", "one that begins with its picture");
                }
                page = directory;
                pages = 1;
            } else if (!preview) {
                pages++;
            }
            at = directory.next();
        }
        if (pages != 1) {
            throw file.several(pages, "pages in a TIFF");
        }
    }

    private int size(int tag) {
        long size = page.number(tag, 0);
        if (size < 1 || size > Integer.MAX_VALUE) {
            throw file.damaged("it does not tell its size");
        }
        return (int) size;
    }

    private int bits() {
        long[] bits = page.all(BITS);
        if (bits.length == 0) {
            return 1;
        }
        if (Arrays.stream(bits).distinct().count() != 1 || bits[0] < 1 || bits[0] > 16 || Long.bitCount(bits[0]) != 1) {
            throw file.refused("a TIFF with samples of " + join(bits) + " bits", "1, 2, 4, 8 or 16, all alike");
        }
        return (int) bits[0];
    }

    private static String join(long[] numbers) {
        return String.join(
                ", ", Arrays.stream(numbers).distinct().mapToObj(Long::toString).toList());
    }

    private void checkColours(int compression, int photometric, int bits) {
        if (Arrays.stream(page.all(SAMPLE_FORMAT)).anyMatch(format -> format != 1)) {
            throw file.refused("a TIFF with signed or floating-point samples", "unsigned whole numbers");
        }
        int colours = switch (photometric) {
            case WHITE_IS_ZERO, BLACK_IS_ZERO, PALETTE -> 1;
            case RGB -> 3;
            case YCBCR -> compression == JPEG ? 3 : 0;
            default -> 0;
        };
        if (colours == 0) {
            String got = photometric == YCBCR ? "YCbCr" : OTHER_COLOURS.getOrDefault(photometric, "other");
            throw file.refused(
                    "a TIFF of " + got + " colours", "grey, palette, RGB, and YCbCr in JPEG compression: convert it");
        }
        long samples = page.number(SAMPLES, 1);
        long extra = samples - colours;
        // The reader would invert alpha with white.
        boolean mayHaveExtra = photometric != WHITE_IS_ZERO && photometric != PALETTE && bits >= 8;
        if (extra < 0 || extra > 1 || extra == 1 && !mayHaveExtra) {
            throw file.refused("a TIFF with " + samples + " channels", "one of grey or three of RGB, and alpha");
        }
        if (photometric == PALETTE && bits > 8 || photometric == RGB && bits == 1) {
            throw file.refused("a TIFF with samples of " + bits + " bits for such colours", "8");
        }
        if (photometric == PALETTE && !Arrays.stream(page.all(COLOUR_MAP)).allMatch(TiffFile::isEightBits)) {
            throw file.refused("a TIFF whose palette has 16 bits", "palettes of 8 bits: convert it to RGB");
        }
        if (!PIXELS_PER_BYTE.containsKey(compression)) {
            throw file.refused(
                    "a TIFF with compression " + compression,
                    "none (1), LZW (5), JPEG (7), deflate (8, 32946) and PackBits (32773)");
        }
        long predictor = page.number(PREDICTOR, 1);
        if (predictor != 1 && (predictor != 2 || bits < 8)) {
            throw file.refused("a TIFF with predictor " + predictor, "none (1) and differences of 8 or 16 bits (2)");
        }
    }

    /** Whether a level of 16 bits stands for one of 8, of which the reader keeps the upper byte: twice, or with zeros. */
    private static boolean isEightBits(long level) {
        return (level & 0xff) == 0 || (level & 0xff) == level >> 8;
    }

    /** Every strip or tile must lie in the file. Returns how many bytes they have together. */
    private long checkPieces(int compression, int width, int height, int bits) {
        boolean tiled = page.has(TILE_OFFSETS);
        long[] offsets = page.all(tiled ? TILE_OFFSETS : STRIP_OFFSETS);
        long[] lengths = page.all(tiled ? TILE_BYTES : STRIP_BYTES);
        long w = tiled ? page.number(TILE_WIDTH, 0) : width;
        long h = tiled ? page.number(TILE_HEIGHT, 0) : Math.min(page.number(STRIP_ROWS, height), height);
        if (!tiled && (page.has(TILE_WIDTH) || page.has(TILE_HEIGHT))) {
            throw file.damaged("it has both strips and tiles");
        }
        if (w < 1 || h < 1 || w > width + 65535L || h > height + 65535L) {
            throw file.damaged("pieces of " + w + "x" + h + " pixels");
        }
        boolean planar = page.number(PLANAR, 1) == 2;
        long samples = page.number(SAMPLES, 1);
        long pieces = ((width + w - 1) / w) * ((height + h - 1) / h) * (planar ? samples : 1);
        if (offsets.length != pieces || lengths.length != pieces) {
            throw file.damaged(offsets.length + " pieces of data where it needs " + pieces);
        }
        long row = (w * bits * (planar ? 1 : samples) + 7) / 8;
        long coded = 0;
        for (int i = 0; i < pieces; i++) {
            if (offsets[i] < 8 || lengths[i] < 1 || offsets[i] + lengths[i] > file.size()) {
                throw file.cutOff();
            }
            long down = i % ((height + h - 1) / h * ((width + w - 1) / w)) / ((width + w - 1) / w);
            long rows = tiled ? h : Math.min(h, height - down * h);
            if (compression == NONE && lengths[i] < row * rows) {
                throw file.damaged("it holds fewer pixels than it says");
            }
            coded += lengths[i];
        }
        return coded;
    }

    /** The file with this page alone, and without what a reader might convert by or follow. */
    private byte[] bytes() {
        byte[] bytes = new byte[file.size()];
        file.data().get(0, bytes);
        for (int tag : new int[] {ICC_PROFILE, EXIF, GPS, SUB_DIRECTORIES}) {
            Integer entry = page.entries().get(tag);
            if (entry != null) {
                bytes[entry] = 0; // tag 0 means nothing
                bytes[entry + 1] = 0;
            }
        }
        return bytes;
    }
}

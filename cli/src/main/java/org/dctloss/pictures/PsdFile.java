package org.dctloss.pictures;

import java.nio.ByteBuffer;

/** The sections of a Photoshop document (Adobe Photoshop File Formats Specification); its merged picture is read. */
final class PsdFile {
    private static final int HEADER = 26;
    private static final int GREY = 1;
    private static final int INDEXED = 2;
    private static final int RGB = 3;
    private static final String[] MODES = {
        "black and white bitmap", "grey", "indexed", "RGB", "CMYK", "5", "6", "multichannel", "duotone", "Lab"
    };
    private static final int VERSION_INFO = 1057;
    private static final int RAW = 0;
    private static final int RUNS = 1;

    /** A run of 128 takes 2 bytes. */
    private static final long PIXELS_PER_BYTE = 64;

    private PsdFile() {}

    static PixelData pixels(ImageBytes file) {
        if (file.u16(4) != 1) {
            throw file.refused("a large Photoshop document (PSB)", "PSD");
        }
        int channels = file.u16(12);
        int height = file.data().getInt(14);
        int width = file.data().getInt(18);
        int bits = file.u16(22);
        int mode = file.u16(24);
        if (mode != GREY && mode != INDEXED && mode != RGB) {
            throw file.refused(
                    "a PSD in the colour mode " + (mode < MODES.length ? MODES[mode] : mode),
                    "grey, indexed and RGB: convert it");
        }
        if (bits != 8 && (bits != 16 || mode == INDEXED)) {
            throw file.refused(bits + " bits a channel", "PSD with 8 or 16");
        }
        int resources = file.after(HEADER, 4 + file.u32(HEADER));
        int layers = file.after(resources, 4 + file.u32(resources));
        int image = file.after(layers, 4 + file.u32(layers));
        checkMerged(file, resources + 4, layers);
        long most = mostPixels(file, image, (long) channels * height, (long) width * bits / 8);
        // Without the resources, one of which is the colour profile.
        ByteBuffer bytes = ByteBuffer.allocate(file.size() - (layers - resources) + 4);
        bytes.put(file.slice(0, resources)).putInt(0).put(file.slice(layers, file.size() - layers));
        return new PixelData(bytes.array(), width, height, most, bits, mode == GREY, 1, PixelData.Inks.NONE);
    }

    private static void checkMerged(ImageBytes file, int begin, int end) {
        for (int at = begin; at < end; ) {
            if (!file.says(at, "8BIM")) {
                throw file.damaged("something else among its resources");
            }
            int name = 1 + file.u8(at + 6);
            int body = at + 6 + name + (name & 1) + 4;
            long length = file.u32(body - 4);
            if (file.u16(at + 4) == VERSION_INFO && length >= 5 && file.u8(body + 4) == 0) {
                throw file.refused(
                        "a PSD without its merged picture", "one saved with 'Maximize compatibility', or flattened");
            }
            at = file.after(body, length + (length & 1));
        }
    }

    /** Refuses a file that is cut off, of which readers leave the rest black. */
    private static long mostPixels(ImageBytes file, int image, long rows, long row) {
        int coding = file.u16(image);
        if (coding != RAW && coding != RUNS) {
            throw file.refused("a merged picture with compression " + coding, "PSD's raw (0) and run lengths (1)");
        }
        if (coding == RAW) {
            if (file.size() - image - 2 < (double) rows * row) {
                throw file.cutOff();
            }
            return Long.MAX_VALUE;
        }
        int table = file.after(image + 2, 2 * rows);
        long coded = 0;
        for (int at = image + 2; at < table; at += 2) {
            coded += file.u16(at);
        }
        file.after(table, coded);
        return coded * PIXELS_PER_BYTE;
    }
}

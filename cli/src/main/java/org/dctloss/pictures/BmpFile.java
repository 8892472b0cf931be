package org.dctloss.pictures;

/** The header of a Windows or OS/2 bitmap. */
final class BmpFile {
    private static final int FILE_HEADER = 14;
    private static final int OS2_HEADER = 12;
    private static final int PLAIN = 0;
    private static final int MASKS = 3;

    private BmpFile() {}

    static PixelData pixels(ImageBytes file) {
        long header = file.u32Little(FILE_HEADER);
        boolean old = header == OS2_HEADER;
        int width = old ? file.u16Little(18) : (int) file.u32Little(18);
        int stored = old ? file.u16Little(20) : (int) file.u32Little(22);
        int height = Math.abs(stored); // negative: the first row is the top
        int bits = file.u16Little(old ? 24 : 28);
        long coding = old ? PLAIN : file.u32Little(30);
        if (coding != PLAIN && coding != MASKS) {
            throw file.refused("a compressed BMP", "an uncompressed one");
        }
        long row = ((long) width * bits + 31) / 32 * 4;
        long begin = file.u32Little(10);
        if (width < 1 || height < 1 || row * height > file.size() - begin) {
            throw file.damaged(
                    "it says " + width + "x" + height + " pixels of " + bits + " bits in " + file.size() + " bytes");
        }
        if (coding == MASKS && bits == 32 && header >= 56) {
            checkAlpha(file, (int) begin, (int) (begin + row * height), file.u32Little(66));
        }
        byte[] bytes = new byte[file.size()];
        file.data().get(0, bytes);
        return new PixelData(bytes, width, height, Long.MAX_VALUE, bits == 16 ? 5 : 8, false, 1, PixelData.Inks.NONE);
    }

    private static void checkAlpha(ImageBytes file, int begin, int end, long mask) {
        for (int at = begin; at < end; at += 4) {
            if ((file.u32Little(at) & mask) != mask) {
                throw file.transparent();
            }
        }
    }
}

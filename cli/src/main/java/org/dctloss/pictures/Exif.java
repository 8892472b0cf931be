package org.dctloss.pictures;

/** The one thing of EXIF that changes a picture: its orientation. */
final class Exif {
    static final int ORIENTATION = 274;

    private Exif() {}

    /** The orientation that a block of EXIF (a TIFF header and directories) tells: 1 to 8, 1 if it tells none. */
    static int orientation(ImageBytes file, int at, long length) {
        try {
            TiffDirectories tiff = new TiffDirectories(new ImageBytes(file.file(), file.slice(at, length)));
            return known(tiff.number(tiff.first(), ORIENTATION, 1));
        } catch (IndexOutOfBoundsException | CommandFailure damaged) {
            throw file.damaged("its EXIF data cannot be read, and with it not which side is up");
        }
    }

    /** Other numbers than 1 to 8 mean "unknown". */
    static int known(long orientation) {
        return orientation >= 1 && orientation <= 8 ? (int) orientation : 1;
    }

    /** The picture as it is shown. */
    static Picture upright(Picture stored, int orientation) {
        if (orientation == 1) {
            return stored;
        }
        int w = stored.width();
        int h = stored.height();
        boolean turned = orientation >= 5;
        Picture shown = Picture.ofSize(turned ? h : w, turned ? w : h);
        for (int c = 0; c < Picture.CHANNELS; c++) {
            for (int y = 0; y < h; y++) {
                for (int x = 0; x < w; x++) {
                    int to = switch (orientation) {
                        case 2 -> shown.index(c, y, w - 1 - x);
                        case 3 -> shown.index(c, h - 1 - y, w - 1 - x);
                        case 4 -> shown.index(c, h - 1 - y, x);
                        case 5 -> shown.index(c, x, y);
                        case 6 -> shown.index(c, x, h - 1 - y);
                        case 7 -> shown.index(c, w - 1 - x, h - 1 - y);
                        case 8 -> shown.index(c, w - 1 - x, y);
                        default -> throw new IllegalArgumentException("orientation: got " + orientation);
                    };
                    shown.planes()[to] = stored.planes()[stored.index(c, y, x)];
                }
            }
        }
        return shown;
    }
}

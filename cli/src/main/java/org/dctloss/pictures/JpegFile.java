package org.dctloss.pictures;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/** The segments of a JPEG (ITU-T T.81), with the markers of JFIF, Adobe and EXIF. */
final class JpegFile {
    private static final int SOI = 0xd8;
    private static final int EOI = 0xd9;
    private static final int SOS = 0xda;
    private static final int APP1 = 0xe1;
    private static final int APP14 = 0xee;
    private static final int COM = 0xfe;

    /** A block of 64 pixels takes a bit or more, and chroma may be halved or quartered: not more than this. */
    private static final long PIXELS_PER_BYTE = 512;

    private static final byte[] JFIF = {
        (byte) 0xff, (byte) 0xe0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0
    };
    private static final byte[] ADOBE_RGB = {
        (byte) 0xff, (byte) 0xee, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0
    };

    private final ImageBytes file;
    private final ByteArrayOutputStream kept;
    private int frame = -1;
    private int orientation;
    private boolean jfif;
    private int adobe = -1;

    private JpegFile(ImageBytes file) {
        this.file = file;
        kept = new ByteArrayOutputStream(file.size());
    }

    static PixelData pixels(ImageBytes file) {
        return new JpegFile(file).pixels();
    }

    private PixelData pixels() {
        int at = 2;
        int marker = SOI;
        while (marker != EOI) {
            if (file.u8(at) != 0xff) {
                throw file.damaged("something that is no marker between its segments");
            }
            marker = file.u8(at + 1);
            if (marker == 0xff) {
                at++; // a fill byte
                continue;
            }
            int end = marker == EOI ? at + 2 : file.after(at + 2, file.u16(at + 2));
            if (marker == SOS) {
                end = afterScan(end);
            }
            segment(marker, at, end);
            at = end;
        }
        if (frame < 0) {
            throw file.damaged("it holds no picture");
        }
        int channels = file.u8(frame + 9);
        int bits = file.u8(frame + 4);
        if (channels == 2 || channels > 4) {
            throw file.refused(channels + " channels", "JPEG with 1 (grey), 3 (colours) or 4 (CMYK)");
        }
        if (bits != 8) {
            throw file.refused(bits + " bits a sample", "JPEG with 8");
        }
        return new PixelData(
                bytes(channels),
                file.u16(frame + 7),
                file.u16(frame + 5),
                PIXELS_PER_BYTE * file.size(),
                bits,
                channels == 1,
                orientation == 0 ? 1 : orientation,
                inks(channels));
    }

    private void segment(int marker, int at, int end) {
        if (marker >= 0xe0 && marker <= 0xef) {
            application(marker, at, end);
            return;
        }
        if (marker == COM) {
            return;
        }
        // SOF0 to SOF15, which DHT, JPG and DAC lie between
        if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc) {
            if (frame >= 0) {
                throw file.refused("a JPEG of several frames", "one of one frame");
            }
            if (marker > 0xc2) {
                throw file.refused(
                        "a JPEG that is lossless, hierarchical or arithmetically coded",
                        "baseline and progressive JPEG with Huffman codes");
            }
            frame = at;
        }
        byte[] segment = new byte[end - at];
        file.data().get(at, segment);
        kept.writeBytes(segment);
    }

    private void application(int marker, int at, int end) {
        int length = end - at - 4;
        if (marker == 0xe0 && file.says(at + 4, "JFIF\0")) {
            jfif = true;
        } else if (marker == APP14 && file.says(at + 4, "Adobe") && length >= 12) {
            adobe = file.u8(at + 15);
        } else if (marker == APP1 && file.says(at + 4, "Exif\0") && orientation == 0 && length > 6) {
            orientation = Exif.orientation(file, at + 10, length - 6);
        }
    }

    /** Where the entropy-coded data behind a scan's header end: at a marker that is neither a zero nor a restart. */
    private int afterScan(int at) {
        ByteBuffer data = file.data();
        int last = file.size() - 1;
        for (int i = at; i < last; i++) {
            if (data.get(i) == (byte) 0xff) {
                int next = data.get(i + 1) & 0xff;
                if (next != 0 && next != 0xff && (next < 0xd0 || next > 0xd7)) {
                    return i;
                }
            }
        }
        throw file.cutOff();
    }

    /**
     * The picture with one marker that tells its colours: readers guess differently where files tell nothing. What
     * Adobe's marker says holds first, then JFIF, then channels named R, G, B; everything else is YCbCr.
     */
    private byte[] bytes(int channels) {
        boolean rgb = channels == 3 && (adobe >= 0 ? adobe == 0 : !jfif && namedRgb());
        byte[] marker = channels == 4 ? new byte[0] : rgb ? ADOBE_RGB : JFIF;
        byte[] segments = kept.toByteArray();
        return ByteBuffer.allocate(2 + marker.length + segments.length)
                .put((byte) 0xff)
                .put((byte) SOI)
                .put(marker)
                .put(segments)
                .array();
    }

    private boolean namedRgb() {
        return file.u8(frame + 10) == 'R' && file.u8(frame + 13) == 'G' && file.u8(frame + 16) == 'B';
    }

    private PixelData.Inks inks(int channels) {
        if (channels != 4) {
            return PixelData.Inks.NONE;
        }
        return switch (adobe) {
            case -1 -> PixelData.Inks.CMYK;
            case 2 -> PixelData.Inks.INVERTED_YCCK;
            default -> PixelData.Inks.INVERTED_CMYK;
        };
    }
}

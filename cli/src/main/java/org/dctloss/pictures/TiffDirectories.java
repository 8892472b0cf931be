package org.dctloss.pictures;

import java.util.HashMap;
import java.util.Map;

/** Reads directories of TIFF 6.0, which EXIF uses, too. */
final class TiffDirectories {
    /** Bytes of a value of the types 1 (BYTE) to 13 (IFD). */
    private static final int[] SIZES = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};

    private final ImageBytes file;
    private final boolean little;

    /** A directory: its unsigned numbers by tag, where each entry lies in the file, and where the next directory is. */
    record Directory(Map<Integer, long[]> numbers, Map<Integer, Integer> entries, long next) {
        boolean has(int tag) {
            return entries.containsKey(tag);
        }

        /** The first value of a tag, or what it is when it is not there. */
        long number(int tag, long otherwise) {
            long[] values = numbers.get(tag);
            return values == null || values.length == 0 ? otherwise : values[0];
        }

        long[] all(int tag) {
            return numbers.getOrDefault(tag, new long[0]);
        }
    }

    TiffDirectories(ImageBytes file) {
        this.file = file;
        this.little = file.says(0, "II");
        if (!little && !file.says(0, "MM") || u16(2) != 42) {
            throw file.damaged("it has no TIFF header");
        }
    }

    private int u16(int at) {
        return little ? file.u16Little(at) : file.u16(at);
    }

    private long u32(int at) {
        return little ? file.u32Little(at) : file.u32(at);
    }

    long first() {
        return u32(4);
    }

    /** One number of a directory of which nothing else needs to be in order, or what it is when it is not there. */
    long number(long directory, int tag, long otherwise) {
        int at = file.after(0, directory);
        int end = at + 2 + 12 * u16(at);
        for (int entry = at + 2; entry < end; entry += 12) {
            if (u16(entry) == tag) {
                return u16(entry + 2) == 3 ? u16(entry + 8) : u32(entry + 8);
            }
        }
        return otherwise;
    }

    /** Every value must lie in the file; values of other types than BYTE, SHORT, LONG are not kept. */
    Directory read(long offset) {
        if (offset < 8 || offset > file.size()) {
            throw file.damaged("it has no directory where it should be");
        }
        int at = (int) offset;
        int count = u16(at);
        int end = file.after(at + 2, 12L * count);
        Map<Integer, long[]> numbers = new HashMap<>();
        Map<Integer, Integer> entries = new HashMap<>();
        for (int entry = at + 2; entry < end; entry += 12) {
            int type = u16(entry + 2);
            if (type == 0 || type >= SIZES.length) {
                continue; // a reader skips what it does not know
            }
            entries.put(u16(entry), entry);
            long bytes = SIZES[type] * u32(entry + 4);
            long value = bytes <= 4 ? entry + 8 : u32(entry + 8);
            if (value + bytes > file.size()) {
                throw file.cutOff();
            }
            if (type == 1 || type == 3 || type == 4) {
                long[] values = new long[(int) u32(entry + 4)];
                for (int i = 0; i < values.length; i++) {
                    int place = (int) value + i * SIZES[type];
                    values[i] = type == 1 ? file.u8(place) : type == 3 ? u16(place) : u32(place);
                }
                numbers.put(u16(entry), values);
            }
        }
        return new Directory(numbers, entries, u32(end));
    }
}

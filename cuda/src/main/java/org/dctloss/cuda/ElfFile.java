package org.dctloss.cuda;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** The header of a shared library of 64 bits, low bytes first. */
final class ElfFile {
    private static final int HEADER = 64;
    private static final int SECTIONS = 0x28;
    private static final int SECTION_SIZE = 0x3A;
    private static final int SECTION_COUNT = 0x3C;

    private ElfFile() {}

    /**
     * Why a file must not be loaded; null if it may. The JVM dies of a library that was cut short: its end is mapped and
     * not there. The last that a linker writes is the table of sections.
     */
    static String cutShort(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer header = ByteBuffer.allocate(HEADER).order(ByteOrder.LITTLE_ENDIAN);
            long size = channel.size();
            long least = HEADER;
            if (size >= HEADER) {
                channel.read(header, 0);
                int sections = Short.toUnsignedInt(header.getShort(SECTION_COUNT));
                least = header.getLong(SECTIONS) + (long) sections * Short.toUnsignedInt(header.getShort(SECTION_SIZE));
            }
            return size >= least ? null : "it was cut short: got " + size + " bytes, allowed " + least + " or more";
        }
    }
}

package org.dctloss.cli;

import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.dctloss.ImageBatch;
import org.dctloss.pictures.CommandFailure;

/**
 * NumPy's .npy format: reads versions 1 to 3 of float arrays in either byte order and either axis order, writes version
 * 1. Nothing is allocated before the size of the file has confirmed what its header claims.
 */
final class NpyFile {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int LONGEST_HEADER = 1 << 16;
    private static final int MOST_ELEMENTS = Integer.MAX_VALUE - 8;
    private static final int CHUNK = 1 << 20;
    private static final String FLOAT32 = "'<f4' or '>f4' (convert with a.astype('float32'))";

    private record Array(int[] shape, boolean fortranOrder, float[] values) {}

    private NpyFile() {}

    /** A float32 array of shape (N, C, H, W). Fortran order becomes strides: nothing is transposed. */
    static ImageBatch readImages(Path file) {
        Array array = read(file, false, "4 dimensions (N, C, H, W)", 4, 4);
        int n = array.shape[0];
        int c = array.shape[1];
        int h = array.shape[2];
        int w = array.shape[3];
        return array.fortranOrder
                ? ImageBatch.strided(array.values, 0, n, c, h, w, 1, n, (long) n * c, (long) n * c * h)
                : ImageBatch.of(array.values, n, c, h, w);
    }

    /** The tables of an array of shape (B, B) or (C, B, B), float32 or float64, each row by row. */
    static List<float[]> readTables(Path file) {
        Array array = read(file, true, "2 or 3 dimensions, (B, B) or (C, B, B)", 2, 3);
        int rank = array.shape.length;
        int side = array.shape[rank - 1];
        if (array.shape[rank - 2] != side) {
            throw CommandFailure.of(file, "tables of " + array.shape[rank - 2] + "x" + side, "square tables");
        }
        int count = rank == 3 ? array.shape[0] : 1;
        List<float[]> tables = new ArrayList<>();
        for (int c = 0; c < count; c++) {
            float[] table = new float[side * side];
            for (int i = 0; i < table.length; i++) {
                int u = i / side;
                int v = i % side;
                table[i] = array.values[array.fortranOrder ? c + count * (u + side * v) : c * side * side + i];
            }
            tables.add(table);
        }
        return tables;
    }

    private static Array read(Path file, boolean float64, String dimensions, int leastRank, int mostRank) {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw CommandFailure.of(
                    file, Files.isDirectory(file) ? "a folder" : "something that is no regular file", "a .npy file");
        }
        try (FileChannel channel = FileChannel.open(file)) {
            NpyHeader header = readHeader(file, channel);
            int bytes = elementBytes(file, header.descr(), float64);
            if (header.shape().length < leastRank || header.shape().length > mostRank) {
                throw CommandFailure.of(file, "shape " + NpyHeader.tuple(header.shape()), dimensions);
            }
            int count = elements(file, header.shape());
            long expected = (long) count * bytes;
            long present = channel.size() - channel.position();
            if (present != expected) {
                throw CommandFailure.of(
                        file,
                        present + " bytes of data",
                        "exactly " + expected + " for shape " + NpyHeader.tuple(header.shape()));
            }
            ByteOrder order = header.descr().charAt(0) == '>' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
            int[] shape =
                    Arrays.stream(header.shape()).mapToInt(Math::toIntExact).toArray();
            return new Array(shape, header.fortranOrder(), readValues(channel, count, bytes, order));
        } catch (IOException failed) {
            throw CommandFailure.of(file, "read", failed);
        }
    }

    private static NpyHeader readHeader(Path file, FileChannel channel) throws IOException {
        ByteBuffer start = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
        int got = Math.max(0, channel.read(start, 0));
        if (got < MAGIC.length || Arrays.mismatch(start.array(), 0, 6, MAGIC, 0, 6) >= 0) {
            throw CommandFailure.of(file, got == 0 ? "an empty file" : "a file of another format", "a NumPy .npy file");
        }
        int version = got < 8 ? 0 : start.get(6);
        if (got >= 8 && (version < 1 || version > 3 || start.get(7) != 0)) {
            throw CommandFailure.of(
                    file, "format version " + version + "." + start.get(7), "versions 1.0, 2.0 and 3.0");
        }
        int prefix = version == 1 ? 10 : 12;
        long length = got < prefix ? 0 : version == 1 ? start.getShort(8) & 0xffff : start.getInt(8) & 0xffffffffL;
        if (got < prefix || channel.size() - prefix < length) {
            throw CommandFailure.of(file, "a header that is cut off", "a complete .npy file");
        }
        if (length > LONGEST_HEADER) {
            throw CommandFailure.of(file, "a header of " + length + " bytes", LONGEST_HEADER + " or fewer");
        }
        ByteBuffer bytes = ByteBuffer.allocate((int) length);
        channel.position(prefix);
        readFully(channel, bytes);
        String text = new String(bytes.array(), version == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1);
        try {
            return NpyHeader.parse(text);
        } catch (IllegalArgumentException malformed) {
            throw CommandFailure.of(
                    file, "a malformed header (" + malformed.getMessage() + ")", "the header that NumPy writes");
        }
    }

    private static int elementBytes(Path file, String descr, boolean float64) {
        if (descr.matches("[<>]f4")) {
            return Float.BYTES;
        }
        if (float64 && descr.matches("[<>]f8")) {
            return Double.BYTES;
        }
        String allowed = float64 ? "float32 and float64 (convert with a.astype('float32'))" : FLOAT32;
        throw CommandFailure.of(file, "dtype '" + descr + "'", allowed);
    }

    private static int elements(Path file, long[] shape) {
        for (long size : shape) {
            if (size == 0) {
                throw CommandFailure.of(file, "shape " + NpyHeader.tuple(shape), "sizes of 1 or more");
            }
        }
        long count = 1;
        for (long size : shape) {
            if (size > MOST_ELEMENTS / count) {
                throw CommandFailure.of(
                        file, "shape " + NpyHeader.tuple(shape), MOST_ELEMENTS + " elements or fewer in all");
            }
            count *= size;
        }
        return (int) count;
    }

    private static float[] readValues(FileChannel channel, int count, int bytes, ByteOrder order) throws IOException {
        float[] values = new float[count];
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK).order(order);
        int step = CHUNK / bytes;
        for (int at = 0; at < count; at += Math.min(step, count - at)) {
            int part = Math.min(step, count - at);
            readFully(channel, chunk.clear().limit(part * bytes));
            chunk.flip();
            if (bytes == Float.BYTES) {
                chunk.asFloatBuffer().get(values, at, part);
            } else {
                for (int i = 0; i < part; i++) {
                    values[at + i] = (float) chunk.getDouble();
                }
            }
        }
        return values;
    }

    private static void readFully(FileChannel channel, ByteBuffer into) throws IOException {
        while (into.hasRemaining()) {
            if (channel.read(into) < 0) {
                throw new EOFException("it became shorter while it was read");
            }
        }
    }

    /** Writes a float32 array in C order, little-endian, its data on a 64-byte boundary. */
    static void write(OutputStream out, float[] values, int... shape) throws IOException {
        String tuple = NpyHeader.tuple(Arrays.stream(shape).asLongStream().toArray());
        String text = "{'descr': '<f4', 'fortran_order': False, 'shape': " + tuple + ", }";
        int prefix = MAGIC.length + 4;
        int total = (prefix + text.length() + 1 + 63) / 64 * 64;
        text += " ".repeat(total - prefix - text.length() - 1) + "\n";
        ByteBuffer header = ByteBuffer.allocate(total).order(ByteOrder.LITTLE_ENDIAN);
        header.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) (total - prefix));
        out.write(header.put(text.getBytes(StandardCharsets.ISO_8859_1)).array());

        ByteBuffer chunk = ByteBuffer.allocate(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
        int step = CHUNK / Float.BYTES;
        for (int at = 0; at < values.length; at += Math.min(step, values.length - at)) {
            int part = Math.min(step, values.length - at);
            chunk.asFloatBuffer().put(values, at, part);
            out.write(chunk.array(), 0, part * Float.BYTES);
        }
    }
}

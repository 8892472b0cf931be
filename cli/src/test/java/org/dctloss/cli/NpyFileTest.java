package org.dctloss.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.dctloss.ImageBatch;
import org.dctloss.pictures.CommandFailure;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NpyFileTest {
    private static final int[] SHAPE = {2, 3, 4, 5};

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void nameTheFile() {
        file = folder.resolve("a.npy");
    }

    private static float[] numbers(int count) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = i * 0.5f - 3;
        }
        return numbers;
    }

    private static byte[] written(float[] values, int... shape) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        NpyFile.write(out, values, shape);
        return out.toByteArray();
    }

    /** A file as other programs write it. */
    private static byte[] file(int version, String header, ByteOrder order, int itemSize, float... values) {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer out = ByteBuffer.allocate(12 + text.length + values.length * itemSize);
        out.order(ByteOrder.LITTLE_ENDIAN).put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII));
        out.put((byte) version).put((byte) 0);
        if (version == 1) {
            out.putShort((short) text.length);
        } else {
            out.putInt(text.length);
        }
        out.put(text).order(order);
        for (float value : values) {
            if (itemSize == 4) {
                out.putFloat(value);
            } else {
                out.putDouble(value);
            }
        }
        return Arrays.copyOf(out.array(), out.position());
    }

    private void refused(byte[] bytes, String... parts) throws IOException {
        Files.write(file, bytes);
        String message = assertThrows(CommandFailure.class, () -> NpyFile.readImages(file))
                .getMessage();
        assertTrue(message.startsWith(file + ": "), message);
        for (String part : parts) {
            assertTrue(message.contains(part), message);
        }
    }

    @Test
    void whatIsWrittenIsReadBack() throws IOException {
        float[] values = numbers(120);
        values[7] = Float.NaN;
        values[8] = Float.NEGATIVE_INFINITY;
        Files.write(file, written(values, SHAPE));
        ImageBatch batch = NpyFile.readImages(file);
        assertEquals("2x3x4x5", batch.shape());
        assertArrayEquals(values, batch.array());
    }

    @Test
    void moreThanOneChunkIsReadBack() throws IOException {
        float[] values = numbers(3 * 300 * 401);
        Files.write(file, written(values, 1, 3, 300, 401));
        assertArrayEquals(values, NpyFile.readImages(file).array());
    }

    @Test
    void theHeaderIsNumPysOwn() throws IOException {
        byte[] bytes = written(numbers(120), SHAPE);
        int dataStart = bytes.length - 480;
        assertEquals(0, dataStart % 64);
        String header = new String(bytes, 10, dataStart - 10, StandardCharsets.ISO_8859_1);
        assertTrue(header.startsWith("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 4, 5), }"), header);
        assertTrue(header.endsWith("\n"));
        assertEquals(dataStart - 10, (bytes[8] & 0xff) + 256 * bytes[9]);
    }

    @Test
    void everyVersionByteOrderAndSpellingIsRead() throws IOException {
        float[] values = numbers(120);
        String[] headers = {
            "{'descr': '%s', 'fortran_order': False, 'shape': (2, 3, 4, 5), }   \n",
            "{\"shape\":(2,3,4,5,),\"descr\":\"%s\",\"fortran_order\":False}",
            " { 'fortran_order' : False , 'shape' : ( 2 , 3 , 4 , 5 ) , 'descr' : '%s' , } "
        };
        for (int version = 1; version <= 3; version++) {
            for (String header : headers) {
                Files.write(file, file(version, header.formatted("<f4"), ByteOrder.LITTLE_ENDIAN, 4, values));
                assertArrayEquals(values, NpyFile.readImages(file).array());
                Files.write(file, file(version, header.formatted(">f4"), ByteOrder.BIG_ENDIAN, 4, values));
                assertArrayEquals(values, NpyFile.readImages(file).array());
            }
        }
    }

    @Test
    void fortranOrderBecomesStrides() throws IOException {
        float[] values = numbers(120);
        String header = "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3, 4, 5)}";
        Files.write(file, file(1, header, ByteOrder.LITTLE_ENDIAN, 4, values));
        ImageBatch batch = NpyFile.readImages(file);
        assertEquals(values[1 + 2 * (2 + 3 * (3 + 4 * 4))], batch.get(1, 2, 3, 4));
        assertEquals(values[1], batch.get(1, 0, 0, 0));
    }

    @Test
    void tablesMayBeDoubleAndStacked() throws IOException {
        float[] values = numbers(12);
        String header = "{'descr': '<f8', 'fortran_order': %s, 'shape': %s}";
        Files.write(file, file(1, header.formatted("False", "(3, 2, 2)"), ByteOrder.LITTLE_ENDIAN, 8, values));
        assertEquals(3, NpyFile.readTables(file).size());
        assertArrayEquals(
                Arrays.copyOfRange(values, 4, 8), NpyFile.readTables(file).get(1));
        Files.write(file, file(1, header.formatted("True", "(3, 2, 2)"), ByteOrder.LITTLE_ENDIAN, 8, values));
        assertArrayEquals(
                new float[] {values[1], values[7], values[4], values[10]},
                NpyFile.readTables(file).get(1));
        Files.write(file, file(1, header.formatted("False", "(3, 4)"), ByteOrder.LITTLE_ENDIAN, 8, values));
        assertThrows(CommandFailure.class, () -> NpyFile.readTables(file));
    }

    @Test
    void damagedFilesAreRefusedInOneSentence() throws IOException {
        byte[] good = written(numbers(120), SHAPE);
        refused(new byte[0], "got an empty file");
        refused("not an array, just text".getBytes(StandardCharsets.US_ASCII), "another format");
        refused(Arrays.copyOf(good, 7), "cut off");
        refused(Arrays.copyOf(good, 40), "cut off");
        refused(Arrays.copyOf(good, good.length - 380), "got 100 bytes of data, allowed exactly 480");
        refused(Arrays.copyOf(good, good.length + 1), "got 481 bytes of data, allowed exactly 480");
        byte[] version = good.clone();
        version[6] = 9;
        refused(version, "format version 9.0");
        String header = "{'descr': '%s', 'fortran_order': False, 'shape': %s}";
        refused(
                file(1, header.formatted("<f8", "(1, 1, 1, 1)"), ByteOrder.LITTLE_ENDIAN, 8, 1),
                "<f8",
                "astype('float32')");
        refused(file(1, header.formatted("|u1", "(1, 1, 1, 1)"), ByteOrder.LITTLE_ENDIAN, 4, 1), "|u1");
        refused(file(1, header.formatted("<f4", "(3, 4, 5)"), ByteOrder.LITTLE_ENDIAN, 4), "(3, 4, 5)", "4 dimensions");
        refused(file(1, header.formatted("<f4", "()"), ByteOrder.LITTLE_ENDIAN, 4, 1), "shape ()");
        refused(file(1, header.formatted("<f4", "(3,)"), ByteOrder.LITTLE_ENDIAN, 4), "shape (3,)");
        refused(file(1, header.formatted("<f4", "(0, 3, 4, 5)"), ByteOrder.LITTLE_ENDIAN, 4), "sizes of 1 or more");
        refused(
                file(1, header.formatted("<f4", "(1, 1, 65536, 65536)"), ByteOrder.LITTLE_ENDIAN, 4),
                "2147483639 elements or fewer");
        refused(
                file(1, header.formatted("<f4", "(1, 3, 20000, 20000)"), ByteOrder.LITTLE_ENDIAN, 4),
                "got 0 bytes of data, allowed exactly 4800000000");
        refused(file(2, "x".repeat(70000), ByteOrder.LITTLE_ENDIAN, 4), "a header of 70000 bytes");
    }

    @Test
    void malformedHeadersAreRefused() throws IOException {
        String[] headers = {
            "",
            "{",
            "{}",
            "{'descr': '<f4'}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 4, 5)} 7",
            "{'descr': '<f4', 'fortran_order': maybe, 'shape': (2, 3, 4, 5)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2, -3, 4, 5)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2 3 4 5)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 3, 4, 5)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': [2, 3, 4, 5]}",
            "{'descr': '<f4, 'fortran_order': False, 'shape': (2, 3, 4, 5)}",
            "{'descr': '<f4' 'fortran_order': False, 'shape': (2, 3, 4, 5)}",
            "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 4, 5)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 4, 5), 'more': 1}"
        };
        for (String header : headers) {
            refused(file(1, header, ByteOrder.LITTLE_ENDIAN, 4, numbers(120)), "malformed header");
        }
        String structured = "{'descr': [('a', '<f4'), ('b', '<f4')], 'fortran_order': False, 'shape': (2, 3, 4, 5)}";
        refused(file(1, structured, ByteOrder.LITTLE_ENDIAN, 4, numbers(120)), "a structured type");
    }

    @Test
    void corruptedFilesNeverDoWorseThanASentence() throws IOException {
        byte[] good = written(numbers(120), SHAPE);
        Random random = new Random(5);
        for (int round = 0; round < 3000; round++) {
            byte[] bytes = Arrays.copyOf(good, random.nextInt(4) == 0 ? random.nextInt(good.length) : good.length);
            for (int i = random.nextInt(6); i >= 0 && bytes.length > 0; i--) {
                bytes[random.nextInt(Math.min(bytes.length, 90))] = (byte) random.nextInt(256);
            }
            Files.write(file, bytes);
            try {
                assertEquals(120, NpyFile.readImages(file).array().length);
            } catch (CommandFailure refused) {
                assertTrue(refused.getMessage().startsWith(file + ": "), refused.getMessage());
            }
        }
    }

    @Test
    void whatIsNoFileIsRefused() {
        String missing = assertThrows(CommandFailure.class, () -> NpyFile.readImages(file))
                .getMessage();
        assertEquals(file + ": could not be read: it does not exist", missing);
        String directory = assertThrows(CommandFailure.class, () -> NpyFile.readImages(folder))
                .getMessage();
        assertTrue(directory.contains("got a folder"), directory);
    }
}

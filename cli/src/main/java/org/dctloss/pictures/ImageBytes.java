package org.dctloss.pictures;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The bytes of a file, and the sentences about it. Big-endian; offsets are checked by the buffer. */
record ImageBytes(Path file, ByteBuffer data) {
    int size() {
        return data.limit();
    }

    int u8(int at) {
        return data.get(at) & 0xff;
    }

    int u16(int at) {
        return data.getShort(at) & 0xffff;
    }

    long u32(int at) {
        return data.getInt(at) & 0xffffffffL;
    }

    int u16Little(int at) {
        return u8(at) | u8(at + 1) << 8;
    }

    long u32Little(int at) {
        return u16Little(at) | (long) u16Little(at + 2) << 16;
    }

    /** Whether these Latin letters stand there; false beyond the end. */
    boolean says(int at, String letters) {
        return at + letters.length() <= size() && text(at, letters.length()).equals(letters);
    }

    String text(int at, int length) {
        byte[] letters = new byte[length];
        data.get(at, letters);
        return new String(letters, StandardCharsets.ISO_8859_1);
    }

    /** The position behind a block of this length, which must lie wholly in the file. */
    int after(int at, long length) {
        if (length < 0 || at + length > size()) {
            throw cutOff();
        }
        return (int) (at + length);
    }

    ByteBuffer slice(int at, long length) {
        return data.slice(at, after(at, length) - at);
    }

    CommandFailure cutOff() {
        return damaged("it is cut off");
    }

    CommandFailure damaged(String how) {
        return refused("a damaged image (" + how + ")", "a complete image");
    }

    CommandFailure refused(String got, String allowed) {
        return CommandFailure.of(file, got, allowed);
    }

    /** The refusal of a picture that has a pixel one can see through. */
    CommandFailure transparent() {
        return refused(
                "pixels that are transparent",
                "opaque pictures: flatten it onto a background, which alone decides its colours");
    }

    /** The refusal of a file that holds several pictures. */
    CommandFailure several(long pictures, String what) {
        return refused(pictures + " " + what, "one picture: save the one that is meant as a file of its own");
    }
}

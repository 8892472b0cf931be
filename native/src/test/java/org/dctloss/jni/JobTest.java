package org.dctloss.jni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.api.Test;

class JobTest {
    private static long abi(long version, long size) {
        return size << 32 | version;
    }

    /** As border.h asserts it: 18 int32, 11 doubles, 4 addresses, 4 views of 6 int64. */
    @Test
    void itHasTheSizeOfItsFields() {
        assertEquals(18 * 4 + 11 * 8 + 4 * 8 + 4 * 48, Job.SIZE);
        assertEquals(Job.SIZE - 48, Job.TARGET_GRADIENT);
    }

    @Test
    void aLibraryOfAnotherVersionIsRefused() {
        assertNull(Job.mismatch(abi(Job.ABI_VERSION, Job.SIZE)));
        String cure = " (use jars of one release, and clear JavaCPP's cache)";
        assertEquals(
                "its library and its classes do not belong together: got border 99 with jobs of 384 bytes, allowed "
                        + Job.ABI_VERSION + " with 384" + cure,
                Job.mismatch(abi(99, 384)));
        assertEquals(
                "its library and its classes do not belong together: got border " + Job.ABI_VERSION
                        + " with jobs of 392 bytes, allowed " + Job.ABI_VERSION + " with 384" + cure,
                Job.mismatch(abi(Job.ABI_VERSION, 392)));
    }
}

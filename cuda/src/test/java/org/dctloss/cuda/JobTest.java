package org.dctloss.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.api.Test;

class JobTest {
    private static long abi(long version, long size) {
        return size << 32 | version;
    }

    /** As device_border.h asserts it: 18 int32, 13 doubles, 8 addresses, 4 views of 5 int64. */
    @Test
    void itHasTheSizeOfItsFields() {
        assertEquals(18 * 4 + 13 * 8 + 8 * 8 + 4 * 40, Job.SIZE);
        assertEquals(Job.SIZE - 40, Job.TARGET_GRADIENT);
    }

    @Test
    void aLibraryOfAnotherVersionIsRefused() {
        assertNull(Job.mismatch(abi(Job.ABI_VERSION, Job.SIZE)));
        String cure = " (use jars of one release, and clear JavaCPP's cache)";
        assertEquals(
                "its library and its classes do not belong together: got border 99 with jobs of 400 bytes, allowed "
                        + Job.ABI_VERSION + " with 400" + cure,
                Job.mismatch(abi(99, 400)));
        assertEquals(
                "its library and its classes do not belong together: got border " + Job.ABI_VERSION
                        + " with jobs of 408 bytes, allowed " + Job.ABI_VERSION + " with 400" + cure,
                Job.mismatch(abi(Job.ABI_VERSION, 408)));
    }
}

package org.dctloss.jni;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.dctloss.BackendChoice;
import org.dctloss.contract.Availability;
import org.junit.jupiter.api.Test;

/** The yardstick subtracts. */
class NativeSubtractionTest {
    @Test
    void itSubtracts() {
        Availability.required(BackendChoice.NATIVE);
        for (int n : new int[] {0, 1, 15, 16, 17, 33, 1000}) {
            float[] p = new float[n];
            float[] t = new float[n];
            float[] expected = new float[n];
            for (int i = 0; i < n; i++) {
                p[i] = 3 * i;
                t[i] = i * i;
                expected[i] = p[i] - t[i];
            }
            for (boolean pastCaches : new boolean[] {false, true}) {
                float[] g = new float[n];
                NativeSubtraction.run(p, t, g, pastCaches);
                assertArrayEquals(expected, g, "n = " + n);
            }
        }
        IllegalArgumentException refusal = assertThrows(
                IllegalArgumentException.class,
                () -> NativeSubtraction.run(new float[2], new float[3], new float[2], false));
        assertEquals("arrays: got lengths 2, 3 and 2, allowed three of one length", refusal.getMessage());
    }
}

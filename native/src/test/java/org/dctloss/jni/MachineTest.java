package org.dctloss.jni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MachineTest {
    private static final int SSE2_AND_AVX2 = 0b0011;
    private static final int ALL_OF_X86 = 0b0111;
    private static final int NEON_ALONE = 0b1000;

    private static String refusal(int sets, String isa, String cache) {
        return assertThrows(IllegalArgumentException.class, () -> Machine.of(sets, 0, 0, isa, cache))
                .getMessage();
    }

    @Test
    void theBestInstructionSetIsTheDefault() {
        assertEquals(
                "C++ kernels for AVX-512 (this processor also runs AVX2, SSE2), linux-x86_64",
                Machine.of(ALL_OF_X86, 0, 0, null, null).describe("linux-x86_64"));
        assertEquals(
                "C++ kernels for NEON, linux-arm64",
                Machine.of(NEON_ALONE, 0, 0, null, null).describe("linux-arm64"));
    }

    @Test
    void oneCanBeForced() {
        Machine machine = Machine.of(ALL_OF_X86, 0, 0, "avx2", null);
        assertEquals(InstructionSet.AVX2, machine.used());
        assertEquals(
                "C++ kernels for AVX2, forced by -Ddctloss.native.isa (this processor also runs AVX-512, SSE2), x",
                machine.describe("x"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"avx512", "neon", "AVX2", "avx", "", " sse2"})
    void whatTheProcessorLacksOrNobodyKnowsIsRefused(String isa) {
        assertEquals(
                "-Ddctloss.native.isa: got '" + isa + "', allowed on this processor avx2, sse2",
                refusal(SSE2_AND_AVX2, isa, null));
    }

    @Test
    void aBatchThatFillsHalfTheCacheIsStreamed() {
        Machine machine = Machine.of(ALL_OF_X86, 0, 1 << 20, null, null);
        assertFalse(machine.streams(1 << 19));
        assertTrue(machine.streams((1 << 19) + 4));
        assertEquals(32 << 20, Machine.of(ALL_OF_X86, 0, 0, null, null).cache(), "unknown");
        assertEquals(1000, Machine.of(ALL_OF_X86, 0, 1 << 20, null, "1000").cache());
        assertTrue(Machine.of(ALL_OF_X86, 0, 1 << 20, null, "0").streams(4));
    }

    @Test
    void aBatchThatTheSecondCacheCannotHoldIsAskedForEarly() {
        Machine machine = Machine.of(ALL_OF_X86, 1 << 19, 0, null, null);
        assertFalse(machine.prefetches(1 << 19));
        assertTrue(machine.prefetches((1 << 19) + 4));
        assertEquals(1 << 20, Machine.of(ALL_OF_X86, 0, 0, null, null).second(), "unknown");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "32M", "1e6", "9999999999999999999"})
    void aCacheThatIsNoNumberIsRefused(String cache) {
        assertEquals(
                "-Ddctloss.native.cache: got '" + cache + "', allowed a number of bytes, 0 or more",
                refusal(ALL_OF_X86, null, cache));
    }
}

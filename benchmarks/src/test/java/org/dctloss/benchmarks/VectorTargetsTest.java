package org.dctloss.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.dctloss.purejava.VectorKernel;
import org.dctloss.yardsticks.JavaKernels;
import org.junit.jupiter.api.Test;

/** A kernel that has fallen off the cliff is found, and nothing else is. */
class VectorTargetsTest {
    private static final Result.Provenance HERE = new Result.Provenance("2026-01-02", "abc", "a processor", 2, "a JVM");

    private static Result result(String contender, Images images, double seconds) {
        Case computed = Case.of(Operation.BACKWARD, "squared", images, 1);
        return new Result(
                HERE, "vector", "interleaved", contender, "x", computed, 7, seconds, seconds, seconds, 2, 0.5);
    }

    private static List<Result> taking(double seconds, double fromMemory) {
        return List.of(
                result(Contenders.SUBTRACT, Plan.IN_SMALL_CACHE, 0.1),
                result(JavaKernels.VECTOR, Plan.IN_SMALL_CACHE, seconds),
                result("java", Plan.IN_SMALL_CACHE, 2),
                result("plain-java", Plan.IN_SMALL_CACHE, 10),
                result(Contenders.SUBTRACT, Plan.FRAMES, 1),
                result(JavaKernels.VECTOR, Plan.FRAMES, fromMemory));
    }

    @Test
    void theCliffIsATenthOfTheTarget() {
        assertFalse(VectorTargets.fellOffTheCliff(taking(1, 2)));
        assertFalse(VectorTargets.fellOffTheCliff(taking(5, 10)), "slow is no cliff");
        assertTrue(VectorTargets.fellOffTheCliff(taking(15, 2)), "in cache");
        assertTrue(VectorTargets.fellOffTheCliff(taking(1, 30)), "from memory");
        List<String> lines = VectorTargets.verdicts(taking(1, 4));
        assertEquals(3, lines.size());
        assertEquals("squared, 1x1x128x256: 2.00 times as fast as java (target 1.5: reached)", lines.get(1));
        assertEquals("squared, 4x3x1080x1920: 0.250 times as fast as subtract (target 0.45: missed)", lines.get(2));
    }

    @Test
    void withoutTheModuleTheSentenceNamesTheFlag() {
        Case wanted = Case.of(Operation.BACKWARD, "squared", Images.parse("1x1x8x8"), 1);
        Unavailable missing = assertThrows(Unavailable.class, () -> Contenders.open(JavaKernels.VECTOR, wanted));
        assertTrue(missing.getMessage().contains(VectorKernel.FLAG), missing::getMessage);
    }
}

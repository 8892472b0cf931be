package org.dctloss.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CudaCodeTest {
    @ParameterizedTest
    @CsvSource({
        "-1, WRONG_ABI (-1: the job is of another version)",
        "-2, NO_MEMORY (-2: an address is missing)",
        "-3, OUT_OF_RANGE (-3: a size or an option is out of range)",
        "-4, unknown code -4"
    })
    void theBordersOwnCodesHaveTheirMeaning(int code, String meaning) {
        CudaException failure = CudaCode.failure("loss", code, "");
        assertEquals("loss: got " + meaning + ", allowed success", failure.getMessage());
        assertEquals(code, failure.code());
    }

    @ParameterizedTest
    @ValueSource(ints = {214, 700, 702, 709, 710, 714, 715, 716, 717, 718, 719})
    void whatAContextDiesOf(int code) {
        assertTrue(CudaCode.isSticky(code));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 35, 100, 209, 400, 600, 701, 704, 711, 712, 713, 720, 900, -1, -3})
    void whatItSurvives(int code) {
        assertFalse(CudaCode.isSticky(code));
    }

    @Test
    void successIsSilent() {
        CudaCode.check("copy", 0);
        CudaCode.checkContext("copy");
    }
}

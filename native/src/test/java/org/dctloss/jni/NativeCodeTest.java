package org.dctloss.jni;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.dctloss.BackendChoice;
import org.dctloss.contract.Availability;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NativeCodeTest {
    @ParameterizedTest
    @CsvSource({
        "1, false, the job is of another version",
        "2, true, this processor or build lacks the instruction set",
        "3, false, memory is missing",
        "4, true, 'a size, range or option is out of range'",
        "77, false, unknown",
        "-1, false, unknown"
    })
    void failuresSayWhatTheyMean(int code, boolean arrays, String meaning) {
        IllegalStateException failure =
                assertThrows(IllegalStateException.class, () -> NativeCode.check("loss_strips", code, arrays));
        assertEquals("loss_strips: got code " + code + " (" + meaning + "), allowed 0", failure.getMessage());
    }

    @Test
    void anArrayThatCouldNotBeHadIsAShortageOfMemory() {
        assertDoesNotThrow(() -> NativeCode.check("loss_strips", 0, true));
        OutOfMemoryError full = assertThrows(OutOfMemoryError.class, () -> NativeCode.check("loss_strips", 3, true));
        assertTrue(full.getMessage().contains("direct buffers"), full.getMessage());
    }

    /** The codes come from C++ and not from this file alone. */
    @Test
    void cppReportsInsteadOfCrashing() {
        Availability.required(BackendChoice.NATIVE);
        Job job = new Job(InstructionSet.of(NativeKernels.instructionSets()).get(0), 1, 1, 8, 8, 8);
        job.put(Job.ABI, Job.ABI_VERSION + 1);
        assertEquals(1, NativeKernels.lossStrips(job.address, 0, 1, 0, 0, 0, 0, 0, 0));
        job.put(Job.ABI, Job.ABI_VERSION);
        job.put(Job.PLANES, 1);
        job.put(Job.TABLES, 1);
        job.put(Job.ROWS, 1);
        job.put(Job.COLUMNS, 1);
        assertEquals(3, NativeKernels.lossStrips(job.address, 0, 1, 0, 0, 0, 0, 0, 0));
    }
}

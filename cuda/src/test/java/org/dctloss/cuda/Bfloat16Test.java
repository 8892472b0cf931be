package org.dctloss.cuda;

import org.dctloss.DataType;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/** The contract, on CUDA, on images in bfloat16. */
@Tag("device")
@Tag("sixteen-bits")
class Bfloat16Test {
    @Nested
    class WithGradientsOfTheSame extends DeviceContract {
        WithGradientsOfTheSame() {
            super(DataType.BFLOAT16, DataType.BFLOAT16);
        }
    }

    @Nested
    class WithGradientsInFloat32 extends DeviceContract {
        WithGradientsInFloat32() {
            super(DataType.BFLOAT16, DataType.FLOAT32);
        }
    }
}

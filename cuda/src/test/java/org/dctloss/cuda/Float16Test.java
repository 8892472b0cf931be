package org.dctloss.cuda;

import org.dctloss.DataType;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/** The contract, on CUDA, on images in float16. */
@Tag("device")
@Tag("sixteen-bits")
class Float16Test {
    @Nested
    class WithGradientsOfTheSame extends DeviceContract {
        WithGradientsOfTheSame() {
            super(DataType.FLOAT16, DataType.FLOAT16);
        }
    }

    @Nested
    class WithGradientsInFloat32 extends DeviceContract {
        WithGradientsInFloat32() {
            super(DataType.FLOAT16, DataType.FLOAT32);
        }
    }
}

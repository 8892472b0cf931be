package org.dctloss.cuda;

import org.dctloss.DataType;
import org.junit.jupiter.api.Tag;

/** The contract, on CUDA, in float32. */
@Tag("device")
class Float32Test extends DeviceContract {
    Float32Test() {
        super(DataType.FLOAT32, DataType.FLOAT32);
    }
}

package org.dctloss.cuda;

import org.dctloss.BackendChoice;
import org.dctloss.DataType;
import org.dctloss.contract.BackendContract;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/** The contract, on CUDA: in device memory of every data type, and by copies of the host's images. */
@Tag("device")
class CudaBackendTest {
    @Nested
    class OnFloat32 extends DeviceContract {
        OnFloat32() {
            super(DataType.FLOAT32, DataType.FLOAT32);
        }
    }

    @Nested
    class OnFloat16 extends DeviceContract {
        OnFloat16() {
            super(DataType.FLOAT16, DataType.FLOAT16);
        }
    }

    @Nested
    class OnFloat16WithFloat32Gradients extends DeviceContract {
        OnFloat16WithFloat32Gradients() {
            super(DataType.FLOAT16, DataType.FLOAT32);
        }
    }

    @Nested
    class OnBfloat16 extends DeviceContract {
        OnBfloat16() {
            super(DataType.BFLOAT16, DataType.BFLOAT16);
        }
    }

    @Nested
    class OnBfloat16WithFloat32Gradients extends DeviceContract {
        OnBfloat16WithFloat32Gradients() {
            super(DataType.BFLOAT16, DataType.FLOAT32);
        }
    }

    @Nested
    class OnCopiesOfTheHost extends BackendContract {
        @Override
        protected BackendChoice backend() {
            return BackendChoice.CUDA;
        }

        @Override
        protected double lossSpread() {
            return DeviceContract.LOSS_SPREAD;
        }
    }
}

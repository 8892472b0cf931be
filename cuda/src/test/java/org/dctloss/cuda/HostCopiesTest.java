package org.dctloss.cuda;

import org.dctloss.BackendChoice;
import org.dctloss.contract.BackendContract;
import org.junit.jupiter.api.Tag;

/** The contract, on CUDA, on copies of the host's images. */
@Tag("device")
class HostCopiesTest extends BackendContract {
    @Override
    protected BackendChoice backend() {
        return BackendChoice.CUDA;
    }

    @Override
    protected boolean hasThreads() {
        return false;
    }

    @Override
    protected double lossSpread() {
        return DeviceContract.LOSS_SPREAD;
    }
}

package org.dctloss.cuda;

import java.util.ArrayList;
import java.util.List;
import org.dctloss.BackendChoice;
import org.dctloss.DataType;
import org.dctloss.contract.AllocationContract;
import org.junit.jupiter.api.Tag;

/** Nothing is allocated per call: neither on the heap nor, as {@link LifetimesTest} shows, on the device. */
@Tag("device")
class CudaAllocationTest extends AllocationContract {
    @Override
    protected BackendChoice backend() {
        return BackendChoice.CUDA;
    }

    @Override
    protected boolean hasThreads() {
        return false;
    }

    @Override
    protected List<Memory> memories() {
        List<Memory> memories = new ArrayList<>(super.memories());
        memories.add((n, c, h, w) -> {
            DeviceMemory memory = DeviceMemory.of(0, new float[n * c * h * w]);
            return memory.image(DataType.FLOAT32, n, c, h, w);
        });
        return memories;
    }
}

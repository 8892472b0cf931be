package org.dctloss.jni;

import java.util.ArrayList;
import java.util.List;
import org.dctloss.BackendChoice;
import org.dctloss.contract.AllocationContract;

/** C++ allocates nothing per call, and neither does the Java around it. */
class NativeAllocationTest extends AllocationContract {
    @Override
    protected BackendChoice backend() {
        return BackendChoice.NATIVE;
    }

    @Override
    protected List<Memory> memories() {
        List<Memory> memories = new ArrayList<>(super.memories());
        memories.add((n, c, h, w) -> RawMemory.of(n * c * h * w).nchw(n, c, h, w));
        return memories;
    }
}

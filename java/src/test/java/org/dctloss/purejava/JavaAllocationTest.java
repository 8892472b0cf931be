package org.dctloss.purejava;

import org.dctloss.BackendChoice;
import org.dctloss.contract.AllocationContract;

/** Pure Java allocates nothing per call. */
class JavaAllocationTest extends AllocationContract {
    @Override
    protected BackendChoice backend() {
        return BackendChoice.JAVA;
    }
}

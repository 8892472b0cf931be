package org.dctloss.purejava;

import org.dctloss.BackendChoice;
import org.dctloss.contract.BackendContract;

/** The contract, on pure Java. */
class JavaBackendTest extends BackendContract {
    @Override
    protected BackendChoice backend() {
        return BackendChoice.JAVA;
    }
}

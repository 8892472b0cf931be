package org.dctloss.cuda;

import org.dctloss.BackendException;

/** What CUDA reported, in one sentence: the call, the code and its meaning, and what to do about it. */
public final class CudaException extends BackendException {
    private static final long serialVersionUID = 1;

    private final int code;

    CudaException(int code, String message) {
        super(message, null);
        this.code = code;
    }

    /** The {@code cudaError_t}; negative for a code of this library's own. */
    public int code() {
        return code;
    }

    /** Whether device or page-locked memory was short: nothing was changed, and everything goes on working. */
    public boolean isOutOfMemory() {
        return code == CudaCode.MEMORY_ALLOCATION;
    }

    /** Whether CUDA is lost to this process, which has to be started again. */
    public boolean isContextLost() {
        return CudaCode.isSticky(code);
    }
}

package org.dctloss;

/**
 * No backend, or not the one that was asked for, can run this, and the message says why, backend by backend; or the one
 * that runs it failed, and the message says of what (a CudaException, of a device).
 */
public class BackendException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** With the reasons in one sentence, and what was thrown on the way or null. */
    public BackendException(String message, Throwable cause) {
        super(message, cause);
    }
}

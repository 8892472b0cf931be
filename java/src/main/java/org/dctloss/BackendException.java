package org.dctloss;

/** No backend, or not the one that was asked for, can run this; the message says why, backend by backend. */
public final class BackendException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** With the reasons in one sentence, and what was thrown on the way or null. */
    public BackendException(String message, Throwable cause) {
        super(message, cause);
    }
}

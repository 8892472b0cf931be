package org.dctloss.jni;

/** What the codes of border.h mean for a caller of the library. */
final class NativeCode {
    private static final int NO_MEMORY = 3;
    private static final String[] MEANINGS = {
        "done",
        "the job is of another version",
        "this processor or build lacks the instruction set",
        "memory is missing",
        "a size, range or option is out of range"
    };

    private NativeCode() {}

    /**
     * Throws unless all went well.
     *
     * @param arrays whether the call took arrays: then missing memory means that the JVM could not pin one
     */
    static void check(String function, int code, boolean arrays) {
        if (code == 0) {
            return;
        }
        if (code == NO_MEMORY && arrays) {
            throw new OutOfMemoryError(
                    function + ": got an array that the JVM could not hand to C++, allowed direct buffers");
        }
        String meaning = code > 0 && code < MEANINGS.length ? MEANINGS[code] : "unknown";
        throw new IllegalStateException(function + ": got code " + code + " (" + meaning + "), allowed 0");
    }
}

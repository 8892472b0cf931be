package org.dctloss.cuda;

import java.util.Set;

/** What the codes of device_border.h mean: exceptions, and the memory of errors after which nothing works any more. */
final class CudaCode {
    static final int MEMORY_ALLOCATION = 2;
    static final int INSUFFICIENT_DRIVER = 35;
    static final int DEVICES_UNAVAILABLE = 46;
    static final int NO_DEVICE = 100;

    /** Errors of a context and not of a call: uncorrectable memory, and whatever a kernel dies of. */
    private static final Set<Integer> STICKY =
            Set.of(214, 220, 226, 700, 702, 709, 710, 714, 715, 716, 717, 718, 719, 721, 810, 911);

    private static final String CURE =
            "restart the process, and run it under compute-sanitizer to find what a kernel did wrong";

    /** The border's own codes, from -1 down. */
    private static final String[] OWN = {
        "WRONG_ABI", "the job is of another version",
        "NO_MEMORY", "an address is missing",
        "OUT_OF_RANGE", "a size or an option is out of range"
    };

    private record Loss(int code, String sentence) {}

    /** The first error that was sticky. */
    private static volatile Loss lost;

    private CudaCode() {}

    static boolean isSticky(int code) {
        return STICKY.contains(code);
    }

    /** Whether a call failed because a stream is being captured: it may do later. */
    static boolean isOfCapture(int code) {
        return code == 900 || code == 901 || code == 906;
    }

    /** Throws if an earlier call has found CUDA lost to this process. */
    static void checkContext(String call) {
        Loss loss = lost;
        if (loss != null) {
            throw new CudaException(loss.code, call + ": " + loss.sentence);
        }
    }

    /** Throws unless all went well. */
    static void check(String call, int code) {
        if (code != 0) {
            throw failure(call, code, "");
        }
    }

    /**
     * The exception for a code; one that is sticky is remembered.
     *
     * @param circumstances what else there is to know, " for ...", or nothing
     */
    static CudaException failure(String call, int code, String circumstances) {
        String what = describe(code);
        note(call, code);
        return new CudaException(
                code,
                call + ": got " + what + circumstances + ", allowed success"
                        + (isSticky(code)
                                ? " (of this call or of work queued before); CUDA is lost to this process: " + CURE
                                : ""));
    }

    /** Remembers a code that is sticky. */
    static void note(String call, int code) {
        if (isSticky(code) && lost == null) {
            lost = new Loss(
                    code,
                    "got a process that lost CUDA to " + describe(code) + " in " + call + ", allowed only before; "
                            + CURE);
        }
    }

    /** "cudaErrorIllegalAddress (700: an illegal memory access was encountered)". */
    static String describe(int code) {
        if (code < 0) {
            int i = 2 * (-code - 1);
            return i < OWN.length ? OWN[i] + " (" + code + ": " + OWN[i + 1] + ")" : "unknown code " + code;
        }
        return CudaKernels.errorName(code) + " (" + code + ": " + CudaKernels.errorText(code) + ")";
    }
}

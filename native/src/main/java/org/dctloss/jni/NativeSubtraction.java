package org.dctloss.jni;

import org.bytedeco.javacpp.Loader;

/**
 * What benchmarks measure the C++ kernels against: subtracting two images in C++, by the same compiler for the best
 * instruction set of this processor, on the calling thread. Stateless and thread-safe.
 */
public final class NativeSubtraction {
    private NativeSubtraction() {}

    /** Whether the library is there. Never throws. */
    public static boolean available() {
        try {
            return Loader.getPlatform() != null && Job.mismatch(NativeKernels.abi()) == null;
        } catch (LinkageError failed) {
            return false;
        }
    }

    /**
     * g = p - t. Garbage collection may wait until it is done.
     *
     * @param pastCaches false for a plain loop; true for vectors that are stored past the caches, which is the fastest
     *     that memory allows where the images do not fit the caches
     * @throws IllegalArgumentException if the lengths differ
     */
    public static void run(float[] p, float[] t, float[] g, boolean pastCaches) {
        if (p.length != g.length || t.length != g.length) {
            throw new IllegalArgumentException("arrays: got lengths " + p.length + ", " + t.length + " and " + g.length
                    + ", allowed three of one length");
        }
        int isa = InstructionSet.of(NativeKernels.instructionSets()).get(0).ordinal();
        int flags = pastCaches ? Job.STREAM : 0;
        NativeCode.check("subtract", NativeKernels.subtractArrays(isa, flags, p, t, g, g.length), true);
    }
}

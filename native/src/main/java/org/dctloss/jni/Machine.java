package org.dctloss.jni;

import java.util.List;
import java.util.stream.Collectors;

/**
 * What the kernels have to know about this machine.
 *
 * @param available instruction sets of this processor and build, the fastest first
 * @param used the one in use
 * @param forced whether a property chose it
 * @param second bytes of a core's second cache; pixels of batches that do not fit it are asked for early
 * @param cache bytes of the last-level cache; batches that do not fit half of it are streamed past it
 */
record Machine(List<InstructionSet> available, InstructionSet used, boolean forced, long second, long cache) {
    /** The property that replaces the size of the cache, in bytes: some virtual machines report it wrongly. */
    static final String CACHE = "dctloss.native.cache";

    private static final long USUAL_SECOND_CACHE = 1 << 20;
    private static final long USUAL_CACHE = 32 << 20;

    /**
     * From what the processor says and what the properties say.
     *
     * @throws IllegalArgumentException with a sentence if a property does not fit
     */
    static Machine of(int instructionSets, long secondCache, long lastLevelCache, String forced, String cache) {
        List<InstructionSet> available = InstructionSet.of(instructionSets);
        InstructionSet used = InstructionSet.choose(available, forced);
        long bytes = lastLevelCache > 0 ? lastLevelCache : USUAL_CACHE;
        long second = secondCache > 0 ? secondCache : USUAL_SECOND_CACHE;
        return new Machine(available, used, forced != null, second, cache == null ? bytes : parse(cache));
    }

    private static long parse(String cache) {
        if (!cache.matches("\\d{1,18}")) {
            throw new IllegalArgumentException(
                    "-D" + CACHE + ": got '" + cache + "', allowed a number of bytes, 0 or more");
        }
        return Long.parseLong(cache);
    }

    /** Whether pixels of views of so many bytes in all are to be asked for before they are needed. */
    boolean prefetches(double bytes) {
        return bytes > second;
    }

    /** Whether views of so many bytes in all are to go past the cache. */
    boolean streams(double bytes) {
        return bytes > cache / 2.0;
    }

    /** "C++ kernels for AVX2 (this processor also runs SSE2), linux-x86_64". */
    String describe(String platform) {
        String others = available.stream()
                .filter(set -> set != used)
                .map(set -> set.label)
                .collect(Collectors.joining(", "));
        return "C++ kernels for " + used.label + (forced ? ", forced by -D" + InstructionSet.PROPERTY : "")
                + (others.isEmpty() ? "" : " (this processor also runs " + others + ")") + ", " + platform;
    }
}

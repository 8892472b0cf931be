package org.dctloss.jni;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The instruction sets that kernels exist for, in the order of border.h: a later one of a processor is faster. */
enum InstructionSet {
    SSE2("SSE2"),
    AVX2("AVX2"),
    AVX512("AVX-512"),
    NEON("NEON");

    /** The property that forces one, by its id. */
    static final String PROPERTY = "dctloss.native.isa";

    /** For people. */
    final String label;

    InstructionSet(String label) {
        this.label = label;
    }

    /** Its name in lower case: "avx2". */
    String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Those of a bit mask, the fastest first. */
    static List<InstructionSet> of(int mask) {
        List<InstructionSet> sets = new ArrayList<>();
        for (InstructionSet set : values()) {
            if ((mask >> set.ordinal() & 1) != 0) {
                sets.add(0, set);
            }
        }
        return sets;
    }

    /**
     * The fastest, or the one forced.
     *
     * @param forced an id, or null
     * @throws IllegalArgumentException if the one forced is not among them
     */
    static InstructionSet choose(List<InstructionSet> available, String forced) {
        for (InstructionSet set : available) {
            if (forced == null || forced.equals(set.id())) {
                return set;
            }
        }
        throw new IllegalArgumentException("-D" + PROPERTY + ": got '" + forced + "', allowed on this processor "
                + available.stream().map(InstructionSet::id).collect(Collectors.joining(", ")));
    }
}

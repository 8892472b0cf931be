package org.dctloss.cli;

import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.dctloss.BackendChoice;
import org.dctloss.Coefficients;
import org.dctloss.ColorTransform;
import org.dctloss.Edge;
import org.dctloss.Normalization;
import org.dctloss.Reduction;
import org.dctloss.Scaling;

/** The words that an option takes, for its help and for completion. */
abstract class Candidates implements Iterable<String> {
    private final List<String> words;

    private Candidates(String... words) {
        this.words = List.of(words);
    }

    private <E extends Enum<E>> Candidates(Class<E> type) {
        this(Stream.of(type.getEnumConstants()).map(Choice::word).toArray(String[]::new));
    }

    @Override
    public Iterator<String> iterator() {
        return words.iterator();
    }

    static final class Backends extends Candidates {
        Backends() {
            super(BackendChoice.class);
        }
    }

    static final class Scalings extends Candidates {
        Scalings() {
            super(Scaling.class);
        }
    }

    static final class Normalizations extends Candidates {
        Normalizations() {
            super(Normalization.class);
        }
    }

    static final class CoefficientKinds extends Candidates {
        CoefficientKinds() {
            super(Coefficients.class);
        }
    }

    static final class Reductions extends Candidates {
        Reductions() {
            super(Reduction.class);
        }
    }

    static final class Edges extends Candidates {
        Edges() {
            super(Edge.class);
        }
    }

    static final class Colors extends Candidates {
        Colors() {
            super(ColorTransform.class);
        }
    }

    /** With values to start from, where there is one. */
    static final class Penalties extends Candidates {
        Penalties() {
            super("squared", "absolute", "charbonnier:0.001", "huber:0.1");
        }
    }

    /** With values to start from, where there is one. */
    static final class Tables extends Candidates {
        Tables() {
            super("uniform", "jpeg-luma:50", "jpeg-chroma:50", "watson", "csf:60");
        }
    }

    static final class Presets extends Candidates {
        Presets() {
            super(LossArguments.PRESET);
        }
    }

    static final class InstructionSets extends Candidates {
        InstructionSets() {
            super("sse2", "avx2", "avx512", "neon");
        }
    }

    static final class Commands extends Candidates {
        Commands() {
            super("compare", "demo", "eval", "bench", "backends", "completion");
        }
    }

    static final class Shells extends Candidates {
        Shells() {
            super(CompletionCommand.Shell.class);
        }
    }
}

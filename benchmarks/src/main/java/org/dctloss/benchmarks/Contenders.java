package org.dctloss.benchmarks;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.dctloss.BackendException;
import org.dctloss.Backends;
import org.jtransforms.dct.FloatDCT_2D;
import org.nd4j.linalg.factory.Nd4j;

/** Who takes part, by name. */
final class Contenders {
    /** Our backends. */
    public static final List<String> OURS = List.of("java", "native", "cuda");

    /** P - T in Java and in C++: what any loss with gradient has to do at least. */
    public static final String SUBTRACT = "subtract";

    public static final String SUBTRACT_CPP = "subtract-cpp";

    /** The same loss by others. */
    public static final List<String> PEERS =
            List.of("plain-java", "jtransforms", "torch-conv2d", "torch-matmul", "nd4j");

    /** Other, simpler losses by others: what people use today. */
    public static final List<String> SIMPLER = List.of("torch-mse", "torch-l1", "nd4j-mse");

    private Contenders() {}

    /** Makes images and contender. What cannot run here, or not this case, says why. */
    static Contender open(String name, Case wanted) {
        try {
            return switch (name) {
                case "java", "native", "cuda" -> OwnContender.open(name, wanted);
                case SUBTRACT, SUBTRACT_CPP -> new SubtractContender(name, wanted);
                case "plain-java", "jtransforms" -> new PlainContender(name, wanted);
                case "torch-conv2d", "torch-matmul", "torch-mse", "torch-l1" -> new TorchContender(name, wanted);
                case "nd4j", "nd4j-mse" -> new Nd4jContender(name, wanted);
                default ->
                    throw new IllegalArgumentException("contender: got '" + name + "', allowed " + OURS + ", "
                            + SUBTRACT + ", " + SUBTRACT_CPP + ", " + PEERS + ", " + SIMPLER);
            };
        } catch (BackendException | UnsatisfiedLinkError | NoClassDefFoundError missing) {
            throw new Unavailable(name + ": " + missing.getMessage(), missing);
        }
    }

    /** What a contender really is here: backend and instruction set, or library and version. */
    static String resolved(String name) {
        return switch (name) {
            case SUBTRACT -> "a loop that the JVM compiles";
            case SUBTRACT_CPP -> "a loop that the C++ compiler makes of plain code";
            case "plain-java" -> "scalar Java";
            case "jtransforms" -> Machine.library(FloatDCT_2D.class);
            case "torch-conv2d", "torch-matmul", "torch-mse", "torch-l1" -> Machine.library(Tensor.class);
            case "nd4j", "nd4j-mse" -> Machine.library(Nd4j.class);
            default ->
                Backends.report().stream()
                        .filter(report -> report.name().equals(name))
                        .map(Backends.Report::text)
                        .findFirst()
                        .orElseThrow();
        };
    }

    /** Peers read one array of complete 8x8 blocks, and know the simpler losses only. */
    static void check(String name, Case wanted, boolean fits) {
        if (!fits) {
            throw new Unavailable(name + ": got " + wanted + ", which it does not compute", null);
        }
    }

    static boolean plainBackward(Case wanted) {
        Case simple = Case.of(Operation.BACKWARD, wanted.penalty(), wanted.images(), wanted.threads());
        return wanted.equals(simple)
                && wanted.images().plain()
                && List.of("squared", "absolute").contains(wanted.penalty());
    }
}

package org.dctloss.benchmarks;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.dctloss.BackendException;
import org.dctloss.Backends;
import org.dctloss.yardsticks.JavaKernels;
import org.jtransforms.dct.FloatDCT_1D;
import org.nd4j.linalg.factory.Nd4j;

/** Who takes part, by name. */
final class Contenders {
    /** Our backends. */
    public static final List<String> OURS = List.of("java", "native", "cuda");

    /** P - T in Java, in C++, and in C++ past the caches. */
    public static final String SUBTRACT = "subtract";

    public static final String SUBTRACT_CPP = "subtract-cpp";

    public static final String SUBTRACT_PAST_CACHES = "subtract-past-caches";

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
                case "java", JavaKernels.VECTOR, "native", "cuda" -> OwnContender.open(name, wanted);
                case SUBTRACT, SUBTRACT_CPP, SUBTRACT_PAST_CACHES -> new SubtractContender(name, wanted);
                case "plain-java", "jtransforms" -> new PlainContender(name, wanted);
                case "torch-conv2d", "torch-matmul", "torch-mse", "torch-l1" -> new TorchContender(name, wanted);
                case "nd4j", "nd4j-mse" -> new Nd4jContender(name, wanted);
                default ->
                    throw new IllegalArgumentException("contender: got '" + name + "', allowed " + OURS + ", "
                            + JavaKernels.VECTOR + ", " + SUBTRACT + ", " + SUBTRACT_CPP + ", " + SUBTRACT_PAST_CACHES
                            + ", " + PEERS + ", " + SIMPLER);
            };
        } catch (BackendException | LinkageError missing) {
            Throwable root = missing;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            throw new Unavailable(name + ": it does not load here, " + root.getMessage(), missing);
        }
    }

    /** What a contender really is here: backend and instruction set, or library and version. */
    static String resolved(String name) {
        return switch (name) {
            case SUBTRACT -> "a loop that the JVM compiles";
            case SUBTRACT_PAST_CACHES -> "vectors in C++ that are stored past the caches";
            case SUBTRACT_CPP -> "a loop that the C++ compiler makes of plain code";
            case "plain-java" -> "scalar Java";
            case "jtransforms" -> Machine.library(FloatDCT_1D.class);
            case "torch-conv2d", "torch-matmul", "torch-mse", "torch-l1" ->
                Machine.library(Tensor.class) + ", eager, OpenBLAS";
            case "nd4j", "nd4j-mse" -> Machine.library(Nd4j.getBackend().getClass()) + ", OpenBLAS";
            default ->
                JavaKernels.with(name, Backends::report).stream()
                        .filter(report -> report.name().equals(name.equals(JavaKernels.VECTOR) ? "java" : name))
                        .map(Backends.Report::text)
                        .findFirst()
                        .orElseThrow();
        };
    }

    /** What a contender computes where a penalty is asked of everybody: L1 has one of its own. */
    static String penalty(String name, String asked) {
        return name.equals("torch-l1") ? "absolute" : asked;
    }

    /** What the peers compute: they read one array of complete blocks, and know the simpler penalties only. */
    static final String PLAIN =
            "backward, squared or absolute, SIGNED, FLOAT32, NxCxHxW with sides of multiples of 8, 8x8"
                    + " blocks that do not overlap";

    /** Refuses a case that a contender does not compute, and says which it does. */
    static void check(String name, Case wanted, boolean fits, String allowed) {
        if (!fits) {
            throw new Unavailable(name + ": got " + wanted + ", allowed " + allowed, null);
        }
    }

    static boolean plainBackward(Case wanted) {
        Case simple = Case.of(Operation.BACKWARD, wanted.penalty(), wanted.images(), wanted.threads());
        return wanted.equals(simple)
                && wanted.images().plain()
                && List.of("squared", "absolute").contains(wanted.penalty());
    }
}

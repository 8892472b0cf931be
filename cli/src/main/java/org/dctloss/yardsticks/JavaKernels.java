package org.dctloss.yardsticks;

import java.util.List;
import java.util.function.Supplier;
import org.dctloss.purejava.VectorKernel;

/**
 * The two 8x8 kernels of the pure-Java backend under names of their own, for comparing them in one run. Not for several threads:
 * the choice is a system property while a session is opened.
 */
public final class JavaKernels {
    /** Small loops, which every JVM has. */
    public static final String LOOPS = "java";

    /** The Vector API. */
    public static final String VECTOR = "java-vector";

    private JavaKernels() {}

    /** Those that run here. */
    public static List<String> names() {
        return VectorKernel.status().available() ? List.of(LOOPS, VECTOR) : List.of(LOOPS);
    }

    /**
     * How often as fast as the plain scalar form ({@link PlainLoss}) the kernel of the Vector API should be on this JVM and
     * processor, on images in the second cache.
     */
    public static double timesPlainTarget() {
        if (Runtime.version().feature() < 25) {
            return 4.5;
        }
        return VectorKernel.status().text().startsWith("512") ? 9 : 5;
    }

    /** Runs what opens a session or asks for the report, with one of the kernels; the backend is BackendChoice.JAVA for both. */
    public static <T> T with(String name, Supplier<T> open) {
        String before = System.getProperty(VectorKernel.PROPERTY);
        if (name.equals(LOOPS)) {
            System.setProperty(VectorKernel.PROPERTY, "false");
        }
        try {
            return open.get();
        } finally {
            if (before == null) {
                System.clearProperty(VectorKernel.PROPERTY);
            } else {
                System.setProperty(VectorKernel.PROPERTY, before);
            }
        }
    }
}

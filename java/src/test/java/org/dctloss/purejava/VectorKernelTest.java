package org.dctloss.purejava;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.dctloss.BackendChoice;
import org.dctloss.Backends;
import org.dctloss.DctLoss;
import org.dctloss.ImageBatch;
import org.junit.jupiter.api.Test;

/** When the kernel of the Vector API is used, what is said when it is not, and that nothing touches it then. */
class VectorKernelTest {
    private static final String MODULE = "--add-modules=jdk.incubator.vector";
    private static final String CLASSES = "-Xlog:class+load";

    /** What another JVM prints that was started with these options and has computed a loss. */
    private static String run(String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Other.class.getName()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), printed);
        return printed;
    }

    /** Says what the report says, after a loss. */
    static final class Other {
        private Other() {}

        public static void main(String[] none) {
            float[] pixels = new float[64];
            pixels[9] = 1;
            ImageBatch prediction = ImageBatch.of(pixels, 1, 1, 8, 8);
            ImageBatch target = ImageBatch.of(new float[64], 1, 1, 8, 8);
            ImageBatch gradient = ImageBatch.of(new float[64], 1, 1, 8, 8);
            DctLoss loss = DctLoss.builder().backend(BackendChoice.JAVA).build();
            System.out.println(loss.backward(prediction, target, gradient) > 0 ? "done" : "no loss");
            Backends.report().stream()
                    .filter(report -> report.name().equals("java"))
                    .forEach(report -> System.out.println(report.available() + ": " + report.text()));
        }
    }

    private static void assertUnused(String cause, String printed) {
        assertTrue(printed.contains("done"), printed);
        assertTrue(printed.contains("true: pure Java on "), printed);
        assertTrue(printed.contains("; Vector API: not used, " + cause), printed);
    }

    @Test
    void withoutTheFlagNothingIsTouchedAndTheFlagIsNamed() throws Exception {
        String printed = run(CLASSES);
        assertUnused("start java with " + VectorKernel.FLAG, printed);
        assertTrue(printed.contains("org.dctloss.purejava.VectorKernel "), "classes are logged");
        for (String untouched : List.of("VectorStrips", "VectorSteps", "VectorFlowGraph", "VectorPenaltyRows")) {
            assertFalse(printed.contains("org.dctloss.purejava." + untouched), untouched);
        }
        assertFalse(printed.contains("jdk.incubator.vector."), "classes of the module");
    }

    @Test
    void withTheFlagItIsUsed() throws Exception {
        String printed = run(MODULE, CLASSES);
        assertTrue(printed.contains("org.dctloss.purejava.VectorStrips "), "loaded");
        assertTrue(
                printed.contains("-bit vectors") || printed.contains("it needs vectors of 256 bits, this machine has"),
                "width");
    }

    @Test
    void switchedOff() throws Exception {
        String printed = run(MODULE, CLASSES, "-Ddctloss.java.vector=false");
        assertUnused("switched off by -Ddctloss.java.vector=false", printed);
        assertFalse(printed.contains("org.dctloss.purejava.VectorStrips"), "loaded");
    }

    @Test
    void switchThatIsNoSwitch() throws Exception {
        assertUnused(
                "-Ddctloss.java.vector: got 'maybe', allowed true or false",
                run(MODULE, "-Ddctloss.java.vector=maybe"));
    }

    @Test
    void withoutC2() throws Exception {
        assertUnused("it needs the C2 compiler, this JVM only interprets (-Xint)", run(MODULE, "-Xint"));
        assertUnused("it needs the C2 compiler, which", run(MODULE, "-XX:TieredStopAtLevel=1"));
        assertUnused(
                "it needs the C2 compiler, which -XX:TieredStopAtLevel=3 keeps out",
                run(MODULE, "-XX:TieredStopAtLevel=3"));
    }

    @Test
    void narrowVectors() throws Exception {
        assertUnused("it needs vectors of 256 bits, this machine has 128", run(MODULE, "-XX:MaxVectorSize=16"));
    }

    @Test
    void versionsOfJava() {
        assertNull(VectorKernel.refusal(17, null));
        assertNull(VectorKernel.refusal(25, null));
        assertNull(VectorKernel.refusal(26, "26"));
        assertNull(VectorKernel.refusal(25, "26"));
        assertEquals(
                "tested on Java 17 to 25, this is 26 (-Ddctloss.java.vector.newest=26 allows it)",
                VectorKernel.refusal(26, null));
        assertEquals(
                "tested on Java 17 to 25, this is 27 (-Ddctloss.java.vector.newest=27 allows it)",
                VectorKernel.refusal(27, "26"));
        for (String wrong : List.of("", "x", "26.1", "-1", "99999999999")) {
            assertEquals(
                    "-Ddctloss.java.vector.newest: got '" + wrong + "', allowed a version of Java such as 26",
                    VectorKernel.refusal(26, wrong));
        }
    }

    @Test
    void virtualMachines() {
        String mixed = "mixed mode, sharing";
        assertNull(VectorKernel.refusal("OpenJDK 64-Bit Server VM", mixed));
        assertNull(VectorKernel.refusal("Java HotSpot(TM) 64-Bit Server VM", mixed));
        assertNull(VectorKernel.refusal("OpenJDK 64-Bit Server VM", null));
        for (String other : List.of(
                "Eclipse OpenJ9 VM", "Substrate VM", "OpenJDK 64-Bit Zero VM", "OpenJDK Client VM", "Zing 64-Bit VM")) {
            assertEquals("it needs the C2 compiler of HotSpot, this is " + other, VectorKernel.refusal(other, mixed));
        }
        assertEquals("it needs the C2 compiler of HotSpot, this is null", VectorKernel.refusal(null, null));
    }
}

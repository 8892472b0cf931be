package org.dctloss.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A platform that a peer has no natives for: it is left out in a sentence, and the others are measured. */
class MissingPeersTest {
    private static final List<String> ASKED =
            List.of("torch-matmul", "torch-mse", "nd4j", "nd4j-mse", "plain-java", "jtransforms");

    @TempDir
    Path unpacked;

    /** What the JVM without natives runs. */
    static final class Asking {
        public static void main(String... arguments) {
            for (String name : ASKED) {
                Case wanted = Case.of(Operation.BACKWARD, "squared", Images.parse("1x1x16x16"), 1);
                try (Contender contender = Contenders.open(name, wanted)) {
                    System.out.println("ASKED " + name + ": runs, " + contender.run());
                } catch (Unavailable missing) {
                    System.out.println("ASKED " + missing.getMessage());
                }
            }
        }
    }

    @Test
    void areLeftOutInASentence() throws IOException, InterruptedException {
        String all = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        String[] jars = all.split(File.pathSeparator);
        String without = Arrays.stream(jars)
                .filter(jar -> !jar.matches(".*-(linux|macosx|windows)-[^/]*\\.jar"))
                .collect(Collectors.joining(File.pathSeparator));
        assertFalse(without.equals(all), () -> "class path: got none of the peers' natives in " + all);
        Process java = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Dorg.bytedeco.javacpp.cachedir=" + unpacked,
                        "-cp",
                        without,
                        Asking.class.getName())
                .redirectErrorStream(true)
                .start();
        String said = new String(java.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, java.waitFor(), said);
        List<String> answers =
                said.lines().filter(line -> line.startsWith("ASKED ")).toList();
        assertEquals(ASKED.size(), answers.size(), said);
        for (int i = 0; i < ASKED.size(); i++) {
            boolean hasNatives = Stream.of("torch", "nd4j").anyMatch(ASKED.get(i)::startsWith);
            String expected = "ASKED " + ASKED.get(i) + (hasNatives ? ": it does not load here, " : ": runs, ");
            String answer = answers.get(i);
            assertTrue(answer.startsWith(expected), said);
        }
    }
}

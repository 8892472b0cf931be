package org.dctloss.dl4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dctloss.contract.ReadmeSample;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's dependencies are those of the tests; its sample compiles with them and does what it says. */
class ReadmeTest {
    private static final Path README = Path.of("README.md");

    private static final Pattern DEPENDENCY =
            Pattern.compile("<groupId>(.*?)</groupId>\\s*<artifactId>(.*?)</artifactId>\\s*<version>(.*?)</version>"
                    + "(?:\\s*<classifier>(.*?)</classifier>)?");

    private static String classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }

    /** A JavaCPP of one version with natives of another ends the program, so none may be left to Maven's choice. */
    @Test
    void dependenciesAreThoseOfTheTests() throws IOException {
        Set<String> frameworks = new TreeSet<>();
        Set<String> own = new TreeSet<>();
        Matcher dependency = DEPENDENCY.matcher(ReadmeSample.block(README, "xml"));
        while (dependency.find()) {
            String classifier = dependency.group(4) == null ? "" : "-" + dependency.group(4);
            String jar = dependency.group(2) + "-" + dependency.group(3) + classifier + ".jar";
            (dependency.group(1).equals("org.dctloss") ? own : frameworks).add(jar);
        }
        Set<String> tested = new TreeSet<>();
        Set<String> natives = new TreeSet<>();
        for (String entry : classPath().split(File.pathSeparator)) {
            Path jar = Path.of(entry);
            tested.add(jar.getFileName().toString());
            if (jar.toString().contains("bytedeco")) {
                natives.add(jar.getFileName().toString());
            }
        }
        assertTrue(natives.size() >= 4, () -> "JavaCPP and OpenBLAS with their natives: " + natives);
        assertTrue(frameworks.containsAll(natives), () -> frameworks + " without all of " + natives);
        assertTrue(tested.containsAll(frameworks), () -> tested + " without all of " + frameworks);
        String pom = Files.readString(Path.of("pom.xml"));
        String version = pom.substring(pom.indexOf("<version>") + "<version>".length(), pom.indexOf("</version>"));
        assertEquals(Set.of("dctloss-dl4j-" + version + ".jar", "dctloss-native-" + version + ".jar"), own);
    }

    @Test
    void sampleRuns(@TempDir Path folder) throws Exception {
        String sample = ReadmeSample.block(README, "java");
        assertTrue(sample.lines().count() <= 30, "at most 30 lines");
        String line = ReadmeSample.run(sample, classPath(), folder);
        Matcher scores = Pattern.compile("score ([0-9.E-]+), after training ([0-9.E-]+)\\s+")
                .matcher(line);
        assertTrue(scores.matches(), line);
        assertTrue(Double.parseDouble(scores.group(2)) < Double.parseDouble(scores.group(1)) / 2, line);
    }
}

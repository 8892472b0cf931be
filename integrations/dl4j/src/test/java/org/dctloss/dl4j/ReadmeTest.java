package org.dctloss.dl4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's sample compiles and does what it says. */
class ReadmeTest {
    @Test
    void sampleRuns(@TempDir Path folder) throws Exception {
        String readme = Files.readString(Path.of("README.md"));
        int start = readme.indexOf("```java\n") + "```java\n".length();
        String sample = readme.substring(start, readme.indexOf("```", start));
        assertTrue(sample.lines().count() <= 30, "at most 30 lines");
        Path source = folder.resolve("Sample.java");
        Files.writeString(source, sample);
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        int exit = ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "-d", folder.toString(), "-cp", classPath, source.toString());
        assertEquals(0, exit, "javac");
        PrintStream before = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (URLClassLoader loader = new URLClassLoader(
                new URL[] {folder.toUri().toURL()}, getClass().getClassLoader())) {
            System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
            loader.loadClass("Sample").getMethod("main", String[].class).invoke(null, (Object) new String[0]);
        } finally {
            System.setOut(before);
        }
        String line = printed.toString(StandardCharsets.UTF_8);
        Matcher scores = Pattern.compile("score ([0-9.E-]+), after training ([0-9.E-]+)\\s+")
                .matcher(line);
        assertTrue(scores.matches(), line);
        assertTrue(Double.parseDouble(scores.group(2)) < Double.parseDouble(scores.group(1)) / 2, line);
    }
}

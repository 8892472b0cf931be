package org.dctloss.djl;

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

/** The README's sample is short, compiles and does what it says. */
class ReadmeTest {
    @Test
    void sampleRuns(@TempDir Path folder) throws Exception {
        String readme = Files.readString(Path.of("README.md"));
        int start = readme.indexOf("```java\n") + "```java\n".length();
        String sample = readme.substring(start, readme.indexOf("```", start));
        assertTrue(sample.lines().count() <= 30, () -> sample.lines().count() + " lines");
        Path source = folder.resolve("Sample.java");
        Files.writeString(source, sample);
        String classes = System.getProperty("java.class.path");
        int exit = ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "-d", folder.toString(), "-cp", classes, source.toString());
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
        String line = printed.toString(StandardCharsets.UTF_8).strip();
        Matcher losses =
                Pattern.compile("DCT loss from ([0-9.E-]+) to ([0-9.E-]+)").matcher(line);
        assertTrue(losses.matches(), line);
        assertTrue(Float.parseFloat(losses.group(2)) < 0.5 * Float.parseFloat(losses.group(1)), line);
    }
}

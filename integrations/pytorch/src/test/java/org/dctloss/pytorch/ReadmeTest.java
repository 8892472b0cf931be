package org.dctloss.pytorch;

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

/** The README's sample is short, compiles and learns. */
class ReadmeTest {
    @Test
    void sampleLearns(@TempDir Path folder) throws Exception {
        Torch.load();
        String readme = Files.readString(Path.of("README.md"));
        int start = readme.indexOf("```java\n") + "```java\n".length();
        String sample = readme.substring(start, readme.indexOf("```", start));
        assertTrue(sample.lines().count() <= 30, "lines");
        Path source = Files.writeString(folder.resolve("Sample.java"), sample);
        String path = System.getProperty("java.class.path");
        int exit = ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "-d", folder.toString(), "-cp", path, source.toString());
        assertEquals(0, exit, "javac");
        PrintStream before = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
            System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
            loader.loadClass("Sample").getMethod("main", String[].class).invoke(null, (Object) new String[0]);
        } finally {
            System.setOut(before);
        }
        Matcher line = Pattern.compile("loss ([0-9.E-]+), then ([0-9.E-]+)\\s+")
                .matcher(printed.toString(StandardCharsets.UTF_8));
        assertTrue(line.matches(), printed.toString(StandardCharsets.UTF_8));
        assertTrue(Double.parseDouble(line.group(2)) < 0.5 * Double.parseDouble(line.group(1)), line.group());
    }
}

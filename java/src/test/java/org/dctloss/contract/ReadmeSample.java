package org.dctloss.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.tools.ToolProvider;

/** Blocks of a README, and what its sample prints when it is compiled and run. */
public final class ReadmeSample {
    private ReadmeSample() {}

    /** The first block of a language. */
    public static String block(Path readme, String language) throws IOException {
        String text = Files.readString(readme);
        String fence = "```" + language + "\n";
        int start = text.indexOf(fence) + fence.length();
        return text.substring(start, text.indexOf("```", start));
    }

    /**
     * Compiles and runs a class {@code Sample}.
     *
     * @param classPath to compile with
     * @param folder for its source and classes
     * @return what it prints
     */
    public static String run(String sample, String classPath, Path folder)
            throws IOException, ReflectiveOperationException {
        Path source = Files.writeString(folder.resolve("Sample.java"), sample);
        int exit = ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "-d", folder.toString(), "-cp", classPath, source.toString());
        assertEquals(0, exit, "javac");
        PrintStream before = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {folder.toUri().toURL()}, ReadmeSample.class.getClassLoader())) {
            System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
            loader.loadClass("Sample").getMethod("main", String[].class).invoke(null, (Object) new String[0]);
        } finally {
            System.setOut(before);
        }
        return printed.toString(StandardCharsets.UTF_8);
    }
}

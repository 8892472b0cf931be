package org.dctloss.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A JVM of its own, for what is found once in each: libraries, devices, and a process that has lost CUDA. */
final class OtherJvm {
    private OtherJvm() {}

    /** What a class prints that runs like this JVM, with this environment on top. */
    static String run(Map<String, String> environment, Class<?> main, String... arguments) throws Exception {
        return run(environment, List.of(), main, arguments);
    }

    static String run(Map<String, String> environment, List<String> properties, Class<?> main, String... arguments)
            throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (String name :
                new String[] {"java.library.path", "org.bytedeco.javacpp.pathsFirst", "org.bytedeco.javacpp.cachedir"
                }) {
            if (System.getProperty(name) != null) {
                command.add("-D" + name + "=" + System.getProperty(name));
            }
        }
        command.addAll(properties);
        command.add("--enable-native-access=ALL-UNNAMED");
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), printed);
        return printed.strip();
    }

    /** Prints what the backend says of itself. */
    static final class Report {
        public static void main(String[] arguments) {
            org.dctloss.Backends.report().stream()
                    .filter(report -> report.name().equals("cuda"))
                    .forEach(report -> System.out.println(report.available() + " " + report.text()));
        }
    }
}

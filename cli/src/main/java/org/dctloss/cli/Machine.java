package org.dctloss.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The machine that numbers were measured on, in words. */
final class Machine {
    private static final Path LINUX_PROCESSORS = Path.of("/proc/cpuinfo");

    private Machine() {}

    /** The processor's name where the system tells it, else its architecture; and how many there are to use. */
    static String processor() {
        int count = Runtime.getRuntime().availableProcessors();
        return name() + ", " + count + (count == 1 ? " processor" : " processors");
    }

    private static String name() {
        if (Files.isReadable(LINUX_PROCESSORS)) {
            try (Stream<String> lines = Files.lines(LINUX_PROCESSORS)) {
                String name = lines.filter(line -> line.startsWith("model name"))
                        .findFirst()
                        .map(line -> line.substring(line.indexOf(':') + 1).strip())
                        .orElse("");
                if (!name.isEmpty()) {
                    return name + " (" + System.getProperty("os.arch") + ")";
                }
            } catch (IOException unknown) {
                // The architecture has to do.
            }
        }
        return System.getProperty("os.arch");
    }

    static String system() {
        return System.getProperty("os.name") + " " + System.getProperty("os.version");
    }

    static String jvm() {
        return System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version");
    }
}

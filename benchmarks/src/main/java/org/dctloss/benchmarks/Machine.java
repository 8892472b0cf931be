package org.dctloss.benchmarks;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Where and of what a result was measured, in words that go into the record. */
final class Machine {
    private Machine() {}

    /** The processor, as far as the system tells. */
    static String processor() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"), StandardCharsets.UTF_8)) {
                if (line.startsWith("model name")) {
                    return line.substring(line.indexOf(':') + 1).strip();
                }
            }
        } catch (IOException unknown) {
            return System.getProperty("os.arch");
        }
        return System.getProperty("os.arch");
    }

    static int cores() {
        return Runtime.getRuntime().availableProcessors();
    }

    static String jvm() {
        return System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version");
    }

    /** Name and version of the jar that a class comes from. */
    static String library(Class<?> type) {
        URI jar = URI.create(
                type.getProtectionDomain().getCodeSource().getLocation().toString());
        return Path.of(jar).getFileName().toString().replaceFirst("\\.jar$", "");
    }

    /** The commit that is checked out, shortened; with "+" behind it if files differ from it. */
    static String commit(Path repository) throws IOException {
        return git(repository, "rev-parse", "--short=9", "HEAD") + (isClean(repository) ? "" : "+");
    }

    static boolean isClean(Path repository) throws IOException {
        return git(repository, "status", "--porcelain").isEmpty();
    }

    private static String git(Path repository, String... arguments) throws IOException {
        ProcessBuilder builder = new ProcessBuilder("git", "-C", repository.toString());
        builder.command().addAll(List.of(arguments));
        Process git = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
        String answer = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        try {
            if (git.waitFor() != 0) {
                throw new IOException("git: got a failure in " + repository + ", allowed a checkout of this project");
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IOException("git: interrupted", stopped);
        }
        return answer;
    }
}

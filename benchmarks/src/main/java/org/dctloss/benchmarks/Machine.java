package org.dctloss.benchmarks;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Where and of what a result was measured, in words that go into the record. */
final class Machine {
    private Machine() {}

    /** The processor, as far as the system tells. */
    static String processor() {
        try {
            Map<String, String> first = new HashMap<>();
            for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"), StandardCharsets.UTF_8)) {
                int colon = line.indexOf(':');
                if (colon > 0) {
                    first.putIfAbsent(
                            line.substring(0, colon).strip(),
                            line.substring(colon + 1).strip());
                }
            }
            if (first.containsKey("model name")) {
                // Virtual machines shorten the name, but not these.
                return first.get("model name") + " (family " + first.get("cpu family") + ", model " + first.get("model")
                        + ")";
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

    /** Whether nothing differs from the commit but what a run writes. */
    static boolean isClean(Path repository) throws IOException {
        String[] status = {
            "status", "--porcelain", "--untracked-files=all", "--", ".", ":!benchmarks/results", ":!README.md"
        };
        return git(repository, status).isEmpty();
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

package org.dctloss.contract;

import static org.junit.jupiter.api.Assertions.fail;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.dctloss.BackendChoice;
import org.dctloss.Backends;
import org.junit.jupiter.api.Assumptions;

/** Whether the tests of a backend run here. */
public final class Availability {
    /** Backends whose absence was printed: once says it all. */
    private static final Set<String> TOLD = ConcurrentHashMap.newKeySet();

    private Availability() {}

    /**
     * Skips a test with the cause if the backend cannot run here, or fails it if {@code -Ddctloss.require} names it. That
     * counts only where there is the file that {@code -Ddctloss.require.if} names, if it does.
     */
    public static void required(BackendChoice backend) {
        String name = backend.id();
        Backends.Report report = Backends.report().stream()
                .filter(r -> r.name().equals(name))
                .findFirst()
                .orElseThrow();
        if (!report.available()) {
            if (isRequired(name)) {
                fail("required but not available: " + name + ": " + report.text());
            }
            String message = "SKIPPED " + name + ": " + report.text();
            if (TOLD.add(name)) {
                System.out.println(message);
            }
            Assumptions.abort(message);
        }
    }

    private static boolean isRequired(String name) {
        String file = System.getProperty("dctloss.require.if");
        List<String> required =
                Arrays.asList(System.getProperty("dctloss.require", "").split(","));
        return required.contains(name) && (file == null || Files.exists(Path.of(file)));
    }
}

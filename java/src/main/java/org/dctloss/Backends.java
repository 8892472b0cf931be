package org.dctloss;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.Function;
import org.dctloss.spi.Backend;
import org.dctloss.spi.Status;
import org.dctloss.spi.TransformPlan.Place;

/**
 * What this machine can run, and why not. Backends are found on the class path; {@code -Ddctloss.disable=native,cuda}
 * takes some away (read once). Thread-safe.
 */
public final class Backends {
    /** The property that takes backends away. */
    public static final String DISABLE = "dctloss.disable";

    /** In order of preference for AUTO. */
    private static final BackendChoice[] KNOWN = {BackendChoice.NATIVE, BackendChoice.JAVA, BackendChoice.CUDA};

    /**
     * One backend and whether it can run here.
     *
     * @param name "java", "native" or "cuda"
     * @param available whether it can
     * @param text what it runs on, or why it cannot
     */
    public record Report(String name, boolean available, String text) {}

    /** A chosen backend, and why others were passed over. */
    record Selection(Backend backend, List<String> skipped) {}

    /** A backend, which is asked whether it can run; or why it is not asked. */
    private record Found(Backend backend, Status refused) {
        Status status() {
            return refused == null ? statusOf(backend) : refused;
        }
    }

    private final Map<String, Found> found = new LinkedHashMap<>();

    Backends(Iterable<Backend> providers, String disabled) {
        List<String> off = disabled == null
                ? List.of()
                : Arrays.stream(disabled.split(",")).map(String::trim).toList();
        for (BackendChoice known : KNOWN) {
            String jar = known == BackendChoice.JAVA ? "dctloss" : "dctloss-" + known.id();
            found.put(known.id(), new Found(null, Status.unavailable(jar + " is not on the class path")));
        }
        Iterator<Backend> iterator = providers.iterator();
        while (true) {
            Backend backend;
            try {
                if (!iterator.hasNext()) {
                    break;
                }
                backend = iterator.next();
            } catch (ServiceConfigurationError | LinkageError broken) {
                String name = "broken provider " + found.size();
                found.put(name, new Found(null, Status.unavailable("it does not load: " + broken, broken)));
                continue;
            }
            Found earlier = found.get(backend.name());
            if (earlier != null && earlier.backend != null) {
                String second = backend.name() + " (" + backend.getClass().getName() + ")";
                found.put(second, new Found(null, Status.unavailable("another backend has this name already")));
            } else {
                found.put(backend.name(), new Found(backend, refusal(backend, off)));
            }
        }
    }

    private static Status refusal(Backend backend, List<String> off) {
        if (off.contains(backend.name())) {
            return Status.unavailable("it is disabled by -D" + DISABLE);
        }
        try {
            return backend.version() == Backend.VERSION
                    ? null
                    : Status.unavailable("its jar has interface version " + backend.version() + ", allowed "
                            + Backend.VERSION + " (use jars of one release)");
        } catch (RuntimeException | LinkageError thrown) {
            return failed(thrown);
        }
    }

    private static Status statusOf(Backend backend) {
        try {
            return backend.status();
        } catch (RuntimeException | LinkageError | OutOfMemoryError thrown) {
            return failed(thrown);
        }
    }

    private static Status failed(Throwable thrown) {
        return Status.unavailable("it failed to say whether it can run: " + thrown, thrown);
    }

    /** Found once; a lazy holder, so that a test can look at other sets. */
    private static final class Installed {
        static final Backends INSTANCE = new Backends(
                ServiceLoader.load(Backend.class, Backends.class.getClassLoader()), System.getProperty(DISABLE));
    }

    static Backends installed() {
        return Installed.INSTANCE;
    }

    /** Every known backend, available or not, in order of preference. */
    public static List<Report> report() {
        return installed().reports();
    }

    List<Report> reports() {
        return found.entrySet().stream()
                .map(e -> report(e.getKey(), e.getValue().status()))
                .toList();
    }

    private static Report report(String name, Status status) {
        return new Report(name, status.available(), status.text());
    }

    /**
     * Chooses a backend. AUTO passes over one that would have to copy the data between host and device.
     *
     * @param place where the data lives
     * @param unsupported the reasons why a backend cannot do the work at hand
     * @throws BackendException if none can, with every reason
     */
    Selection select(BackendChoice choice, Place place, Function<Backend, List<String>> unsupported) {
        List<String> reasons = new ArrayList<>();
        Throwable cause = null;
        for (Map.Entry<String, Found> entry : found.entrySet()) {
            if (choice != BackendChoice.AUTO && !choice.id().equals(entry.getKey())) {
                continue;
            }
            Status status = entry.getValue().status();
            if (!status.available()) {
                reasons.add(entry.getKey() + " is not available: " + status.text());
                cause = cause == null ? status.cause() : cause;
                continue;
            }
            Backend backend = entry.getValue().backend;
            List<String> why = unsupported.apply(backend);
            if (why.isEmpty() && choice == BackendChoice.AUTO && backend.copies(place)) {
                why = List.of("it would copy the host's images to the device, which it does only if asked for by name");
            }
            if (why.isEmpty()) {
                return new Selection(backend, List.copyOf(reasons));
            }
            reasons.add(entry.getKey() + " cannot run this: " + String.join(", ", why));
        }
        throw new BackendException("backend: got " + choice.id() + ", but " + String.join("; ", reasons), cause);
    }
}

package org.dctloss.spi;

import java.util.List;

/** One implementation of the kernels, found by {@link java.util.ServiceLoader}. Thread-safe. */
public interface Backend {
    /** Version of this seam. A compiler copies it into the implementation, so a jar of another version shows. */
    int VERSION = 1;

    /** {@link #VERSION} as the implementation was compiled with it. */
    int version();

    /** "java", "native" or "cuda". */
    String name();

    /**
     * Whether it can run here, and if not, why. Includes the backend's known-answer check. Never throws. Asked whenever a
     * session is opened, so worked out once, unless what keeps it from running may pass.
     */
    Status status();

    /** Why this backend cannot run such a plan, one sentence part each; empty if it can. */
    List<String> unsupported(Plan plan);

    /** Why this backend cannot run such a transform. */
    List<String> unsupported(TransformPlan plan);

    /**
     * Whether it can run on data in this place only by copying it between host and device, and back. It does so when it
     * is asked for by name, never silently.
     */
    default boolean copies(TransformPlan.Place place) {
        return false;
    }

    /** Opens a session for a plan that it supports; allocates all that the session will ever need. */
    Session open(Plan plan, Workers workers);

    /** Opens the block transform alone. */
    TransformSession open(TransformPlan plan, Workers workers);
}

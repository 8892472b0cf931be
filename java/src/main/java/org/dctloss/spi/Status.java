package org.dctloss.spi;

/**
 * Whether a backend can run here, as a value.
 *
 * @param available whether it can
 * @param text what it runs on ("Java 17, 8 threads"), or why it cannot
 * @param cause what was thrown on the way to "cannot", or null
 */
public record Status(boolean available, String text, Throwable cause) {
    /** Available, and what it runs on. */
    public static Status available(String text) {
        return new Status(true, text, null);
    }

    /** Not available, and why. */
    public static Status unavailable(String why) {
        return new Status(false, why, null);
    }

    /** Not available, why, and what was thrown. */
    public static Status unavailable(String why, Throwable cause) {
        return new Status(false, why, cause);
    }
}

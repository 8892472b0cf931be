package org.dctloss;

import java.util.Locale;

/** Which backend runs a loss. One that is asked for by name never falls back to another. */
public enum BackendChoice {
    /** By where the data lives: host data runs on native if it can, else on Java; device data on CUDA. */
    AUTO,
    /** Pure Java. */
    JAVA,
    /** C++ (artifact dctloss-native). */
    NATIVE,
    /** CUDA (artifact dctloss-cuda). */
    CUDA;

    /** The backend's name: "java", "native", "cuda", or "auto". */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }
}

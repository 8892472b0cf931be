package org.dctloss.benchmarks;

import java.util.Locale;

/** What is timed. */
public enum Operation {
    /** The loss alone. */
    FORWARD(2),
    /** The loss and its gradient for the prediction. */
    BACKWARD(3),
    /** The block transform alone, pixels to coefficients. */
    DCT_FORWARD(2),
    /** Coefficients to pixels. */
    DCT_INVERSE(2);

    private final int images;

    Operation(int images) {
        this.images = images;
    }

    /** Images that must be read or written, each once: the least traffic. */
    public int images() {
        return images;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The inverse of {@link #toString}. */
    public static Operation parse(String text) {
        for (Operation operation : values()) {
            if (operation.toString().equals(text)) {
                return operation;
            }
        }
        throw new IllegalArgumentException(
                "operation: got '" + text + "', allowed forward, backward, dct-forward, dct-inverse");
    }
}

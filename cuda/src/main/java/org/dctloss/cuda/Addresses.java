package org.dctloss.cuda;

import org.dctloss.ImageBatch;
import org.dctloss.spi.Handle;

/**
 * Whether the addresses of a call are those of memory that kernels on the session's device may use and that has not been
 * closed. CUDA is asked once for each address that is not the last one's in its place. A recording notes their owners.
 */
final class Addresses {
    /** Where an address stands in a call. */
    enum Place {
        PREDICTION("prediction"),
        TARGET("target"),
        GRADIENT("gradient"),
        TARGET_GRADIENT("target gradient"),
        UPSTREAM("upstream factor"),
        LOSS("loss"),
        PER_SAMPLE("per-sample values"),
        PIXELS("pixels"),
        COEFFICIENTS("coefficients");

        private final String text;

        Place(String text) {
            this.text = text;
        }
    }

    // Two cudaMemoryTypes.
    private static final int UNREGISTERED = 0;
    private static final int OF_A_DEVICE = 2;

    private final int device;
    private final long[] last = new long[Place.values().length];
    private final int[] kind = new int[1];
    private final int[] owner = new int[1];

    Addresses(int device) {
        this.device = device;
    }

    /** Checks where a view's pixels lie; null is none. */
    void check(Place place, ImageBatch view) {
        if (view != null) {
            check(place, Job.pixels(view), view.owner());
        }
    }

    void check(Place place, Handle handle) {
        check(place, handle.value(), handle.owner());
    }

    private void check(Place place, long address, Object holder) {
        Lifetime.checkOpen(holder);
        Recording.needs(holder);
        if (address == 0 || address == last[place.ordinal()]) {
            return;
        }
        Cuda.describeMemory(address, device, kind, owner);
        if (kind[0] == UNREGISTERED || kind[0] == OF_A_DEVICE && owner[0] != device) {
            throw new IllegalArgumentException(place.text + ": got 0x" + Long.toHexString(address)
                    + (kind[0] == UNREGISTERED ? ", which is no memory of CUDA's" : " of device " + owner[0])
                    + ", allowed memory of device " + device);
        }
        last[place.ordinal()] = address;
    }
}

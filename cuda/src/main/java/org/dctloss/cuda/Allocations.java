package org.dctloss.cuda;

import java.util.ArrayList;
import java.util.List;

/** What a session holds on a device and page-locked: given back together, also where not all of it could be had. */
final class Allocations implements AutoCloseable {
    private final int device;
    private final List<DeviceMemory> memories = new ArrayList<>();
    private final List<PinnedMemory> pinned = new ArrayList<>();

    Allocations(int device) {
        this.device = device;
    }

    /** Device memory; sizes are in double, where no product of four ints overflows. */
    DeviceMemory memory(double bytes) {
        DeviceMemory memory = DeviceMemory.allocate(device, (long) bytes);
        memories.add(memory);
        return memory;
    }

    PinnedMemory pinned(long bytes) {
        PinnedMemory memory = PinnedMemory.allocate(device, bytes);
        pinned.add(memory);
        return memory;
    }

    Staging staging(double pixels) {
        return new Staging(device, pixels, this);
    }

    @Override
    public void close() {
        memories.forEach(DeviceMemory::close);
        pinned.forEach(PinnedMemory::close);
    }
}

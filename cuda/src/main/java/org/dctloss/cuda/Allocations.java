package org.dctloss.cuda;

import java.util.ArrayList;
import java.util.List;

/** What a session holds: memory on a device and page-locked, and events. It is given back together, also where not all of it could be had. */
final class Allocations implements Lifetime, AutoCloseable {
    private final int device;
    private final List<DeviceMemory> memories = new ArrayList<>();
    private final List<PinnedMemory> pinned = new ArrayList<>();
    private final List<CudaEvent> events = new ArrayList<>();
    private volatile boolean closed;

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

    CudaEvent event() {
        CudaEvent event = CudaEvent.create(device);
        events.add(event);
        return event;
    }

    Staging staging(double pixels) {
        return new Staging(device, pixels, this);
    }

    @Override
    public String name() {
        return "session";
    }

    @Override
    public boolean isClosed() {
        return closed;
    }

    @Override
    public void close() {
        if (!memories.isEmpty()) {
            Recording.refuse(name(), "close()");
        }
        closed = true;
        memories.forEach(DeviceMemory::close);
        pinned.forEach(PinnedMemory::close);
        events.forEach(CudaEvent::close);
    }
}

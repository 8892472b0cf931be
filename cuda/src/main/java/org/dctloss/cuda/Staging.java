package org.dctloss.cuda;

import org.dctloss.ImageBatch;

/**
 * Page-locked memory through which images of the host go to a device and back, piece by piece; each piece is waited for.
 * On the device they lie NCHW without gaps, in float32.
 */
final class Staging {
    private static final int MOST_PIXELS = 1 << 18;

    private final int device;
    private final float[] pixels;
    private final PinnedMemory pinned;

    Staging(int device, double pixels, Allocations allocations) {
        this.device = device;
        this.pixels = new float[(int) Math.min(MOST_PIXELS, pixels)];
        pinned = allocations.pinned((long) Float.BYTES * this.pixels.length);
    }

    void upload(ImageBatch from, DeviceMemory to) {
        long address = to.address();
        int filled = 0;
        for (int n = 0; n < from.n(); n++) {
            for (int c = 0; c < from.c(); c++) {
                for (int y = 0; y < from.h(); y++) {
                    for (int x = 0, count; x < from.w(); x += count) {
                        count = Math.min(from.w() - x, pixels.length - filled);
                        from.readRow(n, c, y, x, count, pixels, filled);
                        filled += count;
                        if (filled == pixels.length) {
                            address = send(address, filled);
                            filled = 0;
                        }
                    }
                }
            }
        }
        send(address, filled);
    }

    private long send(long address, int count) {
        if (count > 0) {
            pinned.put(0, pixels, count);
            Cuda.copy(address, pinned.address(), (long) Float.BYTES * count, device, Cuda.DEFAULT_STREAM);
            Cuda.synchronizeStream(device, Cuda.DEFAULT_STREAM);
        }
        return address + (long) Float.BYTES * count;
    }

    void download(DeviceMemory from, ImageBatch to) {
        long address = from.address();
        long left = (long) to.n() * to.c() * to.h() * to.w();
        int at = 0;
        int there = 0;
        for (int n = 0; n < to.n(); n++) {
            for (int c = 0; c < to.c(); c++) {
                for (int y = 0; y < to.h(); y++) {
                    for (int x = 0, count; x < to.w(); x += count) {
                        if (at == there) {
                            there = (int) Math.min(pixels.length, left);
                            receive(address, there);
                            address += (long) Float.BYTES * there;
                            left -= there;
                            at = 0;
                        }
                        count = Math.min(to.w() - x, there - at);
                        to.writeRow(n, c, y, x, count, pixels, at);
                        at += count;
                    }
                }
            }
        }
    }

    private void receive(long address, int count) {
        Cuda.copy(pinned.address(), address, (long) Float.BYTES * count, device, Cuda.DEFAULT_STREAM);
        Cuda.synchronizeStream(device, Cuda.DEFAULT_STREAM);
        pinned.get(0, pixels, count);
    }
}

package org.dctloss.cuda;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A CUDA device. What is free of its memory is asked anew each time; everything else is as it was found, without making
 * use of the device.
 *
 * @param ordinal its number, from 0
 * @param name as its driver tells it
 * @param major of its compute capability; 0 if it cannot be told
 * @param minor of its compute capability
 * @param multiprocessors how many it has
 * @param obstacle why the kernels do not run on it; null if they do, or if only a call can tell
 */
public record CudaDevice(int ordinal, String name, int major, int minor, int multiprocessors, String obstacle) {
    private static final int NAME_LENGTH = 256;

    /**
     * All devices; none where there is no driver. One that does not answer hides no other.
     *
     * @throws org.dctloss.BackendException if the library of the kernels is not there
     */
    public static List<CudaDevice> all() {
        List<CudaDevice> devices = new ArrayList<>();
        for (int i = 0, count = Cuda.deviceCount(); i < count; i++) {
            devices.add(describe(i));
        }
        return List.copyOf(devices);
    }

    private static CudaDevice describe(int ordinal) {
        byte[] name = new byte[NAME_LENGTH];
        int[] numbers = new int[4];
        try {
            Cuda.describeDevice(ordinal, name, numbers);
        } catch (CudaException failed) {
            return new CudaDevice(ordinal, "device " + ordinal, 0, 0, 0, failed.getMessage());
        }
        int length = 0;
        while (length < name.length && name[length] != 0) {
            length++;
        }
        String text = new String(name, 0, length, StandardCharsets.UTF_8);
        String capability = numbers[0] + "." + numbers[1];
        String obstacle = numbers[3] != 0
                ? null
                : "got " + text + ", compute capability " + capability + ", allowed compute capability 7.5 or newer";
        return new CudaDevice(ordinal, text, numbers[0], numbers[1], numbers[2], obstacle);
    }

    /** Whether the kernels have been built for it. */
    public boolean supported() {
        return obstacle == null;
    }

    /** Bytes of memory that are free now. */
    public long freeBytes() {
        return Cuda.memoryInfo(ordinal)[0];
    }

    /** Bytes of memory in all. */
    public long totalBytes() {
        return Cuda.memoryInfo(ordinal)[1];
    }

    static int checkOrdinal(int device) {
        if (device < 0) {
            throw new IllegalArgumentException("device ordinal: got " + device + ", allowed 0 or more");
        }
        return device;
    }

    /** "NVIDIA H200, compute capability 9.0". */
    @Override
    public String toString() {
        return major == 0 ? name : name + ", compute capability " + major + "." + minor;
    }
}

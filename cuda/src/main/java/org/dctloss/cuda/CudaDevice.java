package org.dctloss.cuda;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A CUDA device. What is free of its memory is asked anew each time; everything else is as it was found.
 *
 * @param ordinal its number, from 0
 * @param name as its driver tells it
 * @param major of its compute capability
 * @param minor of its compute capability
 * @param multiprocessors how many it has
 * @param supported whether the kernels have been built for it
 */
public record CudaDevice(int ordinal, String name, int major, int minor, int multiprocessors, boolean supported) {
    private static final int NAME_LENGTH = 256;

    /**
     * All devices; none where there is no driver.
     *
     * @throws org.dctloss.BackendException if the library of the kernels is not there
     */
    public static List<CudaDevice> all() {
        List<CudaDevice> devices = new ArrayList<>();
        for (int i = 0, count = Cuda.deviceCount(); i < count; i++) {
            byte[] name = new byte[NAME_LENGTH];
            int[] numbers = new int[4];
            Cuda.describeDevice(i, name, numbers);
            int length = 0;
            while (length < name.length && name[length] != 0) {
                length++;
            }
            String text = new String(name, 0, length, StandardCharsets.UTF_8);
            devices.add(new CudaDevice(i, text, numbers[0], numbers[1], numbers[2], numbers[3] != 0));
        }
        return List.copyOf(devices);
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
        return name + ", compute capability " + major + "." + minor;
    }
}

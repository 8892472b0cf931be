package org.dctloss.cuda;

import java.util.Random;
import org.dctloss.DataType;
import org.dctloss.ImageBatch;

/** Images for tests: float32, NCHW, in device memory of their own. */
record OnDevice(DeviceMemory memory, ImageBatch image) {
    static OnDevice noise(long seed, int n, int c, int h, int w) {
        return of(values(seed, n * c * h * w), n, c, h, w);
    }

    static OnDevice zeros(int n, int c, int h, int w) {
        return of(new float[n * c * h * w], n, c, h, w);
    }

    private static OnDevice of(float[] values, int n, int c, int h, int w) {
        DeviceMemory memory = DeviceMemory.of(0, values);
        return new OnDevice(memory, memory.image(DataType.FLOAT32, n, c, h, w));
    }

    static float[] values(long seed, int count) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat();
        }
        return values;
    }

    float[] pixels() {
        float[] pixels = new float[(int) (memory.bytes() / Float.BYTES)];
        memory.copyTo(pixels);
        return pixels;
    }
}

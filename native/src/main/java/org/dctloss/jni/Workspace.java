package org.dctloss.jni;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import org.dctloss.Scaling;

/** A job and all the memory that its functions need: constants, a scratch for every worker, and numbers of a session. */
final class Workspace {
    /**
     * Pixels of one call that holds arrays, so that garbage collection is not held up for long: some 100 microseconds for
     * 8x8 blocks, against which the 30 ns of a call are nothing. A block row that has more is one call.
     */
    private static final int PIXELS_PER_CRITICAL_CALL = 1 << 17;

    final Job job;
    /** Items of one call that holds arrays. */
    final int criticalItems;

    private final NativeMemory memory;
    private final long scratch;
    private final long scratchSize;
    private final int numbersAt;
    private final int numbers;

    /**
     * Memory for a job that is complete but for its addresses.
     *
     * @param itemPixels pixels of an item
     * @param numbers doubles that the session wants for itself
     */
    Workspace(Job job, int workers, long itemPixels, int numbers) {
        this.job = job;
        this.numbers = numbers;
        criticalItems = (int) Math.max(1, PIXELS_PER_CRITICAL_CALL / itemPixels);
        long constants = NativeMemory.roundUp(NativeKernels.constantsBytes(job.address));
        scratchSize = NativeMemory.roundUp(NativeKernels.scratchBytes(job.address));
        long before = constants + workers * scratchSize;
        memory = new NativeMemory(before + 8L * numbers);
        job.put(Job.CONSTANTS, memory.address);
        scratch = memory.address + constants;
        numbersAt = (int) before;
    }

    /** The scratch of a worker. */
    long scratch(int worker) {
        return scratch + worker * scratchSize;
    }

    /** The session's own numbers. */
    DoubleBuffer numbers() {
        ByteBuffer part = memory.bytes.slice(numbersAt, 8 * numbers);
        return part.order(ByteOrder.nativeOrder()).asDoubleBuffer();
    }

    /** Address of one of the session's own numbers. */
    long addressOf(int number) {
        return memory.address + numbersAt + 8L * number;
    }

    /** Takes weights, table by table, with the factors that the scaling puts on orthonormal coefficients. */
    void setWeights(double[] weights, DoubleBuffer numbers, int at, int block, Scaling scaling) {
        for (int i = 0; i < weights.length; i++) {
            double factor = scaling.axisFactor(i / block % block, block) * scaling.axisFactor(i % block, block);
            numbers.put(at + i, weights[i] * factor);
        }
        NativeCode.check("set_weights", NativeKernels.setWeights(job.address, addressOf(at)), false);
    }
}

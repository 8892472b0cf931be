package org.dctloss.jni;

import java.nio.FloatBuffer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.annotation.Cast;
import org.bytedeco.javacpp.annotation.Const;
import org.bytedeco.javacpp.annotation.CriticalRegion;
import org.bytedeco.javacpp.annotation.Name;
import org.bytedeco.javacpp.annotation.Namespace;
import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;

/**
 * The functions of border.h, where each is described. Only numbers, arrays and buffers cross; JavaCPP writes the code in
 * between. The first touch loads the library and throws a {@link LinkageError} if that fails.
 *
 * <p>The functions of strips are there twice: for views that all have addresses, and with their arrays, which hold up
 * garbage collection while the call lasts (a critical region); arrays may be null. No name is there twice, as the order of
 * such methods, and with it the library's bytes, would be the JVM's whim.
 */
@Platform(include = "border.h", library = NativeKernels.LIBRARY)
@Namespace("dctloss")
@NoException
final class NativeKernels {
    static final String LIBRARY = "jnidctloss";

    static {
        Loader.load();
    }

    private NativeKernels() {}

    static native @Cast("int64_t") long abi();

    @Name("instruction_sets")
    static native int instructionSets();

    @Name("second_cache")
    static native @Cast("int64_t") long secondCache();

    @Name("last_level_cache")
    static native @Cast("int64_t") long lastLevelCache();

    /** Of the buffer's element 0 plus its position. */
    static native @Cast("int64_t") long address(@Cast("const float*") FloatBuffer direct);

    @Name("constants_bytes")
    static native @Cast("int64_t") long constantsBytes(@Cast("const dctloss::Job*") long job);

    @Name("scratch_bytes")
    static native @Cast("int64_t") long scratchBytes(@Cast("const dctloss::Job*") long job);

    @Name("set_weights")
    static native int setWeights(@Cast("const dctloss::Job*") long job, @Cast("const double*") long weights);

    @Name("loss_strips")
    static native int lossStrips(
            @Cast("const dctloss::Job*") long job,
            int from,
            int to,
            @Cast("void*") long scratch,
            @Cast("const float*") long p,
            @Cast("const float*") long t,
            @Cast("float*") long g,
            @Cast("float*") long tg,
            @Cast("float*") long map);

    @Name("loss_strips")
    @CriticalRegion
    static native int lossStripsOfArrays(
            @Cast("const dctloss::Job*") long job,
            int from,
            int to,
            @Cast("void*") long scratch,
            @Const float[] p,
            @Const float[] t,
            float[] g,
            float[] tg,
            float[] map);

    @Name("transform_strips")
    static native int transformStrips(
            @Cast("const dctloss::Job*") long job,
            int from,
            int to,
            @Cast("void*") long scratch,
            @Cast("const float*") long in,
            @Cast("float*") long out);

    @Name("transform_strips")
    @CriticalRegion
    static native int transformStripsOfArrays(
            @Cast("const dctloss::Job*") long job,
            int from,
            int to,
            @Cast("void*") long scratch,
            @Const float[] in,
            float[] out);

    @Name("subtract")
    @CriticalRegion
    static native int subtractArrays(
            int isa, int flags, @Const float[] p, @Const float[] t, float[] g, @Cast("int64_t") long n);
}

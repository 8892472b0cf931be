package org.dctloss.cuda;

import java.nio.ByteBuffer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.annotation.Cast;
import org.bytedeco.javacpp.annotation.Const;
import org.bytedeco.javacpp.annotation.CriticalRegion;
import org.bytedeco.javacpp.annotation.Name;
import org.bytedeco.javacpp.annotation.Namespace;
import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;

/**
 * The functions of device_border.h, where each is described. Only numbers, arrays and buffers cross; JavaCPP writes the
 * code in between. The first touch loads the library and throws a {@link LinkageError} if that fails; {@link Cuda} comes
 * before it and turns every failure into an exception with a sentence.
 *
 * <p>Buffers are direct and count from their position. No name is there twice, as the order of such methods, and with it
 * the library's bytes, would be the JVM's whim.
 */
@Platform(
        include = {"<cstring>", "device_border.h"},
        library = CudaKernels.LIBRARY)
@Namespace("dctloss::cuda")
@NoException
final class CudaKernels {
    static final String LIBRARY = "jnidctlosscuda";

    static {
        Loader.load();
    }

    private CudaKernels() {}

    static native @Cast("int64_t") long abi();

    // ---------------------------------------------------------------- the loss

    static native int mapping(@Cast("const dctloss::cuda::Job*") ByteBuffer job);

    @Name("constants_bytes")
    static native @Cast("int64_t") long constantsBytes(@Cast("const dctloss::cuda::Job*") ByteBuffer job);

    @Name("workspace_bytes")
    static native @Cast("int64_t") long workspaceBytes(@Cast("const dctloss::cuda::Job*") ByteBuffer job);

    @Name("fold_weights")
    static native int foldWeights(
            @Cast("const dctloss::cuda::Job*") ByteBuffer job,
            @Const double[] weights,
            @Cast("void*") ByteBuffer constants);

    static native int loss(@Cast("const dctloss::cuda::Job*") ByteBuffer job, int device, @Cast("int64_t") long stream);

    static native int transform(
            @Cast("const dctloss::cuda::Job*") ByteBuffer job, int device, @Cast("int64_t") long stream);

    @Name("round_gradients")
    static native int roundGradients(
            @Cast("const dctloss::cuda::Job*") ByteBuffer job,
            @Cast("int64_t") long sums,
            @Cast("int64_t") long targetSums,
            int device,
            @Cast("int64_t") long stream);

    // ---------------------------------------------------------------- devices, memory, streams, events and graphs

    @Name("error_name")
    static native @Cast("const char*") String errorName(int code);

    @Name("error_text")
    static native @Cast("const char*") String errorText(int code);

    @Name("device_count")
    static native int deviceCount(int[] count);

    static native int versions(int[] driver, int[] runtime);

    @Name("describe_device")
    static native int describeDevice(int device, @Cast("char*") byte[] name, int[] numbers);

    @Name("memory_info")
    static native int memoryInfo(int device, @Cast("int64_t*") long[] free, @Cast("int64_t*") long[] total);

    static native int allocate(int device, @Cast("int64_t") long bytes, @Cast("int64_t*") long[] address);

    static native int release(int device, @Cast("int64_t") long address);

    @Name("allocate_pinned")
    static native int allocatePinned(int device, @Cast("int64_t") long bytes, @Cast("int64_t*") long[] address);

    @Name("release_pinned")
    static native int releasePinned(int device, @Cast("int64_t") long address);

    @Name("describe_memory")
    static native int describeMemory(@Cast("int64_t") long address, int device, int[] kind, int[] owner);

    static native int copy(
            @Cast("int64_t") long to,
            @Cast("int64_t") long from,
            @Cast("int64_t") long bytes,
            int device,
            @Cast("int64_t") long stream);

    @Name("copy")
    static native int copyFromBuffer(
            @Cast("int64_t") long to,
            @Cast("int64_t") ByteBuffer from,
            @Cast("int64_t") long bytes,
            int device,
            @Cast("int64_t") long stream);

    @Name("copy")
    static native int copyToBuffer(
            @Cast("int64_t") ByteBuffer to,
            @Cast("int64_t") long from,
            @Cast("int64_t") long bytes,
            int device,
            @Cast("int64_t") long stream);

    static native int fill(
            @Cast("int64_t") long address,
            int value,
            @Cast("int64_t") long bytes,
            int device,
            @Cast("int64_t") long stream);

    @Name("create_stream")
    static native int createStream(int device, @Cast("int64_t*") long[] stream);

    @Name("destroy_stream")
    static native int destroyStream(int device, @Cast("int64_t") long stream);

    @Name("synchronize_stream")
    static native int synchronizeStream(int device, @Cast("int64_t") long stream);

    @Name("create_event")
    static native int createEvent(int device, @Cast("int64_t*") long[] event);

    @Name("destroy_event")
    static native int destroyEvent(int device, @Cast("int64_t") long event);

    @Name("record_event")
    static native int recordEvent(@Cast("int64_t") long event, int device, @Cast("int64_t") long stream);

    @Name("wait_event")
    static native int waitEvent(@Cast("int64_t") long event, int device, @Cast("int64_t") long stream);

    @Name("synchronize_event")
    static native int synchronizeEvent(int device, @Cast("int64_t") long event);

    static native int elapsed(
            int device, @Cast("int64_t") long first, @Cast("int64_t") long second, float[] milliseconds);

    @Name("is_capturing")
    static native int isCapturing(int device, @Cast("int64_t") long stream, int[] capturing);

    @Name("begin_capture")
    static native int beginCapture(int device, @Cast("int64_t") long stream);

    @Name("end_capture")
    static native int endCapture(
            int device, @Cast("int64_t") long stream, @Cast("int64_t*") long[] graph, @Cast("int64_t*") long[] nodes);

    @Name("launch_graph")
    static native int launchGraph(@Cast("int64_t") long graph, int device, @Cast("int64_t") long stream);

    @Name("destroy_graph")
    static native int destroyGraph(int device, @Cast("int64_t") long graph);

    // ---------------------------------------------------------------- between the heap and pinned memory

    @Namespace
    @Name("std::memcpy")
    @CriticalRegion
    static native void copyIn(@Cast("void*") long to, @Const float[] from, @Cast("size_t") long bytes);

    @Namespace
    @Name("std::memcpy")
    @CriticalRegion
    static native void copyOut(float[] to, @Cast("const void*") long from, @Cast("size_t") long bytes);
}

package org.dctloss.cuda;

import java.nio.ByteBuffer;

/**
 * The functions of device_border.h for Java: the library is loaded first, a process that has lost CUDA is told so, and
 * every code but 0 is an exception. What gives something back never throws and returns the code.
 */
final class Cuda {
    /** CUDA's default stream. */
    static final long DEFAULT_STREAM = 0;

    private Cuda() {}

    private static void enter(String call) {
        Library.require();
        CudaCode.checkContext(call);
    }

    /** Before a call that waits for the device, which would spoil a recording. */
    private static void enterWait(String call) {
        Recording.refuse(call, "a call that waits");
        enter(call);
    }

    /** The code of a call that gives something back. */
    private static int noted(String call, int code) {
        CudaCode.note(call, code);
        return code;
    }

    // ---------------------------------------------------------------- devices

    /** Devices there are; 0 where there is none, or no driver that can tell. */
    static int deviceCount() {
        enter("device_count");
        int[] count = new int[1];
        int code = CudaKernels.deviceCount(count);
        if (code == CudaCode.INSUFFICIENT_DRIVER || code == CudaCode.NO_DEVICE) {
            return 0;
        }
        CudaCode.check("device_count", code);
        return count[0];
    }

    static void describeDevice(int device, byte[] name, int[] numbers) {
        enter("describe_device");
        CudaCode.check("describe_device", CudaKernels.describeDevice(device, name, numbers));
    }

    /** Versions of the driver and of the runtime, as CUDA counts them; a driver of 0 is none. */
    static int[] versions() {
        enter("versions");
        int[] driver = new int[1];
        int[] runtime = new int[1];
        CudaCode.check("versions", CudaKernels.versions(driver, runtime));
        return new int[] {driver[0], runtime[0]};
    }

    /** Bytes free, and in all. */
    static long[] memoryInfo(int device) {
        enter("memory_info");
        long[] free = new long[1];
        long[] total = new long[1];
        CudaCode.check("memory_info", CudaKernels.memoryInfo(device, free, total));
        return new long[] {free[0], total[0]};
    }

    // ---------------------------------------------------------------- memory

    static long allocate(int device, long bytes) {
        enter("allocate");
        Releases.retry();
        long[] address = new long[1];
        int code = CudaKernels.allocate(device, bytes, address);
        if (code == CudaCode.MEMORY_ALLOCATION) {
            long[] free = new long[1];
            long[] total = new long[1];
            boolean told = CudaKernels.memoryInfo(device, free, total) == 0;
            String left = told ? ", which has " + free[0] + " of " + total[0] + " free" : "";
            throw CudaCode.failure("allocate", code, " for " + bytes + " bytes on device " + device + left);
        }
        CudaCode.check("allocate", code);
        return address[0];
    }

    static int release(int device, long address) {
        return noted("release", CudaKernels.release(device, address));
    }

    static long allocatePinned(int device, long bytes) {
        enter("allocate_pinned");
        Releases.retry();
        long[] address = new long[1];
        int code = CudaKernels.allocatePinned(device, bytes, address);
        if (code != 0) {
            throw CudaCode.failure("allocate_pinned", code, " for " + bytes + " bytes of page-locked host memory");
        }
        return address[0];
    }

    static int releasePinned(int device, long address) {
        return noted("release_pinned", CudaKernels.releasePinned(device, address));
    }

    /** What an address is: a cudaMemoryType, and the device. */
    static void describeMemory(long address, int device, int[] kind, int[] owner) {
        enter("describe_memory");
        CudaCode.check("describe_memory", CudaKernels.describeMemory(address, device, kind, owner));
    }

    static void copy(long to, long from, long bytes, int device, long stream) {
        enter("copy");
        CudaCode.check("copy", CudaKernels.copy(to, from, bytes, device, stream));
    }

    /** Copies a direct buffer from its position on and waits: it is not page-locked, so nothing else is safe. */
    static void copyFrom(ByteBuffer from, long to, long bytes, int device, long stream) {
        enterWait("copy");
        CudaCode.check("copy", CudaKernels.copyFromBuffer(to, from, bytes, device, stream));
        synchronizeStream(device, stream);
    }

    /** Copies to a direct buffer from its position on and waits. */
    static void copyTo(ByteBuffer to, long from, long bytes, int device, long stream) {
        enterWait("copy");
        CudaCode.check("copy", CudaKernels.copyToBuffer(to, from, bytes, device, stream));
        synchronizeStream(device, stream);
    }

    static void fill(long address, int value, long bytes, int device, long stream) {
        enter("fill");
        CudaCode.check("fill", CudaKernels.fill(address, value, bytes, device, stream));
    }

    // ---------------------------------------------------------------- the loss

    static void foldWeights(Job job, double[] weights, ByteBuffer constants) {
        enter("fold_weights");
        CudaCode.check("fold_weights", CudaKernels.foldWeights(job.bytes, weights, constants));
    }

    static void loss(Job job, int device, long stream) {
        enter("loss");
        CudaCode.check("loss", CudaKernels.loss(job.bytes, device, stream));
    }

    static void transform(Job job, int device, long stream) {
        enter("transform");
        CudaCode.check("transform", CudaKernels.transform(job.bytes, device, stream));
    }

    static void roundGradients(Job job, long sums, long targetSums, int device, long stream) {
        enter("round_gradients");
        CudaCode.check("round_gradients", CudaKernels.roundGradients(job.bytes, sums, targetSums, device, stream));
    }

    // ---------------------------------------------------------------- streams, events and graphs

    static long createStream(int device) {
        enter("create_stream");
        long[] stream = new long[1];
        CudaCode.check("create_stream", CudaKernels.createStream(device, stream));
        return stream[0];
    }

    static int destroyStream(int device, long stream) {
        return noted("destroy_stream", CudaKernels.destroyStream(device, stream));
    }

    static void synchronizeStream(int device, long stream) {
        enterWait("synchronize_stream");
        CudaCode.check("synchronize_stream", CudaKernels.synchronizeStream(device, stream));
    }

    static long createEvent(int device) {
        enter("create_event");
        long[] event = new long[1];
        CudaCode.check("create_event", CudaKernels.createEvent(device, event));
        return event[0];
    }

    static int destroyEvent(int device, long event) {
        return noted("destroy_event", CudaKernels.destroyEvent(device, event));
    }

    static void recordEvent(long event, int device, long stream) {
        enter("record_event");
        CudaCode.check("record_event", CudaKernels.recordEvent(event, device, stream));
    }

    static void waitEvent(long event, int device, long stream) {
        enter("wait_event");
        CudaCode.check("wait_event", CudaKernels.waitEvent(event, device, stream));
    }

    static void synchronizeEvent(int device, long event) {
        enterWait("synchronize_event");
        CudaCode.check("synchronize_event", CudaKernels.synchronizeEvent(device, event));
    }

    static float elapsed(int device, long first, long second) {
        enter("elapsed");
        float[] milliseconds = new float[1];
        CudaCode.check("elapsed", CudaKernels.elapsed(device, first, second, milliseconds));
        return milliseconds[0];
    }

    /** Whether a stream is captured, by whomever; {@code capturing} is for the answer on its way. */
    static boolean isCapturing(int device, long stream, int[] capturing) {
        enter("is_capturing");
        if (stream == DEFAULT_STREAM) {
            return false; // it cannot be, and CUDA gives an error if another one is
        }
        CudaCode.check("is_capturing", CudaKernels.isCapturing(device, stream, capturing));
        return capturing[0] != 0;
    }

    static void beginCapture(int device, long stream) {
        enter("begin_capture");
        CudaCode.check("begin_capture", CudaKernels.beginCapture(device, stream));
    }

    /** The graph and the number of its nodes. */
    static long[] endCapture(int device, long stream) {
        enter("end_capture");
        long[] graph = new long[1];
        long[] nodes = new long[1];
        CudaCode.check("end_capture", CudaKernels.endCapture(device, stream, graph, nodes));
        return new long[] {graph[0], nodes[0]};
    }

    static void launchGraph(long graph, int device, long stream) {
        enter("launch_graph");
        CudaCode.check("launch_graph", CudaKernels.launchGraph(graph, device, stream));
    }

    static int destroyGraph(int device, long graph) {
        return noted("destroy_graph", CudaKernels.destroyGraph(device, graph));
    }
}

package org.dctloss.cuda.examples;

import static org.bytedeco.cuda.global.cudart.cudaEventCreate;
import static org.bytedeco.cuda.global.cudart.cudaEventDestroy;
import static org.bytedeco.cuda.global.cudart.cudaEventElapsedTime;
import static org.bytedeco.cuda.global.cudart.cudaEventRecord;
import static org.bytedeco.cuda.global.cudart.cudaFree;
import static org.bytedeco.cuda.global.cudart.cudaGetErrorString;
import static org.bytedeco.cuda.global.cudart.cudaGraphDestroy;
import static org.bytedeco.cuda.global.cudart.cudaGraphExecDestroy;
import static org.bytedeco.cuda.global.cudart.cudaGraphInstantiate;
import static org.bytedeco.cuda.global.cudart.cudaGraphLaunch;
import static org.bytedeco.cuda.global.cudart.cudaMalloc;
import static org.bytedeco.cuda.global.cudart.cudaSetDevice;
import static org.bytedeco.cuda.global.cudart.cudaStreamBeginCapture;
import static org.bytedeco.cuda.global.cudart.cudaStreamCreateWithFlags;
import static org.bytedeco.cuda.global.cudart.cudaStreamDestroy;
import static org.bytedeco.cuda.global.cudart.cudaStreamEndCapture;
import static org.bytedeco.cuda.global.cudart.cudaStreamNonBlocking;
import static org.bytedeco.cuda.global.cudart.cudaStreamSynchronize;

import org.bytedeco.cuda.cudart.CUevent_st;
import org.bytedeco.cuda.cudart.CUgraphExec_st;
import org.bytedeco.cuda.cudart.CUgraph_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.javacpp.Pointer;
import org.dctloss.DataType;
import org.dctloss.DctLoss;
import org.dctloss.ImageBatch;
import org.dctloss.LossOptions;
import org.dctloss.LossSession;
import org.dctloss.cuda.CudaStream;
import org.dctloss.cuda.DeviceMemory;

/**
 * A training loop whose device memory, stream, events and graph belong to the bytedeco CUDA presets: DctLoss takes their
 * pointers as they are.
 */
public final class PresetsExample {
    private static final int N = 16;
    private static final int C = 3;
    private static final int SIDE = 96;
    private static final int LAUNCHES = 100;
    /** cudaStreamCaptureModeThreadLocal. */
    private static final int THREAD_LOCAL = 1;

    private PresetsExample() {}

    /**
     * What came out.
     *
     * @param loss of the last launch of the graph
     * @param gradient of the first pixel
     * @param microseconds of one launch
     */
    public record Outcome(double loss, float gradient, double microseconds) {}

    /** Runs a loss in a graph. */
    public static Outcome run(float[] prediction, float[] target) {
        check(cudaSetDevice(0));
        CUstream_st stream = new CUstream_st();
        check(cudaStreamCreateWithFlags(stream, cudaStreamNonBlocking));
        Pointer p = allocate();
        Pointer t = allocate();
        Pointer g = allocate();
        try (CudaStream ours = CudaStream.of(0, stream)) {
            DeviceMemory.of(0, p).copyFrom(prediction, ours);
            DeviceMemory.of(0, t).copyFrom(target, ours);
            return run(image(p), image(t), image(g), DeviceMemory.of(0, g), stream, ours);
        } finally {
            check(cudaFree(p));
            check(cudaFree(t));
            check(cudaFree(g));
            check(cudaStreamDestroy(stream));
        }
    }

    private static Outcome run(
            ImageBatch p, ImageBatch t, ImageBatch g, DeviceMemory gradient, CUstream_st stream, CudaStream ours) {
        LossOptions options = LossOptions.DEFAULT.stream(stream.address(), stream);
        CUgraph_st graph = new CUgraph_st();
        CUgraphExec_st executable = new CUgraphExec_st();
        CUevent_st start = new CUevent_st();
        CUevent_st end = new CUevent_st();
        try (LossSession session = DctLoss.builder().build().open(p, t, g)) {
            session.enqueue(p, t, g, null, options); // all that CUDA does once is done before the recording
            check(cudaStreamBeginCapture(stream, THREAD_LOCAL));
            session.enqueue(p, t, g, null, options);
            check(cudaStreamEndCapture(stream, graph));
            check(cudaGraphInstantiate(executable, graph, 0));
            check(cudaEventCreate(start));
            check(cudaEventCreate(end));
            check(cudaEventRecord(start, stream));
            for (int i = 0; i < LAUNCHES; i++) {
                check(cudaGraphLaunch(executable, stream));
            }
            check(cudaEventRecord(end, stream));
            check(cudaStreamSynchronize(stream));
            float[] milliseconds = new float[1];
            check(cudaEventElapsedTime(milliseconds, start, end));
            float[] first = new float[1];
            gradient.copyTo(first, ours);
            return new Outcome(session.loss(), first[0], 1e3 * milliseconds[0] / LAUNCHES);
        } finally {
            check(cudaEventDestroy(start));
            check(cudaEventDestroy(end));
            check(cudaGraphExecDestroy(executable));
            check(cudaGraphDestroy(graph));
        }
    }

    private static Pointer allocate() {
        long bytes = (long) Float.BYTES * N * C * SIDE * SIDE;
        Pointer memory = new Pointer();
        check(cudaMalloc(memory, bytes));
        return memory.capacity(bytes);
    }

    private static ImageBatch image(Pointer memory) {
        return DeviceMemory.of(0, memory).image(DataType.FLOAT32, N, C, SIDE, SIDE);
    }

    private static void check(int code) {
        if (code != 0) {
            throw new IllegalStateException(
                    "CUDA: got " + cudaGetErrorString(code).getString() + ", allowed success");
        }
    }

    /** Pixels of one batch. */
    static int size() {
        return N * C * SIDE * SIDE;
    }

    /** Prints what came out. */
    public static void main(String[] arguments) {
        float[] prediction = new float[size()];
        prediction[0] = 1;
        System.out.println(run(prediction, new float[size()]));
    }
}

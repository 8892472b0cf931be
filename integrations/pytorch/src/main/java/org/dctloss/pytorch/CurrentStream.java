package org.dctloss.pytorch;

import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.pytorch.global.torch_cuda;

/** PyTorch's current stream of a device; a class of its own, so that tensors on the CPU load no classes of CUDA. */
final class CurrentStream {
    private CurrentStream() {}

    /** The {@code cudaStream_t}; PyTorch's streams live as long as the process. 0 is the default stream. */
    static long of(int device) {
        CUstream_st stream = torch_cuda.getCurrentCUDAStream((byte) device).stream();
        return stream == null ? 0 : stream.address();
    }
}

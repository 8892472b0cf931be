// The kernels as device_border.cu sees them: functions that find one and queue it. Each is compiled in a file of its own.
#pragma once

#include <cuda_runtime.h>

namespace dctloss {
namespace cuda {

struct Work;

/// How a kernel is launched.
struct Launch {
  unsigned thread_blocks, threads;
  cudaStream_t stream;
};

/// FOUR_COLUMNS or WHOLE_BLOCK, from and to these types: float32 to itself, 16 bits to itself or float32.
cudaError_t launch_fused_float32(const Work& work, const Launch& launch);
cudaError_t launch_fused_float16(const Work& work, const Launch& launch);
cudaError_t launch_fused_bfloat16(const Work& work, const Launch& launch);
cudaError_t launch_one_column(const Work& work, const Launch& launch);
cudaError_t launch_any_block(const Work& work, const Launch& launch);

cudaError_t launch_transform_four_columns(const Work& work, const Launch& launch);
cudaError_t launch_transform_one_column(const Work& work, const Launch& launch);
cudaError_t launch_transform_any_block(const Work& work, const Launch& launch);

/// Queues a kernel whose parameter is the work.
inline cudaError_t queue(void (*kernel)(const Work), const Work& work, const Launch& launch) {
  void* arguments[] = {const_cast<Work*>(&work)};
  return cudaLaunchKernel(kernel, dim3(launch.thread_blocks), dim3(launch.threads), arguments, 0, launch.stream);
}

}  // namespace cuda
}  // namespace dctloss

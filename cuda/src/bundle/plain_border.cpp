// The functions of the border that Python calls, under plain names; and the speed program, which has the same kernels.
#include "device_border.h"

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace cuda = dctloss::cuda;

EXPORT int64_t dctloss_abi() { return cuda::abi(); }
EXPORT int32_t dctloss_mapping(const cuda::Job* job) { return cuda::mapping(job); }
EXPORT int64_t dctloss_constants_bytes(const cuda::Job* job) { return cuda::constants_bytes(job); }
EXPORT int64_t dctloss_workspace_bytes(const cuda::Job* job) { return cuda::workspace_bytes(job); }
EXPORT int32_t dctloss_fold_weights(const cuda::Job* job, const double* weights, void* constants) {
  return cuda::fold_weights(job, weights, constants);
}
EXPORT int32_t dctloss_loss(const cuda::Job* job, int32_t device, int64_t stream) {
  return cuda::loss(job, device, stream);
}

// For a run without PyTorch: memory, and copies in the order of the default stream that are over when they return.
EXPORT int32_t dctloss_allocate(int32_t device, int64_t bytes, int64_t* address) {
  return cuda::allocate(device, bytes, address);
}
EXPORT int32_t dctloss_copy(int64_t to, int64_t from, int64_t bytes, int32_t device) {
  const int32_t code = cuda::copy(to, from, bytes, device, 0);
  return code != cuda::OK ? code : cuda::synchronize_stream(device, 0);
}
EXPORT const char* dctloss_error_text(int32_t code) { return cuda::error_text(code); }

int speed_main(int count, char** arguments);
EXPORT int dctloss_speed(int count, char** arguments) { return speed_main(count, arguments); }

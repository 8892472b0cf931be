// The fast mappings from float32 pixels.
#include "fused_launch.cuh"

namespace dctloss {
namespace cuda {

cudaError_t launch_fused_float32(const Work& work, const Launch& launch) { return launch_fused<float>(work, launch); }

}  // namespace cuda
}  // namespace dctloss

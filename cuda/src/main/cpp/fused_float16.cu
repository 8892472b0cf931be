// The fast mappings from float16 pixels.
#include "fused_launch.cuh"

namespace dctloss {
namespace cuda {

cudaError_t launch_fused_float16(const Work& work, const Launch& launch) { return launch_fused<Half>(work, launch); }

}  // namespace cuda
}  // namespace dctloss

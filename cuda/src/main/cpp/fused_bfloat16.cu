// The fast mappings from bfloat16 pixels.
#include "fused_launch.cuh"

namespace dctloss {
namespace cuda {

cudaError_t launch_fused_bfloat16(const Work& work, const Launch& launch) { return launch_fused<Bfloat>(work, launch); }

}  // namespace cuda
}  // namespace dctloss

// The mapping for any layout.
#include "one_column.cuh"

#include "launch.h"

namespace dctloss {
namespace cuda {
namespace {

template <class IN, class OUT, int PLANES>
cudaError_t pick(const Work& work, const Launch& launch) {
  return work.coefficients == SIGNED ? queue(one_column<IN, OUT, PLANES, SIGNED>, work, launch)
                                     : queue(one_column<IN, OUT, PLANES, MAGNITUDE>, work, launch);
}

template <class IN, class OUT>
cudaError_t pick(const Work& work, const Launch& launch) {
  return work.planes == 3 ? pick<IN, OUT, 3>(work, launch) : pick<IN, OUT, 1>(work, launch);
}

}  // namespace

cudaError_t launch_one_column(const Work& work, const Launch& launch) {
  switch (work.input) {
    case FLOAT32:
      return pick<float, float>(work, launch);
    case FLOAT16:
      return work.output == FLOAT32 ? pick<Half, float>(work, launch) : pick<Half, Half>(work, launch);
    default:
      return work.output == FLOAT32 ? pick<Bfloat, float>(work, launch)
                                    : pick<Bfloat, Bfloat>(work, launch);
  }
}

}  // namespace cuda
}  // namespace dctloss

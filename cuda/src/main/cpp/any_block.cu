// The mapping for any block size, and the block transform.
#include "any_block.cuh"

#include "block_dct.cuh"
#include "launch.h"

namespace dctloss {
namespace cuda {
namespace {

template <class IN>
cudaError_t launch_transform(const Work& work, const Launch& launch) {
  switch (work.output) {
    case FLOAT32:
      return queue(transform_one_column<IN, float>, work, launch);
    case FLOAT16:
      return queue(transform_one_column<IN, Half>, work, launch);
    default:
      return queue(transform_one_column<IN, Bfloat>, work, launch);
  }
}

}  // namespace

cudaError_t launch_any_block(const Work& work, const Launch& launch) { return queue(any_block, work, launch); }

cudaError_t launch_transform_any_block(const Work& work, const Launch& launch) {
  return queue(transform_any_block, work, launch);
}

cudaError_t launch_transform_four_columns(const Work& work, const Launch& launch) {
  return work.inverse ? queue(transform_four_columns<true>, work, launch)
                      : queue(transform_four_columns<false>, work, launch);
}

cudaError_t launch_transform_one_column(const Work& work, const Launch& launch) {
  switch (work.input) {
    case FLOAT32:
      return launch_transform<float>(work, launch);
    case FLOAT16:
      return launch_transform<Half>(work, launch);
    default:
      return launch_transform<Bfloat>(work, launch);
  }
}

}  // namespace cuda
}  // namespace dctloss

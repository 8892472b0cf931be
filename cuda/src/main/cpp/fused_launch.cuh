// Finds the fast kernel for a job's options, which are its template arguments.
#pragma once

#include "fused.cuh"
#include "launch.h"

namespace dctloss {
namespace cuda {

template <class IN, class OUT, Penalty PENALTY, bool GRADIENT>
cudaError_t launch_fused(const Work& work, const Launch& launch) {
  if (work.coefficients == MAGNITUDE) {
    return queue(four_columns<IN, OUT, PENALTY, MAGNITUDE, GRADIENT>, work, launch);
  }
  if constexpr (sizeof(IN) == 4) {
    return queue(four_columns<IN, OUT, PENALTY, SIGNED, GRADIENT>, work, launch);
  } else {
    return queue(whole_block<IN, OUT, PENALTY, GRADIENT>, work, launch);
  }
}

template <class IN, class OUT, bool GRADIENT>
cudaError_t launch_fused(const Work& work, const Launch& launch) {
  switch (work.penalty) {
    case SQUARED:
      return launch_fused<IN, OUT, SQUARED, GRADIENT>(work, launch);
    case ABSOLUTE:
      return launch_fused<IN, OUT, ABSOLUTE, GRADIENT>(work, launch);
    case CHARBONNIER:
      return launch_fused<IN, OUT, CHARBONNIER, GRADIENT>(work, launch);
    default:
      return launch_fused<IN, OUT, HUBER, GRADIENT>(work, launch);
  }
}

template <class IN>
cudaError_t launch_fused(const Work& work, const Launch& launch) {
  if (work.gradient.at == nullptr && work.target_gradient.at == nullptr) {
    return launch_fused<IN, float, false>(work, launch);
  }
  if constexpr (sizeof(IN) == 2) {
    if (work.output != FLOAT32) {
      return launch_fused<IN, IN, true>(work, launch);
    }
  }
  return launch_fused<IN, float, true>(work, launch);
}

}  // namespace cuda
}  // namespace dctloss

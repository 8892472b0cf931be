// What each instruction set's translation unit offers to the border.
#pragma once

#include "border.h"

namespace dctloss {

struct Kernels {
  int64_t (*constants_bytes)(const Job& job);
  int64_t (*scratch_bytes)(const Job& job);
  void (*set_weights)(const Job& job, const double* w);
  void (*loss_strips)(const Job& job, int32_t from, int32_t to, void* scratch, const float* p, const float* t, float* g,
                      float* tg, float* map);
  void (*transform_strips)(const Job& job, int32_t from, int32_t to, void* scratch, const float* in, float* out);
  void (*subtract)(int32_t flags, const float* p, const float* t, float* g, int64_t n);
};

}  // namespace dctloss

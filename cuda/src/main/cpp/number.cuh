// What the headers shared with the native backend are made of, for one number a thread.
//
// Compiled without contraction (-fmad=false): every fma is written, so all mappings round alike.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#define DCTLOSS_FUNCTION static __device__ __forceinline__
#define DCTLOSS_CONSTANT(V, x) (x)
#define UNROLLED _Pragma("unroll")

namespace dctloss {

DCTLOSS_FUNCTION float fma(float a, float b, float c) { return __fmaf_rn(a, b, c); }    // a b + c
DCTLOSS_FUNCTION float fnma(float a, float b, float c) { return __fmaf_rn(-a, b, c); }  // c - a b
DCTLOSS_FUNCTION float difference(float a, float b) { return a - b; }
DCTLOSS_FUNCTION float smaller(float a, float b) { return fminf(a, b); }
DCTLOSS_FUNCTION float larger(float a, float b) { return fmaxf(a, b); }
DCTLOSS_FUNCTION float magnitude(float a) { return fabsf(a); }

/// d sign(z), 0 where z is 0.
DCTLOSS_FUNCTION float with_sign(float d, float z) {
  return z == 0 ? 0 : __uint_as_float(__float_as_uint(d) ^ (__float_as_uint(z) & 0x80000000u));
}

/// a / b within 2 units in the last place, for b in the normal range.
DCTLOSS_FUNCTION float quotient(float a, float b) {
#ifdef __CUDA_ARCH__
  float q;
  asm("div.approx.ftz.f32 %0, %1, %2;" : "=f"(q) : "f"(a), "f"(b));
  return q;
#else
  return a / b;
#endif
}

/// 1 / sqrt(2 half) within 2^-22, for half in the normal range.
DCTLOSS_FUNCTION float inverse_square_root_of_twice(float half) {
#ifdef __CUDA_ARCH__
  float r;
  asm("rsqrt.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(half + half));
  return r;
#else
  return 1 / sqrtf(half + half);
#endif
}

}  // namespace dctloss

// after the operations, which they are written in
#include "flow_graph.h"
#include "penalty.h"

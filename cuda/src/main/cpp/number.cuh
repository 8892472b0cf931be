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

// What the hardware approximates, without its care for subnormals. An emulator has no such instructions; the gate
// (machine_code) looks for both.
DCTLOSS_FUNCTION float rough_reciprocal(float x) {
#ifdef __CUDA_ARCH__
  float y;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
#else
  return __fdividef(1, x);
#endif
}
DCTLOSS_FUNCTION float rough_inverse_root(float x) {
#ifdef __CUDA_ARCH__
  float y;
  asm("rsqrt.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
#else
  return rsqrtf(x);
#endif
}

/// a / b within 2 units in the last place, for b in the normal range and below 2^126.
DCTLOSS_FUNCTION float quotient(float a, float b) { return a * rough_reciprocal(b); }

/// 1 / sqrt(2 half) within 2^-22, for half in the normal range.
DCTLOSS_FUNCTION float inverse_square_root_of_twice(float half) { return rough_inverse_root(half + half); }

}  // namespace dctloss

// after the operations, which they are written in
#include "flow_graph.h"
#include "penalty.h"

// Pixels between memory and registers: float32, float16 and bfloat16, one or a row of them at a time. All loads and stores
// are marked as used once (.cs): images are larger than the caches, or are not needed again.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstring>
#include <type_traits>

#include "number.cuh"

namespace dctloss {
namespace cuda {

using Half = __half;
using Bfloat = __nv_bfloat16;

DCTLOSS_FUNCTION float widen(float x) { return x; }
DCTLOSS_FUNCTION float widen(Half x) { return __half2float(x); }
DCTLOSS_FUNCTION float widen(Bfloat x) { return __bfloat162float(x); }

template <class T>
DCTLOSS_FUNCTION T narrow(float x);
template <>
__device__ __forceinline__ float narrow<float>(float x) {
  return x;
}
template <>
__device__ __forceinline__ Half narrow<Half>(float x) {
  return __float2half_rn(x);
}
template <>
__device__ __forceinline__ Bfloat narrow<Bfloat>(float x) {
  return __float2bfloat16_rn(x);
}

DCTLOSS_FUNCTION float load_pixel(const float* p) { return __ldcs(p); }
template <class T>
DCTLOSS_FUNCTION float load_pixel(const T* p) {
  const unsigned short bits = __ldcs(reinterpret_cast<const unsigned short*>(p));
  T x;
  memcpy(&x, &bits, sizeof(x));
  return widen(x);
}

DCTLOSS_FUNCTION void store_pixel(float* p, float x) { __stcs(p, x); }
template <class T>
DCTLOSS_FUNCTION void store_pixel(T* p, float x) {
  const T rounded = narrow<T>(x);
  unsigned short bits;
  memcpy(&bits, &rounded, sizeof(bits));
  __stcs(reinterpret_cast<unsigned short*>(p), bits);
}

/// The bits of N pixels of a row, as they come from memory: nothing is done with them until all rows are on their way.
template <class T, int N>
struct Bits {
  static constexpr int WORDS = sizeof(T) * N / 4;
  uint32_t words[WORDS];

  __device__ __forceinline__ void load(const T* p) {
    if constexpr (WORDS == 2) {
      const uint2 x = __ldcs(reinterpret_cast<const uint2*>(p));
      words[0] = x.x, words[1] = x.y;
    } else {
      UNROLLED for (int i = 0; i < WORDS; i += 4) {
        const uint4 x = __ldcs(reinterpret_cast<const uint4*>(p) + i / 4);
        words[i] = x.x, words[i + 1] = x.y, words[i + 2] = x.z, words[i + 3] = x.w;
      }
    }
  }

  __device__ __forceinline__ void store(T* p) const {
    if constexpr (WORDS == 2) {
      __stcs(reinterpret_cast<uint2*>(p), make_uint2(words[0], words[1]));
    } else {
      UNROLLED for (int i = 0; i < WORDS; i += 4) {
        __stcs(reinterpret_cast<uint4*>(p) + i / 4, make_uint4(words[i], words[i + 1], words[i + 2], words[i + 3]));
      }
    }
  }

  /// Pixel i, i known to the compiler.
  __device__ __forceinline__ float pixel(int i) const {
    if constexpr (sizeof(T) == 4) {
      return __uint_as_float(words[i]);
    } else {
      const unsigned short bits = static_cast<unsigned short>(i % 2 == 0 ? words[i / 2] & 0xFFFF : words[i / 2] >> 16);
      T x;
      memcpy(&x, &bits, sizeof(x));
      return widen(x);
    }
  }

  /// Pixels 2i and 2i + 1.
  __device__ __forceinline__ void set_pair(int i, float a, float b) {
    if constexpr (sizeof(T) == 4) {
      words[2 * i] = __float_as_uint(a);
      words[2 * i + 1] = __float_as_uint(b);
    } else if constexpr (std::is_same<T, Half>::value) {
      const __half2 pair = __floats2half2_rn(a, b);
      memcpy(&words[i], &pair, 4);
    } else {
      const __nv_bfloat162 pair = __floats2bfloat162_rn(a, b);
      memcpy(&words[i], &pair, 4);
    }
  }
};

/// Stores N pixels of a row, or adds them to what is there.
template <class T, int N>
DCTLOSS_FUNCTION void store_row(T* p, const float (&x)[N], bool add) {
  Bits<T, N> bits;
  if (add) {
    Bits<T, N> before;
    before.load(p);
    UNROLLED for (int i = 0; i < N; i += 2) {
      bits.set_pair(i / 2, before.pixel(i) + x[i], before.pixel(i + 1) + x[i + 1]);
    }
  } else {
    UNROLLED for (int i = 0; i < N; i += 2) bits.set_pair(i / 2, x[i], x[i + 1]);
  }
  bits.store(p);
}

}  // namespace cuda
}  // namespace dctloss

// float16, rounded to nearest even.
#pragma once

#include "cuda_runtime.h"

namespace emulator {

inline uint16_t half_bits(float x) {
  const uint32_t all = bits<uint32_t>(x), sign = all >> 16 & 0x8000;
  uint32_t u = all & 0x7FFFFFFF;
  if (u > 0x7F800000) {
    return 0x7FFF;
  }
  if (u >= 0x477FF000) {  // 65520, halfway to what would be the next number, and above
    return static_cast<uint16_t>(sign | 0x7C00);
  }
  if (u < 0x38800000) {  // subnormal: the last place of 0.5 is half of theirs
    return static_cast<uint16_t>(sign | (bits<uint32_t>(bits<float>(u) + 0.5f) - 0x3F000000));
  }
  u += 0xFFF + (u >> 13 & 1) - (uint32_t{127 - 15} << 23);
  return static_cast<uint16_t>(sign | u >> 13);
}

inline float half_value(uint16_t half) {
  const uint32_t sign = uint32_t{half} << 16 & 0x80000000, u = half & 0x7FFF;
  if (u >= 0x7C00) {
    return bits<float>(sign | 0x7F800000 | u << 13);
  }
  // As if its exponent were a float's, and then corrected; exact for subnormals, too.
  return bits<float>(sign | bits<uint32_t>(bits<float>(u << 13) * 0x1p112f));
}

}  // namespace emulator

struct __half {
  __half() = default;
  __half(float x) : bits(emulator::half_bits(x)) {}
  operator float() const { return emulator::half_value(bits); }

  uint16_t bits;
};
struct alignas(4) __half2 {
  __half x, y;
};
using half = __half;
using half2 = __half2;

inline float __half2float(__half x) { return emulator::half_value(x.bits); }
inline __half __float2half_rn(float x) { return __half(x); }
inline __half __float2half(float x) { return __half(x); }
inline unsigned short __half_as_ushort(__half x) { return x.bits; }
inline __half __ushort_as_half(unsigned short x) { return emulator::bits<__half>(x); }
inline float2 __half22float2(__half2 x) { return {__half2float(x.x), __half2float(x.y)}; }
inline __half2 __floats2half2_rn(float x, float y) { return {__half(x), __half(y)}; }
inline __half2 __float22half2_rn(float2 x) { return {__half(x.x), __half(x.y)}; }
inline __half2 __halves2half2(__half x, __half y) { return {x, y}; }
inline float __low2float(__half2 x) { return __half2float(x.x); }
inline float __high2float(__half2 x) { return __half2float(x.y); }

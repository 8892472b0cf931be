// Pixels of all data types, on the host.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "device_border.h"

namespace images {

using dctloss::cuda::BFLOAT16;
using dctloss::cuda::FLOAT16;
using dctloss::cuda::FLOAT32;

inline int bytes(int type) { return type == FLOAT32 ? 4 : 2; }

/// Relative, of a number rounded to the type.
inline double rounding(int type) { return type == FLOAT32 ? 0 : type == FLOAT16 ? 0x1p-11 : 0x1p-8; }

/// Below it, roundings are absolute.
inline double smallest_normal(int type) { return type == FLOAT16 ? 0x1p-14 : 0x1p-126; }

inline float decode(int type, const unsigned char* from) {
  if (type == FLOAT32) {
    float value;
    std::memcpy(&value, from, 4);
    return value;
  }
  uint16_t half;
  std::memcpy(&half, from, 2);
  if (type == BFLOAT16) {
    const uint32_t bits = static_cast<uint32_t>(half) << 16;
    float value;
    std::memcpy(&value, &bits, 4);
    return value;
  }
  const int exponent = half >> 10 & 31, fraction = half & 1023;
  const float magnitude = exponent == 0    ? std::ldexp(static_cast<float>(fraction), -24)
                          : exponent == 31 ? (fraction == 0 ? INFINITY : NAN)
                                           : std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
  return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

/// To nearest, ties to even. For finite values in the type's range.
inline void encode(int type, float value, unsigned char* to) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  if (type == FLOAT32) {
    std::memcpy(to, &bits, 4);
    return;
  }
  uint16_t half;
  if (type == BFLOAT16) {
    half = static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
  } else {
    // The number of units in the last place, an integer after rounding; the carry into the exponent comes by itself.
    const float magnitude = std::fabs(value);
    const int exponent = magnitude < 0x1p-14f ? -14 : std::ilogb(magnitude);
    const int units = static_cast<int>(std::nearbyint(std::ldexp(magnitude, 10 - exponent)));
    half = static_cast<uint16_t>((bits >> 16 & 0x8000) | (((exponent + 14) << 10) + units));
  }
  std::memcpy(to, &half, 2);
}

inline std::vector<unsigned char> encoded(int type, const std::vector<float>& pixels) {
  std::vector<unsigned char> out(pixels.size() * bytes(type));
  for (size_t i = 0; i < pixels.size(); i++) {
    encode(type, pixels[i], out.data() + i * bytes(type));
  }
  return out;
}

inline std::vector<float> decoded(int type, const std::vector<unsigned char>& stored) {
  std::vector<float> out(stored.size() / bytes(type));
  for (size_t i = 0; i < out.size(); i++) {
    out[i] = decode(type, stored.data() + i * bytes(type));
  }
  return out;
}

}  // namespace images

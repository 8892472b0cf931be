// CUDA's short vectors.
#pragma once

#include <cstdint>

#define EMULATED_VECTOR(NAME, TYPE, ALIGN2, ALIGN4)                                                  \
  struct alignas(ALIGN2) NAME##2 { TYPE x, y; };                                                     \
  struct NAME##3 { TYPE x, y, z; };                                                                  \
  struct alignas(ALIGN4) NAME##4 { TYPE x, y, z, w; };                                               \
  constexpr NAME##2 make_##NAME##2(TYPE x, TYPE y) { return {x, y}; }                                \
  constexpr NAME##3 make_##NAME##3(TYPE x, TYPE y, TYPE z) { return {x, y, z}; }                     \
  constexpr NAME##4 make_##NAME##4(TYPE x, TYPE y, TYPE z, TYPE w) { return {x, y, z, w}; }

EMULATED_VECTOR(char, signed char, 2, 4)
EMULATED_VECTOR(uchar, unsigned char, 2, 4)
EMULATED_VECTOR(short, short, 4, 8)
EMULATED_VECTOR(ushort, unsigned short, 4, 8)
EMULATED_VECTOR(int, int, 8, 16)
EMULATED_VECTOR(uint, unsigned, 8, 16)
EMULATED_VECTOR(float, float, 8, 16)
EMULATED_VECTOR(double, double, 16, 16)
EMULATED_VECTOR(longlong, long long, 16, 16)
EMULATED_VECTOR(ulonglong, unsigned long long, 16, 16)
#undef EMULATED_VECTOR

struct dim3 {
  unsigned x, y, z;

  constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};

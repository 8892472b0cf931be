// What kernels are written in: keywords, and functions that the compiler or the hardware knows.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "device_memory.h"
#include "grid.h"

#define __global__
#define __device__
#define __host__
#define __constant__
#define __managed__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __shared__ static thread_local
#define __grid_constant__
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))

// ------------------------------------------------------------------------------------------------------- barriers

inline void __syncthreads(emulator::Place place = emulator::Place::here()) {
  emulator::Grid::get().meet_block(emulator::Meeting::SYNC_BLOCK, false, place);
}
inline int __syncthreads_and(int value, emulator::Place place = emulator::Place::here()) {
  return emulator::Grid::get().meet_block(emulator::Meeting::SYNC_BLOCK_AND, value != 0, place) != 0;
}
inline int __syncthreads_or(int value, emulator::Place place = emulator::Place::here()) {
  return emulator::Grid::get().meet_block(emulator::Meeting::SYNC_BLOCK_OR, value != 0, place) != 0;
}
inline int __syncthreads_count(int value, emulator::Place place = emulator::Place::here()) {
  return static_cast<int>(emulator::Grid::get().meet_block(emulator::Meeting::SYNC_BLOCK_COUNT, value != 0, place));
}
inline void __syncwarp(unsigned mask = ~0u, emulator::Place place = emulator::Place::here()) {
  emulator::Grid::get().meet_warp(emulator::Meeting::SYNC_WARP, mask, 0, 0, place);
}

inline unsigned __ballot_sync(unsigned mask, int value, emulator::Place place = emulator::Place::here()) {
  return static_cast<unsigned>(
      emulator::Grid::get().meet_warp(emulator::Meeting::VOTE, mask, value != 0, 0, place));
}
inline int __any_sync(unsigned mask, int value, emulator::Place place = emulator::Place::here()) {
  return __ballot_sync(mask, value, place) != 0;
}
inline int __all_sync(unsigned mask, int value, emulator::Place place = emulator::Place::here()) {
  return __ballot_sync(mask, value == 0, place) == 0;
}

namespace emulator {

inline unsigned lane() {
  return (threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z)) % 32;
}

template <class T>
T shuffle(unsigned mask, T value, int source, Place place) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8, "shuffles move 32 or 64 bits");
  uint64_t bits = 0;
  memcpy(&bits, &value, sizeof(T));
  bits = Grid::get().meet_warp(Meeting::SHUFFLE, mask, bits, static_cast<unsigned>(source), place);
  memcpy(&value, &bits, sizeof(T));
  return value;
}

}  // namespace emulator

// Lanes beyond the `width` that a lane is in give it its own value.
template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32, emulator::Place place = emulator::Place::here()) {
  const int lane = static_cast<int>(emulator::lane());
  return emulator::shuffle(mask, value, (lane & ~(width - 1)) | (source & (width - 1)), place);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32, emulator::Place place = emulator::Place::here()) {
  const int lane = static_cast<int>(emulator::lane()), source = lane ^ bits;
  return emulator::shuffle(mask, value, source < (lane & ~(width - 1)) + width ? source : lane, place);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned by, int width = 32,
                   emulator::Place place = emulator::Place::here()) {
  const int lane = static_cast<int>(emulator::lane()), source = lane + static_cast<int>(by);
  return emulator::shuffle(mask, value, source < (lane & ~(width - 1)) + width ? source : lane, place);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned by, int width = 32, emulator::Place place = emulator::Place::here()) {
  const int lane = static_cast<int>(emulator::lane()), source = lane - static_cast<int>(by);
  return emulator::shuffle(mask, value, source >= (lane & ~(width - 1)) ? source : lane, place);
}

// Threads run one at a time: everything is atomic, and seen at once. But others may go on at a fence.
inline void __threadfence() { emulator::Grid::get().pause(emulator::Grid::Pause::FENCE); }
inline void __threadfence_block() {}
inline void __threadfence_system() { __threadfence(); }

// --------------------------------------------------------------------------------------------------------- memory

namespace emulator {

template <class T>
T load(const T* p, const char* name, Place place) {
  DeviceMemory::get().check(p, sizeof(T), name, place);
  T value;
  memcpy(&value, p, sizeof(T));
  return value;
}

template <class T>
void store(T* p, const T& value, const char* name, Place place) {
  DeviceMemory::get().check(p, sizeof(T), name, place);
  memcpy(p, &value, sizeof(T));
}

template <class T>
struct Same {
  using Type = T;
};

}  // namespace emulator

#define EMULATED_LOAD(NAME)                                                 \
  template <class T>                                                        \
  T NAME(const T* p, emulator::Place place = emulator::Place::here()) {     \
    return emulator::load(p, #NAME, place);                                 \
  }
EMULATED_LOAD(__ldg)
EMULATED_LOAD(__ldcs)
EMULATED_LOAD(__ldcg)
EMULATED_LOAD(__ldca)
EMULATED_LOAD(__ldcv)
EMULATED_LOAD(__ldlu)
#undef EMULATED_LOAD

#define EMULATED_STORE(NAME)                                                                                         \
  template <class T>                                                                                                 \
  void NAME(T* p, typename emulator::Same<T>::Type value, emulator::Place place = emulator::Place::here()) {         \
    emulator::store(p, value, #NAME, place);                                                                         \
  }
EMULATED_STORE(__stcs)
EMULATED_STORE(__stcg)
EMULATED_STORE(__stwb)
EMULATED_STORE(__stwt)
#undef EMULATED_STORE

namespace emulator {

/// Atomics work on shared memory, too, which is not checked.
template <class T, class Change>
T atomic(T* p, Change change) {
  Grid& grid = Grid::get();
  if (grid.is_shared(p)) {
    const T before = *p;
    *p = change(before);
    return before;
  }
  DeviceMemory::get().check(p, sizeof(T), "an atomic", Place());
  const T before = *p;
  *p = change(before);
  grid.pause(Grid::Pause::ATOMIC);
  return before;
}

}  // namespace emulator

template <class T>
T atomicAdd(T* p, typename emulator::Same<T>::Type value) {
  return emulator::atomic(p, [&](T before) { return static_cast<T>(before + value); });
}
template <class T>
T atomicMax(T* p, typename emulator::Same<T>::Type value) {
  return emulator::atomic(p, [&](T before) { return before < value ? value : before; });
}
template <class T>
T atomicExch(T* p, typename emulator::Same<T>::Type value) {
  return emulator::atomic(p, [&](T) { return value; });
}
template <class T>
T atomicOr(T* p, typename emulator::Same<T>::Type value) {
  return emulator::atomic(p, [&](T before) { return static_cast<T>(before | value); });
}
inline unsigned atomicInc(unsigned* p, unsigned last) {
  return emulator::atomic(p, [&](unsigned before) { return before >= last ? 0 : before + 1; });
}

// -------------------------------------------------------------------------------------------------------- numbers

namespace emulator {

template <class To, class From>
To bits(From from) {
  static_assert(sizeof(To) == sizeof(From), "of the same size");
  To to;
  memcpy(&to, &from, sizeof(To));
  return to;
}

/// What the manual lets a result that is not rounded correctly be: up to `units` in the last place off, the same every
/// time for the same arguments.
inline float roughly(double exact, float argument, int units) {
  float rounded = static_cast<float>(exact);
  if (rounded - rounded == 0 && rounded != 0) {
    const uint32_t mixed = bits<uint32_t>(argument) * 2654435761u;
    const int off = static_cast<int>((mixed >> 16) % static_cast<uint32_t>(2 * units - 1)) - (units - 1);
    rounded = bits<float>(static_cast<uint32_t>(static_cast<int>(bits<uint32_t>(rounded)) + off));
  }
  return rounded;
}

}  // namespace emulator

inline unsigned __float_as_uint(float x) { return emulator::bits<unsigned>(x); }
inline float __uint_as_float(unsigned x) { return emulator::bits<float>(x); }
inline int __float_as_int(float x) { return emulator::bits<int>(x); }
inline float __int_as_float(int x) { return emulator::bits<float>(x); }
inline long long __double_as_longlong(double x) { return emulator::bits<long long>(x); }
inline double __longlong_as_double(long long x) { return emulator::bits<double>(x); }

inline float __fmaf_rn(float a, float b, float c) { return std::fma(a, b, c); }
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fsub_rn(float a, float b) { return a - b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __frcp_rn(float a) { return 1 / a; }
inline float __fsqrt_rn(float a) { return std::sqrt(a); }
inline float __frsqrt_rn(float a) { return static_cast<float>(1 / std::sqrt(static_cast<double>(a))); }
inline double __fma_rn(double a, double b, double c) { return std::fma(a, b, c); }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __dsub_rn(double a, double b) { return a - b; }
inline double __dmul_rn(double a, double b) { return a * b; }
inline float __double2float_rn(double a) { return static_cast<float>(a); }
inline int __float2int_rn(float a) { return static_cast<int>(std::nearbyint(a)); }

inline float rsqrtf(float a) { return emulator::roughly(1 / std::sqrt(static_cast<double>(a)), a, 2); }
inline double rsqrt(double a) { return 1 / std::sqrt(a); }
/// 0 for the largest divisors.
inline float __fdividef(float a, float b) {
  return std::fabs(b) > 0x1p126f && std::fabs(b) <= 0x1.fffffep127f ? a * 0
                                                                    : emulator::roughly(double{a} / double{b}, b, 2);
}

inline unsigned __umulhi(unsigned a, unsigned b) { return static_cast<unsigned>(uint64_t{a} * b >> 32); }
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
  return static_cast<unsigned long long>(static_cast<unsigned __int128>(a) * b >> 64);
}
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __clz(int x) { return x == 0 ? 32 : __builtin_clz(static_cast<unsigned>(x)); }
inline int __ffs(int x) { return __builtin_ffs(x); }

// Of numbers; a NaN gives way to a number.
template <class A, class B>
constexpr std::enable_if_t<std::is_arithmetic<A>::value && std::is_arithmetic<B>::value, std::common_type_t<A, B>> min(
    A a, B b) {
  using T = std::common_type_t<A, B>;
  const T x = static_cast<T>(a), y = static_cast<T>(b);
  return y < x || x != x ? y : x;
}
template <class A, class B>
constexpr std::enable_if_t<std::is_arithmetic<A>::value && std::is_arithmetic<B>::value, std::common_type_t<A, B>> max(
    A a, B b) {
  using T = std::common_type_t<A, B>;
  const T x = static_cast<T>(a), y = static_cast<T>(b);
  return x < y || x != x ? y : x;
}

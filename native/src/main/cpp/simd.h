// Vectors of one instruction set, chosen by the macro DCTLOSS_ISA.
//
// Floats holds one row of BLOCKS adjacent blocks, 8 lanes each. Doubles is as wide as the machine. All is internal to
// its translation unit: were it not, the linker could keep one copy of an inline function for all instruction sets, and
// an old processor would meet the newest one's.
#pragma once

#include <cstdint>

#define DCTLOSS_SSE2 1
#define DCTLOSS_AVX2 2
#define DCTLOSS_AVX512 3
#define DCTLOSS_NEON 4
#define DCTLOSS_JOIN(a, b) a##b
#define DCTLOSS_NUMBER(isa) DCTLOSS_JOIN(DCTLOSS_, isa)
#define DCTLOSS_IS DCTLOSS_NUMBER(DCTLOSS_ISA)

#if DCTLOSS_IS == DCTLOSS_NEON
#include <arm_neon.h>
#else
#include <immintrin.h>
#endif

#if defined(__GNUC__) && !defined(__clang__)
// GCC 12 sees uninitialised operands in its own header of AVX-512 intrinsics.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#define ALWAYS_INLINE inline __attribute__((always_inline))
#define NEVER_INLINE __attribute__((noinline))

namespace dctloss {
namespace {

#if DCTLOSS_IS == DCTLOSS_AVX512

using Floats = __m512;
constexpr int BLOCKS = 2;

ALWAYS_INLINE Floats broadcast(float x) { return _mm512_set1_ps(x); }
ALWAYS_INLINE Floats load(const float* p) { return _mm512_loadu_ps(p); }
ALWAYS_INLINE void store(float* p, Floats v) { _mm512_storeu_ps(p, v); }
/// The first of two blocks alone; nothing beyond it is touched.
ALWAYS_INLINE Floats load_first(const float* p) { return _mm512_maskz_loadu_ps(0xFF, p); }
ALWAYS_INLINE void store_first(float* p, Floats v) { _mm512_mask_storeu_ps(p, 0xFF, v); }
/// Eight numbers, again for each block.
ALWAYS_INLINE Floats repeat(const float* p) { return _mm512_broadcast_f32x8(_mm256_load_ps(p)); }
/// Past the caches; p is a multiple of the vector's size.
ALWAYS_INLINE void stream(float* p, Floats v) { _mm512_stream_ps(p, v); }
/// A cache line past the caches; p is a multiple of 64 bytes.
ALWAYS_INLINE void stream_line(float* p, const float* from) { _mm512_stream_ps(p, _mm512_loadu_ps(from)); }

ALWAYS_INLINE Floats fma(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }    // a b + c
ALWAYS_INLINE Floats fnma(Floats a, Floats b, Floats c) { return _mm512_fnmadd_ps(a, b, c); }  // c - a b
ALWAYS_INLINE Floats smaller(Floats a, Floats b) { return _mm512_min_ps(a, b); }
ALWAYS_INLINE Floats larger(Floats a, Floats b) { return _mm512_max_ps(a, b); }
ALWAYS_INLINE Floats magnitude(Floats a) { return _mm512_abs_ps(a); }
/// d sign(z), 0 where z is 0.
ALWAYS_INLINE Floats with_sign(Floats d, Floats z) {
  const __m512i bits = _mm512_castps_si512(z);
  const __mmask16 nonzero = _mm512_test_epi32_mask(bits, _mm512_set1_epi32(0x7FFFFFFF));
  const __m512i sign = _mm512_set1_epi32(INT32_MIN);
  return _mm512_castsi512_ps(_mm512_maskz_ternarylogic_epi32(nonzero, bits, _mm512_castps_si512(d), sign, 0x6C));
}
#define DCTLOSS_ROOT_ESTIMATE _mm512_rsqrt14_ps

/// Transposes each block's 8 x 8 numbers.
ALWAYS_INLINE void transpose(Floats (&v)[8]) {
  Floats t[8], s[8];
  for (int i = 0; i < 4; i++) {
    t[2 * i] = _mm512_unpacklo_ps(v[2 * i], v[2 * i + 1]);
    t[2 * i + 1] = _mm512_unpackhi_ps(v[2 * i], v[2 * i + 1]);
  }
  for (int i = 0; i < 8; i += 4) {
    for (int j = 0; j < 2; j++) {
      s[i + 2 * j] = _mm512_shuffle_ps(t[i + j], t[i + 2 + j], 0x44);
      s[i + 2 * j + 1] = _mm512_shuffle_ps(t[i + j], t[i + 2 + j], 0xEE);
    }
  }
  // Quarters 0 1 2 3 hold block a's left and right half, then block b's.
  const __m512i left = _mm512_setr_epi32(0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27);
  const __m512i right = _mm512_setr_epi32(4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31);
  for (int i = 0; i < 4; i++) {
    v[i] = _mm512_permutex2var_ps(s[i], left, s[i + 4]);
    v[i + 4] = _mm512_permutex2var_ps(s[i], right, s[i + 4]);
  }
}

/// Whether each of the first `blocks` sums lies between the bounds, as far as its lanes show; NaN never does.
ALWAYS_INLINE bool between(Floats sum, float least, float most, int blocks) {
  const unsigned absent = blocks < BLOCKS ? 0xFF00 : 0;
  const unsigned enough = absent | _mm512_cmp_ps_mask(sum, broadcast(least), _CMP_GE_OQ);
  const unsigned in_range = _mm512_cmp_ps_mask(sum, broadcast(most), _CMP_LE_OQ);
  return in_range == 0xFFFF && (enough & 0xFF) != 0 && enough >> 8 != 0;
}

using Doubles = __m512d;
ALWAYS_INLINE Doubles broadcast_double(double x) { return _mm512_set1_pd(x); }
ALWAYS_INLINE Doubles load_doubles(const double* p) { return _mm512_loadu_pd(p); }
ALWAYS_INLINE void store_doubles(double* p, Doubles v) { _mm512_storeu_pd(p, v); }
ALWAYS_INLINE Doubles fma(Doubles a, Doubles b, Doubles c) { return _mm512_fmadd_pd(a, b, c); }

/// Eight sums in float64, one for each lane of a block; blocks are added one after the other.
struct Sums {
  Doubles lanes = _mm512_setzero_pd();
  ALWAYS_INLINE void add(Floats v) {
    lanes = lanes + _mm512_cvtps_pd(_mm512_castps512_ps256(v));
    lanes = lanes + _mm512_cvtps_pd(_mm512_extractf32x8_ps(v, 1));
  }
  void read(double* out) const { _mm512_storeu_pd(out, lanes); }
  void write(const double* in) { lanes = _mm512_loadu_pd(in); }
};

#elif DCTLOSS_IS == DCTLOSS_AVX2

using Floats = __m256;
constexpr int BLOCKS = 1;

ALWAYS_INLINE Floats broadcast(float x) { return _mm256_set1_ps(x); }
ALWAYS_INLINE Floats load(const float* p) { return _mm256_loadu_ps(p); }
ALWAYS_INLINE void store(float* p, Floats v) { _mm256_storeu_ps(p, v); }
ALWAYS_INLINE Floats repeat(const float* p) { return _mm256_load_ps(p); }
ALWAYS_INLINE void stream(float* p, Floats v) { _mm256_stream_ps(p, v); }
ALWAYS_INLINE void stream_line(float* p, const float* from) {
  _mm256_stream_ps(p, _mm256_loadu_ps(from));
  _mm256_stream_ps(p + 8, _mm256_loadu_ps(from + 8));
}

ALWAYS_INLINE Floats fma(Floats a, Floats b, Floats c) { return _mm256_fmadd_ps(a, b, c); }
ALWAYS_INLINE Floats fnma(Floats a, Floats b, Floats c) { return _mm256_fnmadd_ps(a, b, c); }
ALWAYS_INLINE Floats smaller(Floats a, Floats b) { return _mm256_min_ps(a, b); }
ALWAYS_INLINE Floats larger(Floats a, Floats b) { return _mm256_max_ps(a, b); }
ALWAYS_INLINE Floats magnitude(Floats a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
ALWAYS_INLINE Floats with_sign(Floats d, Floats z) {
  const Floats sign = _mm256_and_ps(_mm256_set1_ps(-0.0f), z);
  return _mm256_and_ps(_mm256_xor_ps(d, sign), _mm256_cmp_ps(z, _mm256_setzero_ps(), _CMP_NEQ_UQ));
}
#define DCTLOSS_ROOT_ESTIMATE _mm256_rsqrt_ps

ALWAYS_INLINE void transpose(Floats (&v)[8]) {
  Floats t[8], s[8];
  for (int i = 0; i < 4; i++) {
    t[2 * i] = _mm256_unpacklo_ps(v[2 * i], v[2 * i + 1]);
    t[2 * i + 1] = _mm256_unpackhi_ps(v[2 * i], v[2 * i + 1]);
  }
  for (int i = 0; i < 8; i += 4) {
    for (int j = 0; j < 2; j++) {
      s[i + 2 * j] = _mm256_shuffle_ps(t[i + j], t[i + 2 + j], 0x44);
      s[i + 2 * j + 1] = _mm256_shuffle_ps(t[i + j], t[i + 2 + j], 0xEE);
    }
  }
  for (int i = 0; i < 4; i++) {
    v[i] = _mm256_permute2f128_ps(s[i], s[i + 4], 0x20);
    v[i + 4] = _mm256_permute2f128_ps(s[i], s[i + 4], 0x31);
  }
}

ALWAYS_INLINE bool between(Floats sum, float least, float most, int) {
  const int enough = _mm256_movemask_ps(_mm256_cmp_ps(sum, broadcast(least), _CMP_GE_OQ));
  return enough != 0 && _mm256_movemask_ps(_mm256_cmp_ps(sum, broadcast(most), _CMP_LE_OQ)) == 0xFF;
}

using Doubles = __m256d;
ALWAYS_INLINE Doubles broadcast_double(double x) { return _mm256_set1_pd(x); }
ALWAYS_INLINE Doubles load_doubles(const double* p) { return _mm256_loadu_pd(p); }
ALWAYS_INLINE void store_doubles(double* p, Doubles v) { _mm256_storeu_pd(p, v); }
ALWAYS_INLINE Doubles fma(Doubles a, Doubles b, Doubles c) { return _mm256_fmadd_pd(a, b, c); }

struct Sums {
  Doubles left = _mm256_setzero_pd(), right = _mm256_setzero_pd();
  ALWAYS_INLINE void add(Floats v) {
    left = left + _mm256_cvtps_pd(_mm256_castps256_ps128(v));
    right = right + _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1));
  }
  void read(double* out) const {
    _mm256_storeu_pd(out, left);
    _mm256_storeu_pd(out + 4, right);
  }
  void write(const double* in) {
    left = _mm256_loadu_pd(in);
    right = _mm256_loadu_pd(in + 4);
  }
};

#else  // SSE2 and NEON: a block's row is two vectors of four

#if DCTLOSS_IS == DCTLOSS_SSE2

using Quad = __m128;
using Doubles = __m128d;

ALWAYS_INLINE Quad broadcast_quad(float x) { return _mm_set1_ps(x); }
ALWAYS_INLINE Quad load_quad(const float* p) { return _mm_loadu_ps(p); }
ALWAYS_INLINE void store_quad(float* p, Quad v) { _mm_storeu_ps(p, v); }
ALWAYS_INLINE Quad fma(Quad a, Quad b, Quad c) { return a * b + c; }
ALWAYS_INLINE Quad fnma(Quad a, Quad b, Quad c) { return c - a * b; }
ALWAYS_INLINE Quad smaller(Quad a, Quad b) { return _mm_min_ps(a, b); }
ALWAYS_INLINE Quad larger(Quad a, Quad b) { return _mm_max_ps(a, b); }
ALWAYS_INLINE Quad magnitude(Quad a) { return _mm_andnot_ps(_mm_set1_ps(-0.0f), a); }
ALWAYS_INLINE Quad with_sign(Quad d, Quad z) {
  const Quad sign = _mm_and_ps(_mm_set1_ps(-0.0f), z);
  return _mm_and_ps(_mm_xor_ps(d, sign), _mm_cmpneq_ps(z, _mm_setzero_ps()));
}
ALWAYS_INLINE Quad square_root(Quad s) { return _mm_sqrt_ps(s); }
ALWAYS_INLINE void transpose(Quad& a, Quad& b, Quad& c, Quad& d) { _MM_TRANSPOSE4_PS(a, b, c, d); }
ALWAYS_INLINE int count_at_least(Quad a, float least) {
  return _mm_movemask_ps(_mm_cmpge_ps(a, broadcast_quad(least)));
}
ALWAYS_INLINE bool all_at_most(Quad a, float most) {
  return _mm_movemask_ps(_mm_cmple_ps(a, broadcast_quad(most))) == 0xF;
}
ALWAYS_INLINE void stream_quad(float* p, Quad v) { _mm_stream_ps(p, v); }

ALWAYS_INLINE Doubles broadcast_double(double x) { return _mm_set1_pd(x); }
ALWAYS_INLINE Doubles load_doubles(const double* p) { return _mm_loadu_pd(p); }
ALWAYS_INLINE void store_doubles(double* p, Doubles v) { _mm_storeu_pd(p, v); }
ALWAYS_INLINE Doubles fma(Doubles a, Doubles b, Doubles c) { return a * b + c; }
ALWAYS_INLINE Doubles first_two(Quad v) { return _mm_cvtps_pd(v); }
ALWAYS_INLINE Doubles last_two(Quad v) { return _mm_cvtps_pd(_mm_movehl_ps(v, v)); }

#else

using Quad = float32x4_t;
using Doubles = float64x2_t;

ALWAYS_INLINE Quad broadcast_quad(float x) { return vdupq_n_f32(x); }
ALWAYS_INLINE Quad load_quad(const float* p) { return vld1q_f32(p); }
ALWAYS_INLINE void store_quad(float* p, Quad v) { vst1q_f32(p, v); }
ALWAYS_INLINE Quad fma(Quad a, Quad b, Quad c) { return vfmaq_f32(c, a, b); }
ALWAYS_INLINE Quad fnma(Quad a, Quad b, Quad c) { return vfmsq_f32(c, a, b); }
ALWAYS_INLINE Quad smaller(Quad a, Quad b) { return vminq_f32(a, b); }
ALWAYS_INLINE Quad larger(Quad a, Quad b) { return vmaxq_f32(a, b); }
ALWAYS_INLINE Quad magnitude(Quad a) { return vabsq_f32(a); }
ALWAYS_INLINE Quad with_sign(Quad d, Quad z) {
  const uint32x4_t sign = vandq_u32(vreinterpretq_u32_f32(z), vdupq_n_u32(0x80000000u));
  const uint32x4_t product = veorq_u32(vreinterpretq_u32_f32(d), sign);
  return vreinterpretq_f32_u32(vbicq_u32(product, vceqzq_f32(z)));
}
ALWAYS_INLINE Quad square_root(Quad s) { return vsqrtq_f32(s); }
ALWAYS_INLINE void transpose(Quad& a, Quad& b, Quad& c, Quad& d) {
  const float64x2_t ab0 = vreinterpretq_f64_f32(vzip1q_f32(a, b)), ab2 = vreinterpretq_f64_f32(vzip2q_f32(a, b));
  const float64x2_t cd0 = vreinterpretq_f64_f32(vzip1q_f32(c, d)), cd2 = vreinterpretq_f64_f32(vzip2q_f32(c, d));
  a = vreinterpretq_f32_f64(vzip1q_f64(ab0, cd0));
  b = vreinterpretq_f32_f64(vzip2q_f64(ab0, cd0));
  c = vreinterpretq_f32_f64(vzip1q_f64(ab2, cd2));
  d = vreinterpretq_f32_f64(vzip2q_f64(ab2, cd2));
}
ALWAYS_INLINE int count_at_least(Quad a, float least) {
  return static_cast<int>(vaddvq_u32(vandq_u32(vcgeq_f32(a, broadcast_quad(least)), vdupq_n_u32(1))));
}
ALWAYS_INLINE bool all_at_most(Quad a, float most) { return vminvq_u32(vcleq_f32(a, broadcast_quad(most))) != 0; }
ALWAYS_INLINE void stream_quad(float* p, Quad v) { vst1q_f32(p, v); }

ALWAYS_INLINE Doubles broadcast_double(double x) { return vdupq_n_f64(x); }
ALWAYS_INLINE Doubles load_doubles(const double* p) { return vld1q_f64(p); }
ALWAYS_INLINE void store_doubles(double* p, Doubles v) { vst1q_f64(p, v); }
ALWAYS_INLINE Doubles fma(Doubles a, Doubles b, Doubles c) { return vfmaq_f64(c, a, b); }
ALWAYS_INLINE Doubles first_two(Quad v) { return vcvt_f64_f32(vget_low_f32(v)); }
ALWAYS_INLINE Doubles last_two(Quad v) { return vcvt_high_f64_f32(v); }

#endif

struct Floats {
  Quad left, right;
  ALWAYS_INLINE Floats operator+(Floats b) const { return {left + b.left, right + b.right}; }
  ALWAYS_INLINE Floats operator-(Floats b) const { return {left - b.left, right - b.right}; }
  ALWAYS_INLINE Floats operator*(Floats b) const { return {left * b.left, right * b.right}; }
  ALWAYS_INLINE Floats operator/(Floats b) const { return {left / b.left, right / b.right}; }
  ALWAYS_INLINE Floats operator-() const { return {-left, -right}; }
};
constexpr int BLOCKS = 1;

ALWAYS_INLINE Floats broadcast(float x) { return {broadcast_quad(x), broadcast_quad(x)}; }
ALWAYS_INLINE Floats load(const float* p) { return {load_quad(p), load_quad(p + 4)}; }
ALWAYS_INLINE void store(float* p, Floats v) {
  store_quad(p, v.left);
  store_quad(p + 4, v.right);
}
ALWAYS_INLINE Floats repeat(const float* p) { return load(p); }
ALWAYS_INLINE void stream_line(float* p, const float* from) {
  for (int i = 0; i < 16; i += 4) {
    stream_quad(p + i, load_quad(from + i));
  }
}
ALWAYS_INLINE Floats fma(Floats a, Floats b, Floats c) {
  return {fma(a.left, b.left, c.left), fma(a.right, b.right, c.right)};
}
ALWAYS_INLINE Floats fnma(Floats a, Floats b, Floats c) {
  return {fnma(a.left, b.left, c.left), fnma(a.right, b.right, c.right)};
}
ALWAYS_INLINE Floats smaller(Floats a, Floats b) { return {smaller(a.left, b.left), smaller(a.right, b.right)}; }
ALWAYS_INLINE Floats larger(Floats a, Floats b) { return {larger(a.left, b.left), larger(a.right, b.right)}; }
ALWAYS_INLINE Floats magnitude(Floats a) { return {magnitude(a.left), magnitude(a.right)}; }
ALWAYS_INLINE Floats with_sign(Floats d, Floats z) {
  return {with_sign(d.left, z.left), with_sign(d.right, z.right)};
}
ALWAYS_INLINE Floats inverse_square_root_of_twice(Floats half) {
  const Quad one = broadcast_quad(1);
  return {one / square_root(half.left + half.left), one / square_root(half.right + half.right)};
}

ALWAYS_INLINE void transpose(Floats (&v)[8]) {
  transpose(v[0].left, v[1].left, v[2].left, v[3].left);
  transpose(v[0].right, v[1].right, v[2].right, v[3].right);
  transpose(v[4].left, v[5].left, v[6].left, v[7].left);
  transpose(v[4].right, v[5].right, v[6].right, v[7].right);
  for (int i = 0; i < 4; i++) {
    const Quad right = v[i].right;
    v[i].right = v[i + 4].left;
    v[i + 4].left = right;
  }
}

ALWAYS_INLINE bool between(Floats sum, float least, float most, int) {
  return count_at_least(sum.left, least) + count_at_least(sum.right, least) > 0 && all_at_most(sum.left, most) &&
         all_at_most(sum.right, most);
}

struct Sums {
  Doubles pairs[4] = {broadcast_double(0), broadcast_double(0), broadcast_double(0), broadcast_double(0)};
  ALWAYS_INLINE void add(Floats v) {
    pairs[0] = pairs[0] + first_two(v.left);
    pairs[1] = pairs[1] + last_two(v.left);
    pairs[2] = pairs[2] + first_two(v.right);
    pairs[3] = pairs[3] + last_two(v.right);
  }
  void read(double* out) const {
    for (int i = 0; i < 4; i++) {
      store_doubles(out + 2 * i, pairs[i]);
    }
  }
  void write(const double* in) {
    for (int i = 0; i < 4; i++) {
      pairs[i] = load_doubles(in + 2 * i);
    }
  }
};

#endif

constexpr int LANES = 8 * BLOCKS;

/// Whether there are registers enough for two independent vectors, which hide each other's latencies.
constexpr bool TWO_AT_A_TIME = DCTLOSS_IS == DCTLOSS_AVX512 || DCTLOSS_IS == DCTLOSS_AVX2;
constexpr int WIDTH = sizeof(Doubles) / sizeof(double);

#ifdef DCTLOSS_ROOT_ESTIMATE
/// 1 / sqrt(2 half): 12 or 14 bits and one step of Newton's, within 2e-7.
ALWAYS_INLINE Floats inverse_square_root_of_twice(Floats half) {
  const Floats y = DCTLOSS_ROOT_ESTIMATE(half + half);
  return fma(y, fnma(half * y, y, broadcast(0.5f)), y);
}

/// a - b. These processors have as many units that multiply and add as units that add alone: the product by 1 spreads
/// the work over both, and has the same bits.
ALWAYS_INLINE Floats difference(Floats a, Floats b) { return fnma(b, broadcast(1), a); }
#else
ALWAYS_INLINE Floats difference(Floats a, Floats b) { return a - b; }
#endif

ALWAYS_INLINE Floats quotient(Floats a, Floats b) { return a / b; }

/// To the second cache: more lines are under way than the first one can wait for.
ALWAYS_INLINE void prefetch(const float* p) { __builtin_prefetch(p, 0, 2); }
ALWAYS_INLINE void prefetch_to_write(const float* p) { __builtin_prefetch(p, 1, 2); }

/// What was stored past the caches is seen by other threads from here on.
ALWAYS_INLINE void end_of_stream() {
#if DCTLOSS_IS != DCTLOSS_NEON
  _mm_sfence();
#endif
}

}  // namespace
}  // namespace dctloss

// What the headers that CUDA shares are written in.
#define DCTLOSS_FUNCTION static ALWAYS_INLINE
#define DCTLOSS_CONSTANT(V, x) broadcast(x)

// The 8x8 kernel: difference, transform, weights, penalty, derivative and transposed transform of a row of blocks, in
// registers.
//
// Vertical transform, transposition, horizontal transform: coefficients thus lie transposed, weights too, and the two
// passes of the gradient bring them back with one transposition more. A block whose sum of penalties shows that float32
// may not hold it is done again in float64 (see careful()).
#pragma once

#include "border.h"
#include "simd.h"
// after simd.h, which says what the shared headers are made of
#include "flow_graph.h"
#include "penalty.h"

#define UNROLLED _Pragma("GCC unroll 8")

namespace dctloss {
namespace {

/// Whether float32 holds a factor of gradients, with room for weights and coefficients beside it.
inline bool float_holds(double factor) {
  return factor == 0 || (std::fabs(factor) >= 1e-30 && std::fabs(factor) <= 1e30);
}

/// Eight lines of pixels, `stride` apart.
struct Lines {
  const float* at;
  int64_t stride;
};

/// Eight lines that are written; none if `at` is null.
struct Output {
  float* at;
  int64_t stride;
};

/// What is the same for all blocks of a plane.
struct Pass {
  const float* weights;             // q: 64, transposed (row = horizontal frequency)
  alignas(64) float gradients[64];  // q times the constant factor of the gradients
  float first, second;              // of the penalty, see there
  int32_t penalty;
  double parameter;
  double scale;        // factor of the gradients
  bool always_careful;  // there is a map or a spectrum, or float32 cannot hold the factor
  float* map;          // of the run's first block, or null
  double* spectrum;    // 64, row = vertical frequency, or null
};

/// One run over the blocks that lie side by side from the first column on.
struct Run {
  Lines prediction, target;
  Output gradient, target_gradient;
  int blocks;
  Lines prediction_ahead, target_ahead;  // what to prefetch meanwhile, where pixels come from memory
};

/// Loads and stores of the first `blocks` of a vector.
ALWAYS_INLINE Floats load_blocks(const float* p, [[maybe_unused]] int blocks) {
#if DCTLOSS_IS == DCTLOSS_AVX512
  if (blocks < BLOCKS) {
    return load_first(p);
  }
#endif
  return load(p);
}

ALWAYS_INLINE void store_blocks(float* p, Floats v, [[maybe_unused]] int blocks) {
#if DCTLOSS_IS == DCTLOSS_AVX512
  if (blocks < BLOCKS) {
    store_first(p, v);
    return;
  }
#endif
  store(p, v);
}

ALWAYS_INLINE void forward(Floats (&v)[8]) {
  transform(v);
  transpose(v);
  transform(v);
}

ALWAYS_INLINE void adjoint(Floats (&v)[8]) {
  transform_transposed(v);
  transpose(v);
  transform_transposed(v);
}

ALWAYS_INLINE void load_rows(const Lines& from, int64_t x, int blocks, Floats (&v)[8]) {
  UNROLLED for (int r = 0; r < 8; r++) v[r] = load_blocks(from.at + r * from.stride + x, blocks);
}

ALWAYS_INLINE void load_differences(const Run& run, int64_t x, int blocks, Floats (&v)[8]) {
  const Lines &p = run.prediction, &t = run.target;
  UNROLLED for (int r = 0; r < 8; r++) {
    v[r] = load_blocks(p.at + r * p.stride + x, blocks) - load_blocks(t.at + r * t.stride + x, blocks);
  }
}

ALWAYS_INLINE void store_rows(const Output& to, int64_t x, int blocks, const Floats (&v)[8]) {
  UNROLLED for (int r = 0; r < 8; r++) store_blocks(to.at + r * to.stride + x, v[r], blocks);
}

ALWAYS_INLINE void negate(Floats (&v)[8]) {
  UNROLLED for (int r = 0; r < 8; r++) v[r] = -v[r];
}

/// From derivatives, which it overwrites, to gradients.
ALWAYS_INLINE void store_signed(const Run& run, int64_t x, int blocks, Floats (&d)[8]) {
  adjoint(d);
  if (run.gradient.at != nullptr) {
    store_rows(run.gradient, x, blocks, d);
  }
  if (run.target_gradient.at != nullptr) {
    negate(d);
    store_rows(run.target_gradient, x, blocks, d);
  }
}

/// The same where magnitudes were compared; p and t are the images' coefficients, which it overwrites.
ALWAYS_INLINE void store_magnitudes(const Run& run, int64_t x, int blocks, const Floats (&d)[8], Floats (&p)[8],
                                    Floats (&t)[8]) {
  if (run.gradient.at != nullptr) {
    UNROLLED for (int r = 0; r < 8; r++) p[r] = with_sign(d[r], p[r]);
    adjoint(p);
    store_rows(run.gradient, x, blocks, p);
  }
  if (run.target_gradient.at != nullptr) {
    UNROLLED for (int r = 0; r < 8; r++) t[r] = with_sign(-d[r], t[r]);
    adjoint(t);
    store_rows(run.target_gradient, x, blocks, t);
  }
}

/// U vectors side by side, which are independent and so hide each other's latencies. Returns false, before it has
/// stored anything, if float32 may not hold some block.
template <Penalty PENALTY, bool GRADIENT, int U>
ALWAYS_INLINE bool step_signed(const Pass& pass, const Run& run, int64_t x, int blocks, Sums& sums) {
  Floats v[U][8], sum[U];
  UNROLLED for (int u = 0; u < U; u++) load_differences(run, x + u * LANES, blocks, v[u]);
  UNROLLED for (int u = 0; u < U; u++) transform(v[u]);
  UNROLLED for (int u = 0; u < U; u++) transpose(v[u]);
  UNROLLED for (int u = 0; u < U; u++) transform(v[u]);
  const Floats first = broadcast(pass.first), second = broadcast(pass.second);
  UNROLLED for (int u = 0; u < U; u++) sum[u] = broadcast(0);
  UNROLLED for (int r = 0; r < 8; r++) {
    const Floats q = repeat(pass.weights + 8 * r), d = repeat(pass.gradients + 8 * r);
    UNROLLED for (int u = 0; u < U; u++) v[u][r] = penalise<PENALTY>(v[u][r], q, d, first, second, sum[u]);
  }
  bool trusted = true;
  UNROLLED for (int u = 0; u < U; u++) trusted &= between(sum[u], SMALLEST_TRUSTED_SUM, LARGEST_TRUSTED_SUM, blocks);
  if (__builtin_expect(!trusted, false)) {
    return false;
  }
  UNROLLED for (int u = 0; u < U; u++) sums.add(sum[u]);
  if constexpr (GRADIENT) {
    UNROLLED for (int u = 0; u < U; u++) transform_transposed(v[u]);
    UNROLLED for (int u = 0; u < U; u++) transpose(v[u]);
    UNROLLED for (int u = 0; u < U; u++) transform_transposed(v[u]);
    if (run.gradient.at != nullptr) {
      UNROLLED for (int u = 0; u < U; u++) store_rows(run.gradient, x + u * LANES, blocks, v[u]);
    }
    if (run.target_gradient.at != nullptr) {
      UNROLLED for (int u = 0; u < U; u++) {
        negate(v[u]);
        store_rows(run.target_gradient, x + u * LANES, blocks, v[u]);
      }
    }
  }
  return true;
}

template <Penalty PENALTY, bool GRADIENT>
ALWAYS_INLINE bool step_magnitudes(const Pass& pass, const Run& run, int64_t x, int blocks, Sums& sums) {
  Floats p[8], t[8], d[8], sum = broadcast(0);
  load_rows(run.prediction, x, blocks, p);
  load_rows(run.target, x, blocks, t);
  forward(p);
  forward(t);
  const Floats first = broadcast(pass.first), second = broadcast(pass.second);
  UNROLLED for (int r = 0; r < 8; r++) {
    const Floats q = repeat(pass.weights + 8 * r), factor = repeat(pass.gradients + 8 * r);
    d[r] = penalise<PENALTY>(magnitude(p[r]) - magnitude(t[r]), q, factor, first, second, sum);
  }
  if (__builtin_expect(!between(sum, SMALLEST_TRUSTED_SUM, LARGEST_TRUSTED_SUM, blocks), false)) {
    return false;
  }
  sums.add(sum);
  if constexpr (GRADIENT) {
    store_magnitudes(run, x, blocks, d, p, t);
  }
  return true;
}

/// One block's penalties and derivatives in float64.
///
/// @param z the block's first coefficient; rows are LANES apart, as in d, which receives the derivatives
/// @return the sum of penalties; NaN, in the derivatives too, if a coefficient is not finite
double block_in_doubles(const Pass& pass, const float* z, float* d) {
  double sum = 0;
  for (int r = 0; r < 8; r++) {
    for (int i = 0; i < 8; i++) {
      const double q = pass.weights[8 * r + i];
      const double e = z[r * LANES + i] * q;
      sum += penalty_value(pass.penalty, pass.parameter, e);
      d[r * LANES + i] = static_cast<float>(pass.scale * q * penalty_derivative(pass.penalty, pass.parameter, e));
    }
  }
  sum = finite_or_nan(sum);
  for (int i = 0; sum != sum && i < 64; i++) {
    d[i / 8 * LANES + i % 8] = static_cast<float>(sum);
  }
  return sum;
}

/// Identical blocks are common (borders, paddings), and what the fast loops have made of them is right.
bool all_zero(const Pass& pass, const float* z) {
  for (int i = 0; i < 64; i++) {
    if (z[i / 8 * LANES + i % 8] * static_cast<double>(pass.weights[i]) != 0) {
      return false;
    }
  }
  return true;
}

void penalise_any(const Pass& pass, const Floats (&z)[8], Floats (&d)[8], Floats& sum) {
  const Floats first = broadcast(pass.first), second = broadcast(pass.second);
  for (int r = 0; r < 8; r++) {
    const Floats q = repeat(pass.weights + 8 * r), factor = repeat(pass.gradients + 8 * r);
    switch (pass.penalty) {
      case SQUARED:
        d[r] = penalise<SQUARED>(z[r], q, factor, first, second, sum);
        break;
      case ABSOLUTE:
        d[r] = penalise<ABSOLUTE>(z[r], q, factor, first, second, sum);
        break;
      case CHARBONNIER:
        d[r] = penalise<CHARBONNIER>(z[r], q, factor, first, second, sum);
        break;
      default:
        d[r] = penalise<HUBER>(z[r], q, factor, first, second, sum);
    }
  }
}

/// One vector with everything that is rare: blocks whose squares leave float32, maps and spectra. Blocks that float32
/// holds get the same bits as in the fast steps.
NEVER_INLINE void careful(const Pass& pass, const Run& run, bool magnitudes, int64_t x, int blocks, Sums& sums) {
  Floats p[8], t[8], d[8], sum = broadcast(0);
  alignas(64) float z[8 * LANES], derivatives[8 * LANES], lane_sums[LANES];
  double total[8];
  if (magnitudes) {
    load_rows(run.prediction, x, blocks, p);
    load_rows(run.target, x, blocks, t);
    forward(p);
    forward(t);
    for (int r = 0; r < 8; r++) {
      store(z + r * LANES, magnitude(p[r]) - magnitude(t[r]));
    }
  } else {
    load_differences(run, x, blocks, p);
    forward(p);
    for (int r = 0; r < 8; r++) {
      store(z + r * LANES, p[r]);
    }
  }
  for (int r = 0; r < 8; r++) {
    d[r] = load(z + r * LANES);
  }
  penalise_any(pass, d, d, sum);
  for (int r = 0; r < 8; r++) {
    store(derivatives + r * LANES, d[r]);
  }
  store(lane_sums, sum);
  const bool factor_fits = float_holds(pass.scale);
  sums.read(total);
  for (int b = 0; b < blocks; b++) {
    const float* block = z + 8 * b;
    double block_sum = 0;
    bool enough = false, fits = true;
    for (int i = 0; i < 8; i++) {
      const float s = lane_sums[8 * b + i];
      enough |= s >= SMALLEST_TRUSTED_SUM;
      fits &= s <= LARGEST_TRUSTED_SUM;
      block_sum += s;
    }
    if ((enough && fits && factor_fits) || all_zero(pass, block)) {
      for (int i = 0; i < 8; i++) {
        total[i] += lane_sums[8 * b + i];
      }
    } else {
      block_sum = block_in_doubles(pass, block, derivatives + 8 * b);
      total[0] += block_sum;
    }
    if (pass.map != nullptr) {
      pass.map[x / 8 + b] = static_cast<float>(block_sum / 64);
    }
    if (pass.spectrum != nullptr) {
      for (int i = 0; i < 64; i++) {
        const int u = i / 8, v = i % 8;
        const double rho = penalty_value(pass.penalty, pass.parameter,
                                         block[v * LANES + u] * static_cast<double>(pass.weights[8 * v + u]));
        pass.spectrum[i] += finite_or_nan(rho);
      }
    }
  }
  sums.write(total);
  if (run.gradient.at == nullptr && run.target_gradient.at == nullptr) {
    return;
  }
  for (int r = 0; r < 8; r++) {
    d[r] = load(derivatives + r * LANES);
  }
  if (magnitudes) {
    store_magnitudes(run, x, blocks, d, p, t);
  } else {
    store_signed(run, x, blocks, d);
  }
}

/// Two regimes. In cache: two vectors at a time. From memory (AHEAD): one, and what comes later is prefetched, because
/// sixteen lines at once are more than the processor's own prefetcher follows.
template <Penalty PENALTY, Coefficients COEFFICIENTS, bool GRADIENT, bool AHEAD>
void run_blocks(const Pass& pass, const Run& given, Sums& sums) {
  const Run run = given;
  Sums local = sums;
  constexpr bool MAGNITUDES = COEFFICIENTS == MAGNITUDE;
  constexpr int U = AHEAD || MAGNITUDES || DCTLOSS_IS == DCTLOSS_SSE2 || DCTLOSS_IS == DCTLOSS_NEON ? 1 : 2;
  int64_t x = 0;
  const int64_t end = int64_t{8} * run.blocks;
  while (x < end) {
    const int left = static_cast<int>((end - x) / 8);
    if (left >= U * BLOCKS && !pass.always_careful) {
      if constexpr (AHEAD) {
        const Lines &p = run.prediction_ahead, &t = run.target_ahead;
        UNROLLED for (int r = 0; r < 8; r++) prefetch(p.at + r * p.stride + x);
        UNROLLED for (int r = 0; r < 8; r++) prefetch(t.at + r * t.stride + x);
      }
      bool done;
      if constexpr (MAGNITUDES) {
        done = step_magnitudes<PENALTY, GRADIENT>(pass, run, x, BLOCKS, local);
      } else {
        done = step_signed<PENALTY, GRADIENT, U>(pass, run, x, BLOCKS, local);
      }
      if (__builtin_expect(done, true)) {
        x += U * LANES;
        continue;
      }
    } else if (!pass.always_careful) {
      const int blocks = left < BLOCKS ? left : BLOCKS;
      bool done;
      if constexpr (MAGNITUDES) {
        done = step_magnitudes<PENALTY, GRADIENT>(pass, run, x, blocks, local);
      } else {
        done = step_signed<PENALTY, GRADIENT, 1>(pass, run, x, blocks, local);
      }
      if (__builtin_expect(done, true)) {
        x += 8 * blocks;
        continue;
      }
    }
    const int blocks = left < BLOCKS ? left : BLOCKS;
    careful(pass, run, MAGNITUDES, x, blocks, local);
    x += 8 * blocks;
  }
  sums = local;
}

using RunBlocks = void (*)(const Pass&, const Run&, Sums&);

template <Penalty PENALTY, Coefficients COEFFICIENTS>
RunBlocks choose(bool gradient, bool ahead) {
  if (gradient) {
    return ahead ? run_blocks<PENALTY, COEFFICIENTS, true, true> : run_blocks<PENALTY, COEFFICIENTS, true, false>;
  }
  return ahead ? run_blocks<PENALTY, COEFFICIENTS, false, true> : run_blocks<PENALTY, COEFFICIENTS, false, false>;
}

template <Coefficients COEFFICIENTS>
RunBlocks choose(int32_t penalty, bool gradient, bool ahead) {
  switch (penalty) {
    case SQUARED:
      return choose<SQUARED, COEFFICIENTS>(gradient, ahead);
    case ABSOLUTE:
      return choose<ABSOLUTE, COEFFICIENTS>(gradient, ahead);
    case CHARBONNIER:
      return choose<CHARBONNIER, COEFFICIENTS>(gradient, ahead);
    default:
      return choose<HUBER, COEFFICIENTS>(gradient, ahead);
  }
}

}  // namespace
}  // namespace dctloss

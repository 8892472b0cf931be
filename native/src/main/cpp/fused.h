// The 8x8 kernel: difference, transform, weights, penalty, derivative and transposed transform of a row of blocks, in
// registers.
//
// Vertical transform, transposition, horizontal transform: coefficients thus lie transposed, weights too, and the two
// passes of the gradient bring them back with one transposition more. A block whose sum of penalties shows that float32
// may not hold it is done again in float64 (see careful()).
#pragma once

#include <cfloat>

#include "border.h"
#include "simd.h"
// after simd.h, which says what the shared headers are made of
#include "flow_graph.h"
#include "penalty.h"

#define UNROLLED _Pragma("GCC unroll 8")

namespace dctloss {
namespace {

/// Factors of a gradient that leave room for what they are multiplied with. (Below FLT_MIN they would lose digits.)
constexpr double LARGEST_PRODUCT = 1e37;
inline bool product_fits(double product) {
  return product == 0 || (std::fabs(product) >= FLT_MIN && std::fabs(product) <= LARGEST_PRODUCT);
}

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
  const float* weights;             // 64, transposed (row = horizontal frequency)
  alignas(64) float errors[64];     // weights times error_factor()
  alignas(64) float gradients[64];  // weights times derivative_factor() and scale
  float first, second;              // of the penalty, see there
  int32_t penalty;
  double parameter;
  double scale;        // factor of the gradients
  bool float_holds;     // whether float32 holds the factor and its products with the weights
  bool always_careful;  // it does not, or there is a map or a spectrum
  float* map;          // of the run's first block, or null
  double* spectrum;    // 64, row = vertical frequency, or null
};

/// One run over the blocks that lie side by side from the first column on.
struct Run {
  Lines prediction, target;
  Output gradient, target_gradient;
  int blocks;
  // What to fetch meanwhile, where pixels come from memory. The gradient's lines, too, if stores do not go past the caches.
  Lines prediction_ahead, target_ahead, gradient_ahead;
  bool past_caches = false;  ///< store so where lines allow it
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

template <Penalty PENALTY>
ALWAYS_INLINE void penalise_rows(const Pass& pass, Floats (&v)[8], Floats& sum) {
  const Floats first = broadcast(pass.first), second = broadcast(pass.second);
  UNROLLED for (int r = 0; r < 8; r++) {
    v[r] = penalise<PENALTY>(v[r], repeat(pass.errors + 8 * r), repeat(pass.gradients + 8 * r), first, second, sum);
  }
}

/// A vector of each of eight rows, in memory.
struct Spilled {
  alignas(64) float at[8 * LANES];

  explicit Spilled(const Floats (&v)[8]) {
    for (int r = 0; r < 8; r++) store(at + r * LANES, v[r]);
  }
  void read(Floats (&v)[8]) const {
    for (int r = 0; r < 8; r++) v[r] = load(at + r * LANES);
  }
  void fill_block(int b, float value) {
    for (int i = 0; i < 64; i++) at[i / 8 * LANES + 8 * b + i % 8] = value;
  }
};

#if DCTLOSS_IS == DCTLOSS_AVX512 || DCTLOSS_IS == DCTLOSS_AVX2
#define DCTLOSS_STREAMS 1
/// Whether whole vectors of these lines are whole cache lines, or halves of them: only then is it of use to store them past
/// the caches.
inline bool streams(const Output& to) {
  return to.at != nullptr && reinterpret_cast<uintptr_t>(to.at) % sizeof(Floats) == 0 && to.stride % LANES == 0;
}
#endif

/// Where a step leaves its gradients: as they come,
struct Plainly {
  static constexpr bool FETCHES = true;
  const Run& run;

  ALWAYS_INLINE void gradient(int64_t x, int blocks, const Floats (&v)[8]) const {
    store_rows(run.gradient, x, blocks, v);
  }
};

#ifdef DCTLOSS_STREAMS
/// or past the caches; whole vectors only.
struct PastCaches {
  static constexpr bool FETCHES = false;
  const Run& run;

  ALWAYS_INLINE void gradient(int64_t x, int, const Floats (&v)[8]) const {
    UNROLLED for (int r = 0; r < 8; r++) stream(run.gradient.at + r * run.gradient.stride + x, v[r]);
  }
};
#endif

/// Stores the gradients of signed errors.
template <class Sink>
ALWAYS_INLINE void store_signed(Sink& to, int64_t x, int blocks, Floats (&v)[8]) {
  if (to.run.gradient.at != nullptr) {
    to.gradient(x, blocks, v);
  }
  if (to.run.target_gradient.at != nullptr) {
    negate(v);
    store_rows(to.run.target_gradient, x, blocks, v);
  }
}

/// Brings back and stores the gradients of magnitudes' derivatives d; p and t are the images' coefficients, which it
/// overwrites.
template <class Sink>
ALWAYS_INLINE void store_magnitudes(Sink& to, int64_t x, int blocks, const Floats (&d)[8], Floats (&p)[8],
                                    Floats (&t)[8]) {
  if (to.run.gradient.at != nullptr) {
    UNROLLED for (int r = 0; r < 8; r++) p[r] = with_sign(d[r], p[r]);
    adjoint(p);
    to.gradient(x, blocks, p);
  }
  if (to.run.target_gradient.at != nullptr) {
    UNROLLED for (int r = 0; r < 8; r++) t[r] = with_sign(-d[r], t[r]);
    adjoint(t);
    store_rows(to.run.target_gradient, x, blocks, t);
  }
}

ALWAYS_INLINE bool trusted(Floats sum, int blocks) {
  return __builtin_expect(between(sum, SMALLEST_TRUSTED_SUM, LARGEST_TRUSTED_SUM, blocks), true);
}

/// One vector. Returns false, before it has stored anything, if float32 may not hold some block.
template <Penalty PENALTY, bool GRADIENT, class Sink>
ALWAYS_INLINE bool step_signed(const Pass& pass, Sink& to, int64_t x, int blocks, Sums& sums) {
  Floats v[8], sum = broadcast(0);
  load_differences(to.run, x, blocks, v);
  forward(v);
  penalise_rows<PENALTY>(pass, v, sum);
  if (!trusted(sum, blocks)) {
    return false;
  }
  sums.add(sum);
  if constexpr (GRADIENT) {
    adjoint(v);
    store_signed(to, x, blocks, v);
  }
  return true;
}

/// Two vectors. The second is a step behind the first, so that additions meet shuffles, which other units do.
template <Penalty PENALTY, bool GRADIENT, class Sink>
ALWAYS_INLINE bool two_steps_signed(const Pass& pass, Sink& to, int64_t x, Sums& sums) {
  Floats a[8], b[8], sum_a = broadcast(0), sum_b = broadcast(0);
  load_differences(to.run, x, BLOCKS, a);
  load_differences(to.run, x + LANES, BLOCKS, b);
  transform(a);
  transpose(a);
  transform(b);
  transform(a);
  transpose(b);
  penalise_rows<PENALTY>(pass, a, sum_a);
  transform(b);
  if constexpr (GRADIENT) {
    transform_transposed(a);
  }
  penalise_rows<PENALTY>(pass, b, sum_b);
  if (!(trusted(sum_a, BLOCKS) && trusted(sum_b, BLOCKS))) {
    return false;
  }
  sums.add(sum_a);
  sums.add(sum_b);
  if constexpr (GRADIENT) {
    transpose(a);
    transform_transposed(b);
    transform_transposed(a);
    transpose(b);
    transform_transposed(b);
    store_signed(to, x, BLOCKS, a);
    store_signed(to, x + LANES, BLOCKS, b);
  }
  return true;
}

/// One vector of both images. Returns false like step_signed().
template <Penalty PENALTY, bool GRADIENT, class Sink>
ALWAYS_INLINE bool step_magnitudes(const Pass& pass, Sink& to, int64_t x, int blocks, Sums& sums) {
  Floats p[8], t[8], d[8], sum = broadcast(0);
  load_rows(to.run.prediction, x, blocks, p);
  load_rows(to.run.target, x, blocks, t);
  transform(p);
  transpose(p);
  transform(t);
  transform(p);
  transpose(t);
  transform(t);
  UNROLLED for (int r = 0; r < 8; r++) d[r] = magnitude(p[r]) - magnitude(t[r]);
  penalise_rows<PENALTY>(pass, d, sum);
  if (!trusted(sum, blocks)) {
    return false;
  }
  sums.add(sum);
  if constexpr (GRADIENT) {
    store_magnitudes(to, x, blocks, d, p, t);
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

void penalise_any(const Pass& pass, Floats (&v)[8], Floats& sum) {
  switch (pass.penalty) {
    case SQUARED:
      return penalise_rows<SQUARED>(pass, v, sum);
    case ABSOLUTE:
      return penalise_rows<ABSOLUTE>(pass, v, sum);
    case CHARBONNIER:
      return penalise_rows<CHARBONNIER>(pass, v, sum);
    default:
      return penalise_rows<HUBER>(pass, v, sum);
  }
}

/// One vector with everything that is rare: blocks whose squares leave float32, maps and spectra. Blocks that float32
/// holds get the same bits as in the fast steps.
NEVER_INLINE void careful(const Pass& pass, const Run& run, bool magnitudes, int64_t x, int blocks, Sums& sums) {
  Floats p[8], t[8], d[8], sum = broadcast(0);
  load_rows(run.prediction, x, blocks, p);
  load_rows(run.target, x, blocks, t);
  if (magnitudes) {
    forward(p);
    forward(t);
    for (int r = 0; r < 8; r++) d[r] = magnitude(p[r]) - magnitude(t[r]);
  } else {
    for (int r = 0; r < 8; r++) d[r] = p[r] - t[r];
    forward(d);
  }
  const Spilled errors(d);
  Spilled of_prediction(p), of_target(t);
  penalise_any(pass, d, sum);
  Spilled derivatives(d);
  alignas(64) float lane_sums[LANES];
  double total[8];
  store(lane_sums, sum);
  sums.read(total);
  for (int b = 0; b < blocks; b++) {
    const float* z = errors.at + 8 * b;
    double block_sum = 0;
    bool enough = false, fits = true;
    for (int i = 0; i < 8; i++) {
      const float s = lane_sums[8 * b + i];
      enough |= s >= SMALLEST_TRUSTED_SUM;
      fits &= s <= LARGEST_TRUSTED_SUM;
      block_sum += s;
    }
    if ((enough && fits && pass.float_holds) || all_zero(pass, z)) {
      for (int i = 0; i < 8; i++) total[i] += lane_sums[8 * b + i];
    } else {
      block_sum = block_in_doubles(pass, z, derivatives.at + 8 * b);
      total[0] += block_sum;
      if (block_sum != block_sum) {
        // A coefficient of exactly 0 has no sign that would pass the NaN on.
        of_prediction.fill_block(b, NAN);
        of_target.fill_block(b, NAN);
      }
    }
    if (pass.map != nullptr) {
      pass.map[x / 8 + b] = static_cast<float>(block_sum / 64);
    }
    if (pass.spectrum != nullptr) {
      for (int i = 0; i < 64; i++) {
        const int u = i / 8, v = i % 8;
        const double e = z[v * LANES + u] * static_cast<double>(pass.weights[8 * v + u]);
        pass.spectrum[i] += finite_or_nan(penalty_value(pass.penalty, pass.parameter, e));
      }
    }
  }
  sums.write(total);
  if (run.gradient.at == nullptr && run.target_gradient.at == nullptr) {
    return;
  }
  derivatives.read(d);
  Plainly to{run};
  if (magnitudes) {
    of_prediction.read(p);
    of_target.read(t);
    store_magnitudes(to, x, blocks, d, p, t);
  } else {
    adjoint(d);
    store_signed(to, x, blocks, d);
  }
}

/// One vector or the rest of one, out of the way of the loop that does nearly all of them.
template <Penalty PENALTY, Coefficients COEFFICIENTS, bool GRADIENT>
NEVER_INLINE void single_step(const Pass& pass, const Run& run, int64_t x, int blocks, Sums& sums) {
  Plainly to{run};
  bool done = false;
  if (!pass.always_careful) {
    if constexpr (COEFFICIENTS == MAGNITUDE) {
      done = step_magnitudes<PENALTY, GRADIENT>(pass, to, x, blocks, sums);
    } else {
      done = step_signed<PENALTY, GRADIENT>(pass, to, x, blocks, sums);
    }
  }
  if (!done) {
    careful(pass, run, COEFFICIENTS == MAGNITUDE, x, blocks, sums);
  }
}

/// Two regimes. In cache: two vectors at a time. From memory: what comes later is fetched meanwhile, because sixteen lines
/// at once are more than the processor's own prefetcher follows, and gradients leave past the caches.
template <Penalty PENALTY, Coefficients COEFFICIENTS, bool GRADIENT, bool AHEAD, class Sink>
ALWAYS_INLINE void run_blocks(const Pass& pass, const Run& run, Sink& to, Sums& given_sums) {
  Sums sums = given_sums;
  constexpr int U = COEFFICIENTS == MAGNITUDE || !TWO_AT_A_TIME || AHEAD ? 1 : 2;
  const int64_t end = int64_t{8} * run.blocks;
  const int64_t fast_end = pass.always_careful ? -1 : end - U * LANES;
  for (int64_t x = 0; x < end;) {
    for (; x <= fast_end; x += U * LANES) {
      if constexpr (AHEAD) {
        const Lines &p = run.prediction_ahead, &t = run.target_ahead;
        UNROLLED for (int r = 0; r < 8; r++) prefetch(p.at + r * p.stride + x);
        UNROLLED for (int r = 0; r < 8; r++) prefetch(t.at + r * t.stride + x);
        if constexpr (GRADIENT && Sink::FETCHES) {
          UNROLLED for (int r = 0; r < 8; r++) prefetch_to_write(run.gradient_ahead.at + r * t.stride + x);
        }
      }
      bool done;
      if constexpr (U == 2) {
        done = two_steps_signed<PENALTY, GRADIENT>(pass, to, x, sums);
      } else if constexpr (COEFFICIENTS == MAGNITUDE) {
        done = step_magnitudes<PENALTY, GRADIENT>(pass, to, x, BLOCKS, sums);
      } else {
        done = step_signed<PENALTY, GRADIENT>(pass, to, x, BLOCKS, sums);
      }
      if (!done) {
        break;
      }
    }
    if (x < end) {
      const int blocks = end - x < LANES ? static_cast<int>((end - x) / 8) : BLOCKS;
      // Copies, so that the loop's own variables have no address and stay in registers.
      const Run same_run = run;
      Sums same_sums = sums;
      single_step<PENALTY, COEFFICIENTS, GRADIENT>(pass, same_run, x, blocks, same_sums);
      sums = same_sums;
      x += 8 * blocks;
    }
  }
  given_sums = sums;
}

/// The run with all lines the same distance apart, which leaves registers enough for their addresses.
ALWAYS_INLINE Run with_one_stride(const Run& run) {
  Run same = run;
  same.target.stride = same.gradient.stride = same.target_gradient.stride = run.prediction.stride;
  same.prediction_ahead.stride = same.target_ahead.stride = run.prediction.stride;
  return same;
}

inline bool has_one_stride(const Run& run) {
  const int64_t stride = run.prediction.stride;
  return run.target.stride == stride && (run.gradient.at == nullptr || run.gradient.stride == stride) &&
         (run.target_gradient.at == nullptr || run.target_gradient.stride == stride);
}

/// Lines of different distances are rare: one vector at a time will do.
template <Penalty PENALTY, Coefficients COEFFICIENTS, bool GRADIENT>
NEVER_INLINE void run_with_strides(const Pass& pass, const Run& run, Sums& sums) {
  for (int64_t x = 0; x < int64_t{8} * run.blocks; x += LANES) {
    const int left = static_cast<int>(run.blocks - x / 8);
    single_step<PENALTY, COEFFICIENTS, GRADIENT>(pass, run, x, left < BLOCKS ? left : BLOCKS, sums);
  }
}

template <Penalty PENALTY, Coefficients COEFFICIENTS, bool GRADIENT>
void run_in_cache(const Pass& pass, const Run& given, Sums& sums) {
  if (!has_one_stride(given)) {
    run_with_strides<PENALTY, COEFFICIENTS, GRADIENT>(pass, given, sums);
    return;
  }
  const Run run = with_one_stride(given);
  Plainly to{run};
  run_blocks<PENALTY, COEFFICIENTS, GRADIENT, false>(pass, run, to, sums);
}

template <Penalty PENALTY, Coefficients COEFFICIENTS, bool GRADIENT>
void run_from_memory(const Pass& pass, const Run& given, Sums& sums) {
  if (!has_one_stride(given)) {
    run_with_strides<PENALTY, COEFFICIENTS, GRADIENT>(pass, given, sums);
    return;
  }
  const Run run = with_one_stride(given);
#ifdef DCTLOSS_STREAMS
  if constexpr (GRADIENT) {
    if (run.past_caches && streams(run.gradient)) {
      PastCaches to{run};
      run_blocks<PENALTY, COEFFICIENTS, true, true>(pass, run, to, sums);
      return;
    }
  }
#endif
  Plainly to{run};
  run_blocks<PENALTY, COEFFICIENTS, GRADIENT, true>(pass, run, to, sums);
}

using RunBlocks = void (*)(const Pass&, const Run&, Sums&);

template <Penalty PENALTY, Coefficients COEFFICIENTS>
RunBlocks choose(bool gradient, bool from_memory) {
  if (gradient) {
    return from_memory ? run_from_memory<PENALTY, COEFFICIENTS, true> : run_in_cache<PENALTY, COEFFICIENTS, true>;
  }
  return from_memory ? run_from_memory<PENALTY, COEFFICIENTS, false> : run_in_cache<PENALTY, COEFFICIENTS, false>;
}

template <Coefficients COEFFICIENTS>
RunBlocks choose(int32_t penalty, bool gradient, bool from_memory) {
  switch (penalty) {
    case SQUARED:
      return choose<SQUARED, COEFFICIENTS>(gradient, from_memory);
    case ABSOLUTE:
      return choose<ABSOLUTE, COEFFICIENTS>(gradient, from_memory);
    case CHARBONNIER:
      return choose<CHARBONNIER, COEFFICIENTS>(gradient, from_memory);
    default:
      return choose<HUBER, COEFFICIENTS>(gradient, from_memory);
  }
}

}  // namespace
}  // namespace dctloss

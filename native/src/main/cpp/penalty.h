// Penalties rho(e) of weighted errors e = q z, and their derivatives: the mirror of org.dctloss.Penalty.
//
// V is a number or a vector with the operations of simd.h (CUDA: number.cuh). Squares leave float32 beyond |e| = 1e19 and below 1e-19: the
// callers distrust a block whose sum lies outside SMALLEST_TRUSTED_SUM .. LARGEST_TRUSTED_SUM and do it again in float64.
#pragma once

#include <cmath>

#include "border.h"

namespace dctloss {

constexpr float SMALLEST_TRUSTED_SUM = 0x1p-90f;
constexpr float LARGEST_TRUSTED_SUM = 0x1p60f;

// Constant factors that save the loops an instruction; they are folded into the tables of weights.
constexpr double ROOT_2 = 1.41421356237309504880;
constexpr double error_factor(int32_t penalty) { return penalty == CHARBONNIER ? 1 / ROOT_2 : 1; }
constexpr double derivative_factor(int32_t penalty) {
  return penalty == SQUARED ? 2 : penalty == CHARBONNIER ? ROOT_2 : 1;
}

/// Adds rho(W z) to `sum` and returns the factor of the gradients times W rho'(W z), where q is W times error_factor(), and
/// d is W times derivative_factor() and the factor of the gradients.
///
/// CHARBONNIER: `first` is eps / 2 and `second` eps^2 / 2. HUBER: delta and -delta.
template <Penalty PENALTY, class V>
DCTLOSS_FUNCTION V penalise(V z, V q, V d, [[maybe_unused]] V first, [[maybe_unused]] V second, V& sum) {
  if constexpr (PENALTY == SQUARED) {
    const V e = q * z;
    sum = fma(e, e, sum);
    return d * e;
  } else if constexpr (PENALTY == ABSOLUTE) {
    sum = fma(q, magnitude(z), sum);
    return with_sign(d, z);
  } else if constexpr (PENALTY == CHARBONNIER) {
    const V e = q * z;
    const V square = e * e;
    const V half = square + second;
    const V inverse_root = inverse_square_root_of_twice(half);
    // e^2 / (root + eps) is root - eps without its cancellation; here both sides are halved.
    sum = sum + quotient(square, fma(half, inverse_root, first));
    // d e may leave float32 where the result does not: e / root is at most 1.
    return d * (e * inverse_root);
  } else {
    const V e = q * z;
    const V clamped = larger(second, smaller(first, e));
    sum = fma(clamped, fnma(DCTLOSS_CONSTANT(V, 0.5f), clamped, e), sum);
    return d * clamped;
  }
}

/// Infinity is reported like NaN: as NaN.
DCTLOSS_FUNCTION double finite_or_nan(double value) { return value - value == 0 ? value : NAN; }

/// rho(e) in float64; exactly 0 at 0.
DCTLOSS_FUNCTION double penalty_value(int32_t penalty, double parameter, double e) {
  switch (penalty) {
    case SQUARED:
      return e * e;
    case ABSOLUTE:
      return std::fabs(e);
    case CHARBONNIER:
      return e * e / (std::sqrt(e * e + parameter * parameter) + parameter);
    default: {
      const double clamped = e < -parameter ? -parameter : e > parameter ? parameter : e;
      return clamped * (e - 0.5 * clamped);
    }
  }
}

/// rho'(e) in float64.
DCTLOSS_FUNCTION double penalty_derivative(int32_t penalty, double parameter, double e) {
  switch (penalty) {
    case SQUARED:
      return 2 * e;
    case ABSOLUTE:
      return e > 0 ? 1 : e < 0 ? -1 : e;
    case CHARBONNIER:
      return e / std::sqrt(e * e + parameter * parameter);
    default:
      return e < -parameter ? -parameter : e > parameter ? parameter : e;
  }
}

}  // namespace dctloss

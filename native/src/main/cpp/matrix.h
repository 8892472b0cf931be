// The kernel for any block size B: the steps of fused.h with a matrix transform, in float64 between pixels and gradient.
//
// The orthonormal DCT is C[k][n] = sqrt((k=0 ? 1 : 2)/B) cos(pi (2n+1) k / 2B). Two of its properties are used. Symmetry,
// C[k][B-1-n] = (-1)^k C[k][n]: sums of opposite rows give the even frequencies and differences the odd ones, at half the
// work. And every row but the first of C sums to 0, so the first sample may be subtracted from all before: a flat column
// then has exactly 0 at every frequency but the first.
#pragma once

#include <cmath>

#include "border.h"
#include "penalty.h"
#include "simd.h"

namespace dctloss {
namespace {

constexpr int LARGEST_BLOCK = 64;

/// Columns of scratch that are worked on at a time.
constexpr int STEP = 2 * WIDTH;

/// The halves of C that symmetry leaves, and their transposes. Lives in Job::constants.
struct Cosines {
  int size, half, evens;
  double* even;             // evens x evens: C[2i][n]
  double* odd;              // half x half: C[2i+1][n]
  double* even_transposed;  // evens x evens
  double* odd_transposed;   // half x half

  Cosines(int b, double* memory) : size(b), half(b / 2), evens(b - b / 2) {
    even = memory;
    odd = even + evens * evens;
    even_transposed = odd + half * half;
    odd_transposed = even_transposed + evens * evens;
  }

  static int64_t count(int b) { return 2 * int64_t{b / 2} * (b / 2) + 2 * int64_t{b - b / 2} * (b - b / 2); }

  void fill() const {
    const double pi = 3.14159265358979323846;
    for (int k = 0; k < size; k++) {
      for (int n = 0; n < (k % 2 == 0 ? evens : half); n++) {
        const double c = std::sqrt((k == 0 ? 1.0 : 2.0) / size) * std::cos(pi * (2 * n + 1) * k / (2.0 * size));
        const int width = k % 2 == 0 ? evens : half, i = k / 2;
        (k % 2 == 0 ? even : odd)[i * width + n] = c;
        (k % 2 == 0 ? even_transposed : odd_transposed)[n * width + i] = c;
      }
    }
  }
};

struct Pair {
  Doubles a, b;
};

ALWAYS_INLINE Pair operator+(Pair x, Pair y) { return {x.a + y.a, x.b + y.b}; }
ALWAYS_INLINE Pair operator-(Pair x, Pair y) { return {x.a - y.a, x.b - y.b}; }
ALWAYS_INLINE Pair fma(Doubles f, Pair x, Pair y) { return {fma(f, x.a, y.a), fma(f, x.b, y.b)}; }

/// out = M in for a square matrix, four rows at a time; row i goes to out[i * spread].
ALWAYS_INLINE void product(const double* m, int size, const Pair* in, Pair* out, int spread) {
  int i = 0;
  for (; i + 4 <= size; i += 4) {
    const Pair zero = {broadcast_double(0), broadcast_double(0)};
    Pair s0 = zero, s1 = zero, s2 = zero, s3 = zero;
    const double* row = m + i * size;
    for (int j = 0; j < size; j++) {
      s0 = fma(broadcast_double(row[j]), in[j], s0);
      s1 = fma(broadcast_double(row[size + j]), in[j], s1);
      s2 = fma(broadcast_double(row[2 * size + j]), in[j], s2);
      s3 = fma(broadcast_double(row[3 * size + j]), in[j], s3);
    }
    out[i * spread] = s0;
    out[(i + 1) * spread] = s1;
    out[(i + 2) * spread] = s2;
    out[(i + 3) * spread] = s3;
  }
  for (; i < size; i++) {
    Pair s = {broadcast_double(0), broadcast_double(0)};
    for (int j = 0; j < size; j++) {
      s = fma(broadcast_double(m[i * size + j]), in[j], s);
    }
    out[i * spread] = s;
  }
}

ALWAYS_INLINE Pair load_pair(const double* p) { return {load_doubles(p), load_doubles(p + WIDTH)}; }
ALWAYS_INLINE void store_pair(double* p, Pair x) {
  store_doubles(p, x.a);
  store_doubles(p + WIDTH, x.b);
}

/// Rows of doubles: B of them, `stride` apart.
struct Matrix {
  double* at;
  int stride;

  double* row(int r) const { return at + r * stride; }
};

/// Each column x becomes C x; the number of columns is rounded up to a multiple of STEP.
NEVER_INLINE void cosine_columns(const Cosines& c, const Matrix& rows, int columns) {
  Pair sums[LARGEST_BLOCK / 2], differences[LARGEST_BLOCK / 2], out[LARGEST_BLOCK];
  for (int x = 0; x < columns; x += STEP) {
    const Pair first = load_pair(rows.at + x);
    for (int r = 0; r < c.half; r++) {
      const Pair upper = load_pair(rows.row(r) + x) - first, lower = load_pair(rows.row(c.size - 1 - r) + x) - first;
      sums[r] = upper + lower;
      differences[r] = upper - lower;
    }
    if (c.evens > c.half) {
      sums[c.half] = load_pair(rows.row(c.half) + x) - first;
    }
    product(c.even, c.evens, sums, out, 2);
    product(c.odd, c.half, differences, out + 1, 2);
    // The mean is what was subtracted, and the mean of the rest.
    out[0] = fma(broadcast_double(c.size * c.even[0]), first, out[0]);
    for (int k = 0; k < c.size; k++) {
      store_pair(rows.row(k) + x, out[k]);
    }
  }
}

/// Each column x becomes C^T x.
NEVER_INLINE void cosine_columns_transposed(const Cosines& c, const Matrix& rows, int columns) {
  Pair even[LARGEST_BLOCK / 2], odd[LARGEST_BLOCK / 2], sums[LARGEST_BLOCK / 2], differences[LARGEST_BLOCK / 2];
  for (int x = 0; x < columns; x += STEP) {
    for (int k = 0; k < c.size; k++) {
      (k % 2 == 0 ? even : odd)[k / 2] = load_pair(rows.row(k) + x);
    }
    product(c.even_transposed, c.evens, even, sums, 1);
    product(c.odd_transposed, c.half, odd, differences, 1);
    for (int r = 0; r < c.half; r++) {
      store_pair(rows.row(r) + x, sums[r] + differences[r]);
      store_pair(rows.row(c.size - 1 - r) + x, sums[r] - differences[r]);
    }
    if (c.evens > c.half) {
      store_pair(rows.row(c.half) + x, sums[c.half]);
    }
  }
}

/// Transposes each block.
inline void transpose_blocks(int size, const Matrix& rows, int columns) {
  for (int b = 0; b < columns; b += size) {
    for (int r = 1; r < size; r++) {
      for (int i = 0; i < r; i++) {
        const double swapped = rows.row(r)[b + i];
        rows.row(r)[b + i] = rows.row(i)[b + r];
        rows.row(i)[b + r] = swapped;
      }
    }
  }
}

/// Pixels to coefficients; row = horizontal frequency.
inline void forward(const Cosines& c, const Matrix& rows, int columns) {
  cosine_columns(c, rows, columns);
  transpose_blocks(c.size, rows, columns);
  cosine_columns(c, rows, columns);
}

/// Coefficients that lie like those of forward() to pixels.
inline void adjoint(const Cosines& c, const Matrix& rows, int columns) {
  cosine_columns_transposed(c, rows, columns);
  transpose_blocks(c.size, rows, columns);
  cosine_columns_transposed(c, rows, columns);
}

/// One row: z become penalties in rho and derivatives in d. q repeats every `size` columns.
template <Penalty PENALTY>
void penalise_row(const double* z, const double* q, int size, int columns, double scale, double parameter, double* rho,
                  double* d) {
  for (int b = 0; b < columns; b += size) {
    for (int i = 0; i < size; i++) {
      const double e = q[i] * z[b + i];
      rho[b + i] = penalty_value(PENALTY, parameter, e);
      d[b + i] = q[i] * scale * penalty_derivative(PENALTY, parameter, e);
    }
  }
}

inline void penalise_row(int32_t penalty, const double* z, const double* q, int size, int columns, double scale,
                         double parameter, double* rho, double* d) {
  switch (penalty) {
    case SQUARED:
      return penalise_row<SQUARED>(z, q, size, columns, scale, parameter, rho, d);
    case ABSOLUTE:
      return penalise_row<ABSOLUTE>(z, q, size, columns, scale, parameter, rho, d);
    case CHARBONNIER:
      return penalise_row<CHARBONNIER>(z, q, size, columns, scale, parameter, rho, d);
    default:
      return penalise_row<HUBER>(z, q, size, columns, scale, parameter, rho, d);
  }
}

}  // namespace
}  // namespace dctloss

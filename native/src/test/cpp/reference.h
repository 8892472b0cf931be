// The loss as it is defined, in float64 and in the most readable form: matrices, loops, no tricks. It shares no code
// with the kernels; what the two have in common are the enumerators of the border.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "border.h"

namespace reference {

constexpr double NOT_A_NUMBER = std::numeric_limits<double>::quiet_NaN();

/// One grid of blocks over one batch. Images are NCHW.
struct Problem {
  int n = 1, c = 1, h = 16, w = 16;
  int block = 8;
  int tables = 1;
  std::vector<double> weights;  ///< tables * B * B, row = vertical frequency
  int penalty = dctloss::SQUARED;
  double parameter = 0;
  int coefficients = dctloss::SIGNED;
  int edge = dctloss::REPLICATE;
  int dy = 0, dx = 0;  ///< the grid starts at (-dy, -dx)
  bool rotated = false;
  double color[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  double scale = 1;
  std::vector<double> sample_scales;  ///< n of them, or none

  size_t pixels() const { return static_cast<size_t>(n) * c * h * w; }
  size_t index(int a, int b, int y, int x) const { return ((static_cast<size_t>(a) * c + b) * h + y) * w + x; }

  /// Corners of the blocks along an axis: all blocks that touch the image, or with CROP all that lie inside.
  std::vector<int> corners(int size, int offset) const {
    std::vector<int> found;
    for (int at = -offset; at < size; at += block) {
      if (edge != dctloss::CROP || (at >= 0 && at + block <= size)) {
        found.push_back(at);
      }
    }
    return found;
  }
  std::vector<int> tops() const { return corners(h, dy); }
  std::vector<int> lefts() const { return corners(w, dx); }

  /// The pixel that position `index` of an axis reads, or -1 where zero is read. Walks back into the image step by
  /// step.
  int source(int index, int size) const {
    if (edge == dctloss::ZERO) {
      return index < 0 || index >= size ? -1 : index;
    }
    if (edge == dctloss::REPLICATE || size == 1) {
      return index < 0 ? 0 : index >= size ? size - 1 : index;
    }
    while (index < 0 || index >= size) {
      index = index < 0 ? -index : 2 * (size - 1) - index;
    }
    return index;
  }

  double rho(double e) const {
    double a = parameter;
    double m = std::fabs(e);
    switch (penalty) {
      case dctloss::SQUARED: return e * e;
      case dctloss::ABSOLUTE: return m;
      case dctloss::CHARBONNIER:
        return m > a * 1e-3 ? std::sqrt(e * e + a * a) - a : e * e / (2 * a) * (1 - e * e / (4 * a * a));
      default: return m <= a ? e * e / 2 : a * (m - a / 2);
    }
  }

  static double sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }

  /// rho'(e).
  double slope(double e) const {
    double a = parameter;
    switch (penalty) {
      case dctloss::SQUARED: return 2 * e;
      case dctloss::ABSOLUTE: return sign(e);
      case dctloss::CHARBONNIER: return e / std::sqrt(e * e + a * a);
      default: return std::fabs(e) <= a ? e : a * sign(e);
    }
  }

  /// The Lipschitz constant of rho'; ABSOLUTE has none, its jumps are excluded.
  double lipschitz() const {
    switch (penalty) {
      case dctloss::SQUARED: return 2;
      case dctloss::ABSOLUTE: return 0;
      case dctloss::CHARBONNIER: return 1 / parameter;
      default: return 1;
    }
  }
};

/// What an evaluation gives. A block that is not finite has NaN everywhere.
struct Result {
  int rows = 0, columns = 0;
  std::vector<double> sums;               ///< (n, c, row)
  std::vector<double> sum_rounding;       ///< what the numerical promise allows beside a relative error
  std::vector<double> map;                ///< (n, c, row, column): means
  std::vector<double> spectrum;           ///< (n, c, u, v): sums
  std::vector<double> gradient[2];        ///< NCHW: of the prediction, of the target
  double batch_rounding = 0;              ///< what the promise allows the gradient beside a relative error
  std::vector<double> gradient_rounding;  ///< the same for each sample alone
  std::vector<double> pixel_rounding;     ///< NCHW: what the promise allows the blocks that a pixel's gradient is from
  std::vector<char> near_jump;  ///< NCHW: the gradient comes from a block within rounding of a jump of the derivative
};

/// Relative to the block's norm, what counts as within rounding of a jump.
constexpr double JUMP = 5e-7;

/// Square matrices, row by row.
class Matrix {
 public:
  explicit Matrix(int size) : size_(size), values_(static_cast<size_t>(size) * size) {}

  double* operator[](int row) { return values_.data() + static_cast<size_t>(row) * size_; }
  const double* operator[](int row) const { return values_.data() + static_cast<size_t>(row) * size_; }

  Matrix operator*(const Matrix& b) const {
    Matrix out(size_);
    for (int i = 0; i < size_; i++) {
      for (int k = 0; k < size_; k++) {
        for (int j = 0; j < size_; j++) {
          out[i][j] += (*this)[i][k] * b[k][j];
        }
      }
    }
    return out;
  }

  Matrix transposed() const {
    Matrix out(size_);
    for (int i = 0; i < size_; i++) {
      for (int j = 0; j < size_; j++) {
        out[j][i] = (*this)[i][j];
      }
    }
    return out;
  }

  double energy() const {
    double sum = 0;
    for (double v : values_) {
      sum += v * v;
    }
    return sum;
  }

  void fill(double value) { std::fill(values_.begin(), values_.end(), value); }

 private:
  int size_;
  std::vector<double> values_;
};

/// C[k][n] = sqrt((k=0 ? 1 : 2)/B) cos(pi (2n+1) k / 2B).
inline Matrix cosines(int size) {
  Matrix c(size);
  for (int k = 0; k < size; k++) {
    for (int i = 0; i < size; i++) {
      c[k][i] = std::sqrt((k == 0 ? 1.0 : 2.0) / size) * std::cos(M_PI * (2 * i + 1) * k / (2.0 * size));
    }
  }
  return c;
}

/// The three planes of every pixel times a matrix, or its transpose.
inline std::vector<double> rotate(const Problem& q, const std::vector<double>& image, bool transposed) {
  if (!q.rotated) {
    return image;
  }
  std::vector<double> out(image.size());
  for (int a = 0; a < q.n; a++) {
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++) {
        double m = transposed ? q.color[j * 3 + i] : q.color[i * 3 + j];
        size_t to = q.index(a, i, 0, 0);
        size_t from = q.index(a, j, 0, 0);
        for (int k = 0; k < q.h * q.w; k++) {
          out[to + k] += m * image[from + k];
        }
      }
    }
  }
  return out;
}

inline Result evaluate(const Problem& q, const std::vector<float>& prediction, const std::vector<float>& target) {
  const int size = q.block;
  const bool magnitude = q.coefficients == dctloss::MAGNITUDE;
  const std::vector<int> tops = q.tops();
  const std::vector<int> lefts = q.lefts();
  const Matrix c = cosines(size);
  const Matrix ct = c.transposed();
  const double lipschitz = q.lipschitz();
  const std::vector<double> p = rotate(q, {prediction.begin(), prediction.end()}, false);
  const std::vector<double> t = rotate(q, {target.begin(), target.end()}, false);

  Result r;
  r.rows = static_cast<int>(tops.size());
  r.columns = static_cast<int>(lefts.size());
  const size_t block_rows = static_cast<size_t>(q.n) * q.c * tops.size();
  r.sums.resize(block_rows);
  r.sum_rounding.resize(block_rows);
  r.map.resize(block_rows * lefts.size());
  r.spectrum.resize(static_cast<size_t>(q.n) * q.c * size * size);
  r.gradient[0].resize(q.pixels());
  r.gradient[1].resize(q.pixels());
  r.gradient_rounding.resize(q.n);
  r.near_jump.resize(q.pixels());
  r.pixel_rounding.resize(q.pixels());

  auto cut = [&](const std::vector<double>& image, int a, int b, int top, int left) {
    Matrix out(size);
    for (int y = 0; y < size; y++) {
      int sy = q.source(top + y, q.h);
      for (int x = 0; x < size; x++) {
        int sx = q.source(left + x, q.w);
        out[y][x] = sy < 0 || sx < 0 ? 0 : image[q.index(a, b, sy, sx)];
      }
    }
    return out;
  };

  double batch_scale = 0;
  double batch_largest = 0;
  double batch_energy[2] = {};
  for (int a = 0; a < q.n; a++) {
    const double scale = q.scale * (q.sample_scales.empty() ? 1 : q.sample_scales[a]);
    double sample_largest = 0;
    double sample_energy[2] = {};
    std::vector<double> row_energy(2 * tops.size());
    std::vector<double> row_slopes(q.c * tops.size());
    std::vector<double> row_largest(q.c * tops.size());
    for (int b = 0; b < q.c; b++) {
      const double* weight = q.weights.data() + (q.tables == 1 ? 0 : static_cast<size_t>(b) * size * size);
      for (size_t row = 0; row < tops.size(); row++) {
        const size_t at = (static_cast<size_t>(a) * q.c + b) * tops.size() + row;
        for (size_t column = 0; column < lefts.size(); column++) {
          const int top = tops[row];
          const int left = lefts[column];
          Matrix bp = cut(p, a, b, top, left);
          Matrix bt = cut(t, a, b, top, left);
          if (!magnitude) {
            for (int y = 0; y < size; y++) {
              for (int x = 0; x < size; x++) {
                bp[y][x] -= bt[y][x];
              }
            }
          }
          // SIGNED: the coefficients of the difference, and no second ones.
          const double energy_p = bp.energy();
          const double energy_t = magnitude ? bt.energy() : 0;
          const Matrix xp = c * bp * ct;
          const Matrix xt = magnitude ? c * bt * ct : Matrix(size);
          Matrix gp(size);
          Matrix gt(size);
          double sum = 0;
          double largest = 0;
          bool jump = false;
          for (int u = 0; u < size; u++) {
            for (int v = 0; v < size; v++) {
              const double w = weight[u * size + v];
              const double d = magnitude ? std::fabs(xp[u][v]) - std::fabs(xt[u][v]) : xp[u][v];
              const double e = w * d;
              const double rho = q.rho(e);
              const double slope = q.slope(e);
              gp[u][v] = scale * w * slope * (magnitude ? Problem::sign(xp[u][v]) : 1);
              gt[u][v] = -scale * w * slope * (magnitude ? Problem::sign(xt[u][v]) : 1);
              sum += rho;
              r.spectrum[((static_cast<size_t>(a) * q.c + b) * size + u) * size + v] +=
                  std::isfinite(rho) ? rho : NOT_A_NUMBER;
              // ABSOLUTE: a coefficient of 0 is a jump, and on either side of it the slope is 1.
              row_slopes[b * tops.size() + row] += q.penalty == dctloss::ABSOLUTE ? 1 : slope * slope;
              largest = std::max(largest, w);
              if (w > 0) {
                jump |= q.penalty == dctloss::ABSOLUTE &&
                        std::fabs(d) <= JUMP * (std::sqrt(energy_p) + std::sqrt(energy_t));
                jump |= magnitude && std::fabs(xp[u][v]) <= JUMP * std::sqrt(energy_p);
                jump |= magnitude && std::fabs(xt[u][v]) <= JUMP * std::sqrt(energy_t);
              }
            }
          }
          if (!std::isfinite(sum)) {
            sum = NOT_A_NUMBER;
            gp.fill(NOT_A_NUMBER);
            gt.fill(NOT_A_NUMBER);
          }
          r.sums[at] += sum;
          r.map[at * lefts.size() + column] = sum / (size * size);
          row_largest[b * tops.size() + row] = largest;
          row_energy[row] += energy_p;
          row_energy[tops.size() + row] += energy_t;
          sample_energy[0] += energy_p;
          sample_energy[1] += energy_t;

          const double block_rounding =
              2e-6 * std::sqrt(std::max(gp.energy(), gt.energy())) +
              0x1p-24 * std::fabs(scale) * largest * largest * lipschitz * (std::sqrt(energy_p) + std::sqrt(energy_t));
          const Matrix pixels[2] = {ct * gp * c, ct * gt * c};
          for (int y = 0; y < size; y++) {
            const int sy = q.source(top + y, q.h);
            for (int x = 0; x < size; x++) {
              const int sx = q.source(left + x, q.w);
              if (sy < 0 || sx < 0) {
                continue;
              }
              r.gradient[0][q.index(a, b, sy, sx)] += pixels[0][y][x];
              r.gradient[1][q.index(a, b, sy, sx)] += pixels[1][y][x];
              for (int plane = q.rotated ? 0 : b; plane < (q.rotated ? 3 : b + 1); plane++) {
                r.near_jump[q.index(a, plane, sy, sx)] |= jump;
                r.pixel_rounding[q.index(a, plane, sy, sx)] += block_rounding;
              }
            }
          }
        }
        sample_largest = std::max(sample_largest, row_largest[b * tops.size() + row]);
      }
    }
    // The numerical promise. The roundings of a rotation are relative to all planes.
    auto reach = [](double energy_p, double energy_t) { return std::sqrt(energy_p) + std::sqrt(energy_t); };
    r.gradient_rounding[a] = 0x1p-24 * std::fabs(scale) * sample_largest * sample_largest * lipschitz *
                             reach(sample_energy[0], sample_energy[1]);
    batch_scale = std::max(batch_scale, std::fabs(scale));
    batch_largest = std::max(batch_largest, sample_largest);
    batch_energy[0] += sample_energy[0];
    batch_energy[1] += sample_energy[1];
    r.batch_rounding = 0x1p-24 * batch_scale * batch_largest * batch_largest * lipschitz *
                       reach(batch_energy[0], batch_energy[1]);
    for (int b = 0; b < q.c; b++) {
      for (size_t row = 0; row < tops.size(); row++) {
        const double x = reach(row_energy[row], row_energy[tops.size() + row]);
        const double largest = row_largest[b * tops.size() + row];
        r.sum_rounding[(static_cast<size_t>(a) * q.c + b) * tops.size() + row] =
            0x1p-24 * largest * std::sqrt(row_slopes[b * tops.size() + row]) * x +
            0x1p-48 * largest * largest * lipschitz * x * x;
      }
    }
  }
  r.gradient[0] = rotate(q, r.gradient[0], true);
  r.gradient[1] = rotate(q, r.gradient[1], true);
  return r;
}

}  // namespace reference

// Results against the numerical promise, and against each other bit by bit.
#include "geometry.h"
#include "tests.h"

using namespace dctloss;

/// What a gradient may lose below float32's normal range, per pixel.
static constexpr double BELOW_FLOAT = 64 * 0x1p-149;

void check_same(const Variant& v, const Outcome& expected, const Outcome& got) {
  check_bits("sums", expected.sums, got.sums);
  if (v.outputs[0]) {
    check_bits("gradient", expected.gradient[0], got.gradient[0]);
  }
  if (v.outputs[1]) {
    check_bits("target gradient", expected.gradient[1], got.gradient[1]);
  }
  if (v.map) {
    check_bits("block map", expected.map, got.map);
  }
  if (v.spectrum) {
    check_bits("spectrum", expected.spectrum, got.spectrum);
  }
}

// In norm over the batch; then over samples, and pixel by pixel, with more slack, because few numbers do not average their
// roundings: a sample, a block that is dark among bright ones, must not hide behind the others.
//
// Over the batch, too, the promise is what float32 gives nearly always: of 4000 small random batches 4 without fma (SSE2)
// and 1 with it pass the term of roundings, by up to 40 %. The contract suite holds every backend to the letter.
constexpr double UNLUCKY = 1.5;

void check_gradient(const Case& k, const char* name, const reference::Result& r, const std::vector<double>& expected,
                    const std::vector<float>& got, const std::vector<float>* held) {
  struct Norms {
    double expected = 0, error = 0, held = 0;

    double allowed(double rounding) const { return GRADIENT * std::sqrt(expected) + rounding + std::sqrt(held); }
  };
  Norms batch;
  const size_t size = expected.size() / k.q.n;
  for (int a = 0; a < k.q.n; a++) {
    Norms sample;
    double largest = 0;
    for (size_t i = a * size; i < (a + 1) * size; i++) {
      largest = std::max(largest, std::fabs(expected[i]));
    }
    if (!k.promised || largest > 1e37) {
      coverage.gradients_out_of_range++;
      continue;
    }
    coverage.gradients++;
    for (size_t i = a * size; i < (a + 1) * size; i++) {
      coverage.pixels++;
      coverage.pixels_near_jump += r.near_jump[i];
      const double before = held ? static_cast<double>((*held)[i]) : 0;
      const double right = before + expected[i];
      const double off = std::fabs(right - static_cast<double>(got[i]));
      // Adding rounds once for every block that adds to a pixel; more than four are copies of a few pixels only.
      const double adding = (held ? 4 * 0x1p-24 * (std::fabs(right) + std::fabs(before)) : 0) + BELOW_FLOAT;
      CHECK(std::isfinite(got[i]), "%s: element %zu is %g", name, i, static_cast<double>(got[i]));
      sample.expected += expected[i] * expected[i];
      sample.held += adding * adding;
      if (!r.near_jump[i]) {
        sample.error += off * off;
        CHECK(off <= 4 * r.pixel_rounding[i] + 16 * adding, "%s: element %zu is off by %g, allowed %g of %g", name, i,
              off, 4 * r.pixel_rounding[i] + 16 * adding, expected[i]);
      }
    }
    const double allowed = sample.allowed(2 * r.gradient_rounding[a]);
    CHECK(std::sqrt(sample.error) <= allowed, "%s of sample %d is off by %g in norm, allowed %g of %g", name, a,
          std::sqrt(sample.error), allowed, std::sqrt(sample.expected));
    batch.expected += sample.expected;
    batch.error += sample.error;
    batch.held += sample.held;
  }
  const double allowed = batch.allowed(UNLUCKY * r.batch_rounding);
  CHECK(std::sqrt(batch.error) <= allowed, "%s is off by %g in norm, allowed %g of %g", name, std::sqrt(batch.error),
        allowed, std::sqrt(batch.expected));
}

void check_promise(const Case& k, const reference::Result& r, const Outcome& got) {
  check_gradient(k, "gradient", r, r.gradient[0], got.gradient[0], nullptr);
  check_gradient(k, "target gradient", r, r.gradient[1], got.gradient[1], nullptr);
  if (!k.promised) {
    return;
  }
  double loss = 0, right = 0, rounding = 0;
  for (size_t i = 0; i < r.sums.size(); i++) {
    loss += got.sums[i];
    right += r.sums[i];
    rounding += r.sum_rounding[i];
    // A row may be one block: few roundings do not average.
    const double allowed = LOSS * r.sums[i] + 4 * r.sum_rounding[i];
    CHECK(std::fabs(got.sums[i] - r.sums[i]) <= allowed, "sum of block row %zu is %g, expected %g within %g", i,
          got.sums[i], r.sums[i], allowed);
  }
  CHECK(std::fabs(loss - right) <= LOSS * right + rounding, "the sum of all is %g, expected %g within %g", loss, right,
        LOSS * right + rounding);
  check_map(k, r, got.map);
  check_spectrum(k, r, got.spectrum);
}

void check_map(const Case& k, const reference::Result& r, const std::vector<float>& got) {
  const double mean = 1.0 / (k.q.block * k.q.block);
  for (size_t at = 0; at < r.map.size(); at++) {
    const size_t row = at / static_cast<size_t>(r.columns);
    // A float: beyond its range is infinity, below it what is left.
    CHECK(r.map[at] > 3e38 ||
              std::fabs(got[at] - r.map[at]) <= 2 * LOSS * r.map[at] + 4 * r.sum_rounding[row] * mean + 0x1p-149,
          "block map of row %zu, column %zu is %g, expected %g", row, at % static_cast<size_t>(r.columns), got[at],
          r.map[at]);
  }
}

void check_spectrum(const Case& k, const reference::Result& r, const std::vector<double>& got) {
  const size_t bins = static_cast<size_t>(k.q.block) * k.q.block;
  for (size_t plane = 0; plane < r.spectrum.size() / bins; plane++) {
    double total = 0, rounding = 0;
    for (size_t f = 0; f < bins; f++) {
      total += r.spectrum[plane * bins + f];
    }
    for (int row = 0; row < r.rows; row++) {
      rounding += r.sum_rounding[plane * static_cast<size_t>(r.rows) + static_cast<size_t>(row)];
    }
    for (size_t f = 0; f < bins; f++) {
      const double right = r.spectrum[plane * bins + f];
      const double allowed = 10 * LOSS * right + LOSS * total + rounding;
      CHECK(std::fabs(got[plane * bins + f] - right) <= allowed,
            "spectrum of plane %zu at (%zu, %zu) is %g, expected %g within %g", plane, f / k.q.block, f % k.q.block,
            got[plane * bins + f], right, allowed);
    }
  }
}

void check_edge_source() {
  Problem q;
  for (int edge : {REPLICATE, REFLECT, ZERO}) {
    q.edge = edge;
    for (int size : {1, 2, 3, 8, 9, 64, 100, 715827882, 715827883, 750000001, (1 << 30) - 1}) {
      report::begin("edge_source: edge %d, %d pixels", edge, size);
      for (int off = -63; off < 64; off++) {
        for (int index : {off, size - 1 + off}) {
          const int expected = q.source(index, size);
          const int narrow = edge_source<int32_t>(edge, index, size);
          const int64_t wide = edge_source<int64_t>(edge, index, size);
          CHECK(narrow == expected, "position %d reads %d, expected %d", index, narrow, expected);
          CHECK(wide == expected, "position %d reads %ld, expected %d", index, static_cast<long>(wide), expected);
        }
      }
      report::end();
    }
  }
}

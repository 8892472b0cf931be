// Seeded cases of all options at once: against the reference, and every way of running them against the plain one.
#include "tests.h"

using namespace dctloss;
using reference::evaluate;
using reference::Result;

namespace {

/// Overwriting, in every way, gives the bits of the plain run.
void check_variants(const Case& k, int isa, const Outcome& plain, Random& random) {
  for (int i = 0; i < 4; i++) {
    Variant v = random_variant(k.q, options.guard, random);
    if (i == 0) {
      v.flags |= STREAM;
      v.outputs[0] = true;
    } else if (i == 1) {
      v.flags = PREFETCH;
    }
    check_same(v, plain, run_step(k, isa, "a variant", v, k.images));
  }
}

/// Accumulating adds to what is there; in every way the same bits; and onto zeros the gradient itself.
void check_accumulation(const Case& k, int isa, const Result& r, const Outcome& plain, Random& random) {
  double energy = 0;
  for (double g : r.gradient[0]) {
    energy += g * g;
  }
  const double typical = std::min(1e30, std::sqrt(energy / static_cast<double>(k.q.pixels())));
  std::vector<float> held(k.q.pixels());
  for (float& value : held) {
    value = static_cast<float>(typical * random.between(-2, 2));
  }
  Variant v = plain_variant(k.q, random_guard(options.guard, random));
  v.flags = ACCUMULATE;
  v.held = &held;
  v.spectrum_before = &plain.spectrum;
  const Outcome added = run_step(k, isa, "accumulating", v, k.images);
  check_bits("sums", plain.sums, added.sums);
  check_bits("block map", plain.map, added.map);
  check_gradient(k, "accumulated gradient", r, r.gradient[0], added.gradient[0], &held);
  check_gradient(k, "accumulated target gradient", r, r.gradient[1], added.gradient[1], &held);
  for (size_t f = 0; f < plain.spectrum.size(); f++) {
    CHECK(std::fabs(added.spectrum[f] - 2 * plain.spectrum[f]) <= 1e-12 * plain.spectrum[f],
          "spectrum: %g added to itself is %g", plain.spectrum[f], added.spectrum[f]);
  }

  for (int i = 0; i < 2; i++) {
    Variant other = random_variant(k.q, options.guard, random);
    other.flags |= ACCUMULATE;
    other.spectrum = false;
    other.held = &held;
    check_same(other, added, run_step(k, isa, "accumulating, a variant", other, k.images));
  }

  const std::vector<float> zeros(k.q.pixels());
  Variant onto_zeros = random_variant(k.q, options.guard, random);
  onto_zeros.flags |= ACCUMULATE;
  onto_zeros.held = &zeros;
  const Outcome got = run_step(k, isa, "accumulating onto zeros", onto_zeros, k.images);
  for (int i = 0; i < 2; i++) {
    for (size_t j = 0; j < got.gradient[i].size(); j++) {
      if (!same_value(got.gradient[i][j], plain.gradient[i][j])) {
        report::fail("gradient %d: element %zu is %g, without accumulating %g", i, j, got.gradient[i][j],
                     plain.gradient[i][j]);
        break;
      }
    }
  }
}

template <typename T>
std::vector<T> slice(const std::vector<T>& all, int index, int of) {
  const size_t size = all.size() / static_cast<size_t>(of);
  const T* first = all.data() + static_cast<size_t>(index) * size;
  return std::vector<T>(first, first + size);
}

/// A sample does not see the rest of its batch.
void check_alone(const Case& k, int isa, const Outcome& plain, Random& random) {
  const int sample = random.below(k.q.n);
  Case one = k;
  one.q.n = 1;
  if (!k.q.sample_scales.empty()) {
    one.q.sample_scales = {k.q.sample_scales[static_cast<size_t>(sample)]};
  }
  one.images.p = slice(k.images.p, sample, k.q.n);
  one.images.t = slice(k.images.t, sample, k.q.n);
  Outcome expected;
  expected.gradient[0] = slice(plain.gradient[0], sample, k.q.n);
  expected.gradient[1] = slice(plain.gradient[1], sample, k.q.n);
  expected.map = slice(plain.map, sample, k.q.n);
  expected.sums = slice(plain.sums, sample, k.q.n);
  expected.spectrum = slice(plain.spectrum, sample, k.q.n);
  const Variant v = random_variant(one.q, options.guard, random);
  check_same(v, expected, run_step(one, isa, ("sample " + std::to_string(sample) + " alone").c_str(), v, one.images));
}

/// Identical images cost exactly nothing.
void check_identical(const Case& k, int isa, Random& random) {
  Images same = {k.images.p, k.images.p};
  Variant v = random_variant(k.q, options.guard, random);
  const Outcome got = run_step(k, isa, "identical images", v, same);
  for (double sum : got.sums) {
    CHECK(sum == 0, "a sum is %g", sum);
  }
  for (const std::vector<float>& gradient : got.gradient) {
    for (float g : gradient) {
      CHECK(g == 0, "a gradient is %g", static_cast<double>(g));
    }
  }
}

/// What is not finite makes its blocks NaN, and nothing else changes by a bit.
void check_poison(const Case& k, int isa, const Outcome& plain, Random& random) {
  const float poison = random.pick({std::nanf(""), HUGE_VALF, -HUGE_VALF});
  Images images = k.images;
  // Half of the time in a corner, where edge rules make copies.
  const bool corner = random.once_in(2);
  const int y = corner ? random.below(2) * (k.q.h - 1) : random.below(k.q.h);
  const int x = corner ? random.below(2) * (k.q.w - 1) : random.below(k.q.w);
  const size_t at = k.q.index(random.below(k.q.n), random.below(k.q.c), y, x);
  (random.once_in(2) ? images.p : images.t)[at] = poison;
  const Result r = evaluate(k.q, images.p, images.t);
  Variant v = random_variant(k.q, options.guard, random);
  const std::string what = std::to_string(poison) + " at element " + std::to_string(at);
  const Outcome got = run_step(k, isa, what.c_str(), v, images);
  for (size_t i = 0; i < r.sums.size(); i++) {
    CHECK(std::isnan(r.sums[i]) ? std::isnan(got.sums[i]) : same_bits(got.sums[i], plain.sums[i]),
          "sum of block row %zu is %g, without poison %g, expected %g", i, got.sums[i], plain.sums[i], r.sums[i]);
  }
  for (int side = 0; side < 2; side++) {
    for (size_t i = 0; i < got.gradient[side].size(); i++) {
      const float g = got.gradient[side][i];
      const bool poisoned = std::isnan(r.gradient[side][i]);
      CHECK(poisoned ? std::isnan(g) : same_bits(g, plain.gradient[side][i]),
            "gradient %d: element %zu is %g, without poison %g, %s", side, i, static_cast<double>(g),
            static_cast<double>(plain.gradient[side][i]), poisoned ? "and is in a poisoned block" : "in another block");
    }
  }
  for (size_t i = 0; v.map && i < got.map.size(); i++) {
    CHECK(std::isnan(r.map[i]) ? std::isnan(got.map[i]) : same_bits(got.map[i], plain.map[i]),
          "block map: element %zu is %g, without poison %g, expected %g", i, static_cast<double>(got.map[i]),
          static_cast<double>(plain.map[i]), r.map[i]);
  }
  // In the poisoned plane the mean shows it; the middle of an odd block has no part in odd frequencies.
  const size_t bins = static_cast<size_t>(k.q.block) * k.q.block;
  for (size_t i = 0; v.spectrum && i < got.spectrum.size(); i++) {
    const bool poisoned = std::isnan(r.spectrum[i / bins * bins]);
    CHECK(!poisoned ? same_bits(got.spectrum[i], plain.spectrum[i]) : i % bins != 0 || std::isnan(got.spectrum[i]),
          "spectrum: element %zu is %g, without poison %g, expected %g", i, got.spectrum[i], plain.spectrum[i],
          r.spectrum[i]);
  }
}

/// Items write what is theirs: the lines of their block row, their sums and their map.
void check_only_own(const Case& k, int isa, const Outcome& plain, Random& random) {
  const Problem& q = k.q;
  if (ordered(q, false)) {
    return;
  }
  Variant v = random_variant(q, options.guard, random);
  v.outputs[0] = v.outputs[1] = v.map = true;
  v.spectrum = false;
  const int items = items_of(q);
  const int from = random.below(items);
  const int to = from + random.below(std::min(4, items - from) + 1);
  v.pieces = {{from, to}};
  const Outcome got =
      run_step(k, isa, ("items " + std::to_string(from) + " to " + std::to_string(to)).c_str(), v, k.images);

  const std::vector<int> tops = q.tops();
  const int rows = static_cast<int>(tops.size());
  const size_t columns = q.lefts().size();
  auto ran = [&](int a, int b, int row) {
    const int item = (q.rotated ? a : a * q.c + b) * rows + row;
    return item >= from && item < to;
  };
  for (int a = 0; a < q.n; a++) {
    for (int b = 0; b < q.c; b++) {
      for (int row = 0; row < rows; row++) {
        const size_t i = (static_cast<size_t>(a) * q.c + b) * rows + row;
        const bool ours = ran(a, b, row);
        CHECK(bits(got.sums[i]) == (ours ? bits(plain.sums[i]) : CANARY64), "sum %zu is %g", i, got.sums[i]);
        for (size_t column = 0; column < columns; column++) {
          const size_t m = i * columns + column;
          CHECK(bits(got.map[m]) == (ours ? bits(plain.map[m]) : CANARY), "block map: element %zu is %g", m,
                static_cast<double>(got.map[m]));
        }
      }
      for (int y = 0; y < q.h; y++) {
        // With CROP the first and the last block row clear the lines beyond them.
        int row = y < tops[0] ? 0 : std::min(rows - 1, (y - tops[0]) / q.block);
        for (int x = 0; x < q.w; x++) {
          const size_t i = q.index(a, b, y, x);
          for (int side = 0; side < 2; side++) {
            const uint32_t expected = ran(a, b, row) ? bits(plain.gradient[side][i]) : CANARY;
            CHECK(bits(got.gradient[side][i]) == expected, "gradient %d at (%d, %d, %d, %d) is %g", side, a, b, y, x,
                  static_cast<double>(got.gradient[side][i]));
          }
        }
      }
    }
  }
}

void sweep_case(uint64_t seed, int isa) {
  const Case k = random_case(seed, options.pixels);
  report::begin("sweep --seed %" PRIu64 " %s: %s", seed, isa_name(isa), k.text().c_str());
  Random random(seed ^ 0xDC7);
  const Result r = evaluate(k.q, k.images.p, k.images.t);
  const Outcome plain =
      run_step(k, isa, "the plain run", plain_variant(k.q, random_guard(options.guard, random)), k.images);
  check_promise(k, r, plain);
  check_variants(k, isa, plain, random);
  check_accumulation(k, isa, r, plain, random);
  check_alone(k, isa, plain, random);
  if (random.once_in(3)) {
    check_identical(k, isa, random);
  }
  if (random.once_in(2)) {
    check_poison(k, isa, plain, random);
  }
  if (random.once_in(2)) {
    check_only_own(k, isa, plain, random);
  }
  report::end();
}

}  // namespace

void sweep(int isa) {
  coverage = {};
  for (int i = 0; i < options.cases; i++) {
    sweep_case(options.seed + static_cast<uint64_t>(i), isa);
  }
  report::begin("sweep %s: what it compared", isa_name(isa));
  printf("%s: %d cases, %ld gradients compared, %ld out of range; %.1f %% of pixels left out next to a jump\n",
         isa_name(isa), options.cases, coverage.gradients, coverage.gradients_out_of_range,
         100.0 * static_cast<double>(coverage.pixels_near_jump) / static_cast<double>(coverage.pixels + 1));
  if (options.cases >= 200) {
    CHECK(coverage.gradients > 4 * coverage.gradients_out_of_range, "too many gradients are out of range");
    CHECK(coverage.pixels > 3 * coverage.pixels_near_jump, "too many pixels are near a jump");
  }
  report::end();
}

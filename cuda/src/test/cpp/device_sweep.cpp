// Seeded cases of all options at once: against the reference, and every way of running them against the plain one.
#include "device_tests.h"

using reference::evaluate;
using reference::Result;

namespace device {

void check_promise(const Case& k, const Result& r, const Setup& s, const Outcome& got) {
  static const char* const names[] = {"gradient", "target gradient"};
  for (int i = 0; i < 2; i++) {
    if (s.outputs[i] && s.output == cuda::FLOAT32) {
      check_gradient(k, names[i], r, r.gradient[i], got.gradient[i], nullptr);
    }
  }
  if (!k.promised) {
    return;
  }
  double right = 0, rounding = 0;
  const size_t of_sample = r.sums.size() / static_cast<size_t>(k.q.n);
  for (int a = 0; a < k.q.n; a++) {
    double sample = 0, sample_rounding = 0;
    for (size_t i = 0; i < of_sample; i++) {
      sample += r.sums[static_cast<size_t>(a) * of_sample + i];
      sample_rounding += r.sum_rounding[static_cast<size_t>(a) * of_sample + i];
    }
    right += sample;
    rounding += sample_rounding;
    if (s.per_sample) {
      // A sample may be one block: few roundings do not average.
      const double allowed = SAMPLE_SCALE * (LOSS * sample + 4 * sample_rounding);
      const double value = got.per_sample[static_cast<size_t>(a)];
      CHECK(std::fabs(value - SAMPLE_SCALE * sample) <= allowed, "value of sample %d is %g, expected %g within %g", a,
            value, SAMPLE_SCALE * sample, allowed);
    }
  }
  const double scale = loss_scale(k.q), allowed = scale * (LOSS * right + 1.5 * rounding);
  CHECK(std::fabs(got.loss - scale * right) <= allowed, "loss is %g, expected %g within %g", got.loss, scale * right,
        allowed);
  if (s.map) {
    check_map(k, r, got.map);
  }
  if (s.spectrum) {
    check_spectrum(k, r, got.spectrum);
  }
}

namespace {

/// A case as the native backend's tests draw it; one in three with nothing that the fast mappings leave to others.
Case draw_case(uint64_t seed, int type) {
  Case k = random_case(seed, options.pixels);
  if (seed % 3 == 0) {
    Random random(seed ^ 0xFA57);
    Problem& q = k.q;
    q.block = 8;
    q.dy = q.dx = 0;
    q.rotated = false;
    q.h = (q.h + 7) / 8 * 8;
    q.w = (q.w + 7) / 8 * 8;
    draw_weights(q, random);
    // All kinds but the last, the subnormal ones.
    const int kinds = random.once_in(4) ? IMAGE_KINDS - 1 : NATURAL_IMAGES;
    k.images.p = draw(static_cast<ImageKind>(random.below(kinds)), q, random);
    k.images.t = draw(static_cast<ImageKind>(random.below(NATURAL_IMAGES)), q, random);
    k.promised = true;
    q.scale = random.between(-2, 2);
  }
  k.images.p = round_to(type, k.images.p);
  k.images.t = round_to(type, k.images.t);
  // Factors are float32 on the device.
  for (double& s : k.q.sample_scales) {
    s = static_cast<double>(static_cast<float>(std::fabs(s) > 1e30 ? 1e30 : s));
  }
  return k;
}

/// Computed once more with outputs of 16 bits: the float32 gradient, rounded once.
void check_narrow_output(const Case& k, int type, const Outcome& plain, const Setup& s) {
  Setup narrowed = s;
  narrowed.output = type;
  const Outcome got = run_step(k, "16-bit gradients", narrowed, k.images);
  CHECK(got.mapping == plain.mapping, "the mapping is %s, with float32 %s", mapping_name(got.mapping),
        mapping_name(plain.mapping));
  for (int side = 0; side < 2; side++) {
    for (size_t i = 0; i < got.gradient[side].size(); i++) {
      const float expected = round_to(type, plain.gradient[side][i]);
      if (!same_bits(expected, got.gradient[side][i])) {
        report::fail("gradient %d: element %zu is %g, rounded from float32 it would be %g", side, i,
                     got.gradient[side][i], expected);
        return;
      }
    }
  }
}

/// What a case gives, for the setups that follow.
struct Known {
  Outcome plain;  ///< of the mapping that is chosen
  Outcome full;   ///< of ANY_BLOCK, with map and spectrum

  const Outcome& like(const Outcome& got) const { return got.mapping == cuda::ANY_BLOCK ? full : plain; }
};

/// In every way the bits of the plain run.
void check_variants(const Case& k, int type, const Known& known, Random& random) {
  for (int i = 0; i < 3; i++) {
    Setup s = random_setup(k.q, type, random);
    s.map = random.once_in(8);
    s.spectrum = random.once_in(8);
    if (random.once_in(5)) {
      s.flags = random.once_in(2) ? cuda::FORCE_ONE_COLUMN : cuda::FORCE_ANY_BLOCK;
    }
    const Outcome got = run_step(k, "a variant", s, k.images);
    mappings_run[got.mapping]++;
    check_same(s, known.like(got), got);
  }
}

/// Accumulating adds to what is there.
void check_accumulation(const Case& k, int type, const Result& r, const Known& known, Random& random) {
  double energy = 0;
  for (double g : r.gradient[0]) {
    energy += g * g;
  }
  const double typical = std::min(1e30, std::sqrt(energy / static_cast<double>(k.q.pixels())));
  const bool narrowed = type != cuda::FLOAT32 && random.once_in(2);
  std::vector<float> held(k.q.pixels());
  for (float& value : held) {
    value = round_to(narrowed ? type : cuda::FLOAT32, static_cast<float>(typical * random.between(-2, 2)));
  }
  Setup s = random_setup(k.q, type, random);
  s.output = narrowed ? type : cuda::FLOAT32;
  s.times = 1;
  s.flags = cuda::ACCUMULATE | cuda::ACCUMULATE_LOSS;
  s.held = &held;
  s.held_loss = known.plain.loss == 0 || !std::isfinite(known.plain.loss) ? 1 : 3 * known.plain.loss;
  const Outcome got = run_step(k, "accumulating", s, k.images);
  const Outcome& alone = known.like(got);
  for (int side = 0; side < 2; side++) {
    // A pixel gets one sum, rounded: where a block alone has it, and where copies are collected.
    for (size_t i = 0; i < got.gradient[side].size(); i++) {
      const float expected = round_to(s.output, held[i] + alone.gradient[side][i]);
      // What no block covers keeps what it holds, a -0, too.
      if (!same_value(expected, got.gradient[side][i])) {
        report::fail("gradient %d: element %zu is %g, expected %g", side, i, got.gradient[side][i], expected);
        break;
      }
    }
  }
  auto sums = [](double before, double added, double got) {
    return same_bits(got, before + added) || std::fabs(got - (before + added)) <= 1e-12 * (std::fabs(before) + added);
  };
  CHECK(sums(s.held_loss, alone.loss, got.loss), "loss: %g added to %g is %g", alone.loss, s.held_loss, got.loss);
  for (size_t a = 0; s.per_sample && a < got.per_sample.size(); a++) {
    CHECK(sums(s.held_loss, alone.per_sample[a], got.per_sample[a]), "sample %zu: %g added to %g is %g", a,
          alone.per_sample[a], s.held_loss, got.per_sample[a]);
  }
}

template <typename T>
std::vector<T> slice(const std::vector<T>& all, int index, int of) {
  const size_t size = all.size() / static_cast<size_t>(of);
  const T* first = all.data() + static_cast<size_t>(index) * size;
  return std::vector<T>(first, first + size);
}

/// The gradient of a sample does not see the rest of its batch.
void check_alone(const Case& k, int type, const Known& known, Random& random) {
  const int sample = random.below(k.q.n);
  Case one = k;
  one.q.n = 1;
  if (!k.q.sample_scales.empty()) {
    one.q.sample_scales = {k.q.sample_scales[static_cast<size_t>(sample)]};
  }
  one.images.p = slice(k.images.p, sample, k.q.n);
  one.images.t = slice(k.images.t, sample, k.q.n);
  Setup s = random_setup(one.q, type, random);
  s.map = random.once_in(4);
  const Outcome got = run_step(one, ("sample " + std::to_string(sample) + " alone").c_str(), s, one.images);
  const Outcome& in_batch = known.like(got);
  for (int side = 0; side < 2; side++) {
    if (s.outputs[side]) {
      check_bits("gradient", slice(in_batch.gradient[side], sample, k.q.n), got.gradient[side]);
    }
  }
  if (s.map) {
    check_bits("block map", slice(in_batch.map, sample, k.q.n), got.map);
  }
}

/// Identical images cost exactly nothing.
void check_identical(const Case& k, int type, Random& random) {
  const Images same = {k.images.p, k.images.p};
  const Outcome got = run_step(k, "identical images", random_setup(k.q, type, random), same);
  CHECK(got.loss == 0, "the loss is %g", got.loss);
  for (const std::vector<float>& gradient : got.gradient) {
    for (float g : gradient) {
      CHECK(g == 0, "a gradient is %g", static_cast<double>(g));
    }
  }
}

/// What is not finite makes its blocks NaN, and nothing else changes by a bit.
void check_poison(const Case& k, int type, const Known& known, Random& random) {
  const float poison = random.pick({std::nanf(""), HUGE_VALF, -HUGE_VALF});
  Images images = k.images;
  // Half of the time in a corner, where edge rules make copies.
  const bool corner = random.once_in(2);
  const int y = corner ? random.below(2) * (k.q.h - 1) : random.below(k.q.h);
  const int x = corner ? random.below(2) * (k.q.w - 1) : random.below(k.q.w);
  const size_t at = k.q.index(random.below(k.q.n), random.below(k.q.c), y, x);
  (random.once_in(2) ? images.p : images.t)[at] = poison;
  const Result r = evaluate(k.q, images.p, images.t);
  Setup s = random_setup(k.q, type, random);
  s.map = random.once_in(3);
  s.spectrum = s.map && random.once_in(2);
  const Outcome got = run_step(k, (std::to_string(poison) + " at element " + std::to_string(at)).c_str(), s, images);
  const Outcome& clean = known.like(got);
  const size_t of_sample = r.sums.size() / static_cast<size_t>(k.q.n);
  bool any = false;
  for (int a = 0; a < k.q.n; a++) {
    bool poisoned = false;
    for (size_t i = 0; i < of_sample; i++) {
      poisoned = poisoned || std::isnan(r.sums[static_cast<size_t>(a) * of_sample + i]);
    }
    any = any || poisoned;
    const double value = got.per_sample[static_cast<size_t>(a)], before = clean.per_sample[static_cast<size_t>(a)];
    CHECK(!s.per_sample || (poisoned ? std::isnan(value)
                                     : same_bits(value, before) || std::fabs(value - before) <= 1e-13 * before),
          "value of sample %d is %g, without poison %g", a, value, before);
  }
  CHECK(std::isnan(got.loss) == any || !std::isfinite(clean.loss), "the loss is %g, %s", got.loss,
        any ? "and a block is poisoned" : "and no block is poisoned");
  for (int side = 0; side < 2; side++) {
    for (size_t i = 0; i < got.gradient[side].size(); i++) {
      const float g = got.gradient[side][i];
      const bool poisoned = std::isnan(r.gradient[side][i]);
      CHECK(poisoned ? std::isnan(g) : same_bits(g, clean.gradient[side][i]),
            "gradient %d: element %zu is %g, without poison %g, %s", side, i, static_cast<double>(g),
            static_cast<double>(clean.gradient[side][i]), poisoned ? "and is in a poisoned block" : "in another block");
    }
  }
  for (size_t i = 0; s.map && i < got.map.size(); i++) {
    CHECK(std::isnan(r.map[i]) ? std::isnan(got.map[i]) : same_bits(got.map[i], clean.map[i]),
          "block map: element %zu is %g, without poison %g, expected %g", i, static_cast<double>(got.map[i]),
          static_cast<double>(clean.map[i]), r.map[i]);
  }
  // In the poisoned plane the mean shows it; the middle of an odd block has no part in odd frequencies.
  const size_t bins = static_cast<size_t>(k.q.block) * k.q.block;
  for (size_t i = 0; s.spectrum && i < got.spectrum.size(); i++) {
    const bool poisoned = std::isnan(r.spectrum[i / bins * bins]);
    CHECK(!poisoned ? same_bits(got.spectrum[i], clean.spectrum[i]) : i % bins != 0 || std::isnan(got.spectrum[i]),
          "spectrum: element %zu is %g, without poison %g, expected %g", i, got.spectrum[i], clean.spectrum[i],
          r.spectrum[i]);
  }
}

/// The plain runs, against the promise.
Known check_plain(const Case& k, int type, const Result& r, Random& random) {
  Known known;
  Setup plain = plain_setup(k.q, type, random);
  plain.times = 2;
  known.plain = run_step(k, "the plain run", plain, k.images);
  mappings_run[known.plain.mapping]++;
  check_promise(k, r, plain, known.plain);
  const Setup full = full_setup(k.q, type, random);
  known.full = run_step(k, "the run with map and spectrum", full, k.images);
  mappings_run[known.full.mapping]++;
  check_promise(k, r, full, known.full);
  if (known.plain.mapping == cuda::ANY_BLOCK) {
    check_same(plain, known.plain, known.full);
  }
  if (type != cuda::FLOAT32) {
    check_narrow_output(k, type, known.plain, plain);
  }
  return known;
}

void sweep_case(uint64_t seed) {
  // Twice as often float32; 32 seeds in a row meet all combinations of penalty, coefficients and edge.
  const int type = static_cast<int>(seed / 32 + seed) % 4 % 3;
  const Case k = draw_case(seed, type);
  report::begin("sweep --seed %" PRIu64 ": %s %s", seed, type_name(type), k.text().c_str());
  Random random(seed ^ 0xCDA);
  const CutAs drawn(draw_limits(random));
  const Result r = evaluate(k.q, k.images.p, k.images.t);
  const Known known = check_plain(k, type, r, random);
  check_variants(k, type, known, random);
  check_accumulation(k, type, r, known, random);
  check_alone(k, type, known, random);
  if (random.once_in(3)) {
    check_identical(k, type, random);
  }
  if (random.once_in(2)) {
    check_poison(k, type, known, random);
  }
  report::end();
}

}  // namespace

void sweep() {
  coverage = {};
  for (int i = 0; i < options.cases; i++) {
    sweep_case(options.seed + static_cast<uint64_t>(i));
  }
  report::begin("sweep: what it compared");
  printf("%d cases, %ld gradients compared, %ld out of range; %.1f %% of pixels left out next to a jump; "
         "FOUR_COLUMNS %ld, WHOLE_BLOCK %ld, ONE_COLUMN %ld, ANY_BLOCK %ld times\n",
         options.cases, coverage.gradients, coverage.gradients_out_of_range,
         100.0 * static_cast<double>(coverage.pixels_near_jump) / static_cast<double>(coverage.pixels + 1),
         mappings_run[0], mappings_run[1], mappings_run[2], mappings_run[3]);
  if (options.cases >= 100) {
    CHECK(coverage.gradients > 4 * coverage.gradients_out_of_range, "too many gradients are out of range");
    CHECK(coverage.pixels > 3 * coverage.pixels_near_jump, "too many pixels are near a jump");
    for (int mapping = 0; mapping < 4; mapping++) {
      CHECK(mappings_run[mapping] >= options.cases / 10, "%s ran %ld times", mapping_name(mapping),
            mappings_run[mapping]);
    }
  }
  report::end();
}

/// Every data type x penalty x coefficients x edge at every awkward size, with what every mapping that can makes of it.
void combinations() {
  const int sizes[][2] = {{1, 1}, {7, 9}, {8, 8}, {16, 8}, {9, 1}, {16, 40}, {24, 17}, {50, 61}};
  uint64_t seed = 0;
  for (int type = cuda::FLOAT32; type <= cuda::BFLOAT16; type++) {
    for (int penalty = dctloss::SQUARED; penalty <= dctloss::HUBER; penalty++) {
      for (int coefficients : {dctloss::SIGNED, dctloss::MAGNITUDE}) {
        for (int edge = dctloss::REPLICATE; edge <= dctloss::CROP; edge++) {
          for (const auto& size : sizes) {
            if (edge == dctloss::CROP && (size[0] < 8 || size[1] < 8)) {
              continue;
            }
            if (++seed % static_cast<uint64_t>(every) != 0) {
              continue;
            }
            Random random(seed);
            Case k = uniform_case(8, penalty);
            k.q.coefficients = coefficients;
            k.q.edge = edge;
            k.q.h = size[0];
            k.q.w = size[1];
            k.q.c = 2;
            // The last size comes with colour rotation.
            if (size[0] == 50) {
              k.q.c = 3;
              rotate_to_ycbcr(k.q);
            }
            k.q.tables = k.q.c;
            draw_weights(k.q, random);
            k.images = {round_to(type, draw(ImageKind::NOISE, k.q, random)),
                        round_to(type, draw(ImageKind::SMOOTH, k.q, random))};
            report::begin("combinations: %s %s", type_name(type), k.text().c_str());
            const Result r = evaluate(k.q, k.images.p, k.images.t);
            Setup s = plain_setup(k.q, type, random);
            // Gradient alone: FOUR_COLUMNS has no target gradient of magnitudes.
            s.outputs[1] = coefficients == dctloss::SIGNED;
            const Outcome fast = run_step(k, "the mapping that is chosen", s, k.images);
            const bool aligned = size[0] % 8 == 0 && size[1] % 8 == 0;
            const int expected = edge == dctloss::REFLECT && !aligned ? cuda::ANY_BLOCK
                                 : !aligned                           ? cuda::ONE_COLUMN
                                 : type == cuda::FLOAT32 || coefficients == dctloss::MAGNITUDE ? cuda::FOUR_COLUMNS
                                                                                               : cuda::WHOLE_BLOCK;
            CHECK(fast.mapping == expected, "the mapping is %s, expected %s", mapping_name(fast.mapping),
                  mapping_name(expected));
            check_promise(k, r, s, fast);
            if (type != cuda::FLOAT32) {
              check_narrow_output(k, type, fast, s);
            }
            for (int flag : {cuda::FORCE_ONE_COLUMN, cuda::FORCE_ANY_BLOCK}) {
              Setup both = s;
              both.flags = flag;
              both.outputs[1] = true;
              draw_order(both, random);
              const Outcome forced = run_step(k, "another mapping", both, k.images);
              check_promise(k, r, both, forced);
              if (forced.mapping != cuda::ANY_BLOCK || fast.mapping == cuda::ANY_BLOCK) {
                check_same(s, fast, forced);
              }
            }
            s.outputs[0] = s.outputs[1] = false;
            const Outcome value = run_step(k, "without gradients", s, k.images);
            check_bits("loss", std::vector<double>{fast.loss}, {value.loss});
            report::end();
          }
        }
      }
    }
  }
}

}  // namespace device

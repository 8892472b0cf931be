// Laws that need no reference, or a case of their own.
#include "device_tests.h"
#include "device_ways.h"

using dctloss::ABSOLUTE;
using dctloss::HUBER;
using dctloss::MAGNITUDE;
using dctloss::SIGNED;
using dctloss::SQUARED;
using reference::evaluate;

namespace device {
namespace {

/// Runs a case this way and compares it with the promise.
Outcome compare(const Way& way, Case& k, const char* what, Random& random) {
  k.images.p = round_to(way.type, k.images.p);
  k.images.t = round_to(way.type, k.images.t);
  const Setup s = setup_of(way, k, random);
  const Outcome got = run_step(k, what, s, k.images);
  CHECK(got.mapping == way.mapping, "the mapping is %s", mapping_name(got.mapping));
  check_promise(k, evaluate(k.q, k.images.p, k.images.t), s, got);
  return got;
}

}  // namespace

/// Images and factors from one end of float32 to the other.
void extremes() {
  for (const Way& way : WAYS) {
    for (int penalty = SQUARED; penalty <= HUBER; penalty++) {
      Case k = uniform_case(8, penalty);
      k.q.coefficients = way.coefficients;
      k.q.h = k.q.w = 32;
      report::begin("extremes: %s %s", way.name, k.text().c_str());
      Random random(3);
      for (float unit : {1e17f, 1e12f, 1e-15f, 1e-20f, 1e-30f}) {
        k.images = noise(k.q, random);
        for (std::vector<float>* image : {&k.images.p, &k.images.t}) {
          for (float& v : *image) {
            v *= unit;
          }
        }
        compare(way, k, ("images times " + std::to_string(std::log10(unit)) + " decades").c_str(), random);
      }
      for (double factor : {1e-42, 1e-33, 1e-20, 1e20, 1e37, 1e44}) {
        // A squared penalty's gradient grows with the images; the others' would leave float32.
        const double of_sample = static_cast<float>(penalty == SQUARED ? 1 : std::min(factor, 1e38));
        k.q.sample_scales.assign(1, of_sample);
        k.q.scale = penalty == SQUARED ? -factor : 3 / of_sample;
        const double unit = penalty == SQUARED ? std::min(1e15, std::max(1e-15, 1 / factor)) : 1;
        k.images = noise(k.q, random);
        for (std::vector<float>* image : {&k.images.p, &k.images.t}) {
          for (float& v : *image) {
            v *= static_cast<float>(unit);
          }
        }
        const std::string what = "factor " + std::to_string(std::log10(factor)) + " decades";
        compare(way, k, what.c_str(), random);
        k.q.scale = factor;
        k.q.sample_scales.clear();
        k.images.t = k.images.p;
        const Outcome none = run_step(k, (what + ", identical images").c_str(), setup_of(way, k, random), k.images);
        for (float g : none.gradient[0]) {
          CHECK(g == 0, "a gradient is %g", static_cast<double>(g));
        }
      }
      k.q.scale = 0;
      k.images = noise(k.q, random);
      const Outcome none = compare(way, k, "factor 0", random);
      k.q.scale = -0.0;
      check_bits("gradient", none.gradient[0], compare(way, k, "factor -0", random).gradient[0]);
      k.q.scale = 1e44;
      k.images = {round_to(way.type, draw(ImageKind::DENORMAL, k.q, random)),
                  round_to(way.type, draw(ImageKind::DENORMAL, k.q, random))};
      const Outcome got = run_step(k, "subnormal images", setup_of(way, k, random), k.images);
      CHECK(std::isfinite(got.loss) && got.loss >= 0, "the loss of subnormals is %g", got.loss);
      report::end();
    }
  }
}

void tiny_factors() {
  for (const Way& way : WAYS) {
    for (Case& k : tiny_factor_cases()) {
      k.q.coefficients = way.coefficients;
      report::begin("tiny_factors: %s, weights %g, %s", way.name, k.q.weights[0], k.text().c_str());
      Random random(5);
      compare(way, k, "tiny factors", random);
      report::end();
    }
  }
}

/// One block that float32 does not hold, or that is not finite, among others that it does: the other threads of its
/// warp must wait for it, and keep what they have.
void mixed_blocks() {
  for (const Way& way : WAYS) {
    for (int penalty = SQUARED; penalty <= HUBER; penalty++) {
      Case k = uniform_case(8, penalty);
      k.q.coefficients = way.coefficients;
      k.q.h = 8;
      k.q.w = 8 * 37;
      const CutAs large(AS_IF_LARGE);
      report::begin("mixed_blocks: %s %s", way.name, k.text().c_str());
      Random random(static_cast<uint64_t>(penalty));
      Images ordinary = noise(k.q, random);
      ordinary = {round_to(way.type, ordinary.p), round_to(way.type, ordinary.t)};
      const Outcome plain = run_step(k, "ordinary blocks", setup_of(way, k, random), ordinary);
      for (float unit : {1e17f, 1e11f, 1e-16f, 1e-30f, 0.0f, std::nanf("")}) {
        const int odd = random.below(37);
        k.images = ordinary;
        for (size_t i = 0; i < k.q.pixels(); i++) {
          if (static_cast<int>(i) % k.q.w / 8 == odd) {
            k.images.p[i] *= unit;
            k.images.t[i] *= unit;
          }
        }
        const std::string what = "block " + std::to_string(odd) + " times " + std::to_string(unit);
        Outcome got;
        if (std::isnan(unit)) {
          got = run_step(k, what.c_str(), setup_of(way, k, random), k.images);
          CHECK(std::isnan(got.loss), "the loss is %g", got.loss);
        } else {
          got = compare(way, k, what.c_str(), random);
        }
        for (size_t i = 0; i < k.q.pixels(); i++) {
          const float g = got.gradient[0][i];
          const bool in_block = static_cast<int>(i) % k.q.w / 8 == odd;
          CHECK(in_block ? std::isnan(g) == std::isnan(unit) : same_bits(g, plain.gradient[0][i]),
                "gradient %zu, %s the block, is %g, before %g", i, in_block ? "in" : "outside of", g,
                plain.gradient[0][i]);
        }
        Setup value = setup_of(way, k, random);
        value.outputs[0] = value.outputs[1] = false;
        check_bits("loss", std::vector<double>{got.loss},
                   {run_step(k, "without gradients", value, k.images).loss});
      }
      report::end();
    }
  }
}

/// Exact zeros: weights that hide a coefficient, predictions that are black, magnitudes that are blind to signs.
void laws() {
  for (const Way& way : WAYS) {
    for (int penalty = SQUARED; penalty <= HUBER; penalty++) {
      Case k = uniform_case(8, penalty);
      k.q.coefficients = way.coefficients;
      report::begin("laws: %s %s", way.name, k.text().c_str());
      Random random(7);
      if (way.coefficients == SIGNED) {
        k.q.weights[0] = 0;
        for (size_t i = 0; i < k.q.pixels(); i++) {
          // Quarters and 128ths add exactly.
          k.images.t.push_back(static_cast<float>(random.below(64)) / 128);
          k.images.p.push_back(k.images.t.back() + 0.25f);
        }
        const Outcome hidden = run_step(k, "a flat difference without weight", setup_of(way, k, random), k.images);
        CHECK(hidden.loss == 0, "the loss is %g", hidden.loss);
        for (float g : hidden.gradient[0]) {
          CHECK(g == 0, "a gradient is %g", static_cast<double>(g));
        }
        k.q.weights[0] = 1;
        const Outcome flat = run_step(k, "a flat difference", setup_of(way, k, random), k.images);
        const double rho = k.q.rho(2), slope = k.q.slope(2) / 8;
        CHECK(std::fabs(flat.loss - 6 * rho * loss_scale(k.q)) <= 1e-6 * flat.loss, "the loss is %g", flat.loss);
        for (float g : flat.gradient[0]) {
          CHECK(std::fabs(g - slope) <= 1e-6 * slope, "a gradient is %g, expected %g", static_cast<double>(g), slope);
        }
      } else {
        k.images.t = round_to(way.type, draw(ImageKind::NOISE, k.q, random));
        k.images.p.assign(k.q.pixels(), 0.0f);
        Setup s = setup_of(way, k, random);
        s.outputs[1] = way.mapping != cuda::FOUR_COLUMNS;
        const Outcome black = run_step(k, "a black prediction", s, k.images);
        bool target_has_one = false;
        for (size_t i = 0; i < k.q.pixels(); i++) {
          CHECK(black.gradient[0][i] == 0, "a gradient is %g", static_cast<double>(black.gradient[0][i]));
          target_has_one = target_has_one || (s.outputs[1] && black.gradient[1][i] != 0);
        }
        CHECK(target_has_one == s.outputs[1], "the target has no gradient");
        // But a block that is not finite is NaN, whatever its signs.
        Images poisoned = k.images;
        poisoned.t[0] = HUGE_VALF;
        const Outcome infinite = run_step(k, "black and infinite", s, poisoned);
        CHECK(std::isnan(infinite.gradient[0][0]) && infinite.gradient[0][23] == 0, "gradients are %g and %g",
              infinite.gradient[0][0], infinite.gradient[0][23]);
        std::swap(k.images.p, k.images.t);
        const Outcome target = run_step(k, "a black target", s, k.images);
        for (float g : target.gradient[1]) {
          CHECK(g == 0, "a gradient of the target is %g", static_cast<double>(g));
        }
        for (size_t i = 0; i < k.q.pixels(); i++) {
          k.images.t[i] = -k.images.p[i];
        }
        CHECK(run_step(k, "the negative", s, k.images).loss == 0, "the loss of the negative is not 0");
      }
      report::end();
    }
  }
}

}  // namespace device

// Laws that need no reference, or a case of their own.
#include <thread>

#include "tests.h"

using namespace dctloss;
using reference::evaluate;
using reference::Result;

namespace {

Outcome run_case(const Case& k, int isa, const char* what) {
  return run_step(k, isa, what, plain_variant(k.q, options.guard), k.images);
}

}  // namespace

/// Images whose difference is flat have no coefficient but the mean, exactly: ABSOLUTE jumps there, and must not.
void flat_differences(int isa) {
  for (int block : BLOCKS) {
    for (int edge : {REPLICATE, REFLECT, CROP}) {
      for (bool rotated : {false, true}) {
        Case k = uniform_case(block, ABSOLUTE);
        k.q.edge = edge;
        k.q.h += edge == REPLICATE ? 0 : 1;
        k.q.c = rotated ? 3 : 1;
        if (rotated) {
          rotate_to_ycbcr(k.q);
        }
        report::begin("flat_differences %s: %s", isa_name(isa), k.text().c_str());
        Random random(static_cast<uint64_t>(block));
        for (float level : {0.5f, 0.1f, static_cast<float>(random.uniform()), -1e-20f}) {
          // Prediction and target may vary if their difference does not.
          k.images.t.resize(k.q.pixels());
          k.images.p.resize(k.q.pixels());
          for (size_t i = 0; i < k.images.t.size(); i++) {
            k.images.t[i] = level == 0.5f ? static_cast<float>(random.below(256)) / 256 : 0;
            k.images.p[i] = k.images.t[i] + level * static_cast<float>(rotated ? 1 + i / (k.q.pixels() / 3) : 1);
          }
          const Outcome got = run_case(k, isa, "a flat difference");
          // No reference: its other coefficients are roundings around 0. The mean's is known: B times the level.
          double means[3] = {};
          for (int i = 0; i < (rotated ? 3 : 1); i++) {
            for (int j = 0; j < (rotated ? 3 : 1); j++) {
              means[i] += k.q.color[3 * i + j] * level * (1 + j);
            }
          }
          for (int plane = 0; plane < k.q.c; plane++) {
            double right = 0;
            for (int i = 0; i < k.q.c; i++) {
              right += k.q.color[3 * i + plane] * Problem::sign(means[i]) / block;
            }
            const int covered = edge == CROP ? k.q.h - 1 : k.q.h - (edge == REFLECT ? block + 1 : 0);
            for (int y = 0; y < covered; y++) {
              for (int x = 0; x < k.q.w; x++) {
                const double g = static_cast<double>(got.gradient[0][k.q.index(0, plane, y, x)]);
                CHECK(std::fabs(g - right) <= 1e-6 / block, "gradient at (%d, %d, %d) is %.9g, expected %.9g", plane, y,
                      x, g, right);
              }
            }
          }
          const size_t rows = got.sums.size() / k.q.c;
          for (size_t i = 0; i < got.sums.size(); i++) {
            const double right = static_cast<double>(k.q.lefts().size()) * block * std::fabs(means[i / rows]);
            CHECK(std::fabs(got.sums[i] - right) <= 1e-6 * right, "sum %zu is %g, expected %g", i, got.sums[i], right);
          }
        }
        report::end();
      }
    }
  }
}

/// A weight of 0 hides its coefficient: no cost and no gradient, exactly.
void zero_weights(int isa) {
  for (int block : BLOCKS) {
    for (int penalty = SQUARED; penalty <= HUBER; penalty++) {
      for (int edge : {REPLICATE, REFLECT}) {
        Case k = uniform_case(block, penalty);
        k.q.edge = edge;
        k.q.w += 1;
        k.q.weights[0] = 0;
        report::begin("zero_weights %s: %s", isa_name(isa), k.text().c_str());
        Random random(7);
        for (size_t i = 0; i < k.q.pixels(); i++) {
          // Quarters and 256ths add exactly.
          k.images.t.push_back(static_cast<float>(random.below(256)) / 256);
          k.images.p.push_back(k.images.t.back() + 0.25f);
        }
        const Outcome got = run_case(k, isa, "a flat difference without weight");
        for (double sum : got.sums) {
          CHECK(sum == 0, "a sum is %g", sum);
        }
        for (float g : got.gradient[0]) {
          CHECK(g == 0, "a gradient is %g", static_cast<double>(g));
        }
        report::end();
      }
    }
  }
}

/// sign(0) = 0: black predictions get no gradient from magnitudes, and magnitudes are blind to signs.
void magnitudes(int isa) {
  for (int block : BLOCKS) {
    for (int penalty = SQUARED; penalty <= HUBER; penalty++) {
      Case k = uniform_case(block, penalty);
      k.q.coefficients = MAGNITUDE;
      k.q.dx = 1;
      report::begin("magnitudes %s: %s", isa_name(isa), k.text().c_str());
      Random random(5);
      k.images.t = draw(ImageKind::NOISE, k.q, random);
      k.images.p.assign(k.q.pixels(), 0.0f);
      const Outcome black = run_case(k, isa, "a black prediction");
      bool target_has_one = false;
      for (size_t i = 0; i < k.q.pixels(); i++) {
        CHECK(black.gradient[0][i] == 0, "a gradient is %g", static_cast<double>(black.gradient[0][i]));
        target_has_one |= black.gradient[1][i] != 0;
      }
      CHECK(target_has_one, "the target has no gradient");
      // But a block that is not finite is NaN, whatever its signs.
      Images poisoned = k.images;
      poisoned.t[0] = HUGE_VALF;
      const Outcome inverse = run_step(k, isa, "black and infinite", plain_variant(k.q, options.guard), poisoned);
      std::swap(poisoned.p, poisoned.t);
      const Outcome same = run_step(k, isa, "infinite and black", plain_variant(k.q, options.guard), poisoned);
      for (int side = 0; side < 2; side++) {
        CHECK(std::isnan(inverse.gradient[side][0]) && std::isnan(same.gradient[side][0]), "gradient %d is %g and %g",
              side, static_cast<double>(inverse.gradient[side][0]), static_cast<double>(same.gradient[side][0]));
      }
      for (size_t i = 0; i < k.q.pixels(); i++) {
        k.images.p[i] = -k.images.t[i];
      }
      for (double sum : run_case(k, isa, "the negative").sums) {
        CHECK(sum == 0, "a sum is %g", sum);
      }
      report::end();
    }
  }
}

/// The strict form for signed errors: no allowance for cancellation.
void sums_of_noise(int isa) {
  for (int block : {8, 5, 16}) {
    for (int penalty = SQUARED; penalty <= HUBER; penalty++) {
      Case k = uniform_case(block, penalty);
      k.q.h = 64;
      k.q.w = 80;
      for (int i = 0; i < block * block; i++) {
        k.q.weights[static_cast<size_t>(i)] = 1 / (1 + 0.4 * (i / block + i % block));
      }
      report::begin("sums_of_noise %s: %s", isa_name(isa), k.text().c_str());
      for (uint64_t seed = 0; seed < 5; seed++) {
        Random random(seed);
        k.images = {draw(ImageKind::NOISE, k.q, random), draw(ImageKind::NOISE, k.q, random)};
        const Result r = evaluate(k.q, k.images.p, k.images.t);
        const Outcome got = run_case(k, isa, "noise");
        double right = 0, sum = 0;
        for (size_t i = 0; i < r.sums.size(); i++) {
          right += r.sums[i];
          sum += got.sums[i];
        }
        CHECK(std::fabs(sum - right) <= LOSS * right, "the sum is %.12g, expected %.12g", sum, right);
      }
      report::end();
    }
  }
}

/// Images and factors from one end of float32 to the other.
void extremes(int isa) {
  for (int penalty = SQUARED; penalty <= HUBER; penalty++) {
    for (int coefficients : {SIGNED, MAGNITUDE}) {
      for (int block : {8, 6}) {
        Case k = uniform_case(block, penalty);
        k.q.coefficients = coefficients;
        k.q.h = k.q.w = 4 * block + 1;
        report::begin("extremes %s: %s", isa_name(isa), k.text().c_str());
        auto compare = [&](float unit, const char* what) {
          Random random(3);
          k.images = {draw(ImageKind::NOISE, k.q, random), draw(ImageKind::NOISE, k.q, random)};
          for (std::vector<float>* image : {&k.images.p, &k.images.t}) {
            for (float& v : *image) {
              v *= unit;
            }
          }
          check_promise(k, evaluate(k.q, k.images.p, k.images.t), run_case(k, isa, what));
        };
        for (float unit : {1e17f, 1e12f, 1e-15f, 1e-22f, 1e-30f}) {
          compare(unit, ("images times " + std::to_string(std::log10(unit)) + " decades").c_str());
        }
        for (double factor : {1e-42, 1e-33, 1e-20, 1e20, 1e37, 1e44}) {
          // A squared penalty's gradient grows with the images; the others' would leave float32.
          k.q.scale = penalty == SQUARED ? -factor : 1;
          k.q.sample_scales.assign(1, penalty == SQUARED ? 1 : factor);
          const double unit = penalty == SQUARED ? std::min(1e15, std::max(1e-15, 1 / factor)) : 1;
          if (penalty != SQUARED) {
            k.q.scale = 3 / factor;
          }
          std::string what = "factor " + std::to_string(std::log10(factor)) + " decades";
          compare(static_cast<float>(unit), what.c_str());
          what += ", identical images";
          k.q.scale = factor;
          k.q.sample_scales.clear();
          k.images.t = k.images.p;
          for (float g : run_case(k, isa, what.c_str()).gradient[0]) {
            CHECK(g == 0, "a gradient is %g", static_cast<double>(g));
          }
        }
        k.q.sample_scales.clear();
        k.q.scale = 0;
        compare(1, "factor 0");
        k.q.scale = 1e44;
        Random random(4);
        k.images = {draw(ImageKind::DENORMAL, k.q, random), draw(ImageKind::DENORMAL, k.q, random)};
        const Outcome got = run_case(k, isa, "subnormal images");
        for (double sum : got.sums) {
          CHECK(std::isfinite(sum) && sum >= 0, "a sum of subnormals is %g", sum);
        }
        report::end();
      }
    }
  }
}

void tiny_factors(int isa) {
  for (Case& k : tiny_factor_cases()) {
    for (int coefficients : {SIGNED, MAGNITUDE}) {
      k.q.coefficients = coefficients;
      report::begin("tiny_factors %s: weights %g %s", isa_name(isa), k.q.weights[0], k.text().c_str());
      check_promise(k, evaluate(k.q, k.images.p, k.images.t), run_case(k, isa, "tiny factors"));
      report::end();
    }
  }
}

/// One block that float32 does not hold among others that it does: found at every place in a vector, and alone.
void mixed_blocks(int isa) {
  for (int penalty = SQUARED; penalty <= HUBER; penalty++) {
    for (int coefficients : {SIGNED, MAGNITUDE}) {
      Case k = uniform_case(8, penalty);
      k.q.coefficients = coefficients;
      k.q.h = 8;
      k.q.w = 8 * 11;
      report::begin("mixed_blocks %s: %s", isa_name(isa), k.text().c_str());
      for (float unit : {1e17f, 1e11f, 1e-16f, 1e-30f, 0.0f}) {
        for (int odd = 0; odd < 11; odd++) {
          Random random(static_cast<uint64_t>(odd));
          k.images = {draw(ImageKind::NOISE, k.q, random), draw(ImageKind::NOISE, k.q, random)};
          for (size_t i = 0; i < k.q.pixels(); i++) {
            if (static_cast<int>(i % k.q.w) / 8 == odd) {
              k.images.p[i] *= unit;
              k.images.t[i] *= unit;
            }
          }
          const std::string what =
              "block " + std::to_string(odd) + " times " + std::to_string(std::log10(unit)) + " decades";
          const Outcome plain = run_case(k, isa, what.c_str());
          check_promise(k, evaluate(k.q, k.images.p, k.images.t), plain);
          Variant v = plain_variant(k.q, options.guard);
          v.map = v.spectrum = false;
          for (int flags : {0, static_cast<int>(STREAM)}) {
            v.flags = flags;
            for (bool gradient : {true, false}) {
              v.outputs[0] = gradient;
              v.outputs[1] = gradient && odd % 2 == 0;
              check_same(v, plain, run_step(k, isa, what.c_str(), v, k.images));
            }
          }
        }
      }
      report::end();
    }
  }
}

/// Past the caches whole cache lines are written: every width, every place in a line, with and without a block that
/// interrupts the stream.
void streams(int isa) {
  for (int coefficients : {SIGNED, MAGNITUDE}) {
    report::begin("streams %s: %s", isa_name(isa), coefficients == SIGNED ? "SIGNED" : "MAGNITUDE");
    for (int blocks = 1; blocks <= 70; blocks++) {
      Case k = uniform_case(8, SQUARED);
      k.q.coefficients = coefficients;
      k.q.h = 8;
      k.q.w = 8 * blocks;
      Random random(static_cast<uint64_t>(blocks));
      k.images = {draw(ImageKind::NOISE, k.q, random), draw(ImageKind::NOISE, k.q, random)};
      for (bool interrupted : {false, true}) {
        if (interrupted) {
          const int odd = random.below(blocks);
          for (int y = 0; y < 8; y++) {
            for (int x = 0; x < 8; x++) {
              k.images.p[k.q.index(0, 0, y, 8 * odd + x)] = 1e17f;
            }
          }
        }
        const Outcome plain = run_case(k, isa, "in cache");
        for (int place = 0; place < 16; place += 1 + random.below(3)) {
          Variant v = plain_variant(k.q, random_guard(options.guard, random));
          v.map = v.spectrum = false;
          v.flags = STREAM;
          v.outputs[1] = random.once_in(3);
          // The same distance between the lines of all images is a case of its own.
          const bool same = random.once_in(2);
          const int64_t row = k.q.w + (random.once_in(2) ? 0 : random.below(40));
          for (int i = 0; i < 4; i++) {
            Layout& l = v.views[i];
            const int64_t own = same ? row : row + 16 * random.below(2);
            l = {"row", place, 8 * own, 8 * own, own, 1, place + 7 * own + k.q.w};
          }
          const std::string what = std::to_string(blocks) + " blocks, " + std::to_string(row) + " to a row";
          check_same(v, plain, run_step(k, isa, what.c_str(), v, k.images));
        }
      }
    }
    report::end();
  }
}

/// Inputs may repeat elements: strides of 0.
void repeated_inputs(int isa) {
  for (int block : {8, 5}) {
    for (int axis = 0; axis < 4; axis++) {
      Case k = uniform_case(block, CHARBONNIER);
      k.q.n = 2;
      k.q.c = 3;
      k.q.w = 5 * block + 3;
      report::begin("repeated_inputs %s: block %d axis %d", isa_name(isa), block, axis);
      Random random(9);
      k.images = {draw(ImageKind::NOISE, k.q, random), draw(ImageKind::NOISE, k.q, random)};
      int64_t* strides[4];
      Variant v = plain_variant(k.q, options.guard);
      Layout& l = v.views[1];
      strides[0] = &l.stride_n;
      strides[1] = &l.stride_c;
      strides[2] = &l.stride_h;
      strides[3] = &l.stride_w;
      const int sizes[4] = {k.q.n, k.q.c, k.q.h, k.q.w};
      int64_t next = 1;
      for (int i = 3; i >= 0; i--) {
        *strides[i] = i == axis ? 0 : next;
        next *= i == axis ? 1 : sizes[i];
      }
      l.name = "repeated";
      l.length = next;
      // The target as it is seen through the view: the last of the repeated elements wins when it is written.
      std::vector<float> seen(static_cast<size_t>(next));
      for (int pass = 0; pass < 2; pass++) {
        size_t i = 0;
        for (int a = 0; a < k.q.n; a++) {
          for (int b = 0; b < k.q.c; b++) {
            for (int y = 0; y < k.q.h; y++) {
              for (int x = 0; x < k.q.w; x++, i++) {
                float& there = seen[static_cast<size_t>(l.at(a, b, y, x))];
                (pass == 0 ? there : k.images.t[i]) = pass == 0 ? k.images.t[i] : there;
              }
            }
          }
        }
      }
      const Outcome expected = run_case(k, isa, "written out");
      check_same(v, expected, run_step(k, isa, "repeated", v, k.images));
      report::end();
    }
  }
}

/// Offsets and strides beyond 2^31 elements.
void far_strides(int isa) {
  Case k = uniform_case(8, SQUARED);
  k.q.n = 2;
  k.q.h = 11;
  k.q.w = 21;
  report::begin("far_strides %s: %s", isa_name(isa), k.text().c_str());
  if (sizeof(void*) < 8) {
    return;
  }
  Random random(2);
  k.images = {draw(ImageKind::NOISE, k.q, random), draw(ImageKind::NOISE, k.q, random)};
  const Outcome expected = run_case(k, isa, "near");
  const int64_t far = (int64_t{1} << 31) + 77;
  const size_t bytes = static_cast<size_t>(far + 100000) * 4;
  // Untouched pages cost nothing, where the system lets a process reserve them.
  float* base = static_cast<float*>(
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  if (base == MAP_FAILED) {
    printf("far_strides: this system reserves no %zu bytes; not run\n", bytes);
    return;
  }
  for (bool by_address : {false, true}) {
    Run near(k.q, isa, plain_variant(k.q, options.guard), k.images);
    report::step("far");
    Job job = near.job();
    int64_t offset = 1000;
    View* const views[] = {&job.prediction, &job.target, &job.gradient, &job.target_gradient};
    for (View* view : views) {
      *view = {by_address ? reinterpret_cast<int64_t>(base) : 0, offset, far, 1 << 20, 50, 1};
      offset += 2000;
    }
    auto at = [&](const View& view, int a, int y, int x) -> float& {
      return base[view.offset + a * view.stride_n + y * view.stride_h + x];
    };
    size_t i = 0;
    for (int a = 0; a < k.q.n; a++) {
      for (int y = 0; y < k.q.h; y++) {
        for (int x = 0; x < k.q.w; x++, i++) {
          at(job.prediction, a, y, x) = k.images.p[i];
          at(job.target, a, y, x) = k.images.t[i];
          at(job.gradient, a, y, x) = at(job.target_gradient, a, y, x) = canary();
        }
      }
    }
    Memory scratch("scratch", near.scratch_bytes(), 64, options.guard);
    float* array = by_address ? nullptr : base;
    const int32_t code =
        loss_strips(&job, 0, items_of(k.q), scratch.as<void>(), array, array, array, array, nullptr);
    CHECK(code == OK, "loss_strips returned %d", code);
    i = 0;
    for (int a = 0; a < k.q.n; a++) {
      for (int y = 0; y < k.q.h; y++) {
        for (int x = 0; x < k.q.w; x++, i++) {
          CHECK(same_bits(at(job.gradient, a, y, x), expected.gradient[0][i]), "gradient %zu", i);
          CHECK(same_bits(at(job.target_gradient, a, y, x), expected.gradient[1][i]), "target gradient %zu", i);
        }
      }
    }
  }
  munmap(base, bytes);
  report::end();
}

/// A job is shared: threads with scratch of their own do its items at the same time.
void threads_share_a_job(int isa) {
  for (int block : {8, 7}) {
    for (int edge = REPLICATE; edge <= CROP; edge++) {
      Case k = uniform_case(block, HUBER);
      k.q.n = 2;
      k.q.c = 3;
      k.q.h = 75;
      k.q.w = 67;
      k.q.dy = 2;
      k.q.edge = edge;
      report::begin("threads_share_a_job %s: %s", isa_name(isa), k.text().c_str());
      Random random(6);
      k.images = {draw(ImageKind::NOISE, k.q, random), draw(ImageKind::NOISE, k.q, random)};
      const Variant v = plain_variant(k.q, options.guard);
      const Outcome expected = run_step(k, isa, "one thread", v, k.images);
      report::step("three threads");
      Run shared(k.q, isa, v, k.images);
      const int planes = k.q.n * k.q.c;
      const int rows = items_of(k.q) / planes;
      std::vector<std::thread> threads;
      for (int thread = 0; thread < 3; thread++) {
        threads.emplace_back([&, thread] {
          Memory scratch("scratch of a thread", shared.scratch_bytes(), 64, Guard::HEAP);
          for (int plane = thread; plane < planes; plane += 3) {
            for (int row = 0; row < rows; row++) {
              shared.call(plane * rows + row, plane * rows + row + 1, scratch);
            }
          }
        });
      }
      for (std::thread& thread : threads) {
        thread.join();
      }
      check_same(v, expected, shared.outcome());
      report::end();
    }
  }
}

/// The yardstick of benchmarks subtracts, too.
void subtraction(int isa) {
  report::begin("subtraction %s", isa_name(isa));
  Random random(8);
  for (int n : {0, 1, 7, 15, 16, 17, 33, 1000, 5003}) {
    for (int flags : {0, static_cast<int>(STREAM)}) {
      for (int offset : {0, 1, 5}) {
        const Guard guard = random_guard(options.guard, random);
        report::step("%d pixels from element %d on%s", n, offset, flags != 0 ? " STREAM" : "");
        const size_t bytes = 4 * static_cast<size_t>(n + offset);
        Memory p("prediction", bytes, 4, guard), t("target", bytes, 4, guard), g("gradient", bytes, 4, guard);
        for (int i = 0; i < n + offset; i++) {
          p.as<float>()[i] = static_cast<float>(random.uniform());
          t.as<float>()[i] = static_cast<float>(random.uniform());
        }
        fill(g, CANARY);
        const std::vector<float> a = contents<float>(p), b = contents<float>(t);
        p.read_only();
        t.read_only();
        const int32_t code =
            subtract(isa, flags, p.as<float>() + offset, t.as<float>() + offset, g.as<float>() + offset, n);
        CHECK(code == OK, "returned %d", code);
        g.check_slack();
        const std::vector<float> got = contents<float>(g);
        for (int i = 0; i < n + offset; i++) {
          const size_t at = static_cast<size_t>(i);
          CHECK(bits(got[at]) == (i < offset ? CANARY : bits(a[at] - b[at])), "element %d is %g", i,
                static_cast<double>(got[at]));
        }
      }
    }
  }
  float one = 0;
  report::step("refusals");
  CHECK(subtract(4, 0, &one, &one, &one, 1) == WRONG_ISA, "a wrong instruction set");
  CHECK(subtract(isa, 0, nullptr, &one, &one, 1) == NO_MEMORY, "no prediction");
  CHECK(subtract(isa, 0, &one, nullptr, &one, 1) == NO_MEMORY, "no target");
  CHECK(subtract(isa, 0, &one, &one, nullptr, 1) == NO_MEMORY, "no result");
  CHECK(subtract(isa, 0, &one, &one, &one, -1) == OUT_OF_RANGE, "fewer than no pixels");
  report::end();
}

// The block transform alone.
#include "tests.h"

using namespace dctloss;

namespace {

/// Transforms the whole view; in place if `in_place`.
std::vector<float> transform(const Problem& q, int isa, bool inverse, const std::vector<float>& pixels,
                             const Layout layouts[2], const bool by_address[2], bool in_place, int flags, Guard guard,
                             const std::vector<std::pair<int, int>>& pieces) {
  Placed in("input", q, layouts[0], pixels, guard, by_address[0]);
  Placed out;
  if (!in_place) {
    out = Placed("output", q, layouts[1], std::vector<float>(q.pixels(), canary()), guard, by_address[1]);
  }
  Placed& result = in_place ? in : out;
  Memory job_memory("job", sizeof(Job), 8, guard);
  Job& job = *job_memory.as<Job>();
  job = make_job(q, isa, flags | (inverse ? INVERSE : 0));
  job.prediction = in.view();
  job.gradient = result.view();
  Memory weights("factors", 8 * q.weights.size(), 8, guard);
  memcpy(weights.as<double>(), q.weights.data(), weights.bytes());
  Memory constants("constants", round_up_64(constants_bytes(&job)), 64, guard);
  Memory scratch("scratch", round_up_64(scratch_bytes(&job)), 64, guard);
  memset(scratch.as<char>(), 0xFF, scratch.bytes());
  job.constants = constants.address();
  if (!in_place) {
    in.memory()->read_only();
  }
  weights.read_only();
  job_memory.read_only();
  int32_t code = set_weights(&job, weights.as<double>());
  CHECK(code == OK, "set_weights returned %d", code);
  constants.read_only();
  for (const std::pair<int, int>& piece : pieces) {
    code = transform_strips(&job, piece.first, piece.second, scratch.as<void>(), in.array(), result.array());
    CHECK(code == OK, "transform_strips returned %d", code);
  }
  if (!in_place) {
    in.check_unchanged(pixels);
  }
  result.check_surroundings();
  for (const Memory* m : {&job_memory, &weights, &constants, &scratch}) {
    m->check_slack();
  }
  return result.pixels();
}

/// In float64; weights are the scaling's factors.
std::vector<double> transform_reference(const Problem& q, bool inverse, const std::vector<float>& pixels) {
  const reference::Matrix c = reference::cosines(q.block);
  const reference::Matrix ct = c.transposed();
  std::vector<double> out(pixels.size());
  for (int a = 0; a < q.n; a++) {
    for (int b = 0; b < q.c; b++) {
      for (int top : q.tops()) {
        for (int left : q.lefts()) {
          reference::Matrix x(q.block);
          for (int u = 0; u < q.block; u++) {
            for (int v = 0; v < q.block; v++) {
              const double w = q.weights[static_cast<size_t>(u * q.block + v)];
              x[u][v] = static_cast<double>(pixels[q.index(a, b, top + u, left + v)]) / (inverse ? w : 1);
            }
          }
          x = inverse ? ct * x * c : c * x * ct;
          for (int u = 0; u < q.block; u++) {
            for (int v = 0; v < q.block; v++) {
              const double w = q.weights[static_cast<size_t>(u * q.block + v)];
              out[q.index(a, b, top + u, left + v)] = x[u][v] * (inverse ? 1 : w);
            }
          }
        }
      }
    }
  }
  return out;
}

void check_transform(const char* name, const std::vector<double>& expected, const std::vector<float>& got) {
  double error = 0, norm = 0;
  for (size_t i = 0; i < expected.size(); i++) {
    const double off = expected[i] - static_cast<double>(got[i]);
    error += off * off;
    norm += expected[i] * expected[i];
  }
  CHECK(std::sqrt(error) <= 1e-6 * std::sqrt(norm), "%s is off by %g of %g in norm", name, std::sqrt(error),
        std::sqrt(norm));
}

}  // namespace

void transforms(int isa) {
  uint64_t seed = 0;
  for (int block : BLOCKS) {
    for (bool unnormalized : {false, true}) {
      for (int shape = 0; shape < 3; shape++) {
        Problem q;
        q.block = block;
        q.edge = CROP;
        q.n = shape == 2 ? 1 : 2;
        q.c = shape == 1 ? 3 : 1;
        q.h = block * (shape == 2 ? 1 : 3);
        q.w = block * (shape == 0 ? 5 : shape == 1 ? 1 : std::max(2, 600 / block));
        for (int i = 0; i < block * block; i++) {
          auto factor = [&](int k) {
            return !unnormalized ? 1 : k == 0 ? 2 * std::sqrt(block) : std::sqrt(2.0 * block);
          };
          q.weights.push_back(factor(i / block) * factor(i % block));
        }
        report::begin("transforms %s: block %d, %dx%dx%dx%d%s", isa_name(isa), block, q.n, q.c, q.h, q.w,
                      unnormalized ? " unnormalized" : "");
        Random random(++seed);
        const std::vector<float> pixels = draw(ImageKind::SIGNED_NOISE, q, random);
        Layout plain[2];
        plain[0] = plain[1] = make_layout(LayoutKind::CONTIGUOUS, q, random);
        const bool arrays[2] = {false, false};
        const std::vector<std::pair<int, int>> whole = {{0, items_of(q)}};
        std::vector<float> images[2] = {pixels, {}};
        for (bool inverse : {false, true}) {
          report::step(inverse ? "inverse" : "forward");
          const std::vector<float>& in = images[inverse ? 1 : 0];
          const std::vector<float> out =
              transform(q, isa, inverse, in, plain, arrays, false, 0, options.guard, whole);
          check_transform(inverse ? "inverse" : "forward", transform_reference(q, inverse, in), out);
          for (int i = 0; i < 6; i++) {
            const bool in_place = i % 2 != 0;
            Layout layouts[2] = {random_layout(q, random), random_layout(q, random)};
            const bool by_address[2] = {random.once_in(2), random.once_in(2)};
            const int flags = random.once_in(2) ? STREAM : 0;
            report::step("%s%s %s to %s%s", inverse ? "inverse" : "forward", in_place ? " in place" : "",
                         layouts[0].name, layouts[1].name, flags != 0 ? " STREAM" : "");
            check_bits("output", out,
                       transform(q, isa, inverse, in, layouts, by_address, in_place, flags,
                                 random_guard(options.guard, random), random_pieces(q, false, random)));
          }
          // What is not finite stays in its block.
          report::step("%s with a NaN", inverse ? "inverse" : "forward");
          std::vector<float> poisoned = in;
          const size_t at = static_cast<size_t>(random.next() % q.pixels());
          poisoned[at] = random.once_in(2) ? canary() : HUGE_VALF;
          const std::vector<float> got =
              transform(q, isa, inverse, poisoned, plain, arrays, false, 0, options.guard, whole);
          bool shows = false;
          for (size_t i = 0; i < got.size(); i++) {
            auto block_of = [&](size_t pixel) {
              const size_t line = pixel / q.w;
              return std::make_pair(line / q.block, pixel % q.w / q.block);
            };
            if (block_of(i) == block_of(at)) {
              // Not every element need show it: the middle of an odd block has no part in odd frequencies.
              shows = shows || !std::isfinite(got[i]);
            } else {
              CHECK(same_bits(got[i], out[i]), "element %zu is %g, without poison in another block %g", i,
                    static_cast<double>(got[i]), static_cast<double>(out[i]));
            }
          }
          CHECK(shows, "the block with the poison is finite");
          images[1] = out;
        }
        report::end();
      }
    }
  }
}

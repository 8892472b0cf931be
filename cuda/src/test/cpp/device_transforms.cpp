// The block transform alone, the rounding of gradients, and the subtraction that benchmarks measure against.
#include "device_tests.h"

namespace device {
namespace {

/// One way of transforming.
struct Way {
  Layout layouts[2];
  bool rounded_up[2] = {true, true};
  int input = cuda::FLOAT32, output = cuda::FLOAT32;
  bool in_place = false;
  int flags = 0;
};

std::vector<float> transform(const Problem& q, const std::vector<float>& pixels, const Way& way, Random& random) {
  const Guard guard = random_guard(random);
  DeviceImage in("input", q, way.layouts[0], way.input, pixels, guard, way.rounded_up[0]);
  DeviceImage out;
  if (!way.in_place) {
    out = DeviceImage("output", q, way.layouts[1], way.output, std::vector<float>(q.pixels(), canary()), guard,
                      way.rounded_up[1]);
    in.memory()->read_only();
  }
  DeviceImage& result = way.in_place ? in : out;
  cuda::Job job = make_job(q, way.input, way.output, way.flags);
  job.prediction = in.view();
  job.gradient = result.view();
  const auto constants = constants_of(job, q.weights, guard);
  const auto workspace = workspace_of(job, guard);
  job.constants = constants->address();
  job.workspace = workspace->address();
  constants->read_only();
  Setup order;
  draw_order(order, random);
  set_order(order.order, order.order_seed);
  Stream stream;
  const int32_t code = cuda::transform(&job, 0, stream.handle());
  CHECK(code == cuda::OK, "transform returned %d", code);
  stream.wait();
  if (!way.in_place) {
    in.check_unchanged(pixels);
  }
  result.check_surroundings();
  constants->check_slack();
  workspace->check_slack();
  return result.pixels();
}

/// In float64; weights are the scaling's factors.
std::vector<double> transform_reference(const Problem& q, bool inverse, const std::vector<float>& pixels) {
  const reference::Matrix c = reference::cosines(q.block);
  const reference::Matrix ct = c.transposed();
  std::vector<double> out(pixels.size());
  for (int plane = 0; plane < q.n * q.c; plane++) {
    for (int top : q.tops()) {
      for (int left : q.lefts()) {
        auto at = [&](int u, int v) { return q.index(plane / q.c, plane % q.c, top + u, left + v); };
        auto factor = [&](int u, int v) { return q.weights[static_cast<size_t>(u * q.block + v)]; };
        reference::Matrix x(q.block);
        for (int u = 0; u < q.block; u++) {
          for (int v = 0; v < q.block; v++) {
            x[u][v] = static_cast<double>(pixels[at(u, v)]) / (inverse ? factor(u, v) : 1);
          }
        }
        x = inverse ? ct * x * c : c * x * ct;
        for (int u = 0; u < q.block; u++) {
          for (int v = 0; v < q.block; v++) {
            out[at(u, v)] = x[u][v] * (inverse ? 1 : factor(u, v));
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

/// What is not finite stays in its block.
void check_poison(const Problem& q, const std::vector<float>& in, const std::vector<float>& clean, const Way& way,
                  Random& random) {
  std::vector<float> poisoned = in;
  const size_t at = static_cast<size_t>(random.next() % q.pixels());
  poisoned[at] = random.once_in(2) ? std::nanf("") : HUGE_VALF;
  const std::vector<float> got = transform(q, poisoned, way, random);
  auto block_of = [&](size_t pixel) {
    return std::make_pair(pixel / q.w / q.block, pixel % q.w / q.block);
  };
  bool shows = false;
  for (size_t i = 0; i < got.size(); i++) {
    if (block_of(i) == block_of(at)) {
      // Not every element need show it: the middle of an odd block has no part in odd frequencies.
      shows = shows || !std::isfinite(got[i]);
    } else {
      CHECK(same_bits(got[i], clean[i]), "element %zu is %g, without poison in another block %g", i, got[i], clean[i]);
    }
  }
  CHECK(shows, "the block with the poison is finite");
}

}  // namespace

void transforms() {
  uint64_t seed = 0;
  for (int block : BLOCKS) {
    for (bool unnormalized : {false, true}) {
      for (int shape = 0; shape < 3; shape++) {
        if (++seed % static_cast<uint64_t>(every) != 0) {
          continue;
        }
        Problem q;
        q.block = block;
        q.edge = dctloss::CROP;
        q.n = shape == 2 ? 1 : 2;
        q.c = shape == 1 ? 3 : 1;
        q.h = block * (shape == 2 ? 1 : 3);
        q.w = block * (shape == 0 ? 5 : shape == 1 ? 1 : std::max(2, 300 / block));
        for (int i = 0; i < block * block; i++) {
          auto factor = [&](int k) {
            return !unnormalized ? 1 : k == 0 ? 2 * std::sqrt(block) : std::sqrt(2.0 * block);
          };
          q.weights.push_back(factor(i / block) * factor(i % block));
        }
        report::begin("transforms: block %d, %dx%dx%dx%d%s", block, q.n, q.c, q.h, q.w,
                      unnormalized ? " unnormalized" : "");
        Random random(seed);
        std::vector<float> in = draw(ImageKind::SIGNED_NOISE, q, random);
        for (int inverse : {0, static_cast<int>(cuda::INVERSE)}) {
          const char* name = inverse != 0 ? "inverse" : "forward";
          Way plain;
          plain.layouts[0] = plain.layouts[1] = make_layout(LayoutKind::CONTIGUOUS, q, random);
          plain.flags = inverse;
          report::step("%s", name);
          const std::vector<float> out = transform(q, in, plain, random);
          check_transform(name, transform_reference(q, inverse != 0, in), out);
          report::step("%s with a value that is not finite", name);
          check_poison(q, in, out, plain, random);
          report::step("%s, forced to be any block's", name);
          Way any = plain;
          any.flags |= cuda::FORCE_ANY_BLOCK;
          const std::vector<float> of_any = transform(q, in, any, random);
          check_transform(name, transform_reference(q, inverse != 0, in), of_any);
          for (int i = 0; i < 5; i++) {
            Way way = plain;
            way.in_place = i % 2 != 0;
            for (int side = 0; side < 2; side++) {
              way.layouts[side] = random_layout(q, random);
              way.rounded_up[side] = random.once_in(2);
            }
            way.flags |= random.pick({0, static_cast<int>(cuda::FORCE_ONE_COLUMN),
                                      static_cast<int>(cuda::FORCE_ANY_BLOCK)});
            report::step("%s%s %s to %s flags %d", name, way.in_place ? " in place" : "", way.layouts[0].name,
                         way.layouts[1].name, way.flags);
            const bool is_any = (way.flags & cuda::FORCE_ANY_BLOCK) != 0;
            check_bits("output", is_any ? of_any : out, transform(q, in, way, random));
            // 16 bits to anything: of pixels that are already rounded, with one rounding of the output.
            way.in_place = false;
            way.input = random.below(3);
            way.output = random.below(3);
            report::step("%s %s to %s flags %d", name, type_name(way.input), type_name(way.output), way.flags);
            const std::vector<float> narrow = round_to(way.input, in);
            Way wide = plain;
            wide.flags = way.flags;
            std::vector<float> expected = transform(q, narrow, wide, random);
            for (float& x : expected) {
              x = round_to(way.output, x);
            }
            check_bits("output", expected, transform(q, narrow, way, random));
          }
          in = out;
        }
        report::end();
      }
    }
  }
}

/// More blocks than thread blocks do in one round: tiles are used again.
void transforms_in_rounds() {
  for (int flags : {0, static_cast<int>(cuda::FORCE_ONE_COLUMN), static_cast<int>(cuda::FORCE_ANY_BLOCK)}) {
    Problem q;
    q.edge = dctloss::CROP;
    q.h = 8 * 8;
    q.w = 8 * 23;
    q.weights.assign(64, 1.0);
    Random random(2);
    const std::vector<float> in = draw(ImageKind::NOISE, q, random);
    Way way;
    way.layouts[0] = way.layouts[1] = make_layout(LayoutKind::CONTIGUOUS, q, random);
    for (int inverse : {0, static_cast<int>(cuda::INVERSE)}) {
      report::begin("transforms_in_rounds: flags %d", flags | inverse);
      way.flags = flags | inverse;
      const std::vector<float> once = transform(q, in, way, random);
      const CutAs large(AS_IF_LARGE);
      check_bits("output", once, transform(q, in, way, random));
      report::end();
    }
  }
}

/// Float32 sums to gradient views: rounded once, added to what is there first if asked for.
void rounding() {
  uint64_t seed = 100;
  for (int type = cuda::FLOAT32; type <= cuda::BFLOAT16; type++) {
    for (int i = 0; i < 12; i++) {
      Random random(++seed);
      Problem q;
      q.n = 1 + random.below(3);
      q.c = 1 + random.below(3);
      q.h = random.pick({1, 7, 8, 30});
      q.w = random.pick({1, 8, 9, 50});
      const bool adds = random.once_in(2);
      const Guard guard = random_guard(random);
      const Layout layouts[2] = {random_layout(q, random), random_layout(q, random)};
      report::begin("rounding: to %s, %dx%dx%dx%d %s and %s%s", type_name(type), q.n, q.c, q.h, q.w, layouts[0].name,
                    layouts[1].name, adds ? ", added" : "");
      std::vector<float> sums[2], held[2], before[2];
      std::vector<DeviceImage> views(2);
      std::unique_ptr<DeviceMemory> memory[2];
      for (int side = 0; side < 2; side++) {
        sums[side] = draw(ImageKind::SIGNED_NOISE, q, random);
        held[side] = round_to(type, draw(ImageKind::SIGNED_NOISE, q, random));
        before[side] = adds ? held[side] : std::vector<float>(q.pixels(), canary());
        views[static_cast<size_t>(side)] =
            DeviceImage("gradient", q, layouts[side], type, before[side], guard, random.once_in(2));
        memory[side] = std::make_unique<DeviceMemory>("sums", 4 * q.pixels(), 4, guard);
        memcpy(memory[side]->as<float>(), sums[side].data(), 4 * q.pixels());
        memory[side]->read_only();
      }
      q.weights.assign(64, 1.0);
      for (int sides : {1, 2, 3}) {
        report::step("sums of images %d", sides);
        for (int side = 0; side < 2; side++) {
          views[static_cast<size_t>(side)] =
              DeviceImage("gradient", q, layouts[side], type, before[side], guard, random.once_in(2));
        }
        cuda::Job job = make_job(q, type, type, adds ? cuda::ACCUMULATE : 0);
        job.gradient = views[0].view();
        job.target_gradient = views[1].view();
        Stream stream;
        const int32_t code = cuda::round_gradients(&job, (sides & 1) != 0 ? memory[0]->address() : 0,
                                                   (sides & 2) != 0 ? memory[1]->address() : 0, 0, stream.handle());
        CHECK(code == cuda::OK, "round_gradients returned %d", code);
        stream.wait();
        for (int side = 0; side < 2; side++) {
          std::vector<float> expected = before[side];
          for (size_t j = 0; (sides >> side & 1) != 0 && j < expected.size(); j++) {
            expected[j] = round_to(type, adds ? held[side][j] + sums[side][j] : sums[side][j]);
          }
          check_bits("gradient", expected, views[static_cast<size_t>(side)].pixels());
          views[static_cast<size_t>(side)].check_surroundings();
        }
      }
      report::end();
    }
  }
}

void subtraction() {
  for (int type = cuda::FLOAT32; type <= cuda::BFLOAT16; type++) {
    report::begin("subtraction: %s", type_name(type));
    Random random(8);
    for (int n : {1, 7, 8, 15, 16, 17, 1000, 5003}) {
      report::step("%d pixels", n);
      Problem q;
      q.h = 1;
      q.w = n;
      const Layout layout = make_layout(LayoutKind::CONTIGUOUS, q, random);
      const std::vector<float> p = round_to(type, draw(ImageKind::NOISE, q, random));
      const std::vector<float> t = round_to(type, draw(ImageKind::NOISE, q, random));
      const Guard guard = random_guard(random);
      DeviceImage a("prediction", q, layout, type, p, guard, true), b("target", q, layout, type, t, guard, true);
      DeviceImage g("difference", q, layout, type, std::vector<float>(q.pixels(), canary()), guard, true);
      Stream stream;
      const int32_t code =
          cuda::subtract(type, a.view().address, b.view().address, g.view().address, n, 0, stream.handle());
      CHECK(code == cuda::OK, "subtract returned %d", code);
      stream.wait();
      std::vector<float> expected;
      for (size_t i = 0; i < p.size(); i++) {
        expected.push_back(round_to(type, p[i] - t[i]));
      }
      check_bits("difference", expected, g.pixels());
      a.check_unchanged(p);
      b.check_unchanged(t);
      g.check_surroundings();
    }
    report::end();
  }
  report::begin("subtraction: refusals");
  CHECK(cuda::subtract(0, 0, 16, 16, 1, 0, 0) == cuda::NO_MEMORY, "no prediction");
  CHECK(cuda::subtract(0, 16, 0, 16, 1, 0, 0) == cuda::NO_MEMORY, "no target");
  CHECK(cuda::subtract(0, 16, 16, 0, 1, 0, 0) == cuda::NO_MEMORY, "no difference");
  CHECK(cuda::subtract(3, 16, 16, 16, 1, 0, 0) == cuda::OUT_OF_RANGE, "data type 3");
  CHECK(cuda::subtract(0, 20, 16, 16, 1, 0, 0) == cuda::OUT_OF_RANGE, "a misaligned address");
  CHECK(cuda::subtract(0, 16, 16, 16, -1, 0, 0) == cuda::OUT_OF_RANGE, "fewer than no pixels");
  report::end();
}

}  // namespace device

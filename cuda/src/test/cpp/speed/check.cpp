// Every mapping, data type, penalty and edge on small images against the float64 reference: what compute-sanitizer
// watches, and what makes the numbers of the benchmark worth reading.
#include <cstdio>
#include <string>
#include <utility>

#include "cases.h"
#include "jobs.h"
#include "speed.h"

using namespace jobs;

namespace {

int passed = 0, failed = 0;

struct Shape {
  const char* name;
  int n, c, h, w;
  int block, dy, dx;
  int edge;
  int32_t flags;
  bool rotated;
};

/// Rows of images that get thread blocks of several warps; with one penalty, for the reference takes its time.
constexpr int LARGE = 800;

// The first is flush and aligned, what the fast mappings want; the next ones take it away from them.
const Shape SHAPES[] = {
    {"flush", 2, 3, 24, 40, 8, 0, 0, dctloss::REPLICATE, 0, false},
    {"many thread blocks", 3, 2, 96, 96, 8, 0, 0, dctloss::CROP, 0, false},
    {"many warps", 1, 1, LARGE, 808, 8, 0, 0, dctloss::REPLICATE, 0, false},
    {"many warps by columns", 1, 1, LARGE, 808, 8, 0, 0, dctloss::REPLICATE, cuda::FORCE_ONE_COLUMN, false},
    {"by columns", 2, 3, 24, 40, 8, 0, 0, dctloss::REPLICATE, cuda::FORCE_ONE_COLUMN, false},
    {"by shared blocks", 2, 1, 16, 24, 8, 0, 0, dctloss::REPLICATE, cuda::FORCE_ANY_BLOCK, false},
    {"ragged", 1, 3, 19, 37, 8, 3, 6, dctloss::REPLICATE, 0, false},
    {"zeros outside", 1, 2, 21, 30, 8, 7, 1, dctloss::ZERO, 0, false},
    {"cropped", 1, 2, 27, 33, 8, 2, 5, dctloss::CROP, 0, false},
    {"reflected", 1, 2, 11, 21, 8, 4, 1, dctloss::REFLECT, 0, false},
    {"rotated", 2, 3, 16, 21, 8, 0, 3, dctloss::REPLICATE, 0, true},
    {"blocks of 5", 1, 2, 12, 17, 5, 2, 3, dctloss::REPLICATE, 0, false},
    {"blocks of 16", 1, 1, 32, 48, 16, 0, 0, dctloss::ZERO, 0, false},
};

double norm(const std::vector<double>& values) {
  double sum = 0;
  for (double v : values) {
    sum += v * v;
  }
  return std::sqrt(sum);
}

void verdict(bool good, const std::string& what, const char* measure, double got, double allowed) {
  (good ? passed : failed)++;
  if (!good && failed <= 20) {
    std::printf("FAILED %s: %s is off by %.3g, allowed are %.3g\n", what.c_str(), measure, got, allowed);
  }
}

/// A gradient against the numerical promise; twice its absolute part, which small batches pass now and then.
void check_gradient(const std::string& what, const char* name, const reference::Result& r, int which, int output,
                    const std::vector<float>& got) {
  std::vector<double> off, size;
  double subnormals = 0;
  for (size_t i = 0; i < got.size(); i++) {
    if (r.near_jump[i] == 0) {
      off.push_back(got[i] - r.gradient[which][i]);
      size.push_back(r.gradient[which][i]);
      subnormals += std::fabs(r.gradient[which][i]) < images::smallest_normal(output) ? 1 : 0;
    }
  }
  const double rounding = images::rounding(output);
  const double allowed = (2e-6 + rounding) * norm(size) + 2 * r.batch_rounding +
                         std::sqrt(subnormals) * rounding * images::smallest_normal(output);
  verdict(norm(off) <= allowed, what, name, norm(off), allowed);
}

void check(const Shape& shape, int input, int output, int penalty, int coefficients, const device::Stream& stream) {
  Problem q;
  q.n = shape.n, q.c = shape.c, q.h = shape.h, q.w = shape.w;
  q.block = shape.block, q.dy = shape.dy, q.dx = shape.dx, q.edge = shape.edge;
  q.penalty = penalty, q.coefficients = coefficients;
  q.parameter = penalty == dctloss::CHARBONNIER ? 1e-2 : penalty == dctloss::HUBER ? 0.05 : 0;
  q.weights = falling_weights(q.block);
  q.scale = 0.75;
  if (shape.rotated) {
    rotate_to_ycbcr(q);
  }

  Random random(static_cast<uint64_t>(q.w + 64 * input + 256 * penalty));
  std::vector<float> pixels[2];
  std::vector<unsigned char> stored[2];
  for (int i = 0; i < 2; i++) {
    pixels[i].resize(q.pixels());
    for (float& x : pixels[i]) {
      x = static_cast<float>(random.uniform());
    }
    stored[i] = images::encoded(input, pixels[i]);
    pixels[i] = images::decoded(input, stored[i]);
  }

  cuda::Job job = describe(q, input, output, shape.flags);
  const auto pixel_count = static_cast<int64_t>(q.pixels());
  const device::Memory prediction(pixel_count * images::bytes(input)), target(pixel_count * images::bytes(input));
  const device::Memory gradients[2] = {device::Memory(pixel_count * images::bytes(output)),
                                       device::Memory(pixel_count * images::bytes(output))};
  prediction.put(stored[0].data(), prediction.bytes(), stream);
  target.put(stored[1].data(), target.bytes(), stream);
  for (const device::Memory& gradient : gradients) {
    gradient.fill(0xFF, stream);
  }
  job.prediction = view(q, prediction.address());
  job.target = view(q, target.address());
  job.gradient = view(q, gradients[0].address());
  // The target's gradient comes with every other one, so that both kinds of kernels are met.
  const bool both = (penalty + coefficients) % 2 == 0;
  if (both) {
    job.target_gradient = view(q, gradients[1].address());
  }
  const Session session(job, q.weights, stream);

  const std::string what = std::string(shape.name) + " " + type_name(input) + " to " + type_name(output) + " " +
                           penalty_name(penalty) + (coefficients == dctloss::MAGNITUDE ? " magnitudes, " : ", ") +
                           mapping_name(cuda::mapping(&job));
  device::must(cuda::loss(&job, device::FIRST, stream.handle()), what.c_str());
  const double got = session.loss(stream);
  const reference::Result r = reference::evaluate(q, pixels[0], pixels[1]);
  double loss = 0, rounding = 0;
  for (size_t i = 0; i < r.sums.size(); i++) {
    loss += r.sums[i];
    rounding += r.sum_rounding[i];
  }
  const double allowed = 1e-6 * loss + (coefficients == dctloss::MAGNITUDE ? rounding : 0);
  verdict(std::fabs(got - loss) <= allowed, what, "the loss", std::fabs(got - loss), allowed);
  for (int i = 0; i < (both ? 2 : 1); i++) {
    const std::vector<unsigned char> bytes =
        gradients[i].get<unsigned char>(static_cast<size_t>(gradients[i].bytes()), stream);
    check_gradient(what, i == 0 ? "the gradient" : "the target's gradient", r, i, output,
                   images::decoded(output, bytes));
  }
  device::must(cuda::loss(&job, device::FIRST, stream.handle()), what.c_str());
  const double again = session.loss(stream);
  verdict(again == got, what, "a second run's loss", std::fabs(again - got), 0);
}

}  // namespace

int check_all() {
  const device::Stream stream;
  for (const Shape& shape : SHAPES) {
    for (const auto& [input, output] : {std::pair{cuda::FLOAT32, cuda::FLOAT32},
                                        {cuda::FLOAT16, cuda::FLOAT16},
                                        {cuda::FLOAT16, cuda::FLOAT32},
                                        {cuda::BFLOAT16, cuda::BFLOAT16},
                                        {cuda::BFLOAT16, cuda::FLOAT32}}) {
      for (int penalty = dctloss::SQUARED; penalty <= dctloss::HUBER; penalty++) {
        for (int coefficients : {dctloss::SIGNED, dctloss::MAGNITUDE}) {
          if (shape.h == LARGE && penalty != dctloss::CHARBONNIER) {
            continue;
          }
          check(shape, input, output, penalty, coefficients, stream);
        }
      }
    }
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}

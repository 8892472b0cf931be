// How long the kernels take, called from C++, against plain subtractions of the same images, in one run.
//
// usage: kernels_speed N C H W [STRIDE [SHIFT]]     STRIDE of lines (W), SHIFT of all images from a page's start in
//                                                   elements (4, as a float[] lies in a JVM)
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "border.h"

using namespace dctloss;

namespace {

constexpr int ROUNDS = 15;
constexpr double SHORTEST_SAMPLE = 2e-3;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// Cycles a second, from additions that wait for each other: one a cycle.
double clock_rate() {
  const double start = now();
  uint64_t x = 1;
  for (int i = 0; i < 1000000; i++) {
    __asm__ volatile("add $1,%0\n add $1,%0\n add $1,%0\n add $1,%0\n add $1,%0\n add $1,%0\n add $1,%0\n add $1,%0"
                     : "+r"(x));
  }
  return 8e6 / (now() - start);
}

struct Contender {
  std::string name;
  std::function<void()> call;
  std::vector<double> seconds;

  double median() {
    std::sort(seconds.begin(), seconds.end());
    return seconds[seconds.size() / 2];
  }
};

float* image(size_t elements, int shift, unsigned seed) {
  // Images at the same place of different pages would get into each other's way.
  float* memory = static_cast<float*>(std::aligned_alloc(4096, (4 * elements + 32768) / 4096 * 4096));
  float* pixels = memory + shift + 1088 * (seed % 3);
  std::minstd_rand random(seed + 1);
  for (size_t i = 0; i < elements; i++) {
    pixels[i] = static_cast<float>(random() % 65536) / 65536;
  }
  return pixels;
}

int must(int32_t code) {
  if (code != OK) {
    std::fprintf(stderr, "a kernel reported %d\n", code);
    std::exit(1);
  }
  return code;
}

}  // namespace

int main(int count, char** arguments) {
  int numbers[6] = {4, 3, 1080, 1920, 0, 4};
  for (int i = 1; i < count && i <= 6; i++) {
    numbers[i - 1] = std::atoi(arguments[i]);
  }
  const int n = numbers[0], c = numbers[1], h = numbers[2], w = numbers[3], shift = numbers[5];
  const int64_t stride = numbers[4] > w ? numbers[4] : w;
  if (n < 1 || c < 1 || h < 8 || w < 8 || h % 8 != 0 || w % 8 != 0 || shift < 0 || shift > 1024) {
    std::fprintf(stderr, "usage: kernels_speed N C H W [STRIDE [SHIFT]], H and W multiples of 8\n");
    return 2;
  }
  const size_t elements = static_cast<size_t>(n) * c * h * stride;
  float *p = image(elements, shift, 0), *t = image(elements, shift, 1), *g = image(elements, shift, 2);
  std::vector<double> weights(64), sums(static_cast<size_t>(n) * c * (h / 8));
  for (int i = 0; i < 64; i++) {
    weights[i] = 1.0 / (1 + i % 8 + i / 8);
  }
  const double bytes = 12.0 * static_cast<double>(elements);
  const bool from_memory = bytes > static_cast<double>(last_level_cache()) / 2;
  const int32_t stream =
      (from_memory ? STREAM : 0) | (bytes > static_cast<double>(second_cache()) ? PREFETCH : 0);

  const int32_t sets = instruction_sets();
  const char* set_names[] = {"SSE2", "AVX2", "AVX-512", "NEON"};
  const char* penalty_names[] = {"squared", "absolute", "charbonnier", "huber"};
  std::vector<Contender> all;
  std::vector<Job> jobs;
  jobs.reserve(64);
  int32_t best = 0;
  for (int32_t isa = SSE2; isa <= NEON; isa++) {
    best = (sets >> isa & 1) != 0 ? isa : best;
  }
  const auto length = static_cast<int64_t>(elements);
  all.push_back({"subtract", [=] { must(subtract(best, 0, p, t, g, length)); }, {}});
  all.push_back({"subtract past the caches", [=] { must(subtract(best, STREAM, p, t, g, length)); }, {}});
  for (int32_t isa = NEON; isa >= SSE2; isa--) {
    for (int kind = 0; kind < 6 && (sets >> isa & 1) != 0; kind++) {
      Job job{};
      job.abi = ABI;
      job.isa = isa;
      job.n = n, job.c = c, job.h = h, job.w = w;
      job.block = 8, job.planes = 1, job.tables = 1;
      job.penalty = kind < 4 ? kind : SQUARED;
      job.coefficients = kind == 4 ? MAGNITUDE : SIGNED;
      job.rows = h / 8, job.columns = w / 8;
      job.flags = stream;
      job.parameter = 1e-3;
      job.scale = 1 / static_cast<double>(elements);
      job.sums = address(sums.data());
      const View view{0, 0, c * h * stride, h * stride, stride, 1};
      job.prediction = job.target = view;
      job.prediction.address = address(p);
      job.target.address = address(t);
      if (kind < 5) {
        job.gradient = view;
        job.gradient.address = address(g);
      }
      job.constants = address(std::aligned_alloc(64, constants_bytes(&job)));
      void* scratch = std::aligned_alloc(64, scratch_bytes(&job));
      must(set_weights(&job, weights.data()));
      jobs.push_back(job);
      const Job* mine = &jobs.back();
      const int32_t items = n * c * job.rows;
      const std::string what = kind < 4 ? penalty_names[kind] : kind == 4 ? "squared, magnitudes" : "squared, forward";
      all.push_back({std::string(set_names[isa]) + " " + what,
                     [=] { must(loss_strips(mine, 0, items, scratch, nullptr, nullptr, nullptr, nullptr, nullptr)); },
                     {}});
    }
  }

  std::vector<double> rates;
  for (int round = 0; round < ROUNDS; round++) {
    rates.push_back(clock_rate());
    for (Contender& contender : all) {
      double start = now();
      contender.call();
      const int calls = 1 + static_cast<int>(SHORTEST_SAMPLE / (now() - start));
      start = now();
      for (int i = 0; i < calls; i++) {
        contender.call();
      }
      contender.seconds.push_back((now() - start) / calls);
    }
  }
  std::sort(rates.begin(), rates.end());
  const double rate = rates[ROUNDS / 2], blocks = static_cast<double>(n) * c * (h / 8) * (w / 8);
  const double base = all[0].median(), fastest = all[1].median();
  std::printf("%dx%dx%dx%d, lines %lld apart, shift %d, %s, %.2f GHz\n", n, c, h, w, static_cast<long long>(stride), shift,
              from_memory ? "from memory" : "in cache", rate * 1e-9);
  for (Contender& contender : all) {
    const double seconds = contender.median();
    std::printf("%-28s %8.2f ns/block %8.1f cycles/block %6.2f x subtract %6.2f x past the caches\n",
                contender.name.c_str(), seconds / blocks * 1e9, seconds / blocks * rate, seconds / base,
                seconds / fastest);
  }
}

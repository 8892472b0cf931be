// How long the kernels take on the device, beside a subtraction of the same images in the same process.
//
// A sample is the replay of a graph of many launches, which go round over sets of images that together are larger than
// the caches; samples of a case and of the subtraction alternate; medians count. What the targets are about comes
// first, and the results are written after every case: whoever ends the program early has those.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <string>

#include "cases.h"
#include "jobs.h"
#include "json.h"
#include "speed.h"

using namespace jobs;

namespace {

constexpr int WARM_UPS = 3;
constexpr double LONGEST_REPLAY = 10;                   // milliseconds; graphs of longer ones get fewer launches
constexpr int FEWEST_LAUNCHES = 4;
constexpr double MOST_PIXELS_TO_COMPARE = 30e6;         // gradients of larger batches are not read back
constexpr size_t DIFFERENT_PIXELS = (1 << 22) - 3;      // images repeat them
constexpr int REPEATS = 2;
constexpr int64_t SLACK = 64 << 20;                     // bytes, for what graphs and kernels take beside the images

struct Size {
  int n, c, h, w;

  int64_t pixels() const { return int64_t{n} * c * h * w; }
  std::string text() const {
    return std::to_string(n) + "x" + std::to_string(c) + "x" + std::to_string(h) + "x" + std::to_string(w);
  }
};

/// A size with all its kinds and data types, or with those that have a target.
struct Part {
  Size size;
  bool targets;
};

const Size SMALL = {16, 3, 96, 96}, FULL_HD = {4, 3, 1080, 1920}, LARGE = {16, 3, 1024, 1024};
const Part PARTS[] = {{FULL_HD, true},
                      {SMALL, true},
                      {LARGE, true},
                      {{64, 3, 1024, 1024}, true},
                      {FULL_HD, false},
                      {SMALL, false},
                      {LARGE, false},
                      {{16, 3, 256, 256}, true},
                      {{16, 3, 256, 256}, false},
                      {{8, 3, 512, 512}, true},
                      {{8, 3, 512, 512}, false}};

struct Kind {
  const char* name;
  int penalty, coefficients;
  bool gradient;
  int dy, dx;
  bool rotated;
  int32_t flags;

  bool has_target() const { return gradient && dy == 0 && dx == 0 && !rotated && flags == 0; }
};

const Kind KINDS[] = {
    {"squared", dctloss::SQUARED, dctloss::SIGNED, true, 0, 0, false, 0},
    {"absolute", dctloss::ABSOLUTE, dctloss::SIGNED, true, 0, 0, false, 0},
    {"charbonnier", dctloss::CHARBONNIER, dctloss::SIGNED, true, 0, 0, false, 0},
    {"huber", dctloss::HUBER, dctloss::SIGNED, true, 0, 0, false, 0},
    {"squared, magnitudes", dctloss::SQUARED, dctloss::MAGNITUDE, true, 0, 0, false, 0},
    {"absolute, magnitudes", dctloss::ABSOLUTE, dctloss::MAGNITUDE, true, 0, 0, false, 0},
    {"charbonnier, magnitudes", dctloss::CHARBONNIER, dctloss::MAGNITUDE, true, 0, 0, false, 0},
    {"huber, magnitudes", dctloss::HUBER, dctloss::MAGNITUDE, true, 0, 0, false, 0},
    {"charbonnier, forward", dctloss::CHARBONNIER, dctloss::SIGNED, false, 0, 0, false, 0},
    {"charbonnier, by columns", dctloss::CHARBONNIER, dctloss::SIGNED, true, 0, 0, false, cuda::FORCE_ONE_COLUMN},
    {"charbonnier, offset 3,5", dctloss::CHARBONNIER, dctloss::SIGNED, true, 3, 5, false, 0},
    {"charbonnier, rotated", dctloss::CHARBONNIER, dctloss::SIGNED, true, 0, 0, true, 0},
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// FNV-1a by words of eight bytes.
uint64_t hash_of(const std::vector<uint64_t>& words) {
  uint64_t hash = 0xCBF29CE484222325u;
  for (uint64_t word : words) {
    hash = (hash ^ word) * 0x100000001B3u;
  }
  return hash;
}

/// Images of one size and data type, as many as are needed to get past the caches.
struct Sets {
  std::vector<device::Memory> prediction, target, gradient;

  Sets(const Size& size, int input, int output, int count, const device::Stream& stream) {
    Random random(static_cast<uint64_t>(size.w));
    std::vector<float> pixels(std::min<size_t>(DIFFERENT_PIXELS, static_cast<size_t>(size.pixels())));
    for (std::vector<device::Memory>* images : {&prediction, &target}) {
      for (float& x : pixels) {
        x = static_cast<float>(random.uniform());
      }
      const std::vector<unsigned char> stored = images::encoded(input, pixels);
      for (int i = 0; i < count; i++) {
        images->emplace_back(size.pixels() * images::bytes(input));
        for (int64_t at = 0; at < images->back().bytes(); at += static_cast<int64_t>(stored.size())) {
          images->back().put(stored.data(),
                             std::min(static_cast<int64_t>(stored.size()), images->back().bytes() - at), stream, at);
        }
      }
    }
    for (int i = 0; i < count; i++) {
      gradient.emplace_back(size.pixels() * images::bytes(output));
      gradient.back().fill(0xFF, stream);
    }
  }

  int count() const { return static_cast<int>(prediction.size()); }
};

int sets_for(const Size& size, int input, int output, const BenchmarkOptions& options) {
  const int64_t bytes = size.pixels() * (2 * images::bytes(input) + images::bytes(output));
  return static_cast<int>(std::min<int64_t>(options.launches, 1 + options.rotating / bytes));
}

/// The microseconds that each of `launches` launches takes.
double sample(const device::Graph& graph, int launches, const device::Stream& stream) {
  const device::Event before, after;
  before.record(stream);
  graph.launch();
  after.record(stream);
  return after.since(before) * 1000 / launches;
}

class Benchmark {
 public:
  explicit Benchmark(const BenchmarkOptions& options) : options_(options) {}

  int run() {
    describe();
    const device::Graph nothings(stream_, [&] {
      for (int i = 0; i < options_.launches; i++) {
        launch_nothing(stream_.handle());
      }
    });
    std::vector<double> samples;
    for (int i = 0; i < WARM_UPS + options_.replays; i++) {
      samples.push_back(sample(nothings, options_.launches, stream_));
    }
    samples.erase(samples.begin(), samples.begin() + WARM_UPS);
    head_.add("empty_node_microseconds", median(samples));
    std::printf("an empty kernel takes %.2f us in a graph\n", median(samples));
    for (const Part& part : PARTS) {
      if (static_cast<double>(part.size.pixels()) <= options_.largest) {
        measure(part);
      }
    }
    write();
    return 0;
  }

 private:
  void describe() {
    char name[256] = {};
    int32_t numbers[4] = {}, driver = 0, runtime = 0;
    device::must(cuda::describe_device(device::FIRST, name, numbers), "describe_device");
    device::must(cuda::versions(&driver, &runtime), "versions");
    int64_t free = 0, total = 0;
    device::must(cuda::memory_info(device::FIRST, &free, &total), "memory_info");
    std::printf("%s, sm_%d%d, %d multiprocessors, driver %d, runtime %d\n", name, numbers[0], numbers[1], numbers[2],
                driver, runtime);
    head_.add("device", std::string(name))
        .add("architecture", "sm_" + std::to_string(numbers[0]) + std::to_string(numbers[1]))
        .add("multiprocessors", numbers[2])
        .add("memory_bytes", total)
        .add("driver", driver)
        .add("runtime", runtime)
        .add("launches", options_.launches)
        .add("replays", options_.replays)
        .add("rotating_bytes", options_.rotating);
  }

  void measure(const Part& part) {
    const Size& size = part.size;
    for (const auto& [input, output] : {std::pair{cuda::FLOAT32, cuda::FLOAT32},
                                        {cuda::FLOAT16, cuda::FLOAT16},
                                        {cuda::BFLOAT16, cuda::BFLOAT16},
                                        {cuda::FLOAT16, cuda::FLOAT32},
                                        {cuda::BFLOAT16, cuda::FLOAT32}}) {
      if (part.targets && input != output) {
        continue;
      }
      const int count = sets_for(size, input, output, options_);
      int64_t free = 0, total = 0;
      device::must(cuda::memory_info(device::FIRST, &free, &total), "memory_info");
      // What is subtracted goes into the gradients where it fits, else into an image of its own.
      const int64_t difference_bytes = input == output ? 0 : size.pixels() * images::bytes(input);
      const int64_t needed = count * size.pixels() * (2 * images::bytes(input) + images::bytes(output)) +
                             difference_bytes + SLACK;
      if (needed > free) {
        leave_out(size, input, output, "needs " + gigabytes(needed) + " of " + gigabytes(free) + " free");
        continue;
      }
      try {
        const Sets sets(size, input, output, count, stream_);
        const device::Memory difference(difference_bytes);
        for (const Kind& kind : KINDS) {
          const bool first = kind.has_target() && input == output;
          if (first == part.targets && (!kind.rotated || size.c == 3)) {
            measure(size, input, output, kind, sets, difference);
          }
        }
      } catch (const device::NoMemory& refused) {
        leave_out(size, input, output,
                  gigabytes(refused.bytes) + " refused (" + cuda::error_text(refused.code) + ")");
      }
    }
  }

  static std::string gigabytes(int64_t bytes) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3f GB", static_cast<double>(bytes) * 1e-9);
    return text;
  }

  void leave_out(const Size& size, int input, int output, const std::string& why) {
    std::printf("%s %s to %s: left out, %s\n", size.text().c_str(), type_name(input), type_name(output), why.c_str());
    left_out_.element(json::Builder('{')
                          .add("size", size.text())
                          .add("input", type_name(input))
                          .add("output", type_name(output))
                          .add("why", why));
    write();
  }

  void measure(const Size& size, int input, int output, const Kind& kind, const Sets& sets,
               const device::Memory& difference) {
    Problem q;
    q.n = size.n, q.c = size.c, q.h = size.h, q.w = size.w;
    q.dy = kind.dy, q.dx = kind.dx;
    q.penalty = kind.penalty, q.coefficients = kind.coefficients;
    q.parameter = kind.penalty == dctloss::CHARBONNIER ? 1e-3 : kind.penalty == dctloss::HUBER ? 0.05 : 0;
    q.weights = falling_weights(8);
    // 16-bit gradients are scaled up by whoever wants them.
    q.scale = output == cuda::FLOAT32 ? 1 / static_cast<double>(size.pixels()) : 1;
    if (kind.rotated) {
      rotate_to_ycbcr(q);
    }
    cuda::Job job = jobs::describe(q, input, output, kind.flags);
    job.loss_scale = 1 / static_cast<double>(size.pixels());
    const Session session(job, q.weights, stream_);
    const auto queue = [&](int set) {
      cuda::Job mine = job;
      mine.prediction = view(q, sets.prediction[set].address());
      mine.target = view(q, sets.target[set].address());
      if (kind.gradient) {
        mine.gradient = view(q, sets.gradient[set].address());
      }
      device::must(cuda::loss(&mine, device::FIRST, stream_.handle()), kind.name);
      return cuda::mapping(&mine);
    };
    const auto subtract = [&](int set) {
      // Into the gradients' memory where it fits exactly: the same traffic.
      const device::Memory& to = input == output ? sets.gradient[set] : difference;
      device::must(cuda::subtract(input, sets.prediction[set].address(), sets.target[set].address(), to.address(),
                                  size.pixels(), device::FIRST, stream_.handle()),
                   "subtract");
    };

    const int32_t mapping = queue(0);
    double loss = session.loss(stream_);
    uint64_t gradient_hash = 0;
    bool repeatable = std::isfinite(loss);
    for (int i = 0; i < REPEATS; i++) {
      queue(0);
      const double again = session.loss(stream_);
      repeatable = repeatable && std::memcmp(&again, &loss, sizeof loss) == 0;
      if (kind.gradient && static_cast<double>(size.pixels()) <= MOST_PIXELS_TO_COMPARE) {
        const uint64_t hash =
            hash_of(sets.gradient[0].get<uint64_t>(static_cast<size_t>(sets.gradient[0].bytes() / 8), stream_));
        repeatable = repeatable && (i == 0 || hash == gradient_hash);
        gradient_hash = hash;
      }
    }

    const int launches = launches_for(queue, sets.count());
    const auto graph_of = [&](const auto& queue_one) {
      return std::make_unique<device::Graph>(stream_, [&] {
        for (int i = 0; i < launches; i++) {
          queue_one(i % sets.count());
        }
      });
    };
    const std::unique_ptr<device::Graph> graph = graph_of(queue), subtraction = graph_of(subtract);
    std::vector<double> times, subtract_times;
    for (int i = 0; i < WARM_UPS + options_.replays; i++) {
      const double of_subtract = sample(*subtraction, launches, stream_), of_loss = sample(*graph, launches, stream_);
      if (i >= WARM_UPS) {
        subtract_times.push_back(of_subtract);
        times.push_back(of_loss);
      }
    }
    const double pixels = static_cast<double>(size.pixels());
    const double bytes = pixels * (2 * images::bytes(input) + (kind.gradient ? images::bytes(output) : 0));
    const double time = median(times), of_subtract = median(subtract_times);
    const double rate = bytes / time * 1e-3, subtract_rate = 3 * pixels * images::bytes(input) / of_subtract * 1e-3;
    json::Builder result('{');
    result.add("size", size.text())
        .add("case", kind.name)
        .add("input", type_name(input))
        .add("output", kind.gradient ? type_name(output) : "none")
        .add("mapping", mapping_name(mapping))
        .add("microseconds", time)
        .add("fastest_microseconds", *std::min_element(times.begin(), times.end()))
        .add("gigabytes_per_second", rate)
        .add("subtract_microseconds", of_subtract)
        .add("subtract_gigabytes_per_second", subtract_rate)
        .add("ratio_to_subtract", time / of_subtract)
        .add("fraction_of_subtract_bandwidth", rate / subtract_rate)
        .add("launches", launches)
        .add("nodes_per_launch", static_cast<double>(graph->nodes()) / launches)
        .add("sets", sets.count())
        .add("repeatable", repeatable)
        .add("loss", loss);
    // Of the gradient alone: the mappings add the loss up in orders of their own. All parts have the same images.
    const std::string key = size.text() + type_name(input) + type_name(output);
    if (std::strcmp(kind.name, "charbonnier") == 0) {
      hashes_of_fast_[key] = gradient_hash;
    } else if (kind.flags == cuda::FORCE_ONE_COLUMN && gradient_hash != 0 && hashes_of_fast_.count(key) != 0) {
      result.add("same_bits_as_fast_mapping", gradient_hash == hashes_of_fast_[key]);
    }
    cases_.element(result);
    std::printf("%-16s %-8s %-8s %-24s %-12s %9.2f us %7.0f GB/s %6.3f x subtract %s\n", size.text().c_str(),
                type_name(input), kind.gradient ? type_name(output) : "none", kind.name, mapping_name(mapping), time,
                rate, time / of_subtract, repeatable ? "" : "NOT REPEATABLE");
    std::fflush(stdout);
    write();
  }

  /// As many as make a replay of at most LONGEST_REPLAY.
  template <class Queue>
  int launches_for(const Queue& queue, int sets) const {
    const device::Event before, after;
    before.record(stream_);
    for (int i = 0; i < 3; i++) {
      queue(i % sets);
    }
    after.record(stream_);
    const double milliseconds = std::max(1e-3, after.since(before) / 3);
    const int most = static_cast<int>(LONGEST_REPLAY / milliseconds);
    return std::min(options_.launches, std::max(FEWEST_LAUNCHES, most));
  }

  void write() const {
    if (options_.json.empty()) {
      return;
    }
    json::Builder all = head_;
    all.nested("left_out", left_out_).nested("cases", cases_);
    // A reader, or a later one after a kill, finds all of it or what was there before.
    const std::string unfinished = options_.json + ".new";
    std::ofstream file(unfinished);
    file << all.text() << "\n";
    file.close();
    if (!file || std::rename(unfinished.c_str(), options_.json.c_str()) != 0) {
      std::fprintf(stderr, "%s: cannot be written\n", options_.json.c_str());
      std::exit(1);
    }
  }

  const BenchmarkOptions options_;
  const device::Stream stream_;
  json::Builder head_{'{'}, cases_{'['}, left_out_{'['};
  std::map<std::string, uint64_t> hashes_of_fast_;
};

}  // namespace

int benchmark(const BenchmarkOptions& options) { return Benchmark(options).run(); }

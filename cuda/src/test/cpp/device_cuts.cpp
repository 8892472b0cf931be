// How grids are cut into thread blocks: what each cut computes, what it wastes, and where numbers end.
#include <sys/mman.h>

#include "device_tests.h"
#include "device_ways.h"
#include "sums.cuh"

using dctloss::CHARBONNIER;
using dctloss::MAGNITUDE;
using reference::evaluate;

namespace device {
namespace {

/// Every way with every data type.
template <class Action>
void with_all_types(Action action) {
  for (Way way : WAYS) {
    const bool wide = way.type == cuda::FLOAT32, any = (way.flags != 0);
    for (int type = wide ? cuda::FLOAT32 : cuda::FLOAT16; type <= (wide && !any ? cuda::FLOAT32 : cuda::BFLOAT16); type++) {
      way.type = type;
      action(way);
    }
  }
}

struct Shape {
  int n, c, h, w, tables;

  cuda::Job job(int type, int flags = 0) const {
    Problem q;
    q.n = n, q.c = c, q.h = h, q.w = w;
    cuda::Job job = make_job(q, type, type, flags);
    job.tables = tables;
    return job;
  }
};

/// Threads of warps that have a unit, in all rounds, over units: what is computed over what is asked for.
double waste(const cuda::Work& work, const cuda::Launch& launch) {
  double done = 0;
  for (uint32_t block = 0; block < work.thread_blocks; block++) {
    for (uint32_t round = 0; round < work.rounds; round++) {
      for (uint32_t warp = 0; warp < launch.threads; warp += 32) {
        done += (block * work.rounds + round) * launch.threads + warp < work.units ? 32 : 0;
      }
    }
  }
  return done / work.units;
}

cuda::Mapping fast_mapping(int type) { return type == cuda::FLOAT32 ? cuda::FOUR_COLUMNS : cuda::WHOLE_BLOCK; }

}  // namespace

/// Large images in small: many warps, rounds and thread blocks, more samples than a warp has lanes, more partial sums than
/// a team has lanes. Gradients do not depend on the cut.
void configurations() {
  const cuda::Limits cuts[] = {{}, AS_IF_LARGE, {3, 2, 1}, {100, 1000, 1000}};
  // A sample of many blocks; many samples; tables of their own; one sample of many block rows.
  const Shape shapes[] = {{2, 2, 40, 8 * 23, 1}, {70, 1, 8, 24, 1}, {40, 3, 8, 8, 3}, {1, 1, 8 * 70, 16, 1}};
  int number = 0;
  with_all_types([&](const Way& way) {
    for (const Shape& shape : shapes) {
      if (++number % every != 0) {
        continue;
      }
      Case k = uniform_case(8, number % 4);
      k.q.coefficients = way.coefficients;
      k.q.n = shape.n, k.q.c = shape.c, k.q.h = shape.h, k.q.w = shape.w, k.q.tables = shape.tables;
      Random random(static_cast<uint64_t>(number));
      draw_weights(k.q, random);
      report::begin("configurations: %s %s %s", way.name, type_name(way.type), k.text().c_str());
      k.images = noise(k.q, random);
      k.images.p = round_to(way.type, k.images.p);
      k.images.t = round_to(way.type, k.images.t);
      const reference::Result r = evaluate(k.q, k.images.p, k.images.t);
      Outcome first;
      for (const cuda::Limits& limits : cuts) {
        const CutAs cut(limits);
        Setup s = setup_of(way, k, random);
        s.times = 2;
        const std::string what = "cut for " + std::to_string(limits.partials) + " partial sums";
        const Outcome got = run_step(k, what.c_str(), s, k.images);
        CHECK(got.mapping == way.mapping, "the mapping is %s", mapping_name(got.mapping));
        check_promise(k, r, s, got);
        if (first.mapping < 0) {
          first = got;
        }
        check_bits("gradient", first.gradient[0], got.gradient[0]);
        CHECK(std::fabs(got.loss - first.loss) <= 1e-13 * first.loss, "the loss is %.17g, in another cut %.17g",
              got.loss, first.loss);
      }
      report::end();
    }
  });
}

/// Samples of one warp, or of a thread block and a warp, cost no more than that: accesses to memory, a pixel, are those of
/// one large sample.
void small_samples() {
  constexpr int SAMPLES = 8;
  const cuda::Limits large = {1000, 3, 1};
  for (const Way& way : WAYS) {
    const int threads = way.mapping == cuda::FOUR_COLUMNS ? 2 : way.mapping == cuda::WHOLE_BLOCK ? 1 : 8;
    for (int units : {32, cuda::MOST_THREADS + 32}) {
      if (way.mapping == cuda::ANY_BLOCK) {
        continue;
      }
      report::begin("small_samples: %s, %d units", way.name, units);
      const CutAs cut(large);
      double accesses[2] = {};
      for (int small : {0, 1}) {
        Case k = uniform_case(8, CHARBONNIER);
        k.q.coefficients = way.coefficients;
        k.q.n = small == 1 ? SAMPLES : 1;
        k.q.h = 8;
        k.q.w = 8 * units / threads * (small == 1 ? 1 : SAMPLES);
        Random random(1);
        k.images = noise(k.q, random);
        const Setup s = setup_of(way, k, random);
        report::step("%d samples", k.q.n);
        Run all(k.q, s, k.images);
        const uint64_t before = emulator::DeviceMemory::get().accesses;
        all.call();
        accesses[small] = static_cast<double>(emulator::DeviceMemory::get().accesses - before);
      }
      // Tables and sums come with each thread block.
      CHECK(accesses[1] < 1.2 * accesses[0], "%g accesses to memory in small samples, %g in a large one", accesses[1],
            accesses[0]);
      report::end();
    }
  }
}

/// Surplus threads, and the ends of what 31 bits count.
void cuts() {
  const Shape shapes[] = {{16, 3, 96, 96, 1},      {16, 3, 96, 96, 3},     {1024, 3, 64, 64, 1},  {8192, 3, 32, 32, 1},
                          {16384, 3, 64, 64, 1},   {65536, 1, 32, 32, 1},  {65536, 3, 32, 32, 1}, {512, 3, 48, 48, 3},
                          {16, 256, 64, 64, 256},  {1000000, 1, 8, 8, 1},  {1, 1, 8, 8, 1},       {4, 3, 1080, 1920, 1},
                          {1, 3, 8192, 8192, 3},   {100000, 1, 8, 264, 1}, {5, 1, 800, 808, 1},   {7, 2, 40, 56, 2}};
  for (const Shape& shape : shapes) {
    for (int type : {cuda::FLOAT32, cuda::FLOAT16}) {
      for (cuda::Mapping mapping : {fast_mapping(type), cuda::ONE_COLUMN}) {
        report::begin("cuts: %dx%dx%dx%d tables %d %s", shape.n, shape.c, shape.h, shape.w, shape.tables,
                      mapping_name(mapping));
        const cuda::Job job = shape.job(type);
        cuda::Work work{};
        cuda::Launch launch{};
        CHECK(cuda::cut_for(mapping, job, work, launch), "it is refused");
        const uint64_t segments = uint64_t(job.n) * static_cast<unsigned>(work.segments_per_sample);
        CHECK(launch.thread_blocks == segments * work.thread_blocks, "%u thread blocks", launch.thread_blocks);
        CHECK(launch.threads % 32 == 0 && launch.threads >= 32 && launch.threads <= cuda::MOST_THREADS, "%u threads",
              launch.threads);
        // No less than one warp does a segment: that is all that may be wasted.
        const double wasted = waste(work, launch);
        CHECK(wasted * work.units < work.units + 32, "%u units are done %g times", work.units, wasted);
        CHECK(wasted <= 1.5 || work.units < 64, "%u units are done %g times", work.units, wasted);
        CHECK(launch.threads < work.units + 32, "%u threads for %u units", launch.threads, work.units);
        CHECK((work.thread_blocks - 1) * work.rounds * launch.threads < work.units, "a thread block has no unit");
        CHECK(work.thread_blocks * work.rounds * launch.threads >= work.units, "a unit has no thread block");
        const cuda::Workspace workspace(job, 0);
        CHECK(launch.thread_blocks <= workspace.partial_count, "%u thread blocks, room for %ld partial sums",
              launch.thread_blocks, static_cast<long>(workspace.partial_count));
        CHECK(launch.thread_blocks <= 4096 + segments, "%u thread blocks of %lu segments", launch.thread_blocks,
              static_cast<unsigned long>(segments));
        report::end();
      }
    }
  }

  report::begin("cuts: where numbers end");
  constexpr int32_t MOST = (1 << 30) - 1 - cuda::MOST_THREADS;
  cuda::Job job = Shape{1, 1, 8, 8, 1}.job(cuda::FLOAT32);
  for (int threads : {1, 2, 8}) {
    for (int surplus : {0, 1}) {
      cuda::Work work{};
      cuda::Launch launch{};
      job.n = 1;
      job.columns = MOST / threads + surplus;
      CHECK(cuda::cut(job, 1, threads, work, launch) == (surplus == 0), "%d blocks", job.columns);
      const int64_t last = int64_t{work.thread_blocks} * work.rounds * launch.threads;
      CHECK(surplus != 0 || last < int64_t{1} << 31, "unit %ld", static_cast<long>(last));
      job.columns = 1;
      job.n = MOST + surplus;
      CHECK(cuda::cut(job, 1, threads, work, launch) == (surplus == 0), "%d samples", job.n);
      CHECK(surplus != 0 || (launch.thread_blocks == static_cast<unsigned>(MOST) && launch.threads == 32),
            "%u thread blocks of %u threads", launch.thread_blocks, launch.threads);
    }
  }
  report::end();
}

/// All of a grid's thread blocks bring the ticket back to 0, and the last one alone; so do grids that share one.
void tickets() {
  report::begin("tickets");
  for (uint32_t blocks : {1u, 2u, 3u, 264u, 100000u}) {
    for (uint32_t first : {0u, 1u, blocks / 2, blocks - 1}) {
      uint32_t ticket = 0;
      for (uint32_t i = 0; i < blocks; i++) {
        ticket += cuda::ticket_share((first + i) % blocks, blocks);
        CHECK((ticket == 0) == (i == blocks - 1), "the ticket is %u after %u of %u", ticket, i + 1, blocks);
      }
    }
  }
  uint32_t shared = 0;
  for (uint32_t i = 0; i < 7; i++) {
    shared += cuda::ticket_share(i, 7) + (i < 3 ? cuda::ticket_share(i, 3) : 0);
  }
  CHECK(shared == 0, "two grids leave the ticket at %u", shared);
  Case k = uniform_case(8, CHARBONNIER);
  k.q.n = 9;
  Random random(1);
  k.images = noise(k.q, random);
  for (const Way& way : WAYS) {
    k.q.coefficients = way.coefficients;
    const Setup s = setup_of(way, k, random);
    report::step("%s", way.name);
    Run all(k.q, s, k.images);
    all.call();
    CHECK(*all.workspace().ticket == 0, "the ticket is left at %u", *all.workspace().ticket);
  }
  report::end();
}

/// A stride that is not of whole 16 bytes, of samples, channels or rows alone, takes a view from the fast mappings.
void misaligned_strides() {
  for (const Way& way : WAYS) {
    if (way.mapping != cuda::FOUR_COLUMNS && way.mapping != cuda::WHOLE_BLOCK) {
      continue;
    }
    for (int view = 0; view < 4; view++) {
      for (int axis = 0; axis < 3; axis++) {
        Case k = uniform_case(8, CHARBONNIER);
        k.q.coefficients = way.coefficients;
        k.q.n = k.q.c = 2;
        Random random(3);
        k.images = noise(k.q, random);
        k.images = {round_to(way.type, k.images.p), round_to(way.type, k.images.t)};
        Setup s = setup_of(way, k, random);
        if (view == 3 && !s.outputs[1]) {
          continue;
        }
        static const char* const axes[] = {"samples", "channels", "rows"};
        report::begin("misaligned_strides: %s, view %d, %s", way.name, view, axes[axis]);
        const Outcome aligned = run_step(k, "aligned", s, k.images);
        CHECK(aligned.mapping == way.mapping, "the mapping is %s", mapping_name(aligned.mapping));
        Layout& layout = s.views[view];
        // Others stay what they were, or become longer by whole 16 bytes.
        layout.stride_h += axis == 2 ? 1 : 0;
        layout.stride_c = layout.stride_h * k.q.h + (axis == 1 ? 1 : 0);
        layout.stride_c = axis == 2 ? dctloss::cuda::round_up(layout.stride_c, 16) : layout.stride_c;
        layout.stride_n = 2 * layout.stride_c;
        layout.stride_n = axis == 0 ? layout.stride_n + 1 : dctloss::cuda::round_up(layout.stride_n, 16);
        layout.length = layout.at(1, 1, k.q.h - 1, k.q.w - 1) + 1;
        const Outcome got = run_step(k, "misaligned", s, k.images);
        CHECK(got.mapping == cuda::ONE_COLUMN, "the mapping is %s", mapping_name(got.mapping));
        for (int side = 0; side < 2; side++) {
          if (s.outputs[side]) {
            check_bits("gradient", aligned.gradient[side], got.gradient[side]);
          }
        }
        report::end();
      }
    }
  }
}

namespace {

/// Address space of which hardly a page is touched.
class FarMemory {
 public:
  explicit FarMemory(size_t bytes) : bytes_(bytes) {
    void* mapping = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    at_ = mapping == MAP_FAILED ? nullptr : static_cast<char*>(mapping);
    if (at_ != nullptr) {
      emulator::DeviceMemory::get().add(at_, bytes, "far memory", 0);
    }
  }
  ~FarMemory() {
    if (at_ != nullptr) {
      emulator::DeviceMemory::get().remove(at_);
      munmap(at_, bytes_);
    }
  }
  FarMemory(const FarMemory&) = delete;

  char* at() const { return at_; }

 private:
  char* at_;
  size_t bytes_;
};

struct FarView {
  cuda::View view;
  int type;

  void* pixel(int a, int b, int y, int x) const {
    const int64_t at = a * view.stride_n + b * view.stride_c + y * view.stride_h + x * view.stride_w;
    return reinterpret_cast<char*>(view.address) + at * static_cast<int64_t>(type_bytes(type));
  }
  void put(int a, int b, int y, int x, float value) const {
    const uint16_t narrowed = type == cuda::FLOAT32 ? 0 : narrow(type, value);
    memcpy(pixel(a, b, y, x), type == cuda::FLOAT32 ? static_cast<const void*>(&value) : &narrowed, type_bytes(type));
  }
  float get(int a, int b, int y, int x) const {
    float value = 0;
    uint16_t narrowed = 0;
    memcpy(type == cuda::FLOAT32 ? static_cast<void*>(&value) : &narrowed, pixel(a, b, y, x), type_bytes(type));
    return type == cuda::FLOAT32 ? value : widen(type, narrowed);
  }
};

template <class Action>
void for_each_pixel(const Problem& q, Action action) {
  size_t i = 0;
  for (int a = 0; a < q.n; a++) {
    for (int b = 0; b < q.c; b++) {
      for (int y = 0; y < q.h; y++) {
        for (int x = 0; x < q.w; x++) {
          action(i++, a, b, y, x);
        }
      }
    }
  }
}

}  // namespace

/// Elements lie further apart than 31 bits count: samples, channels, or rows of blocks.
void far_strides() {
  constexpr int64_t FAR = (int64_t{1} << 31) + 64, ROW = (int64_t{1} << 28) + 64;
  const FarMemory memory(size_t{4} * 16 * ROW + (1 << 20));
  if (memory.at() == nullptr) {
    printf("far_strides: this system does not reserve so much; not run\n");
    return;
  }
  with_all_types([&](const Way& way) {
    for (int axis = 0; axis < 3; axis++) {
      static const char* const axes[] = {"samples", "channels", "rows"};
      report::begin("far_strides: %s %s, %s", way.name, type_name(way.type), axes[axis]);
      Case k = uniform_case(8, CHARBONNIER);
      k.q.coefficients = way.coefficients;
      k.q.n = axis == 0 ? 2 : 1;
      k.q.c = axis == 1 ? 2 : 1;
      Random random(4);
      k.images = noise(k.q, random);
      k.images = {round_to(way.type, k.images.p), round_to(way.type, k.images.t)};
      Setup s = setup_of(way, k, random);
      s.output = way.type;
      const Outcome near = run_step(k, "near", s, k.images);
      report::step("far");
      Run far(k.q, s, k.images);
      cuda::View* const views[] = {&far.job.prediction, &far.job.target, &far.job.gradient, &far.job.target_gradient};
      FarView all[4];
      for (int i = 0; i < 4; i++) {
        if (i < 3 || s.outputs[1]) {
          all[i] = {{reinterpret_cast<int64_t>(memory.at()) + i * (16 << 10), axis == 0 ? FAR : 4096,
                     axis == 1 ? FAR : 4096, axis == 2 ? ROW : 32, 1},
                    way.type};
          *views[i] = all[i].view;
        }
      }
      for_each_pixel(k.q, [&](size_t i, int a, int b, int y, int x) {
        all[0].put(a, b, y, x, k.images.p[i]);
        all[1].put(a, b, y, x, k.images.t[i]);
        all[2].put(a, b, y, x, canary());
      });
      CHECK(cuda::mapping(&far.job) == way.mapping, "the mapping is %s", mapping_name(cuda::mapping(&far.job)));
      far.call();
      std::vector<float> got[2] = {std::vector<float>(k.q.pixels()), std::vector<float>(k.q.pixels())};
      for_each_pixel(k.q, [&](size_t i, int a, int b, int y, int x) {
        got[0][i] = all[2].get(a, b, y, x);
        got[1][i] = s.outputs[1] ? all[3].get(a, b, y, x) : 0;
      });
      check_bits("gradient", near.gradient[0], got[0]);
      if (s.outputs[1]) {
        check_bits("target gradient", near.gradient[1], got[1]);
      }
      report::end();
    }
  });
}

}  // namespace device

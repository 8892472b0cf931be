// Runs the CUDA kernels on a case the way a caller might, on the emulated device: any layout, data type and outputs, in
// any order of threads. Watches all memory around.
//
// What is drawn, the reference and the comparisons are those of the native backend's tests.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <memory>
#include <string>
#include <vector>

#include "cut.h"
#include "device_border.h"
#include "tests.h"

namespace device {

namespace cuda = dctloss::cuda;

inline const char* type_name(int type) {
  static const char* const names[] = {"float32", "float16", "bfloat16"};
  return names[type];
}
inline const char* mapping_name(int mapping) {
  static const char* const names[] = {"FOUR_COLUMNS", "WHOLE_BLOCK", "ONE_COLUMN", "ANY_BLOCK"};
  return mapping >= 0 && mapping < 4 ? names[mapping] : "none";
}
inline size_t type_bytes(int type) { return type == cuda::FLOAT32 ? 4 : 2; }

/// A pixel as a data type has it, and what is left of it.
inline uint16_t narrow(int type, float x) {
  return type == cuda::FLOAT16 ? __half_as_ushort(__float2half_rn(x)) : __bfloat16_as_ushort(__float2bfloat16_rn(x));
}
inline float widen(int type, uint16_t x) {
  return type == cuda::FLOAT16 ? __half2float(__ushort_as_half(x)) : __bfloat162float(__ushort_as_bfloat16(x));
}
inline float round_to(int type, float x) { return type == cuda::FLOAT32 ? x : widen(type, narrow(type, x)); }

/// float16 ends at 65504.
inline std::vector<float> round_to(int type, std::vector<float> pixels) {
  for (float& x : pixels) {
    x = round_to(type, type == cuda::FLOAT16 ? std::min(6e4f, std::max(-6e4f, x)) : x);
  }
  return pixels;
}

constexpr uint16_t CANARY16 = 0x7FEE;  ///< NaN in both types of 16 bits

/// Memory of the emulated device, between pages without access.
class DeviceMemory : public Memory {
 public:
  DeviceMemory(const char* name, size_t bytes, size_t alignment, Guard guard) : Memory(name, bytes, alignment, guard) {
    emulator::DeviceMemory::get().add(as<void>(), bytes, name, 0);
  }
  ~DeviceMemory() { emulator::DeviceMemory::get().remove(as<void>()); }
};

/// Pixels in some layout and data type, in memory of their own.
class DeviceImage {
 public:
  DeviceImage() = default;

  /// With `rounded_up` memory ends at a multiple of 16 bytes, and so starts at one next to either page.
  DeviceImage(const char* name, const Problem& q, const Layout& layout, int type, const std::vector<float>& values,
              Guard guard, bool rounded_up)
      : name_(name), q_(&q), layout_(layout), type_(type) {
    const size_t size = type_bytes(type), step = rounded_up ? 16 / size : 1;
    elements_ = (static_cast<size_t>(layout.length) + step - 1) / step * step;
    memory_.reset(new DeviceMemory(name, size * elements_, size * step, guard));
    ours_.resize(elements_);
    for (size_t at = 0; at < elements_; at++) {
      put(at, canary());
    }
    for_each([&](size_t i, size_t at) {
      put(at, values[i]);
      ours_[at] = 1;
    });
  }

  cuda::View view() const {
    if (!memory_) {
      return {};
    }
    return {memory_->address() + layout_.offset * static_cast<int64_t>(type_bytes(type_)), layout_.stride_n,
            layout_.stride_c, layout_.stride_h, layout_.stride_w};
  }

  Memory* memory() const { return memory_.get(); }

  std::vector<float> pixels() const {
    std::vector<float> values;
    if (memory_) {
      values.resize(q_->pixels());
      for_each([&](size_t i, size_t at) { values[i] = get(at); });
    }
    return values;
  }

  void check_surroundings() const {
    if (!memory_) {
      return;
    }
    memory_->check_slack();
    for (size_t at = 0; at < elements_; at++) {
      if (!ours_[at] && !is_canary(at)) {
        report::fail("%s: element %zu (%s) lies outside the view and was overwritten with %g", name_, at, layout_.name,
                     get(at));
        return;
      }
    }
  }

  void check_unchanged(const std::vector<float>& values) const {
    bool same = true;
    for_each([&](size_t i, size_t at) { same = same && same_bits(get(at), values[i]); });
    CHECK(same, "%s was changed", name_);
    check_surroundings();
  }

 private:
  template <typename Action>
  void for_each(Action action) const {
    size_t i = 0;
    for (int a = 0; a < q_->n; a++) {
      for (int b = 0; b < q_->c; b++) {
        for (int y = 0; y < q_->h; y++) {
          for (int x = 0; x < q_->w; x++) {
            action(i++, static_cast<size_t>(layout_.at(a, b, y, x)));
          }
        }
      }
    }
  }

  void put(size_t at, float value) {
    if (type_ == cuda::FLOAT32) {
      memcpy(memory_->as<float>() + at, &value, 4);
    } else {
      memory_->as<uint16_t>()[at] = bits(value) == CANARY ? CANARY16 : narrow(type_, value);
    }
  }
  float get(size_t at) const {
    return type_ == cuda::FLOAT32 ? memory_->as<float>()[at] : widen(type_, memory_->as<uint16_t>()[at]);
  }
  bool is_canary(size_t at) const {
    return type_ == cuda::FLOAT32 ? bits(memory_->as<float>()[at]) == CANARY : memory_->as<uint16_t>()[at] == CANARY16;
  }

  const char* name_ = "";
  const Problem* q_ = nullptr;
  Layout layout_;
  int type_ = 0;
  size_t elements_ = 0;
  std::unique_ptr<DeviceMemory> memory_;
  std::vector<char> ours_;
};

/// One way of running a case.
struct Setup {
  int input = cuda::FLOAT32, output = cuda::FLOAT32;
  Layout views[4];  ///< prediction, target, gradient, target gradient
  bool rounded_up[4] = {true, true, true, true};
  bool outputs[2] = {true, true};
  bool map = false, spectrum = false, per_sample = true;
  int flags = 0;
  Guard guard = Guard::AFTER;
  float upstream = 0;  ///< by which the scale is divided and on the device multiplied; a power of 2, or 0 for none
  emulator::Order order = emulator::Order::FORWARD;
  uint64_t order_seed = 1;
  int times = 1;  ///< how often it runs, on one workspace
  /// ACCUMULATE, and ACCUMULATE_LOSS: what the outputs hold before.
  const std::vector<float>* held = nullptr;
  double held_loss = 0;

  std::string text() const {
    static const char* const guards[] = {"after", "before", "heap"};
    static const char* const orders[] = {"forward", "reverse", "random"};
    static const char* const names[] = {" p ", " t ", " g ", " tg "};
    std::string s = std::string(type_name(input)) + " to " + type_name(output) + ", guard " +
                    guards[static_cast<int>(guard)] + ", order " + orders[static_cast<int>(order)];
    for (int i = 0; i < 4; i++) {
      if (i < 2 || outputs[i - 2]) {
        s += names[i] + std::string(views[i].name) + "+" + std::to_string(views[i].offset) + (rounded_up[i] ? "" : "!");
      }
    }
    s += std::string(map ? " map" : "") + (spectrum ? " spectrum" : "") + (per_sample ? "" : " no samples");
    s += upstream != 0 ? " upstream " + std::to_string(upstream) : "";
    return s + " flags " + std::to_string(flags) + (times > 1 ? " twice" : "");
  }
};

struct Outcome {
  int mapping = -1;
  std::vector<float> gradient[2];
  std::vector<float> map;
  std::vector<double> spectrum, per_sample;
  double loss = 0;
};

/// What the sum of penalties is multiplied with.
inline double loss_scale(const Problem& q) { return 0.75 / static_cast<double>(q.pixels()); }
constexpr double SAMPLE_SCALE = 3;

inline cuda::Job make_job(const Problem& q, int input, int output, int flags) {
  cuda::Job job = {};
  const std::vector<int> tops = q.tops();
  const std::vector<int> lefts = q.lefts();
  job.abi = cuda::ABI;
  job.n = q.n;
  job.c = q.c;
  job.h = q.h;
  job.w = q.w;
  job.block = q.block;
  job.planes = q.rotated ? 3 : 1;
  job.tables = q.tables;
  job.penalty = q.penalty;
  job.coefficients = q.coefficients;
  job.edge = q.edge;
  job.rows = static_cast<int>(tops.size());
  job.columns = static_cast<int>(lefts.size());
  job.start_y = tops.front();
  job.start_x = lefts.front();
  job.input = input;
  job.output = output;
  job.flags = flags;
  job.parameter = q.parameter;
  job.scale = q.scale;
  job.loss_scale = loss_scale(q);
  job.sample_scale = SAMPLE_SCALE;
  std::copy(q.color, q.color + 9, job.color);
  return job;
}

inline void set_order(emulator::Order order, uint64_t seed) {
  emulator::Grid::get().order = order;
  emulator::Grid::get().seed = seed;
}

/// A stream of device 0.
class Stream {
 public:
  Stream() { CHECK(cuda::create_stream(0, &handle_) == 0, "no stream"); }
  ~Stream() { CHECK(cuda::destroy_stream(0, handle_) == 0, "the stream is not destroyed"); }
  Stream(const Stream&) = delete;

  int64_t handle() const { return handle_; }
  void wait() const { CHECK(cuda::synchronize_stream(0, handle_) == 0, "not waited for"); }

 private:
  int64_t handle_ = 0;
};

/// Constants of a job on the device.
inline std::unique_ptr<DeviceMemory> constants_of(const cuda::Job& job, const std::vector<double>& weights,
                                                  Guard guard) {
  const int64_t bytes = cuda::constants_bytes(&job);
  CHECK(bytes > 0 && bytes < (1 << 28), "constants_bytes %ld", static_cast<long>(bytes));
  Memory folded("constants of the host", static_cast<size_t>(bytes), 8, guard);
  memset(folded.as<char>(), 0xFF, folded.bytes());
  const int32_t code = cuda::fold_weights(&job, weights.data(), folded.as<void>());
  CHECK(code == cuda::OK, "fold_weights returned %d", code);
  folded.check_slack();
  auto memory = std::make_unique<DeviceMemory>("constants", static_cast<size_t>(bytes), 256, guard);
  memcpy(memory->as<char>(), folded.as<char>(), folded.bytes());
  return memory;
}

/// A workspace, each piece of which is memory of its own for the emulator.
class WorkspaceMemory : public DeviceMemory {
 public:
  WorkspaceMemory(const cuda::Job& job, size_t bytes, Guard guard)
      : DeviceMemory("workspace", bytes, 256, guard), pieces_(job, address()) {
    memset(as<char>(), 0, bytes);
    emulator::DeviceMemory& device = emulator::DeviceMemory::get();
    device.add(pieces_.ticket, sizeof *pieces_.ticket, "the ticket", 0);
    device.add(pieces_.sums, sizeof(double) * static_cast<size_t>(pieces_.sum_count), "sums of samples", 0);
    device.add(pieces_.partials, sizeof(double) * static_cast<size_t>(pieces_.partial_count), "partial sums", 0);
    device.add(pieces_.scratch, sizeof(double) * static_cast<size_t>(pieces_.scratch_count), "scratch", 0);
  }
  ~WorkspaceMemory() {
    for (const void* piece : {static_cast<const void*>(pieces_.sums), static_cast<const void*>(pieces_.partials),
                              static_cast<const void*>(pieces_.scratch)}) {
      emulator::DeviceMemory::get().remove(piece);
    }
  }

  const cuda::Workspace& pieces() const { return pieces_; }

 private:
  cuda::Workspace pieces_;
};

inline std::unique_ptr<WorkspaceMemory> workspace_of(const cuda::Job& job, Guard guard) {
  const int64_t bytes = cuda::workspace_bytes(&job);
  CHECK(bytes > 0 && bytes < (1 << 28), "workspace_bytes %ld", static_cast<long>(bytes));
  return std::make_unique<WorkspaceMemory>(job, static_cast<size_t>(bytes), guard);
}

/// Makes grids be cut otherwise, while it lives.
class CutAs {
 public:
  explicit CutAs(const cuda::Limits& limits) : before_(cuda::limits) { cuda::limits = limits; }
  ~CutAs() { cuda::limits = before_; }
  CutAs(const CutAs&) = delete;

 private:
  cuda::Limits before_;
};

/// Few partial sums, thread blocks that are as large as they get, few of ANY_BLOCK: many rounds of many warps, as large
/// images have them.
constexpr cuda::Limits AS_IF_LARGE = {2, 3, 1};

/// What small images get, or large ones, or something in between.
inline cuda::Limits draw_limits(Random& random) {
  if (random.once_in(3)) {
    return {};
  }
  return {1 + random.below(20), 1 + random.below(5), random.pick({1, 100, 1000})};
}

/// All memory of a run: what a caller hands over.
class Run {
 public:
  Run(const Problem& q, const Setup& s, const Images& images)
      : q_(q),
        setup_(s),
        images_(images),
        prediction_("prediction", q, s.views[0], s.input, images.p, s.guard, s.rounded_up[0]),
        target_("target", q, s.views[1], s.input, images.t, s.guard, s.rounded_up[1]),
        upstream_("upstream factor", 4, 4, s.guard),
        sample_factors_("sample factors", 4 * q.sample_scales.size(), 4, s.guard),
        loss_("loss", 8, 8, s.guard),
        per_sample_("per-sample values", 8 * static_cast<size_t>(q.n), 8, s.guard),
        map_("block map", 4 * static_cast<size_t>(q.n) * q.c * q.tops().size() * q.lefts().size(), 4, s.guard),
        spectrum_("spectrum", 8 * static_cast<size_t>(q.n) * q.c * q.block * q.block, 8, s.guard) {
    job = make_job(q, s.input, s.output, s.flags);
    static const char* const names[] = {"gradient", "target gradient"};
    for (int i = 0; i < 2; i++) {
      if (s.outputs[i]) {
        const std::vector<float> before = s.held ? *s.held : std::vector<float>(q.pixels(), canary());
        outputs_[i] = DeviceImage(names[i], q, s.views[2 + i], s.output, before, s.guard, s.rounded_up[2 + i]);
      }
    }
    job.prediction = prediction_.view();
    job.target = target_.view();
    job.gradient = outputs_[0].view();
    job.target_gradient = outputs_[1].view();
    if (s.upstream != 0) {
      job.scale /= static_cast<double>(s.upstream);
      *upstream_.as<float>() = s.upstream;
      job.upstream = upstream_.address();
    }
    for (size_t i = 0; i < q.sample_scales.size(); i++) {
      sample_factors_.as<float>()[i] = static_cast<float>(q.sample_scales[i]);
      job.sample_factors = sample_factors_.address();
    }
    const bool adds = (s.flags & cuda::ACCUMULATE_LOSS) != 0;
    fill(loss_, adds ? s.held_loss : canary64());
    fill(per_sample_, adds ? s.held_loss : canary64());
    fill(map_, CANARY);
    fill(spectrum_, CANARY64);
    job.loss = loss_.address();
    job.per_sample = s.per_sample ? per_sample_.address() : 0;
    job.map = s.map ? map_.address() : 0;
    job.spectrum = s.spectrum ? spectrum_.address() : 0;
    constants_ = constants_of(job, q.weights, s.guard);
    workspace_ = workspace_of(job, s.guard);
    job.constants = constants_->address();
    job.workspace = workspace_->address();
    for (Memory* m : {prediction_.memory(), target_.memory(), static_cast<Memory*>(&upstream_),
                      static_cast<Memory*>(&sample_factors_), static_cast<Memory*>(constants_.get())}) {
      m->read_only();
    }
  }

  /// Runs it once.
  void call() {
    set_order(setup_.order, setup_.order_seed);
    Stream stream;
    const int32_t code = cuda::loss(&job, 0, stream.handle());
    CHECK(code == cuda::OK, "loss returned %d", code);
    stream.wait();
  }

  /// What is there now, after a look at everything that must not have changed.
  Outcome outcome() {
    prediction_.check_unchanged(images_.p);
    target_.check_unchanged(images_.t);
    outputs_[0].check_surroundings();
    outputs_[1].check_surroundings();
    for (const Memory* m : {static_cast<const Memory*>(&loss_), static_cast<const Memory*>(&per_sample_),
                            static_cast<const Memory*>(&map_), static_cast<const Memory*>(&spectrum_),
                            static_cast<const Memory*>(constants_.get()),
                            static_cast<const Memory*>(workspace_.get())}) {
      m->check_slack();
    }
    Outcome o;
    o.mapping = cuda::mapping(&job);
    o.gradient[0] = outputs_[0].pixels();
    o.gradient[1] = outputs_[1].pixels();
    o.loss = *loss_.as<double>();
    o.per_sample = contents<double>(per_sample_);
    o.map = contents<float>(map_);
    o.spectrum = contents<double>(spectrum_);
    const bool adds = (setup_.flags & cuda::ACCUMULATE_LOSS) != 0;
    CHECK(setup_.per_sample || bits(o.per_sample[0]) == (adds ? bits(setup_.held_loss) : CANARY64),
          "per-sample values were written and not asked for");
    CHECK(setup_.map || bits(o.map[0]) == CANARY, "the map was written and not asked for");
    CHECK(setup_.spectrum || bits(o.spectrum[0]) == CANARY64, "the spectrum was written and not asked for");
    return o;
  }

  const cuda::Workspace& workspace() const { return workspace_->pieces(); }

  cuda::Job job;

 private:
  const Problem& q_;
  const Setup& setup_;
  const Images& images_;
  DeviceImage prediction_, target_;
  DeviceImage outputs_[2];
  DeviceMemory upstream_, sample_factors_, loss_, per_sample_, map_, spectrum_;
  std::unique_ptr<DeviceMemory> constants_;
  std::unique_ptr<WorkspaceMemory> workspace_;
};

/// Whatever a setup has must have the bits of another one, whose mapping computes the same. The order in which blocks
/// are added is the mapping's own.
inline void check_same(const Setup& s, const Outcome& expected, const Outcome& got) {
  for (int i = 0; i < 2; i++) {
    if (s.outputs[i]) {
      check_bits(i == 0 ? "gradient" : "target gradient", expected.gradient[i], got.gradient[i]);
    }
  }
  if (s.map) {
    check_bits("block map", expected.map, got.map);
  }
  if (s.spectrum) {
    check_bits("spectrum", expected.spectrum, got.spectrum);
  }
  if (expected.mapping == got.mapping) {
    check_bits("loss", std::vector<double>{expected.loss}, {got.loss});
    if (s.per_sample) {
      check_bits("per-sample values", expected.per_sample, got.per_sample);
    }
    return;
  }
  auto close = [](double a, double b) { return same_bits(a, b) || std::fabs(a - b) <= 1e-13 * std::fabs(a); };
  CHECK(close(expected.loss, got.loss), "loss is %.17g, with another mapping %.17g", got.loss, expected.loss);
  for (size_t i = 0; s.per_sample && i < got.per_sample.size(); i++) {
    CHECK(close(expected.per_sample[i], got.per_sample[i]), "value of sample %zu is %.17g, with another mapping %.17g",
          i, got.per_sample[i], expected.per_sample[i]);
  }
}

inline Outcome run(const Problem& q, const Setup& s, const Images& images) {
  Run all(q, s, images);
  all.call();
  Outcome first = all.outcome();
  for (int i = 1; i < s.times; i++) {
    all.call();
    check_same(s, first, all.outcome());
  }
  return first;
}

inline Outcome run_step(const Case& k, const char* what, const Setup& s, const Images& images) {
  report::step("%s: %s", what, s.text().c_str());
  return run(k.q, s, images);
}

inline Guard random_guard(Random& random) { return random.once_in(2) ? Guard::AFTER : Guard::BEFORE; }

inline void draw_order(Setup& s, Random& random) {
  s.order = random.pick({emulator::Order::FORWARD, emulator::Order::REVERSE, emulator::Order::RANDOM});
  s.order_seed = random.next();
}

/// Contiguous and aligned, gradients of both images, in a drawn order of threads.
inline Setup plain_setup(const Problem& q, int type, Random& random) {
  Random none(0);
  Setup s;
  s.input = type;
  for (Layout& view : s.views) {
    view = make_layout(LayoutKind::CONTIGUOUS, q, none);
  }
  s.guard = random_guard(random);
  draw_order(s, random);
  return s;
}

/// ... and with a map and a spectrum.
inline Setup full_setup(const Problem& q, int type, Random& random) {
  Setup s = plain_setup(q, type, random);
  s.map = s.spectrum = true;
  return s;
}

/// Any layouts and outputs.
inline Setup random_setup(const Problem& q, int type, Random& random) {
  Setup s = plain_setup(q, type, random);
  // The fast mappings need rows of 16-byte multiples.
  const bool aligned = random.once_in(3), same = random.once_in(2);
  for (int i = 0; i < 4; i++) {
    s.views[i] = same && i > 0 ? s.views[0]
                 : aligned     ? make_layout(LayoutKind::ROUND_ROWS, q, random)
                               : random_layout(q, random);
    s.rounded_up[i] = same && i > 0 ? s.rounded_up[0] : aligned || !random.once_in(3);
  }
  const int outputs = random.below(6);
  s.outputs[0] = outputs >= 2;
  s.outputs[1] = outputs == 1 || outputs >= 4;
  s.per_sample = random.once_in(2);
  s.upstream = random.once_in(3) ? random.pick({0.25f, -2.0f, 64.0f}) : 0;
  s.times = random.once_in(4) ? 2 : 1;
  return s;
}

}  // namespace device

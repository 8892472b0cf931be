// Runs the kernels on a case the way a caller might: any layout, any outputs, in pieces. Watches all memory around.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

#include "border.h"
#include "cases.h"
#include "memory.h"
#include "report.h"

using dctloss::Job;

/// What outputs and gaps hold before a run: a NaN, so that whoever reads it shows it.
constexpr uint32_t CANARY = 0x7FC0BEEF;
constexpr uint64_t CANARY64 = 0x7FF80000DEADBEEF;

inline uint32_t bits(float value) {
  uint32_t b;
  memcpy(&b, &value, sizeof b);
  return b;
}
inline uint64_t bits(double value) {
  uint64_t b;
  memcpy(&b, &value, sizeof b);
  return b;
}
inline float canary() {
  float value;
  memcpy(&value, &CANARY, sizeof value);
  return value;
}
inline double canary64() {
  double value;
  memcpy(&value, &CANARY64, sizeof value);
  return value;
}

/// Rounding mode, flushing of subnormals and trapping: none of a kernel's business.
inline uint64_t float_environment() {
#if defined(__SSE2__)
  return _mm_getcsr() & ~0x3Fu;
#elif defined(__aarch64__)
  uint64_t fpcr;
  asm volatile("mrs %0, fpcr" : "=r"(fpcr));
  return fpcr;
#else
  return 0;
#endif
}

/// Pixels in some layout, in memory of their own.
class Placed {
 public:
  Placed() = default;

  /// `values` is NCHW; what `readable` says is not written.
  Placed(const char* name, const Problem& q, const Layout& layout, const std::vector<float>& values, Guard guard,
         bool by_address)
      : name_(name),
        q_(&q),
        layout_(layout),
        by_address_(by_address),
        memory_(new Memory(name, 4 * static_cast<size_t>(layout.length), 4, guard)) {
    std::vector<char> ours(static_cast<size_t>(layout.length));
    float* data = memory_->as<float>();
    for_each([&](size_t i, int64_t at) {
      data[at] = values[i];
      ours[static_cast<size_t>(at)] = 1;
    });
    for (int64_t at = 0; at < layout.length; at++) {
      if (!ours[static_cast<size_t>(at)]) {
        gaps_.push_back(at);
        memcpy(data + at, &CANARY, sizeof CANARY);
      }
    }
  }

  dctloss::View view() const {
    if (!memory_) {
      return {};
    }
    return {by_address_ ? memory_->address() : 0, layout_.offset,   layout_.stride_n,
            layout_.stride_c,                     layout_.stride_h, layout_.stride_w};
  }

  float* array() const { return memory_ && !by_address_ ? memory_->as<float>() : nullptr; }
  Memory* memory() const { return memory_.get(); }

  std::vector<float> pixels() const {
    std::vector<float> values;
    if (memory_) {
      values.resize(q_->pixels());
      const float* data = memory_->as<float>();
      for_each([&](size_t i, int64_t at) { values[i] = data[at]; });
    }
    return values;
  }

  void check_surroundings() const {
    if (!memory_) {
      return;
    }
    memory_->check_slack();
    const float* data = memory_->as<float>();
    for (int64_t at : gaps_) {
      if (bits(data[at]) != CANARY) {
        report::fail("%s: element %ld (%s) lies outside the view and was overwritten with %g", name_,
                     static_cast<long>(at), layout_.name, data[at]);
        return;
      }
    }
  }

  void check_unchanged(const std::vector<float>& values) const {
    const float* data = memory_->as<float>();
    bool same = true;
    for_each([&](size_t i, int64_t at) { same = same && bits(data[at]) == bits(values[i]); });
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
            action(i++, layout_.at(a, b, y, x));
          }
        }
      }
    }
  }

  const char* name_ = "";
  const Problem* q_ = nullptr;
  Layout layout_;
  bool by_address_ = false;
  std::unique_ptr<Memory> memory_;
  std::vector<int64_t> gaps_;
};

/// One way of running a case.
struct Variant {
  Layout views[4];  ///< prediction, target, gradient, target gradient
  bool by_address[4] = {};
  bool outputs[2] = {true, true};
  bool map = true;
  bool spectrum = true;
  int flags = 0;
  Guard guard = Guard::HEAP;
  std::vector<std::pair<int, int>> pieces;  ///< from .. to-1, in the order of the calls
  int scratch_fill = 0xFF;
  /// ACCUMULATE: what the outputs hold before.
  const std::vector<float>* held = nullptr;
  /// What the spectrum holds before; null: zeros.
  const std::vector<double>* spectrum_before = nullptr;

  std::string text() const {
    static const char* const guards[] = {"after", "before", "heap"};
    std::string s = std::string("guard ") + guards[static_cast<int>(guard)];
    static const char* const names[] = {" p ", " t ", " g ", " tg "};
    for (int i = 0; i < 4; i++) {
      if (i < 2 || outputs[i - 2]) {
        s += std::string(names[i]) + (by_address[i] ? "@" : "[]") + views[i].name + "+" +
             std::to_string(views[i].offset);
      }
    }
    s += map ? " map" : "";
    s += spectrum ? " spectrum" : "";
    s += (flags & dctloss::STREAM) != 0 ? " STREAM" : "";
    s += (flags & dctloss::PREFETCH) != 0 ? " PREFETCH" : "";
    s += (flags & dctloss::ACCUMULATE) != 0 ? " ACCUMULATE" : "";
    s += " in " + std::to_string(pieces.size()) + " pieces";
    return s;
  }
};

struct Outcome {
  std::vector<float> gradient[2];
  std::vector<float> map;
  std::vector<double> sums, spectrum;
};

inline int items_of(const Problem& q) {
  const int rows = static_cast<int>(q.tops().size());
  return q.n * (q.rotated ? 1 : q.c) * rows;
}

/// Whether the grid's blocks are exactly the image.
inline bool flush(const Problem& q) { return q.dy == 0 && q.dx == 0 && q.h % q.block == 0 && q.w % q.block == 0; }

/// Whether the items of a plane must run in order.
inline bool ordered(const Problem& q, bool spectrum) {
  return spectrum || (q.edge == dctloss::REFLECT && !flush(q));
}

inline Job make_job(const Problem& q, int isa, int flags) {
  Job job = {};
  const std::vector<int> tops = q.tops();
  const std::vector<int> lefts = q.lefts();
  job.abi = dctloss::ABI;
  job.isa = isa;
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
  job.flags = flags;
  job.parameter = q.parameter;
  job.scale = q.scale;
  std::copy(q.color, q.color + 9, job.color);
  return job;
}

inline size_t round_up_64(int64_t bytes) { return (static_cast<size_t>(bytes) + 63) / 64 * 64; }

template <typename T>
void fill(Memory& memory, T value) {
  T* data = memory.as<T>();
  for (size_t i = 0; i < memory.bytes() / sizeof(T); i++) {
    memcpy(data + i, &value, sizeof value);
  }
}

template <typename T>
std::vector<T> contents(Memory& memory) {
  const T* data = memory.as<T>();
  return std::vector<T>(data, data + memory.bytes() / sizeof(T));
}

/// All memory of a run: what a caller hands over.
class Run {
 public:
  Run(const Problem& q, int isa, const Variant& v, const Images& images)
      : q_(q),
        variant_(v),
        images_(images),
        rows_(q.tops().size()),
        columns_(q.lefts().size()),
        prediction_("prediction", q, v.views[0], images.p, v.guard, v.by_address[0]),
        target_("target", q, v.views[1], images.t, v.guard, v.by_address[1]),
        weights_("weights", 8 * q.weights.size(), 8, v.guard),
        sums_("sums", 8 * q.n * q.c * rows_, 8, v.guard),
        map_("block map", 4 * q.n * q.c * rows_ * columns_, 4, v.guard),
        spectrum_("spectrum", 8 * static_cast<size_t>(q.n) * q.c * q.block * q.block, 8, v.guard),
        sample_scales_("sample scales", 8 * q.sample_scales.size(), 8, v.guard),
        job_memory_("job", sizeof(Job), 8, v.guard) {
    Job& job = *job_memory_.as<Job>();
    job = make_job(q, isa, v.flags);
    static const char* const names[] = {"gradient", "target gradient"};
    for (int i = 0; i < 2; i++) {
      if (v.outputs[i]) {
        std::vector<float> before = v.held ? *v.held : std::vector<float>(q.pixels(), canary());
        outputs_[i] = Placed(names[i], q, v.views[2 + i], before, v.guard, v.by_address[2 + i]);
      }
    }
    job.prediction = prediction_.view();
    job.target = target_.view();
    job.gradient = outputs_[0].view();
    job.target_gradient = outputs_[1].view();
    job.sums = sums_.address();
    job.spectrum = v.spectrum ? spectrum_.address() : 0;
    if (!q.sample_scales.empty()) {
      memcpy(sample_scales_.as<double>(), q.sample_scales.data(), sample_scales_.bytes());
      job.sample_scales = sample_scales_.address();
    }
    memcpy(weights_.as<double>(), q.weights.data(), weights_.bytes());
    fill(sums_, CANARY64);
    fill(map_, CANARY);
    fill(spectrum_, 0.0);
    if (v.spectrum_before != nullptr) {
      memcpy(spectrum_.as<double>(), v.spectrum_before->data(), spectrum_.bytes());
    }

    const int64_t constants_bytes = dctloss::constants_bytes(&job);
    const int64_t scratch_bytes = dctloss::scratch_bytes(&job);
    CHECK(constants_bytes >= 0 && constants_bytes < (1 << 28), "constants_bytes %ld", (long)constants_bytes);
    CHECK(scratch_bytes >= 0 && scratch_bytes < (1 << 28), "scratch_bytes %ld", (long)scratch_bytes);
    constants_.reset(new Memory("constants", round_up_64(constants_bytes), 64, v.guard));
    memset(constants_->as<char>(), 0xFF, constants_->bytes());
    scratch_.reset(new Memory("scratch", round_up_64(scratch_bytes), 64, v.guard));
    job.constants = constants_->address();
    for (Memory* m : {prediction_.memory(), target_.memory(), &weights_, &sample_scales_, &job_memory_}) {
      m->read_only();
    }
    const int32_t code = dctloss::set_weights(&job, weights_.as<double>());
    CHECK(code == dctloss::OK, "set_weights returned %d", code);
    constants_->read_only();
  }

  const Job& job() { return *job_memory_.as<Job>(); }

  /// Items from .. to-1, with scratch that holds rubbish.
  void call(int from, int to) {
    memset(scratch_->as<char>(), variant_.scratch_fill, scratch_->bytes());
    call(from, to, *scratch_);
  }

  void call(int from, int to, Memory& scratch) {
    const uint64_t environment = float_environment();
    const int32_t code =
        dctloss::loss_strips(job_memory_.as<Job>(), from, to, scratch.as<void>(), prediction_.array(), target_.array(),
                             outputs_[0].array(), outputs_[1].array(), variant_.map ? map_.as<float>() : nullptr);
    CHECK(code == dctloss::OK, "loss_strips(%d, %d) returned %d", from, to, code);
    CHECK(float_environment() == environment, "loss_strips changed the floating-point environment");
  }

  size_t scratch_bytes() const { return scratch_->bytes(); }

  /// What is there now, after a look at everything that must not have changed.
  Outcome outcome() {
    prediction_.check_unchanged(images_.p);
    target_.check_unchanged(images_.t);
    outputs_[0].check_surroundings();
    outputs_[1].check_surroundings();
    for (const Memory* m : {&weights_, &sums_, &map_, &spectrum_, &sample_scales_, &job_memory_}) {
      m->check_slack();
    }
    constants_->check_slack();
    scratch_->check_slack();
    Outcome o;
    o.gradient[0] = outputs_[0].pixels();
    o.gradient[1] = outputs_[1].pixels();
    o.sums = contents<double>(sums_);
    o.map = contents<float>(map_);
    o.spectrum = contents<double>(spectrum_);
    return o;
  }

 private:
  const Problem& q_;
  const Variant& variant_;
  const Images& images_;
  size_t rows_, columns_;
  Placed prediction_, target_;
  Placed outputs_[2];
  Memory weights_, sums_, map_, spectrum_, sample_scales_, job_memory_;
  std::unique_ptr<Memory> constants_, scratch_;
};

inline Outcome run(const Problem& q, int isa, const Variant& v, const Images& images) {
  Run all(q, isa, v, images);
  for (const std::pair<int, int>& piece : v.pieces) {
    all.call(piece.first, piece.second);
  }
  return all.outcome();
}

/// Everything in one call, contiguous, all outputs.
inline Variant plain_variant(const Problem& q, Guard guard) {
  Random random(0);
  Variant v;
  for (Layout& view : v.views) {
    view = make_layout(LayoutKind::CONTIGUOUS, q, random);
  }
  v.guard = guard;
  v.pieces = {{0, items_of(q)}};
  return v;
}

inline Guard random_guard(Guard guard, Random& random) {
  return guard == Guard::HEAP ? guard : random.once_in(2) ? Guard::AFTER : Guard::BEFORE;
}

/// Cuts the items into pieces and shuffles them as far as the border allows it.
inline std::vector<std::pair<int, int>> random_pieces(const Problem& q, bool spectrum, Random& random) {
  const int items = items_of(q);
  const int rows = static_cast<int>(q.tops().size());
  std::vector<std::pair<int, int>> pieces;
  if (random.once_in(4)) {
    return {{0, items}};
  }
  const bool in_order = ordered(q, spectrum);
  const int longest = 1 + random.below(random.once_in(2) ? 3 : items);
  for (int from = 0; from < items;) {
    int to = std::min(items, from + 1 + random.below(longest));
    if (in_order) {
      to = std::min(to, (from / rows + 1) * rows);
    }
    pieces.push_back({from, to});
    from = to;
  }
  for (int i = static_cast<int>(pieces.size()) - 1; i > 0; i--) {
    std::swap(pieces[i], pieces[random.below(i + 1)]);
  }
  if (in_order) {
    // Any order of planes, and each plane's pieces at its places in order.
    std::vector<std::vector<std::pair<int, int>>> planes(static_cast<size_t>(items / rows));
    for (const auto& piece : pieces) {
      planes[piece.first / rows].push_back(piece);
    }
    std::vector<size_t> next(planes.size());
    for (auto& plane : planes) {
      std::sort(plane.begin(), plane.end());
    }
    for (auto& piece : pieces) {
      const size_t plane = static_cast<size_t>(piece.first / rows);
      piece = planes[plane][next[plane]++];
    }
  }
  return pieces;
}

inline Variant random_variant(const Problem& q, Guard guard, Random& random) {
  Variant v;
  const bool same = random.once_in(2);
  for (int i = 0; i < 4; i++) {
    v.views[i] = same && i > 0 ? v.views[0] : random_layout(q, random);
    v.by_address[i] = random.once_in(2);
  }
  const int outputs = random.below(6);
  v.outputs[0] = outputs >= 2;
  v.outputs[1] = outputs == 1 || outputs >= 4;
  v.map = random.once_in(3);
  v.spectrum = random.once_in(4);
  v.flags = (random.once_in(2) ? dctloss::STREAM : 0) | (random.once_in(2) ? dctloss::PREFETCH : 0);
  v.guard = random_guard(guard, random);
  v.pieces = random_pieces(q, v.spectrum, random);
  v.scratch_fill = random.once_in(2) ? 0xFF : random.below(256);
  return v;
}

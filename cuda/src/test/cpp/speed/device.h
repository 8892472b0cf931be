// Memory, streams and graphs of the first device as objects, over the border. A refusal ends the program, save that of
// memory, which is thrown.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "device_border.h"

namespace device {

constexpr int32_t FIRST = 0;

inline void must(int32_t code, const char* call) {
  if (code != dctloss::cuda::OK) {
    std::fprintf(stderr, "%s: got %d (%s: %s)\n", call, code, code > 0 ? dctloss::cuda::error_name(code) : "refused",
                 code > 0 ? dctloss::cuda::error_text(code) : "see Code in device_border.h");
    std::exit(1);
  }
}

struct NoMemory {
  int64_t bytes;
  int32_t code;
};

class Stream {
 public:
  Stream() { must(dctloss::cuda::create_stream(FIRST, &handle_), "create_stream"); }
  ~Stream() { dctloss::cuda::destroy_stream(FIRST, handle_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  int64_t handle() const { return handle_; }
  void wait() const { must(dctloss::cuda::synchronize_stream(FIRST, handle_), "synchronize_stream"); }

 private:
  int64_t handle_ = 0;
};

class Memory {
 public:
  Memory() = default;
  explicit Memory(int64_t bytes) : bytes_(bytes) {
    const int32_t code = dctloss::cuda::allocate(FIRST, bytes, &address_);
    if (code != dctloss::cuda::OK) {
      throw NoMemory{bytes, code};
    }
  }
  Memory(Memory&& other) noexcept { *this = std::move(other); }
  Memory& operator=(Memory&& other) noexcept {
    std::swap(address_, other.address_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Memory() {
    if (address_ != 0) {
      dctloss::cuda::release(FIRST, address_);
    }
  }

  int64_t address() const { return address_; }
  int64_t bytes() const { return bytes_; }

  void fill(int32_t value, const Stream& stream) const {
    must(dctloss::cuda::fill(address_, value, bytes_, FIRST, stream.handle()), "fill");
    stream.wait();
  }
  void put(const void* from, int64_t bytes, const Stream& stream, int64_t at = 0) const {
    must(dctloss::cuda::copy(address_ + at, reinterpret_cast<int64_t>(from), bytes, FIRST, stream.handle()), "copy");
    stream.wait();
  }
  template <class T>
  std::vector<T> get(size_t count, const Stream& stream) const {
    std::vector<T> values(count);
    must(dctloss::cuda::copy(reinterpret_cast<int64_t>(values.data()), address_,
                             static_cast<int64_t>(count * sizeof(T)), FIRST, stream.handle()),
         "copy");
    stream.wait();
    return values;
  }

 private:
  int64_t address_ = 0, bytes_ = 0;
};

class Event {
 public:
  Event() { must(dctloss::cuda::create_event(FIRST, &handle_), "create_event"); }
  ~Event() { dctloss::cuda::destroy_event(FIRST, handle_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  void record(const Stream& stream) const {
    must(dctloss::cuda::record_event(handle_, FIRST, stream.handle()), "record_event");
  }
  /// Milliseconds since another one; waits for this one.
  double since(const Event& other) const {
    float milliseconds = 0;
    must(dctloss::cuda::synchronize_event(FIRST, handle_), "synchronize_event");
    must(dctloss::cuda::elapsed(FIRST, other.handle_, handle_, &milliseconds), "elapsed");
    return milliseconds;
  }

 private:
  int64_t handle_ = 0;
};

/// What `queue` puts on the stream, to be done again and again.
class Graph {
 public:
  template <class Queue>
  Graph(const Stream& stream, Queue queue) : stream_(stream) {
    must(dctloss::cuda::begin_capture(FIRST, stream.handle()), "begin_capture");
    queue();
    must(dctloss::cuda::end_capture(FIRST, stream.handle(), &handle_, &nodes_), "end_capture");
  }
  ~Graph() { dctloss::cuda::destroy_graph(FIRST, handle_); }
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  int64_t nodes() const { return nodes_; }
  void launch() const { must(dctloss::cuda::launch_graph(handle_, FIRST, stream_.handle()), "launch_graph"); }

 private:
  const Stream& stream_;
  int64_t handle_ = 0, nodes_ = 0;
};

}  // namespace device

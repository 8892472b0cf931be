// The emulated machine: which devices it has, what fails, and what is queued on its streams.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "device_memory.h"
#include "grid.h"

struct CUgraph_st;

/// An event that was recorded on a stream, and how much of the stream's work was queued by then.
struct CUevent_st {
  int device = 0;
  bool timed = true;
  struct CUstream_st* stream = nullptr;
  uint64_t after = 0;
  double milliseconds = 0;  ///< when the work before it was done
  bool happened = true;     ///< not recorded is as good as happened
};

struct CUstream_st {
  int device = 0;
  bool blocking = true;  ///< it and the null stream wait for each other
  std::vector<std::function<void()>> queue;
  size_t next = 0;      ///< of the queue
  uint64_t queued = 0;  ///< in all
  uint64_t done = 0;
  // While it is captured:
  CUgraph_st* graph = nullptr;
  int mode = 0;
  std::thread::id by;
  bool invalid = false;
};

struct CUgraphNode_st {
  int type;
  std::function<void()> work;
};

struct CUgraph_st {
  std::vector<std::unique_ptr<CUgraphNode_st>> nodes;
};

struct CUgraphExec_st {
  std::vector<std::function<void()>> work;
  int device = 0;
};

namespace emulator {

/// A version of the runtime, as CUDA counts: what is emulated is 13.0.
constexpr int RUNTIME = 13000;

struct Failure {
  std::string function;
  int error;
  int after;  ///< calls of the function
};

/// One. Its lock is held by every call of the runtime, kernels included.
class Machine {
 public:
  std::recursive_mutex lock;
  int devices = 1;
  int driver = RUNTIME;
  int capability = 90;              ///< of each
  size_t memory = size_t{1} << 30;  ///< of each
  std::vector<Failure> failures;
  int spoiled = 0;  ///< the error that stays

  std::map<int, size_t> used;  ///< bytes of each device
  std::map<int, CUstream_st> null_streams;
  std::set<CUstream_st*> streams;
  std::set<CUevent_st*> events;
  std::set<CUgraph_st*> graphs;
  std::set<CUgraphExec_st*> executables;
  std::map<std::thread::id, int> current_device, last_error;
  std::map<std::thread::id, int> capture_mode;  ///< a cudaStreamCaptureMode; global, which is 0, at first
  std::set<std::thread::id> with_context;       ///< threads that have one

  static Machine& get() {
    static Machine machine;
    return machine;
  }

  /// One setting, with or without the prefix. Anything unknown is a fault.
  void set(const std::string& setting, const std::string& value) {
    Grid& grid = Grid::get();
    if (setting == "DEVICES") {
      devices = std::atoi(value.c_str());
    } else if (setting == "MEMORY") {
      memory = static_cast<size_t>(std::atoll(value.c_str()));
    } else if (setting == "CAPABILITY") {
      capability = std::atoi(value.c_str());
    } else if (setting == "DRIVER") {
      driver = std::atoi(value.c_str());
    } else if (setting == "ORDER") {
      grid.order = value == "forward" ? Order::FORWARD : value == "reverse" ? Order::REVERSE : Order::RANDOM;
      grid.seed = static_cast<uint64_t>(std::atoll(value.c_str()));
    } else if (setting == "FAIL") {
      failures.clear();
      spoiled = 0;
      for (size_t from = 0; from < value.size();) {
        const size_t end = std::min(value.find(',', from), value.size());
        char function[64];
        int error = 0, call = 0;
        if (sscanf(value.substr(from, end - from).c_str(), "%63[A-Za-z]=%d@%d", function, &error, &call) != 3) {
          fault("DCTLOSS_EMULATED_FAIL=%s: function=error@call expected, with commas between", value.c_str());
        }
        failures.push_back({function, error, call});
        from = end + 1;
      }
    } else {
      fault("DCTLOSS_EMULATED_%s is unknown", setting.c_str());
    }
  }

  /// The error that a call of a function is to return, or 0.
  int failure_of(const char* function) {
    for (Failure& failure : failures) {
      if (failure.function == function && --failure.after == 0) {
        if (spoils(failure.error)) {
          spoiled = failure.error;
        }
        return failure.error;
      }
    }
    return spoiled;
  }

  /// Whether an error is of those after which a context returns nothing else.
  static bool spoils(int error) {
    return error == 214 || error == 700 || error == 702 || error == 710 || (error >= 714 && error <= 719);
  }

  /// The thread's device, of which it has a context from now on.
  int device() {
    with_context.insert(std::this_thread::get_id());
    return current_device[std::this_thread::get_id()];
  }

  /// Whether this thread may not make a call that is unsafe while a stream is captured.
  bool capture_forbids(const CUstream_st& captured) {
    const int mode = capture_mode[std::this_thread::get_id()];
    const bool own = captured.by == std::this_thread::get_id();
    return mode != 2 && (own ? captured.mode != 2 : mode == 0 && captured.mode == 0);
  }

  /// The object behind a stream that callers name; null if there is none.
  CUstream_st* stream(CUstream_st* named) {
    if (named == nullptr || named == reinterpret_cast<CUstream_st*>(1)) {
      CUstream_st& null_stream = null_streams[device()];
      null_stream.device = device();
      return &null_stream;
    }
    return streams.count(named) != 0 ? named : nullptr;
  }

  bool is_null(const CUstream_st* s) const { return streams.count(const_cast<CUstream_st*>(s)) == 0; }

  /// Queues work that comes after what the stream's rules say.
  void queue(CUstream_st& s, std::function<void()> work) {
    for (auto* other : streams) {
      if (is_null(&s) && other->blocking && other->device == s.device && other->done < other->queued) {
        wait_for(s, *other);
      }
    }
    CUstream_st& null_stream = null_streams[s.device];
    if (&s != &null_stream && s.blocking && null_stream.done < null_stream.queued) {
      wait_for(s, null_stream);
    }
    push(s, std::move(work));
  }

  /// Runs what is queued on a stream, up to some of it.
  void run(CUstream_st& s, uint64_t until = ~uint64_t{0}) {
    while (s.next < s.queue.size() && s.done < until) {
      const std::function<void()> work = std::move(s.queue[s.next++]);
      work();
      s.done++;
    }
    if (s.next == s.queue.size()) {
      s.queue.clear();
      s.next = 0;
    }
  }

  void run_all() {
    for (auto& null_stream : null_streams) {
      run(null_stream.second);
    }
    for (CUstream_st* s : streams) {
      run(*s);
    }
  }

  void push(CUstream_st& s, std::function<void()> work) {
    s.queue.push_back(std::move(work));
    s.queued++;
  }

 private:
  Machine() {
    for (const char* setting : {"DEVICES", "MEMORY", "DRIVER", "CAPABILITY", "ORDER", "FAIL"}) {
      const char* value = getenv((std::string("DCTLOSS_EMULATED_") + setting).c_str());
      if (value != nullptr) {
        set(setting, value);
      }
    }
  }

  void wait_for(CUstream_st& s, CUstream_st& other) {
    const uint64_t until = other.queued;
    CUstream_st* waited = &other;
    push(s, [this, waited, until] {
      if (streams.count(waited) != 0 || waited == &null_streams[waited->device]) {
        run(*waited, until);
      }
    });
  }
};

}  // namespace emulator

/// Sets what environment variables set: dctloss_emulate("FAIL", "cudaMalloc=2@1"). FAIL also heals a spoiled context.
extern "C" __attribute__((visibility("default"), used)) inline void dctloss_emulate(const char* setting,
                                                                                     const char* value) {
  std::lock_guard<std::recursive_mutex> held(emulator::Machine::get().lock);
  emulator::Machine::get().set(setting, value);
}

// Runs the threads of a kernel: one after the other, each as far as it gets until it must wait for others. A few thread
// blocks are under way at a time: one that fences or changes memory atomically may have to wait for the others.
#pragma once

#include <link.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "faults.h"
#include "fibers.h"
#include "vector_types.h"

// Of the thread that is running.
inline uint3 threadIdx, blockIdx;
inline dim3 blockDim, gridDim;
constexpr int warpSize = 32;

namespace emulator {

/// NaN in every type: what memory holds that was not written.
constexpr uint32_t NAN_BITS = 0x7FF77FF7;

enum class Order { FORWARD, REVERSE, RANDOM };

/// What a thread does when it waits: for its warp or for its thread block.
enum class Meeting { SYNC_WARP, SHUFFLE, VOTE, SYNC_BLOCK, SYNC_BLOCK_AND, SYNC_BLOCK_OR, SYNC_BLOCK_COUNT };

inline const char* meeting_name(Meeting meeting) {
  static const char* const names[] = {"__syncwarp",        "a shuffle",        "a vote",             "__syncthreads",
                                      "__syncthreads_and", "__syncthreads_or", "__syncthreads_count"};
  return names[static_cast<int>(meeting)];
}

/// Runs grids. There is one; whoever uses it holds the lock of the device.
class Grid {
 public:
  Order order = Order::FORWARD;
  uint64_t seed = 1;

  /// For tests of tests: all barriers that were met, as file:line.
  std::set<std::string> barriers;
  bool list_barriers = false;

  /// For tests of tests: the barrier at file:line is none from now on; "" takes that back.
  void drop(const std::string& place) {
    const size_t colon = place.find(':');
    dropped_file_ = place.substr(0, colon);
    dropped_line_ = colon == std::string::npos ? 0 : std::atoi(place.c_str() + colon + 1);
  }

  static Grid& get() {
    static Grid grid;
    return grid;
  }

  /// Runs all thread blocks, in any order. The first one runs alone, to see what shared memory the kernel uses.
  void run(dim3 grid, dim3 block, const std::function<void()>& kernel) {
    gridDim = grid;
    blockDim = block;
    kernel_ = &kernel;
    threads_in_block_ = block.x * block.y * block.z;
    running = describe_running;
    find_shared_memory();
    std::fill(shared_begin_, shared_end_, NAN_BITS);
    used_.clear();
    first_ = true;
    const uint64_t count = uint64_t{grid.x} * grid.y * grid.z;
    std::vector<uint32_t> shuffled(order == Order::RANDOM ? count : 0);
    for (uint64_t i = 0; i < shuffled.size(); i++) {
      const uint64_t j = random(i + 1);
      shuffled[i] = shuffled[j];
      shuffled[j] = static_cast<uint32_t>(i);
    }
    for (uint64_t i = 0; i < count || !under_way_.empty();) {
      const bool alone = first_ && !under_way_.empty();
      if (i < count && under_way_.size() < AT_A_TIME && !alone) {
        start(order == Order::RANDOM ? shuffled[i] : order == Order::FORWARD ? i : count - 1 - i);
        i++;
      } else {
        enter(under_way_[order == Order::RANDOM && !alone ? random(under_way_.size()) : under_way_.size() - 1]);
      }
      go_on();
    }
    running = nullptr;
  }

  bool inside_kernel() const { return running != nullptr; }

  /// By a thread: waits for the lanes in `mask`. `value` is what it brings; returns what it gets: for a shuffle the
  /// value of lane `source`, for a vote the lanes whose value is not 0.
  uint64_t meet_warp(Meeting meeting, unsigned mask, uint64_t value, unsigned source, Place place) {
    Thread& self = *now_->threads[current_];
    if ((mask >> self.lane & 1) == 0) {
      fault("%s at %s:%d with mask %08x, which leaves out the calling lane %u", meeting_name(meeting), place.name(),
            place.line, mask, self.lane);
    }
    if (meeting == Meeting::SYNC_WARP && !meets(place)) {
      return 0;
    }
    self.wait(meeting, mask, value, source, place);
    Warp& warp = now_->warps[self.warp];
    warp.runnable &= ~self.bit();
    warp.in_warp |= self.bit();
    update(self.warp);
    complete_warp(warp, self.warp, mask);
    self.fiber.suspend();
    return self.value;
  }

  /// By a thread: waits for all threads of the block that have not ended. Returns of how many `value` is not 0.
  unsigned meet_block(Meeting meeting, bool value, Place place) {
    if (!meets(place)) {
      return value ? threads_in_block_ : 0;
    }
    Thread& self = *now_->threads[current_];
    self.wait(meeting, 0, value ? 1 : 0, 0, place);
    if (now_->waiting > 0) {
      check_meeting(self, *now_->threads[now_->first_waiting]);
    } else {
      now_->first_waiting = current_;
    }
    now_->warps[self.warp].runnable &= ~self.bit();
    now_->warps[self.warp].in_block |= self.bit();
    update(self.warp);
    now_->waiting++;
    complete_block();
    self.fiber.suspend();
    return static_cast<unsigned>(self.value);
  }

  enum class Pause { ATOMIC, FENCE };

  /// By a thread that has changed memory atomically, or fenced: other thread blocks may go on before this one does.
  /// At fences only in a random order. In the others some of the first to change memory go on when all the rest has ended.
  void pause(Pause where) {
    if (order == Order::RANDOM ? random(4) != 0 : where == Pause::ATOMIC) {
      pausing_ = true;
      now_->threads[current_]->fiber.suspend();
    }
  }

  /// Whether an address is one of shared memory.
  bool is_shared(const void* address) const {
    return address >= static_cast<const void*>(shared_begin_) && address < static_cast<const void*>(shared_end_);
  }

 private:
  struct Thread {
    const unsigned index, warp, lane;
    uint3 coordinates{};
    Fiber fiber{entry};
    // What it waits for.
    Meeting meeting = Meeting::SYNC_WARP;
    unsigned mask = 0, source = 0;
    uint64_t value = 0;
    Place place;

    explicit Thread(unsigned i) : index(i), warp(i / 32), lane(i % 32) {}
    unsigned bit() const { return 1u << lane; }
    void wait(Meeting what, unsigned lanes, uint64_t brought, unsigned from, Place where) {
      meeting = what, mask = lanes, value = brought, source = from, place = where;
    }
  };

  /// Lanes in each state; those in none have ended, or never were.
  struct Warp {
    unsigned runnable = 0, in_warp = 0, in_block = 0;

    unsigned alive() const { return runnable | in_warp | in_block; }
  };

  /// A thread block that has not ended, and what is its own. Those that have ended leave it to the next ones.
  struct Block {
    uint3 index{};
    std::vector<std::unique_ptr<Thread>> threads;
    std::vector<Warp> warps;
    unsigned runnable_warps = 0;  // those that have a lane that can run
    unsigned alive = 0;           // threads that have not ended
    unsigned waiting = 0;         // of these for the block
    unsigned first_waiting = 0;
    std::vector<uint32_t> shared;  // the parts of shared memory that are in use, while another block runs
  };

  static void entry() {
    Thread& self = *get().now_->threads[get().current_];
    self.fiber.started();
    for (;;) {
      (*get().kernel_)();
      get().ended(self);
      self.fiber.suspend();
    }
  }

  static const char* describe_running() {
    static char text[96];
    snprintf(text, sizeof text, " (thread %u, %u, %u of block %u, %u, %u)", threadIdx.x, threadIdx.y, threadIdx.z,
             blockIdx.x, blockIdx.y, blockIdx.z);
    return text;
  }

  static unsigned first(unsigned lanes) { return static_cast<unsigned>(__builtin_ctz(lanes)); }

  uint64_t random(uint64_t bound) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 32) * bound >> 32;
  }

  /// Whether the barrier at a place is one.
  bool meets(Place place) {
    if (list_barriers && last_listed_[place.line % 1024] != place.file) {
      last_listed_[place.line % 1024] = place.file;
      barriers.insert(std::string(place.name()) + ":" + std::to_string(place.line));
    }
    return place.line != dropped_line_ || dropped_file_ != place.name();
  }

  /// The next thread block, with its shared memory spoilt; it is the one that runs.
  void start(uint64_t index) {
    leave();
    if (ended_.empty()) {
      ended_.emplace_back(new Block);
    }
    under_way_.push_back(std::move(ended_.back()));
    ended_.pop_back();
    Block& block = *(now_ = under_way_.back().get());
    block.index.x = static_cast<unsigned>(index % gridDim.x);
    block.index.y = static_cast<unsigned>(index / gridDim.x % gridDim.y);
    block.index.z = static_cast<unsigned>(index / gridDim.x / gridDim.y);
    blockIdx = block.index;
    for (const Part& part : used_) {
      std::fill(part.first, part.second, NAN_BITS);
    }
    while (block.threads.size() < threads_in_block_) {
      block.threads.emplace_back(new Thread(static_cast<unsigned>(block.threads.size())));
    }
    block.warps.assign((threads_in_block_ + 31) / 32, Warp{});
    for (unsigned i = 0; i < threads_in_block_; i++) {
      block.threads[i]->coordinates = {i % blockDim.x, i / blockDim.x % blockDim.y, i / blockDim.x / blockDim.y};
      block.warps[i / 32].runnable |= 1u << i % 32;
    }
    block.runnable_warps = ~0u >> (32 - block.warps.size());
    block.alive = threads_in_block_;
    block.waiting = 0;
  }

  /// Another block than the one that ran goes on.
  void enter(const std::unique_ptr<Block>& block) {
    if (block.get() == now_) {
      return;
    }
    leave();
    now_ = block.get();
    blockIdx = now_->index;
    const uint32_t* from = now_->shared.data();
    for (const Part& part : used_) {
      memcpy(part.first, from, sizeof(uint32_t) * static_cast<size_t>(part.second - part.first));
      from += part.second - part.first;
    }
  }

  void leave() {
    if (now_ != nullptr) {
      now_->shared.clear();
      for (const Part& part : used_) {
        now_->shared.insert(now_->shared.end(), part.first, part.second);
      }
      now_ = nullptr;
    }
  }

  /// The block that runs does so until it pauses or ends.
  void go_on() {
    pausing_ = false;
    while (now_->alive > 0 && !pausing_) {
      current_ = choose();
      threadIdx = now_->threads[current_]->coordinates;
      now_->threads[current_]->fiber.resume();
    }
    if (now_->alive == 0) {
      if (first_) {
        find_used_memory();
        first_ = false;
      }
      auto self = std::find_if(under_way_.begin(), under_way_.end(), [&](auto& block) { return block.get() == now_; });
      ended_.push_back(std::move(*self));
      under_way_.erase(self);
      now_ = nullptr;
    }
  }

  /// The first thread that can run, the last one, or any: so one warp gets as far ahead as it can.
  unsigned choose() {
    if (now_->runnable_warps == 0) {
      deadlock();
    }
    const unsigned w = choose(now_->runnable_warps);
    return w * 32 + choose(now_->warps[w].runnable);
  }

  /// One of the bits that are set.
  unsigned choose(unsigned set) {
    if (order == Order::RANDOM) {
      for (uint64_t skip = random(static_cast<uint64_t>(__builtin_popcount(set))); skip > 0; skip--) {
        set &= set - 1;
      }
    }
    return order == Order::REVERSE ? 31 - static_cast<unsigned>(__builtin_clz(set)) : first(set);
  }

  /// The lanes of a warp that can run have changed.
  void update(unsigned warp) {
    const unsigned bit = 1u << warp;
    unsigned& all = now_->runnable_warps;
    all = now_->warps[warp].runnable != 0 ? all | bit : all & ~bit;
  }

  void ended(Thread& self) {
    Warp& warp = now_->warps[self.warp];
    warp.runnable &= ~self.bit();
    update(self.warp);
    now_->alive--;
    // The others need not wait for it.
    for (unsigned waiting = warp.in_warp; waiting != 0; waiting &= waiting - 1) {
      const unsigned lane = first(waiting);
      if (warp.in_warp >> lane & 1) {
        complete_warp(warp, self.warp, now_->threads[self.warp * 32 + lane]->mask);
      }
    }
    complete_block();
  }

  /// Lets the lanes in `mask` go on if all of them wait.
  void complete_warp(Warp& warp, unsigned number, unsigned mask) {
    const unsigned lanes = warp.alive() & mask;
    if (lanes == 0 || (warp.in_warp & lanes) != lanes) {
      return;
    }
    uint64_t brought[32];
    unsigned votes = 0;
    for (unsigned rest = lanes; rest != 0; rest &= rest - 1) {
      const Thread& thread = *now_->threads[number * 32 + first(rest)];
      const Thread& other = *now_->threads[number * 32 + first(lanes)];
      if ((thread.mask & other.bit()) == 0 || (other.mask & thread.bit()) == 0) {
        return;  // one of them meets others first
      }
      check_meeting(thread, other);
      brought[first(rest)] = thread.value;
      votes |= thread.value != 0 ? thread.bit() : 0;
    }
    for (unsigned rest = lanes; rest != 0; rest &= rest - 1) {
      Thread& thread = *now_->threads[number * 32 + first(rest)];
      // The value of a lane that does not take part is undefined: a NaN.
      thread.value = thread.meeting == Meeting::VOTE ? votes
                     : (lanes >> thread.source & 1)  ? brought[thread.source]
                                                     : uint64_t{NAN_BITS} << 32 | NAN_BITS;
    }
    warp.in_warp &= ~lanes;
    warp.runnable |= lanes;
    update(number);
  }

  /// Lets all threads go on if all of them wait.
  void complete_block() {
    if (now_->waiting == 0 || now_->waiting < now_->alive) {
      return;
    }
    unsigned count = 0;
    for (size_t w = 0; w < now_->warps.size(); w++) {
      for (unsigned lanes = now_->warps[w].in_block; lanes != 0; lanes &= lanes - 1) {
        count += static_cast<unsigned>(now_->threads[w * 32 + first(lanes)]->value);
      }
    }
    for (size_t w = 0; w < now_->warps.size(); w++) {
      for (unsigned lanes = now_->warps[w].in_block; lanes != 0; lanes &= lanes - 1) {
        Thread& thread = *now_->threads[w * 32 + first(lanes)];
        thread.value = thread.meeting == Meeting::SYNC_BLOCK_AND ? count == now_->waiting : count;
      }
      now_->warps[w].runnable |= now_->warps[w].in_block;
      now_->warps[w].in_block = 0;
      update(static_cast<unsigned>(w));
    }
    now_->waiting = 0;
  }

  /// All who meet do so in the same way at the same place.
  static void check_meeting(const Thread& a, const Thread& b) {
    if (a.meeting != b.meeting || a.mask != b.mask || !(a.place == b.place)) {
      fault("divergent barrier: thread %u waits in %s at %s:%d (mask %08x), thread %u in %s at %s:%d (mask %08x)",
            a.index, meeting_name(a.meeting), a.place.name(), a.place.line, a.mask, b.index, meeting_name(b.meeting),
            b.place.name(), b.place.line, b.mask);
    }
  }

  /// Nobody can run: some wait for their warp, some for the block.
  [[noreturn]] void deadlock() {
    for (const auto& thread : now_->threads) {
      const Warp& warp = now_->warps[thread->warp];
      if ((warp.in_warp & thread->bit()) != 0) {
        const unsigned missing = thread->mask & warp.alive() & ~warp.in_warp;
        fault("deadlock: thread %u waits in %s at %s:%d for lanes %08x, which wait elsewhere", thread->index,
              meeting_name(thread->meeting), thread->place.name(), thread->place.line, missing);
      }
    }
    fault("deadlock: %u threads wait for the %u of their block", now_->waiting, now_->alive);
  }

  /// Kernels have little shared memory each, but together much. What one uses of it is spoilt before each of its thread
  /// blocks, and each has its own while others run.
  void find_used_memory() {
    for (uint32_t* part = shared_begin_; part < shared_end_; part += 256) {
      uint32_t* end = std::min(part + 256, shared_end_);
      if (std::any_of(part, end, [](uint32_t word) { return word != NAN_BITS; })) {
        used_.push_back({part, end});
      }
    }
  }

  /// Shared memory is the thread-local memory of this program or library, all of it.
  void find_shared_memory() {
    static thread_local uint32_t ours[1];
    shared_begin_ = shared_end_ = ours;
    dl_iterate_phdr(
        [](dl_phdr_info* module, size_t, void* grid) {
          Grid& self = *static_cast<Grid*>(grid);
          uint32_t* begin = static_cast<uint32_t*>(module->dlpi_tls_data);
          for (int i = 0; begin != nullptr && i < module->dlpi_phnum; i++) {
            const ElfW(Phdr)& part = module->dlpi_phdr[i];
            uint32_t* end = begin + part.p_memsz / 4;
            if (part.p_type == PT_TLS && begin <= self.shared_begin_ && self.shared_begin_ < end) {
              if (part.p_filesz != 0) {
                fault("a thread_local variable has an initial value: only __shared__ memory may be thread-local here");
              }
              self.shared_begin_ = begin;
              self.shared_end_ = end;
              return 1;
            }
          }
          return 0;
        },
        this);
  }

  using Part = std::pair<uint32_t*, uint32_t*>;
  static constexpr size_t AT_A_TIME = 3;  // thread blocks

  std::vector<std::unique_ptr<Block>> under_way_, ended_;  // the newest last
  Block* now_ = nullptr;                                   // the one that runs
  bool pausing_ = false;
  bool first_ = false;  // no block of the grid has ended
  const std::function<void()>* kernel_ = nullptr;
  unsigned threads_in_block_ = 0;
  unsigned current_ = 0;
  const char* last_listed_[1024] = {};
  std::string dropped_file_;
  int dropped_line_ = 0;
  uint32_t* shared_begin_ = nullptr;
  uint32_t* shared_end_ = nullptr;
  std::vector<Part> used_;
};

}  // namespace emulator

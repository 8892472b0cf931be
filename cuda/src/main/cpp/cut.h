// How a grid is cut into thread blocks, and the workspace that takes.
#pragma once

#include "geometry.h"
#include "launch.h"
#include "work.cuh"

namespace dctloss {
namespace cuda {

/// Tests replace them before a job's workspace is measured; nobody else does.
struct Limits {
  /// Partial sums of the fast mappings, beside one a segment. The last thread block adds all: few enough that it takes no
  /// time to speak of.
  int64_t partials = 4096;
  /// Thread blocks of ANY_BLOCK, each with scratch of its own.
  int64_t any_blocks = 264;
  /// Units with which thread blocks of MOST_THREADS reach all multiprocessors of a large device; below, they are smaller.
  int64_t many_units = 40000;
};
inline Limits limits;

constexpr int64_t LARGEST_INDEX = (int64_t{1} << 31) - 1;

inline int64_t round_up(int64_t value, int64_t step) { return (value + step - 1) / step * step; }

template <class T>
T* pointer(int64_t address) {
  return reinterpret_cast<T*>(address);
}

/// Cuts device memory into pieces of whole 256 bytes; counts only, where there is no memory yet.
class Carver {
 public:
  explicit Carver(int64_t address) : at_(address) {}

  template <class T>
  T* take(int64_t count) {
    T* const piece = pointer<T>(at_ + bytes_);
    bytes_ += round_up(count * static_cast<int64_t>(sizeof(T)), 256);
    return piece;
  }
  int64_t bytes() const { return bytes_; }

 private:
  int64_t at_, bytes_ = 0;
};

inline int64_t most_blocks(int64_t size, int64_t block) { return (size + 2 * block - 2) / block; }

inline int64_t block_rows(const Job& job) {
  return int64_t{job.n} * (job.c / job.planes) * most_blocks(job.h, job.block);
}

inline int64_t any_blocks(const Job& job) {
  const int64_t rows = block_rows(job);
  return rows < limits.any_blocks ? rows : limits.any_blocks;
}

struct Workspace {
  int64_t sum_count, partial_count, scratch_count;
  unsigned* ticket;
  double* sums;      // of samples, or of their parts, of which there is at most one a warp if there are several
  double* partials;  // of thread blocks, of which a segment has one at least, or of block rows
  double* scratch;
  int64_t bytes;

  Workspace(const Job& job, int64_t address) {
    Carver carver(address);
    const int64_t rows = block_rows(job), blocks = limits.partials + int64_t{job.n} * job.c;
    sum_count = int64_t{job.n} + MOST_WARPS;
    partial_count = rows > blocks ? rows : blocks;
    scratch_count = any_blocks(job) * any_block_tiles(job.planes) * job.block * job.block;
    ticket = carver.take<unsigned>(1);
    sums = carver.take<double>(sum_count);
    partials = carver.take<double>(partial_count);
    scratch = carver.take<double>(scratch_count);
    bytes = carver.bytes();
  }
};

/// Cuts segments into thread blocks. Returns false if their number, or that of a segment's units, leaves 31 bits.
inline bool cut(const Job& job, int segments_per_sample, int threads_per_block, Work& work, Launch& launch) {
  const int64_t segments = int64_t{job.n} * segments_per_sample;
  const int64_t planes = int64_t{job.c} / job.planes / segments_per_sample;
  const double units = static_cast<double>(planes) * job.rows * job.columns * threads_per_block;
  // Leaves room for surplus threads, and for limits.partials.
  constexpr int64_t MOST = LARGEST_INDEX / 2 - MOST_THREADS;
  if (units > static_cast<double>(MOST) || segments > MOST) {
    return false;
  }
  const auto of_segment = static_cast<int64_t>(units);
  const double all = units * static_cast<double>(segments);
  const int64_t wanted = all >= limits.many_units       ? MOST_THREADS
                         : all >= limits.many_units / 4 ? MOST_THREADS / 2
                                                        : MOST_THREADS / 4;
  // A segment's thread blocks have neither threads nor rounds that it has no units for.
  const int64_t in_warps = round_up(of_segment, 32), threads = wanted < in_warps ? wanted : in_warps;
  const auto to_the_limit = static_cast<int64_t>(all / (static_cast<double>(limits.partials) * threads)) + 1;
  const int64_t enough = (of_segment + threads - 1) / threads, rounds = to_the_limit < enough ? to_the_limit : enough;
  launch.threads = static_cast<unsigned>(threads);
  work.segments_per_sample = segments_per_sample;
  work.units = static_cast<uint32_t>(of_segment);
  work.rounds = static_cast<uint32_t>(rounds);
  work.thread_blocks = static_cast<uint32_t>((enough + rounds - 1) / rounds);
  work.partials_per_sample = work.thread_blocks * static_cast<uint32_t>(segments_per_sample);
  launch.thread_blocks = static_cast<unsigned>(segments * work.thread_blocks);
  return true;
}

inline bool cut_for(Mapping mapping, const Job& job, Work& work, Launch& launch) {
  if (mapping == ANY_BLOCK) {
    const int64_t planes = int64_t{job.n} * (job.c / job.planes);
    const int64_t items = job.spectrum != 0 ? planes : planes * job.rows, most = any_blocks(job);
    work.partials_per_sample = static_cast<uint32_t>(job.c / job.planes) * static_cast<uint32_t>(job.rows);
    launch.threads = ANY_BLOCK_THREADS;
    launch.thread_blocks = static_cast<unsigned>(items < most ? items : most);
    return block_rows(job) <= LARGEST_INDEX;
  }
  const int segments = job.tables > 1 && job.planes == 1 ? job.c : 1;
  const int threads = mapping == FOUR_COLUMNS ? 2 : mapping == WHOLE_BLOCK ? 1 : 8;
  return cut(job, segments, threads, work, launch);
}

}  // namespace cuda
}  // namespace dctloss

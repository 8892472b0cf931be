// What is true of a job on every backend: which grids of blocks cover an image, and what lies outside of it.
//
// JOB is the Job of either border: their fields have the same names.
#pragma once

#include <cstdint>

#include "border.h"

#if defined(__CUDACC__)
#define DCTLOSS_ANYWHERE __host__ __device__
#else
#define DCTLOSS_ANYWHERE
#endif

namespace dctloss {

inline bool between(int64_t value, int64_t least, int64_t most) { return value >= least && value <= most; }

/// Whether `blocks` blocks from `start` on cover an axis of `size` pixels as the edge rule has it.
template <class JOB>
bool axis_fits(const JOB& job, int64_t start, int64_t blocks, int64_t size) {
  const int64_t end = start + blocks * job.block;
  if (job.edge == CROP) {
    return between(start, 0, job.block - 1) && end <= size;
  }
  return between(start, 1 - job.block, 0) && between(end, size, size + job.block - 1);
}

template <class JOB>
bool sizes_fit(const JOB& job) {
  return between(job.block, 2, 64) && job.n >= 1 && job.c >= 1 && job.h >= 1 && job.w >= 1 &&
         (job.planes == 1 || (job.planes == 3 && job.c == 3)) && (job.tables == 1 || job.tables == job.c);
}

template <class JOB>
bool loss_fits(const JOB& job) {
  return sizes_fit(job) && between(job.penalty, SQUARED, HUBER) && between(job.coefficients, SIGNED, MAGNITUDE) &&
         between(job.edge, REPLICATE, CROP) && job.rows >= 1 && job.columns >= 1 &&
         axis_fits(job, job.start_y, job.rows, job.h) && axis_fits(job, job.start_x, job.columns, job.w);
}

/// Whether the grid's blocks fill the image exactly.
template <class JOB>
bool flush(const JOB& job) {
  return job.start_y == 0 && job.start_x == 0 && int64_t{job.rows} * job.block == job.h &&
         int64_t{job.columns} * job.block == job.w;
}

template <class JOB>
bool transform_fits(const JOB& job) {
  return sizes_fit(job) && job.planes == 1 && flush(job);
}

/// The pixel that position `index` of an axis of `size` pixels reads; -1 where zero is read. A period of twice the largest
/// size must be an INDEX.
template <class INDEX>
DCTLOSS_ANYWHERE inline INDEX edge_source(int32_t edge, INDEX index, INDEX size) {
  if (index >= 0 && index < size) {
    return index;
  }
  if (edge == REPLICATE) {
    return index < 0 ? 0 : size - 1;
  }
  if (edge == REFLECT) {
    if (size == 1) {
      return 0;
    }
    const INDEX period = 2 * (size - 1), rest = index % period;
    const INDEX phase = rest < 0 ? rest + period : rest;
    return phase < size ? phase : period - phase;
  }
  return -1;
}

}  // namespace dctloss

// Adding up the penalties of a grid in one launch, the same way every time: each thread block leaves its sum, and the last
// one to do so adds them all in an order that depends on the shape alone.
#pragma once

#include "work.cuh"

namespace dctloss {
namespace cuda {

/// The sum over a warp, in every lane.
DCTLOSS_FUNCTION double warp_sum(double x) {
  UNROLLED for (int distance = 16; distance > 0; distance /= 2) x += __shfl_xor_sync(ALL_LANES, x, distance);
  return x;
}

/// The sum over a thread block, in thread 0.
DCTLOSS_FUNCTION double block_sum(double x) {
  __shared__ double of_warps[MOST_WARPS];
  x = warp_sum(x);
  __syncthreads();  // of_warps of the call before has been read; untested: all callers have waited since
  if (threadIdx.x % 32 == 0) {
    of_warps[threadIdx.x / 32] = x;
  }
  __syncthreads();
  x = 0;
  for (int i = 0; threadIdx.x == 0 && i < static_cast<int>(blockDim.x) / 32; i++) {
    x += of_warps[i];
  }
  return x;
}

/// Sums of samples from the partial sums, left as `parts` numbers for each. A team of lanes adds a sample, or several do
/// where there are more teams than samples.
DCTLOSS_FUNCTION void add_samples(const Work& work, int parts, int team) {
  const int teams = blockDim.x / team, lane = threadIdx.x % team;
  const int64_t items = int64_t{work.n} * parts;
  // The lanes of a warp stay together.
  for (int64_t of_warp = threadIdx.x / 32 * (32 / team); of_warp < items; of_warp += teams) {
    const int64_t item = of_warp + threadIdx.x % 32 / team, sample = item / parts;
    const uint32_t part = static_cast<uint32_t>(item - sample * parts);
    const double* from = work.partials + sample * work.partials_per_sample;
    double sum = 0;
    if (item < items) {
#pragma unroll 8
      for (uint32_t i = part * team + lane; i < work.partials_per_sample; i += parts * team) {
        sum += __ldcg(from + i);
      }
    }
    for (int distance = team / 2; distance > 0; distance /= 2) {
      sum += __shfl_xor_sync(ALL_LANES, sum, distance);
    }
    if (item < items && lane == 0) {
      __stcg(work.sums + item, sum);
    }
  }
  __syncthreads();
}

DCTLOSS_FUNCTION void set_or_add(double* to, double value, bool add) { __stcg(to, add ? __ldcg(to) + value : value); }

/// What the last thread block does: per-sample values and the loss from the partial sums.
DCTLOSS_FUNCTION void add_partials(const Work& work) {
  const double* sums = work.partials;
  int parts = 1;
  if (work.partials_per_sample > 1) {
    int team = 2;
    while (team < 32 && static_cast<uint32_t>(team) < work.partials_per_sample) team *= 2;
    const int teams = blockDim.x / team;
    parts = team == 32 && work.n < teams ? teams / work.n : 1;
    add_samples(work, parts, team);
    sums = work.sums;
  }
  double total = 0;
#pragma unroll 4
  for (int64_t sample = threadIdx.x; sample < work.n; sample += blockDim.x) {
    double sum = 0;
    for (int part = 0; part < parts; part++) {
      sum += __ldcg(sums + sample * parts + part);
    }
    if (work.per_sample != nullptr) {
      set_or_add(work.per_sample + sample, sum * work.sample_scale, work.add_loss);
    }
    total += sum;
  }
  total = block_sum(total);
  if (threadIdx.x == 0) {
    set_or_add(work.loss, total * work.loss_scale, work.add_loss);
  }
}

/// What a thread block adds to the ticket: all of a grid add up to 2^32, which is 0, and no fewer do. So the ticket needs no
/// reset, and is 0 again after grids that shared it at the same time, which they must not: their own losses are wrong, those
/// of later grids are right. (Not so if one never ended, or if the ticket was not 0 before first use.)
__host__ __device__ constexpr uint32_t ticket_share(uint32_t thread_block, uint32_t thread_blocks) {
  return thread_block == 0 ? 1 - thread_blocks : 1;
}

/// Whether this thread block is the last to come here. What the others wrote before is then visible, past the first cache.
DCTLOSS_FUNCTION bool last_to_come(const Work& work) {
  __shared__ bool last;
  if (threadIdx.x == 0) {
    const uint32_t share = ticket_share(blockIdx.x, gridDim.x);
    __threadfence();
    last = atomicAdd(work.ticket, share) + share == 0;
    __threadfence();
  }
  __syncthreads();
  return last;
}

/// Ends a kernel whose thread blocks have one partial sum each, at their own number.
DCTLOSS_FUNCTION void finish(const Work& work, double of_thread) {
  const double sum = block_sum(of_thread);
  if (threadIdx.x == 0) {
    __stcg(work.partials + blockIdx.x, sum);
  }
  if (last_to_come(work)) {
    add_partials(work);
  }
}

}  // namespace cuda
}  // namespace dctloss

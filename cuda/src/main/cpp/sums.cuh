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

/// What the last thread block does: sums of samples from the partial sums, per-sample values and loss from these. Each
/// sample is added by one warp, or by several where there are more warps than samples.
DCTLOSS_FUNCTION void add_partials(const Work& work) {
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, warps = blockDim.x / 32;
  const int parts = work.n < warps ? warps / work.n : 1;
  for (int64_t item = warp; item < int64_t{work.n} * parts; item += warps) {
    const int64_t sample = item / parts, part = item % parts;
    const double* from = work.partials + sample * work.partials_per_sample;
    double sum = 0;
#pragma unroll 8
    for (uint32_t i = static_cast<uint32_t>(part) * 32 + lane; i < work.partials_per_sample; i += 32 * parts) {
      sum += __ldcg(from + i);
    }
    sum = warp_sum(sum);
    if (lane == 0) {
      work.sums[item] = sum;
    }
  }
  __syncthreads();
  if (warp != 0) {
    return;
  }
  double total = 0;
  for (int sample = lane; sample < work.n; sample += 32) {
    double sum = 0;
    for (int part = 0; part < parts; part++) {
      sum += work.sums[int64_t{sample} * parts + part];
    }
    if (work.per_sample != nullptr) {
      const double value = sum * work.sample_scale;
      work.per_sample[sample] = work.add_loss ? work.per_sample[sample] + value : value;
    }
    total += sum;
  }
  total = warp_sum(total);
  if (lane == 0) {
    const double value = total * work.loss_scale;
    *work.loss = work.add_loss ? *work.loss + value : value;
    *work.ticket = 0;
  }
}

/// Whether this thread block is the last to come here. What the others wrote before is then visible.
DCTLOSS_FUNCTION bool last_to_come(const Work& work) {
  __shared__ bool last;
  if (threadIdx.x == 0) {
    __threadfence();
    last = atomicAdd(work.ticket, 1u) == gridDim.x - 1;
    __threadfence();
  }
  __syncthreads();
  return last;
}

/// Ends a kernel whose thread blocks have one partial sum each, at their own number.
DCTLOSS_FUNCTION void finish(const Work& work, double of_thread) {
  const double sum = block_sum(of_thread);
  if (threadIdx.x == 0) {
    work.partials[blockIdx.x] = sum;
  }
  if (last_to_come(work)) {
    add_partials(work);
  }
}

}  // namespace cuda
}  // namespace dctloss

// What a kernel is given, how threads find their blocks, and the tables of a thread block.
#pragma once

#include <cuda_runtime.h>

#include <cfloat>

#include "border.h"
#include "device_border.h"
#include "geometry.h"
#include "pixels.cuh"

namespace dctloss {
namespace cuda {

// Of eight numbers (flow_graph.h), beside the border's function of that name.
using dctloss::transform;

/// Threads of a thread block at most; small batches get fewer, to reach more multiprocessors.
constexpr int MOST_THREADS = 128;
constexpr int MOST_WARPS = MOST_THREADS / 32;
constexpr int ANY_BLOCK_THREADS = 128;

/// Tiles of B x B numbers in the scratch of a thread block of ANY_BLOCK: gradients of both images' planes, the same
/// collected from copies, and one in between the passes of a transform.
__host__ __device__ constexpr int any_block_tiles(int planes) { return 4 * planes + 1; }

constexpr unsigned ALL_LANES = 0xFFFFFFFFu;

/// Division of numbers below 2^31 by one that is known when work is queued: a product instead (Granlund and Montgomery,
/// "Division by Invariant Integers using Multiplication", 1994).
struct Divider {
  uint32_t divisor, factor, shift;

  Divider() : Divider(1) {}
  explicit Divider(uint32_t d) : divisor(d), factor(0), shift(0) {
    if (d > 1) {
      uint32_t bits = 0;
      while ((uint64_t{1} << bits) < d) bits++;
      shift = bits - 1;
      factor = static_cast<uint32_t>((uint64_t{1} << (31 + bits)) / d + 1);
    }
  }
  __device__ __forceinline__ uint32_t quotient(uint32_t n) const {
    return divisor == 1 ? n : __umulhi(n, factor) >> shift;
  }
};

/// A view on the device; none if `at` is null.
struct Pixels {
  void* at;
  int64_t stride_n, stride_c, stride_h, stride_w;

  template <class T>
  __device__ __forceinline__ T* plane(int n, int c) const {
    return static_cast<T*>(at) + n * stride_n + c * stride_c;
  }
};

/// The parameter of every kernel: a job, and how it is cut into thread blocks.
///
/// Thread blocks belong to segments: a segment is a sample, or a plane where channels have tables of their own. Each
/// has `thread_blocks` of them, each of which does up to `rounds` units a thread, one after the other. All this depends on the
/// shape alone, and so does the order in which sums are added.
struct Work {
  int n, c, h, w;
  int block, rows, columns, start_y, start_x;
  int edge, penalty, coefficients, planes, tables;
  int input, output;
  bool add, add_loss, inverse;
  float first, second;                     // of the penalty, see penalty.h
  double parameter, scale;
  double error_factor, derivative_factor;  // see penalty.h
  double loss_scale, sample_scale;
  float color[9];
  double color_in_doubles[9];

  const float* weights;           // tables x 64: weights with the scales of the flow graph
  const float* inverses;          // 64, for the inverse transform
  const double* plain_weights;    // tables x B x B, and
  const double* cosines;          // B x B: for ANY_BLOCK
  const float* upstream;          // or null
  const float* sample_factors;    // or null
  unsigned* ticket;
  double* sums;      // of samples, in parts
  double* partials;  // of thread blocks, or for ANY_BLOCK of block rows
  double* scratch;   // ANY_BLOCK
  double* loss;
  double* per_sample;  // or null
  float* map;          // or null
  double* spectrum;    // or null
  Pixels prediction, target, gradient, target_gradient;

  int segments_per_sample;  // 1 or c
  uint32_t thread_blocks;   // of a segment
  uint32_t rounds;
  uint32_t units;           // threads' shares in a segment
  uint32_t partials_per_sample;
  Divider by_columns, by_rows;
};

/// A block of a segment.
struct Place {
  int channel, row, column;
};

DCTLOSS_FUNCTION Place place_of(const Work& work, uint32_t block, int first_channel) {
  const uint32_t line = work.by_columns.quotient(block), channel = work.by_rows.quotient(line);
  return {first_channel + static_cast<int>(channel), static_cast<int>(line - channel * work.rows),
          static_cast<int>(block - line * work.columns)};
}

/// The factor of the gradients of a sample.
DCTLOSS_FUNCTION double gradient_scale(const Work& work, int sample) {
  double scale = work.scale;
  if (work.upstream != nullptr) {
    scale *= __ldg(work.upstream);
  }
  if (work.sample_factors != nullptr) {
    scale *= __ldg(work.sample_factors + sample);
  }
  return scale + 0.0;  // 0 and -0 are one factor
}

/// Factors of a gradient that leave room for what they are multiplied with. (Below FLT_MIN they would lose digits.)
constexpr double LARGEST_PRODUCT = 1e37;

/// The tables of a plane in shared memory. Rows are vertical frequencies; the lower four are moved on by half a row, so that
/// the two rows that a warp reads at a time lie in different banks.
struct alignas(16) Tables {
  static constexpr int LENGTH = 68;

  float errors[LENGTH];     // weights times error_factor
  float gradients[LENGTH];  // weights times derivative_factor and the gradients' scale
  float weights[LENGTH];

  static __device__ __forceinline__ int at(int row, int i) { return 8 * row + i + 4 * (row >> 2); }

  /// Filled by the whole thread block, which waits. Returns whether float32 holds the products of factor and weights.
  __device__ __forceinline__ bool fill(const Work& work, const float* from, double scale) {
    bool holds = scale == 0 || (fabs(scale) >= 1e-30 && fabs(scale) <= 1e30);
    for (int i = threadIdx.x; i < 64; i += blockDim.x) {
      const float weight = __ldg(from + i);
      const double derivative = weight * (work.derivative_factor * scale);
      const bool fits = derivative == 0 || (fabs(derivative) >= FLT_MIN && fabs(derivative) <= LARGEST_PRODUCT);
      holds = holds && fits;
      const int to = at(i / 8, i % 8);
      weights[to] = weight;
      errors[to] = static_cast<float>(weight * work.error_factor);
      gradients[to] = fits ? static_cast<float>(derivative) : 0;
    }
    return __syncthreads_and(holds) != 0;
  }
};

/// Pixels that no block covers (CROP) get gradient 0; every thread block does its share.
template <class OUT>
DCTLOSS_FUNCTION void clear_uncovered(const Work& work, const Pixels& to) {
  if (work.edge != CROP || work.add || to.at == nullptr) {
    return;
  }
  const int top = work.start_y, bottom = work.start_y + work.rows * work.block;
  const int left = work.start_x, right = work.start_x + work.columns * work.block;
  const int64_t above = int64_t{top} * work.w, below = int64_t{work.h - bottom} * work.w;
  const int beside = left + work.w - right;
  const int64_t of_plane = above + below + int64_t{bottom - top} * beside;
  const int64_t all = of_plane * work.n * work.c, step = int64_t{gridDim.x} * blockDim.x;
  for (int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < all; i += step) {
    const int64_t plane = i / of_plane;
    int64_t at = i - plane * of_plane;
    int y, x;
    if (at < above + below) {
      y = static_cast<int>(at / work.w);
      x = static_cast<int>(at - int64_t{y} * work.w);
      y += y < top ? 0 : bottom - top;
    } else {
      at -= above + below;
      y = static_cast<int>(at / beside);
      x = static_cast<int>(at - int64_t{y} * beside);
      y += top;
      x += x < left ? 0 : right - left;
    }
    OUT* line = to.plane<OUT>(static_cast<int>(plane / work.c), static_cast<int>(plane % work.c)) + y * to.stride_h;
    store_pixel(line + x * to.stride_w, 0.0f);
  }
}

}  // namespace cuda
}  // namespace dctloss

// The block transform alone, from the view `prediction` to the view `gradient`: coefficient (u, v) takes the place of pixel
// (u, v). It may be in place: a block is read before any of it is written.
#pragma once

#include "any_block.cuh"
#include "one_column.cuh"

namespace dctloss {
namespace cuda {

/// A row of scaled coefficients: transformed on the way there, before on the way back.
DCTLOSS_FUNCTION void scale_row(const float* scales, float (&z)[8]) {
  UNROLLED for (int i = 0; i < 8; i += 4) {
    const float4 q = __ldg(reinterpret_cast<const float4*>(scales + i));
    z[i] *= q.x, z[i + 1] *= q.y, z[i + 2] *= q.z, z[i + 3] *= q.w;
  }
}

/// Aligned float32.
template <bool INVERSE>
__global__ void __launch_bounds__(MOST_THREADS, 5) transform_four_columns(const __grid_constant__ Work work) {
  __shared__ __align__(16) float tiles[MOST_THREADS / 2][TILE];
  const uint32_t sample = blockIdx.x / work.thread_blocks, thread_block = blockIdx.x - sample * work.thread_blocks;
  const int half = threadIdx.x & 1;
  float* const tile = tiles[threadIdx.x / 2];
  for (uint32_t round = 0; round < work.rounds; round++) {
    const Unit unit(work, thread_block, round, 2);
    if (!unit.of_warp) {
      break;
    }
    const Place place = place_of(work, unit.number / 2, 0);
    const int64_t y = int64_t{8} * place.row, x = int64_t{8} * place.column + 4 * half;
    const float* const from =
        work.prediction.plane<float>(sample, place.channel) + y * work.prediction.stride_h + x;
    float* const to = work.gradient.plane<float>(sample, place.channel) + y * work.gradient.stride_h + x;
    Bits<float, 4> pixels[8];
    float v[4][8];
    UNROLLED for (int r = 0; r < 8; r++) pixels[r].load(from + r * work.prediction.stride_h);
    UNROLLED for (int r = 0; r < 8; r++) {
      UNROLLED for (int c = 0; c < 4; c++) v[c][r] = pixels[r].pixel(c);
    }
    if constexpr (!INVERSE) {
      UNROLLED for (int c = 0; c < 4; c++) transform(v[c]);
    }
    put_columns(tile, half, v);
    __syncwarp();
    UNROLLED for (int i = 0; i < 4; i++) {
      const int row = 4 * half + i;
      float z[8];
      get_row(tile, row, half, z);
      if constexpr (INVERSE) {
        scale_row(work.inverses + 8 * row, z);
        transform_transposed(z);
      } else {
        transform(z);
        scale_row(work.weights + 8 * row, z);
      }
      put_row(tile, row, half, z);
    }
    __syncwarp();
    get_columns(tile, half, v);  // those that the thread itself puts there next
    if constexpr (INVERSE) {
      UNROLLED for (int c = 0; c < 4; c++) transform_transposed(v[c]);
    }
    if (unit.within) {
      UNROLLED for (int r = 0; r < 8; r++) {
        const float row[4] = {v[0][r], v[1][r], v[2][r], v[3][r]};
        store_row(to + r * work.gradient.stride_h, row, false);
      }
    }
  }
}

/// Any layout and data type.
template <class IN, class OUT>
__global__ void __launch_bounds__(MOST_THREADS) transform_one_column(const __grid_constant__ Work work) {
  __shared__ __align__(16) float tiles[MOST_THREADS / 8][TILE];
  const uint32_t sample = blockIdx.x / work.thread_blocks, thread_block = blockIdx.x - sample * work.thread_blocks;
  const int j = threadIdx.x % 8;
  float* const tile = tiles[threadIdx.x / 8];
  for (uint32_t round = 0; round < work.rounds; round++) {
    const Unit unit(work, thread_block, round, 8);
    if (!unit.of_warp) {
      break;
    }
    const Place place = place_of(work, unit.number / 8, 0);
    const Column column(work, place, j);
    float v[8];
    column.load<IN>(work, work.prediction, sample, place.channel, v);
    if (work.inverse) {
      exchange(tile, j, v);
      scale_row(work.inverses + 8 * j, v);
      transform_transposed(v);
      exchange(tile, j, v);
      transform_transposed(v);
    } else {
      to_coefficients(tile, j, v);
      scale_row(work.weights + 8 * j, v);
      exchange(tile, j, v);
    }
    column.store<OUT>(work, work.gradient, sample, place.channel, tile, v, unit.within);
  }
}

/// Any block size, in float64: a thread block does whole block rows.
static __global__ void __launch_bounds__(ANY_BLOCK_THREADS) transform_any_block(const __grid_constant__ Work work) {
  const int b = work.block, area = b * b;
  const Tiles tiles(work, work.scratch + blockIdx.x * any_block_tiles(1) * area);
  double* const tile = tiles[0];
  const int64_t items = int64_t{work.n} * work.c * work.rows;
  for (int64_t item = blockIdx.x; item < items; item += gridDim.x) {
    const int64_t plane = item / work.rows, sample = plane / work.c, channel = plane % work.c;
    const int64_t y = item % work.rows * b;
    for (int column = 0; column < work.columns; column++) {
      const auto at = [&](const Pixels& view, int i) {
        return sample * view.stride_n + channel * view.stride_c + (y + i / b) * view.stride_h +
               (int64_t{column} * b + i % b) * view.stride_w;
      };
      for (int i = threadIdx.x; i < area; i += blockDim.x) {
        const double pixel = load_any(work.input, work.prediction, at(work.prediction, i));
        tile[i] = work.inverse ? pixel / work.plain_weights[i] : pixel;
      }
      __syncthreads();
      if (work.inverse) {
        tiles.adjoint(tile);
      } else {
        tiles.forward(tile);
      }
      for (int i = threadIdx.x; i < area; i += blockDim.x) {
        const double pixel = work.inverse ? tile[i] : tile[i] * work.plain_weights[i];
        store_any(work.output, work.gradient, at(work.gradient, i), pixel, false);
      }
      // The next block's pixels go to a thread's own elements of the tile.
    }
  }
}

}  // namespace cuda
}  // namespace dctloss

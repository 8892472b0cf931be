// The 8x8 loss for any alignment, strides and grid, any edge but REFLECT, and three planes with colour rotation: a thread
// has one column of a block. The operations, and the order of a block's penalties, are those of fused.cuh.
#pragma once

#include "fused.cuh"

namespace dctloss {
namespace cuda {

/// A thread's column becomes its row. The tile is its block's alone; eight neighbouring threads share it.
DCTLOSS_FUNCTION void exchange(float* tile, int j, float (&v)[8]) {
  UNROLLED for (int r = 0; r < 8; r++) tile[8 * r + j] = v[r];
  __syncwarp();
  // Halves in an order that keeps the eight threads in different banks.
  get_row(tile, j, j >> 2, v);
  if (j >> 2 != 0) {
    UNROLLED for (int i = 0; i < 4; i++) {
      const float left = v[i];
      v[i] = v[i + 4];
      v[i + 4] = left;
    }
  }
  __syncwarp();  // before the next exchange overwrites it
}

/// The same; what is put as rows comes back as columns, since a transposition is its own inverse.
DCTLOSS_FUNCTION void to_coefficients(float* tile, int j, float (&v)[8]) {
  transform(v);
  exchange(tile, j, v);
  transform(v);
}

DCTLOSS_FUNCTION void to_pixels(float* tile, int j, float (&v)[8]) {
  transform_transposed(v);
  exchange(tile, j, v);
  transform_transposed(v);
}

/// Where a thread's column lies, in each plane, and what it reads outside the image.
struct Column {
  int y0, x0, j;
  bool inside;  // the whole block

  __device__ __forceinline__ Column(const Work& work, const Place& place, int column) : j(column) {
    y0 = work.start_y + 8 * place.row;
    x0 = work.start_x + 8 * place.column;
    inside = y0 >= 0 && y0 + 8 <= work.h && x0 >= 0 && x0 + 8 <= work.w;
  }

  template <class T>
  __device__ __forceinline__ void load(const Work& work, const Pixels& from, int sample, int channel, float (&v)[8]) const {
    const T* const plane = from.plane<T>(sample, channel);
    if (__all_sync(ALL_LANES, inside)) {
      const T* const at = plane + y0 * from.stride_h + (x0 + j) * from.stride_w;
      UNROLLED for (int r = 0; r < 8; r++) v[r] = load_pixel(at + r * from.stride_h);
      return;
    }
    const int x = edge_source(work.edge, x0 + j, work.w);
    UNROLLED for (int r = 0; r < 8; r++) {
      // Outside with ZERO: read a pixel inside and drop it, so that no load waits for a decision.
      const int y = edge_source(work.edge, y0 + r, work.h);
      v[r] = load_pixel(plane + (y < 0 ? 0 : y) * from.stride_h + (x < 0 ? 0 : x) * from.stride_w);
      v[r] = y < 0 || x < 0 ? 0 : v[r];
    }
  }

  /// The adjoint of load(): a pixel gets the gradients of all its copies, added in float64 and rounded once. All threads of
  /// a warp call it together; those without `keep` store nothing.
  template <class T>
  __device__ __forceinline__ void store(const Work& work, const Pixels& to, int sample, int channel, float* tile,
                                        const float (&v)[8], bool keep) const {
    T* const at = to.plane<T>(sample, channel) + y0 * to.stride_h + (x0 + j) * to.stride_w;
    if (__all_sync(ALL_LANES, inside)) {
      UNROLLED for (int r = 0; r < 8; r++) {
        if (keep) {
          put(at + r * to.stride_h, v[r], work.add);
        }
      }
      return;
    }
    UNROLLED for (int r = 0; r < 8; r++) tile[8 * r + j] = v[r];
    __syncwarp();
    const int x = x0 + j;
    for (int r = 0; r < 8 && keep && x >= 0 && x < work.w; r++) {
      if (y0 + r >= 0 && y0 + r < work.h) {
        put(at + r * to.stride_h, of_copies(work, tile, y0 + r, x), work.add);
      }
    }
    __syncwarp();  // before the tile is used again
  }

 private:
  template <class T>
  static __device__ __forceinline__ void put(T* at, float gradient, bool add) {
    store_pixel(at, add ? load_pixel(at) + gradient : gradient);
  }

  /// Copies of a border pixel lie beyond it.
  __device__ __forceinline__ float of_copies(const Work& work, const float* tile, int y, int x) const {
    const bool copies = work.edge == REPLICATE;
    const int top = copies && y == 0 ? 0 : y - y0, bottom = copies && y == work.h - 1 ? 7 : y - y0;
    const int left = copies && x == 0 ? 0 : x - x0, right = copies && x == work.w - 1 ? 7 : x - x0;
    double sum = 0;
    for (int r = top; r <= bottom; r++) {
      for (int c = left; c <= right; c++) {
        sum += tile[8 * r + c];
      }
    }
    return static_cast<float>(sum);
  }
};

/// (x0, x1, x2) becomes M (x0, x1, x2), or with `back` M^T, at each of eight pixels.
DCTLOSS_FUNCTION void rotate(const Work& work, float (&v)[3][8], bool back) {
  UNROLLED for (int r = 0; r < 8; r++) {
    const float x0 = v[0][r], x1 = v[1][r], x2 = v[2][r];
    UNROLLED for (int i = 0; i < 3; i++) {
      const float m0 = back ? work.color[i] : work.color[3 * i];
      const float m1 = back ? work.color[3 + i] : work.color[3 * i + 1];
      const float m2 = back ? work.color[6 + i] : work.color[3 * i + 2];
      v[i][r] = fma(m2, x2, fma(m1, x1, m0 * x0));
    }
  }
}

DCTLOSS_FUNCTION void penalise_any_row(const Work& work, const Tables& tables, int row, float (&z)[8], float& sum,
                                       uint32_t& bits) {
  switch (work.penalty) {
    case SQUARED:
      return penalise_row<SQUARED>(work, tables, row, z, sum, bits);
    case ABSOLUTE:
      return penalise_row<ABSOLUTE>(work, tables, row, z, sum, bits);
    case CHARBONNIER:
      return penalise_row<CHARBONNIER>(work, tables, row, z, sum, bits);
    default:
      return penalise_row<HUBER>(work, tables, row, z, sum, bits);
  }
}

/// The sum over the eight threads of a block, in each of them, in the order of fused.cuh.
template <class T>
DCTLOSS_FUNCTION T eight_sum(T x) {
  UNROLLED for (int distance = 1; distance < 8; distance *= 2) x += __shfl_xor_sync(ALL_LANES, x, distance);
  return x;
}

/// PLANES is 3 with colour rotation, else 1.
template <class IN, class OUT, int PLANES, Coefficients COEFFICIENTS>
__global__ void __launch_bounds__(MOST_THREADS, PLANES == 3 ? 2 : COEFFICIENTS == SIGNED ? 6 : 3)
    one_column(const __grid_constant__ Work work) {
  constexpr bool MAGNITUDES = COEFFICIENTS == MAGNITUDE;
  __shared__ Tables tables[PLANES];
  __shared__ __align__(16) float tiles[MOST_THREADS / 8][TILE];

  clear_uncovered<OUT>(work, work.gradient);
  clear_uncovered<OUT>(work, work.target_gradient);
  const uint32_t segment = blockIdx.x / work.thread_blocks, thread_block = blockIdx.x - segment * work.thread_blocks;
  const int sample = segment / work.segments_per_sample, first_channel = segment - sample * work.segments_per_sample;
  const int j = threadIdx.x % 8;
  float* const tile = tiles[threadIdx.x / 8];
  bool holds = true;
  for (int i = 0; i < PLANES; i++) {
    const int table = work.tables == 1 ? 0 : first_channel + i;
    holds = tables[i].fill(work, work.weights + 64 * table, gradient_scale(work, sample)) && holds;
  }
  const bool wanted = work.gradient.at != nullptr, target_wanted = work.target_gradient.at != nullptr;
  double total = 0;
  for (uint32_t round = 0; round < work.rounds; round++) {
    const Unit unit(work, thread_block, round, 8);
    if (!unit.of_warp) {
      break;
    }
    const Place place = place_of(work, unit.number / 8, first_channel);
    const Column column(work, place, j);
    bool done = false;
    for (bool in_doubles = !holds;; in_doubles = true) {
      float p[PLANES][8], t[MAGNITUDES ? PLANES : 1][8];
      UNROLLED for (int i = 0; i < PLANES; i++) {
        float of_target[8];
        column.load<IN>(work, work.prediction, sample, place.channel + i, p[i]);
        column.load<IN>(work, work.target, sample, place.channel + i, of_target);
        UNROLLED for (int r = 0; r < 8; r++) {
          if constexpr (MAGNITUDES) {
            t[i][r] = of_target[r];
          } else {
            p[i][r] -= of_target[r];
          }
        }
      }
      if constexpr (PLANES == 3) {
        rotate(work, p, false);
        if constexpr (MAGNITUDES) {
          rotate(work, t, false);
        }
      }
      // A block of three planes is kept or done again as one: its gradients are mixed.
      bool keep = true, poisoned = false;
      double sum_of_planes = 0;
      UNROLLED for (int i = 0; i < PLANES; i++) {
        to_coefficients(tile, j, p[i]);
        float d[8];
        if constexpr (MAGNITUDES) {
          to_coefficients(tile, j, t[i]);
        }
        UNROLLED for (int k = 0; k < 8; k++) {
          d[k] = MAGNITUDES ? magnitude(p[i][k]) - magnitude(t[MAGNITUDES ? i : 0][k]) : p[i][k];
        }
        if (__builtin_expect(in_doubles, false)) {
          double sum = 0;
          penalise_row_in_doubles(work, tables[i], gradient_scale(work, sample), j, d, sum, tile + 8 * j);
          __syncwarp();  // rows have been read; untested: shuffles let lanes meet, but do not order memory
          sum = finite_or_nan(eight_sum(sum));
          sum_of_planes += sum;
          poisoned = poisoned || sum != sum;
        } else {
          float sum = 0;
          uint32_t bits = 0;
          penalise_any_row(work, tables[i], j, d, sum, bits);
          sum = eight_sum(sum);
          UNROLLED for (int distance = 1; distance < 8; distance *= 2) {
            bits |= __shfl_xor_sync(ALL_LANES, bits, distance);
          }
          sum_of_planes += sum;
          keep = keep && trusted(sum, bits);
        }
        UNROLLED for (int k = 0; k < 8; k++) {
          if constexpr (MAGNITUDES) {
            t[i][k] = with_sign(-d[k], t[i][k]);
            p[i][k] = with_sign(d[k], p[i][k]);
          } else {
            p[i][k] = d[k];
          }
        }
      }
      keep = keep && !done;
      total += keep && unit.within && j == 0 ? sum_of_planes : 0;
      const bool stores = keep && unit.within;
      if (wanted || (!MAGNITUDES && target_wanted)) {
        UNROLLED for (int i = 0; i < PLANES; i++) to_pixels(tile, j, p[i]);
        if constexpr (PLANES == 3) {
          rotate(work, p, true);
        }
        poison(p, poisoned);
      }
      if (wanted) {
        UNROLLED for (int i = 0; i < PLANES; i++) {
          column.store<OUT>(work, work.gradient, sample, place.channel + i, tile, p[i], stores);
        }
      }
      if (target_wanted) {
        if constexpr (MAGNITUDES) {
          UNROLLED for (int i = 0; i < PLANES; i++) to_pixels(tile, j, t[i]);
          if constexpr (PLANES == 3) {
            rotate(work, t, true);
          }
          poison(t, poisoned);
        }
        UNROLLED for (int i = 0; i < PLANES; i++) {
          float g[8];
          UNROLLED for (int r = 0; r < 8; r++) {
            g[r] = MAGNITUDES ? t[MAGNITUDES ? i : 0][r] : -p[i][r];
          }
          column.store<OUT>(work, work.target_gradient, sample, place.channel + i, tile, g, stores);
        }
      }
      done = done || keep;
      if (__all_sync(ALL_LANES, done)) {
        break;
      }
    }
  }
  finish(work, total);
}

}  // namespace cuda
}  // namespace dctloss

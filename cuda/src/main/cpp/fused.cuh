// The fast mappings of the 8x8 loss: aligned images that their blocks fill exactly. FOUR_COLUMNS: a thread has four columns
// of a block and exchanges coefficients with its neighbour through shared memory. WHOLE_BLOCK: a thread has a block, whose
// rows of 16-bit pixels are 16 bytes each.
//
// Vertical transform, horizontal transform, penalties, and both transposed; all loads are on their way before the first is
// used. A block whose sum of penalties shows that float32 may not hold it is done once more, with penalties in float64.
#pragma once

#include "sums.cuh"

namespace dctloss {
namespace cuda {

/// One row of coefficients z becomes derivatives.
///
/// @param sum of the row's penalties
/// @param bits of all errors so far: ones where any of them is not 0
template <Penalty PENALTY>
DCTLOSS_FUNCTION void penalise_row(const Work& work, const Tables& tables, int row, float (&z)[8], float& sum,
                                   uint32_t& bits) {
  UNROLLED for (int i = 0; i < 8; i += 4) {
    const float4 q = *reinterpret_cast<const float4*>(tables.errors + Tables::at(row, i));
    const float4 d = *reinterpret_cast<const float4*>(tables.gradients + Tables::at(row, i));
    const float errors[4] = {q.x, q.y, q.z, q.w}, gradients[4] = {d.x, d.y, d.z, d.w};
    UNROLLED for (int j = 0; j < 4; j++) {
      bits |= __float_as_uint(z[i + j]);
      z[i + j] = penalise<PENALTY>(z[i + j], errors[j], gradients[j], work.first, work.second, sum);
    }
  }
}

/// The same in float64: seldom needed, so it is kept short, by way of memory.
///
/// @param spare eight floats of shared memory that are this thread's alone
DCTLOSS_FUNCTION void penalise_row_in_doubles(const Work& work, const Tables& tables, double scale, int row, float (&z)[8],
                                              double& sum, float* spare) {
  UNROLLED for (int i = 0; i < 8; i++) spare[i] = z[i];
#pragma unroll 1
  for (int i = 0; i < 8; i++) {
    const double q = tables.weights[Tables::at(row, i)], e = spare[i] * q;
    sum += penalty_value(work.penalty, work.parameter, e);
    spare[i] = static_cast<float>(scale * q * penalty_derivative(work.penalty, work.parameter, e));
  }
  UNROLLED for (int i = 0; i < 8; i++) z[i] = spare[i];
}

/// Whether float32 holds a block with such a sum of penalties, or there is no error in it.
DCTLOSS_FUNCTION bool trusted(float sum, uint32_t bits) {
  return (sum >= SMALLEST_TRUSTED_SUM && sum <= LARGEST_TRUSTED_SUM) || bits << 1 == 0;
}

/// The gradient of a block whose loss is not a number is none, at every pixel.
template <int N>
DCTLOSS_FUNCTION void poison(float (&v)[N][8], bool poisoned) {
  if (poisoned) {
    UNROLLED for (int c = 0; c < N; c++) {
      UNROLLED for (int r = 0; r < 8; r++) v[c][r] = NAN;
    }
  }
}

constexpr int TILE = 72;  // floats of a block in shared memory: padded, so that neighbours lie in other banks

/// Where half a row lies: halves of the lower four rows are swapped, which keeps all accesses free of bank conflicts.
DCTLOSS_FUNCTION float4* half_row(float* tile, int row, int half) {
  return reinterpret_cast<float4*>(tile + 8 * row + 4 * (half ^ (row >> 2)));
}

/// Eight rows of four columns, column by column, to a tile.
DCTLOSS_FUNCTION void put_columns(float* tile, int half, const float (&v)[4][8]) {
  UNROLLED for (int r = 0; r < 8; r++) *half_row(tile, r, half) = make_float4(v[0][r], v[1][r], v[2][r], v[3][r]);
}

DCTLOSS_FUNCTION void get_columns(float* tile, int half, float (&v)[4][8]) {
  UNROLLED for (int r = 0; r < 8; r++) {
    const float4 x = *half_row(tile, r, half);
    v[0][r] = x.x, v[1][r] = x.y, v[2][r] = x.z, v[3][r] = x.w;
  }
}

/// A row of a tile, which is one of the lower four if `half` is 1.
DCTLOSS_FUNCTION void get_row(float* tile, int row, int half, float (&z)[8]) {
  const float4 left = *reinterpret_cast<float4*>(tile + 8 * row + 4 * half);
  const float4 right = *reinterpret_cast<float4*>(tile + 8 * row + 4 * (half ^ 1));
  z[0] = left.x, z[1] = left.y, z[2] = left.z, z[3] = left.w;
  z[4] = right.x, z[5] = right.y, z[6] = right.z, z[7] = right.w;
}

DCTLOSS_FUNCTION void put_row(float* tile, int row, int half, const float (&z)[8]) {
  *reinterpret_cast<float4*>(tile + 8 * row + 4 * half) = make_float4(z[0], z[1], z[2], z[3]);
  *reinterpret_cast<float4*>(tile + 8 * row + 4 * (half ^ 1)) = make_float4(z[4], z[5], z[6], z[7]);
}

/// The first of a thread's eight rows in a view.
template <class T>
DCTLOSS_FUNCTION T* rows_at(const Pixels& view, int sample, const Place& place, int columns_before) {
  return view.plane<T>(sample, place.channel) + int64_t{8} * place.row * view.stride_h + int64_t{8} * place.column +
         columns_before;
}

/// Stores the rows of a thread's columns.
template <class T, int N>
DCTLOSS_FUNCTION void store_columns(const Work& work, const Pixels& view, T* at, const float (&v)[N][8], float sign) {
  UNROLLED for (int r = 0; r < 8; r++) {
    float row[N];
    UNROLLED for (int c = 0; c < N; c++) row[c] = sign < 0 ? -v[c][r] : v[c][r];
    store_row(at + r * view.stride_h, row, work.add);
  }
}

/// A thread's unit in a round of its thread block. Threads beyond the end repeat a unit of the end and keep nothing of it;
/// a warp that is beyond it as a whole has none, nor in later rounds.
struct Unit {
  bool of_warp, within;
  uint32_t number;

  __device__ __forceinline__ Unit(const Work& work, uint32_t thread_block, uint32_t round, uint32_t threads_per_block) {
    number = (thread_block * work.rounds + round) * blockDim.x + threadIdx.x;
    of_warp = number - threadIdx.x % 32 < work.units;
    within = number < work.units;
    number = within ? number : work.units - threads_per_block + number % threads_per_block;
  }
};

/// Thread blocks on a multiprocessor at once. Where it has 100 KB of shared memory, a fifth would not fit.
#if defined(__CUDA_ARCH__) && (__CUDA_ARCH__ == 860 || __CUDA_ARCH__ == 890 || __CUDA_ARCH__ == 1200)
constexpr int FOUR_COLUMNS_BLOCKS = 4;
#else
constexpr int FOUR_COLUMNS_BLOCKS = 5;
#endif

template <class IN, class OUT, Penalty PENALTY, Coefficients COEFFICIENTS, bool GRADIENT>
__global__ void __launch_bounds__(MOST_THREADS, COEFFICIENTS == SIGNED ? FOUR_COLUMNS_BLOCKS : 4)
    four_columns(const __grid_constant__ Work work) {
  constexpr bool MAGNITUDES = COEFFICIENTS == MAGNITUDE;
  __shared__ Tables tables;
  __shared__ __align__(16) float tiles[MOST_THREADS / 2][TILE];
  __shared__ __align__(16) float target_tiles[MAGNITUDES ? MOST_THREADS / 2 : 1][TILE];

  const uint32_t segment = blockIdx.x / work.thread_blocks, thread_block = blockIdx.x - segment * work.thread_blocks;
  const int sample = segment / work.segments_per_sample, first_channel = segment - sample * work.segments_per_sample;
  const int half = threadIdx.x & 1;
  float* const tile = tiles[threadIdx.x / 2];
  float* const target_tile = target_tiles[MAGNITUDES ? threadIdx.x / 2 : 0];
  const bool holds = tables.fill(work, work.weights + 64 * first_channel, gradient_scale(work, sample));
  double total = 0;
  for (uint32_t round = 0; round < work.rounds; round++) {
    const Unit unit(work, thread_block, round, 2);
    if (!unit.of_warp) {
      break;
    }
    const Place place = place_of(work, unit.number / 2, first_channel);
    const IN* const prediction = rows_at<IN>(work.prediction, sample, place, 4 * half);
    const IN* const target = rows_at<IN>(work.target, sample, place, 4 * half);
    bool done = false;
    for (bool in_doubles = !holds;; in_doubles = true) {
      float v[4][8];
      if constexpr (MAGNITUDES) {
        {
          Bits<IN, 4> t[8];
          UNROLLED for (int r = 0; r < 8; r++) t[r].load(target + r * work.target.stride_h);
          UNROLLED for (int r = 0; r < 8; r++) {
            UNROLLED for (int c = 0; c < 4; c++) v[c][r] = t[r].pixel(c);
          }
        }
        Bits<IN, 4> p[8];
        UNROLLED for (int r = 0; r < 8; r++) p[r].load(prediction + r * work.prediction.stride_h);
        UNROLLED for (int c = 0; c < 4; c++) transform(v[c]);
        put_columns(target_tile, half, v);
        UNROLLED for (int r = 0; r < 8; r++) {
          UNROLLED for (int c = 0; c < 4; c++) v[c][r] = p[r].pixel(c);
        }
      } else {
        Bits<IN, 4> p[8], t[8];
        UNROLLED for (int r = 0; r < 8; r++) {
          p[r].load(prediction + r * work.prediction.stride_h);
          t[r].load(target + r * work.target.stride_h);
        }
        UNROLLED for (int r = 0; r < 8; r++) {
          UNROLLED for (int c = 0; c < 4; c++) v[c][r] = p[r].pixel(c) - t[r].pixel(c);
        }
      }
      UNROLLED for (int c = 0; c < 4; c++) transform(v[c]);
      put_columns(tile, half, v);
      __syncwarp();

      // Rows are vertical frequencies; a thread has four of the block's.
      float sums[4] = {0, 0, 0, 0};
      double sum_in_doubles = 0;
      uint32_t bits = 0;
      UNROLLED for (int i = 0; i < 4; i++) {
        const int row = 4 * half + i;
        float z[8];
        get_row(tile, row, half, z);
        transform(z);
        float of_prediction[8];
        if constexpr (MAGNITUDES) {
          float of_target[8];
          get_row(target_tile, row, half, of_target);
          transform(of_target);
          UNROLLED for (int k = 0; k < 8; k++) {
            of_prediction[k] = z[k];
            z[k] = magnitude(z[k]) - magnitude(of_target[k]);
          }
        }
        if (__builtin_expect(in_doubles, false)) {
          penalise_row_in_doubles(work, tables, gradient_scale(work, sample), row, z, sum_in_doubles,
                                  tile + 8 * row);
        } else {
          penalise_row<PENALTY>(work, tables, row, z, sums[i], bits);
        }
        if constexpr (GRADIENT) {
          if constexpr (MAGNITUDES) {
            UNROLLED for (int k = 0; k < 8; k++) z[k] = with_sign(z[k], of_prediction[k]);
          }
          transform_transposed(z);
          put_row(tile, row, half, z);
        }
      }
      bool keep;
      bool poisoned = false;
      if (in_doubles) {
        const double sum = finite_or_nan(sum_in_doubles + __shfl_xor_sync(ALL_LANES, sum_in_doubles, 1));
        keep = !done;
        total += keep && unit.within && half == 0 ? sum : 0;
        poisoned = sum != sum;
      } else {
        const float of_half = (sums[0] + sums[1]) + (sums[2] + sums[3]);
        const float sum = of_half + __shfl_xor_sync(ALL_LANES, of_half, 1);
        bits |= __shfl_xor_sync(ALL_LANES, bits, 1);
        keep = trusted(sum, bits);
        total += keep && unit.within && half == 0 ? static_cast<double>(sum) : 0;
      }
      __syncwarp();  // untested: shuffles let lanes meet, but do not order memory
      if constexpr (GRADIENT) {
        get_columns(tile, half, v);  // those that the thread itself puts there next
        UNROLLED for (int c = 0; c < 4; c++) transform_transposed(v[c]);
        poison(v, poisoned);
        if (keep && unit.within) {
          if (work.gradient.at != nullptr) {
            store_columns(work, work.gradient, rows_at<OUT>(work.gradient, sample, place, 4 * half), v, 1);
          }
          if (!MAGNITUDES && work.target_gradient.at != nullptr) {
            OUT* const at = rows_at<OUT>(work.target_gradient, sample, place, 4 * half);
            store_columns(work, work.target_gradient, at, v, -1);
          }
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

template <class IN, class OUT, Penalty PENALTY, bool GRADIENT>
__global__ void __launch_bounds__(MOST_THREADS, 3) whole_block(const __grid_constant__ Work work) {
  __shared__ Tables tables;
  __shared__ float spares[MOST_THREADS][9];
  const uint32_t segment = blockIdx.x / work.thread_blocks, thread_block = blockIdx.x - segment * work.thread_blocks;
  const int sample = segment / work.segments_per_sample, first_channel = segment - sample * work.segments_per_sample;
  const bool holds = tables.fill(work, work.weights + 64 * first_channel, gradient_scale(work, sample));
  double total = 0;
  for (uint32_t round = 0; round < work.rounds; round++) {
    const Unit unit(work, thread_block, round, 1);
    if (!unit.of_warp) {
      break;
    }
    const Place place = place_of(work, unit.number, first_channel);
    const IN* const prediction = rows_at<IN>(work.prediction, sample, place, 0);
    const IN* const target = rows_at<IN>(work.target, sample, place, 0);
    bool done = false;
    for (bool in_doubles = !holds;; in_doubles = true) {
      float v[8][8];
      {
        Bits<IN, 8> p[8], t[8];
        UNROLLED for (int r = 0; r < 8; r++) {
          p[r].load(prediction + r * work.prediction.stride_h);
          t[r].load(target + r * work.target.stride_h);
        }
        UNROLLED for (int r = 0; r < 8; r++) {
          UNROLLED for (int c = 0; c < 8; c++) v[c][r] = p[r].pixel(c) - t[r].pixel(c);
        }
      }
      UNROLLED for (int c = 0; c < 8; c++) transform(v[c]);
      float sums[8] = {0, 0, 0, 0, 0, 0, 0, 0};
      double sum_in_doubles = 0;
      uint32_t bits = 0;
      UNROLLED for (int r = 0; r < 8; r++) {
        float z[8];
        UNROLLED for (int c = 0; c < 8; c++) z[c] = v[c][r];
        transform(z);
        if (__builtin_expect(in_doubles, false)) {
          penalise_row_in_doubles(work, tables, gradient_scale(work, sample), r, z, sum_in_doubles,
                                  spares[threadIdx.x]);
        } else {
          penalise_row<PENALTY>(work, tables, r, z, sums[r], bits);
        }
        if constexpr (GRADIENT) {
          transform_transposed(z);
          UNROLLED for (int c = 0; c < 8; c++) v[c][r] = z[c];
        }
      }
      bool keep;
      bool poisoned = false;
      if (in_doubles) {
        const double sum = finite_or_nan(sum_in_doubles);
        keep = !done;
        total += keep && unit.within ? sum : 0;
        poisoned = sum != sum;
      } else {
        const float sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
        keep = trusted(sum, bits);
        total += keep && unit.within ? static_cast<double>(sum) : 0;
      }
      if constexpr (GRADIENT) {
        UNROLLED for (int c = 0; c < 8; c++) transform_transposed(v[c]);
        poison(v, poisoned);
        if (keep && unit.within) {
          if (work.gradient.at != nullptr) {
            store_columns(work, work.gradient, rows_at<OUT>(work.gradient, sample, place, 0), v, 1);
          }
          if (work.target_gradient.at != nullptr) {
            OUT* const at = rows_at<OUT>(work.target_gradient, sample, place, 0);
            store_columns(work, work.target_gradient, at, v, -1);
          }
        }
      }
      done = done || keep;
      if (done) {
        break;
      }
    }
  }
  finish(work, total);
}

}  // namespace cuda
}  // namespace dctloss

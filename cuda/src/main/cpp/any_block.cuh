// The loss for every block size, edge, map and spectrum, in float64: the threads of a thread block share one block of
// pixels, whose rows lie in scratch memory. Correct first; the fast mappings are elsewhere.
//
// Every row of the cosine matrix but the first sums to 0, so the first sample may be subtracted from all before: a flat
// column then has exactly 0 at every frequency but the first.
#pragma once

#include "sums.cuh"

namespace dctloss {
namespace cuda {

// Types of pixels are chosen at run time here.
DCTLOSS_FUNCTION double load_any(int type, const Pixels& from, int64_t at) {
  switch (type) {
    case FLOAT32:
      return load_pixel(static_cast<const float*>(from.at) + at);
    case FLOAT16:
      return load_pixel(static_cast<const Half*>(from.at) + at);
    default:
      return load_pixel(static_cast<const Bfloat*>(from.at) + at);
  }
}

template <class T>
DCTLOSS_FUNCTION void store_or_add(T* at, double x, bool add) {
  const float rounded = static_cast<float>(x);
  store_pixel(at, add ? load_pixel(at) + rounded : rounded);
}

DCTLOSS_FUNCTION void store_any(int type, const Pixels& to, int64_t at, double x, bool add) {
  switch (type) {
    case FLOAT32:
      return store_or_add(static_cast<float*>(to.at) + at, x, add);
    case FLOAT16:
      return store_or_add(static_cast<Half*>(to.at) + at, x, add);
    default:
      return store_or_add(static_cast<Bfloat*>(to.at) + at, x, add);
  }
}

DCTLOSS_FUNCTION void clear_any(const Work& work, const Pixels& to) {
  switch (work.output) {
    case FLOAT32:
      return clear_uncovered<float>(work, to);
    case FLOAT16:
      return clear_uncovered<Half>(work, to);
    default:
      return clear_uncovered<Bfloat>(work, to);
  }
}

/// One thread block's transforms of tiles in its scratch.
class Tiles {
 public:
  const int size, area;

  __device__ Tiles(const Work& work, double* scratch)
      : size(work.block), area(work.block * work.block), cosines_(work.cosines), scratch_(scratch) {}

  __device__ double* operator[](int i) const { return scratch_ + int64_t{i + 1} * area; }

  /// X = C S C^T in place.
  __device__ void forward(double* tile) const {
    cosine_pass(tile, size, 1, scratch_);
    cosine_pass(scratch_, 1, size, tile);
  }

  /// S = C^T X C in place.
  __device__ void adjoint(double* tile) const {
    transposed_pass(tile, size, 1, scratch_);
    transposed_pass(scratch_, 1, size, tile);
  }

 private:
  /// Transforms along an axis of which neighbours lie `along` apart, for all positions of the other, `across` apart.
  __device__ void cosine_pass(const double* in, int along, int across, double* out) const {
    const double root = sqrt(static_cast<double>(size));
    for (int i = threadIdx.x; i < area; i += blockDim.x) {
      const int k = i / size, x = i % size;
      const double* line = in + x * across;
      const double first = line[0];
      double sum = k == 0 ? root * first : 0;
      for (int n = 1; n < size; n++) {
        sum += cosines_[k * size + n] * (line[n * along] - first);
      }
      out[k * along + x * across] = sum;
    }
    __syncthreads();
  }

  __device__ void transposed_pass(const double* in, int along, int across, double* out) const {
    for (int i = threadIdx.x; i < area; i += blockDim.x) {
      const int n = i / size, x = i % size;
      const double* line = in + x * across;
      double sum = 0;
      for (int k = 0; k < size; k++) {
        sum += cosines_[k * size + n] * line[k * along];
      }
      out[n * along + x * across] = sum;
    }
    __syncthreads();
  }

  const double* cosines_;
  double* scratch_;
};

/// (x0, x1, x2) becomes M (x0, x1, x2), or with `back` M^T, at every position of three tiles.
DCTLOSS_FUNCTION void rotate_tiles(const Work& work, const Tiles& tiles, int first, bool back) {
  const double* m = work.color_in_doubles;
  const int down = back ? 1 : 3, right = back ? 3 : 1;
  for (int i = threadIdx.x; i < tiles.area; i += blockDim.x) {
    const double x0 = tiles[first][i], x1 = tiles[first + 1][i], x2 = tiles[first + 2][i];
    for (int p = 0; p < 3; p++) {
      tiles[first + p][i] = m[p * down] * x0 + m[p * down + right] * x1 + m[p * down + 2 * right] * x2;
    }
  }
  __syncthreads();
}

/// The sum over a thread block, in every thread.
DCTLOSS_FUNCTION double shared_sum(double x) {
  __shared__ double sum;
  x = block_sum(x);
  if (threadIdx.x == 0) {
    sum = x;
  }
  __syncthreads();
  return sum;  // which is overwritten after a barrier of the next block_sum()
}

/// A thread block at work on one sample's planes.
class AnyBlock {
 public:
  __device__ AnyBlock(const Work& work, double* scratch) : work_(work), tiles_(work, scratch) {}

  /// All blocks of a block row: penalties are added up and returned (in thread 0), gradients written.
  __device__ double row(int sample, int first_channel, int row) {
    sample_ = sample;
    first_channel_ = first_channel;
    scale_ = gradient_scale(work_, sample);
    double total = 0;
    for (int column = 0; column < work_.columns; column++) {
      total += evaluate(row, column, true);
      if (work_.gradient.at == nullptr && work_.target_gradient.at == nullptr) {
        continue;
      }
      if (work_.edge != REFLECT && inside(row, column)) {
        write(row, column, gradients_at(0), gradients_at(1));
      } else {
        collect(row, column);
        write(row, column, collected_at(0), collected_at(1));
      }
    }
    return total;
  }

 private:
  __device__ int prediction_at() const { return 0; }
  __device__ int target_at() const { return work_.planes; }
  /// Tiles of gradients of the prediction (0) or the target (1) after evaluate().
  __device__ int gradients_at(int image) const { return image * work_.planes; }
  __device__ int collected_at(int image) const { return (2 + image) * work_.planes; }
  __device__ const Pixels& gradient_view(int image) const { return image == 0 ? work_.gradient : work_.target_gradient; }

  __device__ void load(const Pixels& from, int row, int column, int first_tile) const {
    for (int p = 0; p < work_.planes; p++) {
      double* tile = tiles_[first_tile + p];
      for (int i = threadIdx.x; i < tiles_.area; i += blockDim.x) {
        const int y = edge_source(work_.edge, work_.start_y + row * work_.block + i / work_.block, work_.h);
        const int x = edge_source(work_.edge, work_.start_x + column * work_.block + i % work_.block, work_.w);
        const int64_t at = sample_ * from.stride_n + (first_channel_ + p) * from.stride_c + y * from.stride_h +
                           x * from.stride_w;
        tile[i] = y < 0 || x < 0 ? 0 : load_any(work_.input, from, at);
      }
    }
    __syncthreads();
  }

  /// Penalties of a block, returned, and its gradients, left in their tiles. Only a block's own call counts for map and
  /// spectrum.
  __device__ double evaluate(int row, int column, bool own) {
    const bool magnitudes = work_.coefficients == MAGNITUDE;
    const int p = prediction_at(), t = target_at();
    load(work_.prediction, row, column, p);
    load(work_.target, row, column, t);
    if (!magnitudes) {
      for (int i = threadIdx.x; i < work_.planes * tiles_.area; i += blockDim.x) {
        tiles_[p][i] -= tiles_[t][i];
      }
      __syncthreads();
    }
    if (work_.planes == 3) {
      rotate_tiles(work_, tiles_, p, false);
      if (magnitudes) {
        rotate_tiles(work_, tiles_, t, false);
      }
    }
    double total = 0;
    for (int plane = 0; plane < work_.planes; plane++) {
      tiles_.forward(tiles_[p + plane]);
      if (magnitudes) {
        tiles_.forward(tiles_[t + plane]);
      }
      total += penalise(row, column, plane, own);
    }
    back(0);
    back(1);
    return total;
  }

  /// Coefficients become derivatives; returns the sum of penalties.
  __device__ double penalise(int row, int column, int plane, bool own) {
    const bool magnitudes = work_.coefficients == MAGNITUDE;
    const int channel = first_channel_ + plane;
    const double* weights = work_.plain_weights + int64_t{work_.tables == 1 ? 0 : channel} * tiles_.area;
    double* p = tiles_[prediction_at() + plane];
    double* t = tiles_[target_at() + plane];
    const int64_t plane_number = int64_t{sample_} * work_.c + channel;
    double sum = 0;
    for (int i = threadIdx.x; i < tiles_.area; i += blockDim.x) {
      const double w = weights[i], e = w * (magnitudes ? fabs(p[i]) - fabs(t[i]) : p[i]);
      const double rho = penalty_value(work_.penalty, work_.parameter, e);
      const double d = w * scale_ * penalty_derivative(work_.penalty, work_.parameter, e);
      sum += rho;
      if (own && work_.spectrum != nullptr) {
        work_.spectrum[plane_number * tiles_.area + i] += finite_or_nan(rho);
      }
      if (magnitudes) {
        t[i] = t[i] > 0 ? -d : t[i] < 0 ? d : t[i];
        p[i] = p[i] > 0 ? d : p[i] < 0 ? -d : p[i];
      } else {
        p[i] = d;
      }
    }
    sum = finite_or_nan(shared_sum(sum));
    if (sum != sum) {
      for (int i = threadIdx.x; i < tiles_.area; i += blockDim.x) {
        p[i] = t[i] = sum;
      }
      __syncthreads();  // untested: a thread adds up lines with a NaN of its own
    }
    if (own && work_.map != nullptr && threadIdx.x == 0) {
      work_.map[(plane_number * work_.rows + row) * work_.columns + column] = static_cast<float>(sum / tiles_.area);
    }
    return sum;
  }

  /// Derivatives of an image to gradients. Those of a signed error differ in nothing but the sign.
  __device__ void back(int image) const {
    const bool magnitudes = work_.coefficients == MAGNITUDE;
    const bool wanted = gradient_view(image).at != nullptr;
    if (magnitudes ? !wanted : image == 1) {
      return;
    }
    if (work_.gradient.at == nullptr && work_.target_gradient.at == nullptr) {
      return;
    }
    for (int plane = 0; plane < work_.planes; plane++) {
      tiles_.adjoint(tiles_[gradients_at(image) + plane]);
    }
    if (work_.planes == 3) {
      rotate_tiles(work_, tiles_, gradients_at(image), true);
    }
    if (!magnitudes) {
      for (int i = threadIdx.x; i < work_.planes * tiles_.area; i += blockDim.x) {
        tiles_[gradients_at(1)][i] = -tiles_[gradients_at(0)][i];
      }
      __syncthreads();
    }
  }

  /// The adjoint of the edge rule, for the pixels of one block: each collects the gradients of all its copies, which lie
  /// in this block and in the first and last block of a row or column. These are evaluated again.
  __device__ void collect(int row, int column) {
    for (int i = threadIdx.x; i < 2 * work_.planes * tiles_.area; i += blockDim.x) {
      tiles_[collected_at(0)][i] = 0;
    }
    __syncthreads();
    take(row, column, row, column);
    const int rows[3] = {row, 0, work_.rows - 1}, columns[3] = {column, 0, work_.columns - 1};
    for (int a = 0; a < 3; a++) {
      const bool known_row = (a > 0 && rows[a] == row) || (a == 2 && rows[2] == rows[1]);
      if (known_row || !copies(work_.start_y, work_.h, rows[a], row)) {
        continue;
      }
      for (int b = 0; b < 3; b++) {
        const bool known_column = (b > 0 && columns[b] == column) || (b == 2 && columns[2] == columns[1]);
        if ((a == 0 && b == 0) || known_column || !copies(work_.start_x, work_.w, columns[b], column)) {
          continue;
        }
        evaluate(rows[a], columns[b], false);
        take(rows[a], columns[b], row, column);
      }
    }
  }

  __device__ bool inside(int row, int column) const {
    const int y = work_.start_y + row * work_.block, x = work_.start_x + column * work_.block;
    return y >= 0 && y + work_.block <= work_.h && x >= 0 && x + work_.block <= work_.w;
  }

  /// Whether positions of block `from` on an axis are, or are copies of, pixels of block `to`.
  __device__ bool copies(int start, int size, int from, int to) const {
    if (from == to) {
      return true;
    }
    for (int i = 0; i < work_.block; i++) {
      const int position = start + from * work_.block + i;
      const int source = edge_source(work_.edge, position, size);
      const int first = start + to * work_.block;
      if (source != position && source >= 0 && source >= first && source < first + work_.block) {
        return true;
      }
    }
    return false;
  }

  /// Adds to the pixels of a block what the positions of an evaluated block, `from`, have for them.
  __device__ void take(int from_row, int from_column, int row, int column) const {
    const int b = work_.block;
    const int from_y = work_.start_y + from_row * b, from_x = work_.start_x + from_column * b;
    for (int i = threadIdx.x; i < tiles_.area; i += blockDim.x) {
      const int y = work_.start_y + row * b + i / b, x = work_.start_x + column * b + i % b;
      if (y < 0 || y >= work_.h || x < 0 || x >= work_.w) {
        continue;
      }
      for (int r = 0; r < b; r++) {
        if (edge_source(work_.edge, from_y + r, work_.h) != y) {
          continue;
        }
        for (int c = 0; c < b; c++) {
          if (edge_source(work_.edge, from_x + c, work_.w) != x) {
            continue;
          }
          for (int p = 0; p < 2 * work_.planes; p++) {
            tiles_[collected_at(0) + p][i] += tiles_[gradients_at(0) + p][r * b + c];
          }
        }
      }
    }
    __syncthreads();
  }

  /// A block's pixels from tiles to the views.
  __device__ void write(int row, int column, int of_prediction, int of_target) const {
    for (int image = 0; image < 2; image++) {
      const Pixels& to = gradient_view(image);
      for (int p = 0; to.at != nullptr && p < work_.planes; p++) {
        const double* tile = tiles_[(image == 0 ? of_prediction : of_target) + p];
        for (int i = threadIdx.x; i < tiles_.area; i += blockDim.x) {
          const int y = work_.start_y + row * work_.block + i / work_.block;
          const int x = work_.start_x + column * work_.block + i % work_.block;
          if (y >= 0 && y < work_.h && x >= 0 && x < work_.w) {
            const int64_t at = sample_ * to.stride_n + (first_channel_ + p) * to.stride_c + y * to.stride_h +
                               x * to.stride_w;
            store_any(work_.output, to, at, tile[i], work_.add);
          }
        }
      }
    }
    // What comes next writes a thread's own elements of these tiles, and waits.
  }

  const Work& work_;
  const Tiles tiles_;
  int sample_, first_channel_;
  double scale_;
};

/// Items are block rows in the order (n, c, row), each with a partial sum; where a spectrum is asked for, whole planes.
static __global__ void __launch_bounds__(ANY_BLOCK_THREADS) any_block(const __grid_constant__ Work work) {
  clear_any(work, work.gradient);
  clear_any(work, work.target_gradient);
  const int area = work.block * work.block;
  AnyBlock block(work, work.scratch + blockIdx.x * any_block_tiles(work.planes) * area);
  const int rows = work.spectrum != nullptr ? work.rows : 1;
  const int64_t groups = work.c / work.planes, items = work.n * groups * work.rows / rows;
  for (int64_t item = blockIdx.x; item < items; item += gridDim.x) {
    const int64_t first = item * rows, group = first / work.rows;
    const int sample = static_cast<int>(group / groups), channel = static_cast<int>(group % groups);
    if (work.spectrum != nullptr) {
      const int64_t numbers = int64_t{area} * work.planes;
      for (int64_t i = threadIdx.x; i < numbers; i += blockDim.x) {
        work.spectrum[group * numbers + i] = 0;
      }
    }
    for (int i = 0; i < rows; i++) {
      const double sum = block.row(sample, channel, static_cast<int>(first % work.rows) + i);
      if (threadIdx.x == 0) {
        __stcg(work.partials + first + i, sum);
      }
    }
  }
  if (last_to_come(work)) {
    add_partials(work);
  }
}

}  // namespace cuda
}  // namespace dctloss

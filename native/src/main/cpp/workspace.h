// The memory of a job: what threads have of their own (Scratch), what they share (Constants), and where an item lies.
#pragma once

#include "border.h"
#include "lines.h"
#include "matrix.h"

namespace dctloss {
namespace {

/// Columns of a block row that are in scratch at a time, unless one block has more.
constexpr int CHUNK = 256;

/// Lines of scratch lie an odd number of cache lines apart, so that those of a block do not share a set of the cache.
constexpr int SCRATCH_STRIDE = CHUNK + 16;

/// Cuts scratch into pieces, each on a cache line of its own; counts only, where there is no memory yet.
class Carver {
 public:
  explicit Carver(void* memory) : at_(static_cast<char*>(memory)) {}

  template <class T>
  T* take(int64_t count) {
    T* piece = reinterpret_cast<T*>(at_ + bytes_);
    bytes_ += (count * static_cast<int64_t>(sizeof(T)) + 63) / 64 * 64;
    return piece;
  }
  int64_t bytes() const { return bytes_; }

 private:
  char* at_;
  int64_t bytes_ = 0;
};

int chunk_blocks(int block) { return block == 8 ? CHUNK / 8 : block * 2 > CHUNK / 2 ? 1 : CHUNK / 2 / block; }

struct Scratch {
  float* pixels[2][3];  // of prediction and target, then of their gradients; the matrix kernel has one in all
  float* zeros;         // eight lines without error
  FoldScratch fold;
  int stride;  // of pixels
  // The matrix kernel's.
  Matrix image[2][3];
  Matrix derivatives;
  double* rho;
  double* sums;

  Scratch(const Job& job, Carver& carver) {
    const int columns = chunk_blocks(job.block) * job.block;
    fold.sums = carver.take<double>(columns + job.block);
    fold.line = carver.take<float>(columns + job.block);
    fold.columns = carver.take<int64_t>(columns);
    if (job.block == 8) {
      stride = SCRATCH_STRIDE;
      zeros = carver.take<float>(8 * stride);
      for (auto& image_pixels : pixels) {
        for (int plane = 0; plane < job.planes; plane++) {
          image_pixels[plane] = carver.take<float>(8 * stride);
        }
      }
      return;
    }
    stride = columns;
    pixels[0][0] = carver.take<float>(int64_t{job.block} * stride);
    const int doubles = (columns + STEP - 1) / STEP * STEP + 8;
    for (auto& image_rows : image) {
      for (int plane = 0; plane < job.planes; plane++) {
        image_rows[plane] = {carver.take<double>(int64_t{job.block} * doubles), doubles};
      }
    }
    derivatives = {carver.take<double>(int64_t{job.block} * doubles), doubles};
    rho = carver.take<double>(columns);
    sums = carver.take<double>(columns);
  }
};

/// Folded weights of each table, and for B other than 8 the cosines. Lives in Job::constants.
struct Constants {
  Cosines cosines;
  double* doubles;  // tables x B x B, transposed
  float* floats;    // the same, times the scales of the flow graph, for B = 8
  float* inverses;  // of the first table, for the inverse transform

  Constants(const Job& job, Carver& carver) : cosines(job.block, carver.take<double>(Cosines::count(job.block))) {
    const int64_t count = int64_t{job.tables} * job.block * job.block;
    doubles = carver.take<double>(job.block == 8 ? 0 : count);
    floats = carver.take<float>(job.block == 8 ? count : 0);
    inverses = carver.take<float>(job.block == 8 ? 64 : 0);
  }
};

void* pointer(int64_t address) { return reinterpret_cast<void*>(address); }

/// One block row of one plane, or of three.
struct Item {
  int n, first_channel, row;
  int64_t y;

  Item(const Job& job, int32_t number) {
    const int group = number / job.rows, channels = job.c / job.planes;
    n = group / channels;
    first_channel = group % channels;
    row = number % job.rows;
    y = job.start_y + int64_t{row} * job.block;
  }

  /// To the item that follows.
  void advance(const Job& job) {
    y += job.block;
    if (++row == job.rows) {
      row = 0;
      y = job.start_y;
      if (++first_channel == job.c / job.planes) {
        first_channel = 0;
        n++;
      }
    }
  }
};

}  // namespace
}  // namespace dctloss

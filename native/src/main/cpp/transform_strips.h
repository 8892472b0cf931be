// The block transform over block rows.
#pragma once

#include "fused.h"
#include "lines.h"
#include "matrix.h"
#include "workspace.h"

namespace dctloss {
namespace {

/// The block transform alone.
class TransformStrips {
 public:
  TransformStrips(const Job& job, void* scratch, const float* in, const float* out)
      : job_(job),
        scratch_carver_(scratch),
        scratch_(job, scratch_carver_),
        constants_carver_(pointer(job.constants)),
        constants_(job, constants_carver_),
        in_(in),
        out_(out),
        inverse_((job.flags & INVERSE) != 0) {}

  void process(int32_t from, int32_t to) {
    const int most = chunk_blocks(job_.block);
    for (int32_t number = from; number < to; number++) {
      const Item item(job_, number);
      Plane in = plane(job_.prediction, in_, item.n, item.first_channel);
      Plane out = plane(job_.gradient, out_, item.n, item.first_channel);
      for (int first = 0; first < job_.columns; first += most) {
        const int left = job_.columns - first, blocks = left < most ? left : most;
        const Window part{CROP, job_.h, job_.w, item.y, int64_t{first} * job_.block, job_.block, blocks * job_.block};
        load_lines(in, part, scratch_.pixels[0][0], scratch_.stride);
        if (job_.block == 8) {
          fused(part.columns);
        } else {
          matrix(part.columns);
        }
        for (int r = 0; r < job_.block; r++) {
          const float* line = scratch_.pixels[0][0] + r * scratch_.stride;
          store_line(out, Store::OVERWRITE, item.y + r, part.x, part.columns, line);
        }
      }
    }
  }

 private:
  /// In place in scratch, whole vectors at a time: its lines are wide enough.
  void fused(int columns) const {
    float* at = scratch_.pixels[0][0];
    for (int x = 0; x < columns; x += LANES) {
      Floats v[8];
      load_rows({at, scratch_.stride}, x, BLOCKS, v);
      if (inverse_) {
        transpose(v);
        for (int r = 0; r < 8; r++) v[r] = v[r] * repeat(constants_.inverses + 8 * r);
        adjoint(v);
      } else {
        forward(v);
        for (int r = 0; r < 8; r++) v[r] = v[r] * repeat(constants_.floats + 8 * r);
        transpose(v);
      }
      store_rows({at, scratch_.stride}, x, BLOCKS, v);
    }
  }

  void matrix(int columns) const {
    const int b = job_.block;
    const Matrix& rows = scratch_.image[0][0];
    for (int r = 0; r < b; r++) {
      for (int x = 0; x < columns; x++) {
        const double pixel = scratch_.pixels[0][0][r * scratch_.stride + x];
        rows.row(r)[x] = inverse_ ? pixel / constants_.doubles[x % b * b + r] : pixel;
      }
    }
    if (inverse_) {
      transpose_blocks(b, rows, columns);
      adjoint(constants_.cosines, rows, columns);
    } else {
      forward(constants_.cosines, rows, columns);
      transpose_blocks(b, rows, columns);
    }
    for (int r = 0; r < b; r++) {
      for (int x = 0; x < columns; x++) {
        const double pixel = rows.row(r)[x];
        scratch_.pixels[0][0][r * scratch_.stride + x] =
            static_cast<float>(inverse_ ? pixel : pixel * constants_.doubles[x % b * b + r]);
      }
    }
  }

  const Job& job_;
  Carver scratch_carver_;
  const Scratch scratch_;
  Carver constants_carver_;
  const Constants constants_;
  const float* in_;
  const float* out_;
  bool inverse_;
};

}  // namespace
}  // namespace dctloss

// Pixels between views and scratch: edge rules and their adjoints, any strides, adding, storing past the caches.
#pragma once

#include <cstring>

#include "border.h"
#include "geometry.h"
#include "simd.h"

namespace dctloss {
namespace {

/// One plane of a view; (y, x) lies at at[y stride_y + x stride_x].
struct Plane {
  float* at;
  int64_t stride_y, stride_x;

  float& pixel(int64_t y, int64_t x) const { return at[y * stride_y + x * stride_x]; }
  explicit operator bool() const { return at != nullptr; }
};

/// `array` holds the pixels where the view has no address.
inline Plane plane(const View& view, const float* array, int n, int c) {
  const float* base = array != nullptr ? array : reinterpret_cast<const float*>(view.address);
  if (base == nullptr) {
    return {nullptr, 0, 0};
  }
  const int64_t from = view.offset + n * view.stride_n + c * view.stride_c;
  return {const_cast<float*>(base) + from, view.stride_h, view.stride_w};
}

/// The part of a grid's block row that is worked on at a time: `lines` x `columns` pixels from (y, x), which may reach
/// outside the image of h x w.
struct Window {
  int32_t edge;
  int32_t h, w;
  int64_t y, x;
  int lines, columns;

  bool lines_inside() const { return y >= 0 && y + lines <= h; }
  bool inside() const { return lines_inside() && x >= 0 && x + columns <= w; }
};

/// Line r of the window goes to scratch + r * stride.
inline void load_lines(const Plane& from, const Window& window, float* scratch, int stride) {
  const int64_t first = window.x < 0 ? (-window.x < window.columns ? -window.x : window.columns) : 0;
  const int64_t within = window.w - window.x < window.columns ? window.w - window.x : window.columns;
  const int64_t end = within > first ? within : first;
  for (int r = 0; r < window.lines; r++) {
    float* line = scratch + r * stride;
    const int64_t y = edge_source<int64_t>(window.edge, window.y + r, window.h);
    if (y < 0) {
      std::memset(line, 0, sizeof(float) * window.columns);
      continue;
    }
    const float* source = from.at + y * from.stride_y + window.x * from.stride_x;
    if (from.stride_x == 1) {
      std::memcpy(line + first, source + first, sizeof(float) * (end - first));
    } else {
      for (int64_t i = first; i < end; i++) {
        line[i] = source[i * from.stride_x];
      }
    }
    for (int64_t i = first > 0 ? 0 : end; i < window.columns; i = i + 1 == first && end > first ? end : i + 1) {
      const int64_t x = edge_source<int64_t>(window.edge, window.x + i, window.w);
      line[i] = x < 0 ? 0 : from.pixel(y, x);
    }
  }
}

/// How pixels are written.
enum class Store { OVERWRITE, ADD, STREAM };

/// Writes `count` pixels from (y, x) on.
inline void store_line(const Plane& to, Store store, int64_t y, int64_t x, int64_t count, const float* line) {
  float* target = to.at + y * to.stride_y + x * to.stride_x;
  if (to.stride_x != 1) {
    for (int64_t i = 0; i < count; i++) {
      float& pixel = target[i * to.stride_x];
      pixel = store == Store::ADD ? pixel + line[i] : line[i];
    }
  } else if (store == Store::ADD) {
    for (int64_t i = 0; i < count; i++) {
      target[i] += line[i];
    }
  } else if (store == Store::STREAM && count >= 32) {
    // Whole cache lines go past the caches, the ends do not.
    const int64_t head = (64 - (reinterpret_cast<uintptr_t>(target) & 63)) % 64 / sizeof(float);
    std::memcpy(target, line, sizeof(float) * head);
    int64_t i = head;
    for (; i + 16 <= count; i += 16) {
      stream_line(target + i, line + i);
    }
    std::memcpy(target + i, line + i, sizeof(float) * (count - i));
  } else {
    std::memcpy(target, line, sizeof(float) * count);
  }
}

/// Scratch of fold_lines.
struct FoldScratch {
  double* sums;      // columns + B
  float* line;       // columns + B
  int64_t* columns;  // columns
};

/// The adjoint of load_lines where the window reaches outside the image. All copies that a pixel has in the window are
/// added up in float64 (there can be B * B of them) and rounded once.
NEVER_INLINE void fold_lines(const Plane& to, Store store, const Window& window, const float* scratch, int stride,
                             const FoldScratch& fold) {
  int64_t lines[64];
  for (int r = 0; r < window.lines; r++) {
    lines[r] = edge_source<int64_t>(window.edge, window.y + r, window.h);
  }
  // A reflected copy can come from a block further inside, so the pixels written may reach past the window's.
  int64_t least = window.w, most = -1;
  for (int i = 0; i < window.columns; i++) {
    const int64_t x = edge_source<int64_t>(window.edge, window.x + i, window.w);
    fold.columns[i] = x;
    if (x >= 0) {
      least = x < least ? x : least;
      most = x > most ? x : most;
    }
  }
  const int64_t width = most - least + 1;
  for (int r = 0; r < window.lines; r++) {
    const int64_t y = lines[r];
    if (y < 0) {
      continue;
    }
    for (int64_t i = 0; i < width; i++) {
      fold.sums[i] = 0;
    }
    for (int copy = r; copy < window.lines; copy++) {
      if (lines[copy] == y) {
        lines[copy] = -1;
        for (int i = 0; i < window.columns; i++) {
          if (fold.columns[i] >= 0) {
            fold.sums[fold.columns[i] - least] += scratch[copy * stride + i];
          }
        }
      }
    }
    for (int64_t i = 0; i < width; i++) {
      fold.line[i] = static_cast<float>(fold.sums[i]);
    }
    store_line(to, store, y, least, width, fold.line);
  }
}

/// The adjoint of load_lines: folds the blocks that reach outside the image and stores the others as they are.
inline void store_lines(const Plane& to, Store store, const Window& window, const float* scratch, int stride,
                        const FoldScratch& fold) {
  const int block = window.lines;
  // A line outside the image takes all blocks of its row with it.
  const int left = !window.lines_inside() ? window.columns : window.x < 0 ? block : 0;
  const int end = window.x + window.columns > window.w ? window.columns - block : window.columns;
  const int right = end > left ? end : left;
  if (right > left) {
    for (int r = 0; r < block; r++) {
      store_line(to, store, window.y + r, window.x + left, right - left, scratch + r * stride + left);
    }
  }
  Window part = window;
  if (left > 0) {
    part.columns = left;
    fold_lines(to, store, part, scratch, stride, fold);
  }
  if (right < window.columns) {
    part.x = window.x + right;
    part.columns = window.columns - right;
    fold_lines(to, store, part, scratch + right, stride, fold);
  }
}

/// Sets [y0, y1) x [x0, x1) to 0.
inline void clear(const Plane& to, int64_t y0, int64_t y1, int64_t x0, int64_t x1) {
  for (int64_t y = y0; y < y1; y++) {
    for (int64_t x = x0; x < x1; x++) {
      to.pixel(y, x) = 0;
    }
  }
}

}  // namespace
}  // namespace dctloss

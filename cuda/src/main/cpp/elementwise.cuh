// Kernels that treat every pixel alike: rounding float32 gradients to 16 bits, and the subtraction that benchmarks measure
// against.
#pragma once

#include "work.cuh"

namespace dctloss {
namespace cuda {

constexpr int ELEMENTWISE_THREADS = 256;

/// A view gets what lies without gaps in `sums`, or has it added.
template <class OUT>
__global__ void __launch_bounds__(ELEMENTWISE_THREADS)
    round_pixels(const Pixels to, const float* sums, int c, int h, int w, int64_t pixels, bool add) {
  const int64_t step = int64_t{gridDim.x} * blockDim.x;
  for (int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < pixels; i += step) {
    const int64_t line = i / w, plane = line / h;
    OUT* const at = to.plane<OUT>(static_cast<int>(plane / c), static_cast<int>(plane % c)) +
                    line % h * to.stride_h + i % w * to.stride_w;
    const float sum = __ldcs(sums + i);
    store_pixel(at, add ? load_pixel(at) + sum : sum);
  }
}

/// g = p - t, 16 bytes a thread.
template <class T>
__global__ void __launch_bounds__(ELEMENTWISE_THREADS) subtract_pixels(const T* p, const T* t, T* g, int64_t n) {
  constexpr int PIXELS = 16 / sizeof(T);
  const int64_t i = (int64_t{blockIdx.x} * blockDim.x + threadIdx.x) * PIXELS;
  if (i + PIXELS <= n) {
    Bits<T, PIXELS> a, b;
    a.load(p + i);
    b.load(t + i);
    float d[PIXELS];
    UNROLLED for (int k = 0; k < PIXELS; k++) d[k] = a.pixel(k) - b.pixel(k);
    store_row(g + i, d, false);
  } else {
    for (int64_t k = i; k < n; k++) {
      store_pixel(g + k, load_pixel(p + k) - load_pixel(t + k));
    }
  }
}

}  // namespace cuda
}  // namespace dctloss

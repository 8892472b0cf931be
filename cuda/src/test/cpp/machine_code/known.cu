// Kernels whose machine code is known: each but the first has one fault, which the gate must find on every architecture.
#include <cuda_runtime.h>

#include "number.cuh"

namespace {

/// Eight rows of four pixels of each image; what happens to them is as good as anything.
__device__ __forceinline__ void work_on(float (&v)[8][4]) {
#pragma unroll
  for (int r = 0; r < 8; r++) {
#pragma unroll
    for (int c = 0; c < 4; c++) v[r][c] = v[r][c] * v[7 - r][3 - c];
  }
}

__device__ __forceinline__ float4 minus(float4 a, float4 b) {
  return make_float4(a.x - b.x, a.y - b.y, a.z - b.z, a.w - b.w);
}

__device__ __forceinline__ void spread(float4 x, float (&row)[4]) {
  row[0] = x.x, row[1] = x.y, row[2] = x.z, row[3] = x.w;
}

__device__ __forceinline__ void load_all(const float4* p, const float4* t, int stride, float (&v)[8][4]) {
  float4 a[8], b[8];
#pragma unroll
  for (int r = 0; r < 8; r++) a[r] = __ldcs(p + r * stride), b[r] = __ldcs(t + r * stride);
#pragma unroll
  for (int r = 0; r < 8; r++) spread(minus(a[r], b[r]), v[r]);
}

__device__ __forceinline__ void store_all(float4* g, int stride, const float (&v)[8][4]) {
#pragma unroll
  for (int r = 0; r < 8; r++) __stcs(g + r * stride, make_float4(v[r][0], v[r][1], v[r][2], v[r][3]));
}

}  // namespace

struct Sums {
  double* partials;
  unsigned* ticket;
  double* loss;
};

namespace {

/// The last thread block adds what each has left.
template <bool FENCE_BEFORE, bool FENCE_AFTER, bool STRONG>
__device__ __forceinline__ void add_up(const Sums& sums) {
  if (threadIdx.x != 0) {
    return;
  }
  __stcg(sums.partials + blockIdx.x, 1.0 * blockIdx.x);
  if (FENCE_BEFORE) {
    __threadfence();
  }
  const bool last = atomicAdd(sums.ticket, blockIdx.x + 1) == gridDim.x;
  if (FENCE_AFTER) {
    __threadfence();
  }
  double sum = 0;
  for (unsigned i = 0; last && i < gridDim.x; i++) {
    sum += STRONG ? __ldcg(sums.partials + i) : sums.partials[i];
  }
  __stcg(sums.loss, sum);
}

}  // namespace

#define KERNEL template <class IN, class OUT, int PENALTY, int COEFFICIENTS, bool GRADIENT> __global__ void
#define INSTANCE_OF(space, penalty)                                                                          \
  template __global__ void space::four_columns<float, float, penalty, 0, true>(const float4*, const float4*, \
                                                                               float4*, int, int, const Sums);
#define INSTANCE(space) INSTANCE_OF(space, 0)

namespace right {
KERNEL __launch_bounds__(128, 5)
    four_columns(const float4* p, const float4* t, float4* g, int stride, int, const Sums sums) {
  float v[8][4];
  load_all(p + threadIdx.x, t + threadIdx.x, stride, v);
  work_on(v);
  store_all(g + threadIdx.x, stride, v);
  add_up<true, true, true>(sums);
}
}  // namespace right
INSTANCE(right)

/// A row is loaded if there is one: the compiler makes it wait for the row before.
namespace guarded {
KERNEL __launch_bounds__(128, 5)
    four_columns(const float4* p, const float4* t, float4* g, int stride, int rows, const Sums sums) {
  float v[8][4];
#pragma unroll
  for (int r = 0; r < 8; r++) {
    v[r][0] = v[r][1] = v[r][2] = v[r][3] = 0;
    if (r < rows) {
      spread(minus(__ldcs(p + threadIdx.x + r * stride), __ldcs(t + threadIdx.x + r * stride)), v[r]);
    }
  }
  work_on(v);
  store_all(g + threadIdx.x, stride, v);
  add_up<true, true, true>(sums);
}
}  // namespace guarded
INSTANCE(guarded)

/// The last row's loads come after a use of the first row.
namespace late {
KERNEL __launch_bounds__(128, 5)
    four_columns(const float4* p, const float4* t, float4* g, int stride, int, const Sums sums) {
  float4 a[8], b[8];
  float v[8][4];
#pragma unroll
  for (int r = 0; r < 7; r++) a[r] = __ldcs(p + threadIdx.x + r * stride), b[r] = __ldcs(t + threadIdx.x + r * stride);
  const int next = 7 * stride + (a[0].x > b[0].x ? 1 : 0);
  a[7] = __ldcs(p + threadIdx.x + next), b[7] = __ldcs(t + threadIdx.x + next);
#pragma unroll
  for (int r = 0; r < 8; r++) spread(minus(a[r], b[r]), v[r]);
  work_on(v);
  store_all(g + threadIdx.x, stride, v);
  add_up<true, true, true>(sums);
}
}  // namespace late
INSTANCE(late)

/// A load of eight bytes more.
namespace narrow_load {
KERNEL __launch_bounds__(128, 5)
    four_columns(const float4* p, const float4* t, float4* g, int stride, int, const Sums sums) {
  float v[8][4];
  load_all(p + threadIdx.x, t + threadIdx.x, stride, v);
  const float2 more = __ldcs(reinterpret_cast<const float2*>(p + threadIdx.x + 8 * stride));
  v[0][0] += more.x, v[0][1] += more.y;
  work_on(v);
  store_all(g + threadIdx.x, stride, v);
  add_up<true, true, true>(sums);
}
}  // namespace narrow_load
INSTANCE(narrow_load)

/// A store of four bytes more.
namespace narrow_store {
KERNEL __launch_bounds__(128, 5)
    four_columns(const float4* p, const float4* t, float4* g, int stride, int, const Sums sums) {
  float v[8][4];
  load_all(p + threadIdx.x, t + threadIdx.x, stride, v);
  work_on(v);
  store_all(g + threadIdx.x, stride, v);
  __stcs(reinterpret_cast<float*>(g + threadIdx.x + 8 * stride), v[0][0]);
  add_up<true, true, true>(sums);
}
}  // namespace narrow_store
INSTANCE(narrow_store)

/// 144 numbers at once
__device__ __forceinline__ void work_on_more(const float4* p, const float4* t, float4* g, int stride) {
  float v[8][4];
  float4 more[28];
#pragma unroll
  for (int i = 0; i < 28; i++) more[i] = __ldcs(p + (100 + i) * stride);
  load_all(p, t, stride, v);
  work_on(v);
  store_all(g, stride, v);
#pragma unroll
  for (int i = 0; i < 28; i++) __stcs(g + (100 + i) * stride, minus(more[i], more[27 - i]));
}

/// ... in as many registers as it takes,
namespace greedy {
KERNEL __launch_bounds__(128) four_columns(const float4* p, const float4* t, float4* g, int stride, int, const Sums sums) {
  work_on_more(p + threadIdx.x, t + threadIdx.x, g + threadIdx.x, stride);
  add_up<true, true, true>(sums);
}
}  // namespace greedy
INSTANCE(greedy)

/// ... or in 64.
namespace spilling {
KERNEL __launch_bounds__(1024) four_columns(const float4* p, const float4* t, float4* g, int stride, int, const Sums sums) {
  work_on_more(p + threadIdx.x, t + threadIdx.x, g + threadIdx.x, stride);
  add_up<true, true, true>(sums);
}
}  // namespace spilling
INSTANCE(spilling)

// Of four_columns with Charbonnier's penalty: the approximations that it takes,
namespace approximating {
KERNEL __launch_bounds__(128, 5)
    four_columns(const float4* p, const float4* t, float4* g, int stride, int, const Sums sums) {
  float v[8][4];
  load_all(p + threadIdx.x, t + threadIdx.x, stride, v);
#pragma unroll
  for (int r = 0; r < 8; r++) {
#pragma unroll
    for (int c = 0; c < 4; c++) {
      v[r][c] = dctloss::quotient(dctloss::inverse_square_root_of_twice(v[r][c]), v[7 - r][c] + 1);
    }
  }
  store_all(g + threadIdx.x, stride, v);
  add_up<true, true, true>(sums);
}
}  // namespace approximating
INSTANCE_OF(approximating, 2)

/// ... and reciprocals where inverse roots should be.
namespace rootless {
KERNEL __launch_bounds__(128, 5)
    four_columns(const float4* p, const float4* t, float4* g, int stride, int, const Sums sums) {
  float v[8][4];
  load_all(p + threadIdx.x, t + threadIdx.x, stride, v);
#pragma unroll
  for (int r = 0; r < 8; r++) {
#pragma unroll
    for (int c = 0; c < 4; c++) v[r][c] = dctloss::rough_reciprocal(v[r][c]);
  }
  store_all(g + threadIdx.x, stride, v);
  add_up<true, true, true>(sums);
}
}  // namespace rootless
INSTANCE_OF(rootless, 2)

// Partial sums that the last thread block may not see: not fenced by who leaves them,
#define ADDING(space, before, after, strong)                                                           \
  namespace space {                                                                                    \
  KERNEL __launch_bounds__(128, 5)                                                                     \
      four_columns(const float4* p, const float4* t, float4* g, int stride, int, const Sums sums) {    \
    float v[8][4];                                                                                     \
    load_all(p + threadIdx.x, t + threadIdx.x, stride, v);                                             \
    work_on(v);                                                                                        \
    store_all(g + threadIdx.x, stride, v);                                                             \
    add_up<before, after, strong>(sums);                                                               \
  }                                                                                                    \
  }                                                                                                    \
  INSTANCE(space)
ADDING(not_left, false, true, true)
// or by who adds them up,
ADDING(not_awaited, true, false, true)
// or read from a cache that does not see them.
ADDING(old, true, true, false)

// Kernels whose machine code is known: each but the first has one fault, which the gate must find on every architecture.
#include <cuda_runtime.h>

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

#define KERNEL template <class IN, class OUT, int PENALTY, int COEFFICIENTS, bool GRADIENT> __global__ void
#define INSTANCE(space)                                                                                         \
  template __global__ void space::four_columns<float, float, 0, 0, true>(const float4*, const float4*, float4*, \
                                                                         int, int);

namespace right {
KERNEL __launch_bounds__(128, 5) four_columns(const float4* p, const float4* t, float4* g, int stride, int) {
  float v[8][4];
  load_all(p + threadIdx.x, t + threadIdx.x, stride, v);
  work_on(v);
  store_all(g + threadIdx.x, stride, v);
}
}  // namespace right
INSTANCE(right)

/// A row is loaded if there is one: the compiler makes it wait for the row before.
namespace guarded {
KERNEL __launch_bounds__(128, 5) four_columns(const float4* p, const float4* t, float4* g, int stride, int rows) {
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
}
}  // namespace guarded
INSTANCE(guarded)

/// The last row's loads come after a use of the first row.
namespace late {
KERNEL __launch_bounds__(128, 5) four_columns(const float4* p, const float4* t, float4* g, int stride, int) {
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
}
}  // namespace late
INSTANCE(late)

/// A load of eight bytes more.
namespace narrow_load {
KERNEL __launch_bounds__(128, 5) four_columns(const float4* p, const float4* t, float4* g, int stride, int) {
  float v[8][4];
  load_all(p + threadIdx.x, t + threadIdx.x, stride, v);
  const float2 more = __ldcs(reinterpret_cast<const float2*>(p + threadIdx.x + 8 * stride));
  v[0][0] += more.x, v[0][1] += more.y;
  work_on(v);
  store_all(g + threadIdx.x, stride, v);
}
}  // namespace narrow_load
INSTANCE(narrow_load)

/// A store of four bytes more.
namespace narrow_store {
KERNEL __launch_bounds__(128, 5) four_columns(const float4* p, const float4* t, float4* g, int stride, int) {
  float v[8][4];
  load_all(p + threadIdx.x, t + threadIdx.x, stride, v);
  work_on(v);
  store_all(g + threadIdx.x, stride, v);
  __stcs(reinterpret_cast<float*>(g + threadIdx.x + 8 * stride), v[0][0]);
}
}  // namespace narrow_store
INSTANCE(narrow_store)

/// 112 numbers at once
__device__ __forceinline__ void work_on_more(const float4* p, const float4* t, float4* g, int stride) {
  float v[8][4];
  float4 more[20];
#pragma unroll
  for (int i = 0; i < 20; i++) more[i] = __ldcs(p + (100 + i) * stride);
  load_all(p, t, stride, v);
  work_on(v);
  store_all(g, stride, v);
#pragma unroll
  for (int i = 0; i < 20; i++) __stcs(g + (100 + i) * stride, minus(more[i], more[19 - i]));
}

/// ... in as many registers as it takes,
namespace greedy {
KERNEL __launch_bounds__(128) four_columns(const float4* p, const float4* t, float4* g, int stride, int) {
  work_on_more(p + threadIdx.x, t + threadIdx.x, g + threadIdx.x, stride);
}
}  // namespace greedy
INSTANCE(greedy)

/// ... or in 64.
namespace spilling {
KERNEL __launch_bounds__(1024) four_columns(const float4* p, const float4* t, float4* g, int stride, int) {
  work_on_more(p + threadIdx.x, t + threadIdx.x, g + threadIdx.x, stride);
}
}  // namespace spilling
INSTANCE(spilling)

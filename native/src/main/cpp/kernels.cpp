// The kernels of one instruction set, DCTLOSS_ISA.
#include "kernels.h"

#include <cfloat>

#include "loss_strips.h"
#include "transform_strips.h"

namespace dctloss {
namespace {

int64_t constants_bytes(const Job& job) {
  Carver carver(nullptr);
  Constants(job, carver);
  return carver.bytes();
}

int64_t scratch_bytes(const Job& job) {
  Carver carver(nullptr);
  Scratch(job, carver);
  return carver.bytes();
}

void set_weights(const Job& job, const double* w) {
  Carver carver(pointer(job.constants));
  const Constants constants(job, carver);
  const int b = job.block;
  for (int table = 0; table < job.tables; table++) {
    for (int u = 0; u < b; u++) {
      for (int v = 0; v < b; v++) {
        const int64_t from = (int64_t{table} * b + u) * b + v, to = (int64_t{table} * b + v) * b + u;
        if (b == 8) {
          const double scale = SCALE[u] * SCALE[v];
          // Weights up to float32's end are allowed, the scales reach beyond 1.
          const double folded = w[from] * scale, most = FLT_MAX;
          constants.floats[to] = static_cast<float>(folded < most ? folded : most);
          if (table == 0) {
            constants.inverses[to] = static_cast<float>(w[from] == 0 ? 0 : scale / w[from]);
          }
        } else {
          constants.doubles[to] = w[from];
        }
      }
    }
  }
  if (b != 8) {
    constants.cosines.fill();
  }
}

void loss_strips(const Job& job, int32_t from, int32_t to, void* scratch, const float* p, const float* t, float* g,
                 float* tg, float* map) {
  LossStrips(job, scratch, p, t, g, tg, map).process(from, to);
}

void transform_strips(const Job& job, int32_t from, int32_t to, void* scratch, const float* in, float* out) {
  TransformStrips(job, scratch, in, out).process(from, to);
}

void subtract_plainly(const float* __restrict p, const float* __restrict t, float* __restrict g, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    g[i] = p[i] - t[i];
  }
}

void subtract(int32_t flags, const float* p, const float* t, float* g, int64_t n) {
#ifdef DCTLOSS_STREAMS
  if ((flags & STREAM) != 0) {
    const int64_t to_vector = (LANES - reinterpret_cast<uintptr_t>(g) / sizeof(float) % LANES) % LANES;
    int64_t i = to_vector < n ? to_vector : n;
    subtract_plainly(p, t, g, i);
    for (; i + LANES <= n; i += LANES) {
      stream(g + i, load(p + i) - load(t + i));
    }
    subtract_plainly(p + i, t + i, g + i, n - i);
    end_of_stream();
    return;
  }
#endif
  static_cast<void>(flags);
  subtract_plainly(p, t, g, n);
}

}  // namespace

#define DCTLOSS_KERNELS DCTLOSS_JOIN_AGAIN(KERNELS_, DCTLOSS_ISA)
#define DCTLOSS_JOIN_AGAIN(a, b) DCTLOSS_JOIN(a, b)

extern const Kernels DCTLOSS_KERNELS;
const Kernels DCTLOSS_KERNELS = {constants_bytes, scratch_bytes, set_weights, loss_strips, transform_strips, subtract};

}  // namespace dctloss

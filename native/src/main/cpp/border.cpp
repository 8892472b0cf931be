// The border's checks, and the choice of an instruction set at run time. Compiled for the oldest processor.
#include "border.h"

#include <cstdio>

#if defined(__linux__)
#include <unistd.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#endif

#include "geometry.h"
#include "kernels.h"

namespace dctloss {

#if defined(__x86_64__)
extern const Kernels KERNELS_SSE2, KERNELS_AVX2, KERNELS_AVX512;
#else
extern const Kernels KERNELS_NEON;
#endif

namespace {

/// The kernels of an instruction set that this processor runs, or null.
const Kernels* kernels(int32_t isa) {
  if (isa < 0 || isa > NEON || (instruction_sets() >> isa & 1) == 0) {
    return nullptr;
  }
#if defined(__x86_64__)
  return isa == AVX512 ? &KERNELS_AVX512 : isa == AVX2 ? &KERNELS_AVX2 : &KERNELS_SSE2;
#else
  return &KERNELS_NEON;
#endif
}

bool items_fit(const Job& job, int32_t from, int32_t to) {
  const double items = static_cast<double>(job.n) * (job.c / job.planes) * job.rows;
  return from >= 0 && from <= to && to <= items;
}

bool has_memory(const View& view, const float* array) { return array != nullptr || view.address != 0; }

bool lacks(const Job& job, Flag wanted, bool there) { return (job.flags & wanted) != 0 && !there; }

Code check(const Job* job) {
  if (job == nullptr) {
    return NO_MEMORY;
  }
  return job->abi != ABI ? WRONG_ABI : kernels(job->isa) == nullptr ? WRONG_ISA : OK;
}

#if defined(__linux__)
/// A number from what the kernel says of one of the first core's caches.
bool read_cache_file(int index, const char* name, long& value) {
  char path[80];
  std::snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu0/cache/index%d/%s", index, name);
  std::FILE* file = std::fopen(path, "r");
  if (file == nullptr) {
    return false;
  }
  const bool read = std::fscanf(file, "%ld", &value) == 1;
  std::fclose(file);
  return read && value > 0;
}
#endif

/// Bytes of a level's cache that a core reaches; 0 if it is unknown, or there is none.
int64_t cache_size(int level) {
#if defined(__linux__)
  // As the kernel says. The C library may add up all caches of a socket, of which a core reaches one.
  for (int index = 0; index < 8; index++) {
    long found = 0, kibibytes = 0;
    if (read_cache_file(index, "level", found) && found == level && read_cache_file(index, "size", kibibytes)) {
      return int64_t{kibibytes} << 10;
    }
  }
#if defined(_SC_LEVEL2_CACHE_SIZE)
  const long bytes = sysconf(level == 2   ? _SC_LEVEL2_CACHE_SIZE
                             : level == 3 ? _SC_LEVEL3_CACHE_SIZE
                                          : _SC_LEVEL4_CACHE_SIZE);
  return bytes > 0 ? bytes : 0;
#else
  return 0;
#endif
#elif defined(__APPLE__)
  int64_t bytes = 0;
  size_t size = sizeof(bytes);
  return level == 2 && sysctlbyname("hw.l2cachesize", &bytes, &size, nullptr, 0) == 0 ? bytes : 0;
#else
  return 0;
#endif
}

}  // namespace

int64_t abi() { return int64_t{sizeof(Job)} << 32 | ABI; }

int32_t instruction_sets() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  int32_t found = 1 << SSE2;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    found |= 1 << AVX2;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")) {
      found |= 1 << AVX512;
    }
  }
  return found;
#else
  return 1 << NEON;
#endif
}

int64_t second_cache() { return cache_size(2); }

int64_t last_level_cache() {
  int64_t bytes = 0;
  for (int level = 4; level >= 2 && bytes == 0; level--) {
    bytes = cache_size(level);
  }
  return bytes;
}

int64_t address(const void* buffer) { return reinterpret_cast<int64_t>(buffer); }

int64_t constants_bytes(const Job* job) {
  return check(job) == OK && sizes_fit(*job) ? kernels(job->isa)->constants_bytes(*job) : 0;
}

int64_t scratch_bytes(const Job* job) {
  return check(job) == OK && sizes_fit(*job) ? kernels(job->isa)->scratch_bytes(*job) : 0;
}

int32_t set_weights(const Job* job, const double* w) {
  const Code code = check(job);
  if (code != OK) {
    return code;
  }
  if (!sizes_fit(*job)) {
    return OUT_OF_RANGE;
  }
  if (job->constants == 0 || w == nullptr) {
    return NO_MEMORY;
  }
  kernels(job->isa)->set_weights(*job, w);
  return OK;
}

int32_t loss_strips(const Job* job, int32_t from, int32_t to, void* scratch, const float* p, const float* t, float* g,
                    float* tg, float* map) {
  const Code code = check(job);
  if (code != OK) {
    return code;
  }
  if (!loss_fits(*job) || !items_fit(*job, from, to)) {
    return OUT_OF_RANGE;
  }
  if (scratch == nullptr || job->constants == 0 || job->sums == 0 || !has_memory(job->prediction, p) ||
      !has_memory(job->target, t) || lacks(*job, WANTS_GRADIENT, has_memory(job->gradient, g)) ||
      lacks(*job, WANTS_TARGET_GRADIENT, has_memory(job->target_gradient, tg)) ||
      lacks(*job, WANTS_MAP, map != nullptr)) {
    return NO_MEMORY;
  }
  if (from < to) {
    kernels(job->isa)->loss_strips(*job, from, to, scratch, p, t, g, tg, map);
  }
  return OK;
}

int32_t transform_strips(const Job* job, int32_t from, int32_t to, void* scratch, const float* in, float* out) {
  const Code code = check(job);
  if (code != OK) {
    return code;
  }
  if (!transform_fits(*job) || !items_fit(*job, from, to)) {
    return OUT_OF_RANGE;
  }
  if (scratch == nullptr || job->constants == 0 || !has_memory(job->prediction, in) ||
      !has_memory(job->gradient, out)) {
    return NO_MEMORY;
  }
  if (from < to) {
    kernels(job->isa)->transform_strips(*job, from, to, scratch, in, out);
  }
  return OK;
}

int32_t subtract(int32_t isa, int32_t flags, const float* p, const float* t, float* g, int64_t n) {
  if (kernels(isa) == nullptr) {
    return WRONG_ISA;
  }
  if (p == nullptr || t == nullptr || g == nullptr) {
    return NO_MEMORY;
  }
  if (n < 0) {
    return OUT_OF_RANGE;
  }
  kernels(isa)->subtract(flags, p, t, g, n);
  return OK;
}

}  // namespace dctloss

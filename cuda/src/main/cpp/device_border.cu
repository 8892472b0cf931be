// The border's checks, the choice of a mapping, and what kernels are given.
#include "device_border.h"

#include <cfloat>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "cut.h"
#include "elementwise.cuh"
#include "launch.h"

namespace dctloss {
namespace cuda {
namespace {

/// The first that build.sh names; what has no machine code of its own runs its PTX.
constexpr int OLDEST_ARCHITECTURE = 75;

/// Whether the thread has a context: only the driver tells. Where it cannot be asked, yes.
bool has_context() {
  using Query = int (*)(void** context);  // cuCtxGetCurrent
  static const Query query = [] {
    void* found = nullptr;
    cudaDriverEntryPointQueryResult result = cudaDriverEntryPointSymbolNotFound;
    const cudaError_t error =
        cudaGetDriverEntryPointByVersion("cuCtxGetCurrent", &found, 12000, cudaEnableDefault, &result);
    if (error != cudaSuccess) {
      cudaGetLastError();
    }
    return error == cudaSuccess && result == cudaDriverEntryPointSuccess ? reinterpret_cast<Query>(found) : nullptr;
  }();
  void* context = nullptr;
  return query == nullptr || query(&context) != 0 || context != nullptr;
}

/// Makes a device the thread's current one while it lives. If there was no context, none is made to go back to.
class OnDevice {
 public:
  explicit OnDevice(int32_t device) : error_(cudaGetDevice(&before_)) {
    if (error_ == cudaSuccess && before_ != device) {
      const bool had_context = has_context();
      error_ = cudaSetDevice(device);
      restores_ = error_ == cudaSuccess && had_context;
    }
  }
  ~OnDevice() {
    if (restores_) {
      cudaSetDevice(before_);
    }
  }
  OnDevice(const OnDevice&) = delete;

  /// What went wrong, here or in the call, which is not made then.
  template <class Call>
  int32_t run(Call call) const {
    const cudaError_t error = error_ == cudaSuccess ? call() : error_;
    if (error != cudaSuccess) {
      cudaGetLastError();  // or a later call would report it again
    }
    return error;
  }

 private:
  int before_ = 0;
  cudaError_t error_;
  bool restores_ = false;
};

/// While it lives the thread may free memory although a stream is captured, here or by a thread that forbids it to all.
class DuringCaptures {
 public:
  DuringCaptures() { cudaThreadExchangeStreamCaptureMode(&mode_); }
  ~DuringCaptures() { cudaThreadExchangeStreamCaptureMode(&mode_); }
  DuringCaptures(const DuringCaptures&) = delete;

 private:
  cudaStreamCaptureMode mode_ = cudaStreamCaptureModeRelaxed;  // then the one before
};

cudaStream_t stream_of(int64_t stream) { return reinterpret_cast<cudaStream_t>(stream); }

// ------------------------------------------------------------------------------------------------ checks of a job

int64_t size_of(int32_t type) { return type == FLOAT32 ? 4 : 2; }

bool type_fits(int32_t type) { return between(type, FLOAT32, BFLOAT16); }

// What geometry.h says, and more: the names there are not for jobs of this border alone.

bool any_job_fits(const Job& job) {
  return sizes_fit(job) && job.h <= LARGEST_INDEX / 2 && job.w <= LARGEST_INDEX / 2 && type_fits(job.input) &&
         type_fits(job.output);
}

bool loss_job_fits(const Job& job) {
  return any_job_fits(job) && loss_fits(job) && (job.output == FLOAT32 || job.output == job.input);
}

bool transform_job_fits(const Job& job) { return any_job_fits(job) && transform_fits(job) && job.tables == 1; }

/// Whether all rows of blocks start at multiples of 16 bytes, and pixels lie side by side.
bool aligned(const Job& job, const View& view, int32_t type) {
  if (view.address == 0) {
    return true;
  }
  const int64_t step = 16 / size_of(type);
  return view.address % 16 == 0 && view.stride_w == 1 && view.stride_h % step == 0 &&
         (job.c == 1 || view.stride_c % step == 0) && (job.n == 1 || view.stride_n % step == 0);
}

Mapping choose(const Job& job) {
  if (job.block != 8 || job.map != 0 || job.spectrum != 0 || (job.edge == REFLECT && !flush(job)) ||
      (job.flags & FORCE_ANY_BLOCK) != 0) {
    return ANY_BLOCK;
  }
  const bool both = job.coefficients == MAGNITUDE && job.target_gradient.address != 0;
  if (!flush(job) || job.planes != 1 || both || (job.flags & FORCE_ONE_COLUMN) != 0 ||
      !aligned(job, job.prediction, job.input) || !aligned(job, job.target, job.input) ||
      !aligned(job, job.gradient, job.output) || !aligned(job, job.target_gradient, job.output)) {
    return ONE_COLUMN;
  }
  return job.input != FLOAT32 && job.coefficients == SIGNED ? WHOLE_BLOCK : FOUR_COLUMNS;
}

// ----------------------------------------------------------------------------------------------- memory of a job

/// What fold_weights() computes.
struct Constants {
  double* cosines;   // B x B
  double* weights;   // tables x B x B
  float* folded;     // the same with the scales of the flow graph, for B = 8
  float* inverses;   // of the first table, for the inverse transform and B = 8
  int64_t bytes;

  Constants(const Job& job, int64_t address) {
    Carver carver(address);
    const int64_t area = int64_t{job.block} * job.block;
    cosines = carver.take<double>(area);
    weights = carver.take<double>(job.tables * area);
    folded = carver.take<float>(job.block == 8 ? job.tables * area : 0);
    inverses = carver.take<float>(job.block == 8 ? area : 0);
    bytes = carver.bytes();
  }
};

// ------------------------------------------------------------------------------------- from a job to thread blocks

Pixels pixels(const View& view, bool single_column) {
  return {pointer<void>(view.address), view.stride_n, view.stride_c, view.stride_h, single_column ? 1 : view.stride_w};
}

Work work_of(const Job& job) {
  Work work{};
  work.n = job.n, work.c = job.c, work.h = job.h, work.w = job.w;
  work.block = job.block, work.rows = job.rows, work.columns = job.columns;
  work.start_y = job.start_y, work.start_x = job.start_x;
  work.edge = job.edge, work.penalty = job.penalty, work.coefficients = job.coefficients;
  work.planes = job.planes, work.tables = job.tables;
  work.input = job.input, work.output = job.output;
  work.add = (job.flags & ACCUMULATE) != 0;
  work.add_loss = (job.flags & ACCUMULATE_LOSS) != 0;
  work.inverse = (job.flags & INVERSE) != 0;
  const auto parameter = static_cast<float>(job.parameter);
  work.first = job.penalty == CHARBONNIER ? parameter / 2 : parameter;
  work.second = job.penalty == CHARBONNIER ? parameter * parameter / 2 : -parameter;
  work.parameter = job.parameter, work.scale = job.scale;
  work.error_factor = error_factor(job.penalty);
  work.derivative_factor = derivative_factor(job.penalty);
  work.loss_scale = job.loss_scale, work.sample_scale = job.sample_scale;
  for (int i = 0; i < 9; i++) {
    work.color[i] = static_cast<float>(job.color[i]);
    work.color_in_doubles[i] = job.color[i];
  }
  const Constants constants(job, job.constants);
  work.weights = constants.folded, work.inverses = constants.inverses;
  work.plain_weights = constants.weights, work.cosines = constants.cosines;
  work.upstream = pointer<float>(job.upstream);
  work.sample_factors = pointer<float>(job.sample_factors);
  const Workspace workspace(job, job.workspace);
  work.ticket = workspace.ticket, work.sums = workspace.sums;
  work.partials = workspace.partials, work.scratch = workspace.scratch;
  work.loss = pointer<double>(job.loss);
  work.per_sample = pointer<double>(job.per_sample);
  work.map = pointer<float>(job.map);
  work.spectrum = pointer<double>(job.spectrum);
  // The stride of a single column means nothing.
  const bool single = job.w == 1;
  work.prediction = pixels(job.prediction, single), work.target = pixels(job.target, single);
  work.gradient = pixels(job.gradient, single), work.target_gradient = pixels(job.target_gradient, single);
  work.by_columns = Divider(static_cast<uint32_t>(job.columns));
  work.by_rows = Divider(static_cast<uint32_t>(job.rows));
  return work;
}

/// Whether every mapping can number what it works on: for any offset, since a session is opened for all.
bool numbers_fit(const Job& job) {
  Job largest = job;
  largest.rows = static_cast<int32_t>(most_blocks(job.h, job.block));
  largest.columns = static_cast<int32_t>(most_blocks(job.w, job.block));
  Work work{};
  Launch launch{};
  return cut_for(ANY_BLOCK, largest, work, launch) && (job.block != 8 || cut_for(ONE_COLUMN, largest, work, launch));
}

int32_t check(const Job* job, bool fits(const Job&)) {
  return job == nullptr ? NO_MEMORY : job->abi != ABI ? WRONG_ABI : fits(*job) && numbers_fit(*job) ? OK : OUT_OF_RANGE;
}

// Whether addresses, which may be 0, suit what lies there.
bool view_fits(const View& view, int32_t type) { return view.address % size_of(type) == 0; }

bool fitting_addresses(const Job& job) {
  return job.constants % 16 == 0 && job.workspace % 16 == 0 && job.upstream % 4 == 0 && job.sample_factors % 4 == 0 &&
         job.loss % 8 == 0 && job.per_sample % 8 == 0 && job.map % 4 == 0 && job.spectrum % 8 == 0 &&
         view_fits(job.prediction, job.input) && view_fits(job.target, job.input) &&
         view_fits(job.gradient, job.output) && view_fits(job.target_gradient, job.output);
}

}  // namespace

int64_t abi() { return int64_t{sizeof(Job)} << 32 | ABI; }

int32_t mapping(const Job* job) {
  const int32_t code = check(job, loss_job_fits);
  return code == OK ? choose(*job) : code;
}

int64_t constants_bytes(const Job* job) { return check(job, any_job_fits) == OK ? Constants(*job, 0).bytes : 0; }

int64_t workspace_bytes(const Job* job) { return check(job, any_job_fits) == OK ? Workspace(*job, 0).bytes : 0; }

int32_t fold_weights(const Job* job, const double* weights, void* memory) {
  const int32_t code = check(job, any_job_fits);
  if (code != OK || weights == nullptr || memory == nullptr) {
    return code != OK ? code : NO_MEMORY;
  }
  const Constants constants(*job, reinterpret_cast<int64_t>(memory));
  std::memset(memory, 0, static_cast<size_t>(constants.bytes));
  const int b = job->block;
  const double pi = 3.14159265358979323846;
  for (int k = 0; k < b; k++) {
    for (int n = 0; n < b; n++) {
      constants.cosines[k * b + n] = std::sqrt((k == 0 ? 1.0 : 2.0) / b) * std::cos(pi * (2 * n + 1) * k / (2.0 * b));
    }
  }
  for (int64_t i = 0; i < int64_t{job->tables} * b * b; i++) {
    constants.weights[i] = weights[i];
    if (b == 8) {
      const double scale = SCALE[i / 8 % 8] * SCALE[i % 8];
      // Weights up to float32's end are allowed, the scales reach beyond 1.
      const double folded = weights[i] * scale, most = FLT_MAX;
      constants.folded[i] = static_cast<float>(folded < most ? folded : most);
      if (i < 64) {
        constants.inverses[i] = static_cast<float>(weights[i] == 0 ? 0 : scale / weights[i]);
      }
    }
  }
  return OK;
}

int32_t loss(const Job* job, int32_t device, int64_t stream) {
  const int32_t code = check(job, loss_job_fits);
  if (code != OK) {
    return code;
  }
  if (job->constants == 0 || job->workspace == 0 || job->loss == 0 || job->prediction.address == 0 ||
      job->target.address == 0) {
    return NO_MEMORY;
  }
  if (!fitting_addresses(*job)) {
    return OUT_OF_RANGE;
  }
  Work work = work_of(*job);
  Launch launch{0, 0, stream_of(stream)};
  const Mapping mapping = choose(*job);
  if (!cut_for(mapping, *job, work, launch)) {
    return OUT_OF_RANGE;
  }
  return OnDevice(device).run([&] {
    if (mapping == ANY_BLOCK) {
      return launch_any_block(work, launch);
    }
    if (mapping == ONE_COLUMN) {
      return launch_one_column(work, launch);
    }
    return job->input == FLOAT32   ? launch_fused_float32(work, launch)
           : job->input == FLOAT16 ? launch_fused_float16(work, launch)
                                   : launch_fused_bfloat16(work, launch);
  });
}

int32_t transform(const Job* job, int32_t device, int64_t stream) {
  const int32_t code = check(job, transform_job_fits);
  if (code != OK) {
    return code;
  }
  if (job->constants == 0 || job->workspace == 0 || job->prediction.address == 0 || job->gradient.address == 0) {
    return NO_MEMORY;
  }
  if (!fitting_addresses(*job)) {
    return OUT_OF_RANGE;
  }
  Work work = work_of(*job);
  work.edge = CROP;
  work.add = false;
  Launch launch{0, 0, stream_of(stream)};
  const bool fast = job->input == FLOAT32 && job->output == FLOAT32 && aligned(*job, job->prediction, FLOAT32) &&
                    aligned(*job, job->gradient, FLOAT32) && (job->flags & FORCE_ONE_COLUMN) == 0;
  const bool any = job->block != 8 || (job->flags & FORCE_ANY_BLOCK) != 0;
  if (!cut_for(any ? ANY_BLOCK : fast ? FOUR_COLUMNS : ONE_COLUMN, *job, work, launch)) {
    return OUT_OF_RANGE;
  }
  return OnDevice(device).run([&] {
    return any    ? launch_transform_any_block(work, launch)
           : fast ? launch_transform_four_columns(work, launch)
                  : launch_transform_one_column(work, launch);
  });
}

namespace {

unsigned elementwise_blocks(int64_t threads) {
  const int64_t blocks = (threads + ELEMENTWISE_THREADS - 1) / ELEMENTWISE_THREADS;
  return static_cast<unsigned>(blocks < LARGEST_INDEX ? blocks : LARGEST_INDEX);
}

template <class OUT>
cudaError_t round_to(const Job& job, const View& view, int64_t sums, cudaStream_t stream) {
  Pixels to = pixels(view, job.w == 1);
  const float* from = pointer<float>(sums);
  int c = job.c, h = job.h, w = job.w;
  int64_t count = int64_t{job.n} * c * h * w;
  bool add = (job.flags & ACCUMULATE) != 0;
  void* arguments[] = {&to, &from, &c, &h, &w, &count, &add};
  return cudaLaunchKernel(round_pixels<OUT>, dim3(elementwise_blocks(count)),
                          dim3(ELEMENTWISE_THREADS), arguments, 0, stream);
}

cudaError_t round_to(const Job& job, const View& view, int64_t sums, cudaStream_t stream) {
  return job.output == FLOAT32   ? round_to<float>(job, view, sums, stream)
         : job.output == FLOAT16 ? round_to<Half>(job, view, sums, stream)
                                 : round_to<Bfloat>(job, view, sums, stream);
}

template <class T>
cudaError_t subtract_of(int64_t p, int64_t t, int64_t g, int64_t n, cudaStream_t stream) {
  const T *a = pointer<T>(p), *b = pointer<T>(t);
  T* to = pointer<T>(g);
  void* arguments[] = {&a, &b, &to, &n};
  const int64_t threads = (n * static_cast<int64_t>(sizeof(T)) + 15) / 16;
  return cudaLaunchKernel(subtract_pixels<T>, dim3(elementwise_blocks(threads)),
                          dim3(ELEMENTWISE_THREADS), arguments, 0, stream);
}

}  // namespace

int32_t round_gradients(const Job* job, int64_t sums, int64_t target_sums, int32_t device, int64_t stream) {
  const int32_t code = check(job, any_job_fits);
  if (code != OK) {
    return code;
  }
  if ((sums != 0 && job->gradient.address == 0) || (target_sums != 0 && job->target_gradient.address == 0)) {
    return NO_MEMORY;
  }
  if (!fitting_addresses(*job) || sums % 4 != 0 || target_sums % 4 != 0) {
    return OUT_OF_RANGE;
  }
  return OnDevice(device).run([&] {
    cudaError_t error = cudaSuccess;
    if (sums != 0) {
      error = round_to(*job, job->gradient, sums, stream_of(stream));
    }
    if (target_sums != 0 && error == cudaSuccess) {
      error = round_to(*job, job->target_gradient, target_sums, stream_of(stream));
    }
    return error;
  });
}

int32_t subtract(int32_t data_type, int64_t p, int64_t t, int64_t g, int64_t n, int32_t device, int64_t stream) {
  if (p == 0 || t == 0 || g == 0) {
    return NO_MEMORY;
  }
  if (!type_fits(data_type) || p % 16 != 0 || t % 16 != 0 || g % 16 != 0 || n < 1) {
    return OUT_OF_RANGE;
  }
  return OnDevice(device).run([&] {
    return data_type == FLOAT32   ? subtract_of<float>(p, t, g, n, stream_of(stream))
           : data_type == FLOAT16 ? subtract_of<Half>(p, t, g, n, stream_of(stream))
                                  : subtract_of<Bfloat>(p, t, g, n, stream_of(stream));
  });
}

// ------------------------------------------------------------------- devices, memory, streams, events and graphs

const char* error_name(int32_t code) { return cudaGetErrorName(static_cast<cudaError_t>(code)); }
const char* error_text(int32_t code) { return cudaGetErrorString(static_cast<cudaError_t>(code)); }

int32_t device_count(int32_t* count) {
  *count = 0;
  const cudaError_t error = cudaGetDeviceCount(count);
  if (error != cudaSuccess) {
    cudaGetLastError();
  }
  return error;
}

int32_t versions(int32_t* driver, int32_t* runtime) {
  *driver = *runtime = 0;
  const cudaError_t error = cudaDriverGetVersion(driver);
  return error != cudaSuccess ? error : cudaRuntimeGetVersion(runtime);
}

int32_t describe_device(int32_t device, char* name, int32_t* numbers) {
  cudaDeviceProp properties;
  const cudaError_t error = cudaGetDeviceProperties(&properties, device);
  if (error != cudaSuccess) {
    cudaGetLastError();
    return error;
  }
  std::snprintf(name, 256, "%s", properties.name);
  numbers[0] = properties.major;
  numbers[1] = properties.minor;
  numbers[2] = properties.multiProcessorCount;
  numbers[3] = properties.major * 10 + properties.minor >= OLDEST_ARCHITECTURE ? 1 : 0;
  return cudaSuccess;
}

int32_t memory_info(int32_t device, int64_t* free, int64_t* total) {
  return OnDevice(device).run([&] {
    size_t f = 0, t = 0;
    const cudaError_t error = cudaMemGetInfo(&f, &t);
    *free = static_cast<int64_t>(f);
    *total = static_cast<int64_t>(t);
    return error;
  });
}

int32_t allocate(int32_t device, int64_t bytes, int64_t* address) {
  *address = 0;
  return OnDevice(device).run([&] {
    void* memory = nullptr;
    const cudaError_t error = cudaMalloc(&memory, static_cast<size_t>(bytes));
    *address = reinterpret_cast<int64_t>(memory);
    return error;
  });
}

int32_t release(int32_t device, int64_t address) {
  return OnDevice(device).run([&] {
    const DuringCaptures permitted;
    return cudaFree(pointer<void>(address));
  });
}

int32_t allocate_pinned(int32_t device, int64_t bytes, int64_t* address) {
  *address = 0;
  return OnDevice(device).run([&] {
    void* memory = nullptr;
    const cudaError_t error = cudaMallocHost(&memory, static_cast<size_t>(bytes));
    *address = reinterpret_cast<int64_t>(memory);
    return error;
  });
}

int32_t release_pinned(int32_t device, int64_t address) {
  return OnDevice(device).run([&] {
    const DuringCaptures permitted;
    return cudaFreeHost(pointer<void>(address));
  });
}

int32_t describe_memory(int64_t address, int32_t device, int32_t* kind, int32_t* owner) {
  return OnDevice(device).run([&] {
    cudaPointerAttributes attributes{};
    const cudaError_t error = cudaPointerGetAttributes(&attributes, pointer<void>(address));
    *kind = attributes.type;
    *owner = attributes.device;
    return error;
  });
}

int32_t copy(int64_t to, int64_t from, int64_t bytes, int32_t device, int64_t stream) {
  return OnDevice(device).run([&] {
    return cudaMemcpyAsync(pointer<void>(to), pointer<void>(from), static_cast<size_t>(bytes), cudaMemcpyDefault,
                           stream_of(stream));
  });
}

int32_t fill(int64_t address, int32_t value, int64_t bytes, int32_t device, int64_t stream) {
  return OnDevice(device).run([&] {
    return cudaMemsetAsync(pointer<void>(address), value, static_cast<size_t>(bytes), stream_of(stream));
  });
}

int32_t create_stream(int32_t device, int64_t* stream) {
  *stream = 0;
  return OnDevice(device).run([&] {
    cudaStream_t created = nullptr;
    const cudaError_t error = cudaStreamCreateWithFlags(&created, cudaStreamNonBlocking);
    *stream = reinterpret_cast<int64_t>(created);
    return error;
  });
}

int32_t destroy_stream(int32_t device, int64_t stream) {
  return OnDevice(device).run([&] { return cudaStreamDestroy(stream_of(stream)); });
}

int32_t synchronize_stream(int32_t device, int64_t stream) {
  return OnDevice(device).run([&] { return cudaStreamSynchronize(stream_of(stream)); });
}

int32_t create_event(int32_t device, int64_t* event) {
  *event = 0;
  return OnDevice(device).run([&] {
    cudaEvent_t created = nullptr;
    const cudaError_t error = cudaEventCreate(&created);
    *event = reinterpret_cast<int64_t>(created);
    return error;
  });
}

int32_t destroy_event(int32_t device, int64_t event) {
  return OnDevice(device).run([&] { return cudaEventDestroy(reinterpret_cast<cudaEvent_t>(event)); });
}

int32_t record_event(int64_t event, int32_t device, int64_t stream) {
  return OnDevice(device).run(
      [&] { return cudaEventRecord(reinterpret_cast<cudaEvent_t>(event), stream_of(stream)); });
}

int32_t wait_event(int64_t event, int32_t device, int64_t stream) {
  return OnDevice(device).run(
      [&] { return cudaStreamWaitEvent(stream_of(stream), reinterpret_cast<cudaEvent_t>(event), 0); });
}

int32_t synchronize_event(int32_t device, int64_t event) {
  return OnDevice(device).run([&] { return cudaEventSynchronize(reinterpret_cast<cudaEvent_t>(event)); });
}

int32_t elapsed(int32_t device, int64_t first, int64_t second, float* milliseconds) {
  *milliseconds = 0;
  return OnDevice(device).run([&] {
    return cudaEventElapsedTime(milliseconds, reinterpret_cast<cudaEvent_t>(first),
                                reinterpret_cast<cudaEvent_t>(second));
  });
}

int32_t is_capturing(int32_t device, int64_t stream, int32_t* capturing) {
  return OnDevice(device).run([&] {
    cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
    const cudaError_t error = cudaStreamIsCapturing(stream_of(stream), &status);
    *capturing = status == cudaStreamCaptureStatusNone ? 0 : 1;
    return error;
  });
}

int32_t begin_capture(int32_t device, int64_t stream) {
  return OnDevice(device).run(
      [&] { return cudaStreamBeginCapture(stream_of(stream), cudaStreamCaptureModeThreadLocal); });
}

int32_t end_capture(int32_t device, int64_t stream, int64_t* graph, int64_t* nodes) {
  *graph = *nodes = 0;
  return OnDevice(device).run([&] {
    cudaGraph_t captured = nullptr;
    cudaError_t error = cudaStreamEndCapture(stream_of(stream), &captured);
    if (error != cudaSuccess) {
      return error;
    }
    size_t count = 0;
    cudaGraphExec_t executable = nullptr;
    error = cudaGraphGetNodes(captured, nullptr, &count);
    if (error == cudaSuccess) {
      error = cudaGraphInstantiate(&executable, captured, 0);
    }
    cudaGraphDestroy(captured);
    *graph = reinterpret_cast<int64_t>(executable);
    *nodes = static_cast<int64_t>(count);
    return error;
  });
}

int32_t launch_graph(int64_t graph, int32_t device, int64_t stream) {
  return OnDevice(device).run(
      [&] { return cudaGraphLaunch(reinterpret_cast<cudaGraphExec_t>(graph), stream_of(stream)); });
}

int32_t destroy_graph(int32_t device, int64_t graph) {
  return OnDevice(device).run([&] { return cudaGraphExecDestroy(reinterpret_cast<cudaGraphExec_t>(graph)); });
}

}  // namespace cuda
}  // namespace dctloss

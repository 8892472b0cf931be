// The emulator itself: that kernels compute what they should, and that each kind of mistake is found.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <vector>

#include "report.h"

namespace {

// ------------------------------------------------------------------------------------------------------ toy kernels

struct Toy {
  const float* in;
  float* out;
  double* sum;
  unsigned* ticket;
  int n;
};

/// Reverses the numbers of each thread block, and adds them all up: the last thread block adds the others' sums.
template <bool FIRST_BARRIER, bool SECOND_BARRIER>
__global__ void __launch_bounds__(64) reverse(const __grid_constant__ Toy toy) {
  __shared__ __align__(16) float tile[64];
  __shared__ double sums[2];
  __shared__ bool last;
  double total = 0;
  for (int round = 0; round < 2; round++) {
    const int first = (2 * blockIdx.x + round) * 64;
    tile[threadIdx.x] = __ldcs(toy.in + first + threadIdx.x);
    if (FIRST_BARRIER) {
      __syncthreads();
    }
    const float x = tile[63 - threadIdx.x];
    if (SECOND_BARRIER) {
      __syncthreads();
    }
    __stcs(toy.out + first + threadIdx.x, x);
    total += x;
  }
  for (int distance = 16; distance > 0; distance /= 2) {
    total += __shfl_xor_sync(~0u, total, distance);
  }
  if (threadIdx.x % 32 == 0) {
    sums[threadIdx.x / 32] = total;
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    toy.sum[1 + blockIdx.x] = sums[0] + sums[1];
    __threadfence();
    last = atomicInc(toy.ticket, gridDim.x - 1) == gridDim.x - 1;
    if (last) {
      toy.sum[0] = 0;
      for (unsigned i = 0; i < gridDim.x; i++) {
        toy.sum[0] += __ldcg(toy.sum + 1 + i);
      }
    }
  }
}

/// Each thread block leaves its number, and the last one to take a ticket adds them up: but it must be left before.
template <bool TICKET_FIRST>
__global__ void add_up(const Toy toy) {
  __shared__ double number;
  number = blockIdx.x;
  __syncwarp();
  const auto leave = [&] { toy.sum[1 + blockIdx.x] = number; };
  if (threadIdx.x == 0) {
    if (!TICKET_FIRST) {
      leave();
    }
    __threadfence();
    const bool last = atomicAdd(toy.ticket, 1u) == gridDim.x - 1;
    __threadfence();
    if (TICKET_FIRST) {
      leave();
    }
    for (unsigned i = 0; last && i < gridDim.x; i++) {
      toy.sum[0] += __ldcg(toy.sum + 1 + i);
    }
  }
}

/// Neighbours swap through shared memory, where a warp needs no more than __syncwarp.
template <bool BARRIER>
__global__ void swap_neighbours(const Toy toy) {
  __shared__ float tile[64];
  tile[threadIdx.x] = toy.in[threadIdx.x];
  if (BARRIER) {
    __syncwarp();
  }
  toy.out[threadIdx.x] = tile[threadIdx.x ^ 1];
}

__global__ void votes(const Toy toy) {
  const int lane = threadIdx.x % 32;
  const bool even = lane % 2 == 0;
  unsigned ballot = __ballot_sync(~0u, even);
  // The two halves of a warp may meet on their own, in different places.
  if (lane < 16) {
    ballot += __any_sync(0xFFFFu, lane == 3) + 10 * __all_sync(0xFFFFu, lane < 15);
  } else {
    ballot += 100 * __all_sync(0xFFFF0000u, lane >= 16);
  }
  const int from_left = __shfl_up_sync(~0u, lane, 1), from_right = __shfl_down_sync(~0u, lane, 1, 8);
  const float third = __shfl_sync(~0u, 1.5f * static_cast<float>(lane), 3);
  toy.out[threadIdx.x] = static_cast<float>(ballot - 0x55555555u) + 0.001f * static_cast<float>(from_left) +
                         1000.0f * static_cast<float>(from_right) + 100000.0f * third;
  const int all = __syncthreads_and(threadIdx.x < 64), some = __syncthreads_or(threadIdx.x == 5);
  const int few = __syncthreads_count(threadIdx.x < 7);
  if (threadIdx.x == 0) {
    toy.sum[0] = all * 100 + some * 10 + few;
  }
}

__global__ void read_shared(const Toy toy) {
  __shared__ float tile[64];
  toy.out[threadIdx.x] = tile[threadIdx.x];
  __syncthreads();
  tile[threadIdx.x] = 1;
}

__global__ void where_am_i(int* out) {
  const int thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
  const int block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
  out[block * blockDim.x * blockDim.y * blockDim.z + thread] = block * 1000 + thread;
}

__global__ void nothing() {}

// Mistakes.

__global__ void misaligned(const Toy toy) { toy.out[0] = __ldcs(reinterpret_cast<const float4*>(toy.in + 1)).x; }

__global__ void store_beyond(const Toy toy) { __stcs(toy.out + toy.n, 1.0f); }

__global__ void plain_store_beyond(const Toy toy) { toy.out[toy.n] = 1; }

__global__ void plain_store_far_beyond(const Toy toy) { toy.out[toy.n + 64] = 1; }

__global__ void load_before(const Toy toy) { toy.out[0] = __ldg(toy.in - 1); }

__global__ void some_warps_wait(const Toy) {
  if (threadIdx.x < 32) {
    __syncthreads();
  } else {
    __syncwarp();
    __syncthreads();
  }
}

__global__ void half_a_warp_waits(const Toy) {
  if (threadIdx.x % 32 < 16) {
    __syncwarp();
  } else {
    __syncthreads();
  }
}

__global__ void lanes_part(const Toy toy) {
  float x = 1;
  if (threadIdx.x % 2 == 0) {
    x = __shfl_xor_sync(~0u, x, 1);
  } else {
    x = __shfl_down_sync(~0u, x, 1);
  }
  toy.out[threadIdx.x] = x;
}

__global__ void leaves_itself_out(const Toy) { __syncwarp(0x1); }

__global__ void lanes_that_have_ended_need_not_come(const Toy toy) {
  if (threadIdx.x >= 20) {
    return;
  }
  __syncwarp();
  __syncthreads();
  toy.out[threadIdx.x] = 7;
}

// ---------------------------------------------------------------------------------------------------------- running

constexpr int N = 256;

/// Memory of a toy kernel, freed at the end.
struct Memory {
  Toy toy{};
  std::vector<float> numbers;

  Memory() {
    float* in = nullptr;
    cudaMalloc(&in, 4 * N);
    cudaMalloc(&toy.out, 4 * N);
    cudaMalloc(&toy.sum, 8 * 16);
    cudaMalloc(&toy.ticket, 4);
    cudaMemset();
    for (int i = 0; i < N; i++) {
      numbers.push_back(static_cast<float>(i * i % 97));
    }
    cudaMemcpy(in, numbers.data(), 4 * N, cudaMemcpyHostToDevice);
    toy.in = in;
    toy.n = N;
  }
  ~Memory() {
    cudaFree(const_cast<float*>(toy.in));
    cudaFree(toy.out);
    cudaFree(toy.sum);
    cudaFree(toy.ticket);
  }

  cudaError_t run(void (*kernel)(const Toy), unsigned blocks, unsigned threads) {
    void* arguments[] = {&toy};
    const cudaError_t error = cudaLaunchKernel(kernel, dim3(blocks), dim3(threads), arguments);
    return error != cudaSuccess ? error : cudaDeviceSynchronize();
  }

  std::vector<float> out() const { return std::vector<float>(toy.out, toy.out + N); }

 private:
  void cudaMemset() {
    const unsigned zero = 0;
    cudaMemcpy(toy.ticket, &zero, 4, cudaMemcpyHostToDevice);
  }
};

const char* const ORDERS[] = {"forward", "reverse", "1", "2", "3"};

template <class Action>
void in_every_order(Action action) {
  for (const char* order : ORDERS) {
    dctloss_emulate("ORDER", order);
    report::step("order %s", order);
    action();
  }
  dctloss_emulate("ORDER", "forward");
}

/// Whether reverse() gives what it should.
template <bool FIRST_BARRIER, bool SECOND_BARRIER>
bool reverses() {
  Memory memory;
  bool right = memory.run(reverse<FIRST_BARRIER, SECOND_BARRIER>, 2, 64) == cudaSuccess && *memory.toy.ticket == 0;
  const std::vector<float> out = memory.out();
  double sum = 0;
  for (int i = 0; i < N; i++) {
    right = right && out[static_cast<size_t>(i)] == memory.numbers[static_cast<size_t>(i / 64 * 64 + 63 - i % 64)];
    sum += memory.numbers[static_cast<size_t>(i)];
  }
  return right && memory.toy.sum[0] == sum;
}

template <bool BARRIER>
bool swaps() {
  Memory memory;
  bool right = memory.run(swap_neighbours<BARRIER>, 1, 64) == cudaSuccess;
  for (size_t i = 0; i < 64; i++) {
    right = right && memory.toy.out[i] == memory.numbers[i ^ 1];
  }
  return right;
}

template <bool TICKET_FIRST>
bool adds_up() {
  Memory memory;
  memory.toy.sum[0] = 0;
  return memory.run(add_up<TICKET_FIRST>, 12, 32) == cudaSuccess && memory.toy.sum[0] == 66;
}

/// The action, in a process of its own, must end it with this sentence, or if there is none by a signal.
void check_fault(const char* name, const char* sentence, const std::function<void()>& action) {
  report::begin("emulator finds %s", name);
  int ends[2];
  if (pipe(ends) != 0) {
    report::fail("no pipe");
  }
  fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    action();
    _exit(0);
  }
  close(ends[1]);
  std::string said;
  char piece[512];
  for (ssize_t length; (length = read(ends[0], piece, sizeof piece)) > 0;) {
    said.append(piece, static_cast<size_t>(length));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(!(WIFEXITED(status) && WEXITSTATUS(status) == 0), "the process went on");
  CHECK(said.find(sentence) != std::string::npos, "it said: %s", said.c_str());
  report::end();
}

void check_faulty_kernel(const char* name, const char* sentence, void (*kernel)(const Toy)) {
  check_fault(name, sentence, [=] {
    Memory memory;
    memory.run(kernel, 1, 64);
  });
}

// ------------------------------------------------------------------------------------------------------------ tests

void barriers() {
  report::begin("barriers");
  in_every_order([] {
    CHECK((reverses<true, true>()), "wrong with all barriers");
    CHECK(swaps<true>(), "wrong with a barrier of the warp");
  });
  report::end();

  report::begin("barriers that are missing");
  int unnoticed[3] = {};
  in_every_order([&] {
    unnoticed[0] += reverses<false, true>();
    unnoticed[1] += reverses<true, false>();
    unnoticed[2] += swaps<false>();
  });
  for (int i = 0; i < 3; i++) {
    CHECK(unnoticed[i] == 0, "kernel %d is right without a barrier in %d of 5 orders", i, unnoticed[i]);
  }
  report::end();

  report::begin("barriers that are taken out by their place");
  emulator::Grid& grid = emulator::Grid::get();
  grid.list_barriers = true;
  CHECK(swaps<true>(), "wrong");
  grid.list_barriers = false;
  CHECK(grid.barriers.size() == 1, "%zu barriers were met", grid.barriers.size());
  if (grid.barriers.size() == 1) {
    grid.drop(*grid.barriers.begin());
    CHECK(!swaps<true>(), "right without its barrier");
    grid.drop("");
    CHECK(swaps<true>(), "wrong with its barrier again");
  }
  report::end();
}

void thread_blocks() {
  report::begin("thread blocks that are under way at the same time");
  int unnoticed = 0;
  in_every_order([&] {
    CHECK(adds_up<false>(), "numbers of thread blocks are not added up");
    unnoticed += adds_up<true>();
  });
  // It takes luck in a random order, none in the other two.
  CHECK(unnoticed <= 2, "a ticket is taken before the number is left, and that is right in %d of 5 orders", unnoticed);
  report::end();
}

void meetings() {
  report::begin("votes, shuffles, and threads that have ended");
  in_every_order([] {
    Memory memory;
    CHECK(memory.run(votes, 1, 64) == cudaSuccess, "not run");
    for (int i = 0; i < 64; i++) {
      const int lane = i % 32;
      const float votes_of_lane = lane < 16 ? 1 : 100;
      const int left = lane == 0 ? 0 : lane - 1, right = lane % 8 == 7 ? lane : lane + 1;
      const float expected = votes_of_lane + 0.001f * static_cast<float>(left) + 1000.0f * static_cast<float>(right) +
                             100000.0f * 4.5f;
      CHECK(memory.toy.out[i] == expected, "thread %d has %g, expected %g", i, memory.toy.out[i], expected);
    }
    CHECK(memory.toy.sum[0] == 117, "the block has %g", memory.toy.sum[0]);
    CHECK(memory.run(lanes_that_have_ended_need_not_come, 1, 64) == cudaSuccess && memory.toy.out[19] == 7, "not 7");
    memory.run(read_shared, 3, 64);
    CHECK(std::isnan(memory.toy.out[0]) && std::isnan(memory.toy.out[63]), "shared memory holds %g before it is set",
          memory.toy.out[0]);
  });
  report::end();

  report::begin("blocks and grids of three dimensions");
  int* out = nullptr;
  cudaMalloc(&out, 4 * 30 * 24);
  in_every_order([&] {
    void* arguments[] = {&out};
    CHECK(cudaLaunchKernel(where_am_i, dim3(2, 3, 5), dim3(4, 3, 2), arguments) == cudaSuccess, "not launched");
    cudaDeviceSynchronize();
    for (int i = 0; i < 30 * 24; i++) {
      CHECK(out[i] == i / 24 * 1000 + i % 24, "thread %d is %d", i, out[i]);
    }
  });
  cudaFree(out);
  report::end();
}

void numbers() {
  report::begin("float16 and bfloat16");
  for (uint32_t i = 0; i < 0x10000; i++) {
    const auto bits = static_cast<unsigned short>(i);
    const float half = __half2float(__ushort_as_half(bits)), bfloat = __bfloat162float(__ushort_as_bfloat16(bits));
    if (std::isnan(half)) {
      CHECK(std::isnan(__half2float(__float2half_rn(half))), "half %04x", i);
    } else {
      CHECK(__half_as_ushort(__float2half_rn(half)) == bits, "half %04x", i);
    }
    if (std::isnan(bfloat)) {
      CHECK(std::isnan(__bfloat162float(__float2bfloat16_rn(bfloat))), "bfloat %04x", i);
    } else {
      CHECK(__bfloat16_as_ushort(__float2bfloat16_rn(bfloat)) == bits, "bfloat %04x", i);
    }
    // Halfway to the next number goes to the even one, and a little more or less to the nearer.
    const float next = __half2float(__ushort_as_half(static_cast<unsigned short>(i + 1)));
    if ((i & 0x7FFF) < 0x7BFF) {
      const float middle = half + (next - half) / 2;
      const unsigned even = i % 2 == 0 ? i : i + 1;
      CHECK(__half_as_ushort(__float2half_rn(middle)) == even, "half between %04x and the next", i);
      CHECK(__half_as_ushort(__float2half_rn(std::nextafter(middle, next))) == i + 1, "half above %04x", i);
      CHECK(__half_as_ushort(__float2half_rn(std::nextafter(middle, half))) == i, "half below %04x", i);
    }
    if ((i & 0x7FFF) < 0x7F7F) {
      const float middle = __uint_as_float(i << 16 | 0x8000);
      CHECK(__bfloat16_as_ushort(__float2bfloat16_rn(middle)) == (i % 2 == 0 ? i : i + 1), "bfloat after %04x", i);
      CHECK(__bfloat16_as_ushort(__float2bfloat16_rn(__uint_as_float(i << 16 | 0x8001))) == i + 1, "above %04x", i);
    }
  }
  CHECK(__half2float(__ushort_as_half(0x3C00)) == 1 && __half2float(__ushort_as_half(0xC248)) == -3.140625f, "half");
  CHECK(__half2float(__ushort_as_half(0x0001)) == 0x1p-24f && __half2float(__ushort_as_half(0x7BFF)) == 65504, "half");
  CHECK(std::isinf(__half2float(__float2half_rn(65520))) && __half2float(__float2half_rn(65519)) == 65504, "half");
  CHECK(__bfloat162float(__ushort_as_bfloat16(0x4049)) == 3.140625f, "bfloat");
  CHECK(std::isinf(__bfloat162float(__float2bfloat16_rn(3.4e38f))), "bfloat");
  const __half2 halves = __floats2half2_rn(1, -2);
  CHECK(sizeof halves == 4 && __half22float2(halves).y == -2, "a pair of halves");
  report::end();

  report::begin("rough and exact functions");
  bool off = false;
  for (float x = 1e-30f; x < 1e30f; x *= 1.37f) {
    const double exact = 1 / std::sqrt(static_cast<double>(x));
    CHECK(std::fabs(rsqrtf(x) - exact) <= exact * 0x1p-22, "rsqrtf(%g)", x);
    CHECK(__frsqrt_rn(x) == static_cast<float>(exact), "__frsqrt_rn(%g)", x);
    CHECK(std::fabs(__fdividef(3, x) - 3.0 / x) <= 3.0 / x * 0x1p-21, "__fdividef(3, %g)", x);
    off = off || rsqrtf(x) != static_cast<float>(exact);
  }
  CHECK(off, "rsqrtf is exact, which hardware's is not");
  CHECK(__umulhi(0xFFFFFFFFu, 0xFFFFFFFFu) == 0xFFFFFFFEu && __clz(1) == 31 && __ffs(8) == 4, "integers");
  CHECK(min(1, 2u) == 1 && max(NAN, 1.0f) == 1 && min(1.0f, NAN) == 1, "min and max");
  report::end();
}

void machine() {
  report::begin("memory of a device");
  dctloss_emulate("MEMORY", "10000");
  char *a = nullptr, *b = nullptr;
  size_t free = 0, total = 0;
  CHECK(cudaMalloc(&a, 6000) == cudaSuccess, "6000 of 10000 bytes");
  CHECK(cudaMalloc(&b, 6000) == cudaErrorMemoryAllocation && b == nullptr, "6000 more");
  CHECK(cudaGetLastError() == cudaErrorMemoryAllocation && cudaGetLastError() == cudaSuccess, "the last error");
  CHECK(cudaMemGetInfo(&free, &total) == cudaSuccess && free == 4000 && total == 10000, "%zu of %zu", free, total);
  CHECK(reinterpret_cast<uintptr_t>(a) % 256 == 0, "%p", static_cast<void*>(a));
  CHECK(cudaMemcpy(a + 1, a, 6000, cudaMemcpyDefault) == cudaErrorInvalidValue, "a copy beyond the end");
  CHECK(cudaFree(a) == cudaSuccess && cudaFree(a) == cudaErrorInvalidValue && cudaFree(nullptr) == cudaSuccess, "free");
  CHECK(cudaMalloc(&b, 6000) == cudaSuccess && cudaFree(b) == cudaSuccess, "again");
  dctloss_emulate("MEMORY", "1073741824");
  cudaGetLastError();
  report::end();

  report::begin("machines without a device or a driver, and failures");
  int count = -1, version = -1;
  dctloss_emulate("DEVICES", "0");
  CHECK(cudaGetDeviceCount(&count) == cudaErrorNoDevice && count == 0, "no device");
  dctloss_emulate("DEVICES", "2");
  CHECK(cudaGetDeviceCount(&count) == cudaSuccess && count == 2, "two devices");
  CHECK(cudaSetDevice(2) == cudaErrorInvalidDevice && cudaSetDevice(1) == cudaSuccess, "a third");
  CHECK(cudaSetDevice(0) == cudaSuccess, "the first");
  dctloss_emulate("DEVICES", "1");
  dctloss_emulate("DRIVER", "0");
  CHECK(cudaGetDeviceCount(&count) == cudaErrorInsufficientDriver && count == 0, "no driver");
  CHECK(cudaDriverGetVersion(&version) == cudaSuccess && version == 0, "its version");
  dctloss_emulate("DRIVER", "13000");
  dctloss_emulate("FAIL", "cudaMalloc=2@2,cudaStreamSynchronize=700@1");
  void* memory[3] = {};
  CHECK(cudaMalloc(&memory[0], 1) == cudaSuccess && cudaMalloc(&memory[1], 1) == cudaErrorMemoryAllocation &&
            cudaMalloc(&memory[2], 1) == cudaSuccess,
        "the second call fails");
  CHECK(cudaStreamSynchronize(nullptr) == cudaErrorIllegalAddress, "the first call fails");
  CHECK(cudaFree(memory[0]) == cudaErrorIllegalAddress && cudaGetLastError() == cudaErrorIllegalAddress, "and stays");
  CHECK(cudaGetLastError() == cudaErrorIllegalAddress, "for good");
  dctloss_emulate("FAIL", "");
  CHECK(cudaFree(memory[0]) == cudaSuccess && cudaFree(memory[2]) == cudaSuccess, "healed");
  CHECK(strcmp(cudaGetErrorName(cudaErrorIllegalAddress), "cudaErrorIllegalAddress") == 0, "a name");
  CHECK(strcmp(cudaGetErrorString(cudaErrorMemoryAllocation), "out of memory") == 0, "a text");
  CHECK(strcmp(cudaGetErrorName(static_cast<cudaError_t>(12345)), "unrecognized error code") == 0, "no name");
  cudaGetLastError();
  void* no_arguments[] = {nullptr};
  CHECK(cudaLaunchKernel(nothing, dim3(1), dim3(1025), no_arguments) == cudaErrorInvalidConfiguration, "1025 threads");
  CHECK(cudaLaunchKernel(nothing, dim3(0), dim3(32), no_arguments) == cudaErrorInvalidConfiguration, "no blocks");
  cudaGetLastError();
  report::end();
}

void streams() {
  report::begin("streams, events and graphs");
  cudaStream_t one = nullptr, other = nullptr;
  cudaEvent_t event = nullptr, later = nullptr;
  cudaStreamCreateWithFlags(&one, cudaStreamNonBlocking);
  cudaStreamCreateWithFlags(&other, cudaStreamNonBlocking);
  cudaEventCreate(&event);
  cudaEventCreate(&later);
  char *pinned = nullptr, *memory = nullptr;
  cudaMallocHost(&pinned, 4);
  cudaMalloc(&memory, 4);
  auto in_memory = [&] { return memory[0]; };  // a look that waits for nothing

  cudaMemsetAsync(memory, 1, 4, one);
  CHECK(in_memory() != 1 && cudaStreamQuery(one) == cudaErrorNotReady, "work is done before anybody waits");
  CHECK(cudaStreamSynchronize(other) == cudaSuccess && in_memory() != 1, "another stream waits for it");
  CHECK(cudaStreamSynchronize(one) == cudaSuccess && in_memory() == 1, "not done");
  CHECK(cudaStreamQuery(one) == cudaSuccess, "not done");

  cudaMemsetAsync(memory, 2, 4, one);
  cudaEventRecord(event, one);
  cudaMemsetAsync(memory, 3, 4, one);
  CHECK(cudaEventQuery(event) == cudaErrorNotReady, "the event has happened");
  cudaStreamWaitEvent(other, event);
  cudaMemcpyAsync(pinned, memory, 4, cudaMemcpyDefault, other);
  cudaStreamSynchronize(other);
  CHECK(pinned[0] == 2 && in_memory() == 2, "the other stream saw %d", pinned[0]);
  cudaEventRecord(later, one);
  float milliseconds = -1;
  CHECK(cudaEventElapsedTime(&milliseconds, event, later) != cudaSuccess, "an event that has not happened");
  CHECK(cudaEventSynchronize(later) == cudaSuccess && in_memory() == 3, "the event is not waited for");
  CHECK(cudaEventElapsedTime(&milliseconds, event, later) == cudaSuccess && milliseconds >= 0, "%g ms", milliseconds);
  char pageable[4];
  cudaMemsetAsync(memory, 4, 4, one);
  cudaMemcpyAsync(pageable, memory, 4, cudaMemcpyDefault, one);
  CHECK(pageable[0] == 4, "pageable memory is written when the copy returns");

  pinned[0] = 5;
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t executable = nullptr;
  size_t nodes = 0;
  void* more = nullptr;
  CHECK(cudaStreamBeginCapture(one, cudaStreamCaptureModeThreadLocal) == cudaSuccess, "not begun");
  cudaMemcpyAsync(memory, pinned, 1, cudaMemcpyDefault, one);
  void* no_arguments[] = {nullptr};
  cudaLaunchKernel(nothing, dim3(1), dim3(32), no_arguments, 0, one);
  CHECK(cudaStreamEndCapture(one, &graph) == cudaSuccess, "not ended");
  cudaStreamSynchronize(one);
  CHECK(in_memory() == 4, "captured work is done");
  CHECK(cudaGraphGetNodes(graph, nullptr, &nodes) == cudaSuccess && nodes == 2, "%zu nodes", nodes);
  std::vector<cudaGraphNode_t> all(nodes);
  cudaGraphNodeType type = cudaGraphNodeTypeMemcpy;
  cudaGraphGetNodes(graph, all.data(), &nodes);
  CHECK(cudaGraphNodeGetType(all[1], &type) == cudaSuccess && type == cudaGraphNodeTypeKernel, "no kernel");
  CHECK(cudaGraphInstantiate(&executable, graph) == cudaSuccess && cudaGraphDestroy(graph) == cudaSuccess, "no graph");
  for (char value : {6, 7}) {
    pinned[0] = value;
    CHECK(cudaGraphLaunch(executable, one) == cudaSuccess && cudaStreamSynchronize(one) == cudaSuccess, "not launched");
    CHECK(in_memory() == value, "replayed with %d it gives %d", value, in_memory());
  }
  CHECK(cudaGraphExecDestroy(executable) == cudaSuccess && cudaGraphExecDestroy(executable) != cudaSuccess, "destroy");

  cudaStreamBeginCapture(one, cudaStreamCaptureModeThreadLocal);
  CHECK(cudaMalloc(&more, 4) == cudaErrorStreamCaptureUnsupported, "memory is allocated while a stream is captured");
  CHECK(cudaStreamEndCapture(one, &graph) == cudaErrorStreamCaptureInvalidated, "and the capture goes on");
  cudaStreamBeginCapture(one, cudaStreamCaptureModeThreadLocal);
  CHECK(cudaStreamSynchronize(one) == cudaErrorStreamCaptureUnsupported, "a captured stream is waited for");
  cudaStreamEndCapture(one, &graph);
  cudaStreamCaptureMode mode = cudaStreamCaptureModeRelaxed;
  cudaStreamBeginCapture(one, cudaStreamCaptureModeGlobal);
  CHECK(cudaThreadExchangeStreamCaptureMode(&mode) == cudaSuccess && mode == cudaStreamCaptureModeGlobal, "%d", mode);
  CHECK(cudaMalloc(&more, 4) == cudaSuccess && cudaFree(more) == cudaSuccess, "a thread that may is not let");
  CHECK(cudaThreadExchangeStreamCaptureMode(&mode) == cudaSuccess && mode == cudaStreamCaptureModeRelaxed, "%d", mode);
  CHECK(cudaStreamEndCapture(one, &graph) == cudaSuccess && cudaGraphDestroy(graph) == cudaSuccess, "it is spoiled");

  cudaFree(memory);
  cudaFreeHost(pinned);
  cudaEventDestroy(event);
  cudaEventDestroy(later);
  CHECK(cudaStreamDestroy(one) == cudaSuccess && cudaStreamDestroy(one) == cudaErrorInvalidResourceHandle, "destroyed");
  CHECK(cudaStreamSynchronize(one) == cudaErrorInvalidResourceHandle, "a stream that is no more");
  cudaStreamDestroy(other);
  cudaGetLastError();
  report::end();
}

void faults() {
  check_faulty_kernel("a misaligned load", "misaligned: __ldcs of 16 bytes", misaligned);
  check_faulty_kernel("a store out of bounds", "out of bounds: __stcs of 4 bytes", store_beyond);
  check_faulty_kernel("a load out of bounds", "out of bounds: __ldg of 4 bytes", load_before);
  check_faulty_kernel("a plain store just out of bounds, when the memory is freed",
#if defined(__SANITIZE_ADDRESS__)
                      "AddressSanitizer",
#else
                      "",
#endif
                      plain_store_far_beyond);
  check_fault("a plain store into the padding, when the memory is freed",
#if defined(__SANITIZE_ADDRESS__)
              "AddressSanitizer",
#else
              "device memory was written to 0 bytes behind its 1020 bytes",
#endif
              [] {
                float* odd = nullptr;
                cudaMalloc(&odd, 1020);
                Toy toy{nullptr, odd, nullptr, nullptr, 255};
                void* arguments[] = {&toy};
                cudaLaunchKernel(plain_store_beyond, dim3(1), dim3(1), arguments);
                cudaFree(odd);
              });
  check_fault("memory that is freed", "freed: __ldcs", [] {
    Memory memory;
    cudaFree(const_cast<float*>(memory.toy.in));
    memory.run(reverse<true, true>, 2, 64);
  });
  check_fault("memory of another device", "at memory of device 1 by a kernel on device 0", [] {
    dctloss_emulate("DEVICES", "2");
    Memory memory;
    cudaSetDevice(1);
    float* in = nullptr;
    cudaMalloc(&in, 4 * N);
    memory.toy.in = in;
    cudaSetDevice(0);
    memory.run(reverse<true, true>, 2, 64);
  });
  check_faulty_kernel("barriers at two places", "divergent barrier", some_warps_wait);
  check_faulty_kernel("a deadlock", "deadlock: thread 0 waits in __syncwarp", half_a_warp_waits);
  check_faulty_kernel("lanes that part", "divergent barrier", lanes_part);
  check_faulty_kernel("a mask without the caller", "leaves out the calling lane", leaves_itself_out);
}

}  // namespace

int main() {
  barriers();
  thread_blocks();
  meetings();
  numbers();
  machine();
  streams();
  faults();
  printf("%d passed, %d failed\n", report::passed, report::failed);
  return report::failed == 0 && report::passed > 0 ? 0 : 1;
}

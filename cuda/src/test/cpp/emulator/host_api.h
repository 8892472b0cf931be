// The part of CUDA's runtime that a host needs, on the emulated machine.
#pragma once

#include <chrono>
#include <cstring>
#include <mutex>
#include <tuple>
#include <utility>

#include "machine.h"
#include "vector_types.h"

#define CUDART_VERSION 13000

using cudaStream_t = CUstream_st*;
using cudaEvent_t = CUevent_st*;
using cudaGraph_t = CUgraph_st*;
using cudaGraphExec_t = CUgraphExec_st*;
using cudaGraphNode_t = CUgraphNode_st*;

// ---------------------------------------------------------------------------------------------------------- errors

#define EMULATED_ERRORS(E)                                                                            \
  E(cudaSuccess, 0, "no error")                                                                       \
  E(cudaErrorInvalidValue, 1, "invalid argument")                                                     \
  E(cudaErrorMemoryAllocation, 2, "out of memory")                                                    \
  E(cudaErrorInitializationError, 3, "initialization error")                                          \
  E(cudaErrorCudartUnloading, 4, "driver shutting down")                                              \
  E(cudaErrorInvalidConfiguration, 9, "invalid configuration argument")                               \
  E(cudaErrorInsufficientDriver, 35, "CUDA driver version is insufficient for CUDA runtime version")  \
  E(cudaErrorDevicesUnavailable, 46, "CUDA-capable device(s) is/are busy or unavailable")             \
  E(cudaErrorInvalidDeviceFunction, 98, "invalid device function")                                    \
  E(cudaErrorNoDevice, 100, "no CUDA-capable device is detected")                                     \
  E(cudaErrorInvalidDevice, 101, "invalid device ordinal")                                            \
  E(cudaErrorNoKernelImageForDevice, 209, "no kernel image is available for execution on the device") \
  E(cudaErrorECCUncorrectable, 214, "uncorrectable ECC error encountered")                            \
  E(cudaErrorUnsupportedPtxVersion, 222, "the provided PTX was compiled with an unsupported toolchain.") \
  E(cudaErrorInvalidResourceHandle, 400, "invalid resource handle")                                   \
  E(cudaErrorNotReady, 600, "device not ready")                                                       \
  E(cudaErrorIllegalAddress, 700, "an illegal memory access was encountered")                         \
  E(cudaErrorLaunchOutOfResources, 701, "too many resources requested for launch")                    \
  E(cudaErrorLaunchTimeout, 702, "the launch timed out and was terminated")                           \
  E(cudaErrorAssert, 710, "device-side assert triggered")                                             \
  E(cudaErrorHardwareStackError, 714, "hardware stack error")                                         \
  E(cudaErrorIllegalInstruction, 715, "an illegal instruction was encountered")                       \
  E(cudaErrorMisalignedAddress, 716, "misaligned address")                                            \
  E(cudaErrorLaunchFailure, 719, "unspecified launch failure")                                        \
  E(cudaErrorNotPermitted, 800, "operation not permitted")                                            \
  E(cudaErrorNotSupported, 801, "operation not supported")                                            \
  E(cudaErrorSystemDriverMismatch, 803, "system has unsupported display driver / cuda driver combination") \
  E(cudaErrorStreamCaptureUnsupported, 900, "operation not permitted when stream is capturing")       \
  E(cudaErrorStreamCaptureInvalidated, 901, "operation failed due to a previous error during capture") \
  E(cudaErrorStreamCaptureWrongThread, 908,                                                           \
    "attempt to terminate a thread-local capture sequence from another thread")                       \
  E(cudaErrorUnknown, 999, "unknown error")

#define EMULATED_ERROR(NAME, CODE, TEXT) NAME = CODE,
enum cudaError { EMULATED_ERRORS(EMULATED_ERROR) };
#undef EMULATED_ERROR
using cudaError_t = cudaError;

inline const char* cudaGetErrorName(cudaError_t error) {
  switch (error) {
#define EMULATED_ERROR(NAME, CODE, TEXT) \
  case NAME: return #NAME;
    EMULATED_ERRORS(EMULATED_ERROR)
#undef EMULATED_ERROR
  }
  return "unrecognized error code";
}
inline const char* cudaGetErrorString(cudaError_t error) {
  switch (error) {
#define EMULATED_ERROR(NAME, CODE, TEXT) \
  case NAME: return TEXT;
    EMULATED_ERRORS(EMULATED_ERROR)
#undef EMULATED_ERROR
  }
  return "unrecognized error code";
}
#undef EMULATED_ERRORS

namespace emulator {

/// Whether a call may be made while a stream is captured by this thread, or by any with the strictest mode.
enum class Capture { PERMITS, FORBIDS };

/// Every call of the runtime: refuses it where the machine or DCTLOSS_EMULATED_FAIL says so, and remembers errors.
template <class Body>
cudaError_t call(const char* name, Capture capture, Body body) {
  Machine& machine = Machine::get();
  std::lock_guard<std::recursive_mutex> held(machine.lock);
  auto outcome = [&] {
    const int failure = machine.failure_of(name);
    if (failure != 0) {
      return static_cast<cudaError_t>(failure);
    }
    if (machine.driver / 1000 < RUNTIME / 1000) {
      return cudaErrorInsufficientDriver;
    }
    if (machine.devices == 0) {
      return cudaErrorNoDevice;
    }
    for (CUstream_st* s : machine.streams) {
      if (capture == Capture::FORBIDS && s->graph != nullptr && machine.capture_forbids(*s)) {
        s->invalid = true;
        return cudaErrorStreamCaptureUnsupported;
      }
    }
    return body(machine);
  };
  const cudaError_t error = outcome();
  if (error != cudaSuccess && error != cudaErrorNotReady) {
    machine.last_error[std::this_thread::get_id()] = error;
  }
  return error;
}

/// A call that queues work on a stream, or records it.
template <class Work>
cudaError_t enqueue(Machine& machine, cudaStream_t named, int node_type, Work work) {
  CUstream_st* stream = machine.stream(named);
  if (stream == nullptr || stream->device != machine.device()) {
    return cudaErrorInvalidResourceHandle;
  }
  if (stream->graph != nullptr) {
    if (stream->invalid) {
      return cudaErrorStreamCaptureInvalidated;
    }
    stream->graph->nodes.push_back(std::make_unique<CUgraphNode_st>(CUgraphNode_st{node_type, work}));
    return cudaSuccess;
  }
  machine.queue(*stream, work);
  return cudaSuccess;
}

inline double now() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace emulator

inline cudaError_t cudaPeekAtLastError() {
  emulator::Machine& machine = emulator::Machine::get();
  std::lock_guard<std::recursive_mutex> held(machine.lock);
  return static_cast<cudaError_t>(machine.spoiled != 0 ? machine.spoiled
                                                       : machine.last_error[std::this_thread::get_id()]);
}
inline cudaError_t cudaGetLastError() {
  const cudaError_t error = cudaPeekAtLastError();
  emulator::Machine& machine = emulator::Machine::get();
  std::lock_guard<std::recursive_mutex> held(machine.lock);
  machine.last_error[std::this_thread::get_id()] = 0;
  return error;
}

// --------------------------------------------------------------------------------------------------------- devices

struct cudaDeviceProp {
  char name[256];
  size_t totalGlobalMem, sharedMemPerBlock, sharedMemPerMultiprocessor;
  int major, minor, multiProcessorCount, warpSize, maxThreadsPerBlock, regsPerBlock, l2CacheSize, unifiedAddressing;
};

enum cudaDeviceAttr {
  cudaDevAttrMaxThreadsPerBlock = 1,
  cudaDevAttrMaxSharedMemoryPerBlock = 8,
  cudaDevAttrWarpSize = 10,
  cudaDevAttrMultiProcessorCount = 16,
  cudaDevAttrL2CacheSize = 38,
  cudaDevAttrUnifiedAddressing = 41,
  cudaDevAttrComputeCapabilityMajor = 75,
  cudaDevAttrComputeCapabilityMinor = 76,
};

/// These two answer without a driver, too: 0 is none.
inline cudaError_t cudaDriverGetVersion(int* version) {
  emulator::Machine& machine = emulator::Machine::get();
  std::lock_guard<std::recursive_mutex> held(machine.lock);
  const int failure = machine.failure_of(__func__);
  *version = machine.driver;
  return static_cast<cudaError_t>(failure);
}
inline cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = emulator::RUNTIME;
  return cudaSuccess;
}

inline cudaError_t cudaGetDeviceCount(int* count) {
  *count = 0;
  return emulator::call(__func__, emulator::Capture::PERMITS, [&](emulator::Machine& machine) {
    *count = machine.devices;
    return cudaSuccess;
  });
}
inline cudaError_t cudaGetDevice(int* device) {
  return emulator::call(__func__, emulator::Capture::PERMITS, [&](emulator::Machine& machine) {
    *device = machine.current_device[std::this_thread::get_id()];
    return cudaSuccess;
  });
}
inline cudaError_t cudaSetDevice(int device) {
  return emulator::call(__func__, emulator::Capture::PERMITS, [&](emulator::Machine& machine) {
    if (device < 0 || device >= machine.devices) {
      return cudaErrorInvalidDevice;
    }
    machine.current_device[std::this_thread::get_id()] = device;
    machine.device();
    return cudaSuccess;
  });
}
inline cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  return emulator::call(__func__, emulator::Capture::PERMITS, [&](emulator::Machine& machine) {
    if (device < 0 || device >= machine.devices) {
      return cudaErrorInvalidDevice;
    }
    *properties = {};
    snprintf(properties->name, sizeof properties->name, "emulated device %d", device);
    properties->totalGlobalMem = machine.memory;
    properties->sharedMemPerBlock = properties->sharedMemPerMultiprocessor = 48 << 10;
    properties->major = machine.capability / 10;
    properties->minor = machine.capability % 10;
    properties->multiProcessorCount = 4;
    properties->warpSize = 32;
    properties->maxThreadsPerBlock = 1024;
    properties->regsPerBlock = 65536;
    properties->l2CacheSize = 1 << 20;
    properties->unifiedAddressing = 1;
    return cudaSuccess;
  });
}
inline cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
  cudaDeviceProp properties;
  const cudaError_t error = cudaGetDeviceProperties(&properties, device);
  if (error != cudaSuccess) {
    return error;
  }
  return emulator::call(__func__, emulator::Capture::PERMITS, [&](emulator::Machine&) {
    switch (attribute) {
      case cudaDevAttrMaxThreadsPerBlock: *value = properties.maxThreadsPerBlock; break;
      case cudaDevAttrMaxSharedMemoryPerBlock: *value = static_cast<int>(properties.sharedMemPerBlock); break;
      case cudaDevAttrWarpSize: *value = properties.warpSize; break;
      case cudaDevAttrMultiProcessorCount: *value = properties.multiProcessorCount; break;
      case cudaDevAttrL2CacheSize: *value = properties.l2CacheSize; break;
      case cudaDevAttrUnifiedAddressing: *value = properties.unifiedAddressing; break;
      case cudaDevAttrComputeCapabilityMajor: *value = properties.major; break;
      case cudaDevAttrComputeCapabilityMinor: *value = properties.minor; break;
      default: return cudaErrorInvalidValue;
    }
    return cudaSuccess;
  });
}
enum cudaDriverEntryPointQueryResult {
  cudaDriverEntryPointSuccess,
  cudaDriverEntryPointSymbolNotFound,
  cudaDriverEntryPointVersionNotSufficent,
};
constexpr unsigned long long cudaEnableDefault = 0;

namespace emulator {

/// cuCtxGetCurrent of the driver.
inline int current_context(void** context) {
  Machine& machine = Machine::get();
  std::lock_guard<std::recursive_mutex> held(machine.lock);
  *context = machine.with_context.count(std::this_thread::get_id()) != 0 ? &machine : nullptr;
  return 0;
}

}  // namespace emulator

inline cudaError_t cudaGetDriverEntryPointByVersion(const char* symbol, void** function, unsigned, unsigned long long,
                                                    cudaDriverEntryPointQueryResult* result) {
  return emulator::call(__func__, emulator::Capture::PERMITS, [&](emulator::Machine&) {
    const bool known = strcmp(symbol, "cuCtxGetCurrent") == 0;
    *function = known ? reinterpret_cast<void*>(emulator::current_context) : nullptr;
    *result = known ? cudaDriverEntryPointSuccess : cudaDriverEntryPointSymbolNotFound;
    return cudaSuccess;
  });
}
inline cudaError_t cudaDeviceSynchronize() {
  return emulator::call(__func__, emulator::Capture::FORBIDS, [](emulator::Machine& machine) {
    machine.run_all();
    return cudaSuccess;
  });
}

// ---------------------------------------------------------------------------------------------------------- memory

inline cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  return emulator::call(__func__, emulator::Capture::PERMITS, [&](emulator::Machine& machine) {
    *total = machine.memory;
    *free = machine.memory - machine.used[machine.device()];
    return cudaSuccess;
  });
}

template <class T>
cudaError_t cudaMalloc(T** address, size_t bytes) {
  return emulator::call(__func__, emulator::Capture::FORBIDS, [&](emulator::Machine& machine) {
    *address = nullptr;
    size_t& used = machine.used[machine.device()];
    if (bytes > machine.memory - used) {
      return cudaErrorMemoryAllocation;
    }
    if (bytes > 0) {
      *address = reinterpret_cast<T*>(
          emulator::DeviceMemory::get().allocate(bytes, "device memory", machine.device()));
      if (*address == nullptr) {
        return cudaErrorMemoryAllocation;
      }
      used += bytes;
    }
    return cudaSuccess;
  });
}
inline cudaError_t cudaFree(void* address) {
  return emulator::call(__func__, emulator::Capture::FORBIDS, [&](emulator::Machine& machine) {
    emulator::Region* region = emulator::DeviceMemory::get().at(address);
    if (address == nullptr) {
      return cudaSuccess;
    }
    if (region == nullptr || region->mapping == nullptr || region->device == emulator::ANY_DEVICE) {
      return cudaErrorInvalidValue;
    }
    machine.run_all();
    machine.used[region->device] -= region->bytes;
    emulator::DeviceMemory::get().free(address, *region);
    return cudaSuccess;
  });
}
template <class T>
cudaError_t cudaHostAlloc(T** address, size_t bytes, unsigned) {
  return emulator::call(__func__, emulator::Capture::FORBIDS, [&](emulator::Machine&) {
    *address = nullptr;
    if (bytes > 0) {
      *address = reinterpret_cast<T*>(
          emulator::DeviceMemory::get().allocate(bytes, "pinned host memory", emulator::ANY_DEVICE));
    }
    return bytes > 0 && *address == nullptr ? cudaErrorMemoryAllocation : cudaSuccess;
  });
}
constexpr unsigned cudaHostAllocDefault = 0, cudaHostAllocPortable = 1, cudaHostAllocMapped = 2;
template <class T>
cudaError_t cudaMallocHost(T** address, size_t bytes, unsigned flags = cudaHostAllocDefault) {
  return cudaHostAlloc(address, bytes, flags);
}
inline cudaError_t cudaFreeHost(void* address) {
  return emulator::call(__func__, emulator::Capture::FORBIDS, [&](emulator::Machine& machine) {
    emulator::Region* region = emulator::DeviceMemory::get().at(address);
    if (address == nullptr) {
      return cudaSuccess;
    }
    if (region == nullptr || region->mapping == nullptr || region->device != emulator::ANY_DEVICE) {
      return cudaErrorInvalidValue;
    }
    machine.run_all();
    emulator::DeviceMemory::get().free(address, *region);
    return cudaSuccess;
  });
}

enum cudaMemcpyKind {
  cudaMemcpyHostToHost,
  cudaMemcpyHostToDevice,
  cudaMemcpyDeviceToHost,
  cudaMemcpyDeviceToDevice,
  cudaMemcpyDefault,
};

namespace emulator {

/// What an address is, and whether `bytes` from it on lie inside of it. Host memory that is not pinned is any address.
enum class Where { DEVICE, PINNED, PAGEABLE, INVALID };

inline Where where(const void* address, size_t bytes) {
  uintptr_t offset = 0;
  const Region* region = DeviceMemory::get().find(address, &offset);
  if (region == nullptr) {
    return address == nullptr && bytes > 0 ? Where::INVALID : Where::PAGEABLE;
  }
  if (region->freed || offset + bytes > region->bytes) {
    return Where::INVALID;
  }
  return region->device == ANY_DEVICE ? Where::PINNED : Where::DEVICE;
}

constexpr int KERNEL_NODE = 0, COPY_NODE = 1, FILL_NODE = 2;

}  // namespace emulator

enum cudaMemoryType {
  cudaMemoryTypeUnregistered,
  cudaMemoryTypeHost,
  cudaMemoryTypeDevice,
  cudaMemoryTypeManaged,
};
struct cudaPointerAttributes {
  cudaMemoryType type;
  int device;
  void *devicePointer, *hostPointer;
};
inline cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* address) {
  return emulator::call(__func__, emulator::Capture::PERMITS, [&](emulator::Machine& machine) {
    uintptr_t offset = 0;
    const emulator::Region* region = emulator::DeviceMemory::get().find(address, &offset);
    void* const there = const_cast<void*>(address);
    if (region == nullptr || region->freed) {
      *attributes = {cudaMemoryTypeUnregistered, -2, nullptr, there};
    } else if (region->device == emulator::ANY_DEVICE) {
      *attributes = {cudaMemoryTypeHost, machine.device(), there, there};
    } else {
      *attributes = {cudaMemoryTypeDevice, region->device, there, nullptr};
    }
    return cudaSuccess;
  });
}

inline cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind,
                                   cudaStream_t stream = nullptr) {
  return emulator::call(__func__, emulator::Capture::PERMITS, [&](emulator::Machine& machine) {
    using emulator::Where;
    const Where target = emulator::where(to, bytes), source = emulator::where(from, bytes);
    const bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
    const bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
    if (target == Where::INVALID || source == Where::INVALID ||
        (kind != cudaMemcpyDefault &&
         (to_device != (target == Where::DEVICE) || from_device != (source == Where::DEVICE)))) {
      return cudaErrorInvalidValue;
    }
    const cudaError_t error =
        emulator::enqueue(machine, stream, emulator::COPY_NODE, [=] { memmove(to, from, bytes); });
    CUstream_st* queued = machine.stream(stream);
    // Pageable memory is read, or written, before the call returns.
    if (error == cudaSuccess && queued->graph == nullptr &&
        (target == Where::PAGEABLE || source == Where::PAGEABLE)) {
      machine.run(*queued);
    }
    return error;
  });
}
inline cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  const cudaError_t error = emulator::call(__func__, emulator::Capture::FORBIDS,
                                           [](emulator::Machine&) { return cudaSuccess; });
  if (error != cudaSuccess) {
    return error;
  }
  const cudaError_t queued = cudaMemcpyAsync(to, from, bytes, kind, nullptr);
  return queued != cudaSuccess ? queued : emulator::call(__func__, emulator::Capture::FORBIDS, [](auto& machine) {
    machine.run(*machine.stream(nullptr));
    return cudaSuccess;
  });
}
inline cudaError_t cudaMemsetAsync(void* address, int value, size_t bytes, cudaStream_t stream = nullptr) {
  return emulator::call(__func__, emulator::Capture::PERMITS, [&](emulator::Machine& machine) {
    const emulator::Where target = emulator::where(address, bytes);
    if (target != emulator::Where::DEVICE && target != emulator::Where::PINNED) {
      return cudaErrorInvalidValue;
    }
    return emulator::enqueue(machine, stream, emulator::FILL_NODE, [=] { memset(address, value, bytes); });
  });
}

// --------------------------------------------------------------------------------------------- streams and events

constexpr unsigned cudaStreamDefault = 0, cudaStreamNonBlocking = 1;

inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
  return emulator::call(__func__, emulator::Capture::PERMITS, [&](emulator::Machine& machine) {
    *stream = new CUstream_st;
    (*stream)->device = machine.device();
    (*stream)->blocking = flags != cudaStreamNonBlocking;
    machine.streams.insert(*stream);
    return cudaSuccess;
  });
}
inline cudaError_t cudaStreamCreate(cudaStream_t* stream) {
  return cudaStreamCreateWithFlags(stream, cudaStreamDefault);
}
inline cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  return emulator::call(__func__, emulator::Capture::PERMITS, [&](emulator::Machine& machine) {
    if (machine.streams.count(stream) == 0) {
      return cudaErrorInvalidResourceHandle;
    }
    machine.run(*stream);
    for (CUevent_st* event : machine.events) {
      if (event->stream == stream) {
        event->stream = nullptr;
      }
    }
    machine.streams.erase(stream);
    delete stream->graph;
    delete stream;
    return cudaSuccess;
  });
}
inline cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  return emulator::call(__func__, emulator::Capture::FORBIDS, [&](emulator::Machine& machine) {
    CUstream_st* waited = machine.stream(stream);
    if (waited == nullptr) {
      return cudaErrorInvalidResourceHandle;
    }
    machine.run(*waited);
    return cudaSuccess;
  });
}
inline cudaError_t cudaStreamQuery(cudaStream_t stream) {
  return emulator::call(__func__, emulator::Capture::FORBIDS, [&](emulator::Machine& machine) {
    CUstream_st* asked = machine.stream(stream);
    return asked == nullptr               ? cudaErrorInvalidResourceHandle
           : asked->done == asked->queued ? cudaSuccess
                                          : cudaErrorNotReady;
  });
}

constexpr unsigned cudaEventDefault = 0, cudaEventBlockingSync = 1, cudaEventDisableTiming = 2;

inline cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
  return emulator::call(__func__, emulator::Capture::PERMITS, [&](emulator::Machine& machine) {
    *event = new CUevent_st;
    (*event)->device = machine.device();
    (*event)->timed = (flags & cudaEventDisableTiming) == 0;
    machine.events.insert(*event);
    return cudaSuccess;
  });
}
inline cudaError_t cudaEventCreate(cudaEvent_t* event) { return cudaEventCreateWithFlags(event, cudaEventDefault); }
inline cudaError_t cudaEventDestroy(cudaEvent_t event) {
  return emulator::call(__func__, emulator::Capture::PERMITS, [&](emulator::Machine& machine) {
    if (machine.events.erase(event) == 0) {
      return cudaErrorInvalidResourceHandle;
    }
    delete event;
    return cudaSuccess;
  });
}
/// While a stream is captured, events order its work with that of other streams. That is not emulated: they do nothing.
inline cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream = nullptr) {
  return emulator::call(__func__, emulator::Capture::PERMITS, [&](emulator::Machine& machine) {
    CUstream_st* recorded = machine.stream(stream);
    if (recorded == nullptr || machine.events.count(event) == 0 || recorded->device != event->device) {
      return cudaErrorInvalidResourceHandle;
    }
    if (recorded->graph != nullptr) {
      return cudaSuccess;
    }
    event->happened = false;
    machine.queue(*recorded, [&machine, event] {
      if (machine.events.count(event) != 0) {
        event->happened = true;
        event->milliseconds = emulator::now();
      }
    });
    event->stream = recorded;
    event->after = recorded->queued;
    return cudaSuccess;
  });
}
inline cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned = 0) {
  return emulator::call(__func__, emulator::Capture::PERMITS, [&](emulator::Machine& machine) {
    CUstream_st* waiting = machine.stream(stream);
    if (waiting == nullptr || machine.events.count(event) == 0) {
      return cudaErrorInvalidResourceHandle;
    }
    if (waiting->graph == nullptr && event->stream != nullptr) {
      machine.queue(*waiting, [&machine, other = event->stream, until = event->after] {
        if (machine.streams.count(other) != 0 || machine.stream(nullptr) == other) {
          machine.run(*other, until);
        }
      });
    }
    return cudaSuccess;
  });
}
inline cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  return emulator::call(__func__, emulator::Capture::FORBIDS, [&](emulator::Machine& machine) {
    if (machine.events.count(event) == 0) {
      return cudaErrorInvalidResourceHandle;
    }
    if (event->stream != nullptr) {
      machine.run(*event->stream, event->after);
    }
    return cudaSuccess;
  });
}
inline cudaError_t cudaEventQuery(cudaEvent_t event) {
  return emulator::call(__func__, emulator::Capture::FORBIDS, [&](emulator::Machine& machine) {
    return machine.events.count(event) == 0 ? cudaErrorInvalidResourceHandle
           : event->happened                ? cudaSuccess
                                            : cudaErrorNotReady;
  });
}
inline cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t first, cudaEvent_t second) {
  return emulator::call(__func__, emulator::Capture::PERMITS, [&](emulator::Machine& machine) {
    if (machine.events.count(first) == 0 || machine.events.count(second) == 0 || !first->timed || !second->timed ||
        first->milliseconds == 0 || second->milliseconds == 0) {
      return cudaErrorInvalidResourceHandle;
    }
    if (!first->happened || !second->happened) {
      return cudaErrorNotReady;
    }
    *milliseconds = static_cast<float>(second->milliseconds - first->milliseconds);
    return cudaSuccess;
  });
}

// ------------------------------------------------------------------------------------------------------- launches

namespace emulator {

template <class... Parameters, size_t... INDEX>
std::tuple<std::decay_t<Parameters>...> copy_arguments(void** arguments, std::index_sequence<INDEX...>) {
  return std::tuple<std::decay_t<Parameters>...>(
      *static_cast<const std::decay_t<Parameters>*>(arguments[INDEX])...);
}

}  // namespace emulator

/// Without a cast: the parameters' types are needed.
template <class... Parameters>
cudaError_t cudaLaunchKernel(void (*kernel)(Parameters...), dim3 grid, dim3 block, void** arguments,
                             size_t shared_bytes = 0, cudaStream_t stream = nullptr) {
  static_assert((sizeof(Parameters) + ... + 0) <= 4096, "a kernel has at most 4 KiB of parameters");
  return emulator::call(__func__, emulator::Capture::PERMITS, [&](emulator::Machine& machine) {
    if (grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.x > 0x7FFFFFFF || grid.y > 65535 || grid.z > 65535 ||
        block.x == 0 || block.y == 0 || block.z == 0 || uint64_t{block.x} * block.y * block.z > 1024 ||
        shared_bytes > 0) {  // there is no dynamic shared memory here
      return cudaErrorInvalidConfiguration;
    }
    const auto copied =
        emulator::copy_arguments<Parameters...>(arguments, std::index_sequence_for<Parameters...>{});
    const int device = machine.device();
    return emulator::enqueue(machine, stream, emulator::KERNEL_NODE, [=] {
      emulator::DeviceMemory::get().device = device;
      emulator::Grid::get().run(grid, block, [&] { std::apply(kernel, copied); });
    });
  });
}

struct cudaFuncAttributes {
  size_t sharedSizeBytes, constSizeBytes, localSizeBytes;
  int maxThreadsPerBlock, numRegs, ptxVersion, binaryVersion;
};
template <class... Parameters>
cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, void (*)(Parameters...)) {
  return emulator::call(__func__, emulator::Capture::PERMITS, [&](emulator::Machine&) {
    *attributes = {0, 0, 0, 1024, 32, 90, 90};
    return cudaSuccess;
  });
}

// --------------------------------------------------------------------------------------------------------- graphs

enum cudaStreamCaptureMode {
  cudaStreamCaptureModeGlobal,
  cudaStreamCaptureModeThreadLocal,
  cudaStreamCaptureModeRelaxed,
};
enum cudaStreamCaptureStatus {
  cudaStreamCaptureStatusNone,
  cudaStreamCaptureStatusActive,
  cudaStreamCaptureStatusInvalidated,
};
enum cudaGraphNodeType {
  cudaGraphNodeTypeKernel = emulator::KERNEL_NODE,
  cudaGraphNodeTypeMemcpy = emulator::COPY_NODE,
  cudaGraphNodeTypeMemset = emulator::FILL_NODE,
};

inline cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode) {
  return emulator::call(__func__, emulator::Capture::PERMITS, [&](emulator::Machine& machine) {
    if (stream == nullptr) {
      return cudaErrorStreamCaptureUnsupported;
    }
    if (machine.streams.count(stream) == 0) {
      return cudaErrorInvalidResourceHandle;
    }
    if (stream->graph != nullptr) {
      return cudaErrorInvalidValue;
    }
    stream->graph = new CUgraph_st;
    stream->mode = mode;
    stream->by = std::this_thread::get_id();
    stream->invalid = false;
    return cudaSuccess;
  });
}
inline cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  return emulator::call(__func__, emulator::Capture::PERMITS, [&](emulator::Machine& machine) {
    *graph = nullptr;
    if (machine.streams.count(stream) == 0) {
      return cudaErrorInvalidResourceHandle;
    }
    if (stream->graph == nullptr) {
      return cudaErrorInvalidValue;
    }
    if (stream->mode != cudaStreamCaptureModeRelaxed && stream->by != std::this_thread::get_id()) {
      return cudaErrorStreamCaptureWrongThread;
    }
    CUgraph_st* captured = stream->graph;
    stream->graph = nullptr;
    if (stream->invalid) {
      delete captured;
      return cudaErrorStreamCaptureInvalidated;
    }
    machine.graphs.insert(captured);
    *graph = captured;
    return cudaSuccess;
  });
}
inline cudaError_t cudaThreadExchangeStreamCaptureMode(cudaStreamCaptureMode* mode) {
  return emulator::call(__func__, emulator::Capture::PERMITS, [&](emulator::Machine& machine) {
    int& of_thread = machine.capture_mode[std::this_thread::get_id()];
    const int before = of_thread;
    of_thread = *mode;
    *mode = static_cast<cudaStreamCaptureMode>(before);
    return cudaSuccess;
  });
}
inline cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status) {
  return emulator::call(__func__, emulator::Capture::PERMITS, [&](emulator::Machine& machine) {
    CUstream_st* asked = machine.stream(stream);
    if (asked == nullptr) {
      return cudaErrorInvalidResourceHandle;
    }
    *status = asked->graph == nullptr ? cudaStreamCaptureStatusNone
              : asked->invalid        ? cudaStreamCaptureStatusInvalidated
                                      : cudaStreamCaptureStatusActive;
    return cudaSuccess;
  });
}
/// With `nodes` null only their number.
inline cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t* nodes, size_t* count) {
  return emulator::call(__func__, emulator::Capture::PERMITS, [&](emulator::Machine& machine) {
    if (machine.graphs.count(graph) == 0) {
      return cudaErrorInvalidValue;
    }
    for (size_t i = 0; nodes != nullptr && i < *count; i++) {
      nodes[i] = i < graph->nodes.size() ? graph->nodes[i].get() : nullptr;
    }
    *count = graph->nodes.size();
    return cudaSuccess;
  });
}
inline cudaError_t cudaGraphNodeGetType(cudaGraphNode_t node, cudaGraphNodeType* type) {
  *type = static_cast<cudaGraphNodeType>(node->type);
  return cudaSuccess;
}
inline cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long = 0) {
  return emulator::call(__func__, emulator::Capture::PERMITS, [&](emulator::Machine& machine) {
    if (machine.graphs.count(graph) == 0) {
      return cudaErrorInvalidValue;
    }
    *executable = new CUgraphExec_st;
    (*executable)->device = machine.device();
    for (const auto& node : graph->nodes) {
      (*executable)->work.push_back(node->work);
    }
    machine.executables.insert(*executable);
    return cudaSuccess;
  });
}
inline cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
  return emulator::call(__func__, emulator::Capture::PERMITS, [&](emulator::Machine& machine) {
    if (machine.executables.count(executable) == 0) {
      return cudaErrorInvalidValue;
    }
    return emulator::enqueue(machine, stream, emulator::KERNEL_NODE, [works = executable->work] {
      for (const std::function<void()>& work : works) {
        work();
      }
    });
  });
}
inline cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  return emulator::call(__func__, emulator::Capture::PERMITS, [&](emulator::Machine& machine) {
    if (machine.graphs.erase(graph) == 0) {
      return cudaErrorInvalidValue;
    }
    delete graph;
    return cudaSuccess;
  });
}
inline cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
  return emulator::call(__func__, emulator::Capture::PERMITS, [&](emulator::Machine& machine) {
    if (machine.executables.erase(executable) == 0) {
      return cudaErrorInvalidValue;
    }
    delete executable;
    return cudaSuccess;
  });
}

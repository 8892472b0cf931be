// Memory of the emulated devices: who may access what. Each allocation lies between pages that nobody may access.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>

#include "faults.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace emulator {

constexpr int ANY_DEVICE = -1;

/// Memory that kernels may access.
struct Region {
  const char* name;
  size_t bytes;
  int device;           ///< or ANY_DEVICE: pinned host memory
  char* mapping;        ///< where its pages start; null if it is not ours
  size_t mapped_bytes;  ///< with the pages before and behind
  bool freed;
};

/// All memory there is. One; whoever uses it holds the lock of the device.
class DeviceMemory {
 public:
  /// Of the kernel that is running.
  int device = 0;

  /// Accesses by kernels so far, but for plain ones.
  mutable uint64_t accesses = 0;

  static DeviceMemory& get() {
    static DeviceMemory memory;
    return memory;
  }

  /// Memory of a test's own.
  void add(const void* address, size_t bytes, const char* name, int device = ANY_DEVICE) {
    regions_[reinterpret_cast<uintptr_t>(address)] = {name, bytes, device, nullptr, 0, false};
  }
  void remove(const void* address) { regions_.erase(reinterpret_cast<uintptr_t>(address)); }

  /// As far to the end of its pages as 256-byte alignment permits; null if the system has no more.
  char* allocate(size_t bytes, const char* name, int device) {
    const size_t rounded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    const size_t inner = (rounded + ALIGNMENT + page() - 1) / page() * page();
    void* mapping =
        mmap(nullptr, inner + 2 * page(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED) {
      return nullptr;
    }
    char* start = static_cast<char*>(mapping) + page();
    if (mprotect(start, inner, PROT_READ | PROT_WRITE) != 0) {
      munmap(mapping, inner + 2 * page());
      return nullptr;
    }
    char* address = start + inner - rounded;
    // Large memories are not touched: they are there to be too large.
    const size_t spoiled = std::min<size_t>(bytes, 64 << 20);
    memset(start, RED, static_cast<size_t>(address - start));
    for (size_t i = 0; i < spoiled; i++) {
      address[i] = i % 2 == 0 ? '\xF7' : '\x7F';
    }
    memset(address + bytes, RED, rounded - bytes);
#if defined(__SANITIZE_ADDRESS__)
    __asan_poison_memory_region(start, static_cast<size_t>(address - start));
    __asan_poison_memory_region(address + bytes, rounded - bytes);
#endif
    regions_[reinterpret_cast<uintptr_t>(address)] = {name,  bytes, device, static_cast<char*>(mapping),
                                                      inner + 2 * page(), false};
    return address;
  }

  /// The region that starts at an address, or null.
  Region* at(const void* address) {
    auto found = regions_.find(reinterpret_cast<uintptr_t>(address));
    return found == regions_.end() || found->second.freed ? nullptr : &found->second;
  }

  /// What at() gave. From now on an access is a fault, as long as few other memories are freed.
  void free(const void* address, Region& region) {
    char* start = region.mapping + page();
    const size_t inner = region.mapped_bytes - 2 * page();
    const char* begin = static_cast<const char*>(address);
#if defined(__SANITIZE_ADDRESS__)
    __asan_unpoison_memory_region(start, inner);
#endif
    for (char* b = start; b < start + inner; b == begin - 1 ? b += region.bytes + 1 : b++) {
      if (*b != RED) {
        fault("%s was written to %ld bytes %s its %zu bytes", region.name,
              static_cast<long>(b < begin ? begin - b : b - begin - static_cast<long>(region.bytes)),
              b < begin ? "before" : "behind", region.bytes);
      }
    }
    region.freed = true;
    madvise(start, inner, MADV_DONTNEED);
    mprotect(start, inner, PROT_NONE);
    freed_.push_back(reinterpret_cast<uintptr_t>(address));
    if (freed_.size() > 256) {
      auto oldest = regions_.find(freed_.front());
      munmap(oldest->second.mapping, oldest->second.mapped_bytes);
      regions_.erase(oldest);
      freed_.erase(freed_.begin());
    }
  }

  /// The region that holds the first byte at an address, freed or not, or null.
  const Region* find(const void* address, uintptr_t* offset) const {
    auto next = regions_.upper_bound(reinterpret_cast<uintptr_t>(address));
    if (next == regions_.begin()) {
      return nullptr;
    }
    --next;
    *offset = reinterpret_cast<uintptr_t>(address) - next->first;
    return *offset < next->second.bytes ? &next->second : nullptr;
  }

  /// An access by a kernel.
  void check(const void* address, size_t bytes, const char* access, Place place) const {
    accesses++;
    if (reinterpret_cast<uintptr_t>(address) % bytes != 0) {
      fault("misaligned: %s of %zu bytes at %p, %s:%d", access, bytes, address, place.name(), place.line);
    }
    uintptr_t offset = 0;
    const Region* region = find(address, &offset);
    if (region == nullptr) {
      fault("out of bounds: %s of %zu bytes at %p, in no memory of a device, %s:%d", access, bytes, address,
            place.name(), place.line);
    }
    if (region->freed || offset + bytes > region->bytes) {
      fault("%s: %s of %zu bytes at byte %zu of %s, which has %zu, %s:%d", region->freed ? "freed" : "out of bounds",
            access, bytes, static_cast<size_t>(offset), region->name, region->bytes, place.name(), place.line);
    }
    if (region->device != ANY_DEVICE && region->device != device) {
      fault("%s at memory of device %d by a kernel on device %d, %s:%d", access, region->device, device, place.name(),
            place.line);
    }
  }

  static size_t page() {
    static const size_t size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    return size;
  }

 private:
  static constexpr size_t ALIGNMENT = 256;
  static constexpr char RED = '\xA5';

  std::map<uintptr_t, Region> regions_;
  std::vector<uintptr_t> freed_;
};

}  // namespace emulator

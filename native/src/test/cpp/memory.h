// Memory with nothing behind it: one element too far is a fault, not luck.
#pragma once

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "report.h"

enum class Guard {
  AFTER,   ///< ends where a page without access starts
  BEFORE,  ///< starts where a page without access ends
  HEAP,    ///< from malloc, for the address sanitizer
};

class Memory {
 public:
  /// `alignment` is a promise of the border, so `bytes` must be a multiple of it.
  Memory(const char* name, size_t bytes, size_t alignment, Guard guard) : name_(name), bytes_(bytes), guard_(guard) {
    if (guard == Guard::HEAP) {
      size_t rounded = (bytes + alignment - 1) / alignment * alignment;
      data_ = static_cast<uint8_t*>(alignment > 16 ? aligned_alloc(alignment, rounded) : malloc(bytes));
      if (data_ == nullptr && bytes > 0) {
        die("malloc");
      }
    } else {
      size_t page = page_size();
      inner_ = (bytes + page - 1) / page * page;
      mapping_ = static_cast<uint8_t*>(
          mmap(nullptr, inner_ + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
      if (mapping_ == MAP_FAILED) {
        die("mmap");
      }
      if (inner_ > 0 && mprotect(mapping_ + page, inner_, PROT_READ | PROT_WRITE) != 0) {
        die("mprotect");
      }
      data_ = mapping_ + page + (guard == Guard::AFTER ? inner_ - bytes : 0);
      if (reinterpret_cast<uintptr_t>(data_) % alignment != 0) {
        fprintf(stderr, "%s: %zu bytes cannot be aligned to %zu next to a guard page\n", name, bytes, alignment);
        exit(2);
      }
      uint8_t* start = mapping_ + page;
      memset(start, SLACK, static_cast<size_t>(data_ - start));
      memset(data_ + bytes, SLACK, static_cast<size_t>(start + inner_ - (data_ + bytes)));
    }
    for (Memory*& slot : live_) {
      if (slot == nullptr) {
        slot = this;
        return;
      }
    }
  }

  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  ~Memory() {
    for (Memory*& slot : live_) {
      if (slot == this) {
        slot = nullptr;
      }
    }
    if (guard_ == Guard::HEAP) {
      free(data_);
    } else {
      munmap(mapping_, inner_ + 2 * page_size());
    }
  }

  template <typename T>
  T* as() {
    return reinterpret_cast<T*>(data_);
  }

  int64_t address() const { return reinterpret_cast<int64_t>(data_); }
  size_t bytes() const { return bytes_; }

  /// From here on a write is a fault. The heap has no such thing.
  void read_only() {
    if (guard_ != Guard::HEAP && inner_ > 0) {
      mprotect(mapping_ + page_size(), inner_, PROT_READ);
    }
  }

  /// Whether the bytes between the memory and the far ends of its pages are as they were.
  void check_slack() const {
    if (guard_ == Guard::HEAP) {
      return;
    }
    const uint8_t* start = mapping_ + page_size();
    const uint8_t* end = start + inner_;
    for (const uint8_t* b = start; b < end; b++) {
      if (b == data_) {
        b += bytes_;
        if (b == end) {
          break;
        }
      }
      if (*b != SLACK) {
        report::fail("%s: wrote %ld bytes %s it", name_, static_cast<long>(b < data_ ? data_ - b : b - data_ - bytes_),
                     b < data_ ? "before" : "behind");
        return;
      }
    }
  }

  /// For a crash: which memory an address is next to. Only what a signal handler may call.
  static void explain(const void* address) {
    char line[256];
    for (Memory* m : live_) {
      if (m == nullptr || m->guard_ == Guard::HEAP) {
        continue;
      }
      const uint8_t* at = static_cast<const uint8_t*>(address);
      const uint8_t* end = m->mapping_ + m->inner_ + 2 * page_size();
      if (at >= m->mapping_ && at < end) {
        long off = static_cast<long>(at < m->data_ ? at - m->data_ : at - (m->data_ + m->bytes_));
        const char* where = at < m->data_ ? "before" : at < m->data_ + m->bytes_ ? "inside (read-only)" : "behind";
        int length =
            snprintf(line, sizeof line, "  address is %s %s (%ld bytes from its edge)\n", where, m->name_, off);
        write_out(line, static_cast<size_t>(length));
        return;
      }
    }
    write_out("  address is next to no buffer\n", 31);
  }

  static void write_out(const char* text, size_t length) {
    if (write(STDOUT_FILENO, text, length) < 0) {
      _exit(1);
    }
  }

  static size_t page_size() {
    static const size_t size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    return size;
  }

 private:
  static constexpr uint8_t SLACK = 0xA5;

  [[noreturn]] void die(const char* what) const {
    fprintf(stderr, "%s of %zu bytes failed\n", what, bytes_);
    exit(2);
  }

  const char* name_;
  size_t bytes_;
  Guard guard_;
  uint8_t* data_ = nullptr;
  uint8_t* mapping_ = nullptr;
  size_t inner_ = 0;

  static inline Memory* live_[64];
};

/// Prints the case at hand when the process dies of a signal.
inline void crashed(int number, siginfo_t* info, void*) {
  char line[4096];
  const char* name = number == SIGSEGV  ? "SIGSEGV"
                     : number == SIGBUS ? "SIGBUS"
                     : number == SIGILL ? "SIGILL (an instruction that this processor lacks)"
                                        : "SIGFPE";
  int length = snprintf(line, sizeof line, "CRASHED with %s at %p: %s\n  in %s\n", name, info->si_addr, report::context,
                        report::step_name);
  Memory::write_out(line, static_cast<size_t>(length));
  if (number == SIGSEGV || number == SIGBUS) {
    Memory::explain(info->si_addr);
  }
  _exit(1);
}

inline void install_crash_handler() {
  static uint8_t stack[1 << 16];
  stack_t alternative = {};
  alternative.ss_sp = stack;
  alternative.ss_size = sizeof stack;
  sigaltstack(&alternative, nullptr);
  struct sigaction action = {};
  action.sa_sigaction = crashed;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  for (int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE}) {
    sigaction(number, &action, nullptr);
  }
}

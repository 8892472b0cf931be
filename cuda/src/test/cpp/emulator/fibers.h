// Fibers: functions on stacks of their own that take turns. Without a system call, because kernels change fibers at
// every barrier, millions of times.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#if !defined(__x86_64__)
#include <ucontext.h>
#endif
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

namespace emulator {

#if defined(__x86_64__)

using Stack = void*;  // its top

/// Puts what a call must preserve onto the stack in use, its top to *from, and goes on where `to` was left.
__attribute__((naked, noinline)) inline void change_stacks([[maybe_unused]] Stack* from, [[maybe_unused]] Stack* to) {
  asm("pushq %rbp\n pushq %rbx\n pushq %r12\n pushq %r13\n pushq %r14\n pushq %r15\n"
      "movq %rsp, (%rdi)\n movq (%rsi), %rsp\n"
      "popq %r15\n popq %r14\n popq %r13\n popq %r12\n popq %rbx\n popq %rbp\n ret");
}

inline void prepare_stack(Stack& stack, char* memory, size_t bytes, void (*entry)()) {
  uintptr_t top = reinterpret_cast<uintptr_t>(memory + bytes) / 16 * 16;
  void** at = reinterpret_cast<void**>(top) - 2;  // the entry finds the stack as if it had been called
  *at = reinterpret_cast<void*>(entry);
  stack = at - 6;
}

#else

using Stack = ucontext_t;  // two system calls at each change

inline void change_stacks(Stack* from, Stack* to) { swapcontext(from, to); }

inline void prepare_stack(Stack& stack, char* memory, size_t bytes, void (*entry)()) {
  getcontext(&stack);
  stack.uc_stack.ss_sp = memory;
  stack.uc_stack.ss_size = bytes;
  stack.uc_link = nullptr;
  makecontext(&stack, entry, 0);
}

#endif

class Fiber {
 public:
  /// `entry` must not return: it suspends itself for the last time.
  explicit Fiber(void (*entry)()) {
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    void* mapping = mmap(nullptr, page + BYTES, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (mapping == MAP_FAILED || mprotect(mapping, page, PROT_NONE) != 0) {
      perror("emulated device: no memory for the stack of a thread");
      abort();
    }
    memory_ = static_cast<char*>(mapping) + page;
    // Tops at different places in a page: all in one they would share a few lines of the cache.
    static size_t count = 0;
    prepare_stack(stack_, memory_, BYTES - count++ * 192 % 4096, entry);
  }
  Fiber(const Fiber&) = delete;  // lives as long as the process

  /// By the one that runs fibers: until it suspends itself.
  void resume() {
#if defined(__SANITIZE_ADDRESS__)
    void* fake = nullptr;
    __sanitizer_start_switch_fiber(&fake, memory_, BYTES);
    change_stacks(&caller_, &stack_);
    __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
#else
    change_stacks(&caller_, &stack_);
#endif
  }

  /// By the fiber itself: goes on with whoever resumed it.
  void suspend() {
#if defined(__SANITIZE_ADDRESS__)
    void* fake = nullptr;
    __sanitizer_start_switch_fiber(&fake, caller_memory_, caller_bytes_);
    change_stacks(&stack_, &caller_);
    __sanitizer_finish_switch_fiber(fake, &caller_memory_, &caller_bytes_);
#else
    change_stacks(&stack_, &caller_);
#endif
  }

  /// By the entry, first of all.
  void started() {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(nullptr, &caller_memory_, &caller_bytes_);
#endif
  }

 private:
  static constexpr size_t BYTES = 256 << 10;

  char* memory_;
  Stack stack_, caller_;
#if defined(__SANITIZE_ADDRESS__)
  const void* caller_memory_ = nullptr;
  size_t caller_bytes_ = 0;
#endif
};

}  // namespace emulator

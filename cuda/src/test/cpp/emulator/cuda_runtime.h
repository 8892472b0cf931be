// CUDA without a GPU: with this directory on the include path g++ compiles .cu files as they are, into kernels that run
// on the processor, thread by thread, and a runtime whose devices are made up.
//
//   g++ -std=c++17 -O2 -ffp-contract=off -Wno-unknown-pragmas -I cuda/src/test/cpp/emulator -I cuda/src/main/cpp
//       -I native/src/main/cpp -x c++ cuda/src/main/cpp/*.cu ...
//
// and with -shared -fPIC the same as a library (-mfma, where the processor has it, makes it faster, not different).
// __CUDA_ARCH__ is not defined. It stops the process with a sentence on whatever CUDA leaves undefined and it can see:
// threads of a warp that wait for each other at different places, barriers that some threads never reach, accesses
// outside of a device's memory, misaligned ones, more than a kernel may have. All memory holds NaN until it is written,
// shared memory before each thread block. What it can not see: the memory model (fences), speed, registers.
//
// Order is whatever CUDA leaves open. Threads run one at a time, each warp as far ahead of the others as barriers
// permit. Three thread blocks are under way at a time and take turns at fences and atomics (fences: in
// a random order). Work on streams runs as late as the rules permit: when somebody waits for it.
//
// How it is set up: environment variables, read at the first call, or dctloss_emulate() with the same names:
//
//   DCTLOSS_EMULATED_ORDER=forward|reverse|SEED   of threads and of thread blocks; a number is a random order
//   DCTLOSS_EMULATED_DEVICES=1                    how many there are; 0 is cudaErrorNoDevice
//   DCTLOSS_EMULATED_MEMORY=1073741824            bytes of each
//   DCTLOSS_EMULATED_DRIVER=13000                 its version; one that is too old, or 0, none, is refused by all calls
//   DCTLOSS_EMULATED_CAPABILITY=90                the compute capability of each, 9.0
//   DCTLOSS_EMULATED_FAIL=cudaMalloc=2@3,...      the third call from now on returns error 2; one of the errors that
//                                                 spoil a context stays for every later call. cudaLaunchKernel=700@1
//
// Two limits: a library or program that has kernels in it must have no other thread_local variables, for that is where
// the emulator keeps shared memory; and kernels are launched by their type, as cudaLaunchKernel(kernel, ...) without a
// cast.
#pragma once

// Whatever uses the names that are keywords of CUDA must come before they are.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "grid.h"
#include "host_api.h"
#include "language.h"

// What the speed program does.
#pragma once

#include <string>

/// Compares small cases with the float64 reference; ends with `N passed, N failed`. Returns the exit code.
int check_all();

struct BenchmarkOptions {
  std::string json;            ///< file to write
  double largest = 1e9;        ///< pixels: larger sizes are left out
  int replays = 21;            ///< of which the median counts
  int launches = 64;           ///< in a graph
  int64_t rotating = 512 << 20;  ///< bytes that pass before an image is met again, as far as the launches reach
};

/// Measures every case that the device has memory for. Returns the exit code.
int benchmark(const BenchmarkOptions& options);

/// Queues a kernel that does nothing.
void launch_nothing(int64_t stream);

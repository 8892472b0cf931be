// Numbers from a seed, the same on every machine and library.
#pragma once

#include <cmath>
#include <cstdint>

/// SplitMix64.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 0x632BE59BD9B4E019u) {}

  uint64_t next() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  /// 0 .. bound-1.
  int below(int bound) { return static_cast<int>(next() % static_cast<uint64_t>(bound)); }

  /// True once in `times`.
  bool once_in(int times) { return below(times) == 0; }

  /// In [0, 1).
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

  double between(double low, double high) { return low + (high - low) * uniform(); }

  /// Between 10^low and 10^high.
  double power_of_ten(double low, double high) { return std::pow(10.0, between(low, high)); }

  template <typename T, int N>
  T pick(const T (&values)[N]) {
    return values[below(N)];
  }

 private:
  uint64_t state_;
};

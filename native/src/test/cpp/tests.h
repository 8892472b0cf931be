// The tests, what they share, and how results are compared.
#pragma once

#include <cinttypes>
#include <string>
#include <vector>

#include "border.h"
#include "cases.h"
#include "reference.h"
#include "runner.h"

/// The numerical promise: relative error of a gradient in Euclidean norm, and of a sum.
constexpr double GRADIENT = 2e-6;
constexpr double LOSS = 1e-6;

/// What the command line says.
struct Options {
  int cases = 300;  ///< of the sweep
  uint64_t seed = 0;
  int pixels = 9000;  ///< that a batch of the sweep has at most, roughly
  std::string test;
  Guard guard = Guard::AFTER;  ///< HEAP, or pages on either side
};
inline Options options;

// How much the sweep really compared: a comparison that leaves everything out passes, too.
struct Coverage {
  long gradients = 0, gradients_out_of_range = 0;
  long pixels = 0, pixels_near_jump = 0;
};
inline Coverage coverage;

void border();
void refusals(int isa);
void transforms(int isa);
void flat_differences(int isa);
void zero_weights(int isa);
void magnitudes(int isa);
void sums_of_noise(int isa);
void extremes(int isa);
void tiny_factors(int isa);
void mixed_blocks(int isa);
void streams(int isa);
void repeated_inputs(int isa);
void far_strides(int isa);
void threads_share_a_job(int isa);
void subtraction(int isa);
void sweep(int isa);

// ---------------------------------------------------------------- comparisons

/// Any NaN is any other.
inline bool same_bits(float a, float b) { return bits(a) == bits(b) || (std::isnan(a) && std::isnan(b)); }
inline bool same_bits(double a, double b) { return bits(a) == bits(b) || (std::isnan(a) && std::isnan(b)); }

/// ... and -0 is 0.
inline bool same_value(float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); }

template <typename T>
void check_bits(const char* name, const std::vector<T>& expected, const std::vector<T>& got) {
  for (size_t i = 0; i < expected.size(); i++) {
    if (!same_bits(expected[i], got[i])) {
      report::fail("%s: element %zu is %.17g, elsewhere %.17g: not the same bits", name, i, static_cast<double>(got[i]),
                   static_cast<double>(expected[i]));
      return;
    }
  }
}

/// Whatever a variant has must have the bits of the plain run.
void check_same(const Variant& v, const Outcome& expected, const Outcome& got);

/// One of the two gradients against the promise; `held`: what it was added to.
void check_gradient(const Case& k, const char* name, const reference::Result& r, const std::vector<double>& expected,
                    const std::vector<float>& got, const std::vector<float>* held);

/// The means of blocks, and the sums of frequencies, against the promise.
void check_map(const Case& k, const reference::Result& r, const std::vector<float>& got);
void check_spectrum(const Case& k, const reference::Result& r, const std::vector<double>& got);

/// Everything that a plain run gave against the promise.
void check_promise(const Case& k, const reference::Result& r, const Outcome& got);

/// What edge rules read, at the largest sizes, too, against the reference.
void check_edge_source();

inline Outcome run_step(const Case& k, int isa, const char* what, const Variant& v, const Images& images) {
  report::step("%s: %s", what, v.text().c_str());
  return run(k.q, isa, v, images);
}

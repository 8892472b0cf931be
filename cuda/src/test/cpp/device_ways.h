// Ways to have each mapping of the 8x8 loss, for tests that go through all of them.
#pragma once

#include "device_runner.h"

namespace device {

/// A way to have a mapping of the 8x8 loss.
struct Way {
  const char* name;
  int mapping, type, coefficients, flags;
};
constexpr Way WAYS[] = {
    {"FOUR_COLUMNS", cuda::FOUR_COLUMNS, cuda::FLOAT32, dctloss::SIGNED, 0},
    {"FOUR_COLUMNS, magnitudes", cuda::FOUR_COLUMNS, cuda::FLOAT32, dctloss::MAGNITUDE, 0},
    {"WHOLE_BLOCK", cuda::WHOLE_BLOCK, cuda::BFLOAT16, dctloss::SIGNED, 0},
    {"FOUR_COLUMNS, 16-bit magnitudes", cuda::FOUR_COLUMNS, cuda::BFLOAT16, dctloss::MAGNITUDE, 0},
    {"ONE_COLUMN", cuda::ONE_COLUMN, cuda::FLOAT32, dctloss::SIGNED, cuda::FORCE_ONE_COLUMN},
    {"ONE_COLUMN, magnitudes", cuda::ONE_COLUMN, cuda::FLOAT32, dctloss::MAGNITUDE, cuda::FORCE_ONE_COLUMN},
    {"ANY_BLOCK", cuda::ANY_BLOCK, cuda::FLOAT32, dctloss::SIGNED, cuda::FORCE_ANY_BLOCK},
    {"ANY_BLOCK, magnitudes", cuda::ANY_BLOCK, cuda::FLOAT32, dctloss::MAGNITUDE, cuda::FORCE_ANY_BLOCK},
};

inline Setup setup_of(const Way& way, const Case& k, Random& random) {
  Setup s = plain_setup(k.q, way.type, random);
  s.flags = way.flags;
  s.outputs[1] = way.coefficients == dctloss::SIGNED;
  return s;
}

inline Images noise(const Problem& q, Random& random) {
  return {draw(ImageKind::NOISE, q, random), draw(ImageKind::NOISE, q, random)};
}

}  // namespace device

// The tests of the CUDA kernels, and what they share.
#pragma once

#include "device_runner.h"

namespace device {

/// For runs that are slow: one in so many of the cases that are not drawn from a seed.
inline int every = 1;

/// How often each mapping ran in the sweep: a mapping that is never chosen passes, too.
inline long mappings_run[4];

void border();
void refusals();
void graphs();
void combinations();
void extremes();
void mixed_blocks();
void laws();
void configurations();
void small_samples();
void cuts();
void far_strides();
void misaligned_strides();
void banks();
void tickets();
void tiny_factors();
void transforms();
void transforms_in_rounds();
void rounding();
void subtraction();
void sweep();

/// Loss and per-sample values against the promise, and gradients, map and spectrum where the setup has them.
void check_promise(const Case& k, const reference::Result& r, const Setup& s, const Outcome& got);

}  // namespace device

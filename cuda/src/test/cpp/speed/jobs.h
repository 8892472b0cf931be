// Jobs of the border as the speed program uses them: from a Problem of the float64 reference, with memory of their own.
#pragma once

#include <vector>

#include "device.h"
#include "images.h"
#include "reference.h"

namespace jobs {

namespace cuda = dctloss::cuda;
using reference::Problem;

inline const char* mapping_name(int32_t mapping) {
  static const char* const names[] = {"FOUR_COLUMNS", "WHOLE_BLOCK", "ONE_COLUMN", "ANY_BLOCK"};
  return mapping >= 0 && mapping < 4 ? names[mapping] : "refused";
}
inline const char* type_name(int type) {
  static const char* const names[] = {"float32", "float16", "bfloat16"};
  return names[type];
}
inline const char* penalty_name(int penalty) {
  static const char* const names[] = {"squared", "absolute", "charbonnier", "huber"};
  return names[penalty];
}
inline const char* edge_name(int edge) {
  static const char* const names[] = {"replicate", "reflect", "zero", "crop"};
  return names[edge];
}

/// N x C x H x W without gaps.
inline cuda::View view(const Problem& q, int64_t address) {
  const int64_t plane = static_cast<int64_t>(q.h) * q.w;
  return {address, q.c * plane, plane, q.w, 1};
}

/// They fall with frequency, as those of JPEG do.
inline std::vector<double> falling_weights(int block) {
  std::vector<double> weights;
  for (int i = 0; i < block * block; i++) {
    weights.push_back(1 / (1 + 0.1 * (i / block + i % block)));
  }
  return weights;
}

/// All but the addresses.
inline cuda::Job describe(const Problem& q, int input, int output, int32_t flags) {
  cuda::Job job{};
  job.abi = cuda::ABI;
  job.n = q.n, job.c = q.c, job.h = q.h, job.w = q.w;
  job.block = q.block, job.planes = q.rotated ? 3 : 1, job.tables = q.tables;
  job.penalty = q.penalty, job.coefficients = q.coefficients, job.edge = q.edge;
  const std::vector<int> tops = q.tops(), lefts = q.lefts();
  job.rows = static_cast<int32_t>(tops.size()), job.columns = static_cast<int32_t>(lefts.size());
  job.start_y = tops[0], job.start_x = lefts[0];
  job.input = input, job.output = output, job.flags = flags;
  job.parameter = q.parameter;
  job.scale = q.scale;
  job.loss_scale = job.sample_scale = 1;
  for (int i = 0; i < 9; i++) {
    job.color[i] = q.color[i];
  }
  return job;
}

/// The device memory that a job needs beside its images.
class Session {
 public:
  Session(cuda::Job& job, const std::vector<double>& weights, const device::Stream& stream)
      : constants_(cuda::constants_bytes(&job)), workspace_(cuda::workspace_bytes(&job)), loss_(8) {
    std::vector<char> folded(constants_.bytes());
    device::must(cuda::fold_weights(&job, weights.data(), folded.data()), "fold_weights");
    constants_.put(folded.data(), constants_.bytes(), stream);
    workspace_.fill(0, stream);
    job.constants = constants_.address();
    job.workspace = workspace_.address();
    job.loss = loss_.address();
  }

  double loss(const device::Stream& stream) const { return loss_.get<double>(1, stream)[0]; }

 private:
  device::Memory constants_, workspace_, loss_;
};

}  // namespace jobs

// What is tested with what: options, images and memory layouts, each drawn from a seed.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "border.h"
#include "random.h"
#include "reference.h"

using reference::Problem;

inline const char* isa_name(int isa) {
  static const char* const names[] = {"SSE2", "AVX2", "AVX512", "NEON"};
  return isa >= 0 && isa < 4 ? names[isa] : "?";
}

// ---------------------------------------------------------------- layouts

/// Where N x C x H x W elements lie in a buffer of `length` elements; the others are canaries.
struct Layout {
  const char* name = "absent";
  int64_t offset = 0;
  int64_t stride_n = 0, stride_c = 0, stride_h = 0, stride_w = 0;
  int64_t length = 0;

  int64_t at(int a, int b, int y, int x) const {
    return offset + a * stride_n + b * stride_c + y * stride_h + x * stride_w;
  }
};

enum class LayoutKind {
  CONTIGUOUS,
  ODD_ROWS,     ///< rows padded to an odd number of elements
  ROUND_ROWS,   ///< rows padded to a multiple of 16 elements, what aligned stores need
  SHIFTED,      ///< contiguous, from any element on
  NHWC,
  SLICE,        ///< a window of every other plane of a larger batch
  EVERY_OTHER,  ///< every other element
  FORTRAN,      ///< n first
  TRANSPOSED,   ///< columns first
  SINGLE_ZERO,  ///< contiguous; strides of axes of size 1 are 0
  SINGLE_HUGE,  ///< ... or anything
};
constexpr int LAYOUT_KINDS = 11;

inline Layout make_layout(LayoutKind kind, const Problem& q, Random& random) {
  const int64_t n = q.n, c = q.c, h = q.h, w = q.w;
  Layout l;
  auto rows = [&](const char* name, int64_t offset, int64_t row) {
    l = {name, offset, c * h * row, h * row, row, 1, 0};
  };
  auto single = [&](const char* name, int64_t stride) {
    l = {name, 2, n == 1 ? stride : c * h * w, c == 1 ? stride : h * w, h == 1 ? stride : w, w == 1 ? stride : 1, 0};
  };
  int64_t tail = 0;
  switch (kind) {
    case LayoutKind::CONTIGUOUS: rows("contiguous", 0, w); break;
    case LayoutKind::ODD_ROWS: rows("odd rows", 0, (w + 1 + random.below(20)) | 1); break;
    case LayoutKind::ROUND_ROWS: rows("round rows", 0, (w + 15 + random.below(2) * 16) / 16 * 16); break;
    case LayoutKind::SHIFTED: rows("shifted", 1 + random.below(20), w); break;
    case LayoutKind::NHWC: l = {"NHWC", random.below(4), h * w * c, 1, w * c, c, 0}; break;
    case LayoutKind::SLICE: {
      const int64_t row = w + 7;
      const int64_t plane = row * (h + 3);
      l = {"slice", plane + 2 * row + 5, 2 * plane * 2 * c, 2 * plane, row, 1, 0};
      tail = 29;
      break;
    }
    case LayoutKind::EVERY_OTHER: l = {"every other", random.below(4), 2 * c * h * w, 2 * h * w, 2 * w, 2, 0}; break;
    case LayoutKind::FORTRAN: l = {"Fortran", random.below(2), 1, n, n * c, n * c * h, 0}; break;
    case LayoutKind::TRANSPOSED: l = {"transposed", random.below(2), c * h * w, h * w, 1, h, 0}; break;
    case LayoutKind::SINGLE_ZERO: single("single axes 0", 0); break;
    case LayoutKind::SINGLE_HUGE: single("single axes huge", (int64_t{1} << 40) + 3); break;
  }
  // Without a tail the last element is the last one of the buffer, and the first one often the first.
  l.length = l.at(q.n - 1, q.c - 1, q.h - 1, q.w - 1) + 1 + tail;
  return l;
}

inline Layout random_layout(const Problem& q, Random& random) {
  return make_layout(static_cast<LayoutKind>(random.below(LAYOUT_KINDS)), q, random);
}

// ---------------------------------------------------------------- images

enum class ImageKind {
  NOISE,
  SMOOTH,
  EDGES,
  SIGNED_NOISE,
  PATCHES,  ///< squares of very different magnitude, black ones among them
  CONSTANT,
  BLACK,
  CHECKERBOARD,
  HUGE_NOISE,
  TINY,
  DENORMAL,
};
constexpr int NATURAL_IMAGES = 4;
constexpr int IMAGE_KINDS = 11;

inline std::vector<float> draw(ImageKind kind, const Problem& q, Random& random) {
  std::vector<float> pixels(q.pixels());
  const double angle = random.between(0, 3.14);
  const double pitch = random.between(3, 23);
  const float level = static_cast<float>(random.uniform());
  const float patch_levels[] = {1e17f, 1e3f, 1, 1, 1e-3f, 1e-20f, 1e-30f, 0};
  const uint64_t patch_seed = random.next();
  const float tiny = random.once_in(2) ? 1e-20f : 1e-30f;
  for (size_t i = 0; i < pixels.size(); i++) {
    const int x = static_cast<int>(i % q.w);
    const int y = static_cast<int>(i / q.w % q.h);
    const int plane = static_cast<int>(i / (static_cast<size_t>(q.w) * q.h));
    const double wave = (x * std::cos(angle) + y * std::sin(angle) + plane) / pitch;
    const float noise = static_cast<float>(random.uniform());
    switch (kind) {
      case ImageKind::NOISE: pixels[i] = noise; break;
      case ImageKind::SMOOTH: pixels[i] = static_cast<float>(0.5 + 0.4 * std::sin(wave)) + 0.02f * noise; break;
      case ImageKind::EDGES:
        pixels[i] = (static_cast<int>(std::floor(wave * 2)) % 2 == 0 ? 0.1f : 0.9f) + 0.01f * noise;
        break;
      case ImageKind::SIGNED_NOISE: pixels[i] = 510 * noise - 255; break;
      case ImageKind::PATCHES: {
        Random patch(patch_seed + static_cast<uint64_t>((plane * 1000 + y / q.block) * 1000 + x / q.block));
        pixels[i] = patch_levels[patch.below(8)] * (2 * noise - 1);
        break;
      }
      case ImageKind::CONSTANT: pixels[i] = level; break;
      case ImageKind::BLACK: pixels[i] = 0; break;
      case ImageKind::CHECKERBOARD: pixels[i] = static_cast<float>((x + y) % 2); break;
      case ImageKind::HUGE_NOISE: pixels[i] = 1e17f * (2 * noise - 1); break;
      case ImageKind::TINY: pixels[i] = tiny * noise; break;
      case ImageKind::DENORMAL: pixels[i] = 1e-40f * noise; break;
    }
  }
  return pixels;
}

struct Images {
  std::vector<float> p, t;
};

// ---------------------------------------------------------------- cases

struct Case {
  uint64_t seed = 0;
  Problem q;
  Images images;
  /// Whether the images are of a range in which the numerical promise holds: not subnormal.
  bool promised = true;

  std::string text() const {
    static const char* const penalties[] = {"SQUARED", "ABSOLUTE", "CHARBONNIER", "HUBER"};
    static const char* const edges[] = {"REPLICATE", "REFLECT", "ZERO", "CROP"};
    char line[512];
    snprintf(line, sizeof line, "%dx%dx%dx%d block %d offset %d,%d %s(%g) %s %s tables %d%s scale %g%s", q.n, q.c, q.h,
             q.w, q.block, q.dy, q.dx, penalties[q.penalty], q.parameter,
             q.coefficients == dctloss::MAGNITUDE ? "MAGNITUDE" : "SIGNED", edges[q.edge], q.tables,
             q.rotated ? " rotated" : "", q.scale, q.sample_scales.empty() ? "" : " times one per sample");
    return line;
  }
};

inline constexpr int BLOCKS[] = {2, 3, 4, 5, 7, 8, 12, 16, 21, 32, 64};

/// Weights of 1, no grid offset, 2 x 3 blocks; a start for cases of one's own.
inline Case uniform_case(int block, int penalty) {
  Case k;
  k.q.block = block;
  k.q.h = 2 * block;
  k.q.w = 3 * block;
  k.q.penalty = penalty;
  k.q.parameter = penalty == dctloss::CHARBONNIER ? 1e-3 : penalty == dctloss::HUBER ? 0.05 : 0;
  k.q.weights.assign(static_cast<size_t>(block) * block, 1.0);
  return k;
}

/// Factors of gradients that leave float32's normal range on the way to gradients that are within: with the weights, or with
/// an error that a root will divide.
inline std::vector<Case> tiny_factor_cases() {
  struct Factors {
    int penalty;
    double parameter, weight;
    float unit;  // of the images
  };
  const Factors all[] = {{dctloss::SQUARED, 0, 1e-9, 1e17f},
                         {dctloss::SQUARED, 0, 1e-10, 1e17f},
                         {dctloss::SQUARED, 0, 1e-12, 1e17f},
                         {dctloss::HUBER, 1e6, 1e-10, 1e17f},
                         {dctloss::CHARBONNIER, 1e-10, 1, 1e-12f}};
  std::vector<Case> cases;
  Random random(5);
  for (const Factors& factors : all) {
    Case k = uniform_case(8, factors.penalty);
    k.q.parameter = factors.parameter;
    k.q.weights.assign(64, factors.weight);
    k.q.scale = 1.0001e-30;
    for (std::vector<float>* image : {&k.images.p, &k.images.t}) {
      *image = draw(ImageKind::NOISE, k.q, random);
      for (float& v : *image) {
        v *= factors.unit;
      }
    }
    cases.push_back(k);
  }
  return cases;
}

/// The linear part of BT.601.
inline void rotate_to_ycbcr(Problem& q) {
  const double kr = 0.299, kb = 0.114, kg = 1 - kr - kb;
  const double m[9] = {kr,
                       kg,
                       kb,
                       -kr / (2 - 2 * kb),
                       -kg / (2 - 2 * kb),
                       0.5,
                       0.5,
                       -kg / (2 - 2 * kr),
                       -kb / (2 - 2 * kr)};
  std::copy(m, m + 9, q.color);
  q.rotated = true;
}

inline void draw_weights(Problem& q, Random& random) {
  q.weights.resize(static_cast<size_t>(q.tables) * q.block * q.block);
  const double unit = random.once_in(3) ? random.power_of_ten(-3, 2) : 1;
  const bool unnormalized = random.once_in(4);
  for (int table = 0; table < q.tables; table++) {
    const int kind = random.below(4);
    for (int i = 0; i < q.block * q.block; i++) {
      const int u = i / q.block;
      const int v = i % q.block;
      double w = kind == 0   ? 1
                 : kind == 1 ? 1.0 / (1 + random.below(100))
                 : kind == 2 ? 1 / (1 + 0.3 * u + 0.5 * v)
                             : (i > 0 && random.once_in(5) ? 0 : random.uniform());
      if (unnormalized) {
        w *= (u == 0 ? 2 * std::sqrt(q.block) : std::sqrt(2.0 * q.block)) *
             (v == 0 ? 2 * std::sqrt(q.block) : std::sqrt(2.0 * q.block));
      }
      q.weights[static_cast<size_t>(table) * q.block * q.block + i] = unit * w;
    }
  }
}

inline void draw_size(Problem& q, Random& random, int most_pixels) {
  static constexpr int SIZES[] = {1, 7, 8, 9, 15, 16, 17, 24, 33, 96, 103, 207};
  static constexpr int SHORT[] = {1, 5, 8, 9, 16, 19};
  static constexpr int NARROW[] = {8, 9, 16, 24, 33};
  q.n = 1 + random.below(3);
  q.c = random.pick({1, 1, 2, 3, 3, 5});
  switch (random.below(5)) {
    case 0:  // Wide: longer than any scratch or loop over pieces of it.
      q.h = random.pick(SHORT);
      q.w = random.once_in(3) ? random.pick({1031, 2053, 4099, 4096}) : 300 + random.below(400);
      q.n = 1 + random.below(2);
      q.c = random.pick({1, 2, 3});
      break;
    case 1:  // A single block row.
      q.h = 1 + random.below(q.block);
      q.w = random.pick(SIZES);
      break;
    case 2:  // Many narrow planes.
      q.n = 5 + random.below(25);
      q.h = random.pick(NARROW);
      q.w = random.pick(NARROW);
      break;
    default:
      q.h = random.pick(SIZES);
      q.w = random.pick(SIZES);
  }
  if (random.once_in(3)) {
    q.c = 3;
    if (random.once_in(2)) {
      rotate_to_ycbcr(q);
    }
  }
  if (q.edge == dctloss::CROP) {
    q.h = std::max(q.h, 2 * q.block - 1);
    q.w = std::max(q.w, 2 * q.block - 1);
  }
  while (q.n > 1 && static_cast<int>(q.pixels()) > most_pixels) {
    q.n--;
  }
  while (q.c > 1 && !q.rotated && static_cast<int>(q.pixels()) > most_pixels) {
    q.c--;
  }
}

inline Case random_case(uint64_t seed, int most_pixels) {
  Random random(seed);
  Case k;
  k.seed = seed;
  Problem& q = k.q;
  // 32 seeds in a row meet all combinations of these.
  q.penalty = static_cast<int>(seed % 4);
  q.coefficients = static_cast<int>(seed / 4 % 2);
  q.edge = static_cast<int>(seed / 8 % 4);
  q.block = random.once_in(3) ? random.pick({2, 3, 4, 5, 7, 12, 16, 21, 32, 64}) : 8;
  q.parameter = q.penalty == dctloss::CHARBONNIER ? random.power_of_ten(-4, 0)
                : q.penalty == dctloss::HUBER     ? random.power_of_ten(-3, 1)
                                                  : 0;
  if (q.penalty >= dctloss::CHARBONNIER && random.once_in(20)) {
    q.parameter = 1e-9;
  }
  draw_size(q, random, most_pixels);
  if (random.once_in(2)) {
    q.dy = random.below(q.block);
    q.dx = random.below(q.block);
  }
  q.tables = random.once_in(q.rotated ? 2 : 3) ? q.c : 1;
  draw_weights(q, random);

  q.scale = random.once_in(3)   ? 1.0 / static_cast<double>(q.pixels())
            : random.once_in(4) ? random.pick({1e-42, 1e44, 0.0, 1e-33, 1e37, 1e-20, 1e20})
                                : random.between(-2, 2);
  if (random.once_in(3)) {
    q.sample_scales.resize(q.n);
    // Factors that float32 cannot hold have products that it can.
    const double unit = q.scale != 0 && random.once_in(2) ? 1 / q.scale : 1;
    for (double& s : q.sample_scales) {
      s = random.once_in(8) ? random.pick({0.0, 1e-42, 1e44, -1.0}) : unit * random.between(-2, 2);
    }
  }

  const bool awkward = random.once_in(5);
  auto kind = [&] {
    return awkward && random.once_in(3) ? ImageKind::PATCHES
                                        : static_cast<ImageKind>(random.below(awkward ? IMAGE_KINDS : NATURAL_IMAGES));
  };
  const ImageKind prediction = kind();
  const ImageKind target = kind();
  k.images.p = draw(prediction, q, random);
  k.images.t = draw(target, q, random);
  k.promised = prediction != ImageKind::DENORMAL && target != ImageKind::DENORMAL;
  if (random.once_in(6)) {
    for (size_t i = 0; i < k.images.p.size(); i++) {
      k.images.t[i] = k.images.p[i] * static_cast<float>(1 + 0.01 * random.between(-1, 1));
    }
  }
  // A squared penalty's gradient grows with the images: one takes the other back from the ends of float32.
  if (q.penalty == dctloss::SQUARED && !awkward && std::fabs(std::log10(std::fabs(q.scale) + 1e-300)) > 19 &&
      q.scale != 0 && q.sample_scales.empty()) {
    const float unit = static_cast<float>(std::min(1e14, std::max(1e-14, 1 / q.scale)));
    for (std::vector<float>* image : {&k.images.p, &k.images.t}) {
      for (float& v : *image) {
        v *= unit;
      }
    }
  }
  return k;
}

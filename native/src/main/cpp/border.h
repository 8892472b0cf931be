// The border: all that crosses from Java, and nothing else. Plain numbers; strides and offsets count elements (float32).
//
// Every function is stateless, allocates nothing, starts no thread, throws nothing and reports by a code. Memory, threads
// and the order in which sums are added belong to the caller.
#pragma once

#include <cstdint>

namespace dctloss {

/// Changes with every change of this file. Java compares it before first use.
constexpr int32_t ABI = 2;

/// What a function reports.
enum Code : int32_t {
  OK = 0,
  WRONG_ABI = 1,     ///< the job was written for another version of this file
  WRONG_ISA = 2,     ///< this processor, or this build, does not have the instruction set asked for
  NO_MEMORY = 3,     ///< a view, or one of the job's own addresses, is null where memory is needed
  OUT_OF_RANGE = 4,  ///< sizes, a range of items or an enumerator outside what the functions below allow
};

/// Instruction sets, each the index of its bit in instruction_sets(). A larger one of the same processor is faster.
enum Isa : int32_t {
  SSE2 = 0,    ///< any x86-64
  AVX2 = 1,    ///< AVX2 and FMA
  AVX512 = 2,  ///< AVX-512 F, VL, DQ, BW
  NEON = 3,    ///< any AArch64
};

// In the order of the Java enums of the same names.
enum Penalty : int32_t { SQUARED, ABSOLUTE, CHARBONNIER, HUBER };
enum Coefficients : int32_t { SIGNED, MAGNITUDE };
enum Edge : int32_t { REPLICATE, REFLECT, ZERO, CROP };

/// Bits of Job::flags.
enum Flag : int32_t {
  ACCUMULATE = 1,  ///< outputs are added to what the views hold
  STREAM = 2,      ///< loss_strips: the batch does not fit the last cache: store past the caches
  INVERSE = 4,     ///< transform_strips: coefficients to pixels
  // loss_strips: memory for it was meant to be there; without, nothing is done and NO_MEMORY reported.
  WANTS_GRADIENT = 8,
  WANTS_TARGET_GRADIENT = 16,
  WANTS_MAP = 32,
  PREFETCH = 64,  ///< loss_strips: the batch does not fit the second cache: ask for pixels before they are needed
};

/// Where N x C x H x W pixels lie: (n, c, y, x) at offset + n stride_n + c stride_c + y stride_h + x stride_w. Addresses
/// are multiples of 4.
struct View {
  int64_t address;  ///< of element 0; 0 if the pixels are in an array passed beside the job, or if there is no such view
  int64_t offset;
  int64_t stride_n, stride_c, stride_h, stride_w;
};

/// One grid of blocks over one batch, and what to do with it. Read-only while functions run; shared by all threads.
struct Job {
  int32_t abi;
  int32_t isa;
  int32_t n, c, h, w;
  int32_t block;   ///< B, 2..64
  int32_t planes;  ///< planes that an item spans: 3 with colour rotation (then c is 3), else 1
  int32_t tables;  ///< weight tables: 1 or c
  int32_t penalty;
  int32_t coefficients;
  int32_t edge;
  int32_t rows, columns;     ///< of blocks in the grid
  int32_t start_y, start_x;  ///< pixel at which the grid's first block starts; negative if outside
  int32_t flags;
  int32_t reserved;
  double parameter;        ///< eps or delta
  double scale;            ///< multiplies the gradients
  double color[9];         ///< rotation of the three planes, row by row
  int64_t sample_scales;   ///< address of n doubles that multiply the gradients on top of scale, or 0
  int64_t constants;       ///< address of constants_bytes(), 64-byte aligned, filled by set_weights()
  int64_t sums;            ///< address of n * c * rows doubles: the sum of penalties of each block row
  int64_t spectrum;        ///< address of n * c * B * B doubles that penalties are added to, or 0
  View prediction;         ///< transform_strips: the input
  View target;
  View gradient;           ///< transform_strips: the output
  View target_gradient;
};
static_assert(sizeof(View) == 48 && sizeof(Job) == 18 * 4 + 11 * 8 + 4 * 8 + 4 * 48, "Java writes it by offset");

/// ABI, and in the upper half the size of a Job.
int64_t abi();

/// Bit mask of the instruction sets that this build has and this processor runs.
int32_t instruction_sets();

/// Size in bytes of the second cache, and of the last: what one core reaches. 0 if unknown.
int64_t second_cache();
int64_t last_level_cache();

/// Address of a direct buffer's memory.
int64_t address(const void* buffer);

/// Bytes that Job::constants needs; 0 for a job that does not fit. Depends on block and tables.
int64_t constants_bytes(const Job* job);

/// Bytes that each thread's scratch needs, 64-byte aligned; 0 for a job that does not fit. Depends on block and planes.
int64_t scratch_bytes(const Job* job);

/// Fills Job::constants. `w` holds tables * B * B numbers, table by table, row = vertical frequency: weights times the
/// factors that the scaling puts on the orthonormal coefficients; for transform_strips these factors alone (one table).
int32_t set_weights(const Job* job, const double* w);

/// Evaluates items `from` .. `to` - 1 of the loss: writes their sums, and gradients where the job has views for them.
///
/// An item is a block row: number (n * c + channel) * rows + row, or n * rows + row where it spans three planes. Items
/// may run in any order and on any thread, but with edge REFLECT on a grid that is not flush with the image (and with a
/// spectrum) all items of a plane must run in order, in one call each or together.
///
/// p, t, g, tg: the arrays of views without address, null for the others. map: n * c * rows * columns means of the
/// penalties of a block, or null.
int32_t loss_strips(const Job* job, int32_t from, int32_t to, void* scratch, const float* p, const float* t, float* g,
                    float* tg, float* map);

/// Evaluates items `from` .. `to` - 1 of the block transform, which may be in place.
int32_t transform_strips(const Job* job, int32_t from, int32_t to, void* scratch, const float* in, float* out);

/// What benchmarks measure against, with the same compiler: g = p - t, n pixels, as a plain loop; with flag STREAM by
/// vectors that are stored past the caches. g does not overlap the others.
int32_t subtract(int32_t isa, int32_t flags, const float* p, const float* t, float* g, int64_t n);

}  // namespace dctloss

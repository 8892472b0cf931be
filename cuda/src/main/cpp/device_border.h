// The border of the CUDA backend: all that crosses from Java, and nothing else. Plain numbers; strides count elements.
//
// Functions that work on a device make it the calling thread's current one and put back the one before; a thread that
// had no context keeps the device, since putting back another would create a context there, of hundreds of megabytes.
// Those that queue work neither allocate nor wait, and may be captured into a graph. Nothing throws.
#pragma once

#include <cstdint>

namespace dctloss {
namespace cuda {

/// Changes with every change of this file. Java compares it before first use.
constexpr int32_t ABI = 2;

/// What a function reports: 0; a cudaError_t, which is positive; or one of these.
enum Code : int32_t {
  OK = 0,
  WRONG_ABI = -1,     ///< the job was written for another version of this file
  NO_MEMORY = -2,     ///< an address is null where memory is needed
  OUT_OF_RANGE = -3,  ///< sizes or an enumerator outside what the functions below allow
};

// In the order of the Java enums of the same names.
enum DataType : int32_t { FLOAT32, FLOAT16, BFLOAT16 };
// (Penalty, Coefficients and Edge: border.h of the native backend.)

/// How threads are laid over pixels. Within one data type all of the first three compute the same bits.
enum Mapping : int32_t {
  FOUR_COLUMNS = 0,  ///< a thread has four columns of a block; aligned, flush float32, and 16-bit magnitudes
  WHOLE_BLOCK = 1,   ///< a thread has a block; aligned, flush, 16-bit
  ONE_COLUMN = 2,    ///< a thread has a column of a block: any alignment, stride and edge but REFLECT; colour rotation
  ANY_BLOCK = 3,     ///< threads share a block of any size, in float64: sizes other than 8, REFLECT, maps, spectra
};

/// Bits of Job::flags.
enum Flag : int32_t {
  ACCUMULATE = 1,        ///< gradients are added to what the views hold
  ACCUMULATE_LOSS = 2,   ///< loss and per-sample values are added to what their memory holds
  INVERSE = 4,           ///< transform(): coefficients to pixels
  FORCE_ONE_COLUMN = 8,  ///< for tests: this mapping where a faster one would do
  FORCE_ANY_BLOCK = 16,  ///< for tests: this mapping where a faster one would do
};

/// Where N x C x H x W pixels lie: (n, c, y, x) at n stride_n + c stride_c + y stride_h + x stride_w elements. The address
/// is one of the device, a multiple of the element's size.
struct View {
  int64_t address;  ///< of pixel (0, 0, 0, 0); 0 if there is no such view
  int64_t stride_n, stride_c, stride_h, stride_w;
};

/// One grid of blocks over one batch, and what to do with it. Copied when work is queued.
struct Job {
  int32_t abi;
  int32_t n, c, h, w;
  int32_t block;   ///< B, 2..64
  int32_t planes;  ///< 3 with colour rotation (then c is 3), else 1
  int32_t tables;  ///< weight tables: 1 or c
  int32_t penalty;
  int32_t coefficients;
  int32_t edge;
  int32_t rows, columns;     ///< of blocks in the grid
  int32_t start_y, start_x;  ///< pixel at which the grid's first block starts; negative if outside
  int32_t input, output;     ///< DataType of the images and of the gradients
  int32_t flags;
  double parameter;        ///< eps or delta
  double scale;            ///< multiplies the gradients
  double loss_scale;       ///< multiplies the sum of all penalties to give the loss
  double sample_scale;     ///< multiplies the sum of a sample's penalties to give its value
  double color[9];         ///< rotation of the three planes, row by row
  // Addresses on the device: of constants and workspace multiples of 16, of all else of the element's size.
  int64_t constants;       ///< constants_bytes(), filled with what fold_weights() gives
  int64_t workspace;       ///< workspace_bytes(), all 0 before first use; of one job at a time
  int64_t upstream;        ///< a float32 that multiplies the gradients on top of scale, or 0
  int64_t sample_factors;  ///< n float32 that multiply the gradients of each sample on top of that, or 0
  int64_t loss;            ///< a float64 that receives the loss
  int64_t per_sample;      ///< n float64 that receive the samples' values, or 0
  int64_t map;             ///< n * c * rows * columns float32 that receive the mean penalty of each block, or 0
  int64_t spectrum;        ///< n * c * B * B float64 that receive the sum of penalties of each frequency, or 0
  View prediction;         ///< transform(): the input
  View target;
  View gradient;           ///< transform(): the output
  View target_gradient;
};
static_assert(sizeof(View) == 40 && sizeof(Job) == 18 * 4 + 13 * 8 + 8 * 8 + 4 * 40, "Java writes it by offset");

/// ABI, and in the upper half the size of a Job.
int64_t abi();

// ------------------------------------------------------------------------------------------------------- the loss

/// Which Mapping loss() takes; a Code if the job does not fit.
int32_t mapping(const Job* job);

/// Bytes of Job::constants; 0 for a job that does not fit. Depends on block and tables.
int64_t constants_bytes(const Job* job);

/// Bytes of Job::workspace; 0 for a job that does not fit. Depends on n, c, h, w, block and planes alone, and is enough
/// for any offset of the grid and any mapping.
int64_t workspace_bytes(const Job* job);

/// Computes in host memory what goes into Job::constants. `weights` holds tables * B * B numbers, table by table, row =
/// vertical frequency: weights times the factors that the scaling puts on the orthonormal coefficients; for transform()
/// these factors alone (one table).
int32_t fold_weights(const Job* job, const double* weights, void* constants);

/// Queues the loss of one grid, and its gradients where the job has views for them: one launch.
int32_t loss(const Job* job, int32_t device, int64_t stream);

/// Queues the block transform, from any data type to any.
int32_t transform(const Job* job, int32_t device, int64_t stream);

/// Queues the rounding of a float32 gradient to the job's gradient views: gradient (and target gradient) = `sums` (and
/// `target_sums`), which lie N x C x H x W without gaps. With ACCUMULATE what the views hold is added first. 0 for none.
int32_t round_gradients(const Job* job, int64_t sums, int64_t target_sums, int32_t device, int64_t stream);

/// What benchmarks measure against: queues g = p - t, n elements of a data type, addresses multiples of 16.
int32_t subtract(int32_t data_type, int64_t p, int64_t t, int64_t g, int64_t n, int32_t device, int64_t stream);

// ----------------------------------------------------------------------- devices, memory, streams, events and graphs

/// "cudaErrorMemoryAllocation" and "out of memory" for a cudaError_t.
const char* error_name(int32_t code);
const char* error_text(int32_t code);

int32_t device_count(int32_t* count);
/// Versions as CUDA counts them: 13000 is 13.0; a driver of 0 is none.
int32_t versions(int32_t* driver, int32_t* runtime);
/// name: 256 characters. numbers: compute capability major and minor, multiprocessors, 1 if there are kernels for it,
/// else 0. Creates no context, so it works on a device that is busy, too.
int32_t describe_device(int32_t device, char* name, int32_t* numbers);
/// Bytes free and in all.
int32_t memory_info(int32_t device, int64_t* free, int64_t* total);

int32_t allocate(int32_t device, int64_t bytes, int64_t* address);
/// This and release_pinned() neither fail nor spoil anything while any thread captures a stream.
int32_t release(int32_t device, int64_t address);
/// Host memory that a device copies from and to without staging.
int32_t allocate_pinned(int32_t device, int64_t bytes, int64_t* address);
int32_t release_pinned(int32_t device, int64_t address);

/// What an address is to CUDA. kind: 0 no memory of its own, 1 page-locked, 2 of a device, 3 managed. owner: the device.
int32_t describe_memory(int64_t address, int32_t device, int32_t* kind, int32_t* owner);

/// Queues a copy between any two memories, host or device.
int32_t copy(int64_t to, int64_t from, int64_t bytes, int32_t device, int64_t stream);
/// Queues setting bytes to a value.
int32_t fill(int64_t address, int32_t value, int64_t bytes, int32_t device, int64_t stream);

int32_t create_stream(int32_t device, int64_t* stream);
int32_t destroy_stream(int32_t device, int64_t stream);
/// Waits for all work queued on it.
int32_t synchronize_stream(int32_t device, int64_t stream);

int32_t create_event(int32_t device, int64_t* event);
int32_t destroy_event(int32_t device, int64_t event);
int32_t record_event(int64_t event, int32_t device, int64_t stream);
/// Queues waiting for an event, of another stream of the device.
int32_t wait_event(int64_t event, int32_t device, int64_t stream);
int32_t synchronize_event(int32_t device, int64_t event);
/// Milliseconds between two events that have happened.
int32_t elapsed(int32_t device, int64_t first, int64_t second, float* milliseconds);

/// Whether what is queued on a stream is recorded instead of done, by whomever: 1, else 0.
int32_t is_capturing(int32_t device, int64_t stream, int32_t* capturing);
/// Starts to record what is queued on the stream, by this thread, instead of doing it.
int32_t begin_capture(int32_t device, int64_t stream);
/// Ends it: an executable graph and the number of its nodes.
int32_t end_capture(int32_t device, int64_t stream, int64_t* graph, int64_t* nodes);
int32_t launch_graph(int64_t graph, int32_t device, int64_t stream);
int32_t destroy_graph(int32_t device, int64_t graph);

}  // namespace cuda
}  // namespace dctloss

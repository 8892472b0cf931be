// What the border says of itself, what it refuses, what it hands on to CUDA, and graphs.
#include <functional>
#include <thread>

#include "device_tests.h"

namespace device {
namespace {

Case small_case() {
  Case k = uniform_case(8, dctloss::CHARBONNIER);
  k.q.n = 2;
  k.q.c = 3;
  k.images.p.assign(k.q.pixels(), 0.5f);
  k.images.t.assign(k.q.pixels(), 0.25f);
  return k;
}

struct Refusal {
  const char* name;
  int32_t code;
  std::function<void(cuda::Job&)> spoil;
};

using cuda::Job;
using cuda::NO_MEMORY;
using cuda::OUT_OF_RANGE;
using cuda::WRONG_ABI;

const std::vector<Refusal> ALL = {
    {"abi + 1", WRONG_ABI, [](Job& j) { j.abi++; }},
    {"abi 0", WRONG_ABI, [](Job& j) { j.abi = 0; }},
    {"n 0", OUT_OF_RANGE, [](Job& j) { j.n = 0; }},
    {"c 0", OUT_OF_RANGE, [](Job& j) { j.c = 0; }},
    {"h 0", OUT_OF_RANGE, [](Job& j) { j.h = 0; }},
    {"w -1", OUT_OF_RANGE, [](Job& j) { j.w = -1; }},
    {"w beyond 2^30", OUT_OF_RANGE, [](Job& j) { j.w = INT32_MAX; }},
    {"more blocks than 31 bits", OUT_OF_RANGE, [](Job& j) { j.n = j.h = j.w = 1 << 16; }},
    {"more block rows than 31 bits", OUT_OF_RANGE, [](Job& j) { j.n = 1 << 16, j.h = 1 << 17, j.w = 1; }},
    {"block 1", OUT_OF_RANGE, [](Job& j) { j.block = 1; }},
    {"block 65", OUT_OF_RANGE, [](Job& j) { j.block = 65; }},
    {"planes 2", OUT_OF_RANGE, [](Job& j) { j.planes = 2; }},
    {"tables 2 of 3 channels", OUT_OF_RANGE, [](Job& j) { j.tables = 2; }},
    {"tables 0", OUT_OF_RANGE, [](Job& j) { j.tables = 0; }},
    {"input 3", OUT_OF_RANGE, [](Job& j) { j.input = 3; }},
    {"output -1", OUT_OF_RANGE, [](Job& j) { j.output = -1; }},
};
const std::vector<Refusal> OF_LOSS = {
    {"three planes of four channels", OUT_OF_RANGE, [](Job& j) { j.planes = 3, j.c = 4; }},
    {"penalty 4", OUT_OF_RANGE, [](Job& j) { j.penalty = 4; }},
    {"penalty -1", OUT_OF_RANGE, [](Job& j) { j.penalty = -1; }},
    {"coefficients 2", OUT_OF_RANGE, [](Job& j) { j.coefficients = 2; }},
    {"edge 4", OUT_OF_RANGE, [](Job& j) { j.edge = 4; }},
    {"edge -1", OUT_OF_RANGE, [](Job& j) { j.edge = -1; }},
    {"rows 0", OUT_OF_RANGE, [](Job& j) { j.rows = 0; }},
    {"columns 0", OUT_OF_RANGE, [](Job& j) { j.columns = 0; }},
    {"a row too many", OUT_OF_RANGE, [](Job& j) { j.rows++; }},
    {"a column too few", OUT_OF_RANGE, [](Job& j) { j.columns--; }},
    {"a start beyond the image", OUT_OF_RANGE, [](Job& j) { j.start_y = 1; }},
    {"a start a block too early", OUT_OF_RANGE, [](Job& j) { j.start_x = -8; }},
    {"float16 from float32", OUT_OF_RANGE, [](Job& j) { j.output = cuda::FLOAT16; }},
};
// What loss() alone can know.
const std::vector<Refusal> OF_ADDRESSES = {
    {"no constants", NO_MEMORY, [](Job& j) { j.constants = 0; }},
    {"no workspace", NO_MEMORY, [](Job& j) { j.workspace = 0; }},
    {"no loss", NO_MEMORY, [](Job& j) { j.loss = 0; }},
    {"no prediction", NO_MEMORY, [](Job& j) { j.prediction.address = 0; }},
    {"no target", NO_MEMORY, [](Job& j) { j.target.address = 0; }},
    {"a prediction between two pixels", OUT_OF_RANGE, [](Job& j) { j.prediction.address += 2; }},
    {"a target between two pixels", OUT_OF_RANGE, [](Job& j) { j.target.address += 1; }},
    {"a gradient between two pixels", OUT_OF_RANGE, [](Job& j) { j.gradient.address += 1; }},
    {"a target gradient between two pixels", OUT_OF_RANGE, [](Job& j) { j.target_gradient.address += 2; }},
    {"constants between two rows", OUT_OF_RANGE, [](Job& j) { j.constants += 8; }},
    {"a workspace between two numbers", OUT_OF_RANGE, [](Job& j) { j.workspace += 4; }},
    {"an upstream factor between two numbers", OUT_OF_RANGE, [](Job& j) { j.upstream = j.loss + 2; }},
    {"sample factors between two numbers", OUT_OF_RANGE, [](Job& j) { j.sample_factors = j.loss + 2; }},
    {"a loss between two numbers", OUT_OF_RANGE, [](Job& j) { j.loss += 4; }},
    {"sample values between two numbers", OUT_OF_RANGE, [](Job& j) { j.per_sample += 4; }},
    {"a map between two numbers", OUT_OF_RANGE, [](Job& j) { j.map += 2; }},
    {"a spectrum between two numbers", OUT_OF_RANGE, [](Job& j) { j.spectrum += 4; }},
};
const std::vector<Refusal> OF_TRANSFORM = {
    {"no constants", NO_MEMORY, [](Job& j) { j.constants = 0; }},
    {"no input", NO_MEMORY, [](Job& j) { j.prediction.address = 0; }},
    {"no output", NO_MEMORY, [](Job& j) { j.gradient.address = 0; }},
    {"an output between two pixels", OUT_OF_RANGE, [](Job& j) { j.gradient.address += 2; }},
    {"a partial block", OUT_OF_RANGE, [](Job& j) { j.h--; }},
    {"an offset", OUT_OF_RANGE, [](Job& j) { j.start_y = -1; }},
    {"three planes", OUT_OF_RANGE, [](Job& j) { j.planes = 3; }},
};

/// Each spoilt job gets its code from a function, and nothing is written or queued.
void refuse(const char* function, const std::vector<Refusal>& list, const std::function<int32_t(Run&, int64_t)>& call) {
  const Case k = small_case();
  for (const Refusal& refusal : list) {
    report::begin("refusals: %s, %s", function, refusal.name);
    Random random(1);
    const Setup s = full_setup(k.q, cuda::FLOAT32, random);
    Run run(k.q, s, k.images);
    const Job good = run.job;
    refusal.spoil(run.job);
    Stream stream;
    const int32_t code = call(run, stream.handle());
    CHECK(code == refusal.code, "returned %d, expected %d", code, refusal.code);
    stream.wait();
    run.job = good;
    const Outcome o = run.outcome();
    CHECK(bits(o.loss) == CANARY64 && bits(o.gradient[0][0]) == CANARY && bits(o.map[0]) == CANARY,
          "something was written");
    report::end();
  }
}

}  // namespace

void refusals() {
  const auto loss = [](Run& run, int64_t stream) { return cuda::loss(&run.job, 0, stream); };
  const auto mapping = [](Run& run, int64_t) { return cuda::mapping(&run.job); };
  const auto transform = [](Run& run, int64_t stream) { return cuda::transform(&run.job, 0, stream); };
  const auto fold = [](Run& run, int64_t) {
    double weights[3 * 64] = {}, folded[8192];
    return cuda::fold_weights(&run.job, weights, folded);
  };
  const auto round = [](Run& run, int64_t stream) {
    return cuda::round_gradients(&run.job, run.job.prediction.address, 0, 0, stream);
  };
  const auto bytes = [](Run& run, int64_t) -> int32_t {
    const bool none = cuda::constants_bytes(&run.job) == 0 && cuda::workspace_bytes(&run.job) == 0;
    return !none ? 0 : run.job.abi != cuda::ABI ? WRONG_ABI : OUT_OF_RANGE;
  };
  refuse("loss", ALL, loss);
  refuse("loss", OF_LOSS, loss);
  refuse("loss", OF_ADDRESSES, loss);
  refuse("mapping", ALL, mapping);
  refuse("mapping", OF_LOSS, mapping);
  refuse("transform", ALL, transform);
  refuse("transform", OF_TRANSFORM, transform);
  refuse("fold_weights", ALL, fold);
  refuse("constants_bytes and workspace_bytes", ALL, bytes);
  refuse("round_gradients", ALL, round);
  refuse("round_gradients",
         {{"no gradient", NO_MEMORY, [](Job& j) { j.gradient.address = 0; }},
          {"a gradient between two pixels", OUT_OF_RANGE, [](Job& j) { j.gradient.address += 2; }},
          {"a target gradient between two pixels", OUT_OF_RANGE, [](Job& j) { j.target_gradient.address += 1; }},
          {"sums between two numbers", OUT_OF_RANGE, [](Job& j) { j.prediction.address += 2; }}},
         round);
  refuse("round_gradients of the target",
         {{"no gradient", NO_MEMORY, [](Job& j) { j.target_gradient.address = 0; }},
          {"sums between two numbers", OUT_OF_RANGE, [](Job& j) { j.prediction.address += 2; }}},
         [](Run& run, int64_t stream) {
           return cuda::round_gradients(&run.job, 0, run.job.prediction.address, 0, stream);
         });

  report::begin("refusals: null");
  double number = 0;
  Job job = make_job(small_case().q, cuda::FLOAT32, cuda::FLOAT32, 0);
  CHECK(cuda::loss(nullptr, 0, 0) == NO_MEMORY && cuda::transform(nullptr, 0, 0) == NO_MEMORY, "no job");
  CHECK(cuda::mapping(nullptr) == NO_MEMORY && cuda::workspace_bytes(nullptr) == 0, "no job");
  CHECK(cuda::constants_bytes(nullptr) == 0 && cuda::round_gradients(nullptr, 0, 0, 0, 0) == NO_MEMORY, "no job");
  CHECK(cuda::fold_weights(&job, nullptr, &number) == NO_MEMORY, "no weights");
  CHECK(cuda::fold_weights(&job, &number, nullptr) == NO_MEMORY, "no constants");
  report::end();
}

/// A captured loss is one kernel, and sees what memory holds when it is replayed.
void graphs() {
  for (int flag : {0, static_cast<int>(cuda::FORCE_ONE_COLUMN), static_cast<int>(cuda::FORCE_ANY_BLOCK)}) {
    report::begin("graphs: flags %d", flag);
    Random random(5);
    Case k = small_case();
    k.images = {draw(ImageKind::NOISE, k.q, random), draw(ImageKind::NOISE, k.q, random)};
    Setup s = plain_setup(k.q, cuda::FLOAT32, random);
    s.flags = flag;
    s.guard = Guard::AFTER;
    const Outcome expected = run_step(k, "without a graph", s, k.images);
    Case other = k;
    draw_weights(other.q, random);
    const Outcome expected_after = run_step(other, "without a graph, other weights", s, k.images);

    report::step("captured");
    Run captured(k.q, s, k.images);
    // Constants of our own, to be changed.
    const auto constants = constants_of(captured.job, k.q.weights, s.guard);
    captured.job.constants = constants->address();
    Stream stream;
    int64_t graph = 0, nodes = 0;
    CHECK(cuda::begin_capture(0, stream.handle()) == 0, "the capture does not begin");
    CHECK(cuda::loss(&captured.job, 0, stream.handle()) == 0, "loss");
    CHECK(cuda::end_capture(0, stream.handle(), &graph, &nodes) == 0, "the capture does not end");
    CHECK(nodes == 1, "the graph has %ld nodes", static_cast<long>(nodes));
    CHECK(bits(captured.outcome().loss) == CANARY64, "the captured call was done");
    for (int i = 0; i < 4; i++) {
      report::step("replay %d", i);
      const bool changed = i >= 2;
      if (i == 2) {
        const auto changed_constants = constants_of(captured.job, other.q.weights, s.guard);
        memcpy(constants->as<char>(), changed_constants->as<char>(), constants->bytes());
      }
      CHECK(cuda::launch_graph(graph, 0, stream.handle()) == 0, "not launched");
      stream.wait();
      check_same(s, changed ? expected_after : expected, captured.outcome());
    }
    CHECK(cuda::destroy_graph(0, graph) == 0, "not destroyed");
    report::end();
  }
}

void border() {
  report::begin("border: itself");
  CHECK((cuda::abi() & 0xFFFFFFFF) == cuda::ABI && cuda::abi() >> 32 == sizeof(Job), "abi() is %" PRIx64, cuda::abi());
  CHECK(strcmp(cuda::error_name(2), "cudaErrorMemoryAllocation") == 0, "%s", cuda::error_name(2));
  CHECK(strcmp(cuda::error_text(2), "out of memory") == 0, "%s", cuda::error_text(2));
  // Of a job, sizes do not depend on the offset, and are enough for any.
  Job job = make_job(small_case().q, cuda::FLOAT32, cuda::FLOAT32, 0);
  const int64_t workspace = cuda::workspace_bytes(&job), constants = cuda::constants_bytes(&job);
  job.start_y = job.start_x = -3;
  job.rows = job.columns = 4;
  job.flags = cuda::FORCE_ANY_BLOCK;
  CHECK(cuda::workspace_bytes(&job) == workspace && cuda::constants_bytes(&job) == constants,
        "sizes depend on an offset");
  report::end();

  report::begin("border: devices");
  int32_t count = 0, driver = 0, runtime = 0, numbers[4] = {};
  char name[256] = {};
  int64_t free = 0, total = 0;
  CHECK(cuda::device_count(&count) == 0 && count == 1, "%d devices", count);
  CHECK(cuda::versions(&driver, &runtime) == 0 && driver == 13000 && runtime == 13000, "%d and %d", driver, runtime);
  CHECK(cuda::describe_device(0, name, numbers) == 0 && strcmp(name, "emulated device 0") == 0 && numbers[0] == 9 &&
            numbers[1] == 0 && numbers[2] == 4 && numbers[3] == 1,
        "%s %d.%d, %d multiprocessors, %d", name, numbers[0], numbers[1], numbers[2], numbers[3]);
  CHECK(cuda::describe_device(1, name, numbers) == cudaErrorInvalidDevice, "a second device");
  CHECK(cuda::memory_info(0, &free, &total) == 0 && free == total && total == 1 << 30, "%ld", static_cast<long>(free));
  dctloss_emulate("DRIVER", "0");
  CHECK(cuda::device_count(&count) == cudaErrorInsufficientDriver && count == 0, "without a driver %d devices", count);
  CHECK(cuda::versions(&driver, &runtime) == 0 && driver == 0, "no driver's version is %d", driver);
  int64_t address = 1;
  CHECK(cuda::allocate(0, 1, &address) == cudaErrorInsufficientDriver && address == 0, "memory without a driver");
  dctloss_emulate("DRIVER", "13000");
  dctloss_emulate("CAPABILITY", "72");
  CHECK(cuda::describe_device(0, name, numbers) == 0 && numbers[1] == 2 && numbers[3] == 0, "kernels for Volta");
  dctloss_emulate("CAPABILITY", "75");
  CHECK(cuda::describe_device(0, name, numbers) == 0 && numbers[3] == 1, "no kernels for Turing");
  dctloss_emulate("CAPABILITY", "90");
  dctloss_emulate("FAIL", "cudaSetDevice=46@1");
  CHECK(cuda::describe_device(0, name, numbers) == 0, "a context to describe a device");
  dctloss_emulate("FAIL", "");
  report::end();

  report::begin("border: every other device is current only during a call");
  dctloss_emulate("DEVICES", "2");
  int64_t on_second = 0;
  int current = -1;
  CHECK(cuda::allocate(1, 1000, &on_second) == 0 && on_second != 0, "no memory of the second device");
  CHECK(cudaGetDevice(&current) == cudaSuccess && current == 0, "the current device is %d", current);
  CHECK(cuda::memory_info(1, &free, &total) == 0 && total - free == 1000, "%ld", static_cast<long>(total - free));
  CHECK(cuda::memory_info(0, &free, &total) == 0 && total == free, "%ld", static_cast<long>(total - free));
  CHECK(cuda::release(1, on_second) == 0 && cuda::release(1, on_second) == cudaErrorInvalidValue, "released");
  CHECK(cuda::allocate(2, 1, &on_second) == cudaErrorInvalidDevice && on_second == 0, "a third device");
  std::thread([&] {
    CHECK(cuda::allocate(1, 8, &on_second) == 0 && cuda::release(1, on_second) == 0, "on a thread without a context");
    CHECK(cudaGetDevice(&current) == cudaSuccess && current == 1, "a context was created on device %d", current);
  }).join();
  dctloss_emulate("DEVICES", "1");
  CHECK(cuda::allocate(0, int64_t{1} << 40, &address) == cudaErrorMemoryAllocation && address == 0, "a tebibyte");
  CHECK(cudaPeekAtLastError() == cudaSuccess, "an error is left behind");
  report::end();

  report::begin("border: copies, streams and events");
  Stream one, other;
  int64_t device_memory = 0, pinned = 0, event = 0, later = 0;
  float milliseconds = -1;
  CHECK(cuda::allocate(0, 64, &device_memory) == 0 && cuda::allocate_pinned(0, 64, &pinned) == 0, "no memory");
  CHECK(cuda::create_event(0, &event) == 0 && cuda::create_event(0, &later) == 0, "no events");
  CHECK(cuda::fill(device_memory, 7, 64, 0, one.handle()) == 0, "fill");
  CHECK(cuda::record_event(event, 0, one.handle()) == 0, "record");
  CHECK(cuda::wait_event(event, 0, other.handle()) == 0, "wait");
  CHECK(cuda::copy(pinned, device_memory, 64, 0, other.handle()) == 0, "copy");
  CHECK(cuda::record_event(later, 0, other.handle()) == 0 && cuda::synchronize_event(0, later) == 0, "record");
  CHECK(*reinterpret_cast<char*>(pinned) == 7, "the copy is %d", *reinterpret_cast<char*>(pinned));
  CHECK(cuda::elapsed(0, event, later, &milliseconds) == 0 && milliseconds >= 0, "%g ms", milliseconds);
  CHECK(cuda::copy(pinned, device_memory, 65, 0, one.handle()) == cudaErrorInvalidValue, "a byte too many");
  int32_t kind = -1, owner = -1;
  CHECK(cuda::describe_memory(device_memory + 63, 0, &kind, &owner) == 0 && kind == 2 && owner == 0, "kind %d", kind);
  CHECK(cuda::describe_memory(pinned, 0, &kind, &owner) == 0 && kind == 1, "kind %d", kind);
  CHECK(cuda::describe_memory(0x1000, 0, &kind, &owner) == 0 && kind == 0, "kind %d", kind);
  CHECK(cuda::destroy_event(0, event) == 0 && cuda::destroy_event(0, later) == 0, "destroy");
  CHECK(cuda::release(0, device_memory) == 0 && cuda::release_pinned(0, pinned) == 0, "release");
  report::end();

  report::begin("border: memory is released while streams are captured");
  int32_t capturing = -1;
  int64_t graph = 0, nodes = 0;
  for (const cudaStreamCaptureMode mode : {cudaStreamCaptureModeGlobal, cudaStreamCaptureModeThreadLocal}) {
    CHECK(cuda::allocate(0, 64, &device_memory) == 0 && cuda::allocate_pinned(0, 64, &pinned) == 0, "no memory");
    CHECK(cuda::is_capturing(0, one.handle(), &capturing) == 0 && capturing == 0, "captured before");
    CHECK(cudaStreamBeginCapture(reinterpret_cast<cudaStream_t>(one.handle()), mode) == cudaSuccess, "begin");
    CHECK(cuda::is_capturing(0, one.handle(), &capturing) == 0 && capturing == 1, "not captured");
    CHECK(cuda::release(0, device_memory) == 0, "by the thread that captures");
    std::thread([&] { CHECK(cuda::release_pinned(0, pinned) == 0, "by another"); }).join();
    CHECK(cuda::end_capture(0, one.handle(), &graph, &nodes) == 0 && nodes == 0, "the capture is spoiled");
    CHECK(cuda::destroy_graph(0, graph) == 0, "destroy");
  }
  report::end();
}

}  // namespace device

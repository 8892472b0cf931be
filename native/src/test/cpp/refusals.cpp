// What the border says of itself, and what it refuses.
#include <functional>

#include "tests.h"

using namespace dctloss;

namespace {

/// A job, its arguments, and what a test spoils of them.
struct Call {
  Job job = {};
  int from = 0, to = 0;
  void* scratch = nullptr;
  const float* p = nullptr;
  const float* t = nullptr;
  float* g = nullptr;
  float* tg = nullptr;
  float* map = nullptr;
  const double* weights = nullptr;
};

struct Refusal {
  const char* name;
  int32_t code;
  std::function<void(Call&)> spoil;
};

}  // namespace

/// Bad jobs: each returns its code, and nothing is written.
void refusals(int isa) {
  Case k = uniform_case(8, CHARBONNIER);
  k.q.n = 2;
  k.q.c = 3;
  k.q.h = 16;
  k.q.w = 24;
  k.images.p.assign(k.q.pixels(), 0.5f);
  k.images.t.assign(k.q.pixels(), 0.25f);
  const Variant v = plain_variant(k.q, options.guard);
  const int items = items_of(k.q);

  std::vector<Refusal> jobs = {
      {"abi + 1", WRONG_ABI, [](Call& c) { c.job.abi++; }},
      {"abi 0", WRONG_ABI, [](Call& c) { c.job.abi = 0; }},
      {"block 1", OUT_OF_RANGE, [](Call& c) { c.job.block = 1; }},
      {"block 0", OUT_OF_RANGE, [](Call& c) { c.job.block = 0; }},
      {"block 65", OUT_OF_RANGE, [](Call& c) { c.job.block = 65; }},
      {"tables 2 of 3 channels", OUT_OF_RANGE, [](Call& c) { c.job.tables = 2; }},
      {"tables 0", OUT_OF_RANGE, [](Call& c) { c.job.tables = 0; }},
  };
  for (int other : {-1, 0, 1, 2, 3, 4, 31, 32, 1000, INT32_MAX, INT32_MIN}) {
    const bool here = other >= 0 && other < 31 && (instruction_sets() >> other & 1) != 0;
    if (!here) {
      jobs.push_back({"another instruction set", WRONG_ISA, [other](Call& c) { c.job.isa = other; }});
    }
  }
  std::vector<Refusal> strips = {
      {"n 0", OUT_OF_RANGE, [](Call& c) { c.job.n = 0; }},
      {"c 0", OUT_OF_RANGE, [](Call& c) { c.job.c = 0; }},
      {"h 0", OUT_OF_RANGE, [](Call& c) { c.job.h = 0; }},
      {"w -1", OUT_OF_RANGE, [](Call& c) { c.job.w = -1; }},
      {"rows 0", OUT_OF_RANGE, [](Call& c) { c.job.rows = 0; }},
      {"columns 0", OUT_OF_RANGE, [](Call& c) { c.job.columns = 0; }},
      {"planes 2", OUT_OF_RANGE, [](Call& c) { c.job.planes = 2; }},
      {"from -1", OUT_OF_RANGE, [](Call& c) { c.from = -1; }},
      {"to beyond the items", OUT_OF_RANGE, [items](Call& c) { c.to = items + 1; }},
      {"to before from", OUT_OF_RANGE, [](Call& c) { c.from = 3, c.to = 2; }},
      {"no constants", NO_MEMORY, [](Call& c) { c.job.constants = 0; }},
      {"no scratch", NO_MEMORY, [](Call& c) { c.scratch = nullptr; }},
      {"no input", NO_MEMORY, [](Call& c) { c.p = nullptr; }},
  };
  std::vector<Refusal> losses = {
      {"three planes of four channels", OUT_OF_RANGE, [](Call& c) { c.job.planes = 3, c.job.c = 4, c.to = 2; }},
      {"penalty 4", OUT_OF_RANGE, [](Call& c) { c.job.penalty = 4; }},
      {"penalty -1", OUT_OF_RANGE, [](Call& c) { c.job.penalty = -1; }},
      {"coefficients 2", OUT_OF_RANGE, [](Call& c) { c.job.coefficients = 2; }},
      {"edge 4", OUT_OF_RANGE, [](Call& c) { c.job.edge = 4; }},
      {"edge -1", OUT_OF_RANGE, [](Call& c) { c.job.edge = -1; }},
      {"no sums", NO_MEMORY, [](Call& c) { c.job.sums = 0; }},
      {"no target", NO_MEMORY, [](Call& c) { c.t = nullptr; }},
  };
  std::vector<Refusal> transformations = {
      {"no output", NO_MEMORY, [](Call& c) { c.g = nullptr; }},
  };
  std::vector<Refusal> weights = {
      {"no weights", NO_MEMORY, [](Call& c) { c.weights = nullptr; }},
      {"no constants", NO_MEMORY, [](Call& c) { c.job.constants = 0; }},
  };

  auto refuse = [&](const char* function, const std::vector<Refusal>& list) {
    for (const Refusal& refusal : list) {
      report::begin("refusals %s: %s, %s", isa_name(isa), function, refusal.name);
      Run run(k.q, isa, v, k.images);
      Memory scratch("scratch", run.scratch_bytes(), 64, options.guard);
      Memory constants("constants", round_up_64(constants_bytes(&run.job())), 64, options.guard);
      memset(constants.as<char>(), 0x5A, constants.bytes());
      Memory outputs("outputs", 4 * k.q.pixels(), 4, options.guard);
      fill(outputs, CANARY);
      Memory map("block map", 4 * 2 * 3 * 2 * 3, 4, options.guard);
      fill(map, CANARY);
      Call c;
      c.job = run.job();
      for (View* view : {&c.job.prediction, &c.job.target, &c.job.gradient, &c.job.target_gradient}) {
        view->address = 0;
      }
      c.to = items;
      c.scratch = scratch.as<void>();
      c.p = k.images.p.data();
      c.t = k.images.t.data();
      c.g = c.tg = outputs.as<float>();
      c.map = map.as<float>();
      c.weights = k.q.weights.data();
      const std::string name = function;
      if (name == "set_weights") {
        c.job.constants = constants.address();
      } else if (name == "transform_strips") {
        c.job.edge = CROP;
        c.job.target = c.job.target_gradient = {};
        c.job.sums = 0;
      }
      refusal.spoil(c);
      const int32_t code = name == "set_weights" ? set_weights(&c.job, c.weights)
                           : name == "loss_strips"
                               ? loss_strips(&c.job, c.from, c.to, c.scratch, c.p, c.t, c.g, c.tg, c.map)
                               : transform_strips(&c.job, c.from, c.to, c.scratch, c.p, c.g);
      CHECK(code == refusal.code, "returned %d, expected %d", code, refusal.code);
      bool untouched = true;
      for (float value : contents<float>(outputs)) {
        untouched = untouched && bits(value) == CANARY;
      }
      for (float value : contents<float>(map)) {
        untouched = untouched && bits(value) == CANARY;
      }
      for (char value : contents<char>(constants)) {
        untouched = untouched && value == 0x5A;
      }
      for (double sum : run.outcome().sums) {
        untouched = untouched && bits(sum) == CANARY64;
      }
      CHECK(untouched, "something was written");
      report::end();
    }
  };
  for (const char* function : {"set_weights", "loss_strips", "transform_strips"}) {
    refuse(function, jobs);
  }
  refuse("loss_strips", strips);
  refuse("transform_strips", strips);
  refuse("loss_strips", losses);
  refuse("transform_strips", transformations);
  refuse("set_weights", weights);

  report::begin("refusals %s: no items are no error", isa_name(isa));
  for (int from : {0, 5, items}) {
    Variant none = v;
    none.pieces = {{from, from}};
    for (double sum : run_step(k, isa, "from = to", none, k.images).sums) {
      CHECK(bits(sum) == CANARY64, "something was written");
    }
  }
  report::end();
}

void border() {
  report::begin("border");
  CHECK((abi() & 0xFFFFFFFF) == ABI && abi() >> 32 == sizeof(Job), "abi() is %" PRIx64, abi());
  int here = 0;
  CHECK(address(&here) == reinterpret_cast<int64_t>(&here), "address()");
  CHECK(address(nullptr) == 0, "address() of null");
  CHECK(second_cache() >= 0 && second_cache() <= last_level_cache(), "second_cache() is %" PRId64, second_cache());
  CHECK(last_level_cache() >= 0 && last_level_cache() < int64_t{1} << 40, "last_level_cache() is %" PRId64,
        last_level_cache());
#if defined(__x86_64__)
  CHECK((instruction_sets() & 1 << SSE2) != 0, "x86-64 without SSE2");
#elif defined(__aarch64__)
  CHECK(instruction_sets() == 1 << NEON, "AArch64 is NEON and nothing else");
#endif
  CHECK(instruction_sets() > 0 && instruction_sets() >> 4 == 0, "instruction_sets() is %d", instruction_sets());
  report::end();
}

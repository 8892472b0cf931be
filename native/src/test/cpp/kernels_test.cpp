// The kernels without a JVM, once per instruction set: what border.h and the numerical promise say, over a seeded sweep
// of options, layouts, outputs and ways of cutting the work.
//
//   kernels_test [--cases N] [--seed S] [--pixels N] [--test NAME] [--guard pages|heap] [--expect ISA] [ISA...]
//
// One case of the sweep again: kernels_test --test sweep --seed S --cases 1 ISA

#include <cstdio>
#include <string>
#include <vector>

#include "tests.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

using namespace dctloss;

namespace {

struct Test {
  const char* name;
  void (*run)(int isa);
};

constexpr Test TESTS[] = {
    {"refusals", refusals},
    {"transforms", transforms},
    {"flat_differences", flat_differences},
    {"zero_weights", zero_weights},
    {"magnitudes", magnitudes},
    {"sums_of_noise", sums_of_noise},
    {"extremes", extremes},
    {"tiny_factors", tiny_factors},
    {"mixed_blocks", mixed_blocks},
    {"streams", streams},
    {"repeated_inputs", repeated_inputs},
    {"far_strides", far_strides},
    {"threads_share_a_job", threads_share_a_job},
    {"subtraction", subtraction},
    {"sweep", sweep},
};

[[noreturn]] void usage(const std::string& complaint) {
  fprintf(stderr,
          "%s\nusage: kernels_test [--cases N] [--seed S] [--pixels N] [--test NAME] [--guard pages|heap]\n"
          "                    [--expect ISA] [SSE2|AVX2|AVX512|NEON...]\n",
          complaint.c_str());
  exit(2);
}

int isa_of(const std::string& name) {
  for (int isa = SSE2; isa <= NEON; isa++) {
    if (name == isa_name(isa)) {
      return isa;
    }
  }
  usage(name + ": unknown instruction set");
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<int> isas;
  int expect = -1;
  for (int i = 1; i < argc; i++) {
    const std::string option = argv[i];
    if (option.rfind("--", 0) != 0) {
      isas.push_back(isa_of(option));
      continue;
    }
    if (i + 1 == argc) {
      usage(option + ": a value is missing");
    }
    const std::string value = argv[++i];
    if (option == "--cases") {
      options.cases = std::stoi(value);
    } else if (option == "--seed") {
      options.seed = std::stoull(value);
    } else if (option == "--pixels") {
      options.pixels = std::stoi(value);
    } else if (option == "--test") {
      options.test = value;
    } else if (option == "--guard" && (value == "pages" || value == "heap")) {
      options.guard = value == "heap" ? Guard::HEAP : Guard::AFTER;
    } else if (option == "--expect") {
      expect = isa_of(value);
    } else {
      usage(option + " " + value + ": unknown");
    }
  }
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_set_death_callback([] { printf("CRASHED: %s\n  in %s\n", report::context, report::step_name); });
#else
  install_crash_handler();
#endif

  const int here = instruction_sets();
  int best = -1;
  for (int isa = SSE2; isa <= NEON; isa++) {
    if ((here >> isa & 1) != 0) {
      best = isa;
    }
  }
  printf("instruction sets:");
  for (int isa = SSE2; isa <= NEON; isa++) {
    printf("%s%s", (here >> isa & 1) != 0 ? " " : "", (here >> isa & 1) != 0 ? isa_name(isa) : "");
  }
  printf("\n");
  if (expect >= 0) {
    report::begin("the best instruction set");
    CHECK(best == expect, "is %s, expected %s", isa_name(best), isa_name(expect));
    report::end();
  }
  if (isas.empty()) {
    for (int isa = SSE2; isa <= NEON; isa++) {
      if ((here >> isa & 1) != 0) {
        isas.push_back(isa);
      }
    }
  }
  if (options.test.empty() || options.test == "border") {
    border();
    check_edge_source();
  }
  for (int isa : isas) {
    if ((here >> isa & 1) == 0) {
      fprintf(stderr, "%s: not on this processor or not in this build\n", isa_name(isa));
      return 2;
    }
    for (const Test& test : TESTS) {
      if (options.test.empty() || options.test == test.name) {
        test.run(isa);
      }
    }
  }
  printf("%d passed, %d failed\n", report::passed, report::failed);
  return report::failed == 0 && report::passed > 0 ? 0 : 1;
}

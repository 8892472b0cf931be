// The CUDA kernels without a GPU and without a JVM, on the emulated device: what device_border.h and the numerical
// promise say, over a seeded sweep of options, layouts, data types, outputs and orders of threads.
//
//   kernels_test [--cases N] [--seed S] [--pixels N] [--test NAME] [--every N] [--barriers list|FILE:LINE]
//
// One case of the sweep again: kernels_test --test sweep --seed S --cases 1. --every N leaves out all but one in N
// cases of the other long tests.
//
// --barriers list prints what barriers were met. --barriers FILE:LINE takes one away, and ends with the first failure:
// to see that the tests notice.

#include <csignal>
#include <string>

#include "device_tests.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

namespace {

struct Test {
  const char* name;
  void (*run)();
};

// What finds most, and soonest, comes first.
constexpr Test TESTS[] = {
    {"border", device::border},
    {"cuts", device::cuts},
    {"tickets", device::tickets},
    {"banks", device::banks},
    {"edges", check_edge_source},
    {"graphs", device::graphs},
    {"transforms_in_rounds", device::transforms_in_rounds},
    {"small_samples", device::small_samples},
    {"misaligned_strides", device::misaligned_strides},
    {"far_strides", device::far_strides},
    {"combinations", device::combinations},
    {"configurations", device::configurations},
    {"transforms", device::transforms},
    {"laws", device::laws},
    {"mixed_blocks", device::mixed_blocks},
    {"tiny_factors", device::tiny_factors},
    {"extremes", device::extremes},
    {"refusals", device::refusals},
    {"rounding", device::rounding},
    {"subtraction", device::subtraction},
    {"sweep", device::sweep},
};

[[noreturn]] void usage(const std::string& complaint) {
  fprintf(stderr,
          "%s\nusage: kernels_test [--cases N] [--seed S] [--pixels N] [--test NAME] [--every N]\n"
          "                    [--barriers list|FILE:LINE]\n",
          complaint.c_str());
  exit(2);
}

void fault(const char* sentence) {
  printf("FAILED %s\n  in %s\n  emulated device: %s\n0 passed, 1 failed\n", report::context, report::step_name,
         sentence);
  fflush(stdout);
  _exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  std::string barrier;
  bool list = false;
  options.pixels = 5000;
  for (int i = 1; i < argc; i++) {
    const std::string option = argv[i];
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
    } else if (option == "--every") {
      device::every = std::stoi(value);
    } else if (option == "--barriers") {
      list = value == "list";
      barrier = list ? "" : value;
    } else {
      usage(option + " " + value + ": unknown");
    }
  }
  emulator::on_fault = fault;
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_set_death_callback([] { printf("CRASHED: %s\n  in %s\n", report::context, report::step_name); });
#else
  install_crash_handler();
#endif
  emulator::Grid::get().list_barriers = list;
  emulator::Grid::get().drop(barrier);
  report::stop_at_failure = !barrier.empty();
  for (const Test& test : TESTS) {
    if (options.test.empty() || options.test == test.name) {
      test.run();
    }
  }
  for (const std::string& met : emulator::Grid::get().barriers) {
    printf("barrier %s\n", met.c_str());
  }
  printf("%d passed, %d failed\n", report::passed, report::failed);
  return report::failed == 0 && report::passed > 0 ? 0 : 1;
}

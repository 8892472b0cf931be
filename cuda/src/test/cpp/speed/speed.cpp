// The CUDA kernels from C++, without a JVM.
//
// usage: speed --check                                     small cases against the float64 reference
//        speed --device                                    names the device
//        speed [--json FILE] [--largest PIXELS] [--replays N] [--launches N] [--rotating BYTES]
//                                                          the benchmark
// Ends with 3 if there is no device to run on.
#include "speed.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "device.h"

namespace cuda = dctloss::cuda;

int main(int count, char** arguments) {
  BenchmarkOptions options;
  bool check = false, device = false;
  for (int i = 1; i < count; i++) {
    const std::string option = arguments[i];
    const bool last = i + 1 == count;
    if (option == "--check") {
      check = true;
    } else if (option == "--device") {
      device = true;
    } else if (option == "--json" && !last) {
      options.json = arguments[++i];
    } else if (option == "--largest" && !last) {
      options.largest = std::atof(arguments[++i]);
    } else if (option == "--replays" && !last) {
      options.replays = std::atoi(arguments[++i]);
    } else if (option == "--launches" && !last) {
      options.launches = std::atoi(arguments[++i]);
    } else if (option == "--rotating" && !last) {
      options.rotating = std::atoll(arguments[++i]);
    } else {
      std::fprintf(stderr, "%s: got an option without meaning or value, allowed are --check, --device, or --json FILE, --largest "
                           "PIXELS, --replays N, --launches N and --rotating BYTES\n", option.c_str());
      return 2;
    }
  }
  if (options.replays < 1 || options.launches < 1 || options.rotating < 0) {
    std::fprintf(stderr, "--replays, --launches, --rotating: got %d, %d, %lld, allowed from 1, 1, 0 on\n",
                 options.replays, options.launches, static_cast<long long>(options.rotating));
    return 2;
  }
  int32_t devices = 0, driver = 0, runtime = 0;
  const int32_t code = cuda::device_count(&devices);
  if (code != 0 || devices == 0) {
    std::printf("no CUDA device to run on: %s\n", code != 0 ? cuda::error_text(code) : "none found");
    return 3;
  }
  char name[256] = {};
  int32_t numbers[4] = {};
  if (cuda::describe_device(0, name, numbers) != 0 || cuda::versions(&driver, &runtime) != 0 || numbers[3] == 0) {
    std::printf("no CUDA device to run on: the kernels do not run on %s, sm_%d%d\n", name, numbers[0], numbers[1]);
    return 3;
  }
  if (device) {
    std::printf("%s, sm_%d%d, %d multiprocessors, driver %d.%d, runtime %d.%d\n", name, numbers[0], numbers[1],
                numbers[2], driver / 1000, driver % 1000 / 10, runtime / 1000, runtime % 1000 / 10);
    return 0;
  }
  try {
    return check ? check_all() : benchmark(options);
  } catch (const device::NoMemory& refused) {
    std::fprintf(stderr, "%lld bytes refused (%s)\n", static_cast<long long>(refused.bytes),
                 cuda::error_text(refused.code));
    return 1;
  }
}

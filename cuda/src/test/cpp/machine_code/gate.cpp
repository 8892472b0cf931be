// Judges the machine code of kernels: fails on registers that leave no room for as many thread blocks as are meant to run
// at once; where partial sums are added up on a ticket without fences, or on loads that could be old; and in the fast
// mappings on spills, on accesses to pixels that are narrower than they could be and on loads that wait for each other.
//
// usage: gate ARCHITECTURE CUBIN PTXAS_LOG     The log is of ptxas -v. Prints a table, whose instructions are all there
//                                              are, rare paths included, and FAILED lines; ends with `N passed, N failed`.
#include <cxxabi.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "sass.h"

namespace {

using sass::Access;
using sass::Instruction;

/// What ptxas says about a kernel.
struct Resources {
  int registers = -1, spilled = -1, shared = 0;
};

/// Of the kernels for one architecture, of which the log may have several.
std::map<std::string, Resources> read_log(const std::string& path, const std::string& architecture) {
  std::ifstream file(path);
  std::map<std::string, Resources> found;
  std::string line, entry, function;  // a kernel, and it or what it calls
  bool wanted = false;
  while (std::getline(file, line)) {
    int stack = 0, stores = 0, loads = 0, registers = 0, shared = 0;
    const size_t quoted = line.find("entry function '"), properties = line.find("Function properties for ");
    if (quoted != std::string::npos) {
      entry = line.substr(quoted + 16, line.find('\'', quoted + 16) - quoted - 16);
      wanted = line.find("for '" + architecture + "'") != std::string::npos;
    } else if (!wanted) {
      continue;
    } else if (properties != std::string::npos) {
      function = line.substr(properties + 24);
    } else if (std::sscanf(line.c_str(), " %d bytes stack frame, %d bytes spill stores, %d bytes spill loads", &stack,
                           &stores, &loads) == 3) {
      found[function].spilled = stores + loads;
    } else if (std::sscanf(line.c_str(), "ptxas info : Used %d registers", &registers) == 1) {
      found[entry].registers = registers;
      const size_t smem = line.find(" bytes smem");
      if (smem != std::string::npos && std::sscanf(line.c_str() + line.rfind(' ', smem - 1), "%d", &shared) == 1) {
        found[entry].shared = shared;
      }
    }
  }
  return found;
}

/// "four_columns<float, float, (dctloss::Penalty)2, (dctloss::Coefficients)0, true>" of a symbol.
std::string readable(const std::string& symbol) {
  int status = 0;
  char* text = abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status);
  std::string name = status == 0 ? text : symbol;
  std::free(text);
  name = name.substr(0, name.rfind('('));
  for (const char* without : {"void ", "dctloss::cuda::", "dctloss::"}) {
    for (size_t at; (at = name.find(without)) != std::string::npos;) {
      name.erase(at, std::string(without).size());
    }
  }
  return name;
}

/// What a kernel must be like; zeros ask for nothing.
struct Law {
  int registers = 0;
  bool may_spill = true;
  bool adds_up = false;             ///< takes a ticket
  int reciprocals = 0, roots = 0;   ///< approximated: at least so many
  int pixels = 0;  ///< of a thread
  int load_bytes = 0, store_bytes = 0;
  int loads = 0, stores = 0;  ///< of pixels: so many in flight at once; at least so many in all
};

int size_of(const std::string& type) { return type.find("float") == 0 ? 4 : 2; }

/// "float", "true" ... of a name that ends with template arguments.
std::vector<std::string> arguments_of(const std::string& name) {
  std::vector<std::string> found;
  const std::string all = name.substr(name.find('<') + 1, name.rfind('>') - name.find('<') - 1);
  for (size_t at = 0, comma; at < all.size(); at = comma + 2) {
    comma = std::min(all.find(", ", at), all.size());
    found.push_back(all.substr(at, comma - at));
  }
  return found;
}

/// Registers of a thread where `blocks` thread blocks of so many threads share the 65536 of a multiprocessor, which come
/// by eights.
int budget(int blocks, int threads = 128) { return std::min(255, 65536 / (blocks * threads) / 8 * 8); }

Law law_of(const std::string& name, const std::string& architecture) {
  Law law;
  const size_t end = std::min(name.find('<'), name.size()), colon = name.rfind(':', end);
  const size_t start = colon == std::string::npos ? 0 : colon + 1;
  const std::string kernel = name.substr(start, end - start);
  if (kernel == "four_columns" || kernel == "whole_block" || kernel == "transform_four_columns") {
    const std::vector<std::string> arguments = arguments_of(name);
    const bool transforms = kernel == "transform_four_columns";
    const int columns = kernel == "whole_block" ? 8 : 4;
    const int in = transforms ? 4 : size_of(arguments.at(0)), out = transforms ? 4 : size_of(arguments.at(1));
    const bool magnitudes = kernel == "four_columns" && arguments.at(3).back() == '1';
    // A fifth would not fit the shared memory of these.
    const bool small = architecture == "sm_86" || architecture == "sm_89" || architecture == "sm_120";
    law.registers = budget(columns == 8 ? 3 : transforms ? 5 : magnitudes || small ? 4 : 5);
    law.adds_up = !transforms;
    if (!transforms && arguments.at(2).back() == '2') {  // CHARBONNIER
      law.reciprocals = law.roots = 8 * columns;
    }
    law.may_spill = false;
    law.pixels = 8 * columns;
    law.load_bytes = std::min(16, columns * in);
    law.store_bytes = std::min(16, columns * out);
    law.loads = (transforms ? 1 : 2) * 8 * columns * in / law.load_bytes;
    law.stores = transforms || arguments.back() == "true" ? 8 * columns * out / law.store_bytes : 0;
  } else if (kernel == "one_column") {
    const std::vector<std::string> arguments = arguments_of(name);
    const bool rotates = arguments.at(2) == "3", magnitudes = arguments.at(3).back() == '1';
    law.registers = budget(rotates ? 2 : magnitudes ? 3 : 6);
    law.pixels = 8;
    law.adds_up = true;
    law.reciprocals = law.roots = 8;
  } else if (kernel == "any_block") {
    law.registers = budget(5);
    law.adds_up = true;
  } else if (kernel == "transform_one_column" || kernel == "transform_any_block") {
    law.registers = budget(8);
  } else if (kernel == "round_pixels") {
    law.registers = budget(6, 256);
  } else if (kernel == "subtract_pixels") {
    law.registers = budget(8, 256);
  }
  return law;
}

/// What the code of a kernel is like.
struct Facts {
  int instructions = 0;
  int in_flight = 0;                        ///< loads of pixels without a branch or a use of what they load between
  int loads = 0, narrow_loads = 0;          ///< of pixels, in the text
  int stores = 0, narrow_stores = 0;
  int local = 0;                            ///< accesses to local memory
  int tickets = 0;                          ///< atomic additions
  bool fenced_before = false, fenced_after = false;  ///< the first of them
  int partials = 0, old_partials = 0;       ///< loads of float64 after it; those that a multiprocessor may have from before
  int reciprocals = 0, roots = 0;
};

Facts look_at(const sass::Kernel& kernel, const Law& law, bool sm_75) {
  Facts facts;
  struct Pending {
    unsigned from, count;
  };
  std::vector<Pending> pending;
  bool fenced = false;  // since the last store
  for (const Instruction& i : kernel.instructions) {
    facts.instructions += i.pads() ? 0 : 1;
    for (const Pending& p : pending) {
      if (i.reads(p.from, p.count)) {
        pending.clear();
        break;
      }
    }
    if (i.branches()) {
      pending.clear();
    }
    facts.reciprocals += i.approximates_reciprocal() ? 1 : 0;
    facts.roots += i.approximates_inverse_root() ? 1 : 0;
    if (i.adds_atomically()) {
      facts.fenced_before = facts.tickets == 0 ? fenced : facts.fenced_before;
      facts.tickets++;
    } else if (i.is_fence()) {
      fenced = true;
      facts.fenced_after = facts.fenced_after || (facts.tickets > 0 && facts.partials == 0);
    } else if (i.access() == Access::GLOBAL_STORE) {
      fenced = false;
    } else if (i.access() == Access::GLOBAL_LOAD && i.bytes() == 8 && !i.streams() && facts.tickets > 0) {
      facts.partials++;
      facts.old_partials += i.is_strong(sm_75) ? 0 : 1;
    }
    const bool pixels = i.streams();
    switch (i.access()) {
      case Access::GLOBAL_LOAD:
        if (pixels) {
          facts.loads++;
          facts.narrow_loads += i.bytes() < law.load_bytes ? 1 : 0;
          if (i.bytes() >= law.load_bytes) {
            pending.push_back({i.result(), static_cast<unsigned>(i.bytes() + 3) / 4});
          }
          facts.in_flight = std::max(facts.in_flight, static_cast<int>(pending.size()));
        }
        break;
      case Access::GLOBAL_STORE:
        if (pixels) {
          facts.stores++;
          facts.narrow_stores += i.bytes() < law.store_bytes ? 1 : 0;
        }
        break;
      case Access::LOCAL_LOAD:
      case Access::LOCAL_STORE: facts.local++; break;
      default: break;
    }
  }
  return facts;
}

}  // namespace

int main(int count, char** arguments) try {
  if (count != 4) {
    std::fprintf(stderr, "usage: gate ARCHITECTURE CUBIN PTXAS_LOG\n");
    return 2;
  }
  const std::string architecture = arguments[1];
  std::map<std::string, Resources> log = read_log(arguments[3], architecture);
  int passed = 0, failed = 0;
  for (const sass::Kernel& kernel : sass::read(arguments[2])) {
    const std::string name = readable(kernel.symbol);
    const Law law = law_of(name, architecture);
    const Facts facts = look_at(kernel, law, architecture == "sm_75");
    const Resources resources = log.count(kernel.symbol) != 0 ? log[kernel.symbol] : Resources();
    std::printf("%-7s %-76s %3d registers %4d B spilled %5d B shared %5d instructions", architecture.c_str(),
                name.c_str(), resources.registers, resources.spilled, resources.shared, facts.instructions);
    if (law.pixels > 0) {
      std::printf(" %5.1f per pixel", static_cast<double>(facts.instructions) / law.pixels);
    }
    std::printf(" %2d of %2d loads in flight\n", facts.in_flight, facts.loads);

    const auto check = [&](bool good, const char* what, int got, const char* allowed, int bound) {
      (good ? passed : failed)++;
      if (!good) {
        std::printf("FAILED %s %s: %s: got %d, allowed %s %d\n", architecture.c_str(), name.c_str(), what, got, allowed,
                    bound);
      }
    };
    check(resources.registers >= 0, "registers in the log of ptxas", resources.registers, "at least", 0);
    check(resources.registers <= law.registers, "registers", resources.registers, "at most", law.registers);
    if (law.adds_up) {
      check(facts.tickets == 1, "tickets", facts.tickets, "exactly", 1);
      check(facts.fenced_before, "fences between the last store and the ticket", 0, "at least", 1);
      check(facts.fenced_after, "fences between the ticket and the first partial sum", 0, "at least", 1);
      check(facts.partials > 0, "loads of partial sums", facts.partials, "at least", 1);
      check(facts.old_partials == 0, "loads of partial sums that could be old", facts.old_partials, "exactly", 0);
    }
    check(facts.reciprocals >= law.reciprocals, "approximated reciprocals", facts.reciprocals, "at least",
          law.reciprocals);
    check(facts.roots >= law.roots, "approximated inverse roots", facts.roots, "at least", law.roots);
    if (!law.may_spill) {
      check(resources.spilled == 0, "bytes spilled", resources.spilled, "exactly", 0);
    }
    if (law.load_bytes > 0) {
      check(facts.in_flight >= law.loads, "loads in flight before the first is used", facts.in_flight, "at least",
            law.loads);
      // Others are those of gradients that are added to: at most one for each store. More would be a second copy of the
      // loop, of which only one may be as it should.
      check(facts.loads - law.loads <= facts.stores, "loads of pixels beside those in flight", facts.loads - law.loads,
            "at most", facts.stores);
      check(facts.narrow_loads == 0, "loads of pixels narrower than they could be", facts.narrow_loads, "exactly", 0);
      check(facts.stores >= law.stores, "stores of pixels", facts.stores, "at least", law.stores);
      check(facts.narrow_stores == 0, "stores of pixels narrower than they could be", facts.narrow_stores, "exactly",
            0);
      check(facts.local == 0, "accesses to local memory", facts.local, "exactly", 0);
    }
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
} catch (const std::exception& e) {
  std::fprintf(stderr, "gate: %s\n", e.what());
  return 2;
}

// The machine code of CUDA kernels: reads a cubin without any tool of NVIDIA's.
//
// An instruction is 128 bits, the same way on sm_75 to sm_120: bits 0-8 what it does, 9-11 where its second operand is
// (1: a register), 16-23 the result's register, 24-31, 32-39 and 64-71 those of the operands. Memory accesses have their
// width in bits 73-75, who else sees them at once in bits 77-80 and their place in the cache in bits 84-86. None of this is
// documented: gate.cpp first reads kernels whose instructions are known (known.cu).
#pragma once

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace sass {

enum class Access { NONE, GLOBAL_LOAD, GLOBAL_STORE, LOCAL_LOAD, LOCAL_STORE, SHARED_STORE, OTHER_LOAD };

struct Instruction {
  uint64_t low, high;

  unsigned operation() const { return low & 0x1FF; }
  unsigned form() const { return (low >> 9) & 7; }
  unsigned result() const { return (low >> 16) & 0xFF; }
  unsigned first() const { return (low >> 24) & 0xFF; }
  unsigned second() const { return (low >> 32) & 0xFF; }
  unsigned third() const { return high & 0xFF; }

  Access access() const {
    switch (operation()) {
      case 0x181: return Access::GLOBAL_LOAD;
      case 0x186: return Access::GLOBAL_STORE;
      case 0x183: return Access::LOCAL_LOAD;
      case 0x187: return Access::LOCAL_STORE;
      case 0x188: return Access::SHARED_STORE;
      case 0x184: case 0x182: case 0x180: return Access::OTHER_LOAD;
      default: return Access::NONE;
    }
  }

  /// Bytes of a memory access.
  int bytes() const {
    static constexpr int BYTES[] = {1, 1, 2, 2, 4, 8, 16, 0};
    return BYTES[(high >> 9) & 7];
  }

  /// Whether the access is marked to leave the cache first (.cs): how the kernels touch pixels, and nothing else.
  bool streams() const { return ((high >> 20) & 7) == 0; }

  /// Whether the access goes to the cache that all multiprocessors share (.cg).
  bool is_strong(bool sm_75) const { return ((high >> 13) & 0xF) == (sm_75 ? 0xA : 0x7); }

  bool adds_atomically() const { return operation() == 0x1A8; }
  /// Orders what a thread wrote before what it does next, for the whole device.
  bool is_fence() const { return operation() == 0x192; }
  bool approximates_reciprocal() const { return operation() == 0x108 && ((high >> 10) & 0xF) == 4; }
  bool approximates_inverse_root() const { return operation() == 0x108 && ((high >> 10) & 0xF) == 5; }

  /// Goes elsewhere, or comes from elsewhere. (BSSY only says where threads will meet, WARPSYNC waits.)
  bool branches() const {
    return operation() >= 0x140 && operation() <= 0x150 && operation() != 0x145 && operation() != 0x148;
  }

  bool pads() const { return operation() == 0x118; }

  /// Whether one of `count` registers from `from` on is an operand.
  bool reads(unsigned from, unsigned count) const {
    const auto within = [&](unsigned r) { return r >= from && r < from + count; };
    switch (access()) {
      case Access::GLOBAL_LOAD: case Access::LOCAL_LOAD: case Access::OTHER_LOAD: return within(first());
      case Access::GLOBAL_STORE: case Access::LOCAL_STORE: case Access::SHARED_STORE: {
        for (unsigned i = 0; i < static_cast<unsigned>(bytes() + 3) / 4; i++) {
          if (within(second() + i)) {
            return true;
          }
        }
        return within(first());
      }
      case Access::NONE: break;
    }
    return !uniform() && ((has_first() && within(first())) || (form() == 1 && within(second())) ||
                          (has_third() && within(third())));
  }

 private:
  /// Its registers are those that a warp shares.
  bool uniform() const { return operation() >= 0x080 && operation() < 0x0C0; }

  /// Branches, barriers, moves and conversions have something else there, mostly 0.
  bool has_first() const {
    const unsigned o = operation();
    return o >= 0x007 && !(o >= 0x104 && o <= 0x110) && !(o >= 0x118 && o <= 0x11F) &&
           !(o >= 0x140 && o <= 0x160) && o != 0x002 && o != 0x1AC && o < 0x18F;
  }
  bool has_third() const {
    const unsigned o = operation();
    return o >= 0x002 && o < 0x080 && o != 0x005 && o != 0x006;
  }
};

struct Kernel {
  std::string symbol;
  std::vector<Instruction> instructions;  ///< without what pads the end
};

/// The kernels of a cubin, which is an ELF file with a section .text.SYMBOL for each.
inline std::vector<Kernel> read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto number = [&](uint64_t at, int size) {
    if (at + size > bytes.size()) {
      throw std::runtime_error(path + ": ends early, at " + std::to_string(bytes.size()));
    }
    uint64_t value = 0;
    std::memcpy(&value, bytes.data() + at, size);
    return value;
  };
  if (bytes.size() < 64 || std::memcmp(bytes.data(), "\177ELF", 4) != 0) {
    throw std::runtime_error(path + ": not an ELF file");
  }
  const uint64_t sections = number(0x28, 8), size = number(0x3A, 2), count = number(0x3C, 2), names = number(0x3E, 2);
  const auto field = [&](uint64_t section, int at, int length) { return number(sections + section * size + at, length); };
  std::vector<Kernel> kernels;
  for (uint64_t i = 0; i < count; i++) {
    const std::string name = bytes.data() + field(names, 0x18, 8) + field(i, 0, 4);
    if (name.rfind(".text.", 0) != 0) {
      continue;
    }
    Kernel kernel{name.substr(6), {}};
    const uint64_t from = field(i, 0x18, 8), length = field(i, 0x20, 8);
    for (uint64_t at = from; at + 16 <= from + length; at += 16) {
      kernel.instructions.push_back({number(at, 8), number(at + 8, 8)});
    }
    while (!kernel.instructions.empty() && kernel.instructions.back().pads()) {
      kernel.instructions.pop_back();
    }
    kernels.push_back(kernel);
  }
  return kernels;
}

}  // namespace sass

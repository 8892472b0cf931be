// How the emulator says that a program is wrong: one sentence, and the end of the process.
#pragma once

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace emulator {

/// Where a call is written in a source file.
struct Place {
  const char* file = "";
  int line = 0;

  /// As a default argument: of the call that leaves it out.
  static Place here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) { return {file, line}; }

  /// The file without directories.
  const char* name() const {
    const char* slash = strrchr(file, '/');
    return slash != nullptr ? slash + 1 : file;
  }

  bool operator==(const Place& other) const {
    return line == other.line && (file == other.file || strcmp(file, other.file) == 0);
  }
};

/// Called with the sentence; tests add what they are doing.
inline void (*on_fault)(const char* sentence) = nullptr;

/// Which thread of which block is running, for the sentence; filled by who runs them.
inline const char* (*running)() = nullptr;

[[noreturn]] __attribute__((format(printf, 1, 2))) inline void fault(const char* format, ...) {
  char sentence[512];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(sentence, sizeof sentence, format, arguments);
  va_end(arguments);
  if (running != nullptr && length >= 0 && length < static_cast<int>(sizeof sentence)) {
    snprintf(sentence + length, sizeof sentence - static_cast<size_t>(length), "%s", running());
  }
  if (on_fault != nullptr) {
    on_fault(sentence);
  }
  fprintf(stderr, "emulated device: %s\n", sentence);
  abort();
}

}  // namespace emulator

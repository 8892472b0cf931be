// Counts what passed and failed, and remembers what is being done, for the message of a crash.
#pragma once

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace report {

inline int passed = 0;
inline int failed = 0;
inline bool failing = false;
inline int messages = 0;
/// For a run that only has to show that something fails.
inline bool stop_at_failure = false;
/// The case at hand with all its options, and the step within it. Plain memory: a signal handler prints it.
inline char context[2048];
inline char step_name[512];

/// Starts a test; its failures are counted once.
__attribute__((format(printf, 1, 2))) inline void begin(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(context, sizeof context, format, arguments);
  va_end(arguments);
  step_name[0] = 0;
  failing = false;
  messages = 0;
}

__attribute__((format(printf, 1, 2))) inline void step(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(step_name, sizeof step_name, format, arguments);
  va_end(arguments);
}

inline void end() {
  (failing ? failed : passed)++;
  if (failing && stop_at_failure) {
    printf("%d passed, %d failed\n", passed, failed);
    exit(1);
  }
}

/// A failure of the test at hand. Says so a few times and then only counts.
__attribute__((format(printf, 1, 2))) inline void fail(const char* format, ...) {
  failing = true;
  if (messages++ >= 4 || failed >= 40) {
    return;
  }
  printf("FAILED %s\n  in %s\n  ", context, step_name[0] ? step_name : "the test itself");
  va_list arguments;
  va_start(arguments, format);
  vprintf(format, arguments);
  va_end(arguments);
  printf("\n");
  fflush(stdout);
}

}  // namespace report

#define CHECK(condition, ...)    \
  do {                           \
    if (!(condition)) {          \
      report::fail(__VA_ARGS__); \
    }                            \
  } while (0)

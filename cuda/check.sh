#!/usr/bin/env bash
# Tests the CUDA kernels without a GPU and without a JVM: the very kernels, compiled by g++ for the emulated device of
# src/test/cpp/emulator, against a float64 reference; once more with each barrier taken out, which a test must notice;
# under sanitizers; and the machine code that nvcc makes of them (src/test/cpp/machine_code).
#
# usage: check.sh [--cases N] [--seed S]     N cases of the sweep (200)
#
# CXX is the compiler. A tool that is missing costs a part of the tests, which is said; with CI=true that is a failure.
# Output of each part: cuda/target/cpp-tests/logs.
set -uo pipefail

module=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
here=$module/src/test/cpp
kernels=${DCTLOSS_KERNELS:-$module/src/main/cpp} # another directory: other kernels behind the same border
native=$module/../native/src                     # headers of both backends; the reference, and the cases
work=$module/target/cpp-tests
cxx=${CXX:-g++}
cores=$(nproc)
cases=200 seed=0

while [ $# -gt 0 ]; do
  case $1 in
    --cases) cases=$2 ;;
    --seed) seed=$2 ;;
    *)
      sed -n '6s/^# //p' "$0" >&2
      exit 2
      ;;
  esac
  shift 2
done

passed=0 failed=0
pass() { passed=$((passed + 1)); }
fail() {
  failed=$((failed + 1))
  echo "FAILED $*"
}

# not_run WHAT COST: a part that cannot run here.
not_run() {
  echo "NOT RUN: $1; $2"
  if [ "${CI:-}" = true ]; then fail "$1 (in CI every part must run)"; fi
}

# ---------------------------------------------------------------- jobs: as many at a time as there are cores

# start NAME COMMAND...: output and exit status go to logs/NAME.log and .status.
start() {
  local name=$1
  shift
  while [ "$(jobs -rp | wc -l)" -ge "$cores" ]; do wait -n; done
  (
    "$@" >"$work/logs/$name.log" 2>&1
    echo $? >"$work/logs/$name.status"
  ) &
}

status() { cat "$work/logs/$1.status" 2>/dev/null || echo "not started"; }

# compile NAME SOURCE COMPILER FLAGS...: objects/NAME.o, unless it was made by the same command of the same sources.
compile() {
  local object=$work/objects/$1.o source=$2 key
  shift 2
  key=$(echo "$* $headers" | cat - "$source" | sha256sum)
  if [ -f "$object" ] && [ "$(cat "$object.key" 2>/dev/null)" = "$key" ]; then return; fi
  rm -f "$object.key"
  "$@" -x c++ -c "$source" -o "$object" && echo "$key" >"$object.key"
}

mkdir -p "$work/objects"
exec 9>"$work/lock"
flock -n 9 || { echo "check.sh: waiting for another run in $work" && flock 9; }
rm -rf "$work/logs"
mkdir "$work/logs"

if ! version=$("$cxx" --version 2>&1); then
  echo "check.sh: no C++ compiler $cxx" >&2
  exit 2
fi
headers=$(echo "$version" | cat - "$here"/*.h "$here"/emulator/*.h "$kernels"/*.h "$kernels"/*.cuh \
  "$native"/main/cpp/*.h "$native"/test/cpp/*.h | sha256sum)
common=(-std=c++17 -ffp-contract=off -Wall -Wextra -Werror -Wno-unknown-pragmas -Wno-unused-function
  "-I$here/emulator" "-I$kernels" "-I$native/main/cpp" -iquote "$native/test/cpp")
optimise=(-O2)
! grep -qw fma /proc/cpuinfo 2>/dev/null || optimise+=(-mfma) # the same results, without calls
# Fibers tell the address sanitizer when they change stacks (emulator/fibers.h).
sanitize=(-Og -g1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
# Checks as calls: inline, g++ 12 needs minutes for the kernels. clang does so by itself and has no such option.
calls=(--param asan-instrumentation-with-call-threshold=0)

# build NAME FLAGS...: compiles the parts of both programs.
build() {
  local name=$1 source
  shift
  for source in "$kernels"/*.cu "$here"/*.cpp "$native/test/cpp/comparisons.cpp"; do
    local object=$name-${source##*/}
    start "$object" compile "$object" "$source" "$cxx" "$@" "${common[@]}"
  done
}

# link NAME FLAGS...: $work/NAME and $work/NAME-emulator. Says what did not compile.
link() {
  local name=$1 object part objects=()
  shift
  for part in "$work/logs/$name"-*.status; do
    object=$(basename "$part" .status)
    if [ "$(cat "$part")" != 0 ]; then
      fail "$object does not compile:"
      head -20 "$work/logs/$object.log"
      return 1
    fi
    [ "$object" = "$name-emulator_test.cpp" ] || objects+=("$work/objects/$object.o")
  done
  if ! { "$cxx" "$@" "${objects[@]}" -o "$work/$name" &&
    "$cxx" "$@" "$work/objects/$name-emulator_test.cpp.o" -o "$work/$name-emulator"; } \
    >"$work/logs/link-$name.log" 2>&1; then
    fail "$name does not link:"
    head -20 "$work/logs/link-$name.log"
    return 1
  fi
}

echo 'int main() {}' >"$work/empty.cpp"
sanitizes() { "$cxx" "$@" "$work/empty.cpp" -o "$work/empty" >"$work/logs/sanitizers.log" 2>&1 && "$work/empty"; }
can_sanitize=false
if sanitizes "${sanitize[@]}" "${calls[@]}"; then
  sanitize+=("${calls[@]}") can_sanitize=true
elif sanitizes "${sanitize[@]}"; then
  can_sanitize=true
fi

build optimised "${optimise[@]}"
if $can_sanitize; then build sanitized "${sanitize[@]}"; fi
wait

# ---------------------------------------------------------------- run

runs=()
# test_run NAME COMMAND...
test_run() {
  runs+=("$1")
  start "$@"
}

# Barriers in the kernels, as FILE:LINE:TEXT. Those that no test can see say so, and why.
mapfile -t barriers < <(cd "$kernels" && grep -nE '__sync(threads|warp)[a-z_]*\(' ./*.cu ./*.cuh | sed 's|^\./||')
tested=()
for barrier in "${barriers[@]}"; do
  place=$(cut -d: -f1,2 <<<"$barrier")
  case $barrier in
    *'untested: '*) echo "barrier $place is not tested: ${barrier##*untested: }" ;;
    *) tested+=("$place") ;;
  esac
done

half=$(((cases + 1) / 2))
if link optimised "${optimise[@]}"; then
  test_run emulator "$work/optimised-emulator"
  test_run kernels "$work/optimised" --cases $half --seed "$seed" --pixels 2500 --barriers list
  test_run sweep "$work/optimised" --test sweep --cases $half --seed $((seed + half)) --pixels 2500
  for place in "${tested[@]}"; do
    start "without-$place" timeout 300 "$work/optimised" --cases 40 --pixels 1500 --barriers "$place"
  done
fi
if ! $can_sanitize; then
  not_run "sanitizers ($cxx with -fsanitize=address,undefined)" "undefined behaviour that happens to work stays unseen"
elif link sanitized "${sanitize[@]}"; then
  test_run sanitized-emulator "$work/sanitized-emulator"
  test_run sanitized-kernels "$work/sanitized" --cases $((cases / 10)) --seed "$seed" --pixels 1500 --every 8
fi
wait

# ---------------------------------------------------------------- results

# add RUN: counts what a run's last line says.
add() {
  local run=$1 log=$work/logs/$1.log
  if [[ $(tail -1 "$log") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    echo "$run: ${BASH_REMATCH[0]}"
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
    if [ "${BASH_REMATCH[2]}" = 0 ] && [ "$(status "$run")" = 0 ]; then return; fi
    [ "${BASH_REMATCH[2]}" != 0 ] || fail "$run: exit status $(status "$run")"
  else
    fail "$run: ended early, exit status $(status "$run")"
  fi
  grep -vE ' passed, |^barrier ' "$log" | head -15
  echo "  all of it: $log"
}

for run in "${runs[@]}"; do add "$run"; done

# Barriers: each met, and each noticed when it is taken out.
if [ -f "$work/logs/kernels.log" ]; then
  static() { if [ -z "$2" ]; then pass; else fail "$1: $2"; fi; }
  sites=$(printf '%s\n' "${barriers[@]}" | cut -d: -f1,2 | sort)
  met=$(sed -n 's/^barrier //p' "$work/logs/kernels.log" | sort)
  static "barriers that no test meets" "$(comm -23 <(echo "$sites") <(echo "$met") | tr '\n' ' ')"
  static "barriers that are not found in the sources" "$(comm -13 <(echo "$sites") <(echo "$met") | tr '\n' ' ')"
  for place in "${tested[@]}"; do
    if [ "$(status "without-$place")" = 1 ] && grep -qE '^FAILED|^CRASHED' "$work/logs/without-$place.log"; then
      pass
    else
      fail "without the barrier $place all tests pass (exit status $(status "without-$place"))"
    fi
  done
  echo "barriers: ${#tested[@]} taken out one by one"
fi

machine_code=$here/machine_code/machine_code.sh
start machine-code "$machine_code"
wait
if grep -q '^NOT RUN' "$work/logs/machine-code.log" && [ "$(status machine-code)" = 0 ]; then
  cat "$work/logs/machine-code.log"
else
  add machine-code
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]

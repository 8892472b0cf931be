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

. "$native/test/cpp/jobs.sh"
sources "$here" "$here/emulator" "$kernels" "$native/main/cpp" "$native/test/cpp"

common=(-std=c++17 -ffp-contract=off -Wall -Wextra -Werror -Wno-unknown-pragmas -Wno-unused-function
  "-I$here/emulator" "-I$kernels" "-I$native/main/cpp" -iquote "$native/test/cpp")
optimise=(-O2)
! grep -qw fma /proc/cpuinfo 2>/dev/null || optimise+=(-mfma) # the same results, without calls
find_sanitizers -Og -g1 # fibers tell that of addresses when they change stacks (emulator/fibers.h)

# build NAME FLAGS...: compiles the parts of both programs.
build() {
  local name=$1 source
  shift
  for source in "$kernels"/*.cu "$here"/*.cpp "$native/test/cpp/comparisons.cpp"; do
    local object=$name-${source##*/}
    start "$object" compile "$object" "$source" "$cxx" "$@" "${common[@]}" -x c++
  done
}

# programs NAME FLAGS...: $work/NAME and $work/NAME-emulator.
programs() {
  compiled "$1" || return
  local object of_kernels=()
  for object in "${objects[@]}"; do
    [[ $object = *-emulator_test.cpp.o ]] || of_kernels+=("$object")
  done
  link "$1" "$cxx" "${@:2}" "${of_kernels[@]}" &&
    link "$1-emulator" "$cxx" "${@:2}" "$work/objects/$1-emulator_test.cpp.o"
}

build optimised "${optimise[@]}"
if $can_sanitize; then build sanitized "${sanitize[@]}"; fi
wait

# ---------------------------------------------------------------- run

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
if command -v python3 >/dev/null; then
  test_run evidence python3 "$module/src/test/evidence/evidence_test.py"
else
  not_run "gpu-evidence.sh (python3)" "what it saves of a run that ends early stays unseen"
fi
if programs optimised "${optimise[@]}"; then
  test_run emulator "$work/optimised-emulator"
  test_run kernels "$work/optimised" --cases $half --seed "$seed" --pixels 2500 --barriers list
  test_run sweep "$work/optimised" --test sweep --cases $half --seed $((seed + half)) --pixels 2500
  for place in "${tested[@]}"; do
    start "without-$place" timeout 300 "$work/optimised" --cases 40 --pixels 1500 --barriers "$place"
  done
fi
if $can_sanitize && programs sanitized "${sanitize[@]}"; then
  test_run sanitized-emulator "$work/sanitized-emulator"
  test_run sanitized-kernels "$work/sanitized" --cases $((cases / 10)) --seed "$seed" --pixels 1500 --every 8
fi
wait

# ---------------------------------------------------------------- results

# Barriers: each met, and each noticed when it is taken out.
if [ -f "$work/logs/kernels.log" ]; then
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

# After the others: nvcc takes all cores.
test_run machine-code "$here/machine_code/machine_code.sh"
finish

#!/usr/bin/env bash
# Tests the C++ kernels without a JVM: with guard pages, under sanitizers, for AArch64 and on emulated old processors.
#
# usage: check.sh [--cases N] [--seed S]     N cases of the sweep per instruction set (1000), fewer where it is slow
#
# CXX is the compiler. A tool that is missing costs a part of the tests, which is said; with CI=true it is installed,
# and without it the run fails. Output of each part: native/target/cpp-tests/logs.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
module=$(cd "$here/../../.." && pwd)
kernels=${DCTLOSS_KERNELS:-$module/src/main/cpp} # another directory: other kernels behind the same border
work=$module/target/cpp-tests
cases=1000 seed=0

while [ $# -gt 0 ]; do
  case $1 in
    --cases) cases=$2 ;;
    --seed) seed=$2 ;;
    *)
      sed -n '4s/^# //p' "$0" >&2
      exit 2
      ;;
  esac
  shift 2
done

. "$here/jobs.sh"
sources "$here" "$kernels"

# ---------------------------------------------------------------- tools

# have TOOL PACKAGE
have() {
  command -v "$1" >/dev/null && return
  [ "${CI:-}" = true ] && command -v apt-get >/dev/null || return
  local sudo=()
  [ "$(id -u)" = 0 ] || sudo=(sudo -n)
  { "${sudo[@]}" apt-get update -q && "${sudo[@]}" apt-get install -qy --no-install-recommends "$2"; } \
    >>"$work/logs/apt.log" 2>&1
  command -v "$1" >/dev/null
}

standard=(-std=c++17 -fPIC -fvisibility=hidden)
strict=(-ffp-contract=off -fno-math-errno -fno-trapping-math -fno-exceptions -fno-rtti)
warnings=(-Wall -Wextra -Werror)
declare -A set_flags=(
  [SSE2]=""
  [AVX2]="-mavx2 -mfma"
  [AVX512]="-mavx512f -mavx512vl -mavx512dq -mavx512bw -mavx2 -mfma"
  [NEON]=""
)
machine=$(uname -m)
case $machine in
  x86_64) sets=(SSE2 AVX2 AVX512) ;;
  aarch64) sets=(NEON) ;;
  *)
    echo "check.sh: the processor is $machine and neither x86_64 nor aarch64" >&2
    exit 2
    ;;
esac

# build NAME COMPILER "OPTIMISATION OF KERNELS" "OF TESTS" SET...: compiles the parts of one program.
build() {
  local name=$1 compiler=$2 kernel_flags test_flags isa source
  read -r -a kernel_flags <<<"$3"
  read -r -a test_flags <<<"$4"
  shift 4
  for isa in "$@"; do
    local isa_flags
    read -r -a isa_flags <<<"${set_flags[$isa]}"
    start "$name-kernels_$isa" compile "$name-kernels_$isa" "$kernels/kernels.cpp" "$compiler" "${standard[@]}" \
      "${strict[@]}" "${kernel_flags[@]}" "${isa_flags[@]}" "-DDCTLOSS_ISA=$isa"
  done
  start "$name-border" compile "$name-border" "$kernels/border.cpp" "$compiler" "${standard[@]}" "${strict[@]}" \
    "${kernel_flags[@]}"
  for source in "$here"/*.cpp; do
    local test
    test=$name-test-$(basename "$source" .cpp)
    start "$test" compile "$test" "$source" "$compiler" -std=c++17 "${test_flags[@]}" -pthread "-I$kernels"
  done
}

# program NAME COMPILER FLAGS...: $work/NAME, of the parts of that build.
program() { compiled "$1" && link "$@" -pthread "${objects[@]}"; }

# ---------------------------------------------------------------- compile

cross=aarch64-linux-gnu-g++
can_cross=false can_emulate_x86=false
if [ "$machine" = x86_64 ]; then
  if have $cross g++-aarch64-linux-gnu && have qemu-aarch64 qemu-user; then can_cross=true; fi
  if have qemu-x86_64 qemu-user; then can_emulate_x86=true; fi
fi
find_sanitizers -O1 -g1

build optimised "$cxx" "-O3 ${warnings[*]}" "-O2 ${warnings[*]}" "${sets[@]}"
if $can_sanitize; then build sanitized "$cxx" "${sanitize[*]}" "${sanitize[*]}" "${sets[@]}"; fi
if $can_cross; then build aarch64 $cross "-O3 ${warnings[*]}" "-O2 ${warnings[*]}" NEON; fi
wait

# ---------------------------------------------------------------- run

few=$((cases / 10)) fewer=$((cases / 25))
if program optimised "$cxx"; then
  "$work/optimised" --test border >"$work/logs/sets.log" 2>&1
  for isa in "${sets[@]}"; do
    if grep -q "^instruction sets:.* $isa\b" "$work/logs/sets.log"; then
      test_run "guard-pages-$isa" "$work/optimised" --cases "$cases" --seed "$seed" "$isa"
    else
      echo "NOT RUN: $isa on this processor; only its compilation is tested"
    fi
  done
  if $can_emulate_x86; then
    # qemu64 has SSE3 and nothing later; no AVX-512 exists under qemu.
    test_run emulated-without-AVX qemu-x86_64 -cpu qemu64 "$work/optimised" --expect SSE2 --cases "$fewer" \
      --seed "$seed" --pixels 2500
    test_run emulated-without-AVX512 qemu-x86_64 -cpu Haswell "$work/optimised" --expect AVX2 --cases "$fewer" \
      --seed "$seed" --pixels 2500 AVX2
  fi
fi
if $can_cross && program aarch64 $cross -static; then
  test_run emulated-AArch64 qemu-aarch64 "$work/aarch64" --expect NEON --cases "$fewer" --seed "$seed" --pixels 2500
fi
if $can_sanitize && program sanitized "$cxx" "${sanitize[@]}"; then
  for isa in "${sets[@]}"; do
    if grep -q "^instruction sets:.* $isa\b" "$work/logs/sets.log"; then
      test_run "sanitizers-$isa" "$work/sanitized" --guard heap --cases "$few" --seed "$seed" --pixels 4000 "$isa"
    fi
  done
fi
if [ "$machine" = x86_64 ]; then
  $can_emulate_x86 || not_run "old processors (qemu-x86_64, package qemu-user)" \
    "an instruction that they lack would be met by users first"
  $can_cross || not_run "AArch64 ($cross and qemu-aarch64, packages g++-aarch64-linux-gnu and qemu-user)" \
    "the NEON kernels are untested"
fi

# ---------------------------------------------------------------- what the objects contain

# kernels_of BUILD SET...: the files of the kernels.
kernels_of() {
  local build=$1
  shift
  printf "$build-kernels_%s.o\n" "$@"
}

disassemble() { objdump -d --no-show-raw-insn "optimised-$1.o"; }

if [ "$machine" = x86_64 ] && have objdump binutils && have nm binutils; then
  cd "$work/objects"
  for object in border kernels_SSE2; do
    static "$object.o, for any x86-64, has AVX instructions" "$(disassemble $object | grep -P '\tv[a-z]|[yz]mm')"
  done
  static "kernels_AVX2.o has AVX-512 instructions" \
    "$(disassemble kernels_AVX2 | grep -P 'zmm|[xy]mm(1[6-9]|[23]\d)|\{%k')"
  # The linker keeps one copy of a shared symbol: it could be the one for the newest processors.
  static "kernels of different instruction sets share symbols" \
    "$(kernels_of optimised "${sets[@]}" | xargs nm -C --defined-only | grep -P ' [WVuw] ')"
  # At a lower optimisation, where less is inlined: what other compilers may leave.
  if $can_sanitize; then
    static "kernels of different instruction sets share symbols at -O1" \
      "$(kernels_of sanitized "${sets[@]}" | xargs nm -C --defined-only | grep -P ' [WVuw] ')"
  fi
  # Code that runs when the library is loaded runs on every processor.
  static "kernels have code that runs at loading" \
    "$(kernels_of optimised "${sets[@]}" | xargs objdump -h | grep -P '\.init_array|\.ctors')"
  cd "$here"
elif [ "$machine" = x86_64 ]; then
  not_run "a look into the objects (objdump and nm, package binutils)" \
    "an instruction that a processor lacks may hide in a shared symbol"
fi
finish

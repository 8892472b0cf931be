#!/usr/bin/env bash
# Compiles the kernels for every architecture and judges the machine code (gate.cpp): spills, registers, the width of
# loads and stores, and how many loads are in flight. First kernels with known faults (known.cu): each must be found.
#
# usage: machine_code.sh [--all | ARCHITECTURE...]     90 is sm_90
#
# By default all kernels for sm_90, and for the other architectures the fast ones of float32 and float16: bfloat16 differs
# in a conversion. All kernels for all architectures take twice as long.
#
# NVCC is the compiler, or the one on the PATH, or that of /usr/local/cuda. Without one nothing is tested, which is said;
# with CI=true that is a failure. Table and logs: cuda/target/machine-code. Unchanged sources are not compiled again.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
module=$(cd "$here/../../../.." && pwd)
kernels=${DCTLOSS_KERNELS:-$module/src/main/cpp} # another directory: other kernels
shared=$module/../native/src/main/cpp            # headers of both backends
work=$module/target/machine-code
all=(75 80 86 89 90 100 120)
architectures=("$@")
[ $# -gt 0 ] && [ "$1" != --all ] || architectures=("${all[@]}")
flags=(-std=c++17 -O3 -fmad=false "-I$kernels" "-I$shared" -cubin -Xptxas -v)

passed=0 failed=0
pass() { passed=$((passed + 1)); }
fail() {
  failed=$((failed + 1))
  echo "FAILED $*"
}
finish() {
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
  exit
}

nvcc=${NVCC:-$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)}
if ! version=$("$nvcc" --version 2>&1); then
  echo "NOT RUN: the machine code of the kernels (nvcc); a spill or a serial load would be seen on a GPU first"
  [ "${CI:-}" = true ] || exit 0
  fail "the machine code of the kernels (in CI every part must run)"
  finish
fi

mkdir -p "$work"
exec 9>"$work/lock"
flock -n 9 || { echo "machine_code.sh: waiting for another run in $work" && flock 9; }
if ! "${CXX:-g++}" -std=c++17 -O2 -Wall -Wextra -Werror "$here/gate.cpp" -o "$work/gate" >"$work/gate.log" 2>&1; then
  fail "gate.cpp does not compile:"
  head -20 "$work/gate.log"
  finish
fi

headers=$(cat "$kernels"/*.h "$kernels"/*.cuh "$shared"/*.h 2>/dev/null | sha256sum)

# compile NAME SOURCE ARCHITECTURE: NAME.cubin, and what ptxas says in NAME.log, unless they are of the same sources.
compile() {
  local key
  key=$(echo "$version ${flags[*]} $3 $headers" | cat - "$2" | sha256sum)
  [ -f "$work/$1.cubin" ] && [ "$key" = "$(cat "$work/$1.key" 2>/dev/null)" ] && return
  rm -f "$work/$1.key" "$work/$1.cubin"
  "$nvcc" "${flags[@]}" "-arch=sm_$3" "$2" -o "$work/$1.cubin" >"$work/$1.log" 2>&1 && echo "$key" >"$work/$1.key"
}

# judge NAME ARCHITECTURE: gate's lines.
judge() { "$work/gate" "sm_$2" "$work/$1.cubin" "$work/$1.log" >"$work/$1.table" 2>&1; }

sources=("$kernels"/*.cu)
[ -f "${sources[0]}" ] || { fail "$kernels: got no kernels, allowed are *.cu" && finish; }
names=()
fast=("$kernels"/fused_float32.cu "$kernels"/fused_float16.cu)
for architecture in "${architectures[@]}"; do
  of_architecture=("${sources[@]}")
  [ $# -gt 0 ] || [ "$architecture" = 90 ] || of_architecture=("${fast[@]}")
  for source in "$here/known.cu" "${of_architecture[@]}"; do
    name=$(basename "$source" .cu)-$architecture
    names+=("$name")
    while [ "$(jobs -rp | wc -l)" -ge "${JOBS:-2}" ]; do wait -n; done
    { compile "$name" "$source" "$architecture" && judge "$name" "$architecture"; } &
  done
done
wait

# known SPACE FAULT: the gate found this fault in the kernel of this namespace, and none but what follows from it.
known() {
  local found
  found=$(grep "^FAILED .* $1::" "$table")
  if [ "$2" = none ]; then
    if [ -z "$found" ] && grep -q "^sm_.* $1::" "$table"; then pass; else fail "gate: finds fault with $1: $found"; fi
  elif grep -q ": $2: " <<<"$found"; then
    pass
  else
    fail "gate, $(basename "$table" .table): does not find \"$2\" in $1: ${found:-nothing}"
  fi
}

: >"$work/table"
for name in "${names[@]}"; do
  table=$work/$name.table
  if [ ! -f "$work/$name.key" ]; then
    fail "$name does not compile:"
    grep -v "^ptxas info" "$work/$name.log" | head -20
  elif [[ $name = known-* ]]; then
    known right none
    known guarded "loads in flight before the first is used"
    known late "loads in flight before the first is used"
    known narrow_load "loads of pixels narrower than they could be"
    known narrow_store "stores of pixels narrower than they could be"
    known greedy "registers"
    known spilling "bytes spilled"
  elif [[ $(tail -1 "$table") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
    grep '^FAILED' "$table"
    grep '^sm_' "$table" >>"$work/table"
  else
    fail "$name: the gate ended early: $(tail -1 "$table")"
  fi
done
sort -V "$work/table" -o "$work/table"
echo "$(wc -l <"$work/table") kernels: $work/table"
finish

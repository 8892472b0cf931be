#!/usr/bin/env bash
# Judges the machine code that is shipped (gate.cpp), for every architecture: spills, registers, the width of loads and
# stores, how many loads are in flight, and the fences around tickets. First kernels with known faults (known.cu): each
# must be found.
#
# usage: machine_code.sh               the architectures of the build, or those of CUDA_ARCHITECTURES
#        machine_code.sh --record      all, and if nothing is wrong, `judged` says so of these sources and this nvcc
#        machine_code.sh --recorded    whether `judged` speaks of these sources and this nvcc
#
# Without nvcc nothing is tested, which is said; with CI=true that is a failure. The objects are those of the build
# (cuda/target/cuda), compiled if they are not there; table: cuda/target/machine-code.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
module=$(cd "$here/../../../.." && pwd)
objects=$module/target/cuda
work=$module/target/machine-code

passed=0 failed=0
pass() { passed=$((passed + 1)); }
fail() {
  failed=$((failed + 1))
  echo "FAILED $*"
}
finish() {
  echo "$passed passed, $failed failed"
  if [ "$failed" != 0 ] || [ "$passed" = 0 ]; then exit 1; fi
  [ "$mode" != --record ] || { speaks_of && echo "$passed passed"; } >"$here/judged"
  exit 0
}

# What the machine code, and what the gate says of it, are made of.
speaks_of() {
  local nvcc
  nvcc=$(bash "$module/src/main/cpp/build.sh" --nvcc)
  [ -n "$nvcc" ] && "$nvcc" --version | tail -1
  (cd "$module/.." && LC_ALL=C && sha256sum cuda/src/main/cpp/* native/src/main/cpp/*.h \
    cuda/src/test/cpp/machine_code/*.{sh,cpp,cu} | sha256sum)
}

mode=${1:-}
case $mode in
  '') ;;
  --record) unset CUDA_ARCHITECTURES ;;
  --recorded) [ "$(speaks_of)" = "$(head -n -1 "$here/judged" 2>/dev/null)" ] && exit 0 || exit 1 ;;
  *) sed -n 's/^# usage: /usage: /p' "$0" >&2 && exit 2 ;;
esac
read -r -a expected <<<"${CUDA_ARCHITECTURES:-75 80 86 89 90 100 120}"

mkdir -p "$work"
exec 8>"$work/lock"
flock -n 8 || { echo "machine_code.sh: waiting for another run in $work" && flock 8; }
bash "$module/src/main/cpp/build.sh" --objects "$objects" "$here/known.cu" >"$work/build.log" 2>&1
case $? in
  0) ;;
  3)
    echo "NOT RUN: the machine code of the kernels ($(tail -1 "$work/build.log")); a spill or a serial load would be seen" \
      "on a GPU first"
    [ "${CI:-}" = true ] || exit 0
    fail "the machine code of the kernels (in CI every part must run)"
    finish
    ;;
  *)
    fail "the kernels do not compile:"
    grep -v '^cuda: ' "$work/build.log" | head -20
    finish
    ;;
esac
if ! "${CXX:-g++}" -std=c++17 -O2 -Wall -Wextra -Werror "$here/gate.cpp" -o "$work/gate" >"$work/gate.log" 2>&1; then
  fail "gate.cpp does not compile:"
  head -20 "$work/gate.log"
  finish
fi

rm -f "$work"/*.table
for source in "$module"/src/main/cpp/*.cu "$here/known.cu"; do
  name=$(basename "$source" .cu)
  for cubin in "$objects/$name".sm_*.cubin; do
    architecture=${cubin%.cubin}
    architecture=${architecture##*.}
    while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n; done
    "$work/gate" "$architecture" "$cubin" "$objects/$name.log" >"$work/$name-$architecture.table" 2>&1 &
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
architectures=()
for table in "$work"/*.table; do
  name=$(basename "$table" .table)
  if [[ $name = known-* ]]; then
    architectures+=("${name#known-}")
    known right none
    known guarded "loads in flight before the first is used"
    known late "loads in flight before the first is used"
    known narrow_load "loads of pixels narrower than they could be"
    known narrow_store "stores of pixels narrower than they could be"
    known greedy "registers"
    known spilling "bytes spilled"
    known approximating none
    known rootless "approximated inverse roots"
    known not_left "fences between the last store and the ticket"
    known not_awaited "fences between the ticket and the first partial sum"
    known old "loads of partial sums that could be old"
  elif [[ $(tail -1 "$table") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
    grep '^FAILED' "$table"
    grep '^sm_' "$table" >>"$work/table"
  else
    fail "$name: the gate ended early: $(tail -1 "$table")"
  fi
done
[ "$(printf 'sm_%s\n' "${expected[@]}")" = "$(printf '%s\n' "${architectures[@]}" | sort -V)" ] ||
  fail "machine code of ${architectures[*]}, expected of ${expected[*]}"
sort -V "$work/table" -o "$work/table"
echo "$(wc -l <"$work/table") kernels of ${#architectures[@]} architectures: $work/table"
finish

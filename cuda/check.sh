#!/usr/bin/env bash
# Tests the CUDA kernels without a GPU: on emulated devices, in every order of threads, without each barrier in turn, under
# a sanitizer, and as machine code.
#
# usage: check.sh [--cases N] [--seed S]     N cases of the sweep (150)
#
# CXX is the compiler. Output of each part: cuda/target/cpp-tests/logs.
set -uo pipefail

module=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tests=$module/src/test/cpp kernels=$module/src/main/cpp native=$module/../native/src
work=$module/target/cpp-tests
cxx=${CXX:-g++}
cases=150 seed=0

while [ $# -gt 0 ]; do
  case $1 in
    --cases) cases=$2 ;;
    --seed) seed=$2 ;;
    *)
      sed -n '5s/^# //p' "$0" >&2
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
finish() {
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
  exit
}

# add NAME: the counts of a part that ends with "N passed, N failed".
add() {
  local counts p f
  counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$work/logs/$1.log" | tail -1)
  if [ -z "$counts" ]; then
    fail "$1 ended without counts: $work/logs/$1.log"
    tail -5 "$work/logs/$1.log"
    return
  fi
  read -r p _ f _ <<<"$counts"
  passed=$((passed + p)) failed=$((failed + f))
  echo "$1: $counts"
  [ "$f" = 0 ] || grep FAILED "$work/logs/$1.log" | head -5
}

# ---------------------------------------------------------------- compiling: two at a time

mkdir -p "$work/logs" "$work/plain" "$work/sanitized"
fma=$(grep -qw fma /proc/cpuinfo && echo -mfma)
common=(-std=c++17 -ffp-contract=off $fma -Wall -Wextra -Wno-unknown-pragmas "-I$tests/emulator" "-I$kernels"
  "-I$native/main/cpp" "-I$tests" "-I$native/test/cpp")
plain=(-O2) sanitized=(-O1 -g -fsanitize=undefined -fno-sanitize-recover=all)
sources=("$kernels"/*.cu "$tests"/*.cpp)

# compile KIND SOURCE FLAGS...: unless its object is newer than all sources.
compile() {
  local object=$work/$1/$(basename "$2").o
  if [ -f "$object" ] && [ -z "$(find "$tests" "$kernels" "$native" "$0" -newer "$object" -type f -print -quit)" ]; then
    return
  fi
  "$cxx" "${common[@]}" "${@:3}" -x c++ -c "$2" -o "$object"
}

limit() { while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n; done; }

for source in "${sources[@]}"; do
  limit
  { compile plain "$source" "${plain[@]}" && compile sanitized "$source" "${sanitized[@]}"; } \
    >"$work/logs/compile-$(basename "$source").log" 2>&1 || : >"$work/logs/broken" &
done
wait
if [ -f "$work/logs/broken" ]; then
  rm "$work/logs/broken"
  fail "the kernels or their tests do not compile with $cxx:"
  cat "$work"/logs/compile-*.log | head -20
  finish
fi
for kind in plain sanitized; do
  declare -n flags=$kind
  objects=()
  for object in "$work/$kind"/*.o; do
    case $object in */emulator_test.cpp.o) ;; *) objects+=("$object") ;; esac
  done
  "$cxx" "${flags[@]}" "${objects[@]}" -o "$work/$kind/kernels_test" &&
    "$cxx" "${flags[@]}" "$work/$kind/emulator_test.cpp.o" -o "$work/$kind/emulator_test" || fail "$kind: it does not link"
done
[ "$failed" = 0 ] || finish

# ---------------------------------------------------------------- the emulator, the kernels, both under a sanitizer

run() { # NAME COMMAND...
  limit
  "${@:2}" >"$work/logs/$1.log" 2>&1 &
}
run emulator "$work/plain/emulator_test"
run kernels "$work/plain/kernels_test" --cases "$cases" --seed "$seed" --barriers list
run emulator-sanitized "$work/sanitized/emulator_test"
run kernels-sanitized "$work/sanitized/kernels_test" --cases 20 --pixels 1500 --seed "$seed"
wait
for part in emulator kernels emulator-sanitized kernels-sanitized; do add "$part"; done

# ---------------------------------------------------------------- each barrier taken away: some test must notice

mapfile -t barriers < <(sed -n 's/^barrier //p' "$work/logs/kernels.log" | awk '{print $1}' | sort -u)
[ "${#barriers[@]}" -gt 0 ] || fail "no barrier was met"
# without FILE:LINE
without() {
  local log=$work/logs/without-$1.log
  "$work/plain/kernels_test" --cases 40 --pixels 1500 --seed "$seed" --barriers "$1" >"$log" 2>&1
  echo $? >"$log.status"
}
tried=()
for barrier in "${barriers[@]}"; do
  line=$(sed -n "${barrier##*:}p" "$kernels/${barrier%%:*}")
  case $line in *"untested: "*) echo "barrier $barrier is not tested: ${line##*untested: }" && continue ;; esac
  tried+=("$barrier")
  limit
  without "$barrier" &
done
wait
for barrier in "${tried[@]}"; do
  if [ "$(cat "$work/logs/without-$barrier.log.status")" = 0 ]; then
    fail "without the barrier at $barrier every test passes"
  else
    pass
  fi
done
echo "barriers: ${#tried[@]} taken away in turn"

# ---------------------------------------------------------------- machine code

"$tests/machine_code/machine_code.sh" >"$work/logs/machine-code.log" 2>&1
grep -E "^NOT RUN" "$work/logs/machine-code.log" || add machine-code
[ "${CI:-}" != true ] || ! grep -qE "^NOT RUN" "$work/logs/machine-code.log" || fail "machine code (in CI every part must run)"
finish

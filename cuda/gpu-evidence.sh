#!/usr/bin/env bash
# Everything that a GPU can say about the CUDA backend, in one command and at most nine minutes: the benchmark, a
# comparison with PyTorch, the contract suite, the example with the CUDA presets, compute-sanitizer.
#
# usage: gpu-evidence.sh [ARCHIVE] [--out FOLDER] [--budget SECONDS] [--steps NAME,...]
#
# ARCHIVE is made by `mvn -Pgpu-bundle package` (cuda/target/dctloss-gpu-evidence.tar.gz, found by itself) and unpacked
# here; from within an unpacked one none is needed. FOLDER (results) receives three files, new after every step:
# DEVICE-COMMIT.json and .md, to be committed under benchmarks/results, and DEVICE-COMMIT-logs.tar.gz. Files of an
# earlier run stay, and the new ones get a number. Needs Linux on x86-64, an NVIDIA driver and GPU; python3 for the
# report, PyTorch for the comparison, libcudart for the presets and compute-sanitizer for the checks, without which
# these are recorded as missing. No Java, no Maven, no network.
#
# A step that does not fit into what is left of the budget (540) gets less time, or is recorded as "no time left".
# Steps, in their order: benchmark, pytorch, check, tests, presets, memcheck, racecheck, initcheck, synccheck.
#
# Ends with 0 if all that ran is well, 1 if a step failed or was not over in its time, 2 on a wrong option, 3 without a
# usable driver and device; on a signal the running step ends, too, and the report is written.
set -uo pipefail

STEPS=benchmark,pytorch,check,tests,presets,memcheck,racecheck,initcheck,synccheck
RESERVE=15 # seconds, for a step that has to be killed and for the last report
LEAST=5    # seconds: a step that would get less is not started

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
wrong() { echo "gpu-evidence.sh: $1" >&2 && exit 2; }
archive="" out=$PWD/results budget=540 steps=$STEPS
while [ $# -gt 0 ]; do
  case $1 in
    --out | --budget | --steps) [ $# -gt 1 ] || wrong "$1: got no value" ;;&
    --out) out=$2 && shift ;;
    --budget)
      [[ $2 =~ ^[1-9][0-9]*$ ]] || wrong "--budget: got $2, allowed are whole seconds"
      budget=$2 && shift ;;
    --steps)
      for name in ${2//,/ }; do
        [[ ,$STEPS, = *,$name,* ]] || wrong "--steps: got $name, allowed are some of $STEPS"
      done
      steps=$2 && shift ;;
    -*) wrong "got the option $1, allowed are --out FOLDER, --budget SECONDS and --steps NAME,..." ;;
    *) archive=$1 ;;
  esac
  shift
done

# ---------------------------------------------------------------- what is here

bundle=$here
if [ ! -x "$here/speed" ] || [ -n "$archive" ]; then
  for place in "$here" "$here/target"; do
    [ -n "$archive" ] || [ ! -f "$place/dctloss-gpu-evidence.tar.gz" ] || archive=$place/dctloss-gpu-evidence.tar.gz
  done
  [ -f "$archive" ] || wrong "got no archive, allowed is what mvn -Pgpu-bundle package makes"
  tar xzf "$archive" || wrong "$archive: got no readable archive"
  bundle=$PWD/dctloss-gpu-evidence
fi
mkdir -p "$out" && out=$(cd "$out" && pwd) || exit 2
# Beside the programs, where libraries that Java unpacks can be loaded, too.
work=$(mktemp -d "$bundle/run.XXXXXX") || exit 2
logs=$work/logs
mkdir "$logs"
toolkits=""
for toolkit in /usr/local/cuda /usr/local/cuda-*; do
  [ ! -d "$toolkit/bin" ] || export PATH=$PATH:$toolkit/bin
  [ ! -d "$toolkit/lib64" ] || toolkits=${toolkits:+$toolkits:}$toolkit/lib64
done
python=$(command -v python3 || command -v python || true)
# Where the kernel can be asked for it, steps end even with a script that is killed.
tied=()
! setpriv --pdeathsig TERM true 2>/dev/null || tied=(setpriv --pdeathsig TERM)

# ---------------------------------------------------------------- running, recording, reporting

worst=0 reported=1 child="" running="" started=0 path=""

# limited SECONDS LOG COMMAND...: its exit status, 124 or 137 if it was not over. Nothing that it started is left.
limited() {
  local limit=$1 log=$2 status
  shift 2
  set -m # a process group of its own
  "${tied[@]}" timeout --kill-after=5 "$limit" "$@" </dev/null >"$log" 2>&1 &
  child=$!
  set +m
  wait "$child" 2>/dev/null
  status=$?
  end_child
  return $status
}

end_child() {
  [ -n "$child" ] || return 0
  if kill -TERM -- "-$child" 2>/dev/null; then
    for _ in 1 2 3 4 5 6 7 8 9 10; do
      kill -0 -- "-$child" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL -- "-$child" 2>/dev/null
  fi
  child=""
}

# Of a sentence what fits into a table, without folders of this machine.
short() { sed -E 's|/[^ :]*/||g' | tr '\t' ' ' | cut -c1-200; }

record() { # NAME VERDICT SECONDS
  printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$logs/steps.tsv"
  echo "   $1: $2 ($3 s)"
}

# Sets `path`, the files of this run without their endings: those of another run stay as they are.
choose_path() {
  local commit device base run=1
  commit=$(cat "$bundle/commit")
  device=$(sed -n 's/^device \([^,]*\).*/\1/p' "$logs/environment.txt" | head -1)
  device=$(tr '[:upper:]' '[:lower:]' <<<"$device" | tr -cs 'a-z0-9\n' -)
  base=$out/${device:-unknown-device}-${commit:0:12}
  [[ $commit != *-modified ]] || base=$base-modified
  path=$base
  while [ -e "$path.json" ] || [ -e "$path.md" ] || [ -e "$path-logs.tar.gz" ]; do
    run=$((run + 1)) path=$base-$run
  done
}

report() {
  [ -n "$path" ] || choose_path
  if [ -n "$python" ]; then
    limited 30 "$logs/report.log" "$python" "$bundle/report.py" "$logs" "$path"
    reported=$?
  fi
  tar -C "$work" -czf "$path-logs.tar.gz.new" logs && mv "$path-logs.tar.gz.new" "$path-logs.tar.gz"
}

# What ends the script in whatever way.
finish() {
  local status=$?
  trap - EXIT
  trap '' TERM INT HUP
  end_child
  [ -z "$running" ] || record "$running" "cut off by a signal" $((SECONDS - started))
  report
  if [ -n "$python" ]; then
    cat "$logs/report.log"
  else
    echo "gpu-evidence.sh: without python3 there is no report: the numbers are in $path-logs.tar.gz" >&2
  fi
  [ $status != 0 ] || [ $reported = 0 ] || status=1
  rm -rf "$work"
  exit $status
}
trap finish EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
trap 'exit 129' HUP

# step NAME SECONDS COMMAND...: with a time limit, less if less is left; says, records and reports how it ended.
# Exit status 3 says that something is missing here, and the last line of output what.
step() {
  local name=$1 limit=$2 left=$((budget - RESERVE - SECONDS)) status verdict
  shift 2
  echo "== $name"
  if [ $left -lt $LEAST ]; then
    record "$name" "no time left" 0
    return
  fi
  [ "$limit" -le $left ] || limit=$left
  running=$name started=$SECONDS
  limited "$limit" "$logs/$name.log" "$@"
  status=$?
  case $status in
    0) verdict=passed ;;
    3) verdict="missing: $(tail -1 "$logs/$name.log" | short)" ;;
    124 | 137) verdict="not over after $limit s" ;;
    *) verdict="failed, exit status $status" ;;
  esac
  # A test that is aborted is none that fails.
  if [ "$name" = presets ] && grep -q '^SKIPPED ' "$logs/$name.log"; then
    verdict="missing: $(sed -n 's/^SKIPPED //p' "$logs/$name.log" | head -1 | short)"
  fi
  [[ $verdict = passed || $verdict = missing:* ]] || worst=1
  running=""
  record "$name" "$verdict" $((SECONDS - started))
  tail -3 "$logs/$name.log" | cut -c1-160 | sed 's/^/   /'
  report
}

# junit NAME SECONDS LIBRARIES ARGUMENTS...: tests, each named when it starts and when it ends.
junit() {
  local name=$1 limit=$2 libraries=$3 classpath
  shift 3
  classpath=$(find "$bundle/classes" -mindepth 1 -maxdepth 1 -type d -printf '%p:')$bundle/tests:$bundle/lib/*
  step "$name" "$limit" env "LD_LIBRARY_PATH=$libraries" "$bundle/jre/bin/java" -Xmx4g -Djava.awt.headless=true \
    --enable-native-access=ALL-UNNAMED -Ddctloss.require=cuda "-Dorg.bytedeco.javacpp.cachedir=$work/javacpp" \
    -cp "$classpath" org.junit.platform.console.ConsoleLauncher execute "--scan-classpath=$bundle/tests" \
    --include-classname='.*' --disable-banner --disable-ansi-colors --details=testfeed --fail-if-no-tests "$@"
}

# ---------------------------------------------------------------- the machine

# first COMMAND...: the first line of what it prints, or "none".
first() { timeout --kill-after=2 20 "$@" 2>/dev/null | head -1 | grep . || echo none; }
version() { timeout --kill-after=2 20 "$1" --version 2>/dev/null | grep -i -m1 "$2" || echo none; }

{
  echo "commit $(cat "$bundle/commit")"
  echo "kernels $(cat "$bundle/kernels.sha256")"
  echo "date $(date -u +%Y-%m-%dT%H:%M:%SZ)"
  echo "host $(uname -srm), $(grep -c ^processor /proc/cpuinfo) processors"
  echo "java $(first "$bundle/jre/bin/java" --version)"
  query=name,driver_version,memory.total,clocks.max.sm,clocks.max.mem
  echo "nvidia-smi $(first nvidia-smi --query-gpu=$query --format=csv,noheader)"
  echo "nvcc $(version nvcc release)"
  echo "compute-sanitizer $(version compute-sanitizer version)"
  echo "python $([ -z "$python" ] && echo none || first "$python" --version)"
} >"$logs/environment.txt"
cat "$logs/environment.txt"

limited 30 "$logs/device.txt" "$bundle/speed" --device
case $? in
  0) sed 's/^/device /' "$logs/device.txt" | tee -a "$logs/environment.txt" ;;
  3)
    echo "gpu-evidence.sh: $(cat "$logs/device.txt")" >&2
    record device "missing: $(head -1 "$logs/device.txt" | short)" $SECONDS
    exit 3 ;;
  *)
    echo "gpu-evidence.sh: the speed program does not start: $(tail -3 "$logs/device.txt")" >&2
    record device "failed: $(tail -1 "$logs/device.txt" | short)" $SECONDS
    worst=1 ;;
esac

# ---------------------------------------------------------------- steps

for name in ${steps//,/ }; do
  case $name in
    benchmark)
      # BENCHMARK_OPTIONS: for a look at part of it.
      # shellcheck disable=SC2086
      step benchmark 180 "$bundle/speed" --json "$logs/speed.json" ${BENCHMARK_OPTIONS:-} ;;
    pytorch)
      if [ -z "$python" ]; then
        echo "== pytorch" && record pytorch "missing: no python3 on the PATH" 0
      else
        step pytorch 170 "$python" "$bundle/compare_torch.py" "$bundle/libdctloss_plain.so" "$logs/pytorch.json"
        [ -s "$logs/pytorch.json" ] ||
          step border-from-python 30 "$python" "$bundle/compare_torch.py" "$bundle/libdctloss_plain.so" --dry
      fi ;;
    check) step check 40 "$bundle/speed" --check ;;
    tests) junit tests 150 "${LD_LIBRARY_PATH:-}" --include-tag=device --exclude-tag=emulator ;;
    # The only step that needs libcudart; PyTorch brings its own libraries, which the toolkit's must not replace.
    presets) junit presets 40 "${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$toolkits" --include-tag=presets ;;
    *)
      if command -v compute-sanitizer >/dev/null; then
        step "$name" 120 compute-sanitizer --tool "$name" --error-exitcode 9 "$bundle/speed" --check
      else
        echo "== $name"
        record "$name" "missing: compute-sanitizer is neither on the PATH nor in /usr/local/cuda*/bin" 0
      fi ;;
  esac
done
exit $worst

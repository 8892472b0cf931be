#!/usr/bin/env bash
# Everything that a GPU can say about the CUDA backend, in one command and about eight minutes: the contract suite,
# compute-sanitizer, the benchmark, and a comparison with PyTorch.
#
# usage: gpu-evidence.sh [ARCHIVE] [--out FOLDER]
#
# ARCHIVE is made by `mvn -Pgpu-bundle package` (cuda/target/dctloss-gpu-evidence.tar.gz, found by itself) and unpacked
# here; from within an unpacked one none is needed. FOLDER (results) receives DEVICE-COMMIT.json and .md, to be committed
# under benchmarks/results, and the logs. Needs Linux on x86-64, an NVIDIA driver and GPU; PyTorch for the comparison and
# compute-sanitizer for the checks, without which these are recorded as missing. No Java, no Maven, no network.
#
# Ends with 0 if all that ran is well, 1 if a test, a sanitizer or the report failed, 2 on a wrong option, 3 without a
# usable driver and device.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
archive="" out=$PWD/results
while [ $# -gt 0 ]; do
  case $1 in
    --out) [ $# -gt 1 ] || { echo "gpu-evidence.sh: --out: got no folder" >&2 && exit 2; }
      out=$2 && shift ;;
    -*) echo "gpu-evidence.sh: got the option $1, allowed is --out FOLDER" >&2 && exit 2 ;;
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
  [ -f "$archive" ] || { echo "gpu-evidence.sh: got no archive, allowed is what mvn -Pgpu-bundle package makes" >&2 && exit 2; }
  tar xzf "$archive" || { echo "gpu-evidence.sh: $archive: got no readable archive" >&2 && exit 2; }
  bundle=$PWD/dctloss-gpu-evidence
fi
mkdir -p "$out/logs" && out=$(cd "$out" && pwd) || exit 2
logs=$out/logs
rm -f "$logs"/*
for toolkit in /usr/local/cuda /usr/local/cuda-*; do
  [ ! -d "$toolkit/bin" ] || export PATH=$PATH:$toolkit/bin LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$toolkit/lib64
done
python=$(command -v python3 || command -v python || true)

# first COMMAND...: the first line of what it prints, or "none".
first() { "$@" 2>/dev/null | head -1 | grep . || echo none; }

commit=$(cat "$bundle/commit")
{
  echo "commit $commit"
  echo "kernels $(cat "$bundle/kernels.sha256")"
  echo "date $(date -u +%Y-%m-%dT%H:%M:%SZ)"
  echo "host $(uname -srm), $(grep -c ^processor /proc/cpuinfo) processors"
  echo "java $("$bundle/jre/bin/java" --version 2>/dev/null | head -1 | grep . || echo none)"
  echo "nvidia-smi $(first nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm,clocks.max.mem --format=csv,noheader)"
  echo "nvcc $(nvcc --version 2>/dev/null | grep release || echo none)"
  echo "compute-sanitizer $(compute-sanitizer --version 2>/dev/null | grep -i version || echo none)"
  echo "python $([ -z "$python" ] && echo none || first "$python" --version)"
} >"$logs/environment.txt"
cat "$logs/environment.txt"

"$bundle/speed" --device >"$logs/device.txt" 2>&1
case $? in
  0) sed 's/^/device /' "$logs/device.txt" | tee -a "$logs/environment.txt" ;;
  3) echo "gpu-evidence.sh: $(cat "$logs/device.txt")" >&2 && exit 3 ;;
  *) echo "gpu-evidence.sh: the speed program does not start: $(cat "$logs/device.txt")" >&2 && exit 1 ;;
esac

# ---------------------------------------------------------------- steps

worst=0

# step NAME SECONDS COMMAND...: runs it with a time limit; says and records how it ended. Its output goes to a log.
step() {
  local name=$1 limit=$2 start=$SECONDS status verdict
  shift 2
  echo "== $name"
  timeout --kill-after=10 "$limit" "$@" >"$logs/$name.log" 2>&1
  status=$?
  case $status in
    0) verdict=passed ;;
    124 | 137) verdict="not over after $limit s" ;;
    *) verdict="failed, exit status $status" ;;
  esac
  [ $status = 0 ] || worst=1
  record "$name" "$verdict" $((SECONDS - start))
  tail -3 "$logs/$name.log" | cut -c1-160 | sed 's/^/   /'
}

record() { # NAME VERDICT SECONDS
  printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$logs/steps.tsv"
  echo "   $1: $2 ($3 s)"
}

missing() { # NAME WHAT
  echo "== $1"
  record "$1" "missing: $2" 0
}

classpath=$(find "$bundle/classes" -mindepth 1 -maxdepth 1 -type d -printf '%p:')$bundle/tests:$bundle/lib/*
step tests 240 "$bundle/jre/bin/java" -Xmx4g -Djava.awt.headless=true --enable-native-access=ALL-UNNAMED \
  -Ddctloss.require=cuda "-Dorg.bytedeco.javacpp.cachedir=$out/javacpp" -cp "$classpath" \
  org.junit.platform.console.ConsoleLauncher execute "--scan-classpath=$bundle/tests" --include-tag=device \
  --include-classname='.*' --exclude-tag=emulator --disable-banner --disable-ansi-colors --details=summary
rm -rf "$out/javacpp"

step check 60 "$bundle/speed" --check
for tool in memcheck racecheck initcheck synccheck; do
  if command -v compute-sanitizer >/dev/null; then
    step "$tool" 120 compute-sanitizer --tool "$tool" --error-exitcode 9 "$bundle/speed" --check
  else
    missing "$tool" "compute-sanitizer is neither on the PATH nor in /usr/local/cuda*/bin"
  fi
done

# BENCHMARK_OPTIONS: for a look at part of it.
# shellcheck disable=SC2086
step benchmark 240 "$bundle/speed" --json "$logs/speed.json" ${BENCHMARK_OPTIONS:-}

if [ -z "$python" ]; then
  missing pytorch "no python3 on the PATH"
elif ! "$python" -c 'import torch; assert torch.cuda.is_available()' >"$logs/torch.log" 2>&1; then
  step border-from-python 60 "$python" "$bundle/compare_torch.py" "$bundle/libdctloss_plain.so" --dry
  missing pytorch "$(tail -1 "$logs/torch.log" | cut -c1-120)"
else
  step pytorch 240 "$python" "$bundle/compare_torch.py" "$bundle/libdctloss_plain.so" "$logs/pytorch.json"
fi

# ---------------------------------------------------------------- report

if [ -z "$python" ]; then
  echo "gpu-evidence.sh: without python3 there is no report: the numbers are in $logs" >&2
  exit 1
fi
"$python" "$bundle/report.py" "$logs" "$out" || worst=1
exit $worst

# What the scripts that test kernels without a JVM share; sourced with `work`, the folder of a module's C++ tests, set.
# Jobs run as many at a time as there are cores; checks are counted; a part that cannot run is said.

cxx=${CXX:-g++}
cores=$(nproc)
passed=0 failed=0 runs=()
mkdir -p "$work/objects"
exec 9>"$work/lock"
flock -n 9 || { echo "check.sh: waiting for another run in $work" && flock 9; }
rm -rf "$work/logs"
mkdir "$work/logs"
if ! "$cxx" --version >"$work/logs/compiler.log" 2>&1; then
  echo "check.sh: no C++ compiler $cxx" >&2
  exit 2
fi

pass() { passed=$((passed + 1)); }
fail() {
  failed=$((failed + 1))
  echo "FAILED $*"
}

# static NAME FOUND: what was found must be nothing.
static() {
  if [ -z "$2" ]; then
    pass
  else
    fail "$1:"
    head -5 <<<"$2"
  fi
}

# not_run WHAT COST: a part that cannot run here.
not_run() {
  echo "NOT RUN: $1; $2"
  if [ "${CI:-}" = true ]; then fail "$1 (in CI every part must run)"; fi
}

# start NAME COMMAND...: output and exit status go to logs/NAME.log and .status, the processor's seconds to .seconds.
start() {
  local name=$1
  shift
  while [ "$(jobs -rp | wc -l)" -ge "$cores" ]; do wait -n; done
  (
    TIMEFORMAT=%U
    { time "$@" >"$work/logs/$name.log" 2>&1; } 2>"$work/logs/$name.seconds"
    echo $? >"$work/logs/$name.status"
  ) &
}

# test_run NAME COMMAND...: a job whose checks count (results).
test_run() {
  runs+=("$1")
  start "$@"
}

status() { cat "$work/logs/$1.status" 2>/dev/null || echo "not started"; }

# sources FOLDER...: the content of all headers; what compile compares, beside the source, with that of last time.
sources() { headers=$(find "$@" -maxdepth 1 \( -name '*.h' -o -name '*.cuh' \) | sort | xargs cat | sha256sum); }

# compile NAME SOURCE COMPILER FLAGS...: objects/NAME.o, unless it was made by the same command of the same sources.
compile() {
  local object=$work/objects/$1.o source=$2 key
  shift 2
  key=$({ echo "$*" "$headers" && "$1" --version && cat "$source"; } | sha256sum)
  if [ -f "$object" ] && [ "$(cat "$object.key" 2>/dev/null)" = "$key" ]; then return; fi
  rm -f "$object.key"
  "$@" -c "$source" -o "$object" && echo "$key" >"$object.key"
}

# compiled BUILD: whether all parts of a build (jobs BUILD-PART) have compiled; says what has not. Sets `objects`.
compiled() {
  local part object
  objects=()
  for part in "$work/logs/$1"-*.status; do
    object=$(basename "$part" .status)
    if [ "$(cat "$part")" != 0 ]; then
      fail "$object does not compile:"
      head -20 "$work/logs/$object.log"
      return 1
    fi
    objects+=("$work/objects/$object.o")
  done
}

# link NAME COMPILER ARGUMENTS...: $work/NAME.
link() {
  if ! "${@:2}" -o "$work/$1" >"$work/logs/link-$1.log" 2>&1; then
    fail "$1 does not link:"
    head -20 "$work/logs/link-$1.log"
    return 1
  fi
}

# Sets can_sanitize, and the flags of sanitizers as far as this compiler knows them.
can_sanitize=false
find_sanitizers() { # FLAGS...
  sanitize=("$@" -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  # Checks as calls: inline, g++ 12 needs minutes for the kernels. clang does so by itself and has no such option.
  local calls=(--param asan-instrumentation-with-call-threshold=0)
  echo 'int main() {}' >"$work/empty.cpp"
  if sanitizes "${calls[@]}"; then
    sanitize+=("${calls[@]}") can_sanitize=true
  elif sanitizes; then
    can_sanitize=true
  else
    not_run "sanitizers ($cxx with -fsanitize=address,undefined)" "undefined behaviour that happens to work stays unseen"
  fi
}
sanitizes() {
  "$cxx" "${sanitize[@]}" "$@" "$work/empty.cpp" -o "$work/empty" >"$work/logs/sanitizers.log" 2>&1 && "$work/empty"
}

# count_run RUN: counts what a run's last line says, and shows what went wrong.
count_run() {
  local run=$1 log=$work/logs/$1.log
  if grep -q '^NOT RUN' "$log" && [ "$(status "$run")" = 0 ]; then
    cat "$log"
    return
  fi
  if [[ $(tail -1 "$log") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    echo "$run: ${BASH_REMATCH[0]}"
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
    if [ "${BASH_REMATCH[2]}" = 0 ] && [ "$(status "$run")" = 0 ]; then return; fi
    [ "${BASH_REMATCH[2]}" != 0 ] || fail "$run: exit status $(status "$run")"
  else
    fail "$run: ended early, exit status $(status "$run")"
  fi
  grep -vE ' passed, |^barrier |^qemu-x86_64: warning' "$log" | head -15
  echo "  all of it: $log"
}

# Counts all test runs and ends the script.
finish() {
  wait
  local run
  for run in "${runs[@]}"; do count_run "$run"; done
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
  exit
}

#!/usr/bin/env bash
# Makes TARGET/dctloss-gpu-evidence.tar.gz: what gpu-evidence.sh needs on a host that has a GPU and little else.
#
# usage: bundle.sh TARGET CLASSPATH [EMULATOR]     TARGET is the module's; CLASSPATH that of its tests, with JUnit's console
#
# With EMULATOR, the folder of the emulated runtime, kernels run on the processor, and nothing is packed: for a look at
# gpu-evidence.sh itself, in TARGET/emulated-evidence. JAVA25_HOME is a JDK 25 whose images run anywhere (Temurin).
set -euo pipefail

target=$(cd "$1" && pwd) classpath=$2 emulator=${3:+$(cd "$3" && pwd)}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
module=$(cd "$here/../.." && pwd)
native=$module/../native/src
read -r -a cxx <<<"${CXX:-g++}"
LARGEST=$((50 * 1000 * 1000))

stop() { echo "bundle.sh: $1" >&2 && exit 1; }

if [ -z "$emulator" ]; then
  bundle=$target/dctloss-gpu-evidence objects=("$target"/cuda/*.o)
  nvcc=$(command -v nvcc || ls /usr/local/cuda*/bin/nvcc 2>/dev/null | head -1)
  [ -n "$nvcc" ] || stop "got no nvcc, allowed are one on the PATH or in /usr/local/cuda*"
  compile=("$nvcc" -std=c++17 -O3 -Xcompiler "-fPIC,-fvisibility=hidden" -ccbin "${cxx[0]}")
  device=(-gencode "arch=compute_75,code=compute_75")
  for sm in 75 80 86 89 90 100 120; do device+=(-gencode "arch=compute_$sm,code=sm_$sm"); done
  link=("$nvcc" -cudart static -ccbin "${cxx[0]}")
else
  bundle=$target/emulated-evidence objects=("$target"/stand-in/*.o)
  compile=("${cxx[@]}" -std=c++17 -O2 -fPIC -fvisibility=hidden -Wno-unknown-pragmas)
  device=("-I$emulator" -x c++)
  link=("${cxx[@]}" -pthread)
fi
[ -f "${objects[0]}" ] || stop "${objects[0]%/*}: got no objects, allowed after a build of the module with nvcc"
rm -rf "$bundle"
mkdir -p "$bundle/lib" "$bundle/classes" "$target/bundle"

# ---------------------------------------------------------------- Java: a runtime, jars, classes

jdk=${JAVA25_HOME:-$(ls -d /usr/lib/jvm/*temurin*25* /usr/lib/jvm/*25* /opt/*jdk*25* 2>/dev/null | head -1 || true)}
[ -x "$jdk/bin/jlink" ] || stop "JAVA25_HOME: got ${jdk:-nothing}, allowed is the folder of a JDK 25"
# Without java.desktop, which takes a quarter of the archive and which nothing here needs.
"$jdk/bin/jlink" --add-modules java.base,java.logging,java.management,java.xml,jdk.management,jdk.unsupported --strip-debug \
  --no-header-files --no-man-pages --compress=zip-0 --vm=server --output "$bundle/jre"

IFS=: read -r -a entries <<<"$classpath"
for entry in "${entries[@]}"; do
  case $entry in
    "$target/test-classes") cp -r "$entry" "$bundle/tests" ;;
    */archunit*.jar) ;; # for the house rules, which judge sources and not a device
    *.jar) cp "$entry" "$bundle/lib" ;;
    *) [ ! -d "$entry" ] || cp -r "$entry" "$bundle/classes/$(basename "$(dirname "$(dirname "$entry")")")-$(basename "$entry")" ;;
  esac
done
find "$bundle/tests" -name '*HouseRules*' -delete
[ -d "$bundle/tests" ] || stop "$target/test-classes is not on the class path $classpath"
ls "$bundle"/lib/junit-platform-console-*.jar >/dev/null || stop "JUnit's console is not on the class path $classpath"
if [ -n "$emulator" ]; then
  library=$(find "$bundle/classes" -name libjnidctlosscuda.so)
  cp "$target/stand-in/libjnidctlosscuda.so" "${library:?}"
fi

# ---------------------------------------------------------------- C++ and Python: kernels for the speed program and ctypes

includes=("-I$module/src/main/cpp" "-I$native/main/cpp" "-I$native/test/cpp" "-I$module/src/test/cpp/speed")
parts=("$target/bundle/nothing.o")
"${compile[@]}" "${device[@]}" "${includes[@]}" -c "$module/src/test/cpp/speed/nothing.cu" -o "$target/bundle/nothing.o"
for source in "$here/plain_border.cpp" "$module"/src/test/cpp/speed/*.cpp; do
  part=$target/bundle/$(basename "$source" .cpp).o
  "${cxx[@]}" -std=c++17 -O2 -fPIC -fvisibility=hidden -Wall -Wextra -Dmain=speed_main "${includes[@]}" -c "$source" -o "$part"
  parts+=("$part")
done
# The kernels are most of it: once, in a library that the program uses, too.
"${link[@]}" -shared "${parts[@]}" "${objects[@]}" -o "$bundle/libdctloss_plain.so"
"${cxx[@]}" "$here/launcher.cpp" "$bundle/libdctloss_plain.so" "-Wl,-rpath,\$ORIGIN" -o "$bundle/speed"

cp "$here"/*.py "$module/gpu-evidence.sh" "$bundle"
cd "$module/.."
# What is not committed is not evidence for a commit.
dirty=$(git status --porcelain -- java native cuda pom.xml | head -1)
echo "$(git rev-parse HEAD)${dirty:+-modified}" >"$bundle/commit"
cat cuda/src/main/cpp/*.{h,cuh,cu} native/src/main/cpp/{border,flow_graph,penalty}.h | sha256sum | cut -c1-64 >"$bundle/kernels.sha256"

# ---------------------------------------------------------------- the archive

[ -z "$emulator" ] || exit 0
archive=$target/dctloss-gpu-evidence.tar.gz
tar -C "$target" --sort=name --owner=0 --group=0 --mtime=2026-01-01 -cf - dctloss-gpu-evidence | gzip -9n >"$archive"
size=$(stat -c %s "$archive")
echo "bundle.sh: $archive, $((size / 1000000)) MB"
[ "$size" -le "$LARGEST" ] || stop "$archive: got $size bytes, allowed at most $LARGEST"

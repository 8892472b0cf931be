#!/usr/bin/env bash
# Builds the library of the C++ backend into the module's classes: an object for every instruction set, and the glue
# that JavaCPP generates from NativeKernels. Redoes only what has changed. Without a compiler it says so and succeeds:
# pure Java does everything.
#
# usage: build.sh CLASSES WORK CLASSPATH     CLASSPATH holds JavaCPP; CXX and JAVA_HOME are heeded
set -euo pipefail

mkdir -p "$1" "$2"
classes=$(cd "$1" && pwd) work=$(cd "$2" && pwd) classpath=$3
cd "$(dirname "$0")"
library=libjnidctloss.so
read -r -a cxx <<<"${CXX:-g++}"

without() {
    rm -rf "$classes"/org/dctloss/jni/linux-*
    echo "native: $1, so the C++ backend was not built: pure Java will be used, which is 4 to 5 times slower"
    exit 0
}

[ "$(uname -s)" = Linux ] || without "the system is $(uname -s) and not Linux"
case $(uname -m) in
    x86_64) platform=linux-x86_64 sets="SSE2 AVX2 AVX512" ;;
    aarch64) platform=linux-arm64 sets="NEON" ;;
    *) without "the processor is $(uname -m) and neither x86_64 nor aarch64" ;;
esac
command -v "${cxx[0]}" >/dev/null || without "no ${cxx[0]} on the PATH"
java_home=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")}
target=$classes/org/dctloss/jni/$platform/$library

# (No vectors but those written by hand and of loops: packing addresses into vectors costs more than it saves.)
common=(-std=c++17 -O3 -fPIC -fvisibility=hidden)
strict=(-ffp-contract=off -fno-math-errno -fno-trapping-math -fno-tree-slp-vectorize -fno-exceptions -fno-rtti -Wall -Wextra)
# Another compiler's new warning stops the project's own runs, and nobody else's build.
[ "${CI:-}" != true ] || strict+=(-Werror)
SSE2=()
AVX2=(-mavx2 -mfma)
AVX512=(-mavx512f -mavx512vl -mavx512dq -mavx512bw -mavx2 -mfma)
NEON=()

mkdir -p "$(dirname "$target")"

# made FILE INPUT... -- COMMAND...: runs the command unless the file was made by it from inputs of the same content.
made() {
    local file=$1 inputs=() key
    shift
    while [ "$1" != -- ]; do inputs+=("$1") && shift; done
    shift
    key=$({ echo "$*" && echo "$compiler" && cat "${inputs[@]}"; } | sha256sum)
    if [ ! -f "$file" ] || [ "$key" != "$(cat "$file.key" 2>/dev/null)" ]; then
        rm -f "$file.key"
        "$@"
        echo "$key" >"$file.key"
    fi
}

compile() { # OUTPUT SOURCE FLAGS...
    echo "native: $(basename "$1")"
    "${cxx[@]}" "${common[@]}" "${strict[@]}" "${@:3}" -c "$2" -o "$1"
}

glue() {
    local log
    rm -rf "$work/glue"
    log=$("$java_home/bin/java" -cp "$classpath" org.bytedeco.javacpp.tools.Builder -classpath "$classes" \
        -d "$work/glue" -nocompile org.dctloss.jni.NativeKernels 2>&1) || { echo "$log" && return 1; }
}

link() {
    echo "native: $library"
    echo '{ global: JNI_OnLoad; JNI_OnUnload; Java_org_dctloss_jni_*; local: *; };' >"$work/exports"
    "${cxx[@]}" "${common[@]}" -ffunction-sections -fdata-sections -shared -s -I. -I"$java_home/include" \
        -I"$java_home/include/linux" "$work/glue/jnidctloss.cpp" "$work/glue/jnijavacpp.cpp" "$@" -o "$work/$library" \
        -Wl,--gc-sections,--no-undefined,-z,noexecstack,--version-script="$work/exports"
    # JavaCPP takes a library that it has unpacked before for the same if time and size are, and the times in our jars
    # are all one: so other bytes get another size, by up to 64 KiB of zeros.
    local sum
    sum=$(sha256sum <"$work/$library")
    head -c "$((16#${sum:0:4}))" /dev/zero >>"$work/$library"
}

compiler=$("${cxx[@]}" --version)
objects=("$work/border.o")
jobs=()
made "$work/border.o" build.sh border.cpp ./*.h -- compile "$work/border.o" border.cpp &
jobs+=($!)
for set in $sets; do
    declare -n flags=$set
    made "$work/$set.o" build.sh kernels.cpp ./*.h -- compile "$work/$set.o" kernels.cpp "-DDCTLOSS_ISA=$set" "${flags[@]}" &
    jobs+=($!)
    objects+=("$work/$set.o")
done
made "$work/glue/jnidctloss.cpp" "$classes/org/dctloss/jni/NativeKernels.class" -- glue "$classpath" &
jobs+=($!)
for job in "${jobs[@]}"; do wait "$job"; done
made "$work/$library" "${objects[@]}" "$work"/glue/*.cpp build.sh -- link "${objects[@]}"
# Put in place whole: a JVM may have the old one mapped.
cmp -s "$work/$library" "$target" || { cp "$work/$library" "$target.new" && mv "$target.new" "$target"; }

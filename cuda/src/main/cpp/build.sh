#!/usr/bin/env bash
# Builds the library of the CUDA backend into the module's classes: the kernels for every architecture, CUDA's runtime,
# and the glue that JavaCPP generates from CudaKernels, in one file that loads where there is no driver, too. Redoes only
# what has changed. Without nvcc it says so and succeeds, unless REQUIRED_LIBRARIES names cuda. With SKIP_CUDA=true it
# leaves the library as it is, missing or made before.
#
# With EMULATOR, a folder whose cuda_runtime.h makes kernels run on the processor, it takes g++ instead, and the library
# stays in WORK: for tests without a GPU. Without g++ it says so and succeeds, unless they are required, by CI=true or as
# above.
#
# usage: build.sh CLASSES WORK CLASSPATH [EMULATOR]     CLASSPATH holds JavaCPP; CUDA_HOME, CXX and JAVA_HOME are heeded
#        build.sh --objects WORK [SOURCE...]            only what nvcc makes of the kernels and of other sources, with the
#                                                       machine code of each architecture; without nvcc the status is 3
#        build.sh --nvcc                                what would compile them, if there is one
# CUDA_ARCHITECTURES="75 ..." makes it for these alone, for a quick look.
set -euo pipefail

find_nvcc() {
    local folder
    for folder in ${CUDA_HOME:+"$CUDA_HOME/bin"} "$(dirname "$(command -v nvcc || echo /nowhere/nvcc)")" /usr/local/cuda*/bin; do
        [ ! -x "$folder/nvcc" ] || { echo "$folder/nvcc" && return; }
    done
}

if [ "$1" = --nvcc ]; then
    find_nvcc
    exit
elif [ "$1" = --objects ]; then
    classes= work=$2 emulator= sources=("${@:3}")
else
    mkdir -p "$1"
    classes=$(cd "$1" && pwd) work=$2 classpath=$3 emulator=${4:+$(cd "$4" && pwd)} sources=()
fi
mkdir -p "$work"
work=$(cd "$work" && pwd)
exec 9>"$work/lock"
flock 9
cd "$(dirname "$0")"
library=libjnidctlosscuda.so
native=../../../../native/src/main/cpp
read -r -a cxx <<<"${CXX:-g++}"

without() {
    [ -n "$classes" ] || { echo "$1" && exit 3; }
    if [ -n "$emulator" ]; then
        rm -f "$work/$library"
        echo "cuda: $1, so its tests on an emulated device are skipped"
        [ "${CI:-}" != true ] || { echo "cuda: with CI=true they are required" && exit 1; }
    else
        rm -rf "$classes"/org/dctloss/cuda/linux-*
        echo "cuda: $1, so the CUDA backend was not built: images in device memory cannot be used, those of the host can"
    fi
    case ",${REQUIRED_LIBRARIES:-}," in *,cuda,*) echo "cuda: it is required (-Ddctloss.require.libraries)" && exit 1 ;; esac
    exit 0
}

if [ -n "$classes" ] && [ -z "$emulator" ] && [ "${SKIP_CUDA:-false}" = true ]; then
    case ",${REQUIRED_LIBRARIES:-}," in *,cuda,*) echo "cuda: it is required, and left out by -Ddctloss.cuda.skip" && exit 1 ;; esac
    echo "cuda: left out by -Ddctloss.cuda.skip"
    exit 0
fi
[ "$(uname -s)" = Linux ] || without "the system is $(uname -s) and not Linux"
case $(uname -m) in
    x86_64) platform=linux-x86_64 ;;
    aarch64) platform=linux-arm64 ;;
    *) without "the processor is $(uname -m) and neither x86_64 nor aarch64" ;;
esac
command -v "${cxx[0]}" >/dev/null || without "no ${cxx[0]} on the PATH"
java_home=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")}
if [ -z "$emulator" ]; then
    nvcc=$(find_nvcc)
    [ -n "$nvcc" ] || without "no nvcc in CUDA_HOME, on the PATH or in /usr/local/cuda*"
    [[ $("$nvcc" --list-gpu-arch) == *compute_120* ]] || without "$nvcc is older than CUDA 12.8"
    # The oldest as PTX, too, which the driver compiles for whatever comes later.
    read -r -a architectures <<<"${CUDA_ARCHITECTURES:-75 80 86 89 90 100 120}"
    compiler=("$nvcc" -std=c++17 -O3 -fmad=false -Xfatbin -compress-all -Xptxas -v --threads 0 -ccbin "${cxx[0]}"
        -Xcompiler "-fPIC,-fvisibility=hidden,-fno-exceptions,-fno-rtti" -gencode "arch=compute_75,code=compute_75")
    for sm in "${architectures[@]}"; do compiler+=(-gencode "arch=compute_$sm,code=sm_$sm"); done
    runtime=$(find -L "$(dirname "$(dirname "$(readlink -f "$nvcc")")")" -name libcudart_static.a -print -quit)
    [ -n "$runtime" ] || without "no libcudart_static.a beside $nvcc"
    headers=()
    target=${classes:+$classes/org/dctloss/cuda/$platform/$library}
    [ -z "$target" ] || mkdir -p "$(dirname "$target")"
else
    compiler=("${cxx[@]}" -std=c++17 -O2 -ffp-contract=off -fPIC -fvisibility=hidden -Wno-unknown-pragmas
        "-I$emulator" -x c++)
    ! grep -qw fma /proc/cpuinfo || compiler+=(-mfma)
    runtime=()
    headers=("$emulator"/*.h)
    target=
fi

# made FILE INPUT... -- COMMAND...: runs the command unless the file was made by it from inputs of the same content.
made() {
    local file=$1 inputs=() key
    shift
    while [ "$1" != -- ]; do inputs+=("$1") && shift; done
    shift
    key=$({ echo "$*" "${compiler[@]}" && echo "$version" && cat "${inputs[@]}"; } | sha256sum)
    if [ ! -f "$file" ] || [ "$key" != "$(cat "$file.key" 2>/dev/null)" ]; then
        rm -f "$file.key"
        "$@"
        echo "$key" >"$file.key"
    fi
}

# compile OBJECT SOURCE: and from nvcc, beside it, the machine code (NAME.sm_90.cubin) and what ptxas says of it (NAME.log).
compile() {
    local name=${1%.o} cubin architecture
    echo "cuda: $(basename "$1")${emulator:+, emulated}"
    if [ -n "$emulator" ]; then
        "${compiler[@]}" -I. "-I$native" -c "$2" -o "$1"
        return
    fi
    rm -f "$name".sm_*.cubin
    mkdir -p "$name.kept"
    "${compiler[@]}" --keep --keep-dir "$name.kept" -I. "-I$native" -c "$2" -o "$1" 2>"$name.log" || {
        grep -vE '^ptxas info|^ +[0-9]+ bytes' "$name.log" >&2
        return 1
    }
    ! grep -A5 warning "$name.log" >&2
    for cubin in "$name".kept/*.cubin; do
        architecture=${cubin%.cubin}
        mv "$cubin" "$name.sm_${architecture##*_}.cubin"
    done
    rm -r "$name.kept"
}

glue() {
    local log
    rm -rf "$work/glue"
    log=$("$java_home/bin/java" -cp "$classpath" org.bytedeco.javacpp.tools.Builder -classpath "$classes" \
        -d "$work/glue" -nocompile org.dctloss.cuda.CudaKernels 2>&1) || { echo "$log" && return 1; }
}

link() { # JAVA_HOME OBJECT...
    echo "cuda: $library${emulator:+, emulated}"
    echo '{ global: JNI_OnLoad; JNI_OnUnload; Java_org_dctloss_cuda_*; local: *; };' >"$work/exports"
    "${cxx[@]}" -std=c++17 -O2 -fPIC -fvisibility=hidden -ffunction-sections -fdata-sections -shared -s -I. \
        -I"$1/include" -I"$1/include/linux" "$work/glue/jnidctlosscuda.cpp" "$work/glue/jnijavacpp.cpp" \
        "${@:2}" -o "$work/$library" -Wl,--as-needed -ldl -lrt -lpthread \
        -Wl,--gc-sections,--no-undefined,-z,noexecstack,--version-script="$work/exports"
    # JavaCPP takes a library that it has unpacked before for the same if time and size are, and the times in our jars
    # are all one: so other bytes get another size, by up to 64 KiB of zeros.
    local sum
    sum=$(sha256sum <"$work/$library")
    head -c "$((16#${sum:0:4}))" /dev/zero >>"$work/$library"
}

version=$("${compiler[0]}" --version && "${cxx[@]}" --version)
objects=()
# One after the other: nvcc takes all processors for the architectures.
for source in *.cu "${sources[@]}"; do
    object=$work/$(basename "$source" .cu).o
    made "$object" "$source" ./*.h ./*.cuh "$native"/*.h "${headers[@]}" -- compile "$object" "$source"
    objects+=("$object")
done
[ -n "$classes" ] || exit 0
made "$work/glue/jnidctlosscuda.cpp" "$classes/org/dctloss/cuda/CudaKernels.class" -- glue "$classpath"
made "$work/$library" "${objects[@]}" "$work"/glue/*.cpp build.sh -- link "$java_home" "${objects[@]}" "${runtime[@]}"
# Put in place whole: a JVM may have the old one mapped.
[ -z "$target" ] || cmp -s "$work/$library" "$target" || { cp "$work/$library" "$target.new" && mv "$target.new" "$target"; }

#!/usr/bin/env bash
# Builds and runs kernels_speed.cpp with the objects of the module's last build (mvn -pl native -am process-classes).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
module=$(cd "$here/../../../.." && pwd)
objects=("$module"/target/native/*.o)
[ -f "${objects[0]}" ] || { echo "native/target/native: got no objects, allowed after a build of the module" >&2; exit 2; }
"${CXX:-g++}" -std=c++17 -O2 -Wall -Wextra -I"$module/src/main/cpp" "$here/kernels_speed.cpp" "${objects[@]}" \
    -o "$module/target/kernels_speed"
exec "$module/target/kernels_speed" "$@"

#!/usr/bin/env bash
# Measures the library against what people would use instead: benchmarks/run.sh --quick | --full | --scaling [--dry-run].
set -euo pipefail

home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
log=$home/benchmarks/target/build.log
mkdir -p "$(dirname "$log")"
java=${JAVA_HOME:+$JAVA_HOME/bin/}java

echo "building (the first time with some 200 MB of peers)..." >&2
if ! (cd "$home" && mvn -q -B -DskipTests -pl benchmarks -am package) >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    echo "run.sh: the build failed, see $log" >&2
    exit 2
fi
exec "$java" -Xmx4g -Djava.awt.headless=true --enable-native-access=ALL-UNNAMED \
    -cp "$home/benchmarks/target/classes:$(cat "$home/benchmarks/target/classpath")" \
    org.dctloss.benchmarks.Recorder "$@" "$home"

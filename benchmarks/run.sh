#!/usr/bin/env bash
# Measures the library against what people would use instead, and records it.
#
# usage: benchmarks/run.sh --quick | --full | --scaling | --vector [--dry-run]
#
#   --quick     loss with gradient, by us and by everybody else, taking turns: under 3 minutes
#   --full      the same longer, and then every axis with JMH, a fork each: about half an hour
#   --scaling   how time grows with pixels, threads, block size and stride: two minutes
#   --vector    the Vector API kernel of pure Java against loops and the plain scalar form: 90 s; ends with 1 if it is
#               ten times slower than expected
#   --dry-run   record nothing; else results go to benchmarks/results, the README's table or the charts, from a working
#               tree that does not differ from its commit
set -euo pipefail

home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
case " $* " in
    *" --quick "* | *" --full "* | *" --scaling "* | *" --vector "*) ;;
    *" --help "* | *" -h "*) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" && exit 0 ;;
    *) echo "run.sh: got '$*', allowed --quick, --full, --scaling or --vector, and --dry-run (--help tells more)" >&2 && exit 2 ;;
esac
log=$home/benchmarks/target/build.log
mkdir -p "$(dirname "$log")"
java=${JAVA_HOME:+$JAVA_HOME/bin/}java

echo "building (the first time with some 200 MB of peers)..." >&2
if ! (cd "$home" && mvn -q -B -DskipTests -pl benchmarks -am package) >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    echo "run.sh: the build failed, see $log" >&2
    exit 2
fi
# Only there does the Vector API take part: elsewhere pure Java is measured as most people run it.
vector=()
case " $* " in *" --vector "*) vector=(--add-modules jdk.incubator.vector) ;; esac
# Large pages for everybody, the JVM's heap and PyTorch, which allocates in every step: without them that is half its time.
# Threads of OpenMP and OpenBLAS otherwise spin between operations, and with few cores in the way of the next; ours park.
export THP_MEM_ALLOC_ENABLE=1 OMP_WAIT_POLICY=passive OPENBLAS_THREAD_TIMEOUT=4
exec "$java" -Xmx4g -XX:+UseTransparentHugePages -Djava.awt.headless=true --enable-native-access=ALL-UNNAMED \
    ${vector[@]+"${vector[@]}"} -cp "$home/benchmarks/target/classes:$(cat "$home/benchmarks/target/classpath")" \
    org.dctloss.benchmarks.Recorder "$@" "$home"

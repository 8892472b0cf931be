package org.dctloss.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.dctloss.yardsticks.InterleavedTiming;

/** Measures a group: all contenders take turns in this JVM. */
final class Interleaved {
    private static final int FEWEST_ROUNDS = 9;

    /** By threads; measured before the first group's contenders take memory. */
    private static final Map<Integer, Double> BANDWIDTHS = new ConcurrentHashMap<>();

    private final Result.Provenance provenance;
    private final String run;
    private final double seconds;

    /** @param seconds to measure a group, at least; the warm-up takes half as long */
    Interleaved(Result.Provenance provenance, String run, double seconds) {
        this.provenance = provenance;
        this.run = run;
        this.seconds = seconds;
    }

    /** @param leftOut is told in a sentence who cannot take part */
    List<Result> measure(Plan.Group group, Consumer<String> leftOut) {
        double bandwidth =
                BANDWIDTHS.computeIfAbsent(group.entries().get(0).wanted().threads(), Bandwidth::bytesPerSecond);
        InterleavedTiming timing = new InterleavedTiming();
        List<Contender> contenders = new ArrayList<>();
        List<Plan.Entry> entries = new ArrayList<>();
        try {
            for (Plan.Entry entry : group.entries()) {
                try {
                    Contender contender = Contenders.open(entry.contender(), entry.wanted());
                    contenders.add(contender);
                    entries.add(entry);
                    timing.add(contender::run);
                } catch (Unavailable why) {
                    leftOut.accept(why.getMessage());
                }
            }
            timing.run(seconds, FEWEST_ROUNDS);
            List<Result> results = new ArrayList<>();
            for (int i = 0; i < entries.size(); i++) {
                Plan.Entry entry = entries.get(i);
                double p50 = timing.seconds(i);
                results.add(new Result(
                        provenance,
                        run,
                        "interleaved",
                        entry.contender(),
                        Contenders.resolved(entry.contender()),
                        entry.wanted(),
                        timing.samples(),
                        timing.quantile(i, 0.2),
                        p50,
                        timing.quantile(i, 0.8),
                        p50 / timing.seconds(0),
                        entry.wanted().bytes() / p50 / bandwidth));
            }
            return results;
        } finally {
            contenders.forEach(Contender::close);
        }
    }
}

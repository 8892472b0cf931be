package org.dctloss.benchmarks;

import java.util.Locale;

/**
 * The contender of a JMH fork, which says once what it really is: a name alone may hide a fallback. Where the runner told
 * what it is to be, another ends the fork.
 */
final class Running {
    /** The property by which a runner tells what the contender is. */
    static final String EXPECTED = "dctloss.benchmarks.resolved";

    private Contender contender;

    void open(String name, Case wanted) {
        String resolved = Contenders.resolved(name);
        String expected = System.getProperty(EXPECTED, resolved);
        if (!expected.equals(resolved)) {
            throw new IllegalStateException(name + ": got " + resolved + ", allowed " + expected);
        }
        contender = Contenders.open(name, wanted);
        System.out.printf(Locale.ROOT, "# %s is %s, on %s, %s%n", name, resolved, Machine.processor(), Machine.jvm());
    }

    double run() {
        return contender.run();
    }

    void close() {
        contender.close();
    }
}

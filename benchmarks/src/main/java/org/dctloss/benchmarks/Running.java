package org.dctloss.benchmarks;

import java.util.Locale;

/** The contender of a JMH fork, which says once what it really is: a name alone may hide a fallback. */
final class Running {
    private Contender contender;

    void open(String name, Case wanted) {
        contender = Contenders.open(name, wanted);
        System.out.printf(
                Locale.ROOT,
                "# %s is %s, on %s, %s%n",
                name,
                Contenders.resolved(name),
                Machine.processor(),
                Machine.jvm());
    }

    double run() {
        return contender.run();
    }

    void close() {
        contender.close();
    }
}

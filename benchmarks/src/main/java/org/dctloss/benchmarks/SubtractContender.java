package org.dctloss.benchmarks;

import org.dctloss.jni.NativeSubtraction;
import org.dctloss.yardsticks.ParallelSubtraction;

/**
 * G = P - T, which any loss with gradient has to do at least: as a plain loop in Java or C++, and in C++ by vectors that are
 * stored past the caches, all that memory allows.
 */
final class SubtractContender implements Contender {
    private final float[] p;
    private final float[] t;
    private final float[] g;
    private final ParallelSubtraction java;
    private final boolean pastCaches;

    SubtractContender(String name, Case asked) {
        boolean cpp = !name.equals(Contenders.SUBTRACT);
        pastCaches = name.equals(Contenders.SUBTRACT_PAST_CACHES);
        if (cpp && !NativeSubtraction.available()) {
            throw new Unavailable(name + ": the native library is missing (it is built where there is g++)", null);
        }
        Contenders.check(name, asked, !cpp || asked.threads() == 1, "1 thread");
        p = asked.images().noise(1);
        t = asked.images().noise(2);
        g = new float[p.length];
        java = cpp ? null : new ParallelSubtraction(asked.threads());
    }

    @Override
    public double run() {
        if (java != null) {
            return java.run(p, t, g);
        }
        NativeSubtraction.run(p, t, g, pastCaches);
        return g[0];
    }

    @Override
    public float[] result() {
        return g.clone();
    }

    @Override
    public void close() {
        if (java != null) {
            java.close();
        }
    }
}

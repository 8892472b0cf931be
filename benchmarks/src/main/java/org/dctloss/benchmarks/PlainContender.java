package org.dctloss.benchmarks;

import org.dctloss.BackendChoice;
import org.dctloss.yardsticks.PlainLoss;

/** The same fused pass as one would write it in Java without the library, by hand or with JTransforms. One thread. */
final class PlainContender implements Contender {
    private final boolean jTransforms;
    private final PlainLoss loss;
    private final float[] p;
    private final float[] t;
    private final float[] g;

    PlainContender(String name, Case asked) {
        Contenders.check(
                name, asked, Contenders.plainBackward(asked) && asked.threads() == 1, Contenders.PLAIN + ", 1 thread");
        jTransforms = name.equals("jtransforms");
        Images images = asked.images();
        // Planes of complete blocks, one below the other, are one plane.
        loss = new PlainLoss(
                asked.loss(BackendChoice.AUTO).weights(),
                asked.penalty().equals("squared"),
                images.n() * images.c() * images.h(),
                images.w());
        p = images.noise(1);
        t = images.noise(2);
        g = new float[p.length];
    }

    @Override
    public double run() {
        return jTransforms ? loss.jTransforms(p, t, g) : loss.plain(p, t, g);
    }

    @Override
    public float[] result() {
        return g.clone();
    }

    @Override
    public void close() {}
}

package org.dctloss.cli;

import static org.dctloss.cli.TestPictures.noise;
import static org.dctloss.cli.TestPictures.save;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 2, unit = TimeUnit.MINUTES)
class ComparisonTest {
    @TempDir
    Path folder;

    /** A full heap is what others need at the moment: what fits by itself is not refused. */
    @Test
    void whatDoesNotFitIsTriedOnceMoreAlone() throws Exception {
        List<Pair> pairs = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            Path reference = save(folder.resolve("r" + i / 3 + ".png"), noise(20, 20, i / 3));
            Path image = save(folder.resolve(i + ".png"), noise(20, 20, 100 + i));
            pairs.add(new Pair(reference, image, -1, image.getFileName()));
        }
        Comparison comparison = new Comparison(pairs, null, 3);
        AtomicInteger steps = new AtomicInteger();
        comparison.afterEach(() -> {
            if (steps.incrementAndGet() == 1) { // a second one could meet the piece that is alone
                throw new OutOfMemoryError("of the test");
            }
        });
        comparison.run();
        assertEquals(9 + 1, steps.get());
        for (int i = 0; i < 9; i++) {
            Outcome outcome = comparison.outcomes().get(i);
            assertNull(outcome.problem());
            assertEquals(pairs.get(i), outcome.pair());
        }
    }
}

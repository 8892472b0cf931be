package org.dctloss.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.dctloss.pictures.Picture;
import org.junit.jupiter.api.Test;

class WorstPicturesTest {
    private static final SmallPictures SMALL =
            SmallPictures.of(Picture.ofSize(8, 8), Picture.ofSize(8, 8), new float[1], 0);

    @Test
    void theWorstAreKeptInWhateverOrderTheyCome() {
        Random random = new Random(1);
        List<ImageScores> scores = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            // Few values, so that there are ties; some without SSIM.
            double ssim = i % 7 == 0 ? Double.NaN : random.nextInt(12) / 12.0;
            scores.add(new ImageScores(1 + random.nextInt(12), random.nextInt(12), ssim, random.nextInt(12)));
        }
        List<Integer> order = new ArrayList<>(IntStream.range(0, 100).boxed().toList());
        for (int round = 0; round < 20; round++) {
            Collections.shuffle(order, random);
            WorstPictures worst = new WorstPictures();
            for (int i : order) {
                if (worst.wants(i, scores.get(i))) {
                    worst.add(i, scores.get(i), SMALL);
                }
            }
            Set<Integer> kept = new HashSet<>();
            for (Measure measure : WorstPictures.MEASURES) {
                List<Integer> expected = IntStream.range(0, 100)
                        .boxed()
                        .filter(i -> !Double.isNaN(measure.of(scores.get(i))))
                        .sorted(Comparator.<Integer>comparingDouble(
                                        i -> (measure == Measure.SSIM ? 1 : -1) * measure.of(scores.get(i)))
                                .thenComparing(i -> i))
                        .limit(WorstPictures.EACH)
                        .toList();
                assertEquals(expected, worst.indices(measure), measure.name());
                kept.addAll(expected);
            }
            for (int i = 0; i < 100; i++) {
                if (kept.contains(i)) {
                    assertNotNull(worst.pictures(i));
                } else {
                    assertNull(worst.pictures(i));
                }
            }
        }
    }

    @Test
    void aBetterOneIsNotWantedAnyMore() {
        WorstPictures worst = new WorstPictures();
        for (int i = 0; i < WorstPictures.EACH; i++) {
            worst.add(i, new ImageScores(1, 0, 0.5, 1), SMALL);
        }
        assertFalse(worst.wants(99, new ImageScores(0.5, 3, 0.6, 0.5)));
        assertFalse(new WorstPictures().wants(0, new ImageScores(0, Double.POSITIVE_INFINITY, 1, 0)));
    }
}

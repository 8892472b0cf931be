package org.dctloss.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Random;
import org.dctloss.DctLoss;
import org.dctloss.Penalty;
import org.dctloss.Reduction;
import org.dctloss.pictures.Picture;
import org.junit.jupiter.api.Test;

class BackendFindingsTest {
    private static Picture random(int seed) {
        Picture picture = Picture.ofSize(16, 8);
        Random random = new Random(seed);
        for (int i = 0; i < picture.planes().length; i++) {
            picture.planes()[i] = random.nextFloat();
        }
        return picture;
    }

    private static double[] agreement(DctLoss reference, DctLoss other) {
        List<Variant> variants = List.of(new Variant("one", "", random(2)), new Variant("two", "", random(3)));
        return BackendFindings.agreement(random(1), variants, reference, other);
    }

    @Test
    void lossesThatDifferAreFoundToDiffer() {
        DctLoss mean = DctLoss.builder().build();
        DctLoss sum = mean.toBuilder().reduction(Reduction.SUM).build();
        double numbers = 3 * 16 * 8;
        assertEquals(0, agreement(mean, mean)[0]);
        assertEquals(0, agreement(mean, mean)[1]);
        assertEquals(numbers - 1, agreement(mean, sum)[0], 1e-4 * numbers);
        assertEquals(numbers - 1, agreement(mean, sum)[1], 1e-4 * numbers);
        assertEquals(1 - 1 / numbers, agreement(sum, mean)[0], 1e-6);
        assertEquals(1 - 1 / numbers, agreement(sum, mean)[1], 1e-6);
    }

    @Test
    void theLargestDifferenceCounts() {
        DctLoss squared = DctLoss.builder().build();
        DctLoss absolute = squared.toBuilder().penalty(Penalty.absolute()).build();
        Picture original = random(1);
        double largest = 0;
        for (int seed = 2; seed <= 3; seed++) {
            double a = squared.forward(random(seed).batch(), original.batch());
            double b = absolute.forward(random(seed).batch(), original.batch());
            largest = Math.max(largest, Math.abs(1 - b / a));
        }
        assertEquals(largest, agreement(squared, absolute)[0], 1e-6 * largest);
    }

    @Test
    void theRatioIsTimesTheTimeOfSubtracting() {
        BackendFindings.Finding slow = new BackendFindings.Finding("java", true, "", 0, 0, 3, new double[] {3, 3}, 2);
        assertEquals(1.5, slow.ratioToSubtract());
    }
}

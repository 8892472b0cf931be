package org.dctloss.srcnn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;

class AdamTest {
    /** The moments as the sums that the running means stand for, in float64. */
    @Test
    void itIsTheAlgorithmOfItsPaper() {
        Random random = new Random(3);
        int count = 5;
        double[] rates = {1e-3, 1e-2, 1e-3, 0.1, 1e-3};
        float[] parameters = new float[count];
        double[] expected = new double[count];
        double[][] gradients = new double[12][count];
        Adam adam = Adam.zero(count);
        for (int step = 0; step < gradients.length; step++) {
            float[] gradient = new float[count];
            for (int i = 0; i < count; i++) {
                gradient[i] = i == 4 ? 0 : (float) (random.nextGaussian() * Math.pow(10, i - 4));
                gradients[step][i] = gradient[i];
            }
            adam.descend(parameters, gradient, step, rates);
            for (int i = 0; i < count; i++) {
                double first = 0;
                double second = 0;
                for (int k = 0; k <= step; k++) {
                    first += 0.1 * Math.pow(0.9, step - k) * gradients[k][i];
                    second += 0.001 * Math.pow(0.999, step - k) * gradients[k][i] * gradients[k][i];
                }
                first /= 1 - Math.pow(0.9, step + 1);
                second /= 1 - Math.pow(0.999, step + 1);
                expected[i] -= rates[i] * first / (Math.sqrt(second) + 1e-8);
                assertEquals(expected[i], parameters[i], 1e-6 * Math.abs(expected[i]));
            }
        }
        assertEquals(0, parameters[4]);
    }

    @Test
    void itFindsTheLowestPlace() {
        float[] parameters = {5, -3};
        Adam adam = Adam.zero(2);
        for (int step = 0; step < 2000; step++) {
            float[] gradient = {2 * (parameters[0] - 1), 200 * (parameters[1] - 2)};
            adam.descend(parameters, gradient, step, new double[] {0.05, 0.05});
        }
        assertEquals(1, parameters[0], 1e-3);
        assertEquals(2, parameters[1], 1e-3);
    }
}

package org.dctloss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FrequencyWeightsTest {
    private static double[] raw(FrequencyWeights weights, int block) {
        return weights.normalize(Normalization.NONE).resolve(block);
    }

    /** Q of a table of inverses. */
    private static long[] q(FrequencyWeights weights, int block) {
        double[] w = raw(weights, block);
        long[] q = new long[w.length];
        for (int i = 0; i < w.length; i++) {
            q[i] = Math.round(1 / w[i]);
        }
        return q;
    }

    /** A sum that sees every entry and its place: published copies of these tables have typos and are transposed. */
    private static double fingerprint(double[] table) {
        double sum = 0;
        for (int i = 0; i < table.length; i++) {
            sum += table[i] * (i + 1);
        }
        return sum;
    }

    private static double fingerprint(long[] table) {
        double sum = 0;
        for (int i = 0; i < table.length; i++) {
            sum += table[i] * (i + 1);
        }
        return sum;
    }

    @Test
    void tablesAreThePublishedOnes() {
        long[] luminance = q(FrequencyWeights.jpegLuminance(50), 8);
        assertEquals(3688 + 147554, fingerprint(luminance));
        assertEquals(12, luminance[8], "row 1, column 0 in T.81 table K.1");
        assertEquals(11, luminance[1], "row 0, column 1 in T.81 table K.1");
        long[] chrominance = q(FrequencyWeights.jpegChrominance(50), 8);
        long[] expected = {
            17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99
        };
        for (int i = 0; i < 64; i++) {
            assertEquals(i < expected.length ? expected[i] : 99, chrominance[i], "entry " + i);
        }
        double[] watson = raw(FrequencyWeights.watson(), 8);
        double[] t = new double[64];
        for (int i = 0; i < 64; i++) {
            t[i] = 1 / watson[i];
            assertEquals(t[i], 1 / watson[i % 8 * 8 + i / 8], 1e-9, "Watson's table is symmetric");
        }
        assertEquals(6.28, t[3 * 8 + 6], 1e-12, "an entry that copies mistype");
        assertEquals(358.88, sum(t), 1e-9);
        assertEquals(15382.76, fingerprint(t), 1e-6);
    }

    private static double sum(double[] values) {
        double sum = 0;
        for (double v : values) {
            sum += v;
        }
        return sum;
    }

    /** Check values of the Independent JPEG Group's integer scaling. */
    @ParameterizedTest
    @CsvSource({"1,255,255", "25,32,198", "50,16,99", "75,8,50", "85,5,30", "90,3,20", "100,1,1"})
    void qualityIsScaledInIntegers(int quality, int first, int last) {
        long[] q = q(FrequencyWeights.jpegLuminance(quality), 8);
        assertEquals(first, q[0]);
        assertEquals(last, q[63]);
    }

    /** NumPy: half-pixel bilinear with clamped edges, then floor. */
    @Test
    void thePapersTableIsTheFloorOfTheResampledOne() {
        long[] q = q(FrequencyWeights.jpegLuminance(50).resample(21).floor(), 21);
        long[] start = {16, 15, 13, 11, 10, 10, 10, 12};
        for (int i = 0; i < start.length; i++) {
            assertEquals(start[i], q[i], "column " + i);
        }
        assertEquals(99, q[20 * 21 + 20]);
        assertEquals(18, q[10 * 21 + 3]);
        long sum = 0;
        for (long value : q) {
            sum += value;
        }
        assertEquals(25187, sum);
        double[] w = raw(FrequencyWeights.jpegLuminance(50), 21);
        assertEquals(1 / 10.404761904761905, w[5], 1e-14);
        assertEquals(1 / 27.945578231292515, w[7 * 21 + 9], 1e-14);
        double[] small = raw(FrequencyWeights.jpegLuminance(50), 3);
        assertEquals(1 / 11.97222222222222, small[0], 1e-14);
        assertEquals(1 / 66.02777777777778, small[6], 1e-13);
    }

    @Test
    void contrastSensitivityIsLowPass() {
        double[] w = raw(FrequencyWeights.mannosSakrison(60), 8);
        double[] expected = {
            0.9808778764965823,
            0.9808778764965823,
            0.9808778764965823,
            0.9088022152117081,
            0.7400218562660885,
            0.5587193176782551,
            0.401145836310171,
            0.27771871075057925
        };
        for (int v = 0; v < 8; v++) {
            assertEquals(expected[v], w[v], 1e-14);
            assertEquals(expected[v], w[8 * v], 1e-14);
        }
        double[] finer = raw(FrequencyWeights.mannosSakrison(60), 16);
        assertEquals(w[5], finer[10], 1e-14, "evaluated at the block size: same frequency, same weight");
    }

    @Test
    void orderIsAnnealInversePowerDcNormalise() {
        FrequencyWeights weights = FrequencyWeights.jpegLuminance(50)
                .normalize(Normalization.MAX)
                .withDc(0.5)
                .power(2)
                .anneal(0.4);
        double[] w = weights.resolve(8);
        double largest = Math.max(0.5, Math.pow(1 / (0.4 * 10 / 2 + 1), 2));
        assertEquals(0.5 / largest, w[0], 1e-15);
        assertEquals(Math.pow(1 / (0.4 * 11 / 2 + 1), 2) / largest, w[1], 1e-15);
        double[] flat = FrequencyWeights.watson().anneal(0).resolve(8);
        for (double value : flat) {
            assertEquals(1, value, 1e-15);
        }
        double[] steep = FrequencyWeights.jpegLuminance(50).power(200).resolve(8);
        assertEquals(8, steep[2], 1e-6, "all of the mean square lies in the largest weight, 1/10");
        double[] open = FrequencyWeights.of(new float[] {0, 1, 2, 4}).anneal(0).resolve(2);
        assertArrayEquals(new double[] {1, 1, 1, 1}, open, 0);
        double[] given = raw(FrequencyWeights.of(new float[] {0, 1, 2, 4}).anneal(2), 2);
        assertArrayEquals(new double[] {0, 0.5, 1 / 1.5, 1 / 1.25}, given, 1e-15);
    }

    @Test
    void normalisationIsOverAllTables() {
        FrequencyWeights set = FrequencyWeights.perChannel(
                FrequencyWeights.jpegLuminance(50), FrequencyWeights.jpegChrominance(50), FrequencyWeights.uniform());
        double squares = 0;
        double sum = 0;
        double max = 0;
        for (double w : set.resolve(8)) {
            squares += w * w;
        }
        for (double w : set.normalize(Normalization.MEAN).resolve(8)) {
            sum += w;
        }
        for (double w : set.normalize(Normalization.MAX).resolve(8)) {
            max = Math.max(max, w);
        }
        assertEquals(1, squares / 192, 1e-12);
        assertEquals(1, sum / 192, 1e-12);
        assertEquals(1, max, 0);
        assertEquals(3, set.count());
        assertEquals(0.1, raw(set, 8)[2], 1e-15);
        assertEquals(1 / 24.0, raw(set, 8)[64 + 2], 1e-15);
    }

    @Test
    void givenTablesAreResampledOnlyWhenAsked() {
        FrequencyWeights given = FrequencyWeights.of(new float[] {1, 2, 3, 4});
        assertArrayEquals(new double[] {1, 2, 3, 4}, raw(given, 2), 0);
        String message = refusal(() -> given.resolve(8));
        assertTrue(message.contains("of size 2x2 for block size 8"), message);
        assertArrayEquals(
                new double[] {1, 1.25, 1.75, 2}, java.util.Arrays.copyOf(raw(given.resample(4), 4), 4), 1e-15);
    }

    private static String refusal(Supplier<Object> call) {
        return assertThrows(IllegalArgumentException.class, call::get).getMessage();
    }

    @Test
    void whatIsNotATableIsRefused() {
        assertEquals("JPEG quality: got 0, allowed 1 to 100", refusal(() -> FrequencyWeights.jpegLuminance(0)));
        assertEquals("JPEG quality: got 101, allowed 1 to 100", refusal(() -> FrequencyWeights.jpegChrominance(101)));
        assertEquals(
                "weight table: got 63 numbers, allowed BxB with B from 2 to 64",
                refusal(() -> FrequencyWeights.of(new float[63])));
        assertEquals(
                "weight table: got all zeros, allowed at least one positive number",
                refusal(() -> FrequencyWeights.of(new float[64])));
        for (float bad : new float[] {-1, Float.NaN, Float.POSITIVE_INFINITY}) {
            String message = refusal(() -> FrequencyWeights.of(new float[] {1, 1, bad, 1}));
            assertEquals("weight table: got " + bad + " at row 1, column 0, allowed finite numbers from 0 up", message);
        }
        for (double bad : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertTrue(refusal(() -> FrequencyWeights.mannosSakrison(bad)).startsWith("pixels per degree: got " + bad));
        }
        for (double bad : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertTrue(refusal(() -> FrequencyWeights.uniform().anneal(bad)).contains("got alpha " + bad));
            assertTrue(refusal(() -> FrequencyWeights.uniform().power(bad)).contains("got " + bad));
            assertTrue(refusal(() -> FrequencyWeights.uniform().withDc(bad)).contains("got " + bad));
        }
        assertTrue(refusal(() -> FrequencyWeights.uniform().resample(1)).contains("got block size 1"));
        assertTrue(refusal(() -> FrequencyWeights.uniform().resample(65)).contains("got block size 65"));
        assertTrue(refusal(() -> FrequencyWeights.of(new float[] {1, 1, 1, 1}).floor())
                .contains("allowed tables that are inverted"));
        assertTrue(refusal(FrequencyWeights::perChannel).contains("got no table"));
        assertTrue(refusal(() ->
                        FrequencyWeights.perChannel(FrequencyWeights.uniform().normalize(Normalization.MAX)))
                .contains("which belongs to the set"));
        FrequencyWeights onlyDc = FrequencyWeights.of(new float[] {1, 0, 0, 0}).withDc(0);
        assertTrue(refusal(() -> onlyDc.resolve(2)).contains("all zero or not finite"));
        assertThrows(NullPointerException.class, () -> FrequencyWeights.of(null));
        assertThrows(NullPointerException.class, () -> FrequencyWeights.perChannel(FrequencyWeights.uniform(), null));
        assertThrows(
                NullPointerException.class, () -> FrequencyWeights.uniform().normalize(null));
        FrequencyWeights endless =
                FrequencyWeights.of(new float[] {1e38f, 0, 0, 0}).power(20);
        assertTrue(refusal(() -> endless.resolve(2)).contains("all zero or not finite"));
    }

    @Test
    void equalByValueAndReadable() {
        assertEquals(
                FrequencyWeights.jpegLuminance(50).power(2).resample(16),
                FrequencyWeights.jpegLuminance(50).resample(16).power(2));
        assertEquals(FrequencyWeights.watson(), FrequencyWeights.watson().normalize(Normalization.MEAN_SQUARE));
        assertEquals(
                FrequencyWeights.watson().hashCode(),
                FrequencyWeights.watson().normalize(Normalization.MEAN_SQUARE).hashCode());
        assertNotEquals(FrequencyWeights.jpegLuminance(50), FrequencyWeights.jpegLuminance(51));
        assertNotEquals(FrequencyWeights.of(new float[] {1, 2, 3, 4}), FrequencyWeights.of(new float[] {1, 2, 3, 5}));
        assertEquals(
                "jpegLuminance(50).resample(21).floor().anneal(0.5).power(2.0).withDc(0.0).normalize(NONE)",
                FrequencyWeights.jpegLuminance(50)
                        .withDc(0)
                        .power(2)
                        .anneal(0.5)
                        .floor()
                        .resample(21)
                        .normalize(Normalization.NONE)
                        .toString());
    }
}

package org.dctloss.benchmarks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.dctloss.Coefficients;
import org.dctloss.FrequencyWeights;
import org.dctloss.reference.ReferenceDctLoss;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** All contenders compute what is asked for, before their times mean anything. */
class ContendersAgreeTest {
    private static final Images SMALL = Images.parse("2x3x16x24");

    /** Float32 in different orders. */
    private static final double CLOSE = 1e-5;

    /** Where the natives of the peers are taken for (pom.xml): nothing may be left out there. */
    private static final boolean ALL_HERE = System.getProperty("os.name").equals("Linux")
            && System.getProperty("os.arch").equals("amd64");

    private static final String REQUIRED = System.getProperty("dctloss.require", "");

    record Asked(String contender, Case wanted) {}

    static List<Asked> losses() {
        List<Asked> all = new ArrayList<>();
        for (String penalty : List.of("squared", "absolute")) {
            for (int threads : new int[] {1, 2}) {
                Case wanted = Case.of(Operation.BACKWARD, penalty, SMALL, threads);
                Stream.concat(Stream.of("native", "java"), Contenders.PEERS.stream())
                        .filter(name -> threads == 1 || !Plan.ONE_THREAD.contains(name))
                        .forEach(name -> all.add(new Asked(name, wanted)));
            }
            // Enough for work to be divided.
            Case divided = Case.of(Operation.BACKWARD, penalty, Images.parse("4x3x128x256"), 2);
            Stream.concat(Stream.of("native", "java"), Contenders.PEERS.stream())
                    .filter(name -> !Plan.ONE_THREAD.contains(name))
                    .forEach(name -> all.add(new Asked(name, divided)));
        }
        for (String name : List.of("native", "java")) {
            Case base = Case.of(Operation.BACKWARD, "squared", SMALL, 1);
            all.add(new Asked(name, Case.of(Operation.FORWARD, "squared", SMALL, 1)));
            all.add(new Asked(name, Case.of(Operation.BACKWARD, "charbonnier:0.001", SMALL, 1)));
            all.add(new Asked(name, Case.of(Operation.BACKWARD, "huber:0.1", SMALL, 1)));
            all.add(new Asked(name, base.with(Coefficients.MAGNITUDE)));
            all.add(new Asked(name, base.withBlock(16)));
            all.add(new Asked(name, base.withStride(4)));
            for (String awkward : List.of("1x3x23x31", "2x3x16x24-nhwc", "2x2x17x24-sliced")) {
                all.add(new Asked(name, Case.of(Operation.BACKWARD, "squared", Images.parse(awkward), 1)));
            }
        }
        return all;
    }

    @ParameterizedTest
    @MethodSource("losses")
    void ofTheLossByDefinition(Asked asked) {
        Case wanted = asked.wanted;
        Images images = wanted.images();
        float[] p = images.noise(1);
        float[] t = images.noise(2);
        ReferenceDctLoss reference = new ReferenceDctLoss();
        int colon = wanted.penalty().indexOf(':');
        reference.penalty = colon < 0 ? wanted.penalty() : wanted.penalty().substring(0, colon);
        reference.parameter =
                colon < 0 ? 0 : Double.parseDouble(wanted.penalty().substring(colon + 1));
        reference.magnitude = wanted.coefficients() == Coefficients.MAGNITUDE;
        reference.block = wanted.block();
        reference.stride = wanted.stride();
        reference.weights = new double[][] {FrequencyWeights.jpegLuminance(50).resolve(wanted.block())};
        ReferenceDctLoss.Result exact = reference.evaluate(arranged(images, p), arranged(images, t));
        try (Contender contender = open(asked)) {
            // ND4J adds up in float32, one by one.
            double close = asked.contender.equals("nd4j") ? 1e-3 : CLOSE;
            assertEquals(exact.loss, contender.run(), close * exact.loss);
            if (wanted.operation() == Operation.BACKWARD) {
                contender.run(); // once more into the same memory
                assertClose(flat(images, exact.gradient), contender.result());
            }
        }
    }

    static Stream<Asked> simplerLosses() {
        return Contenders.SIMPLER.stream()
                .map(name -> new Asked(
                        name, Case.of(Operation.BACKWARD, name.endsWith("l1") ? "absolute" : "squared", SMALL, 1)));
    }

    @ParameterizedTest
    @MethodSource("simplerLosses")
    void ofTheSimplerLosses(Asked asked) {
        float[] p = SMALL.noise(1);
        float[] t = SMALL.noise(2);
        boolean squared = !asked.contender.endsWith("l1");
        double loss = 0;
        double[] gradient = new double[p.length];
        for (int i = 0; i < p.length; i++) {
            double e = (double) p[i] - t[i];
            loss += (squared ? e * e : Math.abs(e)) / p.length;
            gradient[i] = (squared ? 2 * e : Math.signum(e)) / p.length;
        }
        try (Contender contender = open(asked)) {
            assertEquals(loss, contender.run(), CLOSE * loss);
            assertClose(gradient, contender.result());
        }
    }

    static Stream<Asked> transforms() {
        return Stream.of("native", "java")
                .flatMap(name -> Stream.of(Operation.DCT_FORWARD, Operation.DCT_INVERSE)
                        .map(operation -> new Asked(name, Case.of(operation, "squared", SMALL, 1))));
    }

    @ParameterizedTest
    @MethodSource("transforms")
    void ofTheTransform(Asked asked) {
        float[] in = SMALL.noise(1);
        float[] basis = Basis.weighted(FrequencyWeights.uniform());
        boolean forward = asked.wanted.operation() == Operation.DCT_FORWARD;
        double[] expected = new double[in.length];
        int w = SMALL.w();
        for (int at = 0; at < in.length; at++) {
            int corner = at / (8 * w) * 8 * w + at % w / 8 * 8;
            int inner = at / w % 8 * 8 + at % 8;
            for (int i = 0; i < 64; i++) {
                double factor = forward ? basis[inner * 64 + i] : basis[i * 64 + inner];
                expected[at] += factor * in[corner + i / 8 * w + i % 8];
            }
        }
        try (Contender contender = open(asked)) {
            contender.run();
            assertClose(expected, contender.result());
        }
    }

    @Test
    void ofTheSubtraction() {
        Images uneven = Images.parse("3x2x531x397"); // enough for two threads
        float[] expected = new float[(int) uneven.pixels()];
        for (int i = 0; i < expected.length; i++) {
            expected[i] = uneven.noise(1)[i] - uneven.noise(2)[i];
        }
        for (String name : List.of(Contenders.SUBTRACT, Contenders.SUBTRACT_CPP, Contenders.SUBTRACT_PAST_CACHES)) {
            int threads = Plan.ONE_THREAD.contains(name) ? 1 : 2;
            try (Contender contender = open(new Asked(name, Case.of(Operation.BACKWARD, "squared", uneven, threads)))) {
                contender.run();
                assertArrayEquals(expected, contender.result());
            }
        }
    }

    @Test
    void whatAContenderCannotComputeIsLeftOutInASentence() {
        Case overlapping = Case.of(Operation.BACKWARD, "squared", SMALL, 1).withStride(4);
        for (String name : Contenders.PEERS) {
            Unavailable refused = assertThrows(Unavailable.class, () -> Contenders.open(name, overlapping));
            assertTrue(
                    refused.getMessage()
                            .startsWith(name + ": got backward squared SIGNED FLOAT32 2x3x16x24, 1 threads, 8x8 blocks,"
                                    + " stride 4, allowed backward, squared or absolute"),
                    refused::getMessage);
        }
        assertThrows(
                IllegalArgumentException.class,
                () -> Contenders.open("nobody", Case.of(Operation.BACKWARD, "squared", SMALL, 1)));
    }

    private static Contender open(Asked asked) {
        try {
            return Contenders.open(asked.contender, asked.wanted);
        } catch (Unavailable missing) {
            boolean ours = asked.contender.equals("native") || asked.contender.startsWith(Contenders.SUBTRACT);
            boolean required = ours ? REQUIRED.contains("native") : ALL_HERE;
            if (!required) {
                abort(missing.getMessage());
            }
            throw missing;
        }
    }

    private static double[][][][] arranged(Images images, float[] values) {
        double[][][][] all = new double[images.n()][images.c()][images.h()][images.w()];
        int at = 0;
        for (double[][][] sample : all) {
            for (double[][] plane : sample) {
                for (double[] row : plane) {
                    for (int x = 0; x < row.length; x++) {
                        row[x] = values[at++];
                    }
                }
            }
        }
        return all;
    }

    private static double[] flat(Images images, double[][][][] all) {
        double[] values = new double[(int) images.pixels()];
        int at = 0;
        for (double[][][] sample : all) {
            for (double[][] plane : sample) {
                for (double[] row : plane) {
                    for (double value : row) {
                        values[at++] = value;
                    }
                }
            }
        }
        return values;
    }

    private static void assertClose(double[] expected, float[] got) {
        assertEquals(expected.length, got.length);
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < got.length; i++) {
            difference += (expected[i] - got[i]) * (expected[i] - got[i]);
            norm += expected[i] * expected[i];
        }
        double relative = Math.sqrt(difference / norm);
        assertTrue(relative <= CLOSE, () -> "relative difference: got " + relative + ", allowed " + CLOSE);
    }
}

package org.dctloss.purejava;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link AanFlowGraph} by the Vector API: same scratch, same order of rows, a vector of columns of each row at a time.
 *
 * <p>A method here has few enough calls for C2, and no vector lives from one turn of a loop to the next: {@link VectorSteps}.
 * Only {@link #at} is so small that it may be a method; larger ones are not always inlined.
 *
 * <p>Every column goes through the same operations wherever it lies, so results depend neither on place nor on layout.
 */
final class VectorFlowGraph {
    /** One or two blocks side by side: more than 512 bits would gain nothing on short lines. */
    static final VectorSpecies<Float> SPECIES =
            FloatVector.SPECIES_PREFERRED.vectorBitSize() >= 512 ? FloatVector.SPECIES_512 : FloatVector.SPECIES_256;

    static final int LANES = SPECIES.length();

    private static final int K = AanFlowGraph.STRIDE;

    private static final FloatVector COS_4 = all(0.70710678118654752f); // cos(4 pi / 16)
    private static final FloatVector MINUS_COS_4 = COS_4.neg();
    private static final FloatVector COS_6 = all(0.38268343236508977f); // cos(6 pi / 16)
    private static final FloatVector COS_2_LESS = all(0.54119610014619698f); // cos(2 pi / 16) - cos(6 pi / 16)
    private static final FloatVector COS_2_MORE = all(1.30656296487637653f); // cos(2 pi / 16) + cos(6 pi / 16)

    // Lanes whose number has the bit 1, 2, 4.
    private static final VectorMask<Float> BIT_1 = lanesWith(1);
    private static final VectorMask<Float> BIT_2 = lanesWith(2);
    private static final VectorMask<Float> BIT_4 = lanesWith(4);

    private VectorFlowGraph() {}

    private static VectorMask<Float> lanesWith(int bit) {
        boolean[] lanes = new boolean[LANES];
        for (int i = 0; i < LANES; i++) {
            lanes[i] = (i & bit) != 0;
        }
        return VectorMask.fromArray(SPECIES, lanes, 0);
    }

    static FloatVector all(float value) {
        return FloatVector.broadcast(SPECIES, value);
    }

    static FloatVector at(float[] a, int i) {
        return FloatVector.fromArray(SPECIES, a, i);
    }

    /** A line of differences, {@code to[at + x] = a[i + x] - b[j + x]}: linear, as memory likes it. */
    static void subtract(float[] a, int i, float[] b, int j, float[] to, int at, int count) {
        int x = 0;
        for (; x <= count - LANES; x += LANES) {
            at(a, i + x).sub(at(b, j + x)).intoArray(to, at + x);
        }
        for (; x < count; x++) {
            to[at + x] = a[i + x] - b[j + x];
        }
    }

    /** {@link AanFlowGraph#forward}, on {@code s}. */
    static final VectorSteps.Step[] FORWARD = {
        o -> transformDown(o.s, o.work, o.n), o -> transformAcross(o.work, o.s, o.n)
    };

    /** {@link AanFlowGraph#adjoint} of {@code s}, to wherever. */
    static final VectorSteps.Step[] ADJOINT_DOWN = {o -> adjointDown(o.s, o.work, o.n)};

    static final VectorSteps.Step[] ADJOINT_ACROSS = {o -> adjointAcross(o.work, o.first, o.count, o.to, o.at, o.stride)
    };

    /** F down the columns. */
    private static void transformDown(float[] from, float[] to, int n) {
        for (int x = 0; x < n; x += LANES) {
            FloatVector x0 = at(from, x);
            FloatVector x1 = at(from, x + K);
            FloatVector x2 = at(from, x + 2 * K);
            FloatVector x3 = at(from, x + 3 * K);
            FloatVector x4 = at(from, x + 4 * K);
            FloatVector x5 = at(from, x + 5 * K);
            FloatVector x6 = at(from, x + 6 * K);
            FloatVector x7 = at(from, x + 7 * K);

            FloatVector sum07 = x0.add(x7);
            FloatVector sum16 = x1.add(x6);
            FloatVector sum25 = x2.add(x5);
            FloatVector sum34 = x3.add(x4);
            FloatVector even0 = sum07.add(sum34);
            FloatVector even1 = sum16.add(sum25);
            FloatVector even3 = sum07.sub(sum34);
            FloatVector turn = sum16.sub(sum25).add(even3);
            even0.add(even1).intoArray(to, x);
            even0.sub(even1).intoArray(to, x + K);
            turn.fma(COS_4, even3).intoArray(to, x + 3 * K);
            turn.fma(MINUS_COS_4, even3).intoArray(to, x + 2 * K);

            FloatVector difference07 = x0.sub(x7);
            FloatVector difference16 = x1.sub(x6);
            FloatVector difference25 = x2.sub(x5);
            FloatVector difference34 = x3.sub(x4);
            FloatVector odd0 = difference34.add(difference25);
            FloatVector odd1 = difference25.add(difference16);
            FloatVector odd2 = difference16.add(difference07);
            FloatVector both = odd0.sub(odd2).mul(COS_6);
            FloatVector low = odd0.fma(COS_2_LESS, both);
            FloatVector high = odd2.fma(COS_2_MORE, both);
            FloatVector more = odd1.fma(COS_4, difference07);
            FloatVector less = odd1.fma(MINUS_COS_4, difference07);
            more.add(high).intoArray(to, x + 7 * K);
            less.sub(low).intoArray(to, x + 4 * K);
            less.add(low).intoArray(to, x + 5 * K);
            more.sub(high).intoArray(to, x + 6 * K);
        }
    }

    /**
     * Transposes every 8x8 block, then F down the columns.
     *
     * <p>Transposing takes three exchanges: of lanes 4 apart between rows 4 apart, then 2, then 1. The first two are blends
     * of loads from the right distance, cheaper than any permutation that the Vector API has. For the last one a lane and its
     * neighbour are a long, and shifts move one to the place of the other.
     */
    private static void transformAcross(float[] from, float[] to, int n) {
        for (int x = 0; x < n; x += LANES) {
            FloatVector w0 = at(from, x)
                    .blend(at(from, x + 2 * K - 2), BIT_2)
                    .blend(at(from, x + 4 * K - 4).blend(at(from, x + 6 * K - 6), BIT_2), BIT_4);
            FloatVector w1 = at(from, x + K)
                    .blend(at(from, x + 3 * K - 2), BIT_2)
                    .blend(at(from, x + 5 * K - 4).blend(at(from, x + 7 * K - 6), BIT_2), BIT_4);
            FloatVector w2 = at(from, x + 2)
                    .blend(at(from, x + 2 * K), BIT_2)
                    .blend(at(from, x + 4 * K - 2).blend(at(from, x + 6 * K - 4), BIT_2), BIT_4);
            FloatVector w3 = at(from, x + K + 2)
                    .blend(at(from, x + 3 * K), BIT_2)
                    .blend(at(from, x + 5 * K - 2).blend(at(from, x + 7 * K - 4), BIT_2), BIT_4);
            FloatVector w4 = at(from, x + 4)
                    .blend(at(from, x + 2 * K + 2), BIT_2)
                    .blend(at(from, x + 4 * K).blend(at(from, x + 6 * K - 2), BIT_2), BIT_4);
            FloatVector w5 = at(from, x + K + 4)
                    .blend(at(from, x + 3 * K + 2), BIT_2)
                    .blend(at(from, x + 5 * K).blend(at(from, x + 7 * K - 2), BIT_2), BIT_4);
            FloatVector w6 = at(from, x + 6)
                    .blend(at(from, x + 2 * K + 4), BIT_2)
                    .blend(at(from, x + 4 * K + 2).blend(at(from, x + 6 * K), BIT_2), BIT_4);
            FloatVector w7 = at(from, x + K + 6)
                    .blend(at(from, x + 3 * K + 4), BIT_2)
                    .blend(at(from, x + 5 * K + 2).blend(at(from, x + 7 * K), BIT_2), BIT_4);
            FloatVector up1 =
                    w1.reinterpretAsLongs().lanewise(VectorOperators.LSHL, 32).reinterpretAsFloats();
            FloatVector down0 =
                    w0.reinterpretAsLongs().lanewise(VectorOperators.LSHR, 32).reinterpretAsFloats();
            FloatVector up3 =
                    w3.reinterpretAsLongs().lanewise(VectorOperators.LSHL, 32).reinterpretAsFloats();
            FloatVector down2 =
                    w2.reinterpretAsLongs().lanewise(VectorOperators.LSHR, 32).reinterpretAsFloats();
            FloatVector up5 =
                    w5.reinterpretAsLongs().lanewise(VectorOperators.LSHL, 32).reinterpretAsFloats();
            FloatVector down4 =
                    w4.reinterpretAsLongs().lanewise(VectorOperators.LSHR, 32).reinterpretAsFloats();
            FloatVector up7 =
                    w7.reinterpretAsLongs().lanewise(VectorOperators.LSHL, 32).reinterpretAsFloats();
            FloatVector down6 =
                    w6.reinterpretAsLongs().lanewise(VectorOperators.LSHR, 32).reinterpretAsFloats();
            FloatVector x0 = w0.blend(up1, BIT_1);
            FloatVector x1 = down0.blend(w1, BIT_1);
            FloatVector x2 = w2.blend(up3, BIT_1);
            FloatVector x3 = down2.blend(w3, BIT_1);
            FloatVector x4 = w4.blend(up5, BIT_1);
            FloatVector x5 = down4.blend(w5, BIT_1);
            FloatVector x6 = w6.blend(up7, BIT_1);
            FloatVector x7 = down6.blend(w7, BIT_1);

            FloatVector sum07 = x0.add(x7);
            FloatVector sum16 = x1.add(x6);
            FloatVector sum25 = x2.add(x5);
            FloatVector sum34 = x3.add(x4);
            FloatVector even0 = sum07.add(sum34);
            FloatVector even1 = sum16.add(sum25);
            FloatVector even3 = sum07.sub(sum34);
            FloatVector turn = sum16.sub(sum25).add(even3);
            even0.add(even1).intoArray(to, x);
            even0.sub(even1).intoArray(to, x + K);
            turn.fma(COS_4, even3).intoArray(to, x + 3 * K);
            turn.fma(MINUS_COS_4, even3).intoArray(to, x + 2 * K);

            FloatVector difference07 = x0.sub(x7);
            FloatVector difference16 = x1.sub(x6);
            FloatVector difference25 = x2.sub(x5);
            FloatVector difference34 = x3.sub(x4);
            FloatVector odd0 = difference34.add(difference25);
            FloatVector odd1 = difference25.add(difference16);
            FloatVector odd2 = difference16.add(difference07);
            FloatVector both = odd0.sub(odd2).mul(COS_6);
            FloatVector low = odd0.fma(COS_2_LESS, both);
            FloatVector high = odd2.fma(COS_2_MORE, both);
            FloatVector more = odd1.fma(COS_4, difference07);
            FloatVector less = odd1.fma(MINUS_COS_4, difference07);
            more.add(high).intoArray(to, x + 7 * K);
            less.sub(low).intoArray(to, x + 4 * K);
            less.add(low).intoArray(to, x + 5 * K);
            more.sub(high).intoArray(to, x + 6 * K);
        }
    }

    /** F^T, the same graph with every arrow reversed, down the columns. */
    private static void adjointDown(float[] from, float[] to, int n) {
        for (int x = 0; x < n; x += LANES) {
            FloatVector x0 = at(from, x);
            FloatVector x1 = at(from, x + 7 * K);
            FloatVector x2 = at(from, x + 3 * K);
            FloatVector x3 = at(from, x + 4 * K);
            FloatVector x4 = at(from, x + K);
            FloatVector x5 = at(from, x + 5 * K);
            FloatVector x6 = at(from, x + 2 * K);
            FloatVector x7 = at(from, x + 6 * K);
            FloatVector more = x1.add(x7);
            FloatVector high = x1.sub(x7);
            FloatVector less = x5.add(x3);
            FloatVector low = x5.sub(x3);
            FloatVector both = low.add(high).mul(COS_6);
            FloatVector odd0 = low.fma(COS_2_LESS, both);
            FloatVector odd2 = high.fma(COS_2_MORE, both.neg());
            FloatVector turned = more.sub(less);
            FloatVector difference07 = more.add(less).add(odd2);
            FloatVector difference16 = turned.fma(COS_4, odd2);
            FloatVector difference25 = turned.fma(COS_4, odd0);

            FloatVector turn = x2.sub(x6);
            FloatVector even0 = x0.add(x4);
            FloatVector even1 = x0.sub(x4);
            FloatVector even3 = turn.fma(COS_4, x2.add(x6));
            FloatVector sum07 = even0.add(even3);
            FloatVector sum34 = even0.sub(even3);
            FloatVector sum16 = turn.fma(COS_4, even1);
            FloatVector sum25 = turn.fma(MINUS_COS_4, even1);
            sum07.add(difference07).intoArray(to, x);
            sum16.add(difference16).intoArray(to, x + K);
            sum25.add(difference25).intoArray(to, x + 2 * K);
            sum34.add(odd0).intoArray(to, x + 3 * K);
            sum34.sub(odd0).intoArray(to, x + 4 * K);
            sum25.sub(difference25).intoArray(to, x + 5 * K);
            sum16.sub(difference16).intoArray(to, x + 6 * K);
            sum07.sub(difference07).intoArray(to, x + 7 * K);
        }
    }

    /** Transposes every 8x8 block, then F^T down {@code n} columns from the first on; line r goes to {@code at + r * stride}. */
    private static void adjointAcross(float[] from, int first, int n, float[] to, int at, int stride) {
        for (int i = 0; i < n; i += LANES) {
            int x = first + i;
            FloatVector w0 = at(from, x)
                    .blend(at(from, x + 2 * K - 2), BIT_2)
                    .blend(at(from, x + 4 * K - 4).blend(at(from, x + 6 * K - 6), BIT_2), BIT_4);
            FloatVector w1 = at(from, x + K)
                    .blend(at(from, x + 3 * K - 2), BIT_2)
                    .blend(at(from, x + 5 * K - 4).blend(at(from, x + 7 * K - 6), BIT_2), BIT_4);
            FloatVector w2 = at(from, x + 2)
                    .blend(at(from, x + 2 * K), BIT_2)
                    .blend(at(from, x + 4 * K - 2).blend(at(from, x + 6 * K - 4), BIT_2), BIT_4);
            FloatVector w3 = at(from, x + K + 2)
                    .blend(at(from, x + 3 * K), BIT_2)
                    .blend(at(from, x + 5 * K - 2).blend(at(from, x + 7 * K - 4), BIT_2), BIT_4);
            FloatVector w4 = at(from, x + 4)
                    .blend(at(from, x + 2 * K + 2), BIT_2)
                    .blend(at(from, x + 4 * K).blend(at(from, x + 6 * K - 2), BIT_2), BIT_4);
            FloatVector w5 = at(from, x + K + 4)
                    .blend(at(from, x + 3 * K + 2), BIT_2)
                    .blend(at(from, x + 5 * K).blend(at(from, x + 7 * K - 2), BIT_2), BIT_4);
            FloatVector w6 = at(from, x + 6)
                    .blend(at(from, x + 2 * K + 4), BIT_2)
                    .blend(at(from, x + 4 * K + 2).blend(at(from, x + 6 * K), BIT_2), BIT_4);
            FloatVector w7 = at(from, x + K + 6)
                    .blend(at(from, x + 3 * K + 4), BIT_2)
                    .blend(at(from, x + 5 * K + 2).blend(at(from, x + 7 * K), BIT_2), BIT_4);
            FloatVector up1 =
                    w1.reinterpretAsLongs().lanewise(VectorOperators.LSHL, 32).reinterpretAsFloats();
            FloatVector down0 =
                    w0.reinterpretAsLongs().lanewise(VectorOperators.LSHR, 32).reinterpretAsFloats();
            FloatVector up3 =
                    w3.reinterpretAsLongs().lanewise(VectorOperators.LSHL, 32).reinterpretAsFloats();
            FloatVector down2 =
                    w2.reinterpretAsLongs().lanewise(VectorOperators.LSHR, 32).reinterpretAsFloats();
            FloatVector up5 =
                    w5.reinterpretAsLongs().lanewise(VectorOperators.LSHL, 32).reinterpretAsFloats();
            FloatVector down4 =
                    w4.reinterpretAsLongs().lanewise(VectorOperators.LSHR, 32).reinterpretAsFloats();
            FloatVector up7 =
                    w7.reinterpretAsLongs().lanewise(VectorOperators.LSHL, 32).reinterpretAsFloats();
            FloatVector down6 =
                    w6.reinterpretAsLongs().lanewise(VectorOperators.LSHR, 32).reinterpretAsFloats();
            FloatVector x0 = w0.blend(up1, BIT_1);
            FloatVector x4 = down0.blend(w1, BIT_1);
            FloatVector x6 = w2.blend(up3, BIT_1);
            FloatVector x2 = down2.blend(w3, BIT_1);
            FloatVector x3 = w4.blend(up5, BIT_1);
            FloatVector x5 = down4.blend(w5, BIT_1);
            FloatVector x7 = w6.blend(up7, BIT_1);
            FloatVector x1 = down6.blend(w7, BIT_1);

            FloatVector more = x1.add(x7);
            FloatVector high = x1.sub(x7);
            FloatVector less = x5.add(x3);
            FloatVector low = x5.sub(x3);
            FloatVector both = low.add(high).mul(COS_6);
            FloatVector odd0 = low.fma(COS_2_LESS, both);
            FloatVector odd2 = high.fma(COS_2_MORE, both.neg());
            FloatVector turned = more.sub(less);
            FloatVector difference07 = more.add(less).add(odd2);
            FloatVector difference16 = turned.fma(COS_4, odd2);
            FloatVector difference25 = turned.fma(COS_4, odd0);

            FloatVector turn = x2.sub(x6);
            FloatVector even0 = x0.add(x4);
            FloatVector even1 = x0.sub(x4);
            FloatVector even3 = turn.fma(COS_4, x2.add(x6));
            FloatVector sum07 = even0.add(even3);
            FloatVector sum34 = even0.sub(even3);
            FloatVector sum16 = turn.fma(COS_4, even1);
            FloatVector sum25 = turn.fma(MINUS_COS_4, even1);
            int line = at + i;
            sum07.add(difference07).intoArray(to, line);
            sum16.add(difference16).intoArray(to, line + stride);
            sum25.add(difference25).intoArray(to, line + 2 * stride);
            sum34.add(odd0).intoArray(to, line + 3 * stride);
            sum34.sub(odd0).intoArray(to, line + 4 * stride);
            sum25.sub(difference25).intoArray(to, line + 5 * stride);
            sum16.sub(difference16).intoArray(to, line + 6 * stride);
            sum07.sub(difference07).intoArray(to, line + 7 * stride);
        }
    }
}

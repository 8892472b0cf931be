package org.dctloss.contract;

import org.dctloss.DataType;

/** Numbers as 16-bit types store them, written from their definitions: round to nearest, ties to even. */
public final class SixteenBits {
    private SixteenBits() {}

    /** The largest relative error of rounding to a type, in its normal range; 0 for float32, which nothing is rounded to. */
    static double rounding(DataType type) {
        return switch (type) {
            case FLOAT32 -> 0;
            case FLOAT16 -> 0x1p-11;
            case BFLOAT16 -> 0x1p-8;
        };
    }

    /** The largest error below the normal range, where that is within sight of other numbers. */
    static double underflow(DataType type) {
        return type == DataType.FLOAT16 ? 0x1p-25 : 0;
    }

    /** The largest number of a type. */
    static double largest(DataType type) {
        return type == DataType.FLOAT16 ? 65504 : 3.3e38;
    }

    /** The nearest number of a type. */
    static float round(DataType type, float value) {
        return type == DataType.FLOAT32 ? value : decode(type, encode(type, value));
    }

    /** Its bits. */
    public static short encode(DataType type, float value) {
        return type == DataType.BFLOAT16 ? toBfloat16(value) : toFloat16(value);
    }

    /** The number with these bits. */
    public static float decode(DataType type, short bits) {
        return type == DataType.BFLOAT16 ? Float.intBitsToFloat(bits << 16) : fromFloat16(bits);
    }

    private static short toBfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >>> 16 | 0x40);
        }
        return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
    }

    private static short toFloat16(float value) {
        int sign = Float.floatToRawIntBits(value) >>> 16 & 0x8000;
        if (Float.isNaN(value)) {
            return (short) (sign | 0x7e00);
        }
        double size = Math.abs((double) value);
        if (size >= 65520) {
            return (short) (sign | 0x7c00);
        }
        // Multiples of a power of two: of 2^-24 below the normal range, above it ten bits below the leading one.
        int exponent = Math.max(-14, Math.getExponent(size));
        long multiples = (long) Math.rint(Math.scalb(size, 10 - exponent));
        // One more bit carries over into the exponent by itself.
        return (short) (sign | (exponent + 14 << 10) + (int) multiples);
    }

    private static float fromFloat16(short bits) {
        int exponent = bits >> 10 & 0x1f;
        int fraction = bits & 0x3ff;
        float size = exponent == 31
                ? (fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN)
                : exponent == 0
                        ? Math.scalb((float) fraction, -24)
                        : Math.scalb((float) (0x400 | fraction), exponent - 25);
        return bits < 0 ? -size : size;
    }
}

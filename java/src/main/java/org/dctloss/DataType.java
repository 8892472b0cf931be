package org.dctloss;

/** Storage of a pixel. Arithmetic is float32 or better whatever the storage. */
public enum DataType {
    /** IEEE 754 binary32. */
    FLOAT32(4),
    /** IEEE 754 binary16. */
    FLOAT16(2),
    /** bfloat16: the upper half of a binary32. */
    BFLOAT16(2);

    private final int bytes;

    DataType(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes per element. */
    public int bytes() {
        return bytes;
    }
}

package org.dctloss.spi;

/**
 * A stream or a place in memory of a device, which a call names by a number.
 *
 * @param value a stream, whose 0 is the default one, or an address, whose 0 is none
 * @param owner kept reachable as long as this is; null if the caller sees to it
 */
public record Handle(long value, Object owner) {
    /** The default stream, or no address. */
    public static final Handle NONE = new Handle(0, null);
}

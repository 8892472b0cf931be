package org.dctloss.pictures;

/**
 * A picture with what its file says of it.
 *
 * @param picture its pixels
 * @param grey whether the file stores one channel of grey, or a palette of greys only
 * @param bits of a sample in the file, 1 to 16
 * @param format the file's format, as people write it: "PNG", "JPEG", "WebP"
 */
public record DecodedPicture(Picture picture, boolean grey, int bits, String format) {}

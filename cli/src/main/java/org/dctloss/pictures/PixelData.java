package org.dctloss.pictures;

/**
 * What a file says of its one picture, and the file again without anything but that picture: the reader is given no
 * colour profile to convert by, no text to inflate, no preview to mistake for the picture.
 *
 * @param bytes a file of the same format
 * @param width as stored, before the orientation is applied
 * @param height as stored
 * @param most the most pixels that the coded bytes can hold
 * @param bits of a sample (of a colour, for a palette)
 * @param grey whether it is stored as grey
 * @param orientation as EXIF counts it, 1 to 8
 * @param inks how four channels are to be understood
 */
record PixelData(byte[] bytes, int width, int height, long most, int bits, boolean grey, int orientation, Inks inks) {

    /** The four-channel codings of JPEG. Adobe's programs store inks inverted: 255 is bare paper. */
    enum Inks {
        NONE,
        CMYK,
        INVERTED_CMYK,
        INVERTED_YCCK
    }
}

package org.dctloss.srcnn;

import org.dctloss.ImageBatch;
import org.dctloss.Ssim;
import org.dctloss.pictures.CommandFailure;
import org.dctloss.pictures.Picture;
import org.dctloss.superres.Plane;
import org.dctloss.superres.Ycbcr;

/**
 * A picture to test on, cropped to a multiple of the scale, its luma in 8 bits as in the field's code.
 *
 * @param bicubic all three planes shrunk and enlarged again: its luma is what the network reads, its chroma stays
 */
record TestPicture(String name, Ycbcr truth, Ycbcr bicubic) {
    /** Prepares a picture, RGB in [0, 1]. */
    static TestPicture of(String name, ImageBatch rgb, int scale) {
        int smallest = Ssim.WINDOW + 2 * scale;
        if (Math.min(rgb.h(), rgb.w()) / scale * scale < smallest) {
            throw CommandFailure.of(
                    "--test: " + name,
                    rgb.h() + "x" + rgb.w() + " pixels",
                    smallest + "x" + smallest + " or more after cropping to multiples of " + scale);
        }
        Ycbcr planes = Ycbcr.of(rgb);
        Ycbcr truth = new Ycbcr(
                planes.y().eightBits().modcrop(scale),
                planes.cb().modcrop(scale),
                planes.cr().modcrop(scale));
        Ycbcr bicubic = new Ycbcr(
                PatchSet.degraded(truth.y(), scale),
                PatchSet.degraded(truth.cb(), scale),
                PatchSet.degraded(truth.cr(), scale));
        return new TestPicture(name, truth, bicubic);
    }

    /** The network's luma with the chroma of bicubic enlargement. */
    Ycbcr with(Plane luma) {
        return new Ycbcr(luma, bicubic.cb(), bicubic.cr());
    }

    /** For a screen. */
    static Picture picture(Ycbcr planes) {
        ImageBatch rgb = planes.rgb();
        return new Picture(rgb.w(), rgb.h(), rgb.array());
    }
}

package org.dctloss.superres;

import static org.dctloss.superres.Refusals.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.IntStream;
import java.util.zip.CRC32;
import org.dctloss.BlockDct;
import org.dctloss.ImageBatch;
import org.junit.jupiter.api.Test;

class TrainingPicturesTest {
    /** Of seed 1 at 64x96: whoever changes it changes every result of training on these pictures. */
    private static final long FINGERPRINT = 2966329369L;

    private static long fingerprint(ImageBatch picture) {
        CRC32 crc = new CRC32();
        for (float value : picture.array()) {
            crc.update(Math.round(255 * value));
        }
        return crc.getValue();
    }

    @Test
    void theSameSeedDrawsTheSamePicture() {
        assertEquals(FINGERPRINT, fingerprint(TrainingPictures.draw(1, 64, 96)));
        long[] together = IntStream.range(0, 8)
                .parallel()
                .mapToLong(i -> fingerprint(TrainingPictures.draw(1, 64, 96)))
                .distinct()
                .toArray();
        assertArrayEquals(new long[] {FINGERPRINT}, together);
        assertNotEquals(fingerprint(TrainingPictures.draw(1, 64, 64)), fingerprint(TrainingPictures.draw(2, 64, 64)));
    }

    @Test
    void pixelsAreThoseOfAnEightBitFile() {
        for (int[] size : new int[][] {{32, 1024}, {1024, 32}, {33, 47}}) {
            ImageBatch picture = TrainingPictures.draw(5, size[0], size[1]);
            assertEquals("1x3x" + size[0] + "x" + size[1], picture.shape());
            for (int c = 0; c < 3; c++) {
                Plane plane = Plane.copyOf(picture, 0, c);
                assertEquals(plane.eightBits(), plane);
            }
        }
    }

    /** Energy in every band of frequencies, and detail that bicubic loses, about as photographs have it. */
    @Test
    void theyHaveSomethingToLearn() {
        double[] bands = new double[8];
        int pictures = 12;
        double mean = 0;
        for (int seed = 0; seed < pictures; seed++) {
            Plane luma = Ycbcr.luma(TrainingPictures.draw(seed, 192, 192));
            Plane image = Resampling.BICUBIC.up(Resampling.BICUBIC.down(luma, 3), 3);
            double psnr = LumaScores.of(image, luma, 3).psnr();
            assertTrue(psnr > 14 && psnr < 40, seed + ": " + psnr);
            mean += psnr / pictures;
            Plane coefficients = Plane.ofSize(192, 192);
            BlockDct.of(8).forward(luma.batch(), coefficients.batch());
            for (int i = 0; i < 192 * 192; i++) {
                int band = Math.max(i / 192 % 8, i % 8);
                bands[band] += Math.pow(coefficients.pixels()[i], 2) / (192 * 192) / pictures * 64 / (2 * band + 1);
            }
        }
        assertTrue(mean > 22 && mean < 28, "" + mean);
        for (int band = 1; band < 8; band++) {
            assertTrue(bands[band] < bands[band - 1] && bands[band] > 3e-4, band + ": " + bands[band]);
        }
    }

    @Test
    void whatCannotBeIsRefused() {
        refused("picture: got 31x64 pixels, allowed sides of 32 to 1024", () -> TrainingPictures.draw(0, 31, 64));
        refused("picture: got 64x1025 pixels, allowed sides of 32 to 1024", () -> TrainingPictures.draw(0, 64, 1025));
    }
}

package org.dctloss.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.dctloss.pictures.Picture;
import org.junit.jupiter.api.Test;

class SamplePictureTest {
    @Test
    void thePictureLeavesRoomForAShift() {
        Picture picture = SamplePicture.draw();
        for (float value : picture.planes()) {
            assertTrue(value > 0.1 && value < 0.9);
        }
        assertArrayEquals(picture.planes(), SamplePicture.draw().planes());
    }
}

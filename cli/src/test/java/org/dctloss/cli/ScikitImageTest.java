package org.dctloss.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What {@code compare} prints for two files is what scikit-image 0.26.0 says of them:
 *
 * <pre>
 * peak_signal_noise_ratio(a, b, data_range=levels)
 * structural_similarity(a, b, win_size=11, gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
 *                       data_range=levels, channel_axis=-1)
 * </pre>
 *
 * for the pictures that are drawn here, as float64. (The library's test of the same name holds many more values, and
 * the script that made them.)
 */
class ScikitImageTest {
    @TempDir
    Path folder;

    @Test
    void coloursOfEightBits() throws IOException {
        agrees(BufferedImage.TYPE_INT_RGB, 64, 96, 255, 26.87575269095897, 0.9668980686911541);
    }

    @Test
    void greysOfSixteenBits() throws IOException {
        agrees(BufferedImage.TYPE_USHORT_GRAY, 40, 27, 65535, 26.839467162860583, 0.9481586922018562);
    }

    private void agrees(int type, int height, int width, int levels, double psnr, double ssim) throws IOException {
        BufferedImage reference = new BufferedImage(width, height, type);
        BufferedImage image = new BufferedImage(width, height, type);
        for (int c = 0; c < reference.getRaster().getNumBands(); c++) {
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    int level = 12 * x + 7 * y + 50 * c + x * y / 8 + 3 * (x / 9) * (y / 7);
                    int drawn = level * (levels / 255) % (levels + 1);
                    int noise = (131 * x + 313 * y + 71 * c) * 7919 % 1009 % 41 - 20;
                    int damaged = Math.max(0, Math.min(levels, drawn + noise * (levels / 255)));
                    reference.getRaster().setSample(x, y, c, drawn);
                    image.getRaster().setSample(x, y, c, damaged);
                }
            }
        }
        Path first = folder.resolve("reference.png");
        Path second = folder.resolve("image.png");
        assertTrue(ImageIO.write(reference, "png", first.toFile()));
        assertTrue(ImageIO.write(image, "png", second.toFile()));
        JsonObject scores = Cli.json("compare", first, second, "--json")
                .getAsJsonArray("results")
                .get(0)
                .getAsJsonObject();
        assertEquals(psnr, scores.get("psnr").getAsDouble(), 1e-6);
        assertEquals(ssim, scores.get("ssim").getAsDouble(), 1e-6);
    }
}

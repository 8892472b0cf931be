package org.dctloss;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * MSE, PSNR and SSIM agree with scikit-image 0.26.0 ({@code win_size=11, gaussian_weights=True, sigma=1.5,
 * use_sample_covariance=False}); {@code scikit-image.py} beside the values made them and holds the very calls.
 */
class ScikitImageTest {
    private static final double TOLERANCE = 1e-6;

    /** One row of the table. */
    private record Case(int h, int w, int channels, int levels, int range, String damage) {
        ImageBatch reference() {
            return draw((c, y, x) -> level(c, y, x));
        }

        ImageBatch damaged() {
            return draw(this::damagedLevel);
        }

        private int level(int c, int y, int x) {
            return (12 * x + 7 * y + 50 * c + x * y / 8 + 3 * (x / 9) * (y / 7)) * (levels / 255) % (levels + 1);
        }

        private int damagedLevel(int c, int y, int x) {
            int r = level(c, y, x);
            return switch (damage) {
                case "none" -> r;
                case "brighter" -> Math.min(levels, r + levels / 17);
                case "flatter" -> levels / 4 + r / 2;
                case "noise" -> {
                    int noise = (131 * x + 313 * y + 71 * c) * 7919 % 1009 % 41 - 20;
                    yield Math.max(0, Math.min(levels, r + noise * (levels / 255)));
                }
                case "blocks" -> level(c, y / 8 * 8, x / 8 * 8);
                case "shifted" -> level(c, y, Math.max(0, x - 1));
                case "inverted" -> levels - r;
                default -> throw new IllegalArgumentException(damage);
            };
        }

        private ImageBatch draw(Levels picture) {
            float[] pixels = new float[channels * h * w];
            for (int i = 0; i < pixels.length; i++) {
                int level = picture.at(i / (h * w), i / w % h, i % w);
                pixels[i] = level / (float) (levels / range);
            }
            return ImageBatch.of(pixels, 1, channels, h, w);
        }
    }

    private interface Levels {
        int at(int c, int y, int x);
    }

    @Test
    void measuresAreScikitImages() throws IOException {
        List<String> rows = rows();
        assertEquals(224, rows.size());
        for (String row : rows) {
            String[] cells = row.split(",");
            int[] n = new int[5];
            for (int i = 0; i < n.length; i++) {
                n[i] = Integer.parseInt(cells[i]);
            }
            Case drawn = new Case(n[0], n[1], n[2], n[3], n[4], cells[5]);
            ImageBatch reference = drawn.reference();
            ImageBatch damaged = drawn.damaged();
            double mse = Double.parseDouble(cells[6]);
            double psnr = cells[7].equals("inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(cells[7]);
            assertEquals(mse, Mse.forward(damaged, reference), TOLERANCE * mse, row);
            assertEquals(psnr, Psnr.of(damaged, reference, drawn.range), TOLERANCE, row);
            double ssim = Ssim.ofDataRange(drawn.range).forward(damaged, reference);
            assertEquals(Double.parseDouble(cells[8]), ssim, TOLERANCE, row);
        }
    }

    /** Without the heading. */
    private static List<String> rows() throws IOException {
        try (BufferedReader table = new BufferedReader(new InputStreamReader(
                ScikitImageTest.class.getResourceAsStream("scikit-image.csv"), StandardCharsets.US_ASCII))) {
            return table.lines().skip(1).toList();
        }
    }
}

package org.dctloss.cli;

import static org.dctloss.cli.TestPictures.grey;
import static org.dctloss.cli.TestPictures.noise;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompareCommandTest {
    private static final int WIDTH = 40;
    private static final int HEIGHT = 24;

    @TempDir
    Path folder;

    private Path save(String name, BufferedImage image) throws IOException {
        return TestPictures.save(folder.resolve(name), image);
    }

    private static JsonObject only(JsonObject json) {
        JsonArray results = json.getAsJsonArray("results");
        assertEquals(1, results.size());
        return results.get(0).getAsJsonObject();
    }

    private long files() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.count();
        }
    }

    @Test
    void numbersAreTheDefinitions() throws IOException {
        BufferedImage one = noise(WIDTH, HEIGHT, 1);
        BufferedImage two = noise(WIDTH, HEIGHT, 2);
        double sum = 0;
        for (int i = 0; i < WIDTH * HEIGHT; i++) {
            for (int shift = 0; shift < 24; shift += 8) {
                int a = one.getRGB(i % WIDTH, i / WIDTH) >> shift & 0xff;
                int b = two.getRGB(i % WIDTH, i / WIDTH) >> shift & 0xff;
                sum += (a - b) * (a - b) / 255.0 / 255.0;
            }
        }
        double mse = sum / (3 * WIDTH * HEIGHT);
        Path reference = save("one.png", one);
        Path image = save("two.png", two);
        JsonObject result = only(Cli.json("compare", reference, image, "--json"));
        assertEquals(image.toString(), result.get("image").getAsString());
        assertEquals(mse, result.get("mse").getAsDouble(), 1e-7);
        assertEquals(-10 * Math.log10(mse), result.get("psnr").getAsDouble(), 1e-5);
        assertTrue(Math.abs(result.get("ssim").getAsDouble()) < 0.2);
        assertTrue(result.get("dct_loss").getAsDouble() > 0);
        assertFalse(Cli.json("compare", reference, image, "--json").has("errors"));
    }

    /** A brightness shift s moves Y alone: its DC coefficient by 8 s, in every block. */
    @Test
    void theDctLossOfAShiftIsTheWeightOfTheMean() throws IOException {
        Path dark = save("dark.png", grey(WIDTH, HEIGHT, 51));
        Path light = save("light.png", grey(WIDTH, HEIGHT, 102));
        double weight = ImageScores.LOSS.weights().resolve(8)[0];
        double expected = Math.pow(weight * 8 * 0.2, 2) / 64 / 3;
        double loss =
                only(Cli.json("compare", dark, light, "--json")).get("dct_loss").getAsDouble();
        assertEquals(expected, loss, 1e-5 * expected);
    }

    @Test
    void identicalImagesHaveNoPsnr() throws IOException {
        Path image = save("a.png", noise(WIDTH, HEIGHT, 1));
        JsonObject result = only(Cli.json("compare", image, image, "--json"));
        assertTrue(result.get("psnr").isJsonNull());
        assertEquals(0, result.get("mse").getAsDouble());
        assertEquals(0, result.get("dct_loss").getAsDouble());
        assertEquals(1, result.get("ssim").getAsDouble(), 1e-9);
        assertTrue(Cli.run("compare", image, image).out().contains("inf"));
    }

    @Test
    void smallImagesHaveNoSsim() throws IOException {
        Path one = save("one.png", noise(10, 20, 1));
        Path two = save("two.png", noise(10, 20, 2));
        assertTrue(only(Cli.json("compare", one, two, "--json")).get("ssim").isJsonNull());
        assertTrue(Cli.run("compare", one, two).out().contains(" - "));
    }

    @Test
    void damagedFilesAreRefused() throws IOException {
        Path good = save("good.png", noise(WIDTH, HEIGHT, 1));
        for (String format : new String[] {"png", "jpg", "bmp", "gif"}) {
            byte[] bytes = Files.readAllBytes(save("whole." + format, noise(WIDTH, HEIGHT, 2)));
            for (double part : new double[] {0.001, 0.05, 0.3, 0.6, 0.9}) {
                Path cut = folder.resolve("cut." + format);
                Files.write(cut, Arrays.copyOf(bytes, (int) (bytes.length * part)));
                Cli.refused(cut + ": got ", "compare", good, cut, "--json");
            }
        }
        Path empty = Files.createFile(folder.resolve("empty.png"));
        Cli.refused("got an empty file", "compare", good, empty);
        Path text = Files.writeString(folder.resolve("text.png"), "no image at all, only text");
        Cli.refused("got a file that is no image", "compare", good, text);
        Cli.refused("it does not exist", "compare", good, folder.resolve("none.png"));
        Cli.refused("it does not exist", "compare", folder.resolve("none.png"), good);
        Cli.refused("got a file that is no image", "compare", text, good);
    }

    @Test
    void aListGoesOnAfterAFailure() throws IOException {
        Path reference = save("reference.png", noise(WIDTH, HEIGHT, 1));
        Path small = save("small.png", noise(20, 10, 2));
        Path good = save("good.png", noise(WIDTH, HEIGHT, 3));
        Cli run = Cli.run("compare", reference, small, good, folder.resolve("none.png"), "--json");
        assertEquals(2, run.code());
        assertEquals(2, run.err().lines().count(), run.err());
        JsonObject json = JsonParser.parseString(run.out()).getAsJsonObject();
        assertEquals(good.toString(), only(json).get("image").getAsString());
        assertEquals(2, json.getAsJsonArray("errors").size());
        assertEquals(
                small + ": got 20x10 pixels, allowed 40x24 like the reference",
                json.getAsJsonArray("errors").get(0).getAsString());
    }

    @Test
    void foldersAreMatchedByName() throws IOException {
        Path references = save("r/a.png", noise(WIDTH, HEIGHT, 1)).getParent();
        save("r/b.jpg", noise(WIDTH, HEIGHT, 2));
        Path images = save("i/a.png", noise(WIDTH, HEIGHT, 3)).getParent();
        save("i/b.jpg", noise(WIDTH, HEIGHT, 4));
        Files.writeString(images.resolve("notes.txt"), "not looked at");
        JsonArray results = Cli.json("compare", references, images, "--json").getAsJsonArray("results");
        assertEquals(2, results.size());
        assertTrue(results.get(1).getAsJsonObject().get("image").getAsString().endsWith("b.jpg"));

        Files.move(images.resolve("b.jpg"), images.resolve("c.jpg"));
        Cli run = Cli.run("compare", references, images);
        assertEquals(2, run.code());
        assertTrue(run.err().contains("c.jpg: got no image of this name in the reference"), run.err());
        assertTrue(run.err().contains("b.jpg: got no image of this name in " + images), run.err());
        assertTrue(run.out().contains("a.png"));
    }

    @Test
    void aFolderIsComparedWithOneReference() throws IOException {
        Path reference = save("reference.png", noise(WIDTH, HEIGHT, 1));
        Path images = save("i/a.png", noise(WIDTH, HEIGHT, 3)).getParent();
        save("i/b.png", noise(WIDTH, HEIGHT, 4));
        assertEquals(
                2,
                Cli.json("compare", reference, images, "--json")
                        .getAsJsonArray("results")
                        .size());
        Path empty = Files.createDirectory(folder.resolve("empty"));
        Cli.refused("a folder without images", "compare", reference, empty);
        Cli.refused("a folder without images", "compare", empty, images);
        Cli.refused("because the reference", "compare", images, reference);
        Path odd =
                Files.createDirectories(folder.resolve("odd").resolve("x.png")).getParent();
        Cli.refused("a folder without images", "compare", reference, odd);
    }

    @Test
    void theHeatMapHasTheSizeOfTheImage() throws IOException {
        BufferedImage image = noise(41, 27, 1);
        Path reference = save("reference.png", image);
        image.setRGB(20, 12, image.getRGB(20, 12) ^ 0x808080);
        Path changed = save("changed.png", image);
        Path map = folder.resolve("map.png");
        Cli.json("compare", reference, changed, "--heatmap", map, "--json");
        BufferedImage painted = ImageIO.read(map.toFile());
        assertEquals(41, painted.getWidth());
        assertEquals(27, painted.getHeight());
        assertEquals(0xfffde725, painted.getRGB(16, 8)); // the block that holds the pixel
        assertEquals(0xfffde725, painted.getRGB(23, 15));
        assertEquals(0xff440154, painted.getRGB(24, 15));
        assertEquals(0xff440154, painted.getRGB(40, 26));
        assertEquals(4, files());
    }

    @Test
    void aHeatMapThatCannotBeIsRefused() throws IOException {
        Path one = save("one.png", noise(WIDTH, HEIGHT, 1));
        Path two = save("two.png", noise(WIDTH, HEIGHT, 2));
        Path small = save("small.png", noise(8, 8, 2));
        long before = files();
        Path map = folder.resolve("map.png");
        Cli.refused("--heatmap: got 2 images, allowed exactly one", "compare", one, two, two, "--heatmap", map);
        Cli.refused("a file that ends in .png", "compare", one, two, "--heatmap", folder.resolve("map.jpg"));
        Cli.refused(
                "which is no folder",
                "compare",
                one,
                two,
                "--heatmap",
                folder.resolve("x").resolve("map.png"));
        Cli.refused("the input file", "compare", one, two, "--heatmap", two);
        Cli.refused("like the reference", "compare", one, small, "--heatmap", map);
        assertEquals(before, files());
    }
}

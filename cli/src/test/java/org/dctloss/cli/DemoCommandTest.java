package org.dctloss.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.dctloss.pictures.Picture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoCommandTest {
    @TempDir
    Path folder;

    @Test
    void itShowsFiveCopiesOfOneMse() throws IOException {
        Path out = folder.resolve("made").resolve("demo");
        JsonObject json = Cli.json("demo", "--out", out, "--seconds", 0.01, "--json");
        assertEquals(out.toString(), json.get("out").getAsString());
        JsonArray variants = json.getAsJsonArray("variants");
        assertEquals(5, variants.size());
        for (JsonElement element : variants) {
            JsonObject variant = element.getAsJsonObject();
            assertEquals(Variant.MSE, variant.get("mse").getAsDouble(), 0.01 * Variant.MSE);
            String file =
                    out.resolve(variant.get("name").getAsString() + ".png").toString();
            JsonObject compared = Cli.json("compare", out.resolve("original.png"), file, "--json")
                    .getAsJsonArray("results")
                    .get(0)
                    .getAsJsonObject();
            for (String number : new String[] {"mse", "psnr", "ssim", "dct_loss"}) {
                assertEquals(variant.get(number), compared.get(number));
            }
        }
        boolean timed = false;
        for (JsonElement backend : json.getAsJsonArray("backends")) {
            timed |= !backend.getAsJsonObject().get("ratio_to_subtract").isJsonNull();
        }
        assertTrue(timed);

        String page = Files.readString(out.resolve("index.html"));
        assertFalse(page.contains("{{"));
        assertFalse(page.contains("://"));
        try (Stream<Path> files = Files.list(out)) {
            long pictures =
                    files.filter(file -> file.toString().endsWith(".png")).count();
            assertEquals(1 + 5 * 6, pictures);
            assertEquals(pictures, page.split("<img ", -1).length - 1);
        }
        try (Stream<Path> files = Files.list(out)) {
            assertEquals(1 + 1 + 5 * 6, files.count());
        }
    }

    @Test
    void thePictureLeavesRoomForAShift() {
        Picture picture = SamplePicture.draw();
        for (float value : picture.planes()) {
            assertTrue(value > 0.1 && value < 0.9);
        }
        assertArrayEquals(picture.planes(), SamplePicture.draw().planes());
    }

    @Test
    void aFolderThatCannotBeIsRefused() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "kept");
        Cli.refused("a path through the file", "demo", "--out", file, "--json");
        Cli.refused("a path through the file", "demo", "--out", file.resolve("x"));
        Cli.refused("--seconds: got 0.0", "demo", "--out", folder.resolve("x"), "--seconds", 0);
        Path taken = Files.createDirectories(folder.resolve("taken").resolve("index.html"));
        Cli.refused("got a folder, allowed a file", "demo", "--out", taken.getParent(), "--seconds", 0.01);
        assertEquals("kept", Files.readString(file));
        try (Stream<Path> files = Files.walk(folder)) {
            assertEquals(4, files.count());
        }
    }
}

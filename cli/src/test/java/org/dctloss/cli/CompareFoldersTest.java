package org.dctloss.cli;

import static org.dctloss.cli.TestPictures.grey;
import static org.dctloss.cli.TestPictures.noise;
import static org.dctloss.cli.TestPictures.plain;
import static org.dctloss.cli.TestPictures.save;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.NamedCsvRecord;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import javax.imageio.ImageIO;
import org.dctloss.pictures.PictureFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CompareFoldersTest {
    private static final int WIDTH = 40;
    private static final int HEIGHT = 24;

    @TempDir
    Path folder;

    private Path references;
    private Path dark;
    private Path light;

    /** References of mid-grey, and two methods that are off by some levels. */
    @BeforeEach
    void folders() throws IOException {
        references = folder.resolve("references");
        dark = folder.resolve("dark");
        light = folder.resolve("light");
        int[] off = {10, 30, 20};
        for (int i = 0; i < off.length; i++) {
            String name = "abc".charAt(i) + ".png";
            save(references.resolve(name), plain(WIDTH, HEIGHT, 0x646464));
            save(dark.resolve(name), plain(WIDTH, HEIGHT, (100 - off[i]) * 0x10101));
            save(light.resolve(name), plain(WIDTH, HEIGHT, (101 + off[i]) * 0x10101));
        }
    }

    private static List<String> column(JsonObject json, String field) {
        return StreamSupport.stream(json.getAsJsonArray("results").spliterator(), false)
                .map(JsonElement::getAsJsonObject)
                .map(result -> result.get(field).getAsString())
                .toList();
    }

    private List<String> images(JsonObject json) {
        UnaryOperator<String> inside =
                image -> folder.relativize(Path.of(image)).toString();
        return column(json, "image").stream().map(inside).toList();
    }

    private long files() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.count();
        }
    }

    private static List<NamedCsvRecord> csv(Path file) throws IOException {
        try (CsvReader<NamedCsvRecord> lines = CsvReader.builder().ofNamedCsvRecord(file)) {
            return lines.stream().toList();
        }
    }

    @Test
    void everyFolderHasAMeanOfEachMeasure() {
        JsonObject json = Cli.json("compare", references, dark, light, "--json");
        assertEquals(
                List.of("dark/a.png", "dark/b.png", "dark/c.png", "light/a.png", "light/b.png", "light/c.png"),
                images(json));
        assertEquals(2, json.getAsJsonArray("folders").size());
        for (int f = 0; f < 2; f++) {
            JsonObject mean = json.getAsJsonArray("folders").get(f).getAsJsonObject();
            String path = (f == 0 ? dark : light).toString();
            assertEquals(path, mean.get("folder").getAsString());
            assertEquals(3, mean.get("images").getAsInt());
            for (Measure measure : Measure.values()) {
                double sum = 0;
                for (int i = 3 * f; i < 3 * f + 3; i++) {
                    JsonObject result = json.getAsJsonArray("results").get(i).getAsJsonObject();
                    assertEquals(path, result.get("folder").getAsString());
                    sum += result.get(measure.field()).getAsDouble();
                }
                assertEquals(sum / 3, mean.get(measure.field()).getAsDouble(), 1e-12 * Math.abs(sum));
            }
        }
        double mse = (100 + 900 + 400) / 3.0 / 255 / 255;
        String text = Cli.run("compare", references, dark).out();
        assertTrue(text.contains(String.format("%10.6f", mse)), text);
        assertTrue(text.contains("mean of 3 in " + dark), text);
    }

    @Test
    void theMeanOfAnIdenticalImageIsInfinite() throws IOException {
        Files.copy(references.resolve("a.png"), folder.resolve("kept.png"));
        Path same = folder.resolve("same");
        save(same.resolve("a.png"), plain(WIDTH, HEIGHT, 0x646464));
        save(same.resolve("b.png"), plain(WIDTH, HEIGHT, 0x656565));
        JsonObject mean = Cli.json("compare", folder.resolve("kept.png"), same, "--json")
                .getAsJsonArray("folders")
                .get(0)
                .getAsJsonObject();
        assertTrue(mean.get("psnr").isJsonNull());
        assertEquals(0.5 / 255 / 255, mean.get("mse").getAsDouble(), 1e-9);
    }

    @ParameterizedTest
    @CsvSource({
        "name, dark/a.png dark/b.png dark/c.png light/a.png light/b.png light/c.png",
        "mse, light/b.png dark/b.png light/c.png dark/c.png light/a.png dark/a.png",
        "psnr, light/b.png dark/b.png light/c.png dark/c.png light/a.png dark/a.png",
        "dct-loss, light/b.png dark/b.png light/c.png dark/c.png light/a.png dark/a.png"
    })
    void theWorstComeFirst(String key, String order) throws IOException {
        Path file = folder.resolve("scores.csv");
        List<String> expected = List.of(order.split(" "));
        JsonObject json = Cli.json("compare", references, dark, light, "--sort", key, "--csv", file, "--json");
        assertEquals(expected, images(json));
        assertEquals(
                column(json, "image"),
                csv(file).stream().map(line -> line.getField("image")).toList());
        List<String> lines = Cli.run("compare", references, dark, light, "--sort", key)
                .out()
                .lines()
                .skip(1)
                .limit(6)
                .toList();
        for (int i = 0; i < 6; i++) {
            assertTrue(lines.get(i).endsWith(expected.get(i)), lines.get(i));
        }
    }

    @Test
    void smallImagesWithoutSsimComeLast() throws IOException {
        save(references.resolve("0.png"), noise(8, 8, 1));
        save(dark.resolve("0.png"), noise(8, 8, 2));
        save(references.resolve("1.png"), noise(WIDTH, HEIGHT, 1));
        save(dark.resolve("1.png"), noise(WIDTH, HEIGHT, 2));
        JsonObject json = Cli.json("compare", references, dark, "--sort", "ssim", "--json");
        assertEquals("dark/1.png", images(json).get(0));
        assertEquals("dark/0.png", images(json).get(4));
        JsonObject mean = json.getAsJsonArray("folders").get(0).getAsJsonObject();
        double sum = 0;
        for (int i = 0; i < 4; i++) {
            sum += json.getAsJsonArray("results")
                    .get(i)
                    .getAsJsonObject()
                    .get("ssim")
                    .getAsDouble();
        }
        assertEquals(sum / 4, mean.get("ssim").getAsDouble(), 1e-12);
    }

    @Test
    void csvHoldsWhatJsonHolds() throws IOException {
        save(dark.resolve("b.png"), plain(WIDTH, HEIGHT, 0x646464));
        save(references.resolve("d.png"), noise(8, 8, 1));
        save(dark.resolve("d.png"), noise(8, 8, 2));
        Path file = folder.resolve("scores.csv");
        JsonObject json = Cli.json("compare", references, dark, "--csv", file, "--json");
        List<NamedCsvRecord> lines = csv(file);
        assertEquals(4, lines.size());
        for (int i = 0; i < 4; i++) {
            JsonObject result = json.getAsJsonArray("results").get(i).getAsJsonObject();
            for (String field : List.of("image", "reference", "folder", "width", "height")) {
                assertEquals(result.get(field).getAsString(), lines.get(i).getField(field));
            }
            for (Measure measure : Measure.values()) {
                JsonElement value = result.get(measure.field());
                String missing = measure == Measure.PSNR ? "inf" : "";
                String cell = lines.get(i).getField(measure.field());
                assertEquals(value.isJsonNull() ? missing : Double.toString(value.getAsDouble()), cell);
            }
            assertEquals("", lines.get(i).getField("error"));
        }
        assertEquals("inf", lines.get(1).getField("psnr"));
        assertEquals("", lines.get(3).getField("ssim"));
        assertTrue(Files.readString(file).endsWith("\r\n"));
    }

    @Test
    void noCellIsAFormulaAndCommasAreNoBorders() throws IOException {
        Path odd = save(folder.resolve("o,d\"d").resolve("a.png"), plain(WIDTH, HEIGHT, 0));
        Path file = folder.resolve("scores.csv");
        PairedFiles files = new PairedFiles(references.resolve("a.png"), List.of(odd), false);
        Pair named = new Pair(Path.of("=1+2"), Path.of("@a.png"), -1, Path.of("@a.png"));
        ComparisonTable table = new ComparisonTable(
                files,
                List.of(
                        new Outcome(files.pairs().get(0), 1, 1, new ImageScores(1, 0, -0.5, 1), 1, null, null),
                        Outcome.failed(named, "-1: got, allowed")),
                null);
        try (var out = Files.newOutputStream(file)) {
            table.csv(out);
        }
        List<NamedCsvRecord> lines = csv(file);
        assertEquals(odd.toString(), lines.get(0).getField("image"));
        assertEquals("-0.5", lines.get(0).getField("ssim"));
        assertEquals("'@a.png", lines.get(1).getField("image"));
        assertEquals("'=1+2", lines.get(1).getField("reference"));
        assertEquals("'-1: got, allowed", lines.get(1).getField("error"));
    }

    @Test
    void whatFailsIsToldAndDoesNotStopTheRest() throws IOException {
        save(dark.resolve("a.png"), plain(8, 8, 0));
        Files.writeString(dark.resolve("b.png"), "no image");
        Files.writeString(references.resolve("e.png"), "no image");
        save(dark.resolve("e.png"), plain(8, 8, 0));
        save(light.resolve("e.png"), plain(8, 8, 0));
        save(dark.resolve("z.png"), plain(8, 8, 0));
        save(references.resolve("y.png"), plain(8, 8, 0));
        Path file = folder.resolve("scores.csv");
        Cli run = Cli.run("compare", references, dark, light, "--csv", file, "--json", "--threads", 2);
        assertEquals(2, run.code());
        JsonObject json = JsonParser.parseString(run.out()).getAsJsonObject();
        assertFalse(json.has("interrupted"));
        assertEquals(List.of("dark/c.png", "light/a.png", "light/b.png", "light/c.png"), images(json));
        List<String> errors = StreamSupport.stream(json.getAsJsonArray("errors").spliterator(), false)
                .map(JsonElement::getAsString)
                .toList();
        List<String> told = run.err().lines().toList();
        assertEquals(errors.size(), told.size(), run.err());
        for (int i = 0; i < errors.size(); i++) {
            assertTrue(told.get(i).endsWith(errors.get(i)), run.err());
        }
        List<String> starts = List.of(
                dark.resolve("z.png") + ": got no image of this name",
                references.resolve("y.png") + ": got no image of this name in " + dark,
                references.resolve("y.png") + ": got no image of this name in " + light,
                dark.resolve("a.png") + ": got 8x8 pixels, allowed 40x24 like the reference",
                dark.resolve("b.png") + ": got a file that is no image",
                references.resolve("e.png") + ": got a file that is no image");
        assertEquals(starts.size(), errors.size(), run.err());
        for (int i = 0; i < starts.size(); i++) {
            assertTrue(errors.get(i).startsWith(starts.get(i)), errors.get(i));
        }
        List<NamedCsvRecord> lines = csv(file);
        assertEquals(11, lines.size());
        // a, b and e of dark; e of light with the same sentence; then z and y, which have no partner.
        for (int i = 4; i < 11; i++) {
            String expected = starts.get(List.of(3, 4, 5, 5, 0, 1, 2).get(i - 4));
            assertTrue(lines.get(i).getField("error").startsWith(expected), lines.get(i)::toString);
            assertEquals("", lines.get(i).getField("mse"));
        }
        assertEquals(dark.resolve("z.png").toString(), lines.get(8).getField("image"));
        assertEquals("", lines.get(8).getField("reference"));
        assertEquals(references.resolve("y.png").toString(), lines.get(9).getField("reference"));
        assertEquals("", lines.get(9).getField("image"));
    }

    @Test
    void greyAndColouredAreNotCompared() throws IOException {
        Path colour = save(folder.resolve("colour.png"), plain(WIDTH, HEIGHT, 0x646465));
        Path rgb = save(folder.resolve("rgb.png"), plain(WIDTH, HEIGHT, 0x646464));
        Path grey = save(folder.resolve("grey.png"), grey(WIDTH, HEIGHT, 100));
        String end = " like the reference (saved as RGB, the grey one can be compared)";
        Cli.refused(grey + ": got a grey image, allowed a coloured one" + end, "compare", colour, grey);
        Cli.refused(colour + ": got a coloured image, allowed a grey one" + end, "compare", grey, colour);
        // Grey is what has equal channels, however it is stored; and who saves it as RGB means it.
        for (Path[] pair : new Path[][] {{grey, rgb}, {rgb, grey}, {grey, grey}, {rgb, colour}, {colour, rgb}}) {
            assertEquals(0, Cli.run("compare", pair[0], pair[1]).code());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 16})
    void threadsChangeNothing(int threads) throws IOException {
        for (int i = 0; i < 12; i++) {
            save(references.resolve("n" + i + ".png"), noise(70 + i, 50, i));
            save(dark.resolve("n" + i + ".png"), noise(70 + i, 50, 100 + i));
        }
        save(dark.resolve("n5.png"), plain(8, 8, 0));
        String[] written = new String[2];
        for (int run = 0; run < 2; run++) {
            Path csv = folder.resolve(run + ".csv");
            Path report = folder.resolve(run + ".html");
            Path maps = folder.resolve("maps");
            Cli result = Cli.run(
                    "compare",
                    references,
                    dark,
                    "--threads",
                    run == 0 ? 1 : threads,
                    "--json",
                    "--csv",
                    csv,
                    "--report",
                    report,
                    "--heatmaps",
                    maps);
            StringBuilder all = new StringBuilder(result.out() + result.err() + Files.readString(csv));
            all.append(Files.readString(report));
            try (Stream<Path> files = Files.list(maps)) {
                for (Path map : files.sorted().toList()) {
                    all.append(map).append(new java.math.BigInteger(Files.readAllBytes(map)));
                }
            }
            written[run] = all.toString();
        }
        assertEquals(written[0], written[1]);
    }

    @Test
    void heatMapsAreCalledAsTheImages() throws IOException {
        Files.delete(light.resolve("b.png"));
        save(light.resolve("b.jpg"), plain(WIDTH, HEIGHT, 0x808080));
        save(references.resolve("x/a.png"), noise(WIDTH, HEIGHT, 1));
        save(light.resolve("x/a.png"), noise(WIDTH, HEIGHT, 2));
        Path maps = folder.resolve("new").resolve("maps");
        JsonObject json = Cli.json("compare", references, light, "-r", "--heatmaps", maps, "--json");
        assertEquals(
                Stream.of("a.png", "b.jpg.png", "c.png", "x/a.png")
                        .map(name -> maps.resolve(name).toString())
                        .toList(),
                column(json, "heatmap"));
        for (String map : column(json, "heatmap")) {
            assertEquals(WIDTH, ImageIO.read(Path.of(map).toFile()).getWidth());
        }
        Cli.json("compare", references.resolve("a.png"), light, dark, "--heatmaps", maps, "--json");
        assertTrue(Files.isRegularFile(maps.resolve("light").resolve("b.jpg.png")));
        assertTrue(Files.isRegularFile(maps.resolve("dark").resolve("b.png")));
        // Equal last names, and images of one name.
        Path other =
                save(folder.resolve("o/light/a.png"), plain(WIDTH, HEIGHT, 0)).getParent();
        Path same = dark.resolve("a.png");
        Path more = folder.resolve("more");
        Cli.json("compare", references.resolve("a.png"), light, other, same, same, "--heatmaps", more, "--json");
        for (String name : List.of("light/a.png", "light-2/a.png", "a.png", "a-2.png")) {
            assertTrue(Files.isRegularFile(more.resolve(name)), name);
        }
    }

    @Test
    void aScaleOfItsOwnOrOneForAll() throws IOException {
        Path maps = folder.resolve("maps");
        JsonObject json = Cli.json("compare", references, dark, "--heatmaps", maps, "--json");
        List<Double> largest =
                column(json, "largest_block").stream().map(Double::valueOf).toList();
        assertTrue(largest.get(1) > 2 * largest.get(0));
        byte[] own = Files.readAllBytes(maps.resolve("a.png"));
        assertEquals(0xfffde725, pixel(maps, "a.png"));
        assertEquals(0xfffde725, pixel(maps, "b.png"));

        Cli.json("compare", references, dark, "--heatmaps", maps, "--heatmap-full", largest.get(1), "--json");
        assertEquals(0xfffde725, pixel(maps, "b.png"));
        assertEquals(0xff000000 | HeatMap.color((float) (largest.get(0) / largest.get(1))), pixel(maps, "a.png"));
        assertNotEquals(0xfffde725, pixel(maps, "a.png"));

        Path one = folder.resolve("one.png");
        Path image = dark.resolve("a.png");
        Cli.json("compare", references.resolve("a.png"), image, "--heatmap", one, "--json");
        assertArrayEquals(own, Files.readAllBytes(one));
    }

    /** Less than the smallest float: whatever differs is yellow, and only that. */
    @ParameterizedTest
    @ValueSource(strings = {"1e-46", "1e-300", "4.9e-324"})
    void aTinyScaleIsNotNone(String full) throws IOException {
        save(dark.resolve("b.png"), plain(WIDTH, HEIGHT, 0x646464));
        Path maps = folder.resolve("maps");
        Path report = folder.resolve("report.html");
        Cli.json("compare", references, dark, "--heatmaps", maps, "--heatmap-full", full, "--report", report, "--json");
        assertEquals(0xfffde725, pixel(maps, "a.png"));
        assertEquals(0xff440154, pixel(maps, "b.png"));
        Matcher map = Pattern.compile("class=\"map\".*?base64,([^\"]+)\"").matcher(Files.readString(report));
        assertTrue(map.find());
        byte[] png = Base64.getDecoder().decode(map.group(1));
        assertEquals(0xfffde725, ImageIO.read(new ByteArrayInputStream(png)).getRGB(WIDTH / 2, HEIGHT / 2));
    }

    @Test
    void aFolderIsNamedOnce() throws IOException {
        long before = files();
        Path csv = folder.resolve("scores.csv");
        Cli.refused(
                dark + ": got this folder twice, allowed each folder of images once",
                "compare",
                references,
                dark,
                light,
                dark,
                "--csv",
                csv);
        Path roundabout = light.resolve("..").resolve("dark");
        Cli.refused(
                roundabout + ": got the same folder as " + dark + ", allowed each folder of images once",
                "compare",
                references.resolve("a.png"),
                dark,
                roundabout,
                "--csv",
                csv);
        assertEquals(before, files());
        assertEquals(
                0, Cli.run("compare", references, references).code()); // as reference and as images is another matter
    }

    @Test
    void everyFileWithAnEndingOfImagesIsComparedOrTold() throws IOException {
        for (String name : List.of("d.jfif", "e.jpe")) {
            for (Path place : List.of(references, dark)) {
                Files.move(save(place.resolve("x.jpg"), noise(WIDTH, HEIGHT, 1)), place.resolve(name));
            }
        }
        Files.writeString(dark.resolve("README"), "no image");
        save(references.resolve("z.png"), plain(8, 8, 0));
        Path link = Files.createSymbolicLink(dark.resolve("z.png"), Path.of("gone.png"));
        for (String option : List.of("--threads=1", "--recursive")) {
            Cli run = Cli.run("compare", references, dark, "--json", option);
            assertEquals(2, run.code());
            assertEquals(
                    "dctloss: " + link
                            + ": got a link to a file that does not exist, allowed an image, or a link to one\n",
                    run.err());
            assertEquals(
                    List.of("dark/a.png", "dark/b.png", "dark/c.png", "dark/d.jfif", "dark/e.jpe"),
                    images(JsonParser.parseString(run.out()).getAsJsonObject()));
        }
    }

    /** Names may hold what steers a terminal, breaks the line or turns the direction of writing. */
    @Test
    void noNameReachesTheTerminalRaw() throws IOException {
        String odd = "\u001b[31m\n\u0085\u202e\u2028x";
        String plain = "\ufffd[31m\ufffd\ufffd\ufffd\ufffdx";
        Path method = folder.resolve("m" + odd);
        save(method.resolve("a.png"), plain(WIDTH, HEIGHT, 0x505050));
        Path image = save(method.resolve("b" + odd + ".png"), plain(WIDTH, HEIGHT, 0x505050));
        save(references.resolve("b" + odd + ".png"), plain(WIDTH, HEIGHT, 0x646464));
        Path alone = save(method.resolve("c" + odd + ".png"), plain(WIDTH, HEIGHT, 0x505050));
        Files.delete(references.resolve("b.png"));
        Files.delete(references.resolve("c.png"));
        Path csv = folder.resolve("scores.csv");
        Cli run = Cli.run("compare", references, method, "--csv", csv);
        assertEquals(4, run.out().lines().count(), run.out());
        assertTrue(run.out().contains("/m" + plain + "/b" + plain + ".png\n"), run.out());
        assertTrue(run.out().contains("  mean of 2 in " + folder.resolve("m" + plain) + "\n"), run.out());
        assertTrue(
                run.err().startsWith("dctloss: " + folder.resolve("m" + plain) + "/c" + plain + ".png: got "),
                run.err());
        assertEquals(1, run.err().lines().count(), run.err());
        assertFalse((run.out() + run.err()).matches("(?s).*[[\\p{Cc}\\p{Cf}\\u2028]&&[^\n]].*"), run.out());

        JsonObject json = JsonParser.parseString(
                        Cli.run("compare", references, method, "--json").out())
                .getAsJsonObject();
        assertEquals(image.toString(), column(json, "image").get(1));
        assertEquals(image.toString(), csv(csv).get(1).getField("image"));
        assertEquals(alone.toString(), csv(csv).get(2).getField("image"));
    }

    @Test
    void theHelpTellsWhatIsReadAndWhatIsReplaced() {
        String help = Cli.run("compare", "--help").out().replaceAll("\\s+", " ");
        assertTrue(help.contains("end in " + PictureFile.ENDINGS + "; others are left out"), help);
        assertEquals(3, help.split("A file of this name is replaced\\.", -1).length - 1, help);
        assertTrue(help.contains("Files of the same names are replaced."), help);
    }

    private static int pixel(Path folder, String name) throws IOException {
        BufferedImage map = ImageIO.read(folder.resolve(name).toFile());
        return map.getRGB(WIDTH / 2, HEIGHT / 2);
    }

    @Test
    void anOptionThatCannotBeIsRefusedBeforeAnyWork() throws IOException {
        long before = files();
        Path maps = folder.resolve("maps");
        Cli.refused(
                "--sort: got 'size', allowed name, mse, psnr, ssim, dct-loss",
                "compare",
                references,
                dark,
                "--sort",
                "size");
        Cli.refused("threads: got 0, allowed 1 to", "compare", references, dark, "--threads", 0);
        Cli.refused("--threads", "compare", references, dark, "--threads", "many");
        Cli.refused("a file that ends in .csv", "compare", references, dark, "--csv", folder.resolve("scores.txt"));
        Cli.refused("a file that ends in .html", "compare", references, dark, "--report", folder.resolve("r.csv"));
        Cli.refused(
                "which is no folder",
                "compare",
                references,
                dark,
                "--heatmaps",
                maps,
                "--csv",
                folder.resolve("none").resolve("scores.csv"));
        Cli.refused(
                "--heatmaps " + dark + ": got the folder of images", "compare", references, dark, "--heatmaps", dark);
        Cli.refused(
                "a folder inside that of images",
                "compare",
                references,
                dark,
                "-r",
                "--heatmaps",
                dark.resolve("maps"));
        Cli.refused("allowed a number above 0", "compare", references, dark, "--heatmaps", maps, "--heatmap-full", 0);
        Cli.refused("--heatmap-full: got no heat maps", "compare", references, dark, "--heatmap-full", 1);
        Cli.refused(
                "--heatmap: got 3 images, allowed exactly one (--heatmaps is for more)",
                "compare",
                references,
                dark,
                "--heatmap",
                folder.resolve("map.png"));
        Path a = dark.resolve("a.png");
        Cli.refused(
                "--heatmap: got --heatmaps, too",
                "compare",
                a,
                a,
                "--heatmap",
                folder.resolve("map.png"),
                "--heatmaps",
                maps);
        assertEquals(before, files());
    }

    @Test
    void inputsAreNeverOverwritten() throws IOException {
        // A map would be called as the image, in the image's own folder.
        Path image = dark.resolve("a.png");
        byte[] bytes = Files.readAllBytes(image);
        Cli.refused("got the input file " + image, "compare", references.resolve("a.png"), image, "--heatmaps", dark);
        // An image without partner is an input, too.
        Path alone = save(dark.resolve("alone.png"), plain(8, 8, 0));
        Files.delete(dark.resolve("b.png"));
        Files.delete(dark.resolve("c.png"));
        Cli.refused("got the input file " + alone, "compare", references, dark, "--heatmap", alone);
        Path table = Files.createLink(folder.resolve("scores.csv"), image);
        Cli.refused("got the input file " + image, "compare", references, dark, "--csv", table);
        assertArrayEquals(bytes, Files.readAllBytes(image));
    }

    @Test
    void nothingIsWrittenWhereNothingCouldBeCompared() throws IOException {
        for (String name : List.of("a.png", "b.png", "c.png")) {
            save(dark.resolve(name), plain(8, 8, 0));
        }
        long before = files();
        Cli run = Cli.run(
                "compare",
                references,
                dark,
                "--heatmaps",
                folder.resolve("maps"),
                "--csv",
                folder.resolve("scores.csv"),
                "--report",
                folder.resolve("report.html"));
        assertEquals(2, run.code());
        assertEquals("", run.out());
        assertEquals(3, run.err().lines().count());
        assertEquals(before, files());
    }
}

package org.dctloss.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One run serves most tests: it takes seconds. */
class DemoCommandTest {
    private static final int STEPS = 100;
    private static final String NUMBERS = "[\\d.]+";

    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private static Path out;
    private static JsonObject json;
    private static String page;

    @BeforeAll
    static void runOnce() throws IOException {
        out = shared.resolve("made").resolve("demo");
        json = run(out);
        page = Files.readString(out.resolve("index.html"));
    }

    private static JsonObject run(Path to) {
        return Cli.json("demo", "--out", to, "--seconds", 0.01, "--steps", STEPS, "--json");
    }

    private static Map<String, byte[]> pictures(Path in) throws IOException {
        try (Stream<Path> files = Files.list(in)) {
            return files.filter(file -> file.toString().endsWith(".png"))
                    .collect(Collectors.toMap(
                            file -> file.getFileName().toString().replace(".png", ""),
                            DemoCommandTest::bytes,
                            (one, other) -> one,
                            TreeMap::new));
        }
    }

    private static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static Set<String> found(String expression) {
        Matcher matcher = Pattern.compile(expression).matcher(page);
        Set<String> all = new TreeSet<>();
        while (matcher.find()) {
            all.add(matcher.group(1));
        }
        return all;
    }

    @Test
    void itShowsFiveCopiesOfOneMse() {
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
            String row = String.format(
                    Locale.ROOT,
                    "<tr><th scope=\"row\">%s</th><td>%.6f</td><td>%.2f</td><td>%.4f</td><td>%.6f</td></tr>",
                    variant.get("name").getAsString(),
                    compared.get("mse").getAsDouble(),
                    compared.get("psnr").getAsDouble(),
                    compared.get("ssim").getAsDouble(),
                    compared.get("dct_loss").getAsDouble());
            assertTrue(page.contains(row), row);
        }
    }

    @Test
    void thePageHasAllItsPartsAndNeedsNothingElse() throws IOException {
        assertFalse(page.contains("{{"));
        assertFalse(page.contains("://"));
        assertTrue(page.length() < 4_000_000, () -> page.length() + " characters");
        for (String reference : found("(?:src|href|srcset)=\"([^\"]*)\"")) {
            assertTrue(reference.startsWith("data:image/png;base64,") || reference.startsWith("#"), reference);
        }
        assertEquals(Set.of(), found("(@import|url\\(|<link|<iframe)"));

        Map<String, byte[]> pictures = pictures(out);
        // The original; copy, error, blocks and three gradients of each variant; start and four frames a descent, each
        // with its error.
        assertEquals(1 + 5 * 6 + 2 * (1 + 3 * 4), pictures.size());
        assertEquals(new TreeSet<>(DemoPictures.names(STEPS)), pictures.keySet());
        Set<String> ids = found("<image id=\"picture-([a-z0-9-]+)\"");
        assertEquals(pictures.keySet(), ids);
        assertEquals(ids, found("<use href=\"#picture-([a-z0-9-]+)\""));
        pictures.forEach((name, png) -> assertTrue(
                page.contains("<image id=\"picture-" + name + "\" href=\"data:image/png;base64,"
                        + Base64.getEncoder().encodeToString(png) + "\"/>"),
                name));

        assertEquals(DemoChart.canDraw() ? 7 : 0, page.split("<picture>", -1).length - 1);
        assertFalse(page.contains("alt=\"\""));
        assertEquals(
                page.split("<svg ", -1).length - 2, // but for the store of all pictures
                page.split("<svg [^>]*role=\"img\" aria-label=\"[^\"]", -1).length - 1);
        for (String id : new String[] {"numbers", "closer", "downhill", "machine"}) {
            assertTrue(page.contains("<section id=\"" + id + "\""), id);
        }
        assertEquals(5, page.split("<input type=\"radio\" name=\"copy\"", -1).length - 1);
        assertEquals(5 * 3 * 64, page.split("<td class=\"(light|dark)\"", -1).length - 1);
        assertEquals(5, page.split("<h3>Where each loss would step", -1).length - 1);
    }

    @Test
    void thePageTellsByWhatFactorTheLossesDiffer() {
        double smallest = Double.POSITIVE_INFINITY;
        double largest = 0;
        for (JsonElement variant : json.getAsJsonArray("variants")) {
            double loss = variant.getAsJsonObject().get("dct_loss").getAsDouble();
            smallest = Math.min(smallest, loss);
            largest = Math.max(largest, loss);
        }
        String factor = found("differ by a factor of <strong>(" + NUMBERS + ")</strong>")
                .iterator()
                .next();
        assertEquals(largest / smallest, Double.parseDouble(factor), 0.05 * largest / smallest); // two digits
    }

    @Test
    void descentsDescendByOneRule() {
        JsonArray descents = json.getAsJsonArray("descents");
        assertEquals(3, descents.size());
        Map<String, String> measures = Map.of("mse", "mse", "ssim", "ssim", "dct", "dct_loss");
        JsonObject start = points(descents.get(0)).get(0).getAsJsonObject();
        for (JsonElement element : descents) {
            JsonObject descent = element.getAsJsonObject();
            String loss = descent.get("loss").getAsString();
            JsonArray points = points(descent);
            assertEquals(start, points.get(0));
            double last = Double.POSITIVE_INFINITY;
            double first = value(loss, points.get(0), measures);
            double left = Double.NaN;
            for (JsonElement point : points) {
                int step = point.getAsJsonObject().get("step").getAsInt();
                double value = value(loss, point, measures);
                assertTrue(value < last, loss + " at step " + step);
                left = step == STEPS / 10 ? value / first : left;
                last = value;
            }
            assertEquals(0.5, left, Descent.TOLERANCE);
            assertEquals(left, descent.get("left_after_a_tenth").getAsDouble(), 1e-6);
            if (loss.equals("mse")) {
                assertEquals(Math.pow(left, 10), last / first, 1e-4 * last / first); // the same factor at every step
            }
        }
    }

    private static JsonArray points(JsonElement descent) {
        return descent.getAsJsonObject().getAsJsonArray("points");
    }

    private static double value(String loss, JsonElement point, Map<String, String> measures) {
        double value = point.getAsJsonObject().get(measures.get(loss)).getAsDouble();
        return loss.equals("ssim") ? 1 - value : value;
    }

    @Test
    void backendsAreFoundToAgree() {
        boolean timed = false;
        double subtract = Double.parseDouble(found("timed in the same rounds: (" + NUMBERS + ")&nbsp;ms")
                .iterator()
                .next());
        for (JsonElement element : json.getAsJsonArray("backends")) {
            JsonObject backend = element.getAsJsonObject();
            assertTrue(page.contains("<h3>" + backend.get("name").getAsString() + "</h3>"));
            if (!backend.get("loss_difference").isJsonNull()) {
                assertTrue(backend.get("loss_difference").getAsDouble() <= 2e-6);
                assertTrue(backend.get("gradient_difference").getAsDouble() <= 4e-6);
            }
            if (!backend.get("ratio_to_subtract").isJsonNull()) {
                timed = true;
                double pixels = backend.get("megapixels_per_second").getAsDouble() * 1e6;
                double milliseconds = 1920 * 1080 / pixels * 1e3;
                double ratio = backend.get("ratio_to_subtract").getAsDouble();
                assertEquals(milliseconds / subtract, ratio, 0.01 * ratio); // three digits
                // 3 channels, 64 pixels a block
                assertEquals(1, 3 * pixels / 64 * backend.get("ns_per_block").getAsDouble() * 1e-9, 1e-9);
            }
        }
        assertTrue(timed);
    }

    /** By 12 pixels to the right and 6 down: a frame goes along, what a detail shows goes the other way. */
    @Test
    void framesAreDraggedAndDetailsPushed() throws Exception {
        Path browser = Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .flatMap(folder -> Stream.of("chromium", "google-chrome").map(name -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(null);
        assumeTrue(browser != null, "no chromium or google-chrome on the PATH");
        String script = """
                <script>
                  Element.prototype.setPointerCapture = () => {}; // there is no pointer
                  const moved = (selector, grip) => {
                    const svg = [...document.querySelectorAll('.closer svg.' + selector)]
                      .find(one => one.getBoundingClientRect().width > 0);
                    const detail = document.querySelector('.closer svg.detail').viewBox.baseVal;
                    const before = [detail.x, detail.y];
                    const unit = svg.viewBox.baseVal.width / svg.getBoundingClientRect().width;
                    const send = (target, type, x, y) => target.dispatchEvent(new PointerEvent(
                      type, {bubbles: true, button: 0, pointerType: 'mouse', clientX: 50 + x, clientY: 50 + y}));
                    send(grip ? svg.querySelector('.grip') : svg, 'pointerdown', 0, 0);
                    send(svg, 'pointermove', 12, 6);
                    send(svg, 'lostpointercapture', 12, 6);
                    send(svg, 'pointermove', 90, 90); // no longer heard
                    const by = [detail.x - before[0], detail.y - before[1]];
                    const asFar = by.every((d, i) => Math.abs(Math.abs(d) - [12, 6][i] * unit) <= 0.5);
                    return asFar ? by.map(Math.sign) : `another distance: ${by}`;
                  };
                  document.title = `picture ${moved('picture', true)} detail ${moved('detail', false)}`;
                </script>
                """;
        Path file = Files.writeString(folder.resolve("dragged.html"), page.replace("</body>", script + "</body>"));
        Process process = new ProcessBuilder(
                        browser.toString(),
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--window-size=1280,2000",
                        "--user-data-dir=" + folder.resolve("profile"),
                        "--dump-dom",
                        file.toUri().toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String dom = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor());
        Matcher title = Pattern.compile("<title>(.*?)</title>").matcher(dom);
        assertTrue(title.find(), dom);
        assertEquals("picture 1,1 detail -1,-1", title.group(1));
    }

    @Test
    void anotherRunDiffersInTimesAlone() throws IOException {
        Path kept = Files.writeString(folder.resolve("kept"), "kept");
        Files.writeString(folder.resolve("index.html"), "replaced");
        JsonObject again = run(folder);
        assertEquals("kept", Files.readString(kept));
        assertEquals(json.get("variants"), again.get("variants"));
        assertEquals(json.get("descents"), again.get("descents"));
        Map<String, byte[]> before = pictures(out);
        Map<String, byte[]> after = pictures(folder);
        assertEquals(before.keySet(), after.keySet());
        before.forEach((name, png) -> assertArrayEquals(png, after.get(name), name));
        assertEquals(withoutTimes(page), withoutTimes(Files.readString(folder.resolve("index.html"))));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(before.size() + 2, files.count()); // and nothing temporary
        }
    }

    private static String withoutTimes(String html) {
        return html.replaceAll("(?s)<time.*?</time>", "")
                .replaceAll("<dd>(" + NUMBERS + "( Mpx/s| ns/block)?|\\d+–\\d+)</dd>", "")
                .replaceAll("median of\\s+\\d+\\s+rounds", "")
                .replaceAll(NUMBERS + "&nbsp;ms", "");
    }

    @Test
    void wrongOptionsAreRefusedAndNothingIsLost() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "kept");
        Cli.refused("a path through the file", "demo", "--out", file, "--json");
        Cli.refused("a path through the file", "demo", "--out", file.resolve("x"));
        Cli.refused("--seconds: got 0.0", "demo", "--out", folder.resolve("x"), "--seconds", 0);
        Cli.refused("--seconds: got 61.0", "demo", "--out", folder.resolve("x"), "--seconds", 61);
        Cli.refused("--steps: got 99, allowed 100 to 3000", "demo", "--out", folder.resolve("x"), "--steps", 99);
        Cli.refused("--steps: got 3001", "demo", "--out", folder.resolve("x"), "--steps", 3001);
        Cli.refused("got 'many', allowed a whole number", "demo", "--out", folder.resolve("x"), "--steps", "many");
        Path taken = Files.createDirectories(folder.resolve("taken").resolve("index.html"));
        Cli.refused("got a folder, allowed a file", "demo", "--out", taken.getParent());
        assertEquals("kept", Files.readString(file));
        try (Stream<Path> files = Files.walk(folder)) {
            assertEquals(4, files.count());
        }
    }

    @Test
    void aPictureThatCannotBeWrittenLeavesTheOldPage() throws IOException {
        Path old = Files.writeString(folder.resolve("index.html"), "old");
        Files.createDirectories(folder.resolve("blur.png"));
        Cli.refused("got a folder, allowed a file", "demo", "--out", folder);
        assertEquals("old", Files.readString(old));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(2, files.count());
        }
    }
}

package org.dctloss.cli;

import static org.dctloss.cli.TestPictures.noise;
import static org.dctloss.cli.TestPictures.plain;
import static org.dctloss.cli.TestPictures.save;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComparisonReportTest {
    private static final Pattern PICTURE = Pattern.compile("src=\"data:image/(?:png|jpeg);base64,([^\"]+)\"");

    @TempDir
    Path folder;

    private String report(int code, Object... arguments) throws IOException {
        Path file = folder.resolve("report.html");
        List<Object> all = new ArrayList<>(List.of("compare"));
        all.addAll(List.of(arguments));
        all.addAll(List.of("--report", file));
        Cli run = Cli.run(all.toArray());
        assertEquals(code, run.code(), run.err());
        return Files.readString(file);
    }

    private static List<BufferedImage> pictures(String page) throws IOException {
        List<BufferedImage> pictures = new ArrayList<>();
        Matcher found = PICTURE.matcher(page);
        while (found.find()) {
            byte[] bytes = Base64.getDecoder().decode(found.group(1));
            pictures.add(ImageIO.read(new ByteArrayInputStream(bytes)));
        }
        return pictures;
    }

    private static int count(String text, String part) {
        return text.split(Pattern.quote(part), -1).length - 1;
    }

    @Test
    void thePageHoldsTheWorstAndTheWholeTable() throws IOException {
        int images = 30;
        for (int i = 0; i < images; i++) {
            String name = String.format("%02d.png", i);
            save(folder.resolve("r").resolve(name), plain(80, 80, 0x505050));
            save(folder.resolve("i").resolve(name), plain(80, 80, 0x505050 + 0x010101 * i));
        }
        String page = report(0, folder.resolve("r"), folder.resolve("i"), "--sort", "psnr");
        assertTrue(page.contains("<h1>30 images compared</h1>"));
        // All measures agree here about the worst.
        assertEquals(WorstPictures.EACH, count(page, "<article"));
        assertEquals(6 * WorstPictures.EACH, pictures(page).size());
        String rows = page.substring(page.indexOf("class=\"all\""));
        assertEquals(images, count(rows, "<tr><th scope=\"row\">"));
        assertTrue(rows.indexOf("29.png") < rows.indexOf("28.png"));
        assertTrue(page.contains("<button data-key=\"mse\" aria-pressed=\"true\">"));
        assertTrue(page.contains("id=\"image29\" data-dctloss=\"0\" data-ssim=\"0\" data-mse=\"0\""), page);
        assertTrue(page.contains("<tr><th scope=\"row\">" + folder.resolve("i") + "</th><td>30</td>"));
        // Nothing is missing, nothing is loaded.
        assertFalse(page.contains("{{"));
        assertFalse(page.contains("http"));
        assertFalse(page.contains(" src=\"/") || page.contains("<link") || page.contains("@import"));
        assertFalse(page.contains("id=\"problems\"") || page.contains("id=\"interrupted\""));
    }

    @Test
    void theWorstSpotIsShownPixelByPixel() throws IOException {
        BufferedImage image = noise(1000, 600, 1);
        Path reference = save(folder.resolve("reference.png"), image);
        for (int i = 0; i < 64 * 64; i++) {
            image.setRGB(704 + i % 64, 304 + i / 64, 0);
        }
        Path copy = save(folder.resolve("copy.png"), image);
        String page = report(0, reference, copy);
        List<BufferedImage> pictures = pictures(page);
        assertEquals(6, pictures.size());
        for (int i = 0; i < 3; i++) {
            assertEquals(320, pictures.get(i).getWidth());
            assertEquals(192, pictures.get(i).getHeight());
        }
        assertTrue(page.contains("64x64 pixels at 704,304"));
        BufferedImage before = ImageIO.read(reference.toFile());
        for (int i = 0; i < 64 * 64; i++) {
            assertEquals(
                    before.getRGB(704 + i % 64, 304 + i / 64), pictures.get(3).getRGB(i % 64, i / 64));
            assertEquals(0xff000000, pictures.get(4).getRGB(i % 64, i / 64));
        }
        // The map: dark where nothing differs, something else in the spot.
        assertEquals(0xff440154, pictures.get(2).getRGB(10, 10));
        assertTrue(pictures.get(2).getRGB(235, 107) != 0xff440154);
        assertTrue(pictures.get(5).getRGB(32, 32) != 0xff440154);
    }

    /** The layout for phones gives table rows a display of its own, which would show what the search hides. */
    @Test
    void whatIsHiddenStaysHiddenOnPhones() throws IOException {
        Path image = save(folder.resolve("a.png"), noise(20, 20, 1));
        String page = report(0, image, image);
        assertTrue(page.contains("tr { display: grid;"), page);
        assertTrue(page.contains("\n[hidden] { display: none !important; }\n"), page);
    }

    @Test
    void aPlaceInASpreadIsBetweenItsEnds() {
        assertEquals(0, ComparisonReport.place(2, 2, 10, false));
        assertEquals(0.25, ComparisonReport.place(4, 2, 10, false));
        assertEquals(1, ComparisonReport.place(10, 2, 10, false));
        assertEquals(0, ComparisonReport.place(0.01, 0.01, 100, true));
        assertEquals(0.25, ComparisonReport.place(0.1, 0.01, 100, true), 1e-12);
        assertEquals(0.5, ComparisonReport.place(1, 0.01, 100, true), 1e-12);
        assertEquals(1, ComparisonReport.place(100, 0.01, 100, true), 1e-12);
        assertEquals(0.5, ComparisonReport.place(3, 3, 3, false)); // all alike
    }

    @Test
    void smallPicturesAreShownWhole() throws IOException {
        Path one = save(folder.resolve("one.png"), noise(21, 9, 1));
        Path two = save(folder.resolve("two.png"), noise(21, 9, 2));
        String page = report(0, one, two);
        for (BufferedImage picture : pictures(page)) {
            assertEquals(21, picture.getWidth());
            assertEquals(9, picture.getHeight());
        }
        assertTrue(page.contains("21x9 pixels at 0,0"));
        assertTrue(page.contains("<td data-v=\"\">-</td>")); // no SSIM
    }

    @Test
    void namesAreNoHtml() throws IOException {
        Path one = save(folder.resolve("<b>&\"{{rows}}.png"), noise(20, 20, 1));
        Path two = save(folder.resolve("$1\\<i>.png"), noise(20, 20, 2));
        String page = report(2, one, two, folder.resolve("<u>none.png"));
        assertFalse(page.contains("<b>") || page.contains("<i>") || page.contains("<u>"));
        assertTrue(page.contains("&lt;b&gt;&amp;&quot;{{rows}}.png"));
        assertTrue(page.contains("$1\\&lt;i&gt;.png"));
        assertTrue(page.contains("1 file was not compared"));
        assertTrue(page.contains("&lt;u&gt;none.png: could not be read: it does not exist"));
    }

    @Test
    void theBestMeanOfSeveralFoldersStandsOut() throws IOException {
        save(folder.resolve("r/a.png"), plain(40, 40, 0x505050));
        save(folder.resolve("near/a.png"), plain(40, 40, 0x515151));
        save(folder.resolve("far/a.png"), plain(40, 40, 0x606060));
        String page = report(0, folder.resolve("r"), folder.resolve("far"), folder.resolve("near"));
        String means = page.substring(page.indexOf("class=\"means\""), page.indexOf("<h2>Spread"));
        assertEquals(4, count(means, "class=\"best\""));
        assertTrue(means.indexOf("near") < means.indexOf("class=\"best\""));
        assertEquals(8, count(page, "<svg"));
        assertFalse(page.contains("not over the same images"));

        save(folder.resolve("r/b.png"), plain(40, 40, 0x505050));
        save(folder.resolve("near/b.png"), plain(40, 40, 0x515151));
        save(folder.resolve("r/c.png"), plain(40, 40, 0x505050));
        save(folder.resolve("far/c.png"), plain(40, 40, 0x606060));
        page = report(2, folder.resolve("r"), folder.resolve("far"), folder.resolve("near"));
        assertTrue(page.contains("not over the same images"));
    }

    @Test
    void identicalImagesAreNotAmongTheWorst() throws IOException {
        Path image = save(folder.resolve("a.png"), noise(40, 40, 1));
        String page = report(0, image, image);
        assertTrue(page.contains("No image differs from its reference."));
        assertEquals(0, pictures(page).size());
        assertTrue(page.contains("<td data-v=\"Infinity\">inf</td>"));
        assertEquals(0, count(page, "<svg")); // one image has no spread
    }
}

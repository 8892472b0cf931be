package org.dctloss.cli;

import static org.dctloss.cli.TestPictures.noise;
import static org.dctloss.cli.TestPictures.save;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.NamedCsvRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What takes a process of its own: signals, the size of the heap, the terminal. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class CompareProcessTest {
    @TempDir
    Path folder;

    /** Options of the JVM, then the arguments of the command; signals act as they do on a terminal. */
    private Process start(List<String> jvm, Object... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT,TERM"));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Djava.awt.headless=true", "--enable-native-access=ALL-UNNAMED"));
        command.addAll(jvm);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName(), "compare"));
        Stream.of(arguments).map(Object::toString).forEach(command::add);
        return new ProcessBuilder(command)
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile())
                .start();
    }

    private String out() throws IOException {
        return Files.readString(folder.resolve("out"));
    }

    private String err() throws IOException {
        return Files.readString(folder.resolve("err"));
    }

    /** As many pairs, of two pictures. */
    private void fill(int count, int width, int height) throws IOException {
        Path one = save(folder.resolve("one.png"), noise(width, height, 1));
        Path two = save(folder.resolve("two.png"), noise(width, height, 2));
        Files.createDirectories(folder.resolve("references"));
        Files.createDirectories(folder.resolve("copies"));
        for (int i = 0; i < count; i++) {
            String name = String.format("%04d.png", i);
            Files.createLink(folder.resolve("references").resolve(name), one);
            Files.createLink(folder.resolve("copies").resolve(name), two);
        }
    }

    private static Set<String> names(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return Set.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return new HashSet<>(
                    files.map(file -> file.getFileName().toString()).toList());
        }
    }

    /** Far more pictures than are compared before the signal, which comes when some heat maps are there. */
    @ParameterizedTest
    @CsvSource({"TERM, 143, 1", "INT, 130, 2"})
    void anInterruptedRunKeepsWhatItHasFinished(String signal, int code, int threads) throws Exception {
        int count = 3000;
        fill(count, 256, 256);
        Path maps = folder.resolve("maps");
        Process process = start(
                List.of(),
                folder.resolve("references"),
                folder.resolve("copies"),
                "--json",
                "--threads",
                threads,
                "--heatmaps",
                maps,
                "--csv",
                folder.resolve("scores.csv"),
                "--report",
                folder.resolve("report.html"));
        while (process.isAlive() && names(maps).size() < 5) {
            Thread.sleep(5);
        }
        assertTrue(process.isAlive(), err());
        assertEquals(
                0,
                new ProcessBuilder("kill", "-s", signal, Long.toString(process.pid()))
                        .start()
                        .waitFor());
        assertEquals(code, process.waitFor(), err());

        JsonObject json = JsonParser.parseString(out()).getAsJsonObject();
        int finished = json.getAsJsonArray("results").size();
        assertTrue(finished >= 5 && finished < count, finished + " finished");
        assertTrue(json.get("interrupted").getAsBoolean());
        assertEquals(finished, json.get("finished").getAsInt());
        assertEquals(count, json.get("images").getAsInt());
        assertEquals(1, err().lines().count(), err());
        assertTrue(
                err().strip()
                        .endsWith("interrupted: got " + finished + " of " + count
                                + " images compared; what is printed and written is about these"),
                err());

        Set<String> compared = new HashSet<>();
        json.getAsJsonArray("results")
                .forEach(result -> compared.add(
                        Path.of(result.getAsJsonObject().get("image").getAsString())
                                .getFileName()
                                .toString()));
        assertEquals(compared, names(maps)); // and nothing half-written beside them
        for (String map : compared) {
            assertNotNull(ImageIO.read(maps.resolve(map).toFile()));
        }
        try (CsvReader<NamedCsvRecord> lines = CsvReader.builder().ofNamedCsvRecord(folder.resolve("scores.csv"))) {
            List<NamedCsvRecord> all = lines.stream().toList();
            assertEquals(count, all.size());
            for (int i = 0; i < count; i++) {
                assertEquals(
                        i < finished ? "" : "not compared: interrupted",
                        all.get(i).getField("error"));
                assertEquals(i < finished, !all.get(i).getField("mse").isEmpty());
            }
        }
        String page = Files.readString(folder.resolve("report.html"));
        assertTrue(page.contains("Interrupted: " + finished + " of " + count + " images"));
        assertTrue(page.stripTrailing().endsWith("</html>"));
        assertEquals(
                Set.of("one.png", "two.png", "references", "copies", "maps", "scores.csv", "report.html", "out", "err"),
                names(folder));
    }

    /**
     * All pictures together, or eight pairs of the large ones, are several times the heap: what is finished is let go,
     * and what does not fit waits.
     */
    @Test
    void memoryIsBounded() throws Exception {
        fill(14, 1200, 900);
        Process process = start(
                List.of("-Xmx224m"),
                folder.resolve("references"),
                folder.resolve("copies"),
                "--json",
                "--threads",
                8,
                "--report",
                folder.resolve("report.html"));
        assertEquals(0, process.waitFor(), err());
        assertEquals("", err());
        assertEquals(
                14,
                JsonParser.parseString(out())
                        .getAsJsonObject()
                        .getAsJsonArray("results")
                        .size());
    }

    @Test
    void aPictureThatDoesNotFitIsToldAndDoesNotStopTheRest() throws Exception {
        fill(6, 60, 40);
        save(folder.resolve("references/0002.jpg"), noise(3000, 2000, 1));
        save(folder.resolve("copies/0002.jpg"), noise(3000, 2000, 2));
        Process process = start(List.of("-Xmx128m"), folder.resolve("references"), folder.resolve("copies"), "--json");
        assertEquals(2, process.waitFor(), err());
        JsonObject json = JsonParser.parseString(out()).getAsJsonObject();
        assertEquals(6, json.getAsJsonArray("results").size(), err());
        assertEquals(1, json.getAsJsonArray("errors").size(), err());
        assertTrue(err().contains("0002.jpg: got "), err());
        assertTrue(err().contains("JAVA_TOOL_OPTIONS=-Xmx8g"), err());
    }

    @Test
    void theProgressBarIsForTerminalsAndEndsBeforeTheErrors() throws Exception {
        fill(4, 60, 40);
        Files.delete(folder.resolve("copies/0002.png"));
        Object[] folders = {folder.resolve("references"), folder.resolve("copies")};
        String error = folder.resolve("references/0002.png") + ": got no image of this name";
        assertEquals(2, start(List.of(), folders).waitFor());
        assertTrue(err().contains(error), err());
        assertEquals(1, err().lines().count(), err());

        assertEquals(2, start(List.of("-Ddctloss.terminal=true"), folders).waitFor());
        assertTrue(err().contains("100%"), err());
        assertTrue(err().contains("3/3"), err());
        List<String> lines = err().lines().toList();
        String last = lines.get(lines.size() - 1);
        assertTrue(last.contains(error), err());
        assertFalse(last.contains("%"), err());
        assertFalse(out().contains("100%"), out());
    }
}

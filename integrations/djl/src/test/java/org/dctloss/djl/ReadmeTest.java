package org.dctloss.djl;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dctloss.contract.ReadmeSample;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's sample is short, compiles and does what it says. */
class ReadmeTest {
    @Test
    void sampleRuns(@TempDir Path folder) throws Exception {
        String sample = ReadmeSample.block(Path.of("README.md"), "java");
        assertTrue(sample.lines().count() <= 30, () -> sample.lines().count() + " lines");
        String printed = ReadmeSample.run(sample, System.getProperty("java.class.path"), folder);
        Matcher losses =
                Pattern.compile("DCT loss from ([0-9.E-]+) to ([0-9.E-]+)\\s+").matcher(printed);
        assertTrue(losses.matches(), printed);
        assertTrue(Double.parseDouble(losses.group(2)) < 0.5 * Double.parseDouble(losses.group(1)), printed);
    }
}

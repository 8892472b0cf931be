package org.dctloss.superres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.dctloss.contract.ReadmeSample;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's sample is short, compiles, and prints what the README says. */
class ReadmeTest {
    @Test
    void sampleRuns(@TempDir Path folder) throws Exception {
        Path readme = Path.of("README.md");
        String sample = ReadmeSample.block(readme, "java");
        assertTrue(sample.lines().count() <= 30, () -> sample.lines().count() + " lines");
        String printed = ReadmeSample.run(sample, System.getProperty("java.class.path"), folder);
        assertEquals(
                ReadmeSample.block(readme, "text").lines().toList(),
                printed.lines().toList());
    }
}

package org.dctloss;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.dctloss.contract.ReadmeSample;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's sample compiles and does what it says. */
class ReadmeTest {
    @Test
    void sampleRuns(@TempDir Path folder) throws Exception {
        String sample = ReadmeSample.block(Path.of("..", "README.md"), "java");
        String line = ReadmeSample.run(sample, Path.of("target", "classes").toString(), folder);
        assertTrue(line.matches("loss [0-9.E-]+, gradient of the first pixel [0-9.E-]+\\s+"), line);
    }
}

package org.dctloss.srcnn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.dctloss.pictures.CommandFailure;
import org.dctloss.superres.TrainingPictures;
import org.dctloss.superres.Ycbcr;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointTest {
    @TempDir
    Path folder;

    static Settings settings(int steps) {
        PatchSet train = new PatchSet(List.of(Ycbcr.luma(TrainingPictures.draw(1, 40, 40))), 2);
        TestSet test = TestSet.of(List.of(TestPicture.of("drawn", TrainingPictures.draw(2, 32, 32), 2)), 2);
        return new Settings(TrainingLoss.DCT, 2, steps, 7, 4, 1e-3, 0.1, 2000, 1, train, test);
    }

    private static Checkpoint begun(int steps) {
        Checkpoint state = Checkpoint.begin(settings(steps));
        for (int i = 0; i < steps; i++) {
            state.add(1f / (i + 1));
        }
        state.adam.first()[3] = Math.PI;
        state.adam.second()[Srcnn.PARAMETERS - 1] = 1e-300;
        state.parameters[5] = -0.0f;
        state.nanoseconds = 1L << 40;
        state.nanosecondsInLoss = 1L << 39;
        state.evaluations.add(new Checkpoint.Evaluation(2, 0.1, 30.5));
        return state;
    }

    @Test
    void whatIsReadIsWhatWasWritten() throws Exception {
        Path file = folder.resolve("checkpoint.bin");
        Checkpoint written = begun(2500); // more than the list of losses had room for at first
        Files.writeString(folder.resolve("checkpoint.bin.next"), "left behind by one that was killed");
        written.write(file);
        Checkpoint read = Checkpoint.read(file);
        assertEquals(written.settings, read.settings);
        assertEquals(2500, read.step);
        assertArrayEquals(written.parameters, read.parameters);
        assertArrayEquals(written.adam.first(), read.adam.first());
        assertArrayEquals(written.adam.second(), read.adam.second());
        assertArrayEquals(Arrays.copyOf(written.losses, 2500), read.losses);
        assertEquals(written.evaluations, read.evaluations);
        assertEquals(1L << 40, read.nanoseconds);
        assertEquals(1L << 39, read.nanosecondsInLoss);
        assertFalse(Files.exists(folder.resolve("checkpoint.bin.next")));
        read.add(1);
        assertEquals(2501, read.step);
    }

    @Test
    void anyDamageIsSeen() throws Exception {
        Path file = folder.resolve("checkpoint.bin");
        begun(3).write(file);
        byte[] whole = Files.readAllBytes(file);
        for (int at : new int[] {0, 7, 8, 30, whole.length / 2, whole.length - 1}) {
            byte[] damaged = whole.clone();
            damaged[at] ^= 4;
            refused(file, damaged);
        }
        refused(file, Arrays.copyOf(whole, whole.length - 1));
        refused(file, Arrays.copyOf(whole, 5));
        refused(file, new byte[0]);
    }

    private static void refused(Path file, byte[] contents) throws Exception {
        Files.write(file, contents);
        String sentence =
                assertThrows(CommandFailure.class, () -> Checkpoint.read(file)).getMessage();
        assertTrue(sentence.contains("got a damaged file"), sentence);
    }

    @Test
    void ratesFallFromTheFirstToAHundredth() {
        Settings settings = settings(100);
        double[] rates = new double[Srcnn.PARAMETERS];
        settings.rates(0, rates);
        assertEquals(1e-3, rates[0], 1e-12);
        assertEquals(1e-3, rates[Srcnn.LAST_LAYER - 1], 1e-12);
        assertEquals(1e-4, rates[Srcnn.LAST_LAYER], 1e-12);
        settings.rates(50, rates);
        assertEquals(0.505e-3, rates[0], 1e-12);
        settings.rates(100, rates);
        assertEquals(1e-5, rates[0], 1e-12);
        assertEquals(Math.exp(-1), settings.alpha(2000), 1e-12);
        assertEquals(1, settings.alpha(0));
    }
}

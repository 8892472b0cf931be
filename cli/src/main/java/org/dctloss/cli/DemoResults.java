package org.dctloss.cli;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.dctloss.pictures.Picture;

/** All that one run of the demonstration found: what the page tells, and nothing else. */
record DemoResults(
        Picture original,
        List<Judged> judged,
        int steps,
        List<Descent> descents,
        BackendFindings backends,
        DemoPictures pictures,
        Instant finished) {

    /** The spoilt copy that the descents start from, told by its name. */
    static final String START = "blur";

    /** The part of the picture that is descended: letters, spokes, an edge and a soft hill; whole blocks. */
    static final int PART_X = 248;

    static final int PART_Y = 8;
    static final int PART_WIDTH = 128;
    static final int PART_HEIGHT = 96;

    /** A copy with what the measures say of it. */
    record Judged(Variant variant, ImageScores scores, ErrorSpectrum spectrum) {}

    /** How often {@link #compute} tells of progress. */
    static int work(int steps) {
        return DemoLoss.values().length * steps + 2;
    }

    /** Does all the work; {@code onProgress} is called from several threads. */
    static DemoResults compute(int steps, double seconds, Runnable onProgress) {
        Picture original = SamplePicture.draw();
        List<Variant> variants = Variant.of(original);
        List<Judged> judged = variants.stream()
                .map(variant -> new Judged(
                        variant,
                        ImageScores.of(original, variant.picture()),
                        ErrorSpectrum.of(original, variant.picture())))
                .toList();
        DemoPictures pictures = new DemoPictures(original);
        Picture start = variants.stream()
                .filter(variant -> variant.name().equals(START))
                .findFirst()
                .orElseThrow()
                .picture();
        Picture target = part(original);
        List<Descent> descents = descents(part(start), target, steps, onProgress, () -> pictures.draw(variants));
        descents.forEach(descent -> pictures.draw(descent, target));
        onProgress.run();
        BackendFindings backends = BackendFindings.measure(original, variants, seconds); // alone on the machine
        onProgress.run();
        Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        return new DemoResults(original, judged, steps, descents, backends, pictures, now);
    }

    /** All at once, and other work beside them. */
    private static List<Descent> descents(Picture start, Picture target, int steps, Runnable onStep, Runnable beside) {
        ExecutorService threads = Executors.newFixedThreadPool(DemoLoss.values().length + 1);
        try {
            List<Future<Descent>> running = new ArrayList<>();
            for (DemoLoss loss : DemoLoss.values()) {
                running.add(threads.submit(() -> Descent.run(loss, start, target, steps, onStep)));
            }
            Future<?> other = threads.submit(beside);
            List<Descent> descents = new ArrayList<>();
            for (Future<Descent> descent : running) {
                descents.add(descent.get());
            }
            other.get();
            return descents;
        } catch (ExecutionException | InterruptedException failed) {
            throw new IllegalStateException("a descent did not come to its end", failed);
        } finally {
            threads.shutdownNow();
        }
    }

    private static Picture part(Picture whole) {
        Picture part = Picture.ofSize(PART_WIDTH, PART_HEIGHT);
        for (int c = 0; c < Picture.CHANNELS; c++) {
            for (int y = 0; y < PART_HEIGHT; y++) {
                System.arraycopy(
                        whole.planes(),
                        whole.index(c, PART_Y + y, PART_X),
                        part.planes(),
                        part.index(c, y, 0),
                        PART_WIDTH);
            }
        }
        return part;
    }
}

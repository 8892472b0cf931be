package org.dctloss.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.dctloss.DctLoss;
import org.dctloss.pictures.CommandFailure;
import org.dctloss.pictures.DecodedPicture;
import org.dctloss.pictures.OutputFiles;
import org.dctloss.pictures.Picture;
import org.dctloss.pictures.PictureFile;

/**
 * Compares pairs, several at a time. All pairs of one reference are one piece of work, so that it is decoded once and an
 * interrupted run has compared the same pictures in every folder. Pieces are begun in the order of the pairs; the
 * numbers do not depend on the threads.
 *
 * <p>Memory is bounded: a piece begins when its pixels, with those under way, fit into half of the heap; one that is too
 * large for that waits until it is alone. Where the heap is full all the same, what is left of the piece is tried once more,
 * alone; only what fails then is refused.
 */
final class Comparison {
    /** Two pictures as float32 RGB, and while they are decoded or their SSIM is computed as much again several times. */
    private static final int BYTES_PER_PIXEL = 64;

    private final List<Pair> pairs;
    private final DecodedPicture shared;
    private final int threads;
    private final DctLoss loss;
    private final List<List<Integer>> pieces;
    private final AtomicInteger next = new AtomicInteger();
    private final int mebibytes =
            (int) Math.min(Integer.MAX_VALUE, Math.max(1, Runtime.getRuntime().maxMemory() >> 21));
    private final Semaphore memory = new Semaphore(mebibytes, true);

    private Map<Integer, Path> maps = Map.of();
    private OutputFiles outputs;
    private double full = Double.NaN;
    private WorstPictures worst;
    private Runnable step = () -> {};

    // Under the lock of this object.
    private final Outcome[] outcomes;
    private int finished;
    private boolean stopped;

    /**
     * Nothing begun yet.
     *
     * @param shared the reference of all pairs, decoded; null where each has its own
     * @param threads the most pairs under way at a time
     */
    Comparison(List<Pair> pairs, DecodedPicture shared, int threads) {
        this.pairs = pairs;
        this.shared = shared;
        Map<Object, List<Integer>> byReference = new LinkedHashMap<>();
        for (int i = 0; i < pairs.size(); i++) {
            byReference
                    .computeIfAbsent(shared == null ? pairs.get(i).reference() : i, unused -> new ArrayList<>())
                    .add(i);
        }
        pieces = List.copyOf(byReference.values());
        // Many pairs keep the processors busy by themselves.
        loss = ImageScores.LOSS.toBuilder()
                .threads(pieces.size() == 1 ? threads : 1)
                .build();
        this.threads = Math.min(threads, pieces.size());
        outcomes = new Outcome[pairs.size()];
    }

    /**
     * Writes heat maps, each as soon as it is there.
     *
     * @param maps the declared file for each pair, by its index
     * @param full the loss of a block that is painted in the last colour; NaN for the largest of each map
     */
    void paint(Map<Integer, Path> maps, OutputFiles outputs, double full) {
        this.maps = maps;
        this.outputs = outputs;
        this.full = full;
    }

    /** Collects small pictures of the worst pairs. */
    void collect(WorstPictures worst) {
        this.worst = worst;
    }

    /** What happens after each pair, under a lock. */
    void afterEach(Runnable step) {
        this.step = step;
    }

    /** Compares all pairs, or those that are finished when it is stopped. */
    void run() {
        for (int i = 0; i < threads; i++) {
            Thread worker = new Thread(this::work, "dctloss compare " + i);
            worker.setDaemon(true);
            worker.start();
        }
        synchronized (this) {
            while (finished < pairs.size() && !stopped) {
                try {
                    wait();
                } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                    stopped = true;
                }
            }
            stopped = true;
        }
    }

    /** Lets {@link #run} return at once, without what is under way; from then on nothing is written any more. */
    synchronized void stop() {
        stopped = true;
        notifyAll();
    }

    private synchronized boolean isStopped() {
        return stopped;
    }

    /** For each pair, what became of it; null where it was not finished. */
    synchronized List<Outcome> outcomes() {
        return Collections.unmodifiableList(Arrays.asList(outcomes.clone()));
    }

    private void work() {
        for (int i = next.getAndIncrement(); i < pieces.size() && !isStopped(); i = next.getAndIncrement()) {
            List<Integer> piece = pieces.get(i);
            List<Integer> left = within(mebibytes(piece), () -> compare(piece, false));
            if (!left.isEmpty()) {
                within(mebibytes, () -> compare(left, true));
            }
        }
    }

    private <T> T within(int size, Supplier<T> work) {
        memory.acquireUninterruptibly(size);
        try {
            return work.get();
        } finally {
            memory.release(size);
        }
    }

    private int mebibytes(List<Integer> piece) {
        try {
            long largest = 0;
            for (int i : piece) {
                largest = Math.max(largest, PictureFile.pixels(pairs.get(i).image()));
            }
            long pixels = largest + PictureFile.pixels(pairs.get(piece.get(0)).reference());
            return (int) Math.max(1, Math.min(mebibytes, pixels * BYTES_PER_PIXEL >> 20));
        } catch (OutOfMemoryError full) {
            return mebibytes; // by the pieces under way: wait for them
        }
    }

    /** Returns what is left of the piece when the heap is full, which nothing is if it is alone. */
    private List<Integer> compare(List<Integer> piece, boolean alone) {
        DecodedPicture reference = shared;
        String problem = null;
        for (int at = 0; at < piece.size() && !isStopped(); at++) {
            int i = piece.get(at);
            Pair pair = pairs.get(i);
            Path file = reference == null ? pair.reference() : pair.image();
            try {
                if (problem != null) {
                    throw new CommandFailure(problem);
                }
                if (reference == null) {
                    reference = PictureFile.decodeIntoHeap(pair.reference());
                    file = pair.image();
                }
                compare(i, pair, reference);
            } catch (CommandFailure failure) {
                problem = reference == null ? failure.getMessage() : null;
                finish(i, Outcome.failed(pair, failure.getMessage()), null, null);
            } catch (OutOfMemoryError tooLarge) {
                if (!alone) {
                    return piece.subList(at, piece.size());
                }
                String sentence = CommandFailure.of(
                                file,
                                "an image that does not fit the Java heap of "
                                        + (Runtime.getRuntime().maxMemory() >> 20) + " MiB",
                                "a smaller one, or more heap (JAVA_TOOL_OPTIONS=-Xmx8g gives 8 GiB)")
                        .getMessage();
                finish(i, Outcome.failed(pair, sentence), null, null);
            } catch (RuntimeException | Error failure) {
                finish(i, Outcome.failed(pair, file + ": unexpected failure: " + failure), null, null);
            }
        }
        return List.of();
    }

    private void compare(int index, Pair pair, DecodedPicture reference) {
        DecodedPicture decoded = PictureFile.decodeIntoHeap(pair.image());
        requireAlike(pair, decoded, reference);
        Picture image = decoded.picture();
        ImageScores scores = ImageScores.of(reference.picture(), image, loss);
        boolean small = worst != null && worst.wants(index, scores);
        double largest = Double.NaN;
        byte[] map = null;
        SmallPictures pictures = null;
        if (maps.containsKey(index) || small) {
            float[] blocks = HeatMap.blocks(reference.picture(), image, loss);
            double scale = Double.isNaN(full) ? HeatMap.largest(blocks) : full;
            if (maps.containsKey(index)) {
                largest = HeatMap.largest(blocks);
                map = HeatMap.paint(blocks, scale, image.width(), image.height())
                        .png();
            }
            if (small) {
                pictures = SmallPictures.of(reference.picture(), image, blocks, scale);
            }
        }
        Path file = map == null ? null : maps.get(index);
        finish(index, new Outcome(pair, image.width(), image.height(), scores, largest, file, null), map, pictures);
    }

    private static void requireAlike(Pair pair, DecodedPicture image, DecodedPicture reference) {
        Picture i = image.picture();
        Picture r = reference.picture();
        if (i.width() != r.width() || i.height() != r.height()) {
            throw CommandFailure.of(
                    pair.image(),
                    i.width() + "x" + i.height() + " pixels",
                    r.width() + "x" + r.height() + " like the reference");
        }
        if (image.grey() != reference.grey() && isColoured(image) != isColoured(reference)) {
            throw CommandFailure.of(
                    pair.image(),
                    image.grey() ? "a grey image" : "a coloured image",
                    (image.grey() ? "a coloured one" : "a grey one")
                            + " like the reference (saved as RGB, the grey one can be " + "compared)");
        }
    }

    private static boolean isColoured(DecodedPicture decoded) {
        if (decoded.grey()) {
            return false;
        }
        Picture picture = decoded.picture();
        int pixels = picture.width() * picture.height();
        float[] planes = picture.planes();
        return !Arrays.equals(planes, 0, pixels, planes, pixels, 2 * pixels)
                || !Arrays.equals(planes, 0, pixels, planes, 2 * pixels, 3 * pixels);
    }

    private synchronized void finish(int index, Outcome outcome, byte[] map, SmallPictures pictures) {
        if (stopped) {
            return;
        }
        Outcome last = outcome;
        if (map != null) {
            try {
                outputs.publish(outcome.heatmap(), out -> out.write(map));
            } catch (CommandFailure failure) {
                last = new Outcome(
                        outcome.pair(),
                        outcome.width(),
                        outcome.height(),
                        outcome.scores(),
                        outcome.largestBlock(),
                        null,
                        failure.getMessage());
            }
        }
        if (pictures != null) {
            worst.add(index, outcome.scores(), pictures);
        }
        finished += outcomes[index] == null ? 1 : 0; // it comes twice if the heap was full just now
        outcomes[index] = last;
        step.run();
        notifyAll();
    }
}

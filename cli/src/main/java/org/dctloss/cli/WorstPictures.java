package org.dctloss.cli;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Small pictures of the worst few pairs by each measure. What is not among them is forgotten at once, so memory does not
 * grow with the number of pairs, and what is left does not depend on the order in which they came. Identical pictures are
 * none of them. Thread-safe.
 */
final class WorstPictures {
    /** As many by each measure. */
    static final int EACH = 10;

    /** PSNR is left out: its order is that of MSE. */
    static final List<Measure> MEASURES = List.of(Measure.DCT_LOSS, Measure.SSIM, Measure.MSE);

    private record Candidate(int index, ImageScores scores) {}

    private final Map<Measure, TreeSet<Candidate>> worst = new EnumMap<>(Measure.class);
    private final Map<Integer, SmallPictures> pictures = new HashMap<>();

    WorstPictures() {
        for (Measure measure : MEASURES) {
            worst.put(measure, new TreeSet<>((a, b) -> {
                int order = measure.worstFirst().compare(a.scores, b.scores);
                return order != 0 ? order : Integer.compare(a.index, b.index);
            }));
        }
    }

    /** Whether a pair is among the worst so far. */
    synchronized boolean wants(int index, ImageScores scores) {
        Candidate candidate = new Candidate(index, scores);
        return MEASURES.stream().anyMatch(measure -> admits(measure, candidate));
    }

    private boolean admits(Measure measure, Candidate candidate) {
        TreeSet<Candidate> best = worst.get(measure);
        return candidate.scores.mse() > 0
                && !Double.isNaN(measure.of(candidate.scores))
                && (best.size() < EACH || best.comparator().compare(candidate, best.last()) < 0);
    }

    /** Keeps the pictures of a pair as long as it is among the worst. */
    synchronized void add(int index, ImageScores scores, SmallPictures small) {
        Candidate candidate = new Candidate(index, scores);
        for (Measure measure : MEASURES) {
            if (admits(measure, candidate)) {
                worst.get(measure).add(candidate);
                pictures.put(index, small);
                if (worst.get(measure).size() > EACH) {
                    worst.get(measure).pollLast();
                }
            }
        }
        pictures.keySet()
                .retainAll(worst.values().stream()
                        .flatMap(TreeSet::stream)
                        .map(Candidate::index)
                        .toList());
    }

    /** The indices of the worst pairs by one of {@link #MEASURES}, the worst first. */
    synchronized List<Integer> indices(Measure measure) {
        return worst.get(measure).stream().map(Candidate::index).toList();
    }

    /** The pictures of a pair; null if it is not among the worst. */
    synchronized SmallPictures pictures(int index) {
        return pictures.get(index);
    }
}

package org.dctloss.cli;

import java.nio.file.Path;

/**
 * What became of a pair.
 *
 * @param width of the image in pixels; 0 where there are no scores
 * @param height of the image in pixels; 0 where there are no scores
 * @param scores null where the pair could not be compared
 * @param largestBlock the largest value of the heat map; NaN where none was asked for
 * @param heatmap the file of the heat map; null where there is none
 * @param problem what went wrong, in a sentence; null where nothing did
 */
record Outcome(
        Pair pair, int width, int height, ImageScores scores, double largestBlock, Path heatmap, String problem) {

    static Outcome failed(Pair pair, String problem) {
        return new Outcome(pair, 0, 0, null, Double.NaN, null, problem);
    }
}

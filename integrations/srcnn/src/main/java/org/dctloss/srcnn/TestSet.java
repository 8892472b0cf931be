package org.dctloss.srcnn;

import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import org.dctloss.superres.Plane;

/**
 * The pictures to test on, with what bicubic enlargement makes of them.
 *
 * @param scores of bicubic enlargement, picture by picture
 * @param text "5 pictures, fingerprint 1234abcd": two sets are the same if these are
 */
record TestSet(int scale, List<TestPicture> pictures, List<Scores> scores, String text) {
    /** Prepares pictures: at least one. */
    static TestSet of(List<TestPicture> pictures, int scale) {
        CRC32 fingerprint = new CRC32();
        List<Scores> scores = new ArrayList<>();
        for (TestPicture picture : pictures) {
            fingerprint.update(PatchSet.bytes(picture.truth().y()));
            scores.add(Scores.of(picture.bicubic().y(), picture.truth().y(), scale));
        }
        String text = String.format("%d pictures, fingerprint %08x", pictures.size(), fingerprint.getValue());
        return new TestSet(scale, List.copyOf(pictures), List.copyOf(scores), text);
    }

    /** What a network makes of the lumas. */
    List<Plane> enlarge(NDManager manager, float[] parameters) {
        return pictures.stream()
                .map(picture ->
                        Srcnn.apply(manager, parameters, picture.bicubic().y()))
                .toList();
    }

    /** The scores of lumas, picture by picture. */
    List<Scores> scores(List<Plane> lumas) {
        List<Scores> scores = new ArrayList<>();
        for (int i = 0; i < lumas.size(); i++) {
            scores.add(Scores.of(lumas.get(i), pictures.get(i).truth().y(), scale));
        }
        return scores;
    }

    /** The mean of a loss over lumas, without the border and not rounded: what training would see of them. */
    double loss(TrainingLoss loss, List<Plane> lumas) {
        double sum = 0;
        for (int i = 0; i < lumas.size(); i++) {
            Plane truth = pictures.get(i).truth().y();
            sum += loss.of(lumas.get(i).shave(scale).batch(), truth.shave(scale).batch());
        }
        return sum / lumas.size();
    }

    /** The lumas that bicubic enlargement makes. */
    List<Plane> bicubic() {
        return pictures.stream().map(picture -> picture.bicubic().y()).toList();
    }

    @Override
    public String toString() {
        return text;
    }
}

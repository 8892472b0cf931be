package org.dctloss.srcnn;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.CRC32;
import org.dctloss.superres.Plane;
import org.dctloss.superres.Resampling;

/**
 * The patches of the paper's setting: 33x33 windows at stride 14 of luma that was shrunk and enlarged again (bicubic), and
 * the 21x21 in the middle of the same window of the original. Planes are kept, patches are cut when they are drawn:
 * overlapping, they would take seven times as much.
 */
final class PatchSet {
    /** Side of what the network reads. */
    static final int INPUT = 33;

    /** Side of what it gives. */
    static final int OUTPUT = INPUT - 2 * Srcnn.MARGIN;

    static final int STRIDE = 14;

    private record Source(Plane truth, Plane degraded, int across) {}

    private final List<Source> sources = new ArrayList<>();
    /** Number of the first patch of each source, and of all patches at the end. */
    private final int[] first;

    private final String text;

    /** @param luma of the pictures, any size; those smaller than a patch have none */
    PatchSet(List<Plane> luma, int scale) {
        first = new int[luma.size() + 1];
        CRC32 fingerprint = new CRC32();
        for (int i = 0; i < luma.size(); i++) {
            Plane truth = luma.get(i).modcrop(scale);
            int down = places(truth.height());
            int across = places(truth.width());
            sources.add(down * across == 0 ? null : new Source(truth, degraded(truth, scale), across));
            first[i + 1] = Math.addExact(first[i], down * across);
            fingerprint.update(bytes(truth));
        }
        text = luma.size() + " pictures, " + size() + " patches, fingerprint "
                + String.format("%08x", fingerprint.getValue());
    }

    /** Shrunk and enlarged again. */
    static Plane degraded(Plane truth, int scale) {
        return Resampling.BICUBIC.up(Resampling.BICUBIC.down(truth, scale), scale);
    }

    private static int places(int side) {
        return side < INPUT ? 0 : (side - INPUT) / STRIDE + 1;
    }

    /** The pixels' bits, for a fingerprint. */
    static byte[] bytes(Plane plane) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * plane.pixels().length);
        bytes.asFloatBuffer().put(FloatBuffer.wrap(plane.pixels()));
        return bytes.array();
    }

    /** Number of patches. */
    int size() {
        return first[first.length - 1];
    }

    /** Copies a patch and what it should become. */
    void copy(int patch, float[] input, int inputAt, float[] output, int outputAt) {
        int found = Arrays.binarySearch(first, patch);
        int index = found >= 0 ? found : -found - 2;
        while (first[index + 1] == patch) {
            index++; // pictures without patches share the number of the next
        }
        Source source = sources.get(index);
        int y = (patch - first[index]) / source.across * STRIDE;
        int x = (patch - first[index]) % source.across * STRIDE;
        copy(source.degraded, y, x, INPUT, input, inputAt);
        copy(source.truth, y + Srcnn.MARGIN, x + Srcnn.MARGIN, OUTPUT, output, outputAt);
    }

    private static void copy(Plane plane, int y, int x, int side, float[] to, int at) {
        for (int row = 0; row < side; row++) {
            System.arraycopy(plane.pixels(), (y + row) * plane.width() + x, to, at + row * side, side);
        }
    }

    /** Fills a batch, with replacement: which patches depends on seed and step alone, so a run can go on anywhere. */
    void draw(long seed, int step, float[] inputs, float[] outputs) {
        SplittableRandom random = new SplittableRandom(seed ^ (step + 1L) * 0x9e3779b97f4a7c15L);
        int batch = inputs.length / (INPUT * INPUT);
        for (int i = 0; i < batch; i++) {
            copy(random.nextInt(size()), inputs, i * INPUT * INPUT, outputs, i * OUTPUT * OUTPUT);
        }
    }

    /** "91 pictures, 21884 patches, fingerprint 1234abcd": two sets are the same if these are. */
    @Override
    public String toString() {
        return text;
    }
}

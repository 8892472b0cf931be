package org.dctloss.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.dctloss.Coefficients;
import org.dctloss.yardsticks.JavaKernels;

/** Which cases a run measures. */
final class Plan {
    /** Contenders that take turns in one JVM, with what each computes; the first is the subtraction. */
    record Group(String title, List<Entry> entries) {}

    /** A contender and its case. */
    record Entry(String contender, Case wanted) {}

    /** Contenders that are written for one. */
    static final List<String> ONE_THREAD =
            List.of("plain-java", "jtransforms", Contenders.SUBTRACT_CPP, Contenders.SUBTRACT_PAST_CACHES);

    /** A training batch of patches; it fits the last cache of large processors. */
    static final Images PATCHES = Images.parse("16x3x96x96");

    static final Images MIDDLE = Images.parse("16x3x256x256");

    /** Four frames of video: far larger than any cache. */
    static final Images FRAMES = Images.parse("4x3x1080x1920");

    /** A plane that stays in the second cache with its target and gradient. */
    static final Images IN_CACHE = Images.parse("1x1x192x256");

    /** The same for a second cache of half a megabyte. */
    static final Images IN_SMALL_CACHE = Images.parse("1x1x128x256");

    /** On which block and stride are varied. */
    private static final Images BLOCKS = Images.parse("4x3x512x512");

    private final int cores;

    Plan(int cores) {
        this.cores = cores;
    }

    /** Loss with gradient by us and by everybody else. */
    List<Group> quick() {
        List<Group> groups = new ArrayList<>();
        groups.add(peers(IN_CACHE, 1, List.of("plain-java", "jtransforms")));
        for (Images images : List.of(PATCHES, FRAMES)) {
            groups.add(peers(images, 1, peersOn(1)));
            if (cores > 1) {
                groups.add(peers(images, cores, peersOn(cores)));
            }
        }
        return groups;
    }

    private static Group peers(Images images, int threads, List<String> others) {
        List<String> names = new ArrayList<>(List.of(Contenders.SUBTRACT));
        if (threads == 1) {
            names.add(Contenders.SUBTRACT_CPP);
            names.add(Contenders.SUBTRACT_PAST_CACHES);
        }
        names.add("native");
        names.add("java");
        names.addAll(others);
        return new Group(
                images + ", " + threads(threads),
                names.stream()
                        .map(name -> new Entry(
                                name,
                                Case.of(Operation.BACKWARD, Contenders.penalty(name, "squared"), images, threads)))
                        .toList());
    }

    private static String threads(int count) {
        return count == 1 ? "1 thread" : count + " threads";
    }

    /** How time grows with pixels, threads, block size and stride. */
    List<Group> scaling() {
        List<Group> groups = new ArrayList<>();
        for (int side : new int[] {32, 104, 320, 1000, 3168, 5480}) {
            Case wanted = Case.of(Operation.BACKWARD, "squared", new Images(1, 1, side, side, Images.Layout.PLANES), 1);
            groups.add(group("pixels", wanted, "native", "java", "torch-matmul"));
        }
        for (int count = 1; count <= cores; count = count < cores ? Math.min(2 * count, cores) : count + 1) {
            groups.add(group("threads", Case.of(Operation.BACKWARD, "squared", FRAMES, count), "native", "java"));
        }
        Case base = Case.of(Operation.BACKWARD, "squared", BLOCKS, 1);
        for (int block : new int[] {2, 4, 8, 16, 32, 64}) {
            groups.add(group("block", base.withBlock(block), "native", "java"));
        }
        for (int stride : new int[] {4, 2, 1}) { // 8 is the block that was before
            groups.add(group("stride", base.withStride(stride), "native", "java"));
        }
        return groups;
    }

    /** The kernel of the Vector API against small loops and the plain scalar form. */
    List<Group> vector() {
        List<Group> groups = new ArrayList<>();
        for (String penalty : List.of("squared", "absolute", "charbonnier:0.001", "huber:0.1")) {
            Case wanted = Case.of(Operation.BACKWARD, penalty, IN_SMALL_CACHE, 1);
            groups.add(
                    Contenders.plainBackward(wanted)
                            ? group(penalty, wanted, JavaKernels.VECTOR, "java", "plain-java")
                            : group(penalty, wanted, JavaKernels.VECTOR, "java"));
        }
        groups.add(group("from memory", Case.of(Operation.BACKWARD, "squared", FRAMES, 1), JavaKernels.VECTOR, "java"));
        return groups;
    }

    static boolean scalesPixels(Case computed) {
        return computed.images().n() == 1;
    }

    static boolean scalesThreads(Case computed) {
        return computed.images().equals(FRAMES);
    }

    static boolean scalesBlock(Case computed) {
        return computed.images().equals(BLOCKS) && computed.stride() == computed.block();
    }

    static boolean scalesStride(Case computed) {
        return computed.images().equals(BLOCKS) && computed.block() == 8;
    }

    private static Group group(String title, Case wanted, String... names) {
        List<Entry> entries = new ArrayList<>();
        // The subtraction knows nothing of blocks.
        entries.add(new Entry(
                Contenders.SUBTRACT, Case.of(wanted.operation(), wanted.penalty(), wanted.images(), wanted.threads())));
        for (String name : names) {
            entries.add(new Entry(name, wanted));
        }
        return new Group(title, entries);
    }

    /** For JMH: the axes one at a time around the squared penalty; all at once would take days. */
    List<Entry> jmh() {
        List<Entry> entries = new ArrayList<>();
        List<String> ours = List.of("native", "java");
        List<Images> sizes = List.of(PATCHES, MIDDLE, FRAMES);
        List<Integer> threads = cores > 1 ? List.of(1, cores) : List.of(1);
        for (Images images : sizes) {
            for (int count : threads) {
                for (Operation operation : List.of(Operation.FORWARD, Operation.BACKWARD)) {
                    add(entries, ours, Case.of(operation, "squared", images, count));
                }
            }
            add(entries, ours, Case.of(Operation.DCT_FORWARD, "squared", images, 1));
            add(entries, ours, Case.of(Operation.DCT_INVERSE, "squared", images, 1));
        }
        for (String penalty : List.of("absolute", "charbonnier:0.001", "huber:0.1")) {
            add(entries, ours, Case.of(Operation.BACKWARD, penalty, MIDDLE, 1));
        }
        add(entries, ours, Case.of(Operation.BACKWARD, "squared", MIDDLE, 1).with(Coefficients.MAGNITUDE));
        for (String awkward : List.of("8x3x207x311", "16x3x256x256-nhwc", "16x3x256x256-sliced")) {
            add(entries, ours, Case.of(Operation.BACKWARD, "squared", Images.parse(awkward), 1));
        }
        for (Images images : sizes) {
            for (int count : threads) {
                for (Entry entry : peers(images, count, peersOn(count)).entries()) {
                    if (!ours.contains(entry.contender())) {
                        entries.add(entry);
                    }
                }
            }
        }
        return entries;
    }

    private static List<String> peersOn(int threads) {
        return Stream.concat(Contenders.PEERS.stream(), Contenders.SIMPLER.stream())
                .filter(name ->
                        threads == 1 || !List.of("plain-java", "jtransforms").contains(name))
                .toList();
    }

    private static void add(List<Entry> entries, List<String> names, Case wanted) {
        for (String name : names) {
            entries.add(new Entry(name, wanted));
        }
    }
}

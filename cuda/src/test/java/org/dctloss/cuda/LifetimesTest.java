package org.dctloss.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.Pointer;
import org.dctloss.BackendChoice;
import org.dctloss.BlockDct;
import org.dctloss.DataType;
import org.dctloss.DctLoss;
import org.dctloss.FrequencyWeights;
import org.dctloss.ImageBatch;
import org.dctloss.LossOptions;
import org.dctloss.LossSession;
import org.dctloss.Reduction;
import org.dctloss.contract.Availability;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Memory, streams, events and graphs: what they refuse, when they end, and that nothing is left behind. */
@Tag("device")
class LifetimesTest {
    @BeforeEach
    void available() {
        Availability.required(BackendChoice.CUDA);
    }

    private static void refused(String sentence, Executable call) {
        assertEquals(
                sentence, assertThrows(IllegalArgumentException.class, call).getMessage());
    }

    private static void refusedAfterClose(String name, Executable call) {
        assertEquals(
                name + ": got a use after close(), allowed only before",
                assertThrows(IllegalStateException.class, call).getMessage());
    }

    private static void refusedNull(String sentence, Executable call) {
        assertEquals(sentence, assertThrows(NullPointerException.class, call).getMessage());
    }

    private static void refusedWhileRecording(String sentence, Executable call) {
        assertEquals(
                sentence + " while this thread records a graph, allowed before or after",
                assertThrows(IllegalStateException.class, call).getMessage());
    }

    // ---------------------------------------------------------------- memory

    @Test
    void memoryIsCopiedAndFilled() {
        float[] values = OnDevice.values(1, 600_000); // several pieces of staging
        try (DeviceMemory memory = DeviceMemory.of(0, values);
                CudaStream stream = CudaStream.create(0)) {
            float[] back = new float[values.length];
            memory.copyTo(back);
            assertArrayEquals(values, back);
            float[] part = new float[7];
            memory.copyTo(part, stream);
            assertEquals(values[6], part[6]);
            ByteBuffer bytes = ByteBuffer.allocate(4 * values.length + 8).order(ByteOrder.nativeOrder());
            bytes.position(8);
            memory.copyTo(bytes);
            assertEquals(8, bytes.position());
            assertEquals(values[599_999], bytes.getFloat(8 + 4 * 599_999));
            memory.fill(0, stream);
            stream.synchronize();
            memory.copyTo(part);
            assertArrayEquals(new float[7], part);
            memory.copyFrom(bytes, stream);
            memory.copyTo(back, stream);
            assertArrayEquals(values, back);
            double[] doubles = new double[2];
            memory.fill(0, stream);
            memory.copyTo(doubles, stream);
            assertArrayEquals(new double[2], doubles);
        }
    }

    @Test
    void pageLockedMemoryIsCopiedWithoutWaiting() {
        float[] values = OnDevice.values(2, 1000);
        try (PinnedMemory pinned = PinnedMemory.allocate(0, 4000);
                DeviceMemory memory = DeviceMemory.allocate(0, 4004);
                CudaStream stream = CudaStream.create(0)) {
            pinned.put(0, values);
            memory.copyFrom(pinned, stream);
            stream.synchronize();
            pinned.put(400, new float[100]);
            memory.copyTo(pinned, stream);
            stream.synchronize();
            float[] back = new float[100];
            pinned.get(400, back);
            for (int i = 0; i < 100; i++) {
                assertEquals(values[100 + i], back[i]);
            }
            refused(
                    "page-locked memory: got 4000 bytes at 4, allowed what lies inside 4000",
                    () -> pinned.put(4, values));
        }
    }

    @Test
    void whatMemoryRefuses() {
        refused("device ordinal: got -1, allowed 0 or more", () -> DeviceMemory.allocate(-1, 8));
        refused("memory: got 0 bytes, allowed 1 or more", () -> DeviceMemory.allocate(0, 0));
        refused("memory: got -8 bytes, allowed 1 or more", () -> PinnedMemory.allocate(0, -8));
        for (long address : new long[] {0, -4096, Long.MAX_VALUE - 7}) {
            refused(
                    "address: got 0x" + Long.toHexString(address)
                            + " for 8 bytes, allowed addresses above 0 of memory that ends below 2^63",
                    () -> DeviceMemory.of(0, address, 8, this));
        }
        assertThrows(NullPointerException.class, () -> DeviceMemory.of(0, 0x1000, 8, null));
        CudaException none = assertThrows(CudaException.class, () -> DeviceMemory.allocate(99, 8));
        assertEquals(
                "allocate: got cudaErrorInvalidDevice (101: invalid device ordinal), allowed success",
                none.getMessage());
        try (DeviceMemory memory = DeviceMemory.allocate(0, 64)) {
            refused(
                    "array: got 68 bytes, allowed 64 or fewer, which the device memory has",
                    () -> memory.copyFrom(new float[17]));
            refused(
                    "array: got 72 bytes, allowed 64 or fewer, which the device memory has",
                    () -> memory.copyTo(new double[9], CudaStream.ofDefault(0)));
            refused(
                    "stream: got one of device 1, allowed those of device 0",
                    () -> memory.fill(0, CudaStream.of(1, 8)));
            refused(
                    "image batch: got device memory of 16 elements for 1x1x4x5 that reaches element 19, allowed 20"
                            + " elements or more",
                    () -> memory.image(DataType.FLOAT32, 1, 1, 4, 5));
            refused(
                    "offset: got 16, allowed 0 to 15",
                    () -> memory.image(DataType.FLOAT32, 16, 1, 1, 1, 1, 1, 1, 1, 1));
            refused("fill: got 256, allowed the bytes -128 to 255", () -> memory.fill(256, CudaStream.ofDefault(0)));
            refused("fill: got -129, allowed the bytes -128 to 255", () -> memory.fill(-129, CudaStream.ofDefault(0)));
            refused(
                    "buffer: got a read-only one, allowed one that can be written",
                    () -> memory.copyTo(ByteBuffer.allocate(8).asReadOnlyBuffer()));
            DeviceMemory small = DeviceMemory.of(0, memory.address(), 3, memory);
            refused(
                    "device memory: got 3 bytes for an image of FLOAT32, allowed 4 or more",
                    () -> small.image(DataType.FLOAT32, 1, 1, 1, 1));
            assertEquals(32, memory.image(DataType.BFLOAT16, 1, 2, 4, 4).strideN());
            ImageBatch second = memory.image(DataType.FLOAT16, 30, 1, 1, 1, 2, 9, 9, 9, 1);
            assertEquals(memory.address() + 60, second.address());
        }
    }

    @Test
    void nullsAreOneSentence() {
        CudaStream stream = CudaStream.ofDefault(0);
        String array = "array: got null, allowed one of numbers";
        String buffer = "buffer: got null, allowed a ByteBuffer";
        String pinnedNeeded = "page-locked memory: got null, allowed a PinnedMemory";
        String streamNeeded = "stream: got null, allowed a CudaStream (ofDefault for the default stream)";
        String eventNeeded = "event: got null, allowed a CudaEvent";
        refusedNull(array, () -> DeviceMemory.of(0, (float[]) null));
        try (DeviceMemory memory = DeviceMemory.allocate(0, 64);
                PinnedMemory pinned = PinnedMemory.allocate(0, 64);
                CudaEvent event = CudaEvent.create(0);
                CudaStream own = CudaStream.create(0);
                CudaGraph graph = CudaGraph.capture(own, () -> {})) {
            refusedNull(array, () -> memory.copyFrom((float[]) null));
            refusedNull(array, () -> memory.copyTo((float[]) null));
            refusedNull(array, () -> memory.copyTo((double[]) null, stream));
            refusedNull(buffer, () -> memory.copyFrom((ByteBuffer) null));
            refusedNull(buffer, () -> memory.copyTo((ByteBuffer) null));
            refusedNull(pinnedNeeded, () -> memory.copyFrom((PinnedMemory) null, stream));
            refusedNull(pinnedNeeded, () -> memory.copyTo((PinnedMemory) null, stream));
            refusedNull(streamNeeded, () -> memory.copyFrom(new float[1], null));
            refusedNull(streamNeeded, () -> memory.copyTo(ByteBuffer.allocate(1), null));
            refusedNull(streamNeeded, () -> memory.copyTo(pinned, null));
            refusedNull(streamNeeded, () -> memory.fill(0, null));
            refusedNull(array, () -> pinned.put(0, null));
            refusedNull(array, () -> pinned.get(0, null));
            refusedNull(eventNeeded, () -> stream.waitFor(null));
            refusedNull(streamNeeded, () -> event.record(null));
            refusedNull(eventNeeded, () -> event.millisecondsSince(null));
            refusedNull("event: got null, allowed a pointer", () -> CudaEvent.of(0, null));
            refusedNull("stream: got null, allowed a CudaStream", () -> CudaGraph.capture(null, () -> {}));
            refusedNull("work: got null, allowed what is to be recorded", () -> CudaGraph.capture(own, null));
            refusedNull(streamNeeded, () -> graph.launch(null));
            refusedNull("options: got null, allowed LossOptions", () -> own.on(null));
        }
    }

    @Test
    void memoryOfAnotherLibraryIsNeverFreed() {
        try (DeviceMemory own = DeviceMemory.of(0, new float[] {1, 2, 3, 4})) {
            DeviceMemory asAddress = DeviceMemory.of(0, own.address() + 4, 12, own);
            asAddress.close();
            float[] back = new float[3];
            asAddress.copyTo(back);
            assertArrayEquals(new float[] {2, 3, 4}, back);
            Pointer pointer = new Pointer(new ForeignPointer(own.address(), 16));
            pointer.position(8);
            DeviceMemory asPointer = DeviceMemory.of(0, pointer);
            assertEquals(8, asPointer.bytes());
            asPointer.copyTo(back = new float[2]);
            assertArrayEquals(new float[] {3, 4}, back);
            refused(
                    "pointer: got no elements, allowed one with an address and a limit (capacity) past its position",
                    () -> DeviceMemory.of(0, new ForeignPointer(own.address(), 0)));
            refused(
                    "pointer: got a null pointer, allowed one with an address and a limit (capacity) past its position",
                    () -> DeviceMemory.of(0, new ForeignPointer(0, 8)));
        }
    }

    @Test
    void aPieceOfMemoryEndsWithIt() {
        DeviceMemory whole = DeviceMemory.allocate(0, 64);
        DeviceMemory piece = DeviceMemory.of(0, whole.address() + 32, 32, whole);
        ImageBatch image = piece.image(DataType.FLOAT32, 1, 1, 2, 2);
        try (CudaStream stream = CudaStream.create(0);
                CudaGraph graph = CudaGraph.capture(stream, () -> piece.fill(0, stream))) {
            graph.launch(stream);
            whole.close();
            missing("device memory", graph, stream);
        }
        assertTrue(piece.toString().endsWith(", closed"), piece.toString());
        refusedAfterClose("device memory", () -> piece.copyTo(new float[1]));
        refusedAfterClose(
                "device memory", () -> DctLoss.builder().blockSize(2).build().forward(image, image));
    }

    /** A pointer as another library has it, one byte an element. */
    private static final class ForeignPointer extends Pointer {
        ForeignPointer(long address, long bytes) {
            this.address = address;
            this.capacity = bytes;
            this.limit = bytes;
        }
    }

    // ---------------------------------------------------------------- the end

    @Test
    void closingTwiceDoesNothingAndUseAfterCloseIsOneSentence() {
        DeviceMemory memory = DeviceMemory.allocate(0, 64);
        PinnedMemory pinned = PinnedMemory.allocate(0, 64);
        CudaStream stream = CudaStream.create(0);
        CudaEvent event = CudaEvent.create(0);
        CudaGraph graph = CudaGraph.capture(stream, () -> memory.fill(0, stream));
        ImageBatch image = memory.image(DataType.FLOAT32, 1, 1, 4, 4);
        for (AutoCloseable closeable : new AutoCloseable[] {graph, event, stream, pinned, memory}) {
            assertDoesNotThrow(closeable::close);
            assertDoesNotThrow(closeable::close);
            assertTrue(closeable.toString().contains("closed"), closeable.toString());
        }
        refusedAfterClose("device memory", memory::address);
        refusedAfterClose("device memory", () -> memory.copyTo(new float[1]));
        refusedAfterClose("device memory", () -> memory.copyTo(new float[0]));
        refusedAfterClose("page-locked memory", () -> pinned.put(0, new float[1]));
        refusedAfterClose("stream", stream::synchronize);
        refusedAfterClose("event", event::synchronize);
        refusedAfterClose("graph", () -> graph.launch(CudaStream.ofDefault(0)));
        refusedAfterClose(
                "device memory", () -> DctLoss.builder().blockSize(4).build().forward(image, image));
        refusedAfterClose("device memory", () -> BlockDct.of(4).forward(image, image));
    }

    @Test
    void nothingIsLeftBehind() {
        DctLoss loss =
                DctLoss.builder().reduction(Reduction.PER_SAMPLE).stride(4).build();
        OnDevice p = OnDevice.noise(1, 2, 3, 40, 33);
        OnDevice t = OnDevice.noise(2, 2, 3, 40, 33);
        OnDevice half = OnDevice.zeros(2, 3, 40, 33);
        ImageBatch g = half.memory().image(DataType.FLOAT16, 2, 3, 40, 33);
        float[] host = new float[2 * 3 * 40 * 33];
        ImageBatch onHost = ImageBatch.of(host, 2, 3, 40, 33);
        int before = settled();
        for (int i = 0; i < 3; i++) {
            try (LossSession session = loss.open(p.image(), t.image(), g)) {
                assertTrue(Releases.held() > before);
                session.backward(p.image(), t.image(), g);
            }
            assertEquals(before, Releases.held(), "sessions on the device");
            DctLoss mapped = loss.toBuilder().stride(8).build();
            mapped.blockMap(p.image(), t.image(), LossOptions.DEFAULT);
            mapped.spectrum(p.image(), t.image(), LossOptions.DEFAULT);
            mapped.releaseIdle();
            DctLoss copying = loss.toBuilder().backend(BackendChoice.CUDA).build();
            copying.forward(onHost, onHost);
            copying.releaseIdle();
            BlockDct dct = BlockDct.of(8).backend(BackendChoice.CUDA);
            dct.forward(onHost.window(0, 0, 40, 32), onHost.window(0, 0, 40, 32));
            dct.releaseIdle();
            assertEquals(before, Releases.held(), "maps, spectra, copies of the host and transforms");
        }
    }

    /** Sessions, and whatever nobody closed, are freed after they are lost. */
    @Test
    void whatIsLostIsFreed() {
        int before = settled();
        lose();
        collectUntil(before);
    }

    private static void lose() {
        DeviceMemory memory = DeviceMemory.allocate(0, 1 << 20);
        ImageBatch image = memory.image(DataType.FLOAT32, 1, 1, 512, 512);
        DctLoss.builder().build().open(image, image, image);
        CudaStream stream = CudaStream.create(0);
        PinnedMemory.allocate(0, 64);
        CudaEvent.create(0);
        CudaGraph.capture(stream, () -> memory.fill(0, stream));
    }

    /** Handles held when nothing that other tests have lost is left. */
    private static int settled() {
        int held = -1;
        for (int same = 0; same < 5; same++) {
            collect();
            if (Releases.held() != held) {
                held = Releases.held();
                same = 0;
            }
        }
        return held;
    }

    private static void collect() {
        System.gc();
        try {
            Thread.sleep(20);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void collectUntil(int expected) {
        for (int i = 0; i < 200 && Releases.held() != expected; i++) {
            collect();
        }
        assertEquals(expected, Releases.held(), "handles held after everything was lost");
    }

    // ---------------------------------------------------------------- streams, events and graphs

    @Test
    void eventsOrderStreamsAndTakeTheTime() {
        try (CudaStream first = CudaStream.create(0);
                CudaStream second = CudaStream.create(0);
                CudaEvent start = CudaEvent.create(0);
                CudaEvent end = CudaEvent.create(0);
                DeviceMemory from = DeviceMemory.of(0, new float[] {5});
                DeviceMemory to = DeviceMemory.of(0, new float[] {0})) {
            start.record(first);
            from.fill(0x40, first);
            end.record(first);
            second.waitFor(end);
            float[] value = new float[1];
            from.copyTo(value, second);
            assertEquals(Float.intBitsToFloat(0x40404040), value[0]);
            end.synchronize();
            assertTrue(end.millisecondsSince(start) >= 0);
            to.fill(0, second);
            CudaEvent elsewhere = CudaEvent.of(1, 8);
            String refusal = "event: got one of device 1, allowed those of device 0";
            refused(refusal, () -> first.waitFor(elsewhere));
            refused(refusal, () -> end.millisecondsSince(elsewhere));
            refused("event: got 0, allowed a cudaEvent_t", () -> CudaEvent.of(0, 0));
            CudaEvent foreign = CudaEvent.of(0, new ForeignPointer(end.handle(), 0));
            foreign.close();
            second.waitFor(foreign);
            foreign.synchronize();
        }
    }

    @Test
    void aGraphRepeatsItsWork() {
        try (CudaStream stream = CudaStream.create(0);
                DeviceMemory memory = DeviceMemory.of(0, new float[] {1, 2});
                CudaGraph graph = CudaGraph.capture(stream, () -> memory.fill(0, stream))) {
            float[] values = new float[2];
            memory.copyTo(values);
            assertArrayEquals(new float[] {1, 2}, values, "it was recorded, not done");
            assertEquals(1, graph.nodes());
            graph.launch(stream);
            memory.copyTo(values, stream);
            assertArrayEquals(new float[2], values);
        }
    }

    @Test
    void whatAGraphRefuses() {
        refused(
                "stream: got the default stream, from which CUDA does not record, allowed any other",
                () -> CudaGraph.capture(CudaStream.ofDefault(0), () -> {}));
        try (CudaStream stream = CudaStream.create(0)) {
            IllegalStateException failed = assertThrows(
                    IllegalStateException.class,
                    () -> CudaGraph.capture(stream, () -> {
                        throw new IllegalStateException("on purpose");
                    }));
            assertEquals("on purpose", failed.getMessage());
            assertEquals(0, failed.getSuppressed().length);
            failed = assertThrows(
                    IllegalStateException.class,
                    () -> CudaGraph.capture(stream, () -> CudaGraph.capture(stream, () -> {})));
            assertEquals(
                    "graph: got a second recording while this thread records a graph, allowed before or after",
                    failed.getMessage());
            stream.synchronize();
            assertEquals(0, CudaGraph.capture(stream, () -> {}).nodes(), "the stream can be used again");
        }
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void throwSneakily(Throwable thrown) throws T {
        throw (T) thrown;
    }

    /** As other languages throw them: the compiler knows nothing of it. */
    @Test
    void aCheckedExceptionEndsARecordingToo() {
        try (CudaStream stream = CudaStream.create(0)) {
            assertThrows(
                    java.io.IOException.class,
                    () -> CudaGraph.capture(
                            stream, () -> LifetimesTest.<RuntimeException>throwSneakily(new java.io.IOException())));
            stream.synchronize();
            assertEquals(0, CudaGraph.capture(stream, () -> {}).nodes());
        }
    }

    @Test
    void nothingIsAllocatedClosedOrWaitedForInARecording() {
        int before = settled();
        DeviceMemory memory = DeviceMemory.of(0, new float[64]);
        ImageBatch image = memory.image(DataType.FLOAT32, 1, 1, 8, 8);
        PinnedMemory pinned = PinnedMemory.allocate(0, 64);
        LossSession session = DctLoss.builder().build().open(image, image, null);
        session.forward(image, image);
        try (CudaStream stream = CudaStream.create(0)) {
            CudaGraph.capture(stream, () -> {
                        refusedWhileRecording("device memory: got close()", memory::close);
                        refusedWhileRecording("page-locked memory: got close()", pinned::close);
                        refusedWhileRecording("session: got close()", session::close);
                        refusedWhileRecording("stream: got close()", stream::close);
                        refusedWhileRecording("device memory: got an allocation", () -> DeviceMemory.allocate(0, 8));
                        refusedWhileRecording(
                                "page-locked memory: got an allocation", () -> PinnedMemory.allocate(0, 8));
                        String waits = ": got a call that waits";
                        refusedWhileRecording("copy" + waits, () -> memory.copyTo(new float[1], stream));
                        refusedWhileRecording("copy" + waits, session::loss);
                        refusedWhileRecording("copy" + waits, () -> session.setWeights(FrequencyWeights.watson()));
                        refusedWhileRecording("synchronize_stream" + waits, stream::synchronize);
                        session.enqueue(image, image, null, null, stream.on(LossOptions.DEFAULT));
                        memory.fill(0, stream);
                    })
                    .close();
            assertEquals(0, session.forward(image, image), "it is as open as before");
            session.close();
            pinned.close();
            memory.close();
        }
        assertEquals(before, Releases.held());
    }

    /** Another library records, from the same thread: it is not disturbed, and nothing is left behind. */
    @Test
    void whatIsClosedWhileAnotherLibraryRecordsIsFreed() {
        int before = settled();
        DeviceMemory memory = DeviceMemory.allocate(0, 64);
        PinnedMemory pinned = PinnedMemory.allocate(0, 64);
        DeviceMemory.allocate(0, 64); // lost
        try (CudaStream stream = CudaStream.create(0)) {
            Cuda.beginCapture(0, stream.handle());
            memory.close();
            pinned.close();
            collectUntil(before + 1);
            Cuda.destroyGraph(0, Cuda.endCapture(0, stream.handle())[0]);
        }
        assertEquals(before, Releases.held());
    }

    private static CudaGraph copyingGraph(CudaStream stream, PinnedMemory to) {
        DeviceMemory[] lost = {DeviceMemory.of(0, new float[] {7})};
        return CudaGraph.capture(stream, () -> {
            lost[0].copyTo(to, stream);
            lost[0] = null;
        });
    }

    @Test
    void aGraphKeepsWhatItWorksOn() {
        try (CudaStream stream = CudaStream.create(0);
                PinnedMemory pinned = PinnedMemory.allocate(0, 4);
                CudaGraph graph = copyingGraph(stream, pinned)) {
            for (int i = 0; i < 5; i++) {
                collect();
            }
            graph.launch(stream);
            stream.synchronize();
            float[] got = new float[1];
            pinned.get(0, got);
            assertEquals(7, got[0]);
        }
    }

    @Test
    void aGraphIsNotLaunchedWithoutWhatItWorksOn() {
        try (CudaStream stream = CudaStream.create(0)) {
            DeviceMemory memory = DeviceMemory.of(0, new float[64]);
            DeviceMemory result = DeviceMemory.allocate(0, 8);
            ImageBatch image = memory.image(DataType.FLOAT32, 1, 1, 8, 8);
            LossSession session = DctLoss.builder().build().open(image, image, null);
            LossOptions options = stream.on(LossOptions.DEFAULT).lossAt(result.address(), result);
            session.forward(image, image);
            CudaGraph fill = CudaGraph.capture(stream, () -> memory.fill(0, stream));
            CudaGraph plain = CudaGraph.capture(
                    stream, () -> session.enqueue(image, image, null, null, stream.on(LossOptions.DEFAULT)));
            CudaGraph placed = CudaGraph.capture(stream, () -> session.enqueue(image, image, null, null, options));
            placed.launch(stream);
            result.close();
            missing("device memory", placed, stream);
            plain.launch(stream);
            session.close();
            missing("session", plain, stream);
            fill.launch(stream);
            memory.close();
            missing("device memory", fill, stream);
        }
    }

    private static void missing(String what, CudaGraph graph, CudaStream stream) {
        assertEquals(
                "graph: got a launch after " + what + " that it works on was closed, allowed only before",
                assertThrows(IllegalStateException.class, () -> graph.launch(stream))
                        .getMessage());
    }

    @Test
    void workOnAnotherStreamThanTheRecordedOneIsRefused() {
        try (CudaStream stream = CudaStream.create(0);
                CudaStream other = CudaStream.create(0);
                DeviceMemory memory = DeviceMemory.allocate(0, 64)) {
            String sentence = "stream: got 0x" + Long.toHexString(other.handle())
                    + " of device 0 while a graph is recorded from 0x" + Long.toHexString(stream.handle())
                    + " of device 0, allowed that one, or one that waits for an event of it";
            refused(sentence, () -> CudaGraph.capture(stream, () -> memory.fill(0, other)));
            ImageBatch image = memory.image(DataType.FLOAT32, 1, 1, 4, 4);
            try (LossSession session = DctLoss.builder().blockSize(4).build().open(image, image, null)) {
                refused(
                        sentence,
                        () -> CudaGraph.capture(
                                stream,
                                () -> session.enqueue(image, image, null, null, other.on(LossOptions.DEFAULT))));
            }
            BlockDct dct = BlockDct.of(4).stream(other.handle(), other);
            dct.forward(image, image);
            refused(sentence, () -> CudaGraph.capture(stream, () -> dct.forward(image, image)));
        }
    }

    @Test
    void aStreamOfAnotherLibraryIsTakenAsItIs() {
        try (CudaStream own = CudaStream.create(0)) {
            CudaStream asNumber = CudaStream.of(0, own.handle());
            CudaStream asPointer = CudaStream.of(0, new ForeignPointer(own.handle(), 0));
            assertEquals(own.handle(), asPointer.handle());
            asNumber.close();
            asPointer.close();
            own.synchronize();
            asPointer.synchronize();
        }
    }
}

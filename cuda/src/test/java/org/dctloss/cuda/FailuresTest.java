package org.dctloss.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.dctloss.BackendChoice;
import org.dctloss.BackendException;
import org.dctloss.Backends;
import org.dctloss.DataType;
import org.dctloss.DctLoss;
import org.dctloss.FrequencyWeights;
import org.dctloss.ImageBatch;
import org.dctloss.LossOptions;
import org.dctloss.LossSession;
import org.dctloss.contract.Availability;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Machines and errors that are made up: they need the emulated device. */
@Tag("emulator")
class FailuresTest {
    @BeforeEach
    void available() {
        Availability.required(BackendChoice.CUDA);
    }

    private static String report(String setting, String value, String... properties) throws Exception {
        return OtherJvm.run(Map.of("DCTLOSS_EMULATED_" + setting, value), List.of(properties), OtherJvm.Report.class);
    }

    @Test
    void everyMachineHasItsOwnSentence() throws Exception {
        assertEquals(
                "true emulated device 0, compute capability 9.0, driver for CUDA 13.0; copies data of the host when asked"
                        + " for by name",
                report("DEVICES", "1"));
        assertEquals("false there is no NVIDIA driver", report("DRIVER", "0"));
        assertEquals(
                "false the NVIDIA driver is too old: got one for CUDA 12.4, allowed CUDA 13.0 or newer",
                report("DRIVER", "12040"));
        assertEquals(
                "false there is a driver, but no NVIDIA GPU that it shows to this process (see nvidia-smi and"
                        + " CUDA_VISIBLE_DEVICES)",
                report("DEVICES", "0"));
        assertEquals(
                "true emulated device 1, compute capability 9.0 (device 1 of 3), driver for CUDA 13.0; copies data of"
                        + " the host when asked for by name",
                report("DEVICES", "3", "-Ddctloss.cuda.device=1"));
        assertEquals(
                "false -Ddctloss.cuda.device: got '3', allowed 0 to 2",
                report("DEVICES", "3", "-Ddctloss.cuda.device=3"));
        assertEquals(
                "false -Ddctloss.cuda.device: got 'first', allowed 0 to 0",
                report("DEVICES", "1", "-Ddctloss.cuda.device=first"));
    }

    @Test
    void whatGoesWrongWithTheFirstBlockIsAStatus() throws Exception {
        String launch = report("FAIL", "cudaLaunchKernel=701@1");
        assertTrue(
                launch.startsWith("false its known-answer block failed: org.dctloss.cuda.CudaException: loss: got "
                        + "cudaErrorLaunchOutOfResources (701: "),
                launch);
        String memory = report("MEMORY", "100");
        assertTrue(
                memory.startsWith("false its known-answer block failed: org.dctloss.cuda.CudaException: allocate: got"
                        + " cudaErrorMemoryAllocation (2: out of memory) for "),
                memory);
    }

    @Test
    void aDeviceThatIsOfNoUseHidesNoOther() throws Exception {
        String old = report("CAPABILITY", "72");
        assertEquals(
                "false its kernels do not run on device 0: got emulated device 0, compute capability 7.2, allowed compute"
                        + " capability 7.5 or newer",
                old);
        String busy = "cudaErrorDevicesUnavailable (46: CUDA-capable device(s) is/are busy or unavailable)";
        assertEquals(
                "false its kernels do not run on device 0: describe_device: got " + busy + ", allowed success",
                report("FAIL", "cudaGetDeviceProperties=46@1"));
        assertEquals(
                "true emulated device 1, compute capability 9.0 (device 1 of 2), driver for CUDA 13.0; not on device 0,"
                        + " nor for data of the host: its known-answer block failed: org.dctloss.cuda.CudaException:"
                        + " allocate: got " + busy + ", allowed success",
                OtherJvm.run(two("cudaMalloc=46@1"), OtherJvm.Report.class));
        String[] printed = OtherJvm.run(two("cudaGetDeviceProperties=46@2"), SecondDevice.class)
                .split("\\R");
        assertEquals("true", printed[0]);
        assertTrue(
                printed[1].endsWith("cuda cannot run this: its kernels do not run on device 1: describe_device: got "
                        + busy + ", allowed success"),
                printed[1]);
    }

    private static Map<String, String> two(String failure) {
        return Map.of("DCTLOSS_EMULATED_DEVICES", "2", "DCTLOSS_EMULATED_FAIL", failure);
    }

    /** Images on the second device, and places on the first. */
    static final class SecondDevice {
        public static void main(String[] arguments) {
            DctLoss loss = DctLoss.builder().backend(BackendChoice.CUDA).build();
            System.out.println(Backends.report().get(2).available());
            try (DeviceMemory first = DeviceMemory.of(0, new float[64]);
                    DeviceMemory second = DeviceMemory.of(1, new float[64])) {
                ImageBatch image = second.image(DataType.FLOAT32, 1, 1, 8, 8);
                ImageBatch wrong =
                        ImageBatch.ofDevice(first.address(), 1, DataType.FLOAT32, first, 1, 1, 8, 8, 64, 64, 8, 1);
                LossOptions places = LossOptions.DEFAULT.upstreamAt(first.address(), first);
                for (Runnable call : List.<Runnable>of(
                        () -> System.out.println(loss.forward(image, image)),
                        () -> loss.forward(image, image, places),
                        () -> loss.forward(image, wrong))) {
                    try {
                        call.run();
                    } catch (BackendException | IllegalArgumentException refused) {
                        System.out.println(refused.getMessage().replaceAll("0x[0-9a-f]+", "ADDRESS"));
                    }
                }
            }
        }
    }

    @Test
    void memoryOfAnotherDeviceIsRefused() throws Exception {
        assertEquals(
                List.of(
                        "true",
                        "0.0",
                        "upstream factor: got ADDRESS of device 0, allowed memory of device 1",
                        "target: got ADDRESS of device 0, allowed memory of device 1"),
                List.of(OtherJvm.run(Map.of("DCTLOSS_EMULATED_DEVICES", "2"), SecondDevice.class)
                        .split("\\R")));
    }

    /** What the backend says the first and the second time that it is asked. */
    static final class AskedTwice {
        public static void main(String[] arguments) {
            OtherJvm.Report.main(arguments);
            OtherJvm.Report.main(arguments);
        }
    }

    @Test
    void whatMayPassIsLookedAtAgain() throws Exception {
        for (String failure : List.of("cudaMalloc=2@1", "cudaMalloc=46@1")) {
            String[] printed = OtherJvm.run(Map.of("DCTLOSS_EMULATED_FAIL", failure), AskedTwice.class)
                    .split("\\R");
            assertTrue(printed[0].startsWith("false "), failure + ": " + printed[0]);
            assertTrue(printed[1].startsWith("true "), failure + ": " + printed[1]);
        }
        String[] both = OtherJvm.run(two("cudaMalloc=46@1"), AskedTwice.class).split("\\R");
        assertTrue(both[0].startsWith("true emulated device 1"), both[0]);
        assertTrue(both[1].startsWith("true emulated device 0"), both[1]);
        String[] printed = OtherJvm.run(Map.of("DCTLOSS_EMULATED_FAIL", "cudaLaunchKernel=701@1"), AskedTwice.class)
                .split("\\R");
        assertEquals(printed[0], printed[1], "what does not pass is not looked at again");
    }

    /** Memory that CUDA does not take back at first. */
    static final class Postponed {
        public static void main(String[] arguments) {
            long before = CudaDevice.all().get(0).freeBytes();
            int held = Releases.held();
            DeviceMemory.allocate(0, 1 << 20).close();
            System.out.println(before - CudaDevice.all().get(0).freeBytes());
            DeviceMemory.allocate(0, 64).close();
            System.out.println(before - CudaDevice.all().get(0).freeBytes());
            System.out.println(Releases.held() - held);
        }
    }

    @Test
    void whatACaptureKeepsFromBeingFreedIsFreedLater() throws Exception {
        for (String code : List.of("900", "901", "906")) {
            assertEquals(
                    List.of("1048576", "0", "0"),
                    List.of(OtherJvm.run(Map.of("DCTLOSS_EMULATED_FAIL", "cudaFree=" + code + "@1"), Postponed.class)
                            .split("\\R")));
        }
    }

    /** Here alone, since CUDA itself need not survive a handle that is none. */
    @Test
    void aStreamThatIsNoneLeavesTheSessionAsItWas() {
        try (DeviceMemory memory = DeviceMemory.of(0, new float[64])) {
            ImageBatch image = memory.image(DataType.FLOAT32, 1, 1, 8, 8);
            try (LossSession session = DctLoss.builder().build().open(image, image, null)) {
                for (int i = 0; i < 2; i++) {
                    CudaException bad = assertThrows(
                            CudaException.class,
                            () -> session.enqueue(image, image, null, null, LossOptions.DEFAULT.stream(0x123450)));
                    assertEquals(400, bad.code());
                    assertEquals(0, session.loss());
                    session.setWeights(FrequencyWeights.watson());
                    session.anneal(1);
                    session.enqueue(image, image, null, null, LossOptions.DEFAULT);
                }
            }
        }
    }

    /** A session whose weights do not reach the device. */
    static final class WithoutWeights {
        public static void main(String[] arguments) {
            try (DeviceMemory memory = DeviceMemory.of(0, new float[64])) {
                ImageBatch image = memory.image(DataType.FLOAT32, 1, 1, 8, 8);
                DctLoss loss = DctLoss.builder().build();
                int held = Releases.held();
                try {
                    loss.open(image, image, null);
                } catch (CudaException failed) {
                    System.out.println(failed.getMessage());
                }
                System.out.println(Releases.held() - held);
            }
        }
    }

    @Test
    void aSessionThatIsNotOpenedLeavesNothingBehind() throws Exception {
        // Six copies come before: the weights, the images and the results of the known-answer block, and the image.
        String[] printed = OtherJvm.run(Map.of("DCTLOSS_EMULATED_FAIL", "cudaMemcpyAsync=1@7"), WithoutWeights.class)
                .split("\\R");
        assertEquals("copy: got cudaErrorInvalidValue (1: invalid argument), allowed success", printed[0]);
        assertEquals("0", printed[1]);
    }

    /** An opening that does not fit, and what happens next. */
    static final class OutOfMemory {
        public static void main(String[] arguments) {
            DctLoss loss = DctLoss.builder().build();
            try (DeviceMemory small = DeviceMemory.of(0, new float[64])) {
                ImageBatch image = small.image(DataType.FLOAT32, 1, 1, 8, 8);
                ImageBatch large = small.image(DataType.FLOAT32, 0, 1000, 1, 400, 8, 0, 0, 0, 1);
                loss.forward(image, image);
                long before = CudaDevice.all().get(0).freeBytes();
                for (int i = 0; i < 3; i++) {
                    try (LossSession session = loss.open(large, large, null)) {
                        System.out.println("opened " + session);
                    } catch (CudaException full) {
                        System.out.println(full.isOutOfMemory() + " " + full.getMessage());
                    }
                }
                System.out.println(before == CudaDevice.all().get(0).freeBytes());
                System.out.println(loss.forward(image, image));
            }
        }
    }

    @Test
    void outOfMemoryLeavesEverythingUsable() throws Exception {
        String[] printed = OtherJvm.run(Map.of("DCTLOSS_EMULATED_MEMORY", "400000"), OutOfMemory.class)
                .split("\\R");
        for (int i = 0; i < 3; i++) {
            assertTrue(
                    printed[i].matches("true allocate: got cudaErrorMemoryAllocation \\(2: out of memory\\) for \\d+"
                            + " bytes on device 0, which has \\d+ of 400000 free, allowed success"),
                    printed[i]);
        }
        assertEquals("true", printed[3], "what the opening had got is free again");
        assertEquals("0.0", printed[4]);
    }

    /** A kernel that dies, and what happens next. */
    static final class ContextLost {
        public static void main(String[] arguments) {
            DctLoss loss = DctLoss.builder().build();
            DeviceMemory memory = DeviceMemory.of(0, new float[64]);
            ImageBatch image = memory.image(DataType.FLOAT32, 1, 1, 8, 8);
            for (int i = 0; i < 4; i++) {
                try {
                    System.out.println(loss.forward(image, image));
                } catch (CudaException failed) {
                    System.out.println(failed.isContextLost() + " " + failed.code() + " " + failed.getMessage());
                }
            }
            try {
                CudaStream.create(0);
            } catch (CudaException failed) {
                System.out.println(failed.getMessage());
            }
            memory.close();
            System.out.println("closed");
        }
    }

    @Test
    void aStickyErrorIsRememberedAndSaysWhatToDo() throws Exception {
        // The first launch is that of the known-answer block.
        String[] printed = OtherJvm.run(Map.of("DCTLOSS_EMULATED_FAIL", "cudaLaunchKernel=700@3"), ContextLost.class)
                .split("\\R");
        String what = "cudaErrorIllegalAddress (700: an illegal memory access was encountered)";
        String cure = "restart the process, and run it under compute-sanitizer to find what a kernel did wrong";
        assertEquals("0.0", printed[0]);
        assertEquals(
                "true 700 loss: got " + what
                        + ", allowed success (of this call or of work queued before); CUDA is lost to"
                        + " this process: " + cure,
                printed[1]);
        String later = "got a process that lost CUDA to " + what + " in loss, allowed only before; " + cure;
        assertEquals("true 700 loss: " + later, printed[2]);
        assertEquals("true 700 loss: " + later, printed[3]);
        assertEquals("create_stream: " + later, printed[4]);
        assertEquals("closed", printed[5]);
    }

    /** An error of a call alone, and what happens next. */
    @Test
    void anErrorOfACallIsForgotten() throws Exception {
        String[] printed = OtherJvm.run(Map.of("DCTLOSS_EMULATED_FAIL", "cudaLaunchKernel=701@3"), ContextLost.class)
                .split("\\R");
        assertEquals("0.0", printed[0]);
        assertTrue(printed[1].startsWith("false 701 loss: got cudaErrorLaunchOutOfResources (701: "), printed[1]);
        assertFalse(printed[1].contains("lost"), printed[1]);
        assertEquals("0.0", printed[printed.length - 2]);
        assertEquals("closed", printed[printed.length - 1]);
    }

    @Test
    void anEmulatedMachineIsWhatThisRunsOn() {
        assertEquals("emulated device 0", CudaDevice.all().get(0).name());
        assertFalse(CudaDevice.all().get(0).totalBytes() == 0);
    }
}

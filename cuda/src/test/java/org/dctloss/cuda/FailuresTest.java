package org.dctloss.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.dctloss.DctLoss;
import org.dctloss.ImageBatch;
import org.dctloss.LossSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Machines and errors that are made up: they need the emulated device. */
@Tag("emulator")
class FailuresTest {
    private static String report(String setting, String value, String... properties) throws Exception {
        return OtherJvm.run(
                Map.of("DCTLOSS_EMULATED_" + setting, value), java.util.List.of(properties), OtherJvm.Report.class);
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
                "false its kernels do not run on device 0: got emulated device 0, compute capability 9.0, allowed compute"
                        + " capability 7.5 or newer",
                report("FAIL", "cudaFuncGetAttributes=209@1"));
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
        String properties = report("FAIL", "cudaGetDeviceProperties=999@1");
        assertTrue(
                properties.startsWith("false it failed to look for devices: describe_device: got cudaErrorUnknown"),
                properties);
    }

    /** An opening that does not fit, and what happens next. */
    static final class OutOfMemory {
        public static void main(String[] arguments) {
            DctLoss loss = DctLoss.builder().build();
            try (DeviceMemory small = DeviceMemory.of(0, new float[64])) {
                ImageBatch image = small.image(org.dctloss.DataType.FLOAT32, 1, 1, 8, 8);
                ImageBatch large = small.image(org.dctloss.DataType.FLOAT32, 0, 1000, 1, 400, 8, 0, 0, 0, 1);
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
            ImageBatch image = memory.image(org.dctloss.DataType.FLOAT32, 1, 1, 8, 8);
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

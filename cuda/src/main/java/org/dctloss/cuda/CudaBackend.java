package org.dctloss.cuda;

import java.util.ArrayList;
import java.util.List;
import org.dctloss.DataType;
import org.dctloss.spi.Backend;
import org.dctloss.spi.KnownAnswer;
import org.dctloss.spi.Plan;
import org.dctloss.spi.Session;
import org.dctloss.spi.Status;
import org.dctloss.spi.TransformPlan;
import org.dctloss.spi.TransformSession;
import org.dctloss.spi.Workers;

/**
 * CUDA kernels: float32, float16 and bfloat16 in device memory. Arrays and direct buffers of the host only when it is
 * asked for by name: they are copied to the device and the gradient back, synchronously, through page-locked memory, on
 * device 0 or the one that {@code -Ddctloss.cuda.device=ORDINAL} names.
 */
public final class CudaBackend implements Backend {
    /** The property that names the device for data of the host. */
    static final String DEVICE = "dctloss.cuda.device";

    private Status status;
    private List<CudaDevice> devices = List.of();
    /** The device for data of the host, which is looked at first, and whether it is of use. */
    private int hostDevice;

    private volatile Status ofHostDevice = Status.available("not looked at");

    /** For {@link java.util.ServiceLoader}. */
    public CudaBackend() {}

    @Override
    public int version() {
        return VERSION;
    }

    @Override
    public String name() {
        return "cuda";
    }

    @Override
    public synchronized Status status() {
        if (status == null || mayPass(status) || mayPass(ofHostDevice)) {
            try {
                status = Library.status().available() ? find() : Library.status();
            } catch (RuntimeException | LinkageError | OutOfMemoryError thrown) {
                status = Status.unavailable("it failed to look for devices: " + thrown.getMessage(), thrown);
            }
        }
        return status;
    }

    /** Whether other programs, or this one, may have given back by now what was missing. */
    private static boolean mayPass(Status unavailable) {
        Throwable cause = unavailable.cause();
        return cause instanceof OutOfMemoryError
                || cause instanceof CudaException failed
                        && (failed.isOutOfMemory() || failed.code() == CudaCode.DEVICES_UNAVAILABLE);
    }

    private Status find() {
        int[] versions = Cuda.versions();
        String driver = driver(versions[0], versions[1]);
        if (driver != null) {
            return Status.unavailable(driver);
        }
        devices = CudaDevice.all();
        if (devices.isEmpty()) {
            return Status.unavailable(
                    "there is a driver, but no NVIDIA GPU that it shows to this process (see nvidia-smi"
                            + " and CUDA_VISIBLE_DEVICES)");
        }
        String chosen = System.getProperty(DEVICE, "0");
        if (!chosen.matches("\\d{1,9}") || Integer.parseInt(chosen) >= devices.size()) {
            return Status.unavailable("-D" + DEVICE + ": got '" + chosen + "', allowed 0 to " + (devices.size() - 1));
        }
        hostDevice = Integer.parseInt(chosen);
        String tail = ", driver for CUDA " + version(versions[0]);
        ofHostDevice = prove(hostDevice, tail + "; copies data of the host when asked for by name");
        if (ofHostDevice.available()) {
            return ofHostDevice;
        }
        String rest = tail + "; not on device " + hostDevice + ", nor for data of the host: " + ofHostDevice.text();
        return devices.stream()
                .filter(device -> device.ordinal() != hostDevice)
                .map(device -> prove(device.ordinal(), rest))
                .filter(Status::available)
                .findFirst()
                .orElse(ofHostDevice);
    }

    /** Whether a device gives the known answer. */
    private Status prove(int ordinal, String rest) {
        CudaDevice device = devices.get(ordinal);
        if (!device.supported()) {
            return Status.unavailable(obstacle(device));
        }
        String others = devices.size() == 1 ? "" : " (device " + ordinal + " of " + devices.size() + ")";
        return KnownAnswer.check(plan -> new CudaSession(plan, ordinal), Status.available(device + others + rest));
    }

    /** Why the driver will not do; null if it will. Drivers run whatever is built for their major version of CUDA. */
    static String driver(int driver, int runtime) {
        if (driver == 0) {
            return "there is no NVIDIA driver";
        }
        if (driver / 1000 < runtime / 1000) {
            return "the NVIDIA driver is too old: got one for CUDA " + version(driver) + ", allowed CUDA "
                    + version(runtime / 1000 * 1000) + " or newer";
        }
        return null;
    }

    /** "13.0" for 13000. */
    private static String version(int number) {
        return number / 1000 + "." + number % 1000 / 10;
    }

    private static String obstacle(CudaDevice device) {
        return "its kernels do not run on device " + device.ordinal() + ": " + device.obstacle();
    }

    private int deviceOf(TransformPlan.Place place) {
        return place.device() < 0 ? hostDevice : place.device();
    }

    @Override
    public boolean copies(TransformPlan.Place place) {
        return place.device() < 0;
    }

    @Override
    public List<String> unsupported(Plan plan) {
        List<String> reasons = unsupported(plan.place());
        Job job = CudaSession.job(plan);
        if (CudaKernels.constantsBytes(job.bytes) == 0 || CudaKernels.workspaceBytes(job.bytes) == 0) {
            reasons.add("the batch is larger than its kernels count");
        }
        return reasons;
    }

    @Override
    public List<String> unsupported(TransformPlan plan) {
        List<String> reasons = unsupported(plan.place());
        if (CudaKernels.workspaceBytes(CudaTransformSession.job(plan).bytes) == 0) {
            reasons.add("the batch is larger than its kernels count");
        }
        return reasons;
    }

    private List<String> unsupported(TransformPlan.Place place) {
        List<String> reasons = new ArrayList<>();
        if (place.addresses()) {
            reasons.add("it reads no raw addresses of the host");
        }
        if (place.device() < 0 && (place.input() != DataType.FLOAT32 || place.output() != DataType.FLOAT32)) {
            reasons.add("of the host it stores FLOAT32 only");
        }
        if (place.device() >= devices.size()) {
            reasons.add("there is no device " + place.device() + " (there are " + devices.size() + ")");
        } else if (!devices.get(deviceOf(place)).supported()) {
            reasons.add(obstacle(devices.get(deviceOf(place))));
        } else if (deviceOf(place) == hostDevice && !ofHostDevice.available()) {
            reasons.add("device " + hostDevice + " is of no use: " + ofHostDevice.text());
        }
        return reasons;
    }

    @Override
    public Session open(Plan plan, Workers workers) {
        return new CudaSession(plan, deviceOf(plan.place()));
    }

    @Override
    public TransformSession open(TransformPlan plan, Workers workers) {
        return new CudaTransformSession(plan, deviceOf(plan.place()));
    }
}

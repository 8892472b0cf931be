package org.dctloss.jni;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Loader;
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
 * C++ kernels for the instruction sets of this processor: float32 in arrays, direct buffers and raw addresses.
 *
 * <p>{@code -Ddctloss.native.isa=avx2} forces a lower instruction set than the best, {@code
 * -Ddctloss.native.cache=BYTES} tells the size of the last-level cache where the system reports it wrongly. A value that
 * does not fit makes the backend unavailable.
 */
public final class NativeBackend implements Backend {
    private Status status;
    private Machine machine;

    /** For {@link java.util.ServiceLoader}. */
    public NativeBackend() {}

    @Override
    public int version() {
        return VERSION;
    }

    @Override
    public String name() {
        return "native";
    }

    @Override
    public synchronized Status status() {
        if (status == null) {
            status = find();
        }
        return status;
    }

    private Status find() {
        try {
            String mismatch = Job.mismatch(NativeKernels.abi());
            if (mismatch != null) {
                return Status.unavailable(mismatch);
            }
            machine = Machine.of(
                    NativeKernels.instructionSets(),
                    NativeKernels.secondCache(),
                    NativeKernels.lastLevelCache(),
                    System.getProperty(InstructionSet.PROPERTY),
                    System.getProperty(Machine.CACHE));
            return KnownAnswer.check(this, Status.available(machine.describe(Loader.getPlatform())));
        } catch (IllegalArgumentException wrong) {
            return Status.unavailable(wrong.getMessage());
        } catch (LinkageError failed) {
            return LoadFailure.status(failed);
        }
    }

    @Override
    public List<String> unsupported(Plan plan) {
        return unsupported(plan.place());
    }

    @Override
    public List<String> unsupported(TransformPlan plan) {
        return unsupported(plan.place());
    }

    private static List<String> unsupported(TransformPlan.Place place) {
        List<String> reasons = new ArrayList<>();
        if (place.device() >= 0) {
            reasons.add("it cannot read device memory");
        }
        if (place.input() != DataType.FLOAT32 || place.output() != DataType.FLOAT32) {
            reasons.add("it stores FLOAT32 only");
        }
        return reasons;
    }

    @Override
    public Session open(Plan plan, Workers workers) {
        return new NativeSession(plan, workers, machine);
    }

    @Override
    public TransformSession open(TransformPlan plan, Workers workers) {
        return new NativeTransformSession(plan, workers, machine);
    }
}

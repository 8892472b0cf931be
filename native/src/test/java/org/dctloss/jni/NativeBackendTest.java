package org.dctloss.jni;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import org.dctloss.BackendChoice;
import org.dctloss.ImageBatch;
import org.dctloss.contract.BackendContract;
import org.dctloss.contract.Layout;
import org.junit.jupiter.api.BeforeAll;

/**
 * The contract, on C++. The POM runs it for every instruction set and, with a cache of no bytes, for the kernels of
 * batches that do not fit one.
 */
class NativeBackendTest extends BackendContract {
    /** A run that forces an instruction set says nothing where the processor lacks it. */
    @BeforeAll
    static void processor() {
        String forced = System.getProperty(InstructionSet.PROPERTY);
        if (forced != null) {
            InstructionSet set = InstructionSet.valueOf(forced.toUpperCase(java.util.Locale.ROOT));
            try {
                assumeTrue(
                        (NativeKernels.instructionSets() >> set.ordinal() & 1) != 0,
                        "this processor does not run " + set.label);
            } catch (LinkageError reportedByEveryTest) {
                // The backend is not available, and why is for the contract to say.
            }
        }
    }

    @Override
    protected BackendChoice backend() {
        return BackendChoice.NATIVE;
    }

    @Override
    protected List<String> memories() {
        return List.of("array", "buffer", "address");
    }

    @Override
    protected ImageBatch place(String memory, Layout layout, float[] backing) {
        if (!memory.equals("address")) {
            return super.place(memory, layout, backing);
        }
        RawMemory raw = RawMemory.of(backing.length);
        raw.floats().put(0, backing);
        return layout.at(raw::view);
    }

    @Override
    protected void fetch(ImageBatch view, float[] backing) {
        if (view.owner() instanceof RawMemory raw) {
            raw.floats().get(0, backing);
        } else {
            super.fetch(view, backing);
        }
    }
}

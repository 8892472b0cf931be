package org.dctloss.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.dctloss.BackendChoice;
import org.dctloss.DataType;
import org.dctloss.ImageBatch;
import org.dctloss.contract.BackendContract;
import org.dctloss.contract.Layout;
import org.dctloss.contract.SixteenBits;

/** The contract on images in device memory, of one data type for the inputs and one for the outputs. */
abstract class DeviceContract extends BackendContract {
    /** Where the kernels add up depends on layout and outputs, and with it the last bits of the loss. */
    static final double LOSS_SPREAD = 1e-6;

    private final DataType input;
    private final DataType output;

    DeviceContract(DataType input, DataType output) {
        this.input = input;
        this.output = output;
    }

    @Override
    protected BackendChoice backend() {
        return BackendChoice.CUDA;
    }

    @Override
    protected List<String> memories() {
        return List.of("device");
    }

    @Override
    protected ImageBatch place(String memory, Layout layout, float[] backing) {
        return place(input, layout, backing);
    }

    @Override
    protected ImageBatch placeOutput(String memory, Layout layout, float[] backing) {
        return place(output, layout, backing);
    }

    static ImageBatch place(DataType type, Layout layout, float[] backing) {
        DeviceMemory memory = DeviceMemory.allocate(0, (long) type.bytes() * backing.length);
        if (type == DataType.FLOAT32) {
            memory.copyFrom(backing);
        } else {
            memory.copyFrom(encode(type, backing));
        }
        return layout.at((offset, n, c, h, w, strideN, strideC, strideH, strideW) ->
                memory.image(type, offset, n, c, h, w, strideN, strideC, strideH, strideW));
    }

    private static ByteBuffer bytes(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.nativeOrder());
    }

    private static ByteBuffer encode(DataType type, float[] values) {
        ByteBuffer encoded = bytes(2 * values.length);
        for (int i = 0; i < values.length; i++) {
            encoded.putShort(2 * i, SixteenBits.encode(type, values[i]));
        }
        return encoded;
    }

    @Override
    protected void fetch(ImageBatch view, float[] backing) {
        DeviceMemory memory = (DeviceMemory) view.owner();
        DataType type = view.dataType();
        if (type == DataType.FLOAT32) {
            memory.copyTo(backing);
            return;
        }
        // What still has the bits that it was given keeps its number, canaries above all.
        ByteBuffer given = encode(type, backing);
        ByteBuffer got = bytes(2 * backing.length);
        memory.copyTo(got);
        for (int i = 0; i < backing.length; i++) {
            if (got.getShort(2 * i) != given.getShort(2 * i)) {
                backing[i] = SixteenBits.decode(type, got.getShort(2 * i));
            }
        }
    }

    @Override
    protected DataType input() {
        return input;
    }

    @Override
    protected DataType output() {
        return output;
    }

    @Override
    protected boolean hasThreads() {
        return false;
    }

    @Override
    protected double lossSpread() {
        return LOSS_SPREAD;
    }
}

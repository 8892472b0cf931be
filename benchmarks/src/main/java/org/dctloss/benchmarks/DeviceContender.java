package org.dctloss.benchmarks;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.dctloss.BackendChoice;
import org.dctloss.BlockDct;
import org.dctloss.DataType;
import org.dctloss.ImageBatch;
import org.dctloss.LossSession;
import org.dctloss.cuda.DeviceMemory;

/** The CUDA backend, on images in the memory of the first device. Each run waits for the device. */
final class DeviceContender implements Contender {
    private final Case asked;
    private final DeviceMemory in;
    private final DeviceMemory target;
    private final DeviceMemory out;
    private final LossSession session;
    private final BlockDct dct;

    private DeviceContender(Case asked) {
        this.asked = asked;
        Images images = asked.images();
        in = upload(images.noise(1));
        target = upload(images.noise(2));
        out = DeviceMemory.allocate(0, images.pixels() * asked.type().bytes());
        boolean transforms = asked.operation() == Operation.DCT_FORWARD || asked.operation() == Operation.DCT_INVERSE;
        dct = transforms ? BlockDct.of(asked.block()).backend(BackendChoice.CUDA) : null;
        session = transforms ? null : asked.loss(BackendChoice.CUDA).open(view(in), view(target), gradient());
    }

    static Contender open(Case asked) {
        boolean fits = asked.images().layout() == Images.Layout.PLANES && asked.threads() == 1;
        Contenders.check("cuda", asked, fits, "planes without gaps, 1 thread");
        return new DeviceContender(asked);
    }

    private ImageBatch view(DeviceMemory memory) {
        Images images = asked.images();
        return memory.image(asked.type(), images.n(), images.c(), images.h(), images.w());
    }

    private ImageBatch gradient() {
        return asked.operation() == Operation.BACKWARD ? view(out) : null;
    }

    @Override
    public double run() {
        return switch (asked.operation()) {
            case FORWARD -> session.forward(view(in), view(target));
            case BACKWARD -> session.backward(view(in), view(target), view(out));
            case DCT_FORWARD -> {
                dct.forward(view(in), view(out));
                yield 0;
            }
            case DCT_INVERSE -> {
                dct.inverse(view(in), view(out));
                yield 0;
            }
        };
    }

    @Override
    public float[] result() {
        if (asked.operation() == Operation.FORWARD) {
            return new float[0];
        }
        ByteBuffer bytes = ByteBuffer.allocateDirect((int) out.bytes()).order(ByteOrder.nativeOrder());
        out.copyTo(bytes);
        bytes.rewind();
        float[] values = new float[(int) asked.images().pixels()];
        for (int i = 0; i < values.length; i++) {
            values[i] = switch (asked.type()) {
                case FLOAT32 -> bytes.getFloat();
                case FLOAT16 -> ofHalf(bytes.getShort());
                case BFLOAT16 -> Float.intBitsToFloat(bytes.getShort() << 16);
            };
        }
        return values;
    }

    private DeviceMemory upload(float[] values) {
        if (asked.type() == DataType.FLOAT32) {
            return DeviceMemory.of(0, values);
        }
        ByteBuffer bytes = ByteBuffer.allocateDirect(2 * values.length).order(ByteOrder.nativeOrder());
        for (float value : values) {
            bytes.putShort(
                    asked.type() == DataType.FLOAT16 ? toHalf(value) : (short) (Float.floatToRawIntBits(value) >>> 16));
        }
        DeviceMemory memory = DeviceMemory.allocate(0, bytes.capacity());
        memory.copyFrom(bytes.rewind());
        return memory;
    }

    /** Noise from 0 to 1, cut off to 11 bits; the JDK has had this since 20. */
    private static short toHalf(float value) {
        return value < 0x1p-14f ? 0 : (short) (Float.floatToRawIntBits(value) - (112 << 23) >>> 13);
    }

    private static float ofHalf(short bits) {
        int magnitude = bits & 0x7FFF;
        float value = magnitude < 0x400 ? magnitude * 0x1p-24f : Float.intBitsToFloat((magnitude << 13) + (112 << 23));
        return bits < 0 ? -value : value;
    }

    @Override
    public void close() {
        if (session != null) {
            session.close();
        } else {
            dct.releaseIdle();
        }
        in.close();
        target.close();
        out.close();
    }
}

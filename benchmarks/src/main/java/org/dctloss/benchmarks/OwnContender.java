package org.dctloss.benchmarks;

import java.util.Locale;
import java.util.function.DoubleSupplier;
import org.dctloss.BackendChoice;
import org.dctloss.BlockDct;
import org.dctloss.DctLoss;
import org.dctloss.ImageBatch;
import org.dctloss.LossSession;
import org.dctloss.purejava.VectorKernel;
import org.dctloss.yardsticks.JavaKernels;

/** A backend of this library, on images in host memory. */
final class OwnContender implements Contender {
    private final DoubleSupplier work;
    private final ImageBatch written;
    private final AutoCloseable session;

    private OwnContender(DoubleSupplier work, ImageBatch written, AutoCloseable session) {
        this.work = work;
        this.written = written;
        this.session = session;
    }

    static Contender open(String backend, Case wanted) {
        if (backend.equals("cuda")) {
            return DeviceContender.open(wanted);
        }
        boolean vector = backend.equals(JavaKernels.VECTOR);
        if (vector && !JavaKernels.names().contains(backend)) {
            throw new Unavailable(backend + ": " + VectorKernel.status().text(), null);
        }
        BackendChoice choice = vector ? BackendChoice.JAVA : BackendChoice.valueOf(backend.toUpperCase(Locale.ROOT));
        Images images = wanted.images();
        ImageBatch in = images.batch(images.noise(1));
        ImageBatch out = images.batch(new float[Math.toIntExact(images.pixels())]);
        Operation operation = wanted.operation();
        if (operation == Operation.DCT_FORWARD || operation == Operation.DCT_INVERSE) {
            Contenders.check(backend, wanted, !vector, "a loss");
            BlockDct dct = BlockDct.of(wanted.block()).backend(choice).threads(wanted.threads());
            DoubleSupplier work = () -> {
                if (operation == Operation.DCT_FORWARD) {
                    dct.forward(in, out);
                } else {
                    dct.inverse(in, out);
                }
                return out.get(0, 0, 0, 0);
            };
            return new OwnContender(work, out, dct::releaseIdle);
        }
        ImageBatch target = images.batch(images.noise(2));
        DctLoss loss = wanted.loss(choice);
        boolean backward = operation == Operation.BACKWARD;
        LossSession session = JavaKernels.with(backend, () -> loss.open(in, target, backward ? out : null));
        DoubleSupplier work = backward ? () -> session.backward(in, target, out) : () -> session.forward(in, target);
        return new OwnContender(work, backward ? out : null, session);
    }

    @Override
    public double run() {
        return work.getAsDouble();
    }

    @Override
    public float[] result() {
        return written == null ? new float[0] : Images.values(written);
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (Exception impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}

package org.dctloss.purejava;

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

/** The backend that is always there: pure Java, float32 in arrays and direct buffers. */
public final class JavaBackend implements Backend {
    /** The last answer: another one is due when the switch of {@link VectorKernel} has been moved. */
    private Status status;

    private String asked;

    /** For {@link java.util.ServiceLoader}. */
    public JavaBackend() {}

    @Override
    public int version() {
        return VERSION;
    }

    @Override
    public String name() {
        return "java";
    }

    @Override
    public synchronized Status status() {
        Status vector = VectorKernel.status();
        String text = "pure Java on " + System.getProperty("java.vm.name") + " "
                + Runtime.version().feature() + ", " + System.getProperty("os.arch") + "; Vector API: "
                + (vector.available() ? vector.text() : "not used, " + vector.text());
        if (!text.equals(asked)) {
            status = KnownAnswer.check(this, Status.available(text));
            asked = text;
        }
        return status;
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
        } else if (place.addresses()) {
            reasons.add("it cannot read raw addresses, which need dctloss-native");
        }
        if (place.input() != DataType.FLOAT32 || place.output() != DataType.FLOAT32) {
            reasons.add("it stores FLOAT32 only");
        }
        return reasons;
    }

    @Override
    public Session open(Plan plan, Workers workers) {
        return new JavaSession(plan, workers, VectorKernel.opener());
    }

    @Override
    public TransformSession open(TransformPlan plan, Workers workers) {
        return new JavaTransformSession(plan, workers);
    }
}

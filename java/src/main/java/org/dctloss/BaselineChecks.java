package org.dctloss;

/** What a user can get wrong in a call of a baseline. */
final class BaselineChecks {
    private BaselineChecks() {}

    static void images(ImageBatch prediction, ImageBatch target) {
        LossChecks.notNull("prediction", prediction);
        LossChecks.notNull("target", target);
        readable("prediction", prediction);
        readable("target", target);
        sameShape("target", target, prediction);
    }

    static void gradient(ImageBatch gradient, ImageBatch prediction, ImageBatch target) {
        LossChecks.notNull("gradient", gradient);
        readable("gradient", gradient);
        sameShape("gradient", gradient, prediction);
        Overlap overlap = new Overlap();
        LossChecks.writable("gradient", gradient, overlap);
        LossChecks.apart("gradient", gradient, "prediction", prediction, overlap);
        LossChecks.apart("gradient", gradient, "target", target, overlap);
    }

    static void dataRange(double range) {
        if (!(range > 0 && range < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("data range: got " + range + ", allowed positive finite numbers");
        }
    }

    private static void readable(String name, ImageBatch view) {
        if (!view.isReadable()) {
            throw new IllegalArgumentException(
                    name + ": got " + view + ", allowed arrays and direct buffers for this baseline");
        }
    }

    private static void sameShape(String name, ImageBatch view, ImageBatch like) {
        if (!view.sameShape(like)) {
            throw new IllegalArgumentException(
                    name + ": got shape " + view.shape() + ", allowed " + like.shape() + " like the prediction");
        }
    }
}

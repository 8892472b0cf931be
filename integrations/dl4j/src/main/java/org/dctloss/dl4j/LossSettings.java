package org.dctloss.dl4j;

import java.io.Serializable;
import java.util.Objects;
import org.dctloss.BackendChoice;
import org.dctloss.Coefficients;
import org.dctloss.ColorTransform;
import org.dctloss.DctLoss;
import org.dctloss.Edge;
import org.dctloss.Penalty;
import org.dctloss.Scaling;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * What is stored of a {@link Dl4jDctLoss}, in JSON and by Java's serialisation: its images and its loss.
 *
 * @param weights a {@link WeightsText}
 * @param parameter of the penalty; 0 where it has none
 * @param threads 0 for all processors of whatever machine reads it
 */
record LossSettings(
        @JsonProperty("channels") int channels,
        @JsonProperty("height") int height,
        @JsonProperty("width") int width,
        @JsonProperty("blockSize") int blockSize,
        @JsonProperty("stride") int stride,
        @JsonProperty("scaling") Scaling scaling,
        @JsonProperty("weights") String weights,
        @JsonProperty("penalty") Penalty.Kind penalty,
        @JsonProperty("parameter") double parameter,
        @JsonProperty("coefficients") Coefficients coefficients,
        @JsonProperty("edge") Edge edge,
        @JsonProperty("color") ColorTransform color,
        @JsonProperty("backend") BackendChoice backend,
        @JsonProperty("threads") int threads)
        implements Serializable {
    LossSettings {
        Objects.requireNonNull(weights, "weights: got null, allowed what FrequencyWeights prints");
        Objects.requireNonNull(penalty, "penalty: got null, allowed a Penalty.Kind");
    }

    /** The settings from which {@link #restored()} makes an equal loss. */
    static LossSettings of(Dl4jDctLoss stored) {
        DctLoss loss = stored.loss();
        LossSettings settings = new LossSettings(
                stored.channels(),
                stored.height(),
                stored.width(),
                loss.blockSize(),
                loss.stride(),
                loss.scaling(),
                WeightsText.write(loss.weights()),
                loss.penalty().kind(),
                loss.penalty().parameter(),
                loss.coefficients(),
                loss.edge(),
                loss.color(),
                loss.backend(),
                loss.threads() == Runtime.getRuntime().availableProcessors() ? 0 : loss.threads());
        if (!settings.restored().equals(stored)) {
            throw new IllegalArgumentException("loss: got " + loss
                    + " to be stored, which has an executor of its own, allowed losses with the library's threads");
        }
        return settings;
    }

    /** The loss. */
    Dl4jDctLoss restored() {
        DctLoss.Builder loss = DctLoss.builder()
                .blockSize(blockSize)
                .stride(stride)
                .scaling(scaling)
                .weights(WeightsText.read(weights))
                .penalty(rho())
                .coefficients(coefficients)
                .edge(edge)
                .color(color)
                .backend(backend);
        return new Dl4jDctLoss((threads == 0 ? loss : loss.threads(threads)).build(), channels, height, width);
    }

    private Penalty rho() {
        return switch (penalty) {
            case SQUARED -> Penalty.squared();
            case ABSOLUTE -> Penalty.absolute();
            case CHARBONNIER -> Penalty.charbonnier(parameter);
            case HUBER -> Penalty.huber(parameter);
        };
    }

    private Object readResolve() {
        return restored();
    }
}

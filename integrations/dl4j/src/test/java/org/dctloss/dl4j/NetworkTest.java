package org.dctloss.dl4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import org.dctloss.DctLoss;
import org.dctloss.FrequencyWeights;
import org.dctloss.Penalty;
import org.dctloss.contract.TestImages.Kind;
import org.dctloss.dl4j.ImageArrays.Layout;
import org.dctloss.dl4j.Setting.Expected;
import org.dctloss.dl4j.Setting.Masking;
import org.deeplearning4j.gradientcheck.GradientCheckUtil;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.NoOp;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;

/** Networks of DL4J that are trained with this loss. */
class NetworkTest {
    private static final int SIDE = 16;
    private static final int WIDTH = 24;

    /** Images through a bottleneck of 12 numbers. */
    static MultiLayerNetwork dense(ILossFunction loss, Activation activation, IUpdater updater, DataType type) {
        return network(new NeuralNetConfiguration.Builder()
                .seed(5)
                .dataType(type)
                .updater(updater)
                .list()
                .layer(new DenseLayer.Builder()
                        .nIn(SIDE * SIDE)
                        .nOut(12)
                        .activation(Activation.TANH)
                        .build())
                .layer(new OutputLayer.Builder(loss)
                        .nIn(12)
                        .nOut(SIDE * SIDE)
                        .activation(activation)
                        .build()));
    }

    /** Two convolutions. */
    static MultiLayerNetwork convolutional(ILossFunction loss, Activation activation, IUpdater updater, int channels) {
        return network(new NeuralNetConfiguration.Builder()
                .seed(5)
                .updater(updater)
                .convolutionMode(ConvolutionMode.Same)
                .list()
                .layer(new ConvolutionLayer.Builder(3, 3)
                        .nOut(6)
                        .activation(Activation.TANH)
                        .build())
                .layer(new ConvolutionLayer.Builder(3, 3)
                        .nOut(channels)
                        .activation(Activation.IDENTITY)
                        .build())
                .layer(new CnnLossLayer.Builder(loss).activation(activation).build())
                .setInputType(InputType.convolutional(SIDE, SIDE, channels)));
    }

    private static MultiLayerNetwork network(NeuralNetConfiguration.ListBuilder layers) {
        MultiLayerNetwork network = new MultiLayerNetwork(layers.build());
        network.init();
        return network;
    }

    private static Dl4jDctLoss loss(DctLoss.Builder builder, int channels) {
        return new Dl4jDctLoss(builder.build(), channels, SIDE, SIDE);
    }

    /** Blurred and noisy images, and what they were. */
    private static DataSet task(int n, int channels, Layout layout) {
        Images sharp = Images.draw(Kind.EDGES, n, channels, SIDE, SIDE, 11);
        Images noise = Images.draw(Kind.NOISE, n, channels, SIDE, SIDE, 12);
        INDArray t = sharp.array(layout);
        return new DataSet(t.mul(0.5).add(noise.array(layout).mul(0.2)), t);
    }

    @ParameterizedTest
    @EnumSource(
            value = Activation.class,
            names = {"IDENTITY", "SIGMOID"})
    void denseNetworksLearn(Activation activation) {
        try (Dl4jDctLoss loss = loss(DctLoss.builder().penalty(Penalty.charbonnier(0.01)), 1)) {
            learns(dense(loss, activation, new Adam(1e-2), DataType.FLOAT), task(8, 1, Layout.ROWS), 120);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Activation.class,
            names = {"IDENTITY", "SIGMOID"})
    void convolutionalNetworksLearn(Activation activation) {
        try (Dl4jDctLoss loss = loss(DctLoss.builder(), 3)) {
            learns(convolutional(loss, activation, new Adam(1e-2), 3), task(4, 3, Layout.IMAGES), 60);
        }
    }

    private static void learns(MultiLayerNetwork network, DataSet task, int steps) {
        double before = network.score(task);
        for (int step = 0; step < steps; step++) {
            network.fit(task);
        }
        double after = network.score(task);
        assertTrue(after < before / 3, () -> "score from " + before + " to " + after);
        // What DL4J reports of examples belongs to the score of the batch.
        INDArray scores = network.scoreExamples(task, false);
        assertEquals(task.numExamples(), scores.length());
        assertEquals(after, scores.meanNumber().doubleValue(), 1e-5 * after);
        DataSet first = new DataSet(firstOf(task.getFeatures()), firstOf(task.getLabels()));
        assertEquals(scores.getDouble(0), network.score(first), 1e-5 * after, "a batch of one");
    }

    private static INDArray firstOf(INDArray batch) {
        long[] shape = batch.shape().clone();
        shape[0] = 1;
        return batch.slice(0).dup().reshape(shape);
    }

    /** Whole blocks, uniform weights, squared: Parseval makes it the mean squared error, which LossMSE sums over pixels for CnnLossLayer. */
    @Test
    void withUniformWeightsItIsTheMeanSquaredError() {
        DctLoss.Builder uniform = DctLoss.builder().weights(FrequencyWeights.uniform());
        DataSet rows = task(8, 1, Layout.ROWS);
        DataSet images = task(4, 3, Layout.IMAGES);
        try (Dl4jDctLoss loss = loss(uniform, 1);
                Dl4jDctLoss colour = loss(uniform, 3)) {
            sameAfter(
                    30,
                    dense(loss, Activation.SIGMOID, new Sgd(0.5), DataType.FLOAT),
                    dense(new LossMSE(), Activation.SIGMOID, new Sgd(0.5), DataType.FLOAT),
                    rows,
                    1);
            sameAfter(
                    30,
                    convolutional(colour, Activation.IDENTITY, new Sgd(0.1), 3),
                    convolutional(new LossMSE(), Activation.IDENTITY, new Sgd(0.1 / (SIDE * SIDE)), 3),
                    images,
                    SIDE * SIDE);
        }
    }

    private static void sameAfter(
            int steps, MultiLayerNetwork ours, MultiLayerNetwork theirs, DataSet task, double factor) {
        assertEquals(theirs.score(task), factor * ours.score(task), 1e-5 * theirs.score(task), "score at first");
        INDArray start = ours.params().dup();
        for (int step = 0; step < steps; step++) {
            ours.fit(task);
            theirs.fit(task);
        }
        INDArray moved = theirs.params().sub(start);
        Images.assertClose(
                moved.data().asDouble(),
                ours.params().sub(start).data().asDouble(),
                1e-4,
                null,
                "way of the parameters");
        assertEquals(theirs.score(task), factor * ours.score(task), 1e-4 * theirs.score(task), "score after");
    }

    @Test
    void lossLayersLearn() {
        try (Dl4jDctLoss loss = loss(DctLoss.builder(), 1)) {
            MultiLayerNetwork network = network(new NeuralNetConfiguration.Builder()
                    .seed(5)
                    .updater(new Adam(1e-2))
                    .list()
                    .layer(new DenseLayer.Builder()
                            .nIn(SIDE * SIDE)
                            .nOut(SIDE * SIDE)
                            .activation(Activation.IDENTITY)
                            .build())
                    .layer(new LossLayer.Builder(loss)
                            .activation(Activation.SIGMOID)
                            .build()));
            learns(network, task(8, 1, Layout.ROWS), 60);
        }
    }

    /** Masks as users give them to DL4J, in the shapes that reach the loss: the network's score is that of the definition. */
    @ParameterizedTest
    @EnumSource(Masking.class)
    void masksOfCnnLossLayerArrive(Masking masking) {
        Setting setting = Setting.of(DctLoss.builder().build(), 3, 2, SIDE, WIDTH, Layout.IMAGES, true, masking);
        try (Dl4jDctLoss loss = new Dl4jDctLoss(setting.loss(), 2, SIDE, WIDTH)) {
            arrives(
                    setting,
                    setting.z().array(Layout.IMAGES),
                    network(new NeuralNetConfiguration.Builder()
                            .updater(new NoOp())
                            .list()
                            .layer(new CnnLossLayer.Builder(loss)
                                    .activation(Activation.SIGMOID)
                                    .build())
                            .setInputType(InputType.convolutional(SIDE, WIDTH, 2))));
        }
    }

    private static MultiLayerNetwork alone(FeedForwardLayer layer, int h, int w, int c, CNN2DFormat format) {
        return network(new NeuralNetConfiguration.Builder()
                .updater(new NoOp())
                .list()
                .layer(layer)
                .setInputType(InputType.convolutional(h, w, c, format)));
    }

    private static CnnLossLayer cnnLossLayer(Dl4jDctLoss loss, CNN2DFormat format) {
        return new CnnLossLayer.Builder(loss)
                .format(format)
                .activation(Activation.IDENTITY)
                .build();
    }

    private static LossLayer lossLayer(Dl4jDctLoss loss) {
        return new LossLayer.Builder(loss).activation(Activation.IDENTITY).build();
    }

    /** Gradient of the sum of scores with respect to what a network got. */
    private static INDArray slope(MultiLayerNetwork network, INDArray z, INDArray t) {
        return network.calculateGradients(z, t, null, null).getSecond();
    }

    @Test
    void imagesThatAreNotSquareKeepTheirSides() {
        Setting setting = Setting.of(DctLoss.builder().build(), 3, 2, SIDE, WIDTH, Layout.IMAGES, false, Masking.NONE);
        Expected expected = setting.expected();
        double mean = Arrays.stream(expected.scores()).average().orElseThrow();
        INDArray z = setting.z().array(Layout.IMAGES);
        try (Dl4jDctLoss loss = new Dl4jDctLoss(setting.loss(), 2, SIDE, WIDTH)) {
            for (FeedForwardLayer layer : List.of(lossLayer(loss), cnnLossLayer(loss, CNN2DFormat.NCHW))) {
                MultiLayerNetwork network = alone(layer, SIDE, WIDTH, 2, CNN2DFormat.NCHW);
                INDArray t = setting.t().array(layer instanceof LossLayer ? Layout.ROWS : Layout.IMAGES);
                assertEquals(mean, network.score(new DataSet(z, t)), 1e-5 * mean);
                INDArray slope = slope(network, z, t);
                assertArrayEquals(z.shape(), slope.shape());
                Images.assertClose(
                        expected.gradient(), slope.dup('c').data().asDouble(), 1e-5, null, layer + ": gradient");
            }
        }
    }

    /** What the README warns of, and what it recommends: here the sizes are DL4J's to check, and it does. */
    @ParameterizedTest
    @CsvSource({"32, 24", "24, 16"})
    void imagesOfAnotherSizeAreSeenByALossLayerAlone(int height, int width) {
        Images z = Images.wide(2, 1, height, width, 1);
        INDArray t = Images.draw(Kind.NOISE, 2, 1, height, width, 2).array(Layout.IMAGES);
        DctLoss.Builder builder = DctLoss.builder();
        try (Dl4jDctLoss right = new Dl4jDctLoss(builder.build(), 1, height, width);
                Dl4jDctLoss other = new Dl4jDctLoss(builder.build(), 1, SIDE, WIDTH)) {
            DataSet images = new DataSet(z.array(Layout.IMAGES), t);
            MultiLayerNetwork unseen = alone(cnnLossLayer(other, CNN2DFormat.NCHW), height, width, 1, CNN2DFormat.NCHW);
            double score = alone(cnnLossLayer(right, CNN2DFormat.NCHW), height, width, 1, CNN2DFormat.NCHW)
                    .score(images);
            assertTrue(Math.abs(unseen.score(images) / score - 1) > 1e-3, "else the warning may go");

            DataSet rows = new DataSet(images.getFeatures(), t.reshape(2, -1));
            MultiLayerNetwork network = alone(lossLayer(other), SIDE, WIDTH, 1, CNN2DFormat.NCHW);
            String message = assertThrows(IllegalStateException.class, () -> network.score(rows))
                    .getMessage();
            assertTrue(message.contains("inputHeight=16, inputWidth=24]  but got input array of shape"), message);
        }
    }

    /** CnnLossLayer's score takes [n, h, w, c] for [n, c, h, w], with any loss; here that is seen unless h is c. */
    @ParameterizedTest
    @ValueSource(ints = {2, SIDE})
    void channelsLastMistakeTheScore(int channels) {
        Images images = Images.wide(2, channels, SIDE, WIDTH, 1);
        INDArray z = images.array(Layout.IMAGES);
        INDArray t = z.mul(0.5).add(z.mul(z));
        INDArray zLast = z.permute(0, 2, 3, 1).dup('c');
        INDArray tLast = t.permute(0, 2, 3, 1).dup('c');
        try (Dl4jDctLoss loss = new Dl4jDctLoss(DctLoss.builder().build(), channels, SIDE, WIDTH)) {
            MultiLayerNetwork first =
                    alone(cnnLossLayer(loss, CNN2DFormat.NCHW), SIDE, WIDTH, channels, CNN2DFormat.NCHW);
            MultiLayerNetwork last =
                    alone(cnnLossLayer(loss, CNN2DFormat.NHWC), SIDE, WIDTH, channels, CNN2DFormat.NHWC);
            Images.assertSame(
                    slope(first, z, t), slope(last, zLast, tLast).permute(0, 3, 1, 2), "the gradient is right");
            INDArray rows = t.reshape(2, -1);
            assertEquals(
                    loss.computeScore(rows, zLast.reshape(2, -1), new ActivationIdentity(), null, true),
                    alone(lossLayer(loss), SIDE, WIDTH, channels, CNN2DFormat.NHWC)
                            .score(new DataSet(zLast, rows)),
                    "a LossLayer gets rows with the channels last");
            if (channels == SIDE) {
                double score = first.score(new DataSet(z, t));
                assertTrue(
                        Math.abs(last.score(new DataSet(zLast, tLast)) / score - 1) > 1e-3, "else the warning may go");
            } else {
                String message = assertThrows(
                                IllegalArgumentException.class, () -> last.score(new DataSet(zLast, tLast)))
                        .getMessage();
                assertTrue(message.startsWith("prediction: got shape [96, 16], allowed [n, 768], [n*384, 2]"), message);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Masking.class,
            names = {"NONE", "EXAMPLES", "OUTPUTS"})
    void masksOfOutputLayerArrive(Masking masking) {
        Setting setting = Setting.of(DctLoss.builder().build(), 3, 1, SIDE, SIDE, Layout.ROWS, true, masking);
        int pixels = SIDE * SIDE;
        try (Dl4jDctLoss loss = new Dl4jDctLoss(setting.loss(), 1, SIDE, SIDE)) {
            MultiLayerNetwork network = network(new NeuralNetConfiguration.Builder()
                    .updater(new NoOp())
                    .list()
                    .layer(new OutputLayer.Builder(loss)
                            .nIn(pixels)
                            .nOut(pixels)
                            .hasBias(false)
                            .activation(Activation.SIGMOID)
                            .build()));
            network.setParam("0_W", Nd4j.eye(pixels).castTo(DataType.FLOAT));
            // This layer multiplies what goes into its activation by the mask, too.
            Images masked = new Images(3, 1, SIDE, SIDE, setting.z().pixels().clone());
            for (int i = 0; i < masked.pixels().length; i++) {
                masked.pixels()[i] *= switch (masking) {
                    case EXAMPLES -> setting.exampleFactors()[i / pixels];
                    case OUTPUTS -> setting.pixelFactors()[i];
                    default -> 1;
                };
            }
            Setting seen = new Setting(setting.loss(), masked, setting.t(), Layout.ROWS, true, masking);
            arrives(seen, setting.z().array(Layout.ROWS), network);
        }
    }

    /** Scores of a network that hands its input to the loss. */
    private static void arrives(Setting setting, INDArray z, MultiLayerNetwork network) {
        Expected expected = setting.expected();
        DataSet task = new DataSet(z, setting.t().array(setting.layout()), null, setting.mask());
        double mean = Arrays.stream(expected.scores()).average().orElseThrow();
        assertEquals(mean, network.score(task, false), 1e-5 * mean);
        Images.assertClose(
                expected.scores(),
                network.scoreExamples(task, false)
                        .castTo(DataType.DOUBLE)
                        .data()
                        .asDouble(),
                1e-5,
                null,
                "scores of examples");
        network.setInput(z);
        network.setLabels(task.getLabels());
        network.setLayerMaskArrays(null, task.getLabelsMaskArray());
        network.computeGradientAndScore();
        assertEquals(mean, network.score(), 1e-5 * mean);
    }

    /** DL4J's own check, in DOUBLE; the loss rounds to FLOAT, which its steps must outweigh. */
    @Test
    void passesTheGradientCheckOfDl4j() {
        DataType before = Nd4j.defaultFloatingPointType();
        Nd4j.setDefaultDataTypes(DataType.DOUBLE, DataType.DOUBLE);
        try (Dl4jDctLoss loss = loss(DctLoss.builder().penalty(Penalty.charbonnier(1)), 1)) {
            DataSet task = task(3, 1, Layout.ROWS);
            MultiLayerNetwork network = dense(loss, Activation.SIGMOID, new NoOp(), DataType.DOUBLE);
            assertTrue(GradientCheckUtil.checkGradients(new GradientCheckUtil.MLNConfig()
                    .net(network)
                    .epsilon(1e-2)
                    .maxRelError(1e-2)
                    .minAbsoluteError(1e-6)
                    .subset(true)
                    .maxPerParam(60)
                    .input(task.getFeatures().castTo(DataType.DOUBLE))
                    .labels(task.getLabels().castTo(DataType.DOUBLE))));
        } finally {
            Nd4j.setDefaultDataTypes(before, before);
        }
    }

    /** The network goes on with the loss object that its user holds; its gradient is that of a loss built with the weights of now. */
    @Test
    void annealsWhileItTrains() {
        DataSet task = task(8, 1, Layout.ROWS);
        FrequencyWeights weights = FrequencyWeights.jpegLuminance(50);
        try (Dl4jDctLoss loss = loss(DctLoss.builder().weights(weights), 1);
                Dl4jDctLoss constant = loss(DctLoss.builder().weights(weights), 1)) {
            MultiLayerNetwork network = dense(loss, Activation.SIGMOID, new Adam(1e-2), DataType.FLOAT);
            double before = network.score(task);
            for (int step = 0; step < 80; step++) {
                double alpha = 2 * Math.exp(-step / 20.0);
                loss.anneal(alpha);
                if (step % 20 == 10) {
                    INDArray gradient = gradient(network, task);
                    try (Dl4jDctLoss now = loss(DctLoss.builder().weights(weights.anneal(alpha)), 1)) {
                        Images.assertSame(gradientOf(now, network.params(), task), gradient, "weights of now");
                    }
                    INDArray other = gradientOf(constant, network.params(), task);
                    double change =
                            other.distance2(gradient) / other.norm2Number().doubleValue();
                    assertTrue(change > 0.01, () -> "weights hardly change the gradient: " + change);
                }
                network.fit(task);
            }
            loss.setWeights(weights);
            assertTrue(network.score(task) < before / 3, "learns");
        }
    }

    private static INDArray gradientOf(Dl4jDctLoss loss, INDArray parameters, DataSet task) {
        MultiLayerNetwork network = dense(loss, Activation.SIGMOID, new NoOp(), DataType.FLOAT);
        network.setParams(parameters.dup());
        return gradient(network, task);
    }

    private static INDArray gradient(MultiLayerNetwork network, DataSet task) {
        network.setInput(task.getFeatures());
        network.setLabels(task.getLabels());
        network.computeGradientAndScore();
        return network.gradient().gradient().dup();
    }

    /** Bytes of the heap that anneal takes on the training thread, epoch by epoch; the JVM may add some now and then. */
    @Test
    void annealingAllocatesNothingInTraining() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        DataSet task = task(8, 1, Layout.ROWS);
        DataSet last = new DataSet(firstOf(task.getFeatures()), firstOf(task.getLabels()));
        long[] allocated = new long[10];
        try (Dl4jDctLoss loss = loss(DctLoss.builder(), 1)) {
            MultiLayerNetwork network = dense(loss, Activation.SIGMOID, new Sgd(0.01), DataType.FLOAT);
            for (int epoch = 0; epoch < allocated.length; epoch++) {
                for (int step = 0; step < 5; step++) {
                    double alpha = Math.exp(-(5 * epoch + step) / 20.0);
                    long start = threads.getCurrentThreadAllocatedBytes();
                    long own = threads.getCurrentThreadAllocatedBytes() - start;
                    long before = threads.getCurrentThreadAllocatedBytes();
                    loss.anneal(alpha);
                    allocated[epoch] += threads.getCurrentThreadAllocatedBytes() - before - own;
                    network.fit(step == 4 ? last : task);
                }
            }
        }
        assertEquals(0, Arrays.stream(allocated).min().orElseThrow(), () -> Arrays.toString(allocated));
    }
}

package org.dctloss.dl4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.dctloss.BackendChoice;
import org.dctloss.DctLoss;
import org.dctloss.FrequencyWeights;
import org.dctloss.Normalization;
import org.dctloss.contract.TestImages.Kind;
import org.dctloss.dl4j.ImageArrays.Layout;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.ILossFunction;

/** What is stored comes back: JSON, Java's serialisation, and files of models. */
class StorageTest {
    static List<DctLoss> losses() {
        FrequencyWeights own = FrequencyWeights.of(new float[] {1, 0.1f, 1f / 3, 0});
        FrequencyWeights large = FrequencyWeights.of(new float[] {7, 1e-20f, 3e10f, 0, 1, 2, 3, 4, 5.5f});
        List<DctLoss> losses = new ArrayList<>(Setting.losses());
        for (FrequencyWeights weights : List.of(
                FrequencyWeights.uniform(),
                FrequencyWeights.jpegLuminance(73)
                        .resample(8)
                        .floor()
                        .anneal(0.3)
                        .power(1.5)
                        .withDc(0),
                FrequencyWeights.watson().anneal(1e-3).normalize(Normalization.MAX),
                FrequencyWeights.mannosSakrison(31.7).power(0).normalize(Normalization.NONE),
                own.resample(8),
                large.resample(8).power(0.25).normalize(Normalization.MEAN),
                FrequencyWeights.perChannel(FrequencyWeights.jpegChrominance(9), own.resample(8), large.resample(8))
                        .normalize(Normalization.NONE))) {
            losses.add(DctLoss.builder().weights(weights).build());
        }
        losses.add(DctLoss.builder().blockSize(2).weights(own).build());
        losses.add(DctLoss.builder().threads(3).backend(BackendChoice.JAVA).build());
        return losses;
    }

    @ParameterizedTest
    @MethodSource("losses")
    void comesBackFromJson(DctLoss loss) {
        try (Dl4jDctLoss stored = new Dl4jDctLoss(loss, 3, 20, 24)) {
            MultiLayerConfiguration configuration = configuration(stored);
            MultiLayerConfiguration restored = MultiLayerConfiguration.fromJson(configuration.toJson());
            assertEquals(configuration, restored);
            OutputLayer layer =
                    assertInstanceOf(OutputLayer.class, restored.getConf(0).getLayer());
            assertEquals(stored, layer.getLossFn());
            assertNotSame(stored, layer.getLossFn());
            assertEquals(configuration, MultiLayerConfiguration.fromYaml(configuration.toYaml()));
        }
    }

    @ParameterizedTest
    @MethodSource("losses")
    void comesBackFromJavasSerialisation(DctLoss loss) throws IOException, ClassNotFoundException {
        try (Dl4jDctLoss stored = new Dl4jDctLoss(loss, 3, 20, 24)) {
            assertEquals(stored, copied(stored));
            assertEquals(configuration(stored), copied(configuration(stored)));
        }
    }

    private static MultiLayerConfiguration configuration(Dl4jDctLoss loss) {
        return new NeuralNetConfiguration.Builder()
                .seed(1)
                .list()
                .layer(new OutputLayer.Builder(loss)
                        .nIn(4)
                        .nOut(3 * 20 * 24)
                        .activation(Activation.IDENTITY)
                        .build())
                .build();
    }

    private static Object copied(Object object) throws IOException, ClassNotFoundException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(object);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            return in.readObject();
        }
    }

    @Test
    void comesBackInAComputationGraph() {
        try (Dl4jDctLoss stored = new Dl4jDctLoss(DctLoss.arezoomand2021(), 3, 20, 24)) {
            ComputationGraphConfiguration configuration = new NeuralNetConfiguration.Builder()
                    .graphBuilder()
                    .addInputs("in")
                    .addLayer(
                            "out",
                            new CnnLossLayer.Builder(stored)
                                    .activation(Activation.IDENTITY)
                                    .build(),
                            "in")
                    .setOutputs("out")
                    .setInputTypes(InputType.convolutional(20, 24, 3))
                    .build();
            assertEquals(configuration, ComputationGraphConfiguration.fromJson(configuration.toJson()));
        }
    }

    @Test
    void aSavedModelGoesOnTraining(@TempDir Path folder) throws IOException {
        DataSet task = new DataSet(
                Images.draw(Kind.NOISE, 4, 1, 16, 16, 1).array(Layout.ROWS),
                Images.draw(Kind.EDGES, 4, 1, 16, 16, 2).array(Layout.ROWS));
        File file = folder.resolve("model.zip").toFile();
        try (Dl4jDctLoss loss = new Dl4jDctLoss(DctLoss.builder().build(), 1, 16, 16)) {
            MultiLayerNetwork network = NetworkTest.dense(loss, Activation.SIGMOID, new Adam(1e-2), DataType.FLOAT);
            network.fit(task);
            network.save(file, true);
            MultiLayerNetwork restored = MultiLayerNetwork.load(file, true);
            MultiLayerNetwork cloned = network.clone();
            assertSame(loss, lossOf(network));
            assertSame(loss, lossOf(cloned), "clones share the loss, and its weights of now");
            assertNotSame(loss, lossOf(restored));
            for (MultiLayerNetwork copy : List.of(restored, cloned)) {
                assertEquals(network.score(task), copy.score(task));
            }
            network.fit(task);
            restored.fit(task);
            cloned.fit(task);
            Images.assertSame(network.params(), restored.params(), "restored and trained");
            Images.assertSame(network.params(), cloned.params(), "cloned and trained");
        }
    }

    private static ILossFunction lossOf(MultiLayerNetwork network) {
        OutputLayer layer = assertInstanceOf(
                OutputLayer.class,
                network.getLayerWiseConfigurations().getConf(1).getLayer());
        return layer.getLossFn();
    }

    @Test
    void theWeightsOfNowAreNotStored() throws IOException, ClassNotFoundException {
        try (Dl4jDctLoss loss = new Dl4jDctLoss(DctLoss.builder().build(), 1, 16, 16)) {
            INDArray z = Images.wide(2, 1, 16, 16, 1).array(Layout.ROWS);
            INDArray t = Images.draw(Kind.EDGES, 2, 1, 16, 16, 2).array(Layout.ROWS);
            double before = loss.computeScore(t, z, new ActivationIdentity(), null, false);
            loss.anneal(0.5);
            assertNotEquals(before, loss.computeScore(t, z, new ActivationIdentity(), null, false));
            try (Dl4jDctLoss copy = assertInstanceOf(Dl4jDctLoss.class, copied(loss))) {
                assertEquals(loss, copy);
                assertEquals(before, copy.computeScore(t, z, new ActivationIdentity(), null, false));
            }
        }
    }

    @Test
    void refusesWhatCannotBeReadBack() {
        try (Dl4jDctLoss executor = new Dl4jDctLoss(
                        DctLoss.builder().executor(Runnable::run).build(), 3, 20, 24);
                Dl4jDctLoss dc = new Dl4jDctLoss(
                        DctLoss.builder()
                                .blockSize(2)
                                .weights(FrequencyWeights.of(new float[] {1, 2, 3, 4})
                                        .withDc(0))
                                .build(),
                        3,
                        20,
                        24)) {
            for (Dl4jDctLoss loss : List.of(executor, dc)) {
                String sentence = loss == dc
                        ? "whose numbers cannot be read back to be stored, allowed own tables without anneal and withDc"
                        : "which has an executor of its own, allowed losses with the library's threads";
                IllegalArgumentException java = assertThrows(IllegalArgumentException.class, () -> copied(loss));
                assertTrue(java.getMessage().contains(sentence), java::getMessage);
                RuntimeException json = assertThrows(
                        RuntimeException.class, () -> configuration(loss).toJson());
                assertTrue(json.getMessage().contains(sentence), json::getMessage);
            }
        }
    }

    @Test
    void refusesTextThatIsNoWeights() {
        for (String text : List.of(
                "",
                "jpeg(50)",
                "uniform.sharpen(2)",
                "uniform!",
                "jpegLuminance(50",
                "(1)",
                "uniform.normalize(FOO)")) {
            IllegalArgumentException refused =
                    assertThrows(IllegalArgumentException.class, () -> WeightsText.read(text));
            assertTrue(
                    refused.getMessage().startsWith("weights: got the text \"" + text + "\", allowed what"),
                    refused::getMessage);
        }
    }

    /** As DL4J reads it: its own sentence names the file, the cause is ours. */
    @Test
    void refusesJsonThatWasTamperedWith() {
        try (Dl4jDctLoss stored = new Dl4jDctLoss(DctLoss.builder().build(), 1, 16, 16)) {
            String json = configuration(stored).toJson();
            Map<String, String> sentences = Map.of(
                    json.replaceAll("(?s)\"settings\" : \\{.*?\\}", "\"settings\" : null"),
                    "settings: got null, allowed those that a Dl4jDctLoss writes",
                    json.replace("jpegLuminance(50)", "jpegLuminance(50).normalize(FOO)"),
                    "weights: got the text \"jpegLuminance(50).normalize(FOO)\", allowed what FrequencyWeights prints",
                    json.replace("\"jpegLuminance(50)\"", "null"),
                    "weights: got null, allowed what FrequencyWeights prints",
                    json.replace("\"SQUARED\"", "null"),
                    "penalty: got null, allowed a Penalty.Kind",
                    json.replace("\"blockSize\" : 8", "\"blockSize\" : 0"),
                    "block size: got 0, allowed");
            assertEquals(5, sentences.size());
            sentences.forEach((tampered, sentence) -> {
                assertNotEquals(json, tampered);
                Throwable cause =
                        assertThrows(RuntimeException.class, () -> MultiLayerConfiguration.fromJson(tampered));
                while (cause.getCause() != null) {
                    cause = cause.getCause();
                }
                String message = cause.getMessage();
                assertTrue(message.startsWith(sentence), message);
            });
        }
    }
}

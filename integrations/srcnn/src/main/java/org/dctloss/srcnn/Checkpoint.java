package org.dctloss.srcnn;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import org.dctloss.pictures.CommandFailure;

/** All that a training needs to go on as if it had never stopped, in memory and in a file. */
final class Checkpoint {
    /** What the test pictures say of the network after so many steps: mean loss and mean PSNR. */
    record Evaluation(int step, double loss, double psnr) {}

    private static final String FORMAT = "DctLoss SRCNN checkpoint 1";

    final Map<String, String> settings;
    final float[] parameters;
    final Adam adam;
    /** Loss of every step so far. */
    float[] losses;

    final List<Evaluation> evaluations = new ArrayList<>();
    /** Steps taken. */
    int step;
    /** Time of the steps, and of it the time in the loss. */
    long nanoseconds;

    long nanosecondsInLoss;

    private Checkpoint(Map<String, String> settings, float[] parameters, Adam adam, float[] losses) {
        this.settings = settings;
        this.parameters = parameters;
        this.adam = adam;
        this.losses = losses;
    }

    /** Before the first step. */
    static Checkpoint begin(Settings settings) {
        return new Checkpoint(
                settings.named(),
                Srcnn.initial(settings.seed()),
                Adam.zero(Srcnn.PARAMETERS),
                new float[Math.min(settings.steps(), 1 << 10)]);
    }

    /** After a step. */
    void add(float loss) {
        if (step == losses.length) {
            losses = Arrays.copyOf(losses, 2 * step);
        }
        losses[step++] = loss;
    }

    /**
     * Replaces the file at once: whenever the process or the machine dies, there is a whole one, the old or the new.
     */
    void write(Path file) {
        Path next = file.resolveSibling(file.getFileName() + ".next");
        try {
            byte[] contents = bytes();
            CRC32 sum = new CRC32();
            sum.update(contents);
            try (FileChannel channel = FileChannel.open(
                    next, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
                writeFully(channel, ByteBuffer.allocate(8).putLong(0, sum.getValue()));
                writeFully(channel, ByteBuffer.wrap(contents));
                channel.force(true);
            }
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException failed) {
            throw CommandFailure.of(file, "written", failed);
        }
    }

    private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private byte[] bytes() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeUTF(FORMAT);
        out.writeInt(settings.size());
        for (Map.Entry<String, String> setting : settings.entrySet()) {
            out.writeUTF(setting.getKey());
            out.writeUTF(setting.getValue());
        }
        out.writeLong(nanoseconds);
        out.writeLong(nanosecondsInLoss);
        write(out, parameters, parameters.length);
        write(out, adam.first());
        write(out, adam.second());
        write(out, losses, step);
        out.writeInt(evaluations.size());
        for (Evaluation evaluation : evaluations) {
            out.writeInt(evaluation.step);
            out.writeDouble(evaluation.loss);
            out.writeDouble(evaluation.psnr);
        }
        return bytes.toByteArray();
    }

    private static void write(DataOutputStream out, float[] numbers, int count) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * count);
        bytes.asFloatBuffer().put(numbers, 0, count);
        out.writeInt(count);
        out.write(bytes.array());
    }

    private static void write(DataOutputStream out, double[] numbers) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Double.BYTES * numbers.length);
        bytes.asDoubleBuffer().put(numbers);
        out.writeInt(numbers.length);
        out.write(bytes.array());
    }

    /** Reads a file that {@link #write} wrote, and refuses anything else. */
    static Checkpoint read(Path file) {
        try {
            byte[] all = Files.readAllBytes(file);
            CRC32 sum = new CRC32();
            sum.update(all, Math.min(8, all.length), Math.max(0, all.length - 8));
            if (all.length < 8 || ByteBuffer.wrap(all).getLong() != sum.getValue()) {
                throw damaged(file);
            }
            return parsed(file, new DataInputStream(new ByteArrayInputStream(all, 8, all.length - 8)));
        } catch (IOException failed) {
            throw CommandFailure.of(file, "read", failed);
        }
    }

    private static CommandFailure damaged(Path file) {
        return new CommandFailure(
                file + ": got a damaged file, or one of another kind, allowed a checkpoint of this command"
                        + " (remove it to begin anew)");
    }

    private static Checkpoint parsed(Path file, DataInputStream in) throws IOException {
        if (!in.readUTF().equals(FORMAT)) {
            throw damaged(file);
        }
        Map<String, String> settings = new LinkedHashMap<>();
        for (int i = in.readInt(); i > 0; i--) {
            settings.put(in.readUTF(), in.readUTF());
        }
        long nanoseconds = in.readLong();
        long nanosecondsInLoss = in.readLong();
        float[] parameters = readFloats(in);
        Adam adam = new Adam(readDoubles(in), readDoubles(in));
        float[] losses = readFloats(in);
        Checkpoint read = new Checkpoint(settings, parameters, adam, losses);
        read.step = losses.length;
        read.nanoseconds = nanoseconds;
        read.nanosecondsInLoss = nanosecondsInLoss;
        for (int i = in.readInt(); i > 0; i--) {
            read.evaluations.add(new Evaluation(in.readInt(), in.readDouble(), in.readDouble()));
        }
        return read;
    }

    private static float[] readFloats(DataInputStream in) throws IOException {
        float[] numbers = new float[in.readInt()];
        ByteBuffer.wrap(in.readNBytes(Float.BYTES * numbers.length))
                .asFloatBuffer()
                .get(numbers);
        return numbers;
    }

    private static double[] readDoubles(DataInputStream in) throws IOException {
        double[] numbers = new double[in.readInt()];
        ByteBuffer.wrap(in.readNBytes(Double.BYTES * numbers.length))
                .asDoubleBuffer()
                .get(numbers);
        return numbers;
    }
}

package org.dctloss.pictures;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/**
 * Image files (PNG, JPEG, BMP, and the first picture of a GIF), decoded to the numbers that are stored in them: samples
 * over their largest value, 16 bits where the file has 16. Colour profiles, gamma, orientation and alpha are ignored;
 * grey is copied to all three channels.
 *
 * <p>Stateless and thread-safe. Its first use turns off the temporary files of {@link ImageIO} in this process.
 */
public final class PictureFile {
    /** What is read and how, for a command's {@code --help}. */
    public static final String RULES =
            "PNG, JPEG, BMP and GIF (the first picture) are read, 16 bits where the file has 16. "
                    + "Colour profiles, orientation and alpha are ignored.";

    private static final String ALLOWED = "a readable PNG, JPEG, BMP or GIF image";
    private static final Set<String> FORMATS = Set.of("png", "jpeg", "bmp", "gif");
    private static final Set<String> EXTENSIONS = Set.of("png", "jpg", "jpeg", "bmp", "gif");

    /** What the readers warn of when they fill up what a damaged file lacks; other warnings are about metadata. */
    private static final Set<String> DAMAGE = Set.of("premature", "truncated", "corrupt", "missing eoi");

    static {
        ImageIO.setUseCache(false); // no temporary files
    }

    private PictureFile() {}

    /**
     * The image files directly in a folder, told by their endings (png, jpg, jpeg, bmp, gif), in the order of their
     * names.
     *
     * @throws CommandFailure if the folder cannot be read or holds none
     */
    public static List<Path> list(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> images = files.filter(PictureFile::isImage).sorted().toList();
            if (images.isEmpty()) {
                throw CommandFailure.of(
                        folder, "a folder without images", "a folder with " + String.join(", ", sorted(EXTENSIONS)));
            }
            return images;
        } catch (IOException failed) {
            throw CommandFailure.of(folder, "read", failed);
        }
    }

    private static List<String> sorted(Set<String> names) {
        return names.stream().sorted().toList();
    }

    private static boolean isImage(Path file) {
        String name = file.getFileName().toString();
        String extension = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        return name.contains(".") && EXTENSIONS.contains(extension) && Files.isRegularFile(file);
    }

    /**
     * Decodes an image.
     *
     * @throws CommandFailure if the file cannot be read, is no image of these formats, or is damaged
     */
    public static Picture read(Path file) {
        return decode(file).picture();
    }

    /**
     * Decodes an image and says what kind of file it was.
     *
     * @throws CommandFailure as {@link #read} does
     */
    public static DecodedPicture decode(Path file) {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw CommandFailure.of(
                    file, Files.isDirectory(file) ? "a folder" : "something that is no regular file", "an image");
        }
        try {
            if (Files.size(file) == 0) {
                throw CommandFailure.of(file, "an empty file", ALLOWED);
            }
            try (InputStream bytes = Files.newInputStream(file);
                    ImageInputStream stream = ImageIO.createImageInputStream(bytes)) {
                return decode(file, stream);
            }
        } catch (IOException failed) {
            throw CommandFailure.of(file, "read", failed);
        }
    }

    private static DecodedPicture decode(Path file, ImageInputStream stream) {
        Iterator<ImageReader> readers = ImageIO.getImageReaders(stream);
        if (!readers.hasNext()) {
            throw CommandFailure.of(
                    file, "a file that is no image of a known format, or cut off at its start", ALLOWED);
        }
        ImageReader reader = readers.next();
        try {
            String format = reader.getFormatName().toLowerCase(Locale.ROOT);
            if (!FORMATS.contains(format)) {
                throw CommandFailure.of(file, "an image of format " + format, ALLOWED);
            }
            List<String> warnings = new ArrayList<>();
            reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
            reader.setInput(stream, true, true);
            BufferedImage image = reader.read(0);
            for (String warning : warnings) {
                if (DAMAGE.stream().anyMatch(warning.toLowerCase(Locale.ROOT)::contains)) {
                    throw CommandFailure.of(file, "a damaged image (" + warning + ")", ALLOWED);
                }
            }
            boolean grey = image.getColorModel().getColorSpace().getType() == ColorSpace.TYPE_GRAY;
            int bits = image.getSampleModel().getSampleSize(0);
            return new DecodedPicture(samples(file, image), grey, bits, format.toUpperCase(Locale.ROOT));
        } catch (CommandFailure told) {
            throw told;
        } catch (IOException | RuntimeException damaged) {
            // The readers answer some damaged files with IndexOutOfBounds and the like.
            throw CommandFailure.of(file, "an image that cannot be decoded (" + reason(damaged) + ")", ALLOWED);
        } finally {
            reader.dispose();
        }
    }

    private static String reason(Exception damaged) {
        Throwable deepest = damaged;
        while (deepest.getCause() != null) {
            deepest = deepest.getCause();
        }
        String message = deepest.getMessage() == null ? damaged.getMessage() : deepest.getMessage();
        return message == null ? deepest.getClass().getSimpleName() : message;
    }

    private static Picture samples(Path file, BufferedImage image) {
        Picture picture = Picture.ofSize(image.getWidth(), image.getHeight());
        ColorModel model = image.getColorModel();
        Raster raster = image.getRaster();
        int kind = model.getColorSpace().getType();
        if (model instanceof IndexColorModel palette) {
            for (int y = 0; y < picture.height(); y++) {
                for (int x = 0; x < picture.width(); x++) {
                    picture.set(y, x, palette.getRGB(raster.getSample(x, y, 0)));
                }
            }
        } else if (kind == ColorSpace.TYPE_RGB || kind == ColorSpace.TYPE_GRAY) {
            // Samples, never getRGB: that would convert grey as if it were linear light, and cut 16 bits to 8.
            float[] row = new float[picture.width()];
            for (int c = 0; c < Picture.CHANNELS; c++) {
                int band = kind == ColorSpace.TYPE_GRAY ? 0 : c;
                float largest = (1 << raster.getSampleModel().getSampleSize(band)) - 1;
                for (int y = 0; y < picture.height(); y++) {
                    raster.getSamples(0, y, picture.width(), 1, band, row);
                    for (int x = 0; x < picture.width(); x++) {
                        picture.planes()[picture.index(c, y, x)] = row[x] / largest;
                    }
                }
            }
        } else {
            throw CommandFailure.of(file, "a colour space that is neither RGB nor grey", "RGB and grey images");
        }
        return picture;
    }
}

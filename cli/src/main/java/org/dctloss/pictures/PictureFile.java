package org.dctloss.pictures;

import com.twelvemonkeys.imageio.stream.ByteArrayImageInputStream;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.FileImageInputStream;
import javax.imageio.stream.ImageInputStream;

/**
 * Image files, decoded to the numbers that are stored in them: {@link #RULES} says which and how. The platform's
 * readers decode PNG, JPEG, BMP and GIF, TwelveMonkeys' TIFF and PSD, libwebp WebP.
 *
 * <p>Stateless and thread-safe; one call holds the file, its samples and the picture in memory. Its first use turns off
 * the temporary files of {@link ImageIO} in this process.
 */
public final class PictureFile {
    /** What is read and how, for a command's {@code --help}. */
    public static final String RULES = "Read are PNG, JPEG, BMP, GIF, TIFF, WebP and PSD (its merged picture), told by "
            + "their content. The numbers are those stored, over the largest: 16 bits where PNG, TIFF or PSD has 16; "
            + "palettes are looked up, grey is copied to three channels, colour profiles and gamma are not applied. A "
            + "picture is turned upright as EXIF tells (JPEG, PNG, TIFF, WebP). Alpha is dropped where all of it is "
            + "opaque. CMYK and YCCK JPEGs become R=(1-C)(1-K), G=(1-M)(1-K), B=(1-Y)(1-K). Refused: a pixel that is not "
            + "opaque, several pictures in a file (animations, pages), CMYK and Lab in TIFF and PSD, floating-point and "
            + "32-bit samples, compressed BMP, fax TIFF, BigTIFF, more than 128000000 pixels or 1 GiB, and whatever is "
            + "damaged or cut off.";

    /** The endings of the files that are taken for images in folders, for a command's {@code --help}. */
    public static final String ENDINGS = "bmp, gif, jfif, jpe, jpeg, jpg, png, psd, tif, tiff, webp";

    private static final String ALLOWED = "a readable PNG, JPEG, BMP, GIF, TIFF, WebP or PSD image";
    private static final long MOST_PIXELS = 128_000_000;
    private static final long MOST_BYTES = 1L << 30;

    /** What the readers warn of when they fill up what a damaged file lacks; other warnings are about metadata. */
    private static final Set<String> DAMAGE = Set.of("premature", "truncated", "corrupt", "missing eoi");

    static {
        ImageIO.setUseCache(false); // no temporary files
    }

    private PictureFile() {}

    /**
     * The image files directly in a folder, told by their endings ({@link #ENDINGS}), in the order of their
     * names. What has such an ending and is no readable file is among them: decoding it says why.
     *
     * @throws CommandFailure if the folder cannot be read or holds none
     */
    public static List<Path> list(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> images = files.filter(PictureFile::isImage).sorted().toList();
            if (images.isEmpty()) {
                throw CommandFailure.of(folder, "a folder without images", "a folder with " + ENDINGS);
            }
            return images;
        } catch (IOException failed) {
            throw CommandFailure.of(folder, "read", failed);
        }
    }

    /** Whether this is no folder and its ending says that it is an image. */
    public static boolean isImage(Path file) {
        String name = file.getFileName().toString();
        String ending = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        return name.contains(".") && PictureFormat.allEndings().contains(ending) && !Files.isDirectory(file);
    }

    /**
     * Decodes an image.
     *
     * @throws CommandFailure as {@link #decode} does
     */
    public static Picture read(Path file) {
        return decode(file).picture();
    }

    /**
     * Decodes an image and says what kind of file it was.
     *
     * @throws CommandFailure if the file cannot be read, is no image of these formats, is damaged, or is refused by
     *     {@link #RULES}
     */
    public static DecodedPicture decode(Path file) {
        try {
            return decodeIntoHeap(file);
        } catch (OutOfMemoryError full) {
            throw CommandFailure.of(
                    file,
                    "more pixels than fit into this program's memory",
                    Runtime.getRuntime().maxMemory() / 1_000_000 + " MB (JAVA_TOOL_OPTIONS=-Xmx8g allows 8 GB)");
        }
    }

    /**
     * Decodes an image, for a caller that can make room in the heap.
     *
     * @throws CommandFailure as {@link #decode} does
     * @throws OutOfMemoryError if the heap is full
     */
    public static DecodedPicture decodeIntoHeap(Path file) {
        ImageBytes bytes = new ImageBytes(file, contents(file));
        if (bytes.says(0, "II+\0") || bytes.says(0, "MM\0+")) {
            throw bytes.refused("a BigTIFF", "a TIFF with offsets of 32 bits, as files of less than 4 GiB can have");
        }
        PictureFormat format = PictureFormat.of(bytes)
                .orElseThrow(() ->
                        bytes.refused("a file that is no image of a known format, or cut off at its start", ALLOWED));
        try {
            PixelData pixels = format.pixels(bytes);
            checkSize(bytes, pixels);
            return decode(bytes, format, pixels);
        } catch (CommandFailure told) {
            throw told;
        } catch (IndexOutOfBoundsException outside) {
            throw bytes.cutOff();
        } catch (LinkageError missing) {
            throw bytes.refused(
                    "a " + format.label() + " image, whose decoder cannot be loaded here (" + missing.getMessage()
                            + ")",
                    "the other formats: convert it to PNG");
        }
    }

    /** How many pixels an image has by the head of its file; 0 where it cannot be told, which decoding will explain. */
    public static long pixels(Path file) {
        if (!Files.isRegularFile(file)) {
            return 0; // a pipe would wait
        }
        ImageReader reader = null;
        try (ImageInputStream stream = new FileImageInputStream(file.toFile())) {
            byte[] bytes = new byte[WebpFile.HEAD];
            int length = Math.max(0, stream.read(bytes));
            ImageBytes head =
                    new ImageBytes(file, ByteBuffer.wrap(bytes, 0, length).slice());
            PictureFormat format = PictureFormat.of(head).orElse(null);
            if (format == null || format == PictureFormat.WEBP) {
                return format == null ? 0 : WebpFile.pixelsOf(head);
            }
            stream.seek(0);
            reader = format.reader();
            reader.setInput(stream, true, true);
            return (long) reader.getWidth(0) * reader.getHeight(0);
        } catch (IOException | RuntimeException unknown) {
            return 0;
        } finally {
            if (reader != null) {
                reader.dispose();
            }
        }
    }

    private static ByteBuffer contents(Path file) {
        if (Files.isSymbolicLink(file) && !Files.exists(file)) {
            throw CommandFailure.of(file, "a link to a file that does not exist", "an image, or a link to one");
        }
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw CommandFailure.of(
                    file, Files.isDirectory(file) ? "a folder" : "something that is no regular file", "an image");
        }
        try {
            long size = Files.size(file);
            if (size == 0) {
                throw CommandFailure.of(file, "an empty file", ALLOWED);
            }
            if (size > MOST_BYTES) {
                throw CommandFailure.of(file, size + " bytes", MOST_BYTES + " bytes (1 GiB) at most");
            }
            return ByteBuffer.wrap(Files.readAllBytes(file)).asReadOnlyBuffer();
        } catch (IOException failed) {
            throw CommandFailure.of(file, "read", failed);
        }
    }

    /** Before anything is allocated: what a header says may be a lie. */
    private static void checkSize(ImageBytes file, PixelData pixels) {
        String size = pixels.width() + "x" + pixels.height() + " pixels";
        if (pixels.width() < 1 || pixels.height() < 1) {
            throw file.damaged("it says " + size);
        }
        long count = (long) pixels.width() * pixels.height();
        if (count > MOST_PIXELS) {
            throw file.refused(size, MOST_PIXELS + " pixels at most");
        }
        if (count > pixels.most()) {
            throw file.damaged("it says " + size + " in " + file.size() + " bytes");
        }
    }

    private static DecodedPicture decode(ImageBytes file, PictureFormat format, PixelData pixels) {
        ImageReader reader = null;
        try (ImageInputStream stream = new ByteArrayImageInputStream(pixels.bytes())) {
            reader = format.reader();
            List<String> warnings = new ArrayList<>();
            reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
            reader.setInput(stream, false, false);
            Picture stored;
            boolean grey = pixels.grey();
            if (pixels.inks() == PixelData.Inks.NONE) {
                BufferedImage image = reader.read(0);
                stored = Samples.of(file, image);
                grey |= Samples.isGreyPalette(image.getColorModel());
            } else {
                stored = Samples.of(file, reader.readRaster(0, null), pixels.inks());
            }
            checkWarnings(file, warnings);
            if (stored.width() != pixels.width() || stored.height() != pixels.height()) {
                throw file.damaged("it has not the size it says");
            }
            return new DecodedPicture(Exif.upright(stored, pixels.orientation()), grey, pixels.bits(), format.label());
        } catch (CommandFailure told) {
            throw told;
        } catch (IOException | RuntimeException damaged) {
            // The readers answer some damaged files with IndexOutOfBounds and the like, and some hide a full memory.
            Throwable deepest = deepest(damaged);
            if (deepest instanceof OutOfMemoryError full) {
                throw full;
            }
            String reason = deepest.getMessage() == null ? damaged.getMessage() : deepest.getMessage();
            throw file.refused(
                    "an image that cannot be decoded (" + Objects.requireNonNullElse(reason, deepest.toString()) + ")",
                    ALLOWED);
        } finally {
            if (reader != null) {
                reader.dispose();
            }
        }
    }

    private static void checkWarnings(ImageBytes file, List<String> warnings) {
        for (String warning : warnings) {
            if (DAMAGE.stream().anyMatch(warning.toLowerCase(Locale.ROOT)::contains)) {
                throw file.damaged(warning);
            }
        }
    }

    private static Throwable deepest(Exception damaged) {
        Throwable deepest = damaged;
        while (deepest.getCause() != null) {
            deepest = deepest.getCause();
        }
        return deepest;
    }
}

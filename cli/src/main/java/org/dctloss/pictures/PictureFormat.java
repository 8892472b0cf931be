package org.dctloss.pictures;

import com.luciad.imageio.webp.WebPImageReaderSpi;
import com.twelvemonkeys.imageio.plugins.psd.PSDImageReaderSpi;
import com.twelvemonkeys.imageio.plugins.tiff.TIFFImageReaderSpi;
import java.io.IOException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import javax.imageio.ImageReader;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;

/** The formats that are read: how each is known, what takes it apart, and whose reader decodes its pixels. */
enum PictureFormat {
    PNG("PNG", List.of("png"), PngFile::pixels, platform("png"), "\u0089PNG\r\n\u001a\n"),
    JPEG("JPEG", List.of("jpg", "jpeg", "jpe", "jfif"), JpegFile::pixels, platform("jpeg"), "\u00ff\u00d8\u00ff"),
    BMP("BMP", List.of("bmp"), BmpFile::pixels, platform("bmp"), "BM"),
    GIF("GIF", List.of("gif"), GifFile::pixels, platform("gif"), "GIF87a", "GIF89a"),
    TIFF("TIFF", List.of("tif", "tiff"), TiffFile::pixels, new TIFFImageReaderSpi(), "II*\0", "MM\0*"),
    WEBP("WebP", List.of("webp"), WebpFile::pixels, new WebPImageReaderSpi(), "RIFF????WEBP"),
    PSD("PSD", List.of("psd"), PsdFile::pixels, new PSDImageReaderSpi(), "8BPS");

    private final String label;
    private final List<String> endings;
    private final Function<ImageBytes, PixelData> pixels;
    private final ImageReaderSpi readers;
    private final List<String> beginnings;

    PictureFormat(
            String label,
            List<String> endings,
            Function<ImageBytes, PixelData> pixels,
            ImageReaderSpi readers,
            String... beginnings) {
        this.label = label;
        this.endings = endings;
        this.pixels = pixels;
        this.readers = readers;
        this.beginnings = List.of(beginnings);
    }

    /** The Java platform's own reader, whichever others there are. */
    private static ImageReaderSpi platform(String format) {
        Iterator<ImageReaderSpi> found = IIORegistry.getDefaultInstance()
                .getServiceProviders(
                        ImageReaderSpi.class,
                        provider -> provider.getClass().getName().startsWith("com.sun.imageio.")
                                && List.of(((ImageReaderSpi) provider).getFormatNames())
                                        .contains(format),
                        true);
        return found.next();
    }

    /** The format that a file's first bytes tell; its name does not matter. */
    static Optional<PictureFormat> of(ImageBytes file) {
        return Arrays.stream(values())
                .filter(format -> format.beginnings.stream().anyMatch(beginning -> matches(file, beginning)))
                .findFirst();
    }

    private static boolean matches(ImageBytes file, String beginning) {
        if (beginning.length() > file.size()) {
            return false;
        }
        for (int i = 0; i < beginning.length(); i++) {
            if (beginning.charAt(i) != '?' && beginning.charAt(i) != file.u8(i)) {
                return false;
            }
        }
        return true;
    }

    /** All endings of file names, without the dot. */
    static List<String> allEndings() {
        return Arrays.stream(values())
                .flatMap(format -> format.endings.stream())
                .sorted()
                .toList();
    }

    /** As people write it. */
    String label() {
        return label;
    }

    PixelData pixels(ImageBytes file) {
        return pixels.apply(file);
    }

    /** A reader of its own for the caller. */
    ImageReader reader() throws IOException {
        return readers.createReaderInstance();
    }
}

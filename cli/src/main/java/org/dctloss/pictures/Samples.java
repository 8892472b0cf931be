package org.dctloss.pictures;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;

/** From a reader's samples to numbers in [0, 1]: each over its largest value, nothing converted. */
final class Samples {
    private final ImageBytes file;
    private final Picture picture;

    private Samples(ImageBytes file, int width, int height) {
        this.file = file;
        picture = Picture.ofSize(width, height);
    }

    /** Grey, RGB or a palette. */
    static Picture of(ImageBytes file, BufferedImage image) {
        Samples samples = new Samples(file, image.getWidth(), image.getHeight());
        ColorModel model = image.getColorModel();
        if (model instanceof IndexColorModel palette) {
            samples.lookUp(image.getRaster(), palette);
            return samples.picture;
        }
        int kind = model.getColorSpace().getType();
        if (kind != ColorSpace.TYPE_RGB && kind != ColorSpace.TYPE_GRAY) {
            throw file.refused("a colour space that is neither RGB nor grey", "RGB and grey images");
        }
        if (model.hasAlpha()) {
            samples.checkAlpha(image.getRaster(), model.getNumColorComponents());
        }
        for (int c = 0; c < Picture.CHANNELS; c++) {
            samples.copy(image.getRaster(), kind == ColorSpace.TYPE_GRAY ? 0 : c, c);
        }
        return samples.picture;
    }

    /** Whether colours are looked up in a table that holds greys alone. */
    static boolean isGreyPalette(ColorModel model) {
        if (!(model instanceof IndexColorModel palette)) {
            return false;
        }
        for (int i = 0; i < palette.getMapSize(); i++) {
            if (palette.getRed(i) != palette.getGreen(i) || palette.getRed(i) != palette.getBlue(i)) {
                return false;
            }
        }
        return true;
    }

    /** Four channels of 8 bits: red is what neither cyan nor black ink takes away, and so on. */
    static Picture of(ImageBytes file, Raster raster, PixelData.Inks inks) {
        if (raster.getNumBands() != 4) {
            throw file.damaged("it has not the channels it says");
        }
        Samples samples = new Samples(file, raster.getWidth(), raster.getHeight());
        float[] light = new float[4];
        int[] stored = new int[4];
        Picture picture = samples.picture;
        for (int y = 0; y < picture.height(); y++) {
            for (int x = 0; x < picture.width(); x++) {
                raster.getPixel(x, y, stored);
                unmask(stored, inks, light);
                for (int c = 0; c < Picture.CHANNELS; c++) {
                    picture.planes()[picture.index(c, y, x)] = light[c] * light[3];
                }
            }
        }
        return picture;
    }

    /** What each ink lets through, in [0, 1]. YCC is turned into inverted CMY as JFIF turns YCbCr into RGB. */
    private static void unmask(int[] stored, PixelData.Inks inks, float[] light) {
        if (inks == PixelData.Inks.INVERTED_YCCK) {
            double cb = stored[1] - 128;
            double cr = stored[2] - 128;
            light[0] = clamped(stored[0] + 1.402 * cr);
            light[1] = clamped(stored[0] - 0.344136 * cb - 0.714136 * cr);
            light[2] = clamped(stored[0] + 1.772 * cb);
            light[3] = stored[3] / 255f;
            return;
        }
        for (int c = 0; c < 4; c++) {
            light[c] = (inks == PixelData.Inks.CMYK ? 255 - stored[c] : stored[c]) / 255f;
        }
    }

    private static float clamped(double value) {
        return (float) (Math.max(0, Math.min(255, value)) / 255);
    }

    private void lookUp(Raster raster, IndexColorModel palette) {
        int[] row = new int[picture.width()];
        for (int y = 0; y < picture.height(); y++) {
            raster.getSamples(0, y, row.length, 1, 0, row);
            for (int x = 0; x < row.length; x++) {
                if (row[x] >= palette.getMapSize()) {
                    throw file.damaged("a pixel whose colour its palette lacks");
                }
                int colour = palette.getRGB(row[x]);
                if (colour >>> 24 != 0xff) {
                    throw file.transparent();
                }
                picture.set(y, x, colour);
            }
        }
    }

    // Samples, never getRGB: that would convert grey as if it were linear light, and cut 16 bits to 8.
    private void copy(Raster raster, int band, int channel) {
        float[] row = new float[picture.width()];
        float largest = largest(raster, band);
        for (int y = 0; y < picture.height(); y++) {
            raster.getSamples(0, y, row.length, 1, band, row);
            for (int x = 0; x < row.length; x++) {
                picture.planes()[picture.index(channel, y, x)] = row[x] / largest;
            }
        }
    }

    private static int largest(Raster raster, int band) {
        return (1 << raster.getSampleModel().getSampleSize(band)) - 1;
    }

    private void checkAlpha(Raster raster, int band) {
        int[] row = new int[picture.width()];
        int opaque = largest(raster, band);
        for (int y = 0; y < picture.height(); y++) {
            raster.getSamples(0, y, row.length, 1, band, row);
            for (int alpha : row) {
                if (alpha != opaque) {
                    throw file.transparent();
                }
            }
        }
    }
}

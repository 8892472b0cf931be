package org.dctloss.cli;

import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.dctloss.pictures.Picture;

/**
 * A pair as a report shows it: three small views of the whole, and the worst spot pixel by pixel.
 *
 * @param width of the picture in pixels
 * @param height of the picture in pixels
 * @param reference JPEG of the whole, each pixel the mean of those it stands for
 * @param image the same of the image
 * @param map PNG of the heat map, each pixel the largest of the blocks it stands for
 * @param full the loss of a block in the last colour of the map
 * @param spotX left edge of the spot, where the sum of the loss over its blocks is largest
 * @param spotY upper edge of the spot
 * @param spotWidth in pixels: {@link #SPOT}, or less in a smaller picture
 * @param spotHeight in pixels, likewise
 * @param referenceSpot PNG of the spot
 * @param imageSpot PNG of the spot
 * @param mapSpot PNG of the spot in the heat map
 */
record SmallPictures(
        int width,
        int height,
        byte[] reference,
        byte[] image,
        byte[] map,
        double full,
        int spotX,
        int spotY,
        int spotWidth,
        int spotHeight,
        byte[] referenceSpot,
        byte[] imageSpot,
        byte[] mapSpot) {

    /** The longer side of a whole picture, in pixels. */
    private static final int SIDE = 320;

    /** Side of the spot, in pixels. */
    static final int SPOT = 64;

    private static final float QUALITY = 0.9f;

    private static final IndexColorModel COLORS = colors();

    static SmallPictures of(Picture reference, Picture image, float[] blocks, double full) {
        int width = image.width();
        int height = image.height();
        double scale = Math.min(1, (double) SIDE / Math.max(width, height));
        int w = (int) Math.max(1, Math.round(scale * width));
        int h = (int) Math.max(1, Math.round(scale * height));
        int spotWidth = Math.min(SPOT, width);
        int spotHeight = Math.min(SPOT, height);
        int columns = (width + ImageScores.LOSS.blockSize() - 1) / ImageScores.LOSS.blockSize();
        int[] spot = spot(blocks, width, height);
        return new SmallPictures(
                width,
                height,
                jpeg(shrink(reference, w, h)),
                jpeg(shrink(image, w, h)),
                map(blocks, full, columns, 0, 0, width, height, w, h),
                full,
                spot[0],
                spot[1],
                spotWidth,
                spotHeight,
                cut(reference, spot[0], spot[1], spotWidth, spotHeight).png(),
                cut(image, spot[0], spot[1], spotWidth, spotHeight).png(),
                map(blocks, full, columns, spot[0], spot[1], spotWidth, spotHeight, spotWidth, spotHeight));
    }

    // Left and upper edge: at a block's corner, or where the picture ends.
    private static int[] spot(float[] blocks, int width, int height) {
        int side = ImageScores.LOSS.blockSize();
        int columns = (width + side - 1) / side;
        int rows = (height + side - 1) / side;
        int across = Math.min(SPOT / side, columns);
        int down = Math.min(SPOT / side, rows);
        double largest = -1;
        int[] spot = new int[2];
        for (int y = 0; y + down <= rows; y++) {
            for (int x = 0; x + across <= columns; x++) {
                double sum = 0;
                for (int i = 0; i < across * down; i++) {
                    sum += blocks[(y + i / across) * columns + x + i % across];
                }
                if (sum > largest) {
                    largest = sum;
                    spot[0] = Math.max(0, Math.min(x * side, width - SPOT));
                    spot[1] = Math.max(0, Math.min(y * side, height - SPOT));
                }
            }
        }
        return spot;
    }

    private static Picture shrink(Picture picture, int w, int h) {
        Picture small = Picture.ofSize(w, h);
        for (int c = 0; c < Picture.CHANNELS; c++) {
            for (int y = 0; y < h; y++) {
                int top = first(y, h, picture.height());
                int bottom = first(y + 1, h, picture.height());
                for (int x = 0; x < w; x++) {
                    int left = first(x, w, picture.width());
                    int right = first(x + 1, w, picture.width());
                    double sum = 0;
                    for (int yy = top; yy < bottom; yy++) {
                        for (int xx = left; xx < right; xx++) {
                            sum += picture.planes()[picture.index(c, yy, xx)];
                        }
                    }
                    small.planes()[small.index(c, y, x)] = (float) (sum / ((bottom - top) * (right - left)));
                }
            }
        }
        return small;
    }

    /** The first of {@code size} pixels that the {@code i}-th of {@code parts} stands for. */
    private static int first(int i, int parts, int size) {
        return (int) ((long) i * size / parts);
    }

    private static Picture cut(Picture picture, int left, int top, int w, int h) {
        Picture part = Picture.ofSize(w, h);
        for (int c = 0; c < Picture.CHANNELS; c++) {
            for (int y = 0; y < h; y++) {
                System.arraycopy(
                        picture.planes(), picture.index(c, top + y, left), part.planes(), part.index(c, y, 0), w);
            }
        }
        return part;
    }

    /** The part of the heat map that starts at {@code left} and {@code top}, in w x h pixels. */
    private static byte[] map(
            float[] blocks, double full, int columns, int left, int top, int partWidth, int partHeight, int w, int h) {
        int side = ImageScores.LOSS.blockSize();
        BufferedImage map = new BufferedImage(w, h, BufferedImage.TYPE_BYTE_INDEXED, COLORS);
        for (int y = 0; y < h; y++) {
            int firstRow = (top + first(y, h, partHeight)) / side;
            int lastRow = (top + first(y + 1, h, partHeight) - 1) / side;
            for (int x = 0; x < w; x++) {
                int firstColumn = (left + first(x, w, partWidth)) / side;
                int lastColumn = (left + first(x + 1, w, partWidth) - 1) / side;
                float largest = 0;
                for (int row = firstRow; row <= lastRow; row++) {
                    for (int column = firstColumn; column <= lastColumn; column++) {
                        largest = Math.max(largest, blocks[row * columns + column]);
                    }
                }
                int place = full > 0 ? (int) Math.round(255 * Math.min(1, largest / full)) : 0;
                map.getRaster().setSample(x, y, 0, place);
            }
        }
        return encode(map, "png");
    }

    private static IndexColorModel colors() {
        int[] colors = new int[256];
        for (int i = 0; i < colors.length; i++) {
            colors[i] = HeatMap.color(i / 255f);
        }
        return new IndexColorModel(8, colors.length, colors, 0, false, -1, DataBuffer.TYPE_BYTE);
    }

    private static byte[] jpeg(Picture picture) {
        BufferedImage image = new BufferedImage(picture.width(), picture.height(), BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < picture.height(); y++) {
            for (int x = 0; x < picture.width(); x++) {
                int rgb = 0;
                for (int c = 0; c < Picture.CHANNELS; c++) {
                    rgb = rgb << 8 | Picture.eightBits(picture.planes()[picture.index(c, y, x)]);
                }
                image.setRGB(x, y, rgb);
            }
        }
        return encode(image, "jpeg");
    }

    private static byte[] encode(BufferedImage image, String format) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageWriter writer = ImageIO.getImageWritersByFormatName(format).next();
        try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
            ImageWriteParam settings = writer.getDefaultWriteParam();
            if (format.equals("jpeg")) {
                settings.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
                settings.setCompressionQuality(QUALITY);
            }
            writer.setOutput(out);
            writer.write(null, new IIOImage(image, null, null), settings);
        } catch (IOException impossible) {
            throw new UncheckedIOException("a picture could not be encoded in memory", impossible);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }
}

package org.dctloss.reference;

import java.util.function.DoubleUnaryOperator;

/**
 * The loss as it is defined, in float64 and in the most readable form: matrices, loops, no tricks. It shares no code
 * with the library; what the two have in common are names.
 *
 * <p>Fields are the options; images are [n][c][y][x].
 */
public final class ReferenceDctLoss {
    public int block = 8;
    public boolean unnormalized;
    /** One table for all channels or one per channel, each B*B numbers: W. */
    public double[][] weights;
    /** squared, absolute, charbonnier or huber. */
    public String penalty = "squared";

    public double parameter;
    public boolean magnitude;
    /** mean, sum or per_sample. */
    public String reduction = "mean";
    /** replicate, reflect, zero or crop. */
    public String edge = "replicate";

    public int stride;
    public int dy;
    public int dx;
    /** none, bt601 or bt709. */
    public String color = "none";
    /** Factor of each sample's gradient, or null for 1. */
    public double[] upstream;

    /** What an evaluation gives. */
    public static final class Result {
        public double loss;
        public double[] perSample;
        public double[][][][] gradient;
        public double[][][][] targetGradient;
        /** Mean penalty of each block, [n][c][row][column]; of the last grid if there are several. */
        public double[][][][] blockMap;
        /** Mean penalty of each frequency, [c][u * B + v]; of the last grid if there are several. */
        public double[][] spectrum;
        /** Pixels whose gradient comes from a block with a coefficient within rounding of a jump of the derivative. */
        public boolean[][][][] nearJump;
        /** The 2^-24 term of the numerical promise, for the gradient and for the loss. */
        public double gradientRounding;

        public double lossRounding;
    }

    /** Relative to the block's norm, what counts as within rounding of a jump. */
    private static final double JUMP = 1e-5;

    public Result evaluate(double[][][][] p, double[][][][] t) {
        int n = p.length;
        int c = p[0].length;
        int h = p[0][0].length;
        int w = p[0][0][0].length;
        int step = stride == 0 ? block : stride;
        Result r = new Result();
        r.perSample = new double[n];
        r.gradient = new double[n][c][h][w];
        r.targetGradient = new double[n][c][h][w];
        r.nearJump = new boolean[n][c][h][w];
        double[][][][] rp = rotate(p, colorMatrix());
        double[][][][] rt = rotate(t, colorMatrix());
        int grids = (block / step) * (block / step);
        for (int i = 0; i < block; i += step) {
            for (int j = 0; j < block; j += step) {
                addGrid(r, rp, rt, (dy + i) % block, (dx + j) % block, grids);
            }
        }
        r.gradient = rotate(r.gradient, transpose(colorMatrix()));
        r.targetGradient = rotate(r.targetGradient, transpose(colorMatrix()));
        return r;
    }

    private void addGrid(Result r, double[][][][] p, double[][][][] t, int dy, int dx, int grids) {
        int n = p.length;
        int c = p[0].length;
        int h = p[0][0].length;
        int w = p[0][0][0].length;
        // Corners of the blocks of this grid: all that touch the image, or with crop all that lie inside.
        int[] tops = corners(h, dy);
        int[] lefts = corners(w, dx);
        double perSample = 1.0 / ((double) c * tops.length * lefts.length * block * block) / grids;
        double scale = reduction.equals("sum") ? 1.0 / grids : reduction.equals("mean") ? perSample / n : perSample;
        double[][] cosines = cosines(block);
        double[] s = new double[block];
        for (int k = 0; k < block; k++) {
            s[k] = !unnormalized ? 1 : k == 0 ? 2 * Math.sqrt(block) : Math.sqrt(2.0 * block);
        }
        r.blockMap = new double[n][c][tops.length][lefts.length];
        r.spectrum = new double[c][block * block];
        double lipschitz = penalty.equals("squared")
                ? 2
                : penalty.equals("charbonnier") ? 1 / parameter : penalty.equals("huber") ? 1 : 0;
        double largest = 0;
        double slopes = 0;
        double energy = 0;
        double energyP = 0;
        double energyT = 0;
        double sumOfAll = 0;
        for (int a = 0; a < n; a++) {
            double factor = upstream == null ? 1 : upstream[a];
            double sum = 0;
            for (int b = 0; b < c; b++) {
                double[] weight = weights.length == 1 ? weights[0] : weights[b];
                for (int row = 0; row < tops.length; row++) {
                    for (int column = 0; column < lefts.length; column++) {
                        double[][] bp = cut(p[a][b], tops[row], lefts[column]);
                        double[][] bt = cut(t[a][b], tops[row], lefts[column]);
                        double[][] bd = new double[block][block];
                        for (int y = 0; y < block; y++) {
                            for (int x = 0; x < block; x++) {
                                bd[y][x] = bp[y][x] - bt[y][x];
                            }
                        }
                        double[][] xp = times(times(cosines, bp), transpose(cosines));
                        double[][] xt = times(times(cosines, bt), transpose(cosines));
                        double[][] xd = times(times(cosines, bd), transpose(cosines));
                        double normP = norm(bp);
                        double normT = norm(bt);
                        double normD = norm(bd);
                        energyP += normP * normP;
                        energyT += normT * normT;
                        energy += normD * normD;
                        double[][] gp = new double[block][block];
                        double[][] gt = new double[block][block];
                        double blockSum = 0;
                        boolean jump = false;
                        for (int u = 0; u < block; u++) {
                            for (int v = 0; v < block; v++) {
                                double ws = weight[u * block + v] * s[u] * s[v];
                                double d = magnitude ? Math.abs(xp[u][v]) - Math.abs(xt[u][v]) : xd[u][v];
                                double e = ws * d;
                                double rho = rho().applyAsDouble(e);
                                double slope = slope().applyAsDouble(e);
                                gp[u][v] = ws * slope * (magnitude ? Math.signum(xp[u][v]) : 1);
                                gt[u][v] = -ws * slope * (magnitude ? Math.signum(xt[u][v]) : 1);
                                blockSum += rho;
                                r.spectrum[b][u * block + v] += rho / ((double) n * tops.length * lefts.length);
                                largest = Math.max(largest, ws);
                                slopes += slope * slope;
                                if (ws > 0) {
                                    double near = magnitude ? JUMP * (normP + normT) : JUMP * normD;
                                    jump |= penalty.equals("absolute") && Math.abs(d) <= near;
                                    jump |= magnitude && Math.abs(xp[u][v]) <= JUMP * normP;
                                    jump |= magnitude && Math.abs(xt[u][v]) <= JUMP * normT;
                                }
                            }
                        }
                        r.blockMap[a][b][row][column] = blockSum / (block * block);
                        sum += blockSum;
                        double[][] pixelsP = times(times(transpose(cosines), gp), cosines);
                        double[][] pixelsT = times(times(transpose(cosines), gt), cosines);
                        for (int y = 0; y < block; y++) {
                            for (int x = 0; x < block; x++) {
                                int sy = source(tops[row] + y, h);
                                int sx = source(lefts[column] + x, w);
                                if (sy >= 0 && sx >= 0) {
                                    r.gradient[a][b][sy][sx] += scale * factor * pixelsP[y][x];
                                    r.targetGradient[a][b][sy][sx] += scale * factor * pixelsT[y][x];
                                    for (int plane = 0; plane < c; plane++) {
                                        boolean mixed = plane == b || !color.equals("none");
                                        r.nearJump[a][plane][sy][sx] |= jump && mixed;
                                    }
                                }
                            }
                        }
                    }
                }
            }
            r.perSample[a] += sum * perSample;
            sumOfAll += sum;
        }
        r.loss += scale * sumOfAll;
        double most = 1;
        for (int a = 0; upstream != null && a < n; a++) {
            most = Math.max(most, Math.abs(upstream[a]));
        }
        double x = magnitude ? Math.sqrt(energyP) + Math.sqrt(energyT) : Math.sqrt(energy);
        r.gradientRounding += 0x1p-24 * scale * most * largest * largest * lipschitz * x;
        r.lossRounding += 0x1p-24 * scale * largest * Math.sqrt(slopes) * x
                + 0x1p-48 * scale * largest * largest * lipschitz * x * x;
    }

    private int[] corners(int size, int offset) {
        java.util.List<Integer> found = new java.util.ArrayList<>();
        for (int at = -offset; at < size; at += block) {
            if (!edge.equals("crop") || at >= 0 && at + block <= size) {
                found.add(at);
            }
        }
        return found.stream().mapToInt(Integer::intValue).toArray();
    }

    private double[][] cut(double[][] image, int top, int left) {
        double[][] out = new double[block][block];
        for (int y = 0; y < block; y++) {
            for (int x = 0; x < block; x++) {
                int sy = source(top + y, image.length);
                int sx = source(left + x, image[0].length);
                out[y][x] = sy < 0 || sx < 0 ? 0 : image[sy][sx];
            }
        }
        return out;
    }

    /** Walks back into the image step by step. */
    private int source(int index, int size) {
        int i = index;
        if (edge.equals("zero")) {
            return i < 0 || i >= size ? -1 : i;
        }
        if (edge.equals("replicate") || size == 1) {
            return i < 0 ? 0 : i >= size ? size - 1 : i;
        }
        while (i < 0 || i >= size) {
            i = i < 0 ? -i : 2 * (size - 1) - i;
        }
        return i;
    }

    /** rho(e). */
    DoubleUnaryOperator rho() {
        double a = parameter;
        return switch (penalty) {
            case "squared" -> e -> e * e;
            case "absolute" -> Math::abs;
            case "charbonnier" ->
                e -> Math.abs(e) > a * 1e-3
                        ? Math.sqrt(e * e + a * a) - a
                        : e * e / (2 * a) * (1 - e * e / (4 * a * a));
            case "huber" -> e -> Math.abs(e) <= a ? e * e / 2 : a * (Math.abs(e) - a / 2);
            default -> throw new IllegalArgumentException(penalty);
        };
    }

    /** rho'(e). */
    DoubleUnaryOperator slope() {
        double a = parameter;
        return switch (penalty) {
            case "squared" -> e -> 2 * e;
            case "absolute" -> Math::signum;
            case "charbonnier" -> e -> e / Math.sqrt(e * e + a * a);
            case "huber" -> e -> Math.abs(e) <= a ? e : a * Math.signum(e);
            default -> throw new IllegalArgumentException(penalty);
        };
    }

    /** C[k][n] = sqrt((k=0 ? 1 : 2)/B) cos(pi (2n+1) k / 2B). */
    public static double[][] cosines(int size) {
        double[][] c = new double[size][size];
        for (int k = 0; k < size; k++) {
            for (int i = 0; i < size; i++) {
                c[k][i] = Math.sqrt((k == 0 ? 1.0 : 2.0) / size) * Math.cos(Math.PI * (2 * i + 1) * k / (2.0 * size));
            }
        }
        return c;
    }

    private double[][] colorMatrix() {
        if (color.equals("none")) {
            return null;
        }
        double kr = color.equals("bt601") ? 0.299 : 0.2126;
        double kb = color.equals("bt601") ? 0.114 : 0.0722;
        double kg = 1 - kr - kb;
        double[] y = {kr, kg, kb};
        double[][] m = {y, new double[3], new double[3]};
        for (int i = 0; i < 3; i++) {
            m[1][i] = ((i == 2 ? 1 : 0) - y[i]) / (2 - 2 * kb);
            m[2][i] = ((i == 0 ? 1 : 0) - y[i]) / (2 - 2 * kr);
        }
        return m;
    }

    private static double[][][][] rotate(double[][][][] image, double[][] m) {
        if (m == null) {
            return image;
        }
        double[][][][] out = new double[image.length][3][image[0][0].length][image[0][0][0].length];
        for (int n = 0; n < image.length; n++) {
            for (int y = 0; y < image[0][0].length; y++) {
                for (int x = 0; x < image[0][0][0].length; x++) {
                    for (int i = 0; i < 3; i++) {
                        for (int j = 0; j < 3; j++) {
                            out[n][i][y][x] += m[i][j] * image[n][j][y][x];
                        }
                    }
                }
            }
        }
        return out;
    }

    /** The matrix product. */
    public static double[][] times(double[][] a, double[][] b) {
        double[][] out = new double[a.length][b[0].length];
        for (int i = 0; i < a.length; i++) {
            for (int k = 0; k < b.length; k++) {
                for (int j = 0; j < b[0].length; j++) {
                    out[i][j] += a[i][k] * b[k][j];
                }
            }
        }
        return out;
    }

    /** The transposed matrix; null stays null. */
    public static double[][] transpose(double[][] a) {
        if (a == null) {
            return null;
        }
        double[][] out = new double[a[0].length][a.length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < a[0].length; j++) {
                out[j][i] = a[i][j];
            }
        }
        return out;
    }

    private static double norm(double[][] a) {
        double sum = 0;
        for (double[] row : a) {
            for (double v : row) {
                sum += v * v;
            }
        }
        return Math.sqrt(sum);
    }
}

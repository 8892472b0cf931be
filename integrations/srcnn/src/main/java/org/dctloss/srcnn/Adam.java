package org.dctloss.srcnn;

/**
 * Adam (Kingma and Ba 2015) with beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, on plain arrays: its state belongs in the
 * checkpoint, and the framework's own optimiser keeps that to itself. Moments and arithmetic are float64.
 *
 * @param first running mean of the gradient
 * @param second running mean of its square
 */
record Adam(double[] first, double[] second) {
    private static final double BETA1 = 0.9;
    private static final double BETA2 = 0.999;
    private static final double EPSILON = 1e-8;

    /** Before the first step. */
    static Adam zero(int parameters) {
        return new Adam(new double[parameters], new double[parameters]);
    }

    /**
     * Takes a step down the gradient.
     *
     * @param step how many were taken before: 0 for the first
     * @param rates learning rate of each parameter
     */
    void descend(float[] parameters, float[] gradient, int step, double[] rates) {
        double correction1 = 1 - Math.pow(BETA1, step + 1);
        double correction2 = 1 - Math.pow(BETA2, step + 1);
        for (int i = 0; i < parameters.length; i++) {
            double g = gradient[i];
            first[i] = BETA1 * first[i] + (1 - BETA1) * g;
            second[i] = BETA2 * second[i] + (1 - BETA2) * g * g;
            double size = Math.sqrt(second[i] / correction2) + EPSILON;
            parameters[i] -= (float) (rates[i] * first[i] / correction1 / size);
        }
    }
}

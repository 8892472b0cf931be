/**
 * A perceptual loss in the frequency domain, with its gradient.
 *
 * <p>{@link org.dctloss.DctLoss} is the loss; {@link org.dctloss.ImageBatch} a view of the pixels it reads and writes;
 * {@link org.dctloss.FrequencyWeights} and {@link org.dctloss.Penalty} say what it means; {@link org.dctloss.LossSession}
 * holds workspace and replaceable weights for a training loop; {@link org.dctloss.BlockDct} is the transform alone;
 * {@link org.dctloss.Mse}, {@link org.dctloss.Psnr} and {@link org.dctloss.Ssim} are baselines; {@link
 * org.dctloss.Backends} tells what this machine can run.
 */
package org.dctloss;

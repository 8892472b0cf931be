/**
 * What super-resolution needs beside a loss, in the conventions of the field's papers.
 *
 * <p>{@link org.dctloss.superres.Plane} is one channel; {@link org.dctloss.superres.Resampling} makes it smaller and
 * larger; {@link org.dctloss.superres.Ycbcr} takes the luma out of RGB; {@link org.dctloss.superres.LumaScores} are the
 * PSNR and SSIM that papers report; {@link org.dctloss.superres.TrainingPictures} draws pictures for those who have
 * none.
 */
package org.dctloss.superres;

/**
 * Pictures from files and files from pictures, for the {@code dctloss} command and for other programs: {@link
 * org.dctloss.pictures.PictureFile} decodes an image file to a {@link org.dctloss.pictures.Picture}, {@link
 * org.dctloss.pictures.OutputFiles} writes the files of a run all or none, and whatever goes wrong is a {@link
 * org.dctloss.pictures.CommandFailure}, one sentence for the user.
 */
package org.dctloss.pictures;

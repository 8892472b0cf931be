package org.dctloss.cli;

import java.nio.file.Path;

/**
 * An image and what it is compared with.
 *
 * @param reference the file that the image should be like
 * @param image the file
 * @param folder the folder argument that the image came from, counted from 0; -1 for an image that was named itself
 * @param name the image's path inside that folder, or its file name
 */
record Pair(Path reference, Path image, int folder, Path name) {}

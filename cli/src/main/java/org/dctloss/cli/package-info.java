/**
 * The {@code dctloss} command: the loss on NumPy arrays and images, a benchmark and a demonstration. It uses the public
 * API alone.
 */
package org.dctloss.cli;

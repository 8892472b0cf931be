/**
 * The experiment of the paper that the library implements, from Java: SRCNN trained with one of four losses, and compared
 * with bicubic enlargement. A command, not a library.
 */
package org.dctloss.srcnn;

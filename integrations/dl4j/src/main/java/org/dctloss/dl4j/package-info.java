/** The frequency-domain loss as a loss function of DL4J. */
package org.dctloss.dl4j;

/** Losses of DctLoss, and any loss of images computed outside the framework, as losses of the Deep Java Library (DJL). */
package org.dctloss.djl;

/** {@link org.dctloss.pytorch.TorchDctLoss}: the loss for networks of PyTorch, through {@code org.bytedeco:pytorch}. */
package org.dctloss.pytorch;

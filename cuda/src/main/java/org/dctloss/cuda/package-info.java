/**
 * The CUDA backend. Java owns memory, streams, the order of grids and everything that can go wrong; CUDA (src/main/cpp,
 * whose device_border.h is all that crosses) works on one grid of blocks.
 *
 * <p>For users: {@link org.dctloss.cuda.DeviceMemory} and the images in it, {@link org.dctloss.cuda.CudaStream}, {@link
 * org.dctloss.cuda.CudaEvent}, {@link org.dctloss.cuda.CudaGraph}. Nobody needs them who has device pointers and streams
 * from another library: addresses and handles are taken as they are.
 */
package org.dctloss.cuda;

/**
 * The pure-Java backend. Rooms: {@code JavaBackend} opens sessions; {@code JavaSession} splits block rows over threads
 * and adds up; {@code FusedStrips} (8x8) and {@code MatrixStrips} (any size) take block rows through the whole loss;
 * {@code AanFlowGraph} and {@code CosineMatrix} are their transforms, {@code PenaltyRows} the penalties, {@code
 * Folding} the edge rules.
 *
 * <p>C2 vectorises a loop only if its body is small: at most about four loads, four stores and six operations, every
 * array at the same index, row strides constant. So the hot code is many small loops over the rows of a scratch that
 * stays in cache. No operation is contracted (no fma), so a pixel's result does not depend on its place in a vector.
 *
 * <p>Where the JVM has the Vector API, {@code VectorKernel} puts {@code VectorStrips} in the place of {@code FusedStrips}: the same
 * steps with {@code VectorFlowGraph} and {@code VectorPenaltyRows}, which alone depend on the incubating module.
 */
package org.dctloss.purejava;

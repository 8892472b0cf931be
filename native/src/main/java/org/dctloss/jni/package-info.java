/**
 * The C++ backend for the CPU. Java owns memory, threads and the order of sums; C++ (src/main/cpp, whose border.h is all
 * that crosses) works on a range of block rows.
 */
package org.dctloss.jni;

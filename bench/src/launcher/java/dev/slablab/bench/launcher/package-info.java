/**
 * Starts the lab on any Java ≥ 17: finds a JDK 25 and runs the real command line there, with the flags it needs.
 *
 * <p>Compiled for Java 17 apart from the rest, so nothing here may use a class outside this package.
 */
@NullMarked
package dev.slablab.bench.launcher;

import org.jspecify.annotations.NullMarked;

/**
 * The headline comparison: {@link dev.slablab.bench.quick.Quick} runs one JMH fork per cell and round, in seeded random
 * order within a round, and compares each cell with the baseline of the same round.
 */
@NullMarked
package dev.slablab.bench.quick;

import org.jspecify.annotations.NullMarked;

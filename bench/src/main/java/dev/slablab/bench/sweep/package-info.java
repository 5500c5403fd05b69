/**
 * Sweeps: one JMH fork per cell and round, in seeded random order within a round; a cell is compared with the baseline
 * of the same round ({@link dev.slablab.bench.sweep.Sweep} runs a {@link dev.slablab.bench.sweep.Plan} into a
 * {@link dev.slablab.bench.sweep.RunFolder}). Cells come from words ({@link dev.slablab.bench.sweep.Grid}), also those
 * of a {@link dev.slablab.bench.sweep.Preset}, or from the claims of {@link dev.slablab.bench.sweep.Goals};
 * {@link dev.slablab.bench.sweep.Compare} sets two finished sweeps side by side.
 */
@NullMarked
package dev.slablab.bench.sweep;

import org.jspecify.annotations.NullMarked;

/**
 * The lab. {@link dev.slablab.bench.Main} is its command line ({@code cli}); {@code suite} holds the benchmarks,
 * {@code subject} the allocators they drive, {@code sweep} interleaved comparisons, {@code machine} what is known of
 * the computer.
 */
@NullMarked
package dev.slablab.bench;

import org.jspecify.annotations.NullMarked;

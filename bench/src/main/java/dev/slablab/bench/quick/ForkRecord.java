package dev.slablab.bench.quick;

import dev.slablab.bench.quick.Plan.Cell;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One fork: a line of {@code results.jsonl}.
 *
 * @param round 0 up
 * @param order place within the round, 0 up
 * @param cell what ran
 * @param nsPerOp mean of the iterations; null when the fork failed
 * @param iterations each iteration's ns per operation
 * @param heldBytes what the allocator held at the end; null where it cannot be told
 * @param heldPerLive the same per byte alive; null where it cannot be told
 * @param gcBytesPerOp garbage of an operation; null when the fork failed
 * @param wallSeconds of the fork as a whole
 * @param stealTicks ticks the hypervisor took meanwhile, all CPUs
 * @param contextSwitches of the whole machine meanwhile
 * @param load of the machine afterwards
 * @param error why it failed; null when it did not
 */
record ForkRecord(int round, int order, Cell cell, @Nullable Double nsPerOp, List<Double> iterations,
    @Nullable Double heldBytes, @Nullable Double heldPerLive, @Nullable Double gcBytesPerOp, double wallSeconds,
    long stealTicks, long contextSwitches, double load, @Nullable String error) {}

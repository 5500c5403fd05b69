package dev.slablab.bench.quick;

import dev.slablab.bench.quick.Plan.Cell;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One fork: a line of {@code results.jsonl}. Null is what is not known: times and garbage of a fork that failed, memory
 * that an allocator does not tell, the error of a fork that did not fail. Round and order (the place in it) count from
 * 0; {@code nsPerOp} is the mean of the iterations; {@code heldBytes} is what the allocator held at the end;
 * steal ticks and context switches are the whole machine's meanwhile, the load is that afterwards.
 */
record ForkRecord(int round, int order, Cell cell, @Nullable Double nsPerOp, List<Double> iterations,
    @Nullable Double heldBytes, @Nullable Double heldPerLive, @Nullable Double gcBytesPerOp, double wallSeconds,
    long stealTicks, long contextSwitches, double load, @Nullable String error) {}

package dev.slablab.bench.sweep;

import module java.base;
import org.jspecify.annotations.Nullable;

/**
 * One fork: a line of {@code results.jsonl}. Round and order (the place in it) count from 0; values are the score (mean
 * of the iterations) and secondary results by name, none when it failed; the error is null when it did not.
 */
public record Fork(int round, int order, Cell cell, String unit, Map<String, Double> values, List<Double> iterations,
    Machine machine, @Nullable String error) {
  /** A fork that was told to end: by the user, not by a fault of its own. */
  private static final Pattern TOLD_TO_END = Pattern.compile("exit code (130|143)\\b");

  /** The whole machine meanwhile, the pages this fork touched first, and the load afterwards. */
  public record Machine(double seconds, long stealTicks, long contextSwitches, long faults, double load) {}

  /** {@return what is compared} */
  public @Nullable Double value() {
    return values.get(cell.metric());
  }

  Fork of(Cell other) {
    return new Fork(round, order, other, unit, values, iterations, machine, error);
  }

  boolean toldToEnd() {
    return error != null && TOLD_TO_END.matcher(error).find();
  }
}

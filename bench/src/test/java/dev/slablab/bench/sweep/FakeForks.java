package dev.slablab.bench.sweep;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Forks that measure nothing: a number that depends on cell, round and order alone. */
final class FakeForks implements Sweep.Forks {
  final List<String> started = new ArrayList<>();
  private final int interruptAfter;

  FakeForks(int interruptAfter) {
    this.interruptAfter = interruptAfter;
  }

  @Override
  public Fork run(Cell cell, int round, int order) {
    started.add(round + " " + order + " " + cell);
    String error = started.size() > interruptAfter ? "Forked VM failed with exit code 130"
        : cell.subject().contains("NATIVE") ? "no memory, at /home/user/lab/x.c" : null;
    Random random = new Random(cell.hashCode() * 31L + round);
    double ns = 10 * Math.exp(0.02 * random.nextGaussian());
    return error == null ? fork(cell, round, order, ns)
        : new Fork(round, order, cell, "", Map.of(), List.of(), new Fork.Machine(1, 0, 0, 0, 0), error);
  }

  static Fork fork(Cell cell, int round, int order, double ns) {
    return new Fork(round, order, cell, "ns/op", Map.of(cell.metric(), ns, "mem.held.per.live", 1.5,
        "gc.alloc.rate.norm", 0.25), List.of(ns), new Fork.Machine(1, 0, 0, 0, 0), null);
  }
}

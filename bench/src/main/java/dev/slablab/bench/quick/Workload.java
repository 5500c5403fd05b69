package dev.slablab.bench.quick;

import module java.base;
import dev.slablab.bench.suite.*;

/**
 * What the cells of a comparison have in common. A further kind of comparison is one more {@link Kind}, and a factory.
 *
 * @param kind which benchmark
 * @param label as tables and records show it
 * @param baseline what the others are compared with; empty when nothing is
 * @param peers the others
 * @param params of the benchmark
 * @param liveBytes bytes alive at any time; 0 where the benchmark tells
 */
public record Workload(Kind kind, String label, String baseline, List<String> peers, Map<String, String> params,
    long liveBytes) {
  /** The benchmarks behind the workloads. */
  public enum Kind {
    /** {@link LiveSet}: buffers. */
    LIVE,
    /** {@link HotPair}: addresses. */
    PAIR,
    /** {@link TraceReplay}: a recorded program. */
    TRACE,
    /** The control for drift. */
    NONE
  }

  private static final int RING = 64;

  /** A kernel without an allocator. */
  static Workload drift() {
    return new Workload(Kind.NONE, "control", "", List.of(), Map.of(), 0);
  }

  /** The hot pair; the peers may name the baseline too. */
  public static Workload pair(int size, List<String> peers) {
    return new Workload(Kind.PAIR, "pair " + size + " B", "SLABLAB", peers, Map.of("size", Integer.toString(size)),
        (long) RING * size);
  }

  /** The random live set. */
  public static Workload live(Mixture mixture, int live) {
    return new Workload(Kind.LIVE, mixture + " " + live, "slabBuf", List.of("nettyAdaptive"),
        Map.of("mixture", mixture.name(), "live", Integer.toString(live)), 0);
  }

  /**
   * A recorded program.
   *
   * @param name of a shipped trace
   * @return the workload
   */
  public static Workload trace(String name) {
    return new Workload(Kind.TRACE, "trace " + name, "slablab", List.of("nettyAdaptive"),
        Map.of("trace", name), 0);
  }

  /** The benchmark's class and method, for one of the baseline and peers. */
  String benchmark(String subject) {
    return switch (kind) {
      case LIVE -> LiveSet.class.getName() + "." + subject;
      case PAIR -> HotPair.class.getName() + ".pair";
      case TRACE -> TraceReplay.class.getName() + "." + subject;
      case NONE -> Floor.class.getName() + ".ring";
    };
  }

  /** More where much has to be compiled and slabs have to settle. */
  int warmUps() {
    return switch (kind) {
      case TRACE -> 6;
      case LIVE -> 5;
      case PAIR, NONE -> 3;
    };
  }
}

package dev.slablab.bench.goals;

import module java.base;

/**
 * One configuration, run once a round.
 *
 * @param benchmark class and method
 * @param threads how many
 * @param params JMH parameters
 * @param jvmArgs further arguments of the fork
 */
record Cell(String benchmark, int threads, Map<String, String> params, List<String> jvmArgs) {
  static Cell of(String benchmark, String... params) {
    return new Cell(benchmark, 1, map(params), List.of());
  }

  Cell threads(int n) {
    return new Cell(benchmark, n, params, jvmArgs);
  }

  Cell jvm(String... args) {
    return new Cell(benchmark, threads, params, List.of(args));
  }

  /** A value of this cell: JMH's own score, or a secondary one. */
  Term score() {
    return new Term(this, "");
  }

  Term metric(String name) {
    return new Term(this, name);
  }

  @Override
  public String toString() {
    return benchmark + (params.isEmpty() ? "" : " " + params) + (threads == 1 ? "" : " -t " + threads)
        + (jvmArgs.isEmpty() ? "" : " " + String.join(" ", jvmArgs));
  }

  private static Map<String, String> map(String... pairs) {
    Map<String, String> map = new TreeMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      map.put(pairs[i], pairs[i + 1]);
    }
    return map;
  }

  /**
   * A number that a cell's fork yields.
   *
   * @param cell which
   * @param metric a secondary result's name, or empty for the score
   */
  record Term(Cell cell, String metric) {}
}

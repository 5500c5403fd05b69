package dev.slablab.bench.sweep;

import module java.base;

/** What a fork runs: class and method, threads (unless it says so itself), JMH parameters, JVM arguments. */
public record Config(String benchmark, int threads, Map<String, String> params, List<String> jvmArgs) {
  static Config of(String benchmark, String... params) {
    Map<String, String> map = new TreeMap<>();
    for (int i = 0; i < params.length; i += 2) {
      map.put(params[i], params[i + 1]);
    }
    return new Config(benchmark, 1, map, List.of());
  }

  Config threads(int n) {
    return new Config(benchmark, n, params, jvmArgs);
  }

  Config jvm(String... args) {
    return new Config(benchmark, threads, params, List.of(args));
  }

  /** A value of its forks: JMH's own score, or a secondary one. */
  Term score() {
    return new Term(this, Grid.SCORE);
  }

  Term metric(String name) {
    return new Term(this, name);
  }

  @Override
  public String toString() {
    return benchmark + (params.isEmpty() ? "" : " " + params) + (threads == 1 ? "" : " -t " + threads)
        + (jvmArgs.isEmpty() ? "" : " " + String.join(" ", jvmArgs));
  }

  /** A number that a fork yields: the score, or a secondary result. */
  record Term(Config config, String metric) {}
}

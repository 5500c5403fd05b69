package dev.slablab;

import java.nio.file.Path;
import java.util.Map;

/**
 * What a soak shall be.
 *
 * @param seconds of load, where it is not so many operations
 * @param operations of the load altogether, about; 0 = seconds count
 * @param points quiet points, evenly spread
 * @param threads platform threads under load; each dies now and then and is replaced
 * @param virtual virtual threads under load, of which each lives for one batch
 * @param cores how many CPUs all threads together may keep busy, about
 * @param liveBytes the most bytes in use, about
 * @param forget 0, or every so many-th free is forgotten: the soak's own control
 * @param report where the report goes, or null
 */
record SoakPlan(double seconds, long operations, int points, int threads, int virtual, double cores, long liveBytes,
    long seed, int forget, Path report) {
  /** Reads {@code --name value} pairs; what is not given has its default. */
  static SoakPlan parse(String[] args) {
    SoakPlan plan = new SoakPlan(60, 0, 60, 2, 4, 1, 48L << 20, System.nanoTime(), 0, null);
    for (int i = 0; i < args.length; i += 2) {
      if (i + 1 == args.length) {
        throw new IllegalArgumentException(args[i] + " = nothing: every option has a value");
      }
      plan = plan.with(args[i], args[i + 1]);
    }
    return plan;
  }

  private SoakPlan with(String name, String value) {
    try {
      return switch (name) {
        case "--minutes" -> with(Map.of("seconds", 60 * Double.parseDouble(value)));
        case "--seconds" -> with(Map.of("seconds", Double.parseDouble(value)));
        case "--operations" -> with(Map.of("operations", Double.parseDouble(value)));
        case "--points" -> with(Map.of("points", Double.parseDouble(value)));
        case "--threads" -> with(Map.of("threads", Double.parseDouble(value)));
        case "--virtual" -> with(Map.of("virtual", Double.parseDouble(value)));
        case "--cores" -> with(Map.of("cores", Double.parseDouble(value)));
        case "--live-mib" -> with(Map.of("liveBytes", Double.parseDouble(value) * (1 << 20)));
        case "--forget" -> with(Map.of("forget", Double.parseDouble(value)));
        case "--seed" -> new SoakPlan(seconds, operations, points, threads, virtual, cores, liveBytes,
            Long.parseLong(value), forget, report);
        case "--report" -> new SoakPlan(seconds, operations, points, threads, virtual, cores, liveBytes, seed,
            forget, Path.of(value));
        default -> throw new IllegalArgumentException(name + ": no such option; there are --minutes, --seconds,"
            + " --operations, --points, --threads, --virtual, --cores, --live-mib, --forget, --seed and --report");
      };
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(name + " = " + value + ": must be a number", e);
    }
  }

  private SoakPlan with(Map<String, Double> one) {
    return new SoakPlan(one.getOrDefault("seconds", seconds),
        one.getOrDefault("operations", (double) operations).longValue(),
        one.getOrDefault("points", (double) points).intValue(),
        one.getOrDefault("threads", (double) threads).intValue(),
        one.getOrDefault("virtual", (double) virtual).intValue(), one.getOrDefault("cores", cores),
        one.getOrDefault("liveBytes", (double) liveBytes).longValue(), seed,
        one.getOrDefault("forget", (double) forget).intValue(), report);
  }
}

package dev.slablab.bench.sweep;

import module java.base;
import dev.slablab.bench.suite.*;
import org.openjdk.jmh.runner.*;
import org.openjdk.jmh.runner.format.*;
import org.openjdk.jmh.runner.options.VerboseMode;

/** The benchmarks by class and method. */
final class Benchmarks {
  private static final List<String> FIGURES = List.of(("score gc.alloc.rate gc.alloc.rate.norm gc.count gc.time"
      + " mem.held mem.peak mem.waste mem.retained mem.objects mem.process mem.held.per.live mem.resident.per.live"
      + " netty.unsafe mem.pagecalls.norm slab.grows.norm slab.refills.norm").split(" ", -1));
  private static final Map<String, BenchmarkListEntry> ALL = new TreeMap<>();

  static {
    OutputFormat silent = OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT);
    BenchmarkList.defaultList().getAll(silent, List.of()).forEach(entry ->
        ALL.put(entry.getUsername().replaceFirst(".*\\.(\\w+\\.\\w+)$", "$1"), entry));
  }

  private Benchmarks() {}

  static BenchmarkListEntry of(String name) {
    return Objects.requireNonNull(ALL.get(name), () -> "benchmark = " + name + ": unknown");
  }

  static Map<String, String[]> params(String name) {
    return of(name).getParams().orElse(Map.of());
  }

  /** Refuses a metric that a benchmark's forks cannot tell: no score, no profiler's, none of its own figures. */
  static void checkMetric(String name, String metric) {
    Set<String> all = new TreeSet<>(FIGURES);
    all.addAll(of(name).getThreadGroupLabels().orElse(Set.of()));
    Stream.of(Growth.Tail.class, Expiry.Held.class, Contention.Figures.class)
        .filter(type -> type.getName().startsWith(of(name).getUserClassQName() + "$"))
        .forEach(type -> Stream.of(type.getFields()).forEach(field -> all.add(field.getName())));
    if (!all.contains(metric)) {
      throw new IllegalArgumentException("--metric = " + metric + ": must be what " + name + " may tell, of " + all);
    }
  }

  /** As JMH finds them: part of the name is enough. */
  static List<String> matching(String part) {
    Predicate<String> matches = Pattern.compile(part.isEmpty() ? "(?!)" : part).asPredicate();
    List<String> found = ALL.keySet().stream().filter(name -> matches.test(of(name).getUsername())).toList();
    if (found.isEmpty()) {
      throw new IllegalArgumentException("BENCHMARK = " + part + ": matches no benchmark (-l lists them)"
          + (Preset.ALL.stream().anyMatch(preset -> preset.name().equals(part))
          ? "; it is a preset, which takes no --param, --jvm-args, --threads or --metric"
          : " and no preset (sweep --list)"));
    }
    return found;
  }
}

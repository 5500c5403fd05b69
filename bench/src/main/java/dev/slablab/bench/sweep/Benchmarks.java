package dev.slablab.bench.sweep;

import module java.base;
import org.openjdk.jmh.runner.*;
import org.openjdk.jmh.runner.format.*;
import org.openjdk.jmh.runner.options.VerboseMode;

/** The benchmarks by class and method. */
final class Benchmarks {
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

  /** As JMH finds them: part of the name is enough. */
  static List<String> matching(String part) {
    Predicate<String> matches;
    try {
      matches = Pattern.compile(part).asPredicate();
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException("BENCHMARK = " + part + ": must be a regular expression: "
          + e.getDescription(), e);
    }
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

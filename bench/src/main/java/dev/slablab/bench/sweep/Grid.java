package dev.slablab.bench.sweep;

import module java.base;
import dev.slablab.bench.suite.Parameters;

/**
 * Comparisons made of dimensions: benchmarks (parts of names), parameters, threads, JVM arguments. The first dimension
 * with several values is compared, its first value being the baseline; each combination of the others is a group of its
 * own. A dimension {@code a/b} varies two parameters together, with values like {@code 0/1}.
 */
public record Grid(List<String> benchmarks, Map<String, List<String>> dimensions, String metric) {
  /** The metric that is time. */
  public static final String SCORE = "score";
  /** The dimension of threads. */
  public static final String THREADS = "threads";
  /** The dimension of JVM arguments. */
  public static final String JVM = "jvm";

  private static final String BENCHMARK = "benchmark";
  private static final Pattern RANGE = Pattern.compile("(\\d{1,18})\\.\\.(\\d{1,18})(?:\\+(\\d{1,18}))?");
  private static final int MOST = 1000;

  /** Reads words: {@code BENCHMARK[,BENCHMARK] NAME=VALUES... [metric=NAME]}. */
  public static Grid of(String text) {
    List<String> words = List.of(text.split(" +", -1));
    Map<String, List<String>> dimensions = new LinkedHashMap<>();
    words.stream().skip(1).forEach(word -> add(dimensions, word));
    List<String> metric = dimensions.remove("metric");
    return new Grid(List.of(words.getFirst().split(",", -1)), dimensions, metric == null ? SCORE : metric.getFirst());
  }

  /** Reads {@code NAME=VALUES}: commas between; {@code 4..64} doubles, {@code 4..64+20} adds. */
  public static void add(Map<String, List<String>> dimensions, String text) {
    String[] sides = text.split("=", 2);
    if (sides.length < 2 || sides[0].isEmpty()) {
      throw new IllegalArgumentException("--param = " + text + ": must be NAME=VALUES");
    }
    Set<String> values = new LinkedHashSet<>();
    for (String part : sides[1].split(",", -1)) {
      Matcher range = RANGE.matcher(part);
      if (!range.matches()) {
        values.add(part);
        continue;
      }
      long last = Long.parseLong(range.group(2));
      long step = range.group(3) == null ? -1 : Long.parseLong(range.group(3));
      long value = Long.parseLong(range.group(1));
      if (value > last || step == 0 || (step < 0 && value == 0) || (step > 0 && (last - value) / step > MOST)) {
        throw new IllegalArgumentException(sides[0] + " = " + part + ": must be FROM..TO (each twice the one before) or"
            + " FROM..TO+STEP, upwards, with at most " + MOST + " steps");
      }
      for (; value <= last; value += step < 0 ? value : step) {
        values.add(Long.toString(value));
      }
    }
    dimensions.put(sides[0], List.copyOf(values));
  }

  /** {@return what to run where there is no preset} */
  public Plan plan(String name) {
    return Plan.of(name, "What differs between the cells?", cells(""), List.of("mem.held", "mem.peak", "mem.retained"));
  }

  /** {@return the cells without controls; their group may be named where there is only one} */
  public List<Cell> cells(String called) {
    SequencedMap<String, List<String>> all = new LinkedHashMap<>(dimensions);
    List<String> names = benchmarks.stream().flatMap(part -> Benchmarks.matching(part).stream()).distinct().toList();
    names.forEach(name -> Benchmarks.checkMetric(name, metric));
    all.put(BENCHMARK, names);
    Map<String, List<String>> own = new TreeMap<>();
    names.forEach(name -> Benchmarks.params(name).forEach((param, values) -> own.put(param, List.of(values))));
    Set<String> given = dimensions.keySet().stream().flatMap(key -> Stream.of(key.split("/", -1)))
        .collect(Collectors.toCollection(TreeSet::new));
    own.forEach((param, values) -> {
      if (values.size() > 1 && !given.contains(param)) {
        all.put(param, values);
      }
    });
    String axis = all.entrySet().stream().filter(one -> one.getValue().size() > 1).findFirst().map(Map.Entry::getKey)
        .orElse(all.sequencedKeySet().getFirst());
    List<String> compared = Objects.requireNonNull(all.remove(axis));
    List<Map<String, String>> points = List.of(Map.of());
    for (Map.Entry<String, List<String>> one : all.entrySet()) {
      points = points.stream().flatMap(point -> one.getValue().stream().map(value -> with(point, one.getKey(), value)))
          .toList();
    }
    List<Cell> cells = new ArrayList<>();
    String suite = compared.getFirst().replaceFirst("\\..*", "");
    String by = axis.equals(BENCHMARK) || axis.equals("subject") ? "" : " by " + axis;
    for (Map<String, String> point : points) {
      String group = !called.isEmpty() ? called : RunFolder.withoutFolders(point.entrySet().stream()
          .filter(one -> !one.getKey().equals(BENCHMARK)).map(one -> " " + one.getKey() + "=" + one.getValue())
          .collect(Collectors.joining("", point.getOrDefault(BENCHMARK, suite) + by, "")));
      for (String value : compared) {
        cells.add(new Cell(value.equals(compared.getFirst()) ? Cell.Role.BASELINE : Cell.Role.SUBJECT, group,
            RunFolder.withoutFolders(axis.equals(BENCHMARK) ? value.replaceFirst("^" + suite + "\\.", "") : value),
            config(with(point, axis, value), own.keySet()), metric));
      }
    }
    return cells;
  }

  private static Map<String, String> with(Map<String, String> point, String key, String value) {
    Map<String, String> more = new LinkedHashMap<>(point);
    more.put(key, value);
    return more;
  }

  private static Config config(Map<String, String> point, Set<String> known) {
    String benchmark = Objects.requireNonNull(point.get(BENCHMARK));
    Config config = Config.of(benchmark);
    for (Map.Entry<String, String> one : point.entrySet()) {
      String[] keys = one.getKey().split("/", -1);
      String[] values = keys.length == 1 ? new String[] {one.getValue()} : one.getValue().split("/", -1);
      if (values.length != keys.length) {
        throw new IllegalArgumentException(one + ": must be " + keys.length + " values with / between");
      }
      for (int i = 0; i < keys.length; i++) {
        if (keys[i].equals(THREADS)) {
          config = config.threads(Parameters.integer(THREADS, values[i], 10_000));
        } else if (keys[i].equals(JVM)) {
          config = config.jvm(values[i].split(" +", -1));
        } else if (known.contains(keys[i])) {
          Parameters.check(keys[i], values[i]);
          if (Benchmarks.params(benchmark).containsKey(keys[i])) {
            config.params().put(keys[i], values[i]);
          }
        } else if (!keys[i].equals(BENCHMARK)) {
          throw new IllegalArgumentException("--param = " + keys[i] + ": no such parameter of the benchmarks chosen;"
              + " there are " + known);
        }
      }
    }
    String generation = config.params().get(Parameters.GENERATION);
    if (generation != null) {
      config.params().forEach((name, value) -> Parameters.check(name, value, generation));
    }
    if (config.threads() != 1 && Benchmarks.of(benchmark).getThreadGroups().length > 1) {
      throw new IllegalArgumentException(THREADS + " = " + config.threads() + ": must be 1, since " + benchmark
          + " has groups of threads of its own");
    }
    return config;
  }
}

package dev.slablab.bench.report;

import module java.base;
import com.google.gson.*;
import org.jspecify.annotations.Nullable;

/** What a report shows, as the page's script reads it: groups of cells, of each figure every fork and an interval. */
final class ReportData {
  /** The figures that are shown first; a group has the first three it knows open. */
  private static final List<String> FIRST = List.of(ForkLine.TIME, "pair_p50", "grow_p99", "mem.held.per.live",
      "heldPerLive", "meanRatio", "mem.waste", "mem.retained", "slab.refills.norm", "slab.grows.norm", "mem.peak",
      "mem.held", "heldBytes", "gcBytesPerOp", "gc.alloc.rate.norm");
  /** The figures that are divided by the baseline's of the same round. */
  private static final Set<String> COMPARED = Set.of(ForkLine.TIME, "pair_p50", "grow_p99",
      "mem.held.per.live", "heldPerLive", "meanRatio");
  /** The machine's, which come last. */
  private static final Set<String> MACHINE = Set.of("stealTicks", "contextSwitches", "faults", "load", "seconds",
      "wallSeconds");
  static final String RATIO = " ÷ baseline";

  private final Map<String, Map<List<Object>, List<ForkLine>>> groups = new LinkedHashMap<>();
  private final JsonArray failed = new JsonArray();

  ReportData(List<ForkLine> forks) {
    for (ForkLine fork : forks) {
      var cell = groups.computeIfAbsent(fork.group(), any -> new LinkedHashMap<>())
          .computeIfAbsent(List.of(fork.params(), fork.role()), any -> new ArrayList<>());
      cell.add(fork);
      if (fork.error() != null) {
        failed.add("round " + (fork.round() + 1) + ", " + fork.group() + " " + fork.params() + ": " + fork.error());
      }
    }
    for (Map<List<Object>, List<ForkLine>> cells : groups.values()) {
      List<ForkLine> all = cells.values().stream().flatMap(List::stream).toList();
      all.forEach(fork -> compare(fork, all));
    }
  }

  private static void compare(ForkLine fork, List<ForkLine> all) {
    List<ForkLine> baselines = all.stream().filter(other -> !fork.role().equals("BASELINE")
        && other.role().equals("BASELINE") && other.round() == fork.round() && fork.comparable(other)).toList();
    Set<String> compared = new LinkedHashSet<>(COMPARED);
    compared.add(fork.metric());
    for (String name : compared) {
      double mine = fork.metrics().getOrDefault(name, 0.0);
      baselines.stream().map(base -> base.metrics().getOrDefault(name, 0.0)).filter(base -> base > 0 && mine > 0)
          .findFirst().ifPresent(base -> fork.metrics().put(name + RATIO, mine / base));
    }
  }

  JsonArray failed() {
    return failed;
  }

  JsonArray groups() {
    JsonArray all = new JsonArray();
    groups.forEach((name, cells) -> all.add(group(name, cells)));
    return all;
  }

  private static JsonObject group(String name, Map<List<Object>, List<ForkLine>> cells) {
    JsonObject group = new JsonObject();
    group.addProperty("name", name);
    List<List<ForkLine>> rows = new ArrayList<>(cells.values());
    rows.sort(Comparator.comparing(row -> row.getFirst().params(), ReportData::inOrder));
    Map<String, String> common = new LinkedHashMap<>(rows.getFirst().getFirst().params());
    rows.forEach(row -> common.entrySet().retainAll(row.getFirst().params().entrySet()));
    boolean alone = rows.size() == 1;
    common.keySet().removeIf(param -> param.equals(ForkLine.SUBJECT));
    group.add("common", new Gson().toJsonTree(common));
    JsonArray labels = new JsonArray();
    JsonArray samples = new JsonArray();
    for (List<ForkLine> row : rows) {
      Map<String, String> own = new LinkedHashMap<>(row.getFirst().params());
      own.keySet().removeAll(common.keySet());
      JsonObject cell = new JsonObject();
      cell.add("params", new Gson().toJsonTree(own));
      cell.addProperty("role", alone ? "" : row.getFirst().role());
      labels.add(cell);
      row.stream().filter(fork -> !fork.samples().isEmpty()).forEach(fork -> {
        JsonObject one = new JsonObject();
        one.addProperty("cell", labels.size() - 1);
        one.add("points", fork.samples());
        samples.add(one);
      });
    }
    group.add("cells", labels);
    group.add("samples", samples);
    Set<String> asked = rows.stream().flatMap(List::stream).map(ForkLine::metric).collect(Collectors.toSet());
    JsonArray metrics = new JsonArray();
    rows.stream().flatMap(List::stream).flatMap(fork -> fork.metrics().keySet().stream()).distinct()
        .sorted(Comparator.comparingInt((String metric) -> rank(metric, asked))
            .thenComparing(Comparator.naturalOrder()))
        .forEach(metric -> metrics.add(metric(metric, rows)));
    group.add("metrics", metrics);
    return group;
  }

  /** What does the same work stands together; numbers by their value, as people sort. */
  private static int inOrder(Map<String, String> a, Map<String, String> b) {
    Function<Map<String, String>, String> key = params -> {
      Map<String, String> rest = new TreeMap<>(params);
      String who = rest.remove(ForkLine.SUBJECT) + " " + rest.remove("jvm");
      return Pattern.compile("\\d+").matcher(rest + " " + who)
          .replaceAll(number -> "0".repeat(Math.max(0, 12 - number.group().length())) + number.group());
    };
    return key.apply(a).compareTo(key.apply(b));
  }

  private static int rank(String metric, Set<String> asked) {
    String name = metric.replace(RATIO, "");
    int rank = asked.contains(name) ? -1 : FIRST.indexOf(name);
    return MACHINE.contains(name) ? 3 * FIRST.size()
        : rank < 0 && !asked.contains(name) ? 2 * FIRST.size() : 2 * rank + (metric.equals(name) ? 0 : 1);
  }

  private static JsonObject metric(String name, List<List<ForkLine>> rows) {
    JsonArray cells = new JsonArray();
    for (int i = 0; i < rows.size(); i++) {
      double[] values = rows.get(i).stream().map(fork -> fork.metrics().get(name)).filter(Objects::nonNull)
          .mapToDouble(Double::doubleValue).toArray();
      if (values.length > 0) {
        JsonObject cell = new JsonObject();
        cell.addProperty("cell", i);
        cell.add("values", new Gson().toJsonTree(values));
        Ratio interval = MACHINE.contains(name) ? null : interval(values);
        if (interval != null) {
          cell.addProperty("low", interval.low());
          cell.addProperty("high", interval.high());
        }
        Arrays.sort(values);
        cell.addProperty("median", (values[(values.length - 1) / 2] + values[values.length / 2]) / 2);
        cells.add(cell);
      }
    }
    JsonObject metric = new JsonObject();
    metric.addProperty("name", name);
    metric.add("rows", cells);
    return metric;
  }

  /** The median's, by the bootstrap that the verdicts use; none where the logarithm of a value is. */
  private static @Nullable Ratio interval(double[] values) {
    double[] ones = new double[values.length];
    Arrays.fill(ones, 1);
    return values.length < 2 || Arrays.stream(values).anyMatch(value -> value <= 0) ? null : Ratio.of(values, ones, 1);
  }
}

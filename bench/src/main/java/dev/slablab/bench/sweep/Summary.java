package dev.slablab.bench.sweep;

import module java.base;
import dev.slablab.bench.report.*;
import dev.slablab.bench.sweep.Cell.Role;
import org.apache.commons.math3.stat.StatUtils;
import org.jspecify.annotations.Nullable;

/** What the forks of a plan say: a row per cell, and the controls. */
final class Summary {
  static final String HELD = "mem.held.per.live";
  static final String GARBAGE = "gc.alloc.rate.norm";

  private final Plan plan;
  private final List<Fork> forks;
  private final List<Row> rows = new ArrayList<>();

  /** A cell over its rounds: medians of all values, the ratio to the baseline of the same rounds if there is any. */
  record Row(Cell cell, Map<String, Double> medians, @Nullable Ratio ratio, String verdict, int rounds, int failed) {
    @Nullable Double value() {
      return medians.get(cell.metric());
    }
  }

  Summary(Plan plan, List<Fork> forks) {
    this.plan = plan;
    this.forks = forks;
    Map<Cell, Ratio> ratios = new LinkedHashMap<>();
    for (Cell cell : plan.cells()) {
      Map<Integer, Double> values = byRound(cell::equals);
      Map<Integer, Double> baseline = byRound(other -> other.role() == Role.BASELINE
          && other.group().equals(cell.group()));
      values.keySet().retainAll(baseline.keySet());
      if (cell.role() != Role.BASELINE && !values.isEmpty()) {
        ratios.put(cell, Ratio.of(numbers(values.values()),
            numbers(values.keySet().stream().map(round -> baseline.getOrDefault(round, 0.0)).toList()), plan.seed()));
      }
    }
    List<Cell> questions = ratios.keySet().stream().filter(cell -> cell.role() == Role.SUBJECT).toList();
    List<Ratio> adjusted = Ratio.holm(questions.stream().map(ratios::get).toList());
    for (int i = 0; i < questions.size(); i++) {
      ratios.put(questions.get(i), adjusted.get(i));
    }
    plan.cells().stream().filter(cell -> forks.stream().anyMatch(fork -> fork.cell().equals(cell)))
        .forEach(cell -> rows.add(row(cell, ratios.get(cell))));
  }

  /** Files and a table; the status is always 0. */
  static int show(Plan plan, List<Fork> forks, RunFolder folder, PrintWriter out) throws IOException {
    Summary summary = new Summary(plan, forks);
    folder.write("summary.csv", summary.csv());
    folder.write("summary.md", "# " + plan.question().lines().findFirst().orElse("") + "\n\n"
        + summary.table().markdown() + "\n* " + String.join("\n* ", summary.notes())
        + "\n\nRaw data: `results.jsonl`, `jmh.json`; plan: `plan.json`; machine: `env.json`; how: `command.txt`.\n");
    out.println(plan.question());
    out.println();
    out.print(summary.table());
    out.println();
    summary.notes().forEach(out::println);
    return 0;
  }

  List<Row> rows() {
    return rows;
  }

  /** The share by which a group's control, the baseline again, seems to differ; infinite when it tells too little. */
  double noise(String group) {
    return rows.stream().filter(row -> row.cell().role() == Role.CONTROL && row.cell().group().equals(group))
        .mapToDouble(row -> row.ratio() == null || row.ratio().rounds() < Ratio.MIN_ROUNDS ? Double.POSITIVE_INFINITY
            : row.ratio().reach()).max().orElse(0);
  }

  /** A group's control must be there before what is in question. */
  private Row row(Cell cell, @Nullable Ratio ratio) {
    List<Fork> all = forks.stream().filter(fork -> fork.cell().equals(cell)).toList();
    int failed = (int) all.stream().filter(fork -> fork.error() != null).count();
    String verdict = switch (cell.role()) {
      case BASELINE -> "baseline";
      case DRIFT -> "control: machine drift";
      case CONTROL -> "control: noise floor";
      case SUBJECT -> ratio != null ? ratio.verdict(noise(cell.group())).name().toLowerCase(Locale.ROOT)
          : failed > 0 ? "failed" : "inconclusive";
    };
    Map<String, Double> medians = new TreeMap<>();
    all.stream().flatMap(fork -> fork.values().keySet().stream()).distinct().forEach(name -> medians.put(name,
        StatUtils.percentile(numbers(all.stream().map(fork -> fork.values().get(name)).filter(Objects::nonNull)
            .toList()), 50)));
    return new Row(cell, medians, ratio, verdict, all.size() - failed, failed);
  }

  private Map<Integer, Double> byRound(Predicate<Cell> which) {
    Map<Integer, Double> values = new TreeMap<>();
    forks.stream().filter(fork -> which.test(fork.cell()) && fork.error() == null)
        .forEach(fork -> values.put(fork.round(), fork.values().get(fork.cell().metric())));
    return values;
  }

  /** A cell's values, one a round. */
  double[] values(Cell cell) {
    return numbers(byRound(cell::equals).values());
  }

  static double[] numbers(Collection<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }

  Table table() {
    boolean time = plan.cells().stream().allMatch(Cell::isTime);
    List<String> titles = new ArrayList<>(List.of("workload", "subject", time ? ">ns/op" : ">median",
        time ? ">time ÷ baseline" : ">÷ baseline", "95 % interval",
        ">adjusted p", "verdict", ">held ÷ live", ">garbage B/op", ">rounds"));
    plan.also().forEach(metric -> titles.add(">" + metric));
    Table table = new Table(titles.toArray(String[]::new));
    for (Row row : rows) {
      Ratio ratio = row.ratio();
      List<String> cells = new ArrayList<>(List.of(row.cell().group(), row.cell().subject(), number(row.value(), 2),
          ratio == null ? "–" : number(ratio.median(), 2), ratio == null ? "–" : ratio.interval(),
          ratio == null || row.cell().role() != Role.SUBJECT ? "–" : number(ratio.p(), 4), row.verdict(),
          number(row.medians().get(HELD), 2), number(row.medians().get(GARBAGE), 1),
          row.rounds() + (row.failed() == 0 ? "" : " (" + row.failed() + " failed)")));
      plan.also().forEach(metric -> cells.add(number(row.medians().get(metric), metric.endsWith(".norm") ? 4 : 1)));
      table.row(cells.toArray(String[]::new));
    }
    return table;
  }

  String csv() {
    Set<String> metrics = new TreeSet<>();
    rows.forEach(row -> metrics.addAll(row.medians().keySet()));
    metrics.removeAll(Set.of(HELD, GARBAGE));
    StringBuilder text = new StringBuilder(
        "role,subject,workload," + (plan.cells().stream().allMatch(Cell::isTime) ? "ns_median" : "median")
        + ",ratio,low,high,verdict,held_per_live,garbage_bytes_per_op,rounds,failed,p,"
        + String.join(",", metrics) + "\n");
    for (Row row : rows) {
      Ratio ratio = row.ratio();
      text.append(Stream.concat(Stream.of(row.cell().role(), row.cell().subject(), row.cell().group(), row.value(),
          ratio == null ? null : ratio.median(), ratio == null ? null : ratio.low(),
          ratio == null ? null : ratio.high(), row.verdict(), row.medians().get(HELD), row.medians().get(GARBAGE),
          row.rounds(), row.failed(), ratio == null ? null : ratio.p()), metrics.stream().map(row.medians()::get))
          .map(value -> value == null ? "" : value.toString().contains(",") ? "\"" + value + "\"" : value.toString())
          .collect(Collectors.joining(",", "", "\n")));
    }
    return text.toString();
  }

  /** The controls and what they mean, a line each. */
  List<String> notes() {
    List<String> notes = new ArrayList<>();
    for (Row row : rows) {
      if (row.cell().role() == Role.CONTROL && row.ratio() != null) {
        notes.add(String.format(Locale.ROOT, "noise floor of %s: ±%.1f %% (%s against itself); smaller"
            + " differences decide nothing", row.cell().group(), 100 * row.ratio().reach(), row.cell().subject()));
      } else if (row.cell().role() == Role.DRIFT && row.value() != null) {
        double[] times = values(row.cell());
        notes.add(String.format(Locale.ROOT, "machine drift: a kernel without an allocator took %.2f to %.2f ns over"
            + " the rounds", StatUtils.min(times), StatUtils.max(times)));
      }
    }
    int rounds = rows.stream().mapToInt(Row::rounds).max().orElse(0);
    if (rounds < Ratio.MIN_ROUNDS) {
      notes.add("rounds = " + rounds + ": fewer than " + Ratio.MIN_ROUNDS + ", so every verdict is inconclusive");
    }
    notes.add("same: the interval lies within 5 %; faster, slower: beyond that and the noise floor, and p, adjusted"
        + " for " + rows.stream().filter(row -> row.cell().role() == Role.SUBJECT).count()
        + " cells after Holm, is at most 0.05");
    notes.add("HEAP, DIRECT and ARENA zero their memory, the others only where zeroed = true; held: at the end of a"
        + " fork, or what slabs held at most if that is more, – where it cannot be told");
    return notes;
  }

  static String number(@Nullable Double value, int digits) {
    return value == null ? "–" : String.format(Locale.ROOT, "%." + digits + "f", value);
  }
}

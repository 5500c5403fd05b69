package dev.slablab.bench.quick;

import module java.base;
import dev.slablab.bench.quick.Plan.*;
import dev.slablab.bench.quick.Workload.Kind;
import dev.slablab.bench.report.*;
import org.apache.commons.math3.stat.StatUtils;
import org.jspecify.annotations.Nullable;

/** What the forks say: a row per cell, and the controls. */
final class Summary {
  /** Differences up to this share are called none. */
  static final double MARGIN = 0.05;

  private final List<ForkRecord> forks;
  private final long seed;
  private final List<Row> rows = new ArrayList<>();

  /** A cell over its rounds: medians (null when no fork tells), the ratio to the same rounds' baseline, if any. */
  record Row(Cell cell, @Nullable Double ns, @Nullable Ratio ratio, String verdict, @Nullable Double heldPerLive,
      @Nullable Double gcBytesPerOp, int rounds, int failed) {}

  Summary(List<ForkRecord> forks, long seed) {
    this.forks = List.copyOf(forks);
    this.seed = seed;
    Map<Cell, List<ForkRecord>> cells = new LinkedHashMap<>();
    for (ForkRecord fork : forks) {
      cells.computeIfAbsent(fork.cell(), any -> new ArrayList<>()).add(fork);
    }
    cells.forEach((cell, all) -> rows.add(row(cell, all)));
    rows.sort(Comparator.<Row, Kind>comparing(row -> row.cell().workload().kind())
        .thenComparingLong(row -> row.cell().workload().liveBytes())
        .thenComparing(row -> row.cell().workload().label()).thenComparing(row -> row.cell().role())
        .thenComparingDouble(row -> row.ns() == null ? Double.MAX_VALUE : row.ns()));
  }

  List<Row> rows() {
    return rows;
  }

  int failed() {
    return rows.stream().mapToInt(Row::failed).sum();
  }

  /** The share that the control, the baseline once more, seems to differ from the baseline with this workload. */
  double noise(Workload workload) {
    Ratio ratio = ratio(new Cell(Role.CONTROL, workload.baseline(), workload));
    return ratio == null ? 0 : ratio.reach();
  }

  private Row row(Cell cell, List<ForkRecord> all) {
    Ratio ratio = ratio(cell);
    String verdict = switch (cell.role()) {
      case BASELINE -> "baseline";
      case DRIFT -> "control: machine drift";
      case CONTROL -> "control: noise floor";
      case SUBJECT -> ratio == null ? "failed"
          : ratio.verdict(Math.max(MARGIN, noise(cell.workload()))).name().toLowerCase(Locale.ROOT);
    };
    int failed = (int) all.stream().filter(fork -> fork.error() != null).count();
    return new Row(cell, median(all, ForkRecord::nsPerOp), ratio, verdict, median(all, ForkRecord::heldPerLive),
        median(all, ForkRecord::gcBytesPerOp), all.size() - failed, failed);
  }

  private static @Nullable Double median(List<ForkRecord> all, Function<ForkRecord, @Nullable Double> what) {
    double[] values = all.stream().map(what).filter(Objects::nonNull).mapToDouble(Double::doubleValue).toArray();
    return values.length == 0 ? null : StatUtils.percentile(values, 50);
  }

  private @Nullable Ratio ratio(Cell cell) {
    if (cell.role() == Role.BASELINE || cell.role() == Role.DRIFT) {
      return null;
    }
    Map<Integer, Double> baseline = times(new Cell(Role.BASELINE, cell.workload().baseline(), cell.workload()));
    Map<Integer, Double> subject = times(cell);
    subject.keySet().retainAll(baseline.keySet());
    if (subject.isEmpty()) {
      return null;
    }
    double[] mine = subject.values().stream().mapToDouble(Double::doubleValue).toArray();
    double[] theirs = subject.keySet().stream().map(baseline::get).mapToDouble(Double::doubleValue).toArray();
    return Ratio.of(mine, theirs, seed);
  }

  private Map<Integer, Double> times(Cell cell) {
    Map<Integer, Double> times = new LinkedHashMap<>();
    for (ForkRecord fork : forks) {
      if (fork.cell().equals(cell) && fork.nsPerOp() != null) {
        times.put(fork.round(), fork.nsPerOp());
      }
    }
    return times;
  }

  Table table() {
    Table table = new Table("workload", "subject", ">ns/op", ">time ÷ Slablab", "95 % interval", "verdict",
        ">held ÷ live", ">garbage B/op", ">rounds");
    for (Row row : rows) {
      Ratio ratio = row.ratio();
      table.row(row.cell().workload().label(), row.cell().subject(),
          number(row.ns(), 2), ratio == null ? "–" : number(ratio.median(), 2),
          ratio == null ? "–" : "[" + number(ratio.low(), 2) + ", " + number(ratio.high(), 2) + "]", row.verdict(),
          number(row.heldPerLive(), 2), number(row.gcBytesPerOp(), 1),
          row.rounds() + (row.failed() == 0 ? "" : " (" + row.failed() + " failed)"));
    }
    return table;
  }

  String csv() {
    StringBuilder text = new StringBuilder(
        "role,subject,workload,ns_median,ratio,low,high,verdict,held_per_live,garbage_bytes_per_op,"
        + "rounds,failed\n");
    for (Row row : rows) {
      Ratio ratio = row.ratio();
      text.append(String.join(",", row.cell().role().name(), row.cell().subject(), row.cell().workload().label(),
          plain(row.ns()), plain(ratio == null ? null : ratio.median()), plain(ratio == null ? null : ratio.low()),
          plain(ratio == null ? null : ratio.high()), row.verdict(), plain(row.heldPerLive()),
          plain(row.gcBytesPerOp()), Integer.toString(row.rounds()), Integer.toString(row.failed()))).append('\n');
    }
    return text.toString();
  }

  /** The controls and what they mean, a line each. */
  List<String> notes() {
    List<String> notes = new ArrayList<>();
    for (Row row : rows) {
      if (row.cell().role() == Role.CONTROL && row.ratio() != null) {
        notes.add(String.format(Locale.ROOT, "noise floor of %s: ±%.1f %% (%s against itself); smaller"
            + " differences decide nothing", row.cell().workload().label(), 100 * row.ratio().reach(),
            row.cell().subject()));
      } else if (row.cell().role() == Role.DRIFT && row.ns() != null) {
        double[] times = times(row.cell()).values().stream().mapToDouble(Double::doubleValue).toArray();
        notes.add(String.format(Locale.ROOT, "machine drift: a kernel without an allocator took %.2f to %.2f ns over"
            + " the rounds", StatUtils.min(times), StatUtils.max(times)));
      }
    }
    int rounds = rows.stream().mapToInt(Row::rounds).max().orElse(0);
    if (rounds < Ratio.MIN_ROUNDS) {
      notes.add("rounds = " + rounds + ": fewer than " + Ratio.MIN_ROUNDS + ", so every verdict is inconclusive");
    }
    notes.add("HEAP, DIRECT and ARENA zero their memory, the others do not; held: at the end of a fork, – where it"
        + " cannot be told");
    return notes;
  }

  private static String number(@Nullable Double value, int digits) {
    return value == null ? "–" : String.format(Locale.ROOT, "%." + digits + "f", value);
  }

  private static String plain(@Nullable Double value) {
    return value == null ? "" : value.toString();
  }
}

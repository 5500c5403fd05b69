package dev.slablab.bench.sweep;

import module java.base;
import dev.slablab.bench.report.*;
import dev.slablab.bench.report.Ratio.Verdict;
import dev.slablab.bench.sweep.Cell.Role;
import org.jspecify.annotations.Nullable;

/** Two sweeps with the same cells, an old and a new one. */
public final class Compare {
  private static final int REGRESSION = 1;
  private static final int INCONCLUSIVE = 3;

  private final Summary old;
  private final Summary now;
  private final Set<String> missing = new LinkedHashSet<>();
  private final Table table;

  private record Pair(Summary.Row before, Summary.Row after, Ratio ratio) {}

  private Compare(RunFolder before, RunFolder after) throws IOException {
    Plan was = before.plan();
    Plan is = after.plan();
    if (was.millis() != is.millis()) {
      throw new IllegalArgumentException("--iteration = " + was.millis() + " in " + before + ", " + is.millis() + " in "
          + after + ": must be the same in both runs");
    }
    old = new Summary(was, before.forks());
    now = new Summary(is, after.forks());
    Stream.of(was, is).flatMap(plan -> plan.cells().stream()).forEach(cell -> missing.add(cell.toString()));
    boolean time = is.cells().stream().allMatch(Cell::isTime);
    table = new Table("workload", "subject", time ? ">old ns/op" : ">old", ">new", ">new ÷ old", "95 % interval",
        ">adjusted p", "verdict", ">old held ÷ live", ">new", ">old garbage B/op", ">new", ">rounds");
  }

  /** Prints what changed: 1 when a cell is slower, else 3 when one is undecided or missing, else 0. */
  public static int run(Path before, Path after, PrintWriter out) throws IOException {
    return new Compare(RunFolder.of(before), RunFolder.of(after)).run(out);
  }

  private int run(PrintWriter out) {
    List<Pair> pairs = new ArrayList<>();
    for (Summary.Row row : now.rows()) {
      double[] after = now.values(row.cell());
      old.rows().stream().filter(was -> was.cell().sameName(row.cell()) && was.value() != null && after.length > 0)
          .forEach(was -> pairs.add(new Pair(was, row, Ratio.unpaired(after, old.values(was.cell()), 1))));
    }
    pairs.forEach(pair -> missing.remove(pair.after.cell().toString()));
    List<Pair> questions = pairs.stream().filter(pair -> question(pair.after.cell())).toList();
    List<Ratio> adjusted = Ratio.holm(questions.stream().map(Pair::ratio).toList());
    Set<Verdict> verdicts = EnumSet.noneOf(Verdict.class);
    for (Pair pair : pairs) {
      int at = questions.indexOf(pair);
      Ratio ratio = at < 0 ? pair.ratio : adjusted.get(at);
      String group = pair.after.cell().group();
      Verdict verdict = ratio.verdict(Math.max(old.noise(group), now.noise(group)));
      boolean _ = at >= 0 && verdicts.add(verdict);
      row(pair, ratio, at < 0 ? "control" : verdict.name().toLowerCase(Locale.ROOT));
    }
    out.print(table);
    out.println();
    missing.forEach(cell -> out.println("not measured in both runs: " + cell));
    out.println("The two runs were not interleaved: whatever else changed between them, the machine included, is in"
        + " these ratios. The kernel without an allocator (control) shows a part; one sweep of both would have none.");
    return verdicts.contains(Verdict.SLOWER) ? REGRESSION
        : verdicts.contains(Verdict.INCONCLUSIVE) || !missing.isEmpty() ? INCONCLUSIVE : 0;
  }

  private static boolean question(Cell cell) {
    return cell.role() == Role.BASELINE || cell.role() == Role.SUBJECT;
  }

  private void row(Pair pair, Ratio ratio, String verdict) {
    table.row(pair.after.cell().group(), pair.after.cell().subject(), number(pair.before.value()),
        number(pair.after.value()), number(ratio.median()), ratio.interval(),
        verdict.equals("control") ? "–" : Summary.number(ratio.p(), 4), verdict,
        number(pair.before.medians().get(Summary.HELD)), number(pair.after.medians().get(Summary.HELD)),
        number(pair.before.medians().get(Summary.GARBAGE)), number(pair.after.medians().get(Summary.GARBAGE)),
        Integer.toString(ratio.rounds()));
  }

  private static String number(@Nullable Double value) {
    return Summary.number(value, 2);
  }
}

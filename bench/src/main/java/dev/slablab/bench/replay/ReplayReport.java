package dev.slablab.bench.replay;

import module java.base;
import com.google.gson.*;
import dev.slablab.bench.report.*;
import dev.slablab.bench.subject.SubjectKind;
import org.apache.commons.math3.stat.StatUtils;

/** What the forks of a run say. */
final class ReplayReport {
  private static final double MIB = 1 << 20;
  private static final int TOP = 12;

  private final Trace trace;
  private final Job job;
  private final List<SubjectKind> subjects;
  private final List<JsonObject> forks;

  ReplayReport(Trace trace, Job job, List<SubjectKind> subjects, List<JsonObject> forks) {
    this.trace = trace;
    this.job = job;
    this.subjects = subjects;
    this.forks = forks;
  }

  /** A member divided, or a dash where there is none. */
  static String number(JsonObject line, String name, double unit, String format) {
    return line.has(name) && line.get(name).getAsDouble() >= 0
        ? String.format(Locale.ROOT, format, line.get(name).getAsDouble() / unit) : "–";
  }

  /** By round, from the forks that told it. */
  private Map<Integer, Double> values(SubjectKind subject, String name) {
    Map<Integer, Double> values = new TreeMap<>();
    with(subject, name).filter(fork -> !fork.has("error"))
        .forEach(fork -> values.put(fork.get("round").getAsInt(), fork.get(name).getAsDouble()));
    return values;
  }

  private Stream<JsonObject> with(SubjectKind subject, String name) {
    return forks.stream().filter(fork -> fork.get("subject").getAsString().equals(subject.name()) && fork.has(name));
  }

  private static double median(Map<Integer, Double> values) {
    return StatUtils.percentile(values.values().stream().mapToDouble(Double::doubleValue).toArray(), 50);
  }

  private String figure(SubjectKind subject, String name, double unit, int digits) {
    double value = median(values(subject, name));
    return value >= 0 ? String.format(Locale.ROOT, "%." + digits + "f", value / unit) : "–";
  }

  /** Over the rounds both have, with its interval. */
  private String compared(SubjectKind subject, String name) {
    Map<Integer, Double> mine = values(subject, name);
    Map<Integer, Double> first = values(subjects.getFirst(), name);
    mine.keySet().retainAll(first.keySet());
    mine.entrySet().removeIf(entry -> entry.getValue() <= 0 || first.getOrDefault(entry.getKey(), 0.0) <= 0);
    if (subject == subjects.getFirst() || mine.isEmpty()) {
      return "–";
    }
    Ratio ratio = Ratio.of(mine.values().stream().mapToDouble(Double::doubleValue).toArray(),
        mine.keySet().stream().mapToDouble(round -> first.getOrDefault(round, 0.0)).toArray(), job.seed());
    return String.format(Locale.ROOT, "%.2f [%.2f, %.2f]", ratio.median(), ratio.low(), ratio.high());
  }

  String text(boolean markdown) {
    StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "%s: %,d operations, %d thread%s, %s; %,d blocks,"
        + " %d freed by another thread, %d left at the end and freed by the replay; peak of live bytes %,d%n%n",
        trace.name, trace.recorded, trace.threads, trace.threads == 1 ? "" : "s",
        job.concurrent() ? "concurrent" : "ordered", trace.size.length, trace.crossing.cardinality(), trace.left(),
        trace.peakLive));
    if (job.passes() > 0) {
      Table time = new Table("subject", ">ns/operation", "passes, min..max", "÷ first, 95 % interval", ">rounds");
      for (SubjectKind subject : subjects) {
        double[] passes = with(subject, "passes").flatMap(fork -> fork.getAsJsonArray("passes").asList().stream())
            .mapToDouble(JsonElement::getAsDouble).toArray();
        time.row(subject.name(), figure(subject, "nsPerOp", 1, 1), passes.length == 0 ? "failed" : String.format(
            Locale.ROOT, "%.1f..%.1f", StatUtils.min(passes), StatUtils.max(passes)), compared(subject, "nsPerOp"),
            Integer.toString(values(subject, "nsPerOp").size()));
      }
      add(text, time, markdown);
    }
    Table memory = new Table("subject", ">live MiB mean", ">peak", ">resident mean", ">peak", ">resident/live mean",
        ">peak", "mean ÷ first, 95 % interval", ">after free", ">" + job.idle() + " s later", ">after reap", ">± MiB",
        ">rounds");
    for (SubjectKind subject : subjects) {
      memory.row(subject.name(), figure(subject, "meanLive", MIB, 2), figure(subject, "peakLive", MIB, 2),
          figure(subject, "meanResident", MIB, 2), figure(subject, "peakResident", MIB, 2),
          figure(subject, "meanRatio", 1, 3), figure(subject, "peakRatio", 1, 3), compared(subject, "meanRatio"),
          figure(subject, "residentAfterFree", MIB, 2), figure(subject, "residentAfterIdle", MIB, 2),
          figure(subject, "residentAfterReap", MIB, 2), figure(subject, "residentError", MIB, 2),
          Integer.toString(values(subject, "meanLive").size()));
    }
    add(text, memory, markdown);
    for (SubjectKind subject : subjects) {
      with(subject, "classes").filter(fork -> !fork.getAsJsonArray("classes").isEmpty()).findFirst()
          .ifPresent(fork -> add(text.append("Waste of ").append(subject).append(" by usable bytes of a block\n"),
              waste(fork.getAsJsonArray("classes")), markdown));
      with(subject, "mostSlabsOfACache").findFirst().ifPresent(fork -> text.append(String.format(Locale.ROOT,
          "most slabs of a cache, %d s after all was freed: %s; CPUs: %s%n%n", job.idle(),
          fork.get("mostSlabsOfACache"), fork.get("cpus"))));
    }
    return text.toString();
  }

  private static void add(StringBuilder text, Table table, boolean markdown) {
    text.append(markdown ? "\n" + table.markdown() : table.toString()).append('\n');
  }

  private static Table waste(JsonArray classes) {
    Table table = new Table(">usable", ">requests", ">requested MiB", ">usable MiB", ">waste %");
    List<long[]> rows = new ArrayList<>();
    long[] total = new long[3];
    for (JsonElement one : classes) {
      JsonArray row = one.getAsJsonArray();
      long requests = row.get(1).getAsLong();
      long size = row.get(0).getAsLong();
      rows.add(new long[] {requests, row.get(2).getAsLong(), size * requests, size});
      for (int i = 0; i < total.length; i++) {
        total[i] += rows.getLast()[i];
      }
    }
    rows.sort(Comparator.comparingLong(row -> row[1] - row[2]));
    rows.stream().limit(TOP).forEach(row -> row(table, Long.toString(row[3]), row));
    row(table, "all " + rows.size(), total);
    return table;
  }

  private static void row(Table table, String name, long[] row) {
    table.row(name, Long.toString(row[0]), String.format(Locale.ROOT, "%.2f", row[1] / MIB),
        String.format(Locale.ROOT, "%.2f", row[2] / MIB),
        String.format(Locale.ROOT, "%.1f", row[2] == 0 ? 0 : 100.0 * (row[2] - row[1]) / row[2]));
  }

  String samples() {
    StringBuilder text = new StringBuilder("subject,round,operation,live,resident\n");
    for (SubjectKind subject : subjects) {
      with(subject, "samples").forEach(fork -> fork.getAsJsonArray("samples").forEach(sample -> {
        JsonArray row = sample.getAsJsonArray();
        text.append(subject).append(',').append(fork.get("round")).append(',').append(row.get(0)).append(',')
            .append(row.get(1)).append(',').append(row.get(2)).append('\n');
      }));
    }
    return text.toString();
  }
}

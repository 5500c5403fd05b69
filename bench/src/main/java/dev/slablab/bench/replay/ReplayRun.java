package dev.slablab.bench.replay;

import module java.base;
import com.google.gson.JsonObject;
import dev.slablab.bench.machine.Proc;
import dev.slablab.bench.subject.SubjectKind;
import dev.slablab.bench.sweep.RunFolder;
import org.jspecify.annotations.Nullable;

/** Runs a job against subjects: every subject once a round, in seeded random order, each in forks of its own. */
public final class ReplayRun {
  private static final int FAILED = 2;
  private static final long TELL_NANOS = 5_000_000_000L;

  private final Job job;
  private final List<SubjectKind> subjects;
  private final int rounds;
  private final PrintWriter out;
  private final PrintWriter err;
  private final long start = System.nanoTime();
  private long told = start;

  /** A run to be: the first subject is what the others are compared with; {@code err} is for progress. */
  public ReplayRun(Job job, List<String> subjects, int rounds, PrintWriter out, PrintWriter err) {
    this.job = job;
    this.subjects = subjects.stream().map(name -> SubjectKind.of(name, SubjectKind.general())).distinct().toList();
    this.rounds = rounds;
    this.out = out;
    this.err = err;
  }

  /** {@return the traces that come with the lab, a line each} */
  public static String shipped() {
    return String.join("\n", TraceReader.SHIPPED) + "\n";
  }

  private record Cell(SubjectKind subject, boolean memory) {}

  /** Runs; 0, or 2 when a fork failed. {@code command} is how to repeat it; no folder, no files. */
  public int run(String command, @Nullable Path folder) throws IOException {
    Trace trace = job.trace();
    Path saved = ForkProcess.save(trace);
    subjects.forEach(SubjectKind::checkAvailable);
    RunFolder files = folder == null ? null : new RunFolder(folder, command);
    List<JsonObject> forks = new ArrayList<>();
    List<Cell> cells = new ArrayList<>();
    for (SubjectKind subject : subjects) {
      cells.add(new Cell(subject, true));
      if (job.passes() > 0) {
        cells.add(new Cell(subject, false));
      }
    }
    int failed = 0;
    for (int round = 0; round < rounds; round++) {
      Collections.shuffle(cells, new Random(job.seed() * 31 + round));
      for (Cell cell : cells) {
        JsonObject fork = fork(cell, trace, saved, round, forks.size(), rounds * cells.size());
        forks.add(fork);
        failed += fork.has("error") ? 1 : 0;
        if (files != null) {
          files.append(fork);
        }
      }
    }
    ReplayReport report = new ReplayReport(trace, job, subjects, forks);
    out.print(report.text(false));
    if (files != null && folder != null) {
      files.write("summary.md", report.text(true));
      files.write("samples.csv", report.samples());
      out.println("files: " + folder.toAbsolutePath());
    }
    out.flush();
    if (failed > 0) {
      err.println("slablab: failed forks = " + failed + " of " + forks.size() + ": "
          + forks.stream().filter(fork -> fork.has("error")).findFirst()
              .map(fork -> fork.get("subject").getAsString() + ": " + fork.get("error").getAsString()).orElse(""));
    }
    return failed > 0 ? FAILED : 0;
  }

  private JsonObject fork(Cell cell, Trace trace, Path saved, int round, int done, int total) throws IOException {
    String what = String.format(Locale.ROOT, "[%3d/%d] round %d  %-14s %-6s", done + 1, total, round + 1,
        cell.subject(), cell.memory() ? "memory" : "time");
    Proc.Activity before = Proc.Activity.now();
    JsonObject result = ForkProcess.run(ForkProcess.command(job, trace, cell.subject(), cell.memory(), saved),
        text -> progress(what + " " + text), ForkProcess.LIMIT_SECONDS + job.idle());
    Proc.Activity after = Proc.Activity.now();
    JsonObject line = new JsonObject();
    line.addProperty("round", round);
    line.addProperty("subject", cell.subject().name());
    line.addProperty("role", cell.subject() == subjects.getFirst() ? "BASELINE" : "SUBJECT");
    line.addProperty("memory", cell.memory());
    result.entrySet().forEach(entry -> line.add(entry.getKey(), entry.getValue()));
    line.addProperty("stealTicks", after.stealTicks() - before.stealTicks());
    line.addProperty("contextSwitches", after.switches() - before.switches());
    line.addProperty("load", after.load());
    long left = (System.nanoTime() - start) / (done + 1) * (total - done - 1) / 1_000_000_000;
    String found = line.has("error") ? "FAILED" : cell.memory()
        ? ReplayReport.number(line, "meanRatio", 1, "%.3f resident/live") : ReplayReport.number(line, "nsPerOp", 1,
        "%.1f ns/op");
    err.printf(Locale.ROOT, "%s%s %s  ETA %d:%02d%n", terminal() ? "\r" : "", what, found, left / 60, left % 60);
    told = System.nanoTime();
    return line;
  }

  /** On a terminal at once and in place, else a line every few seconds. */
  private void progress(String text) {
    boolean terminal = terminal();
    if (terminal || System.nanoTime() - told > TELL_NANOS) {
      told = System.nanoTime();
      err.print(terminal ? "\r" + text : text + System.lineSeparator());
      err.flush();
    }
  }

  private static boolean terminal() {
    return Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
  }
}

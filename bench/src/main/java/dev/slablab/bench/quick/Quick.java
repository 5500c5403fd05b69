package dev.slablab.bench.quick;

import module java.base;
import dev.slablab.bench.quick.Plan.Cell;
import org.openjdk.jmh.runner.RunnerException;

/** Runs a plan: every cell once a round, every fork told, recorded at once and never dropped. */
public final class Quick {
  private static final int FAILED = 2;

  private final Plan plan;
  private final PrintWriter out;
  private final PrintWriter err;

  /** A run to be: the table goes to {@code out}, progress to {@code err}. */
  public Quick(Plan plan, PrintWriter out, PrintWriter err) {
    this.plan = plan;
    this.out = out;
    this.err = err;
  }

  /** Runs the plan; 0, or 2 when a fork failed. {@code command} is how to repeat it. */
  public int run(String command) throws IOException, RunnerException {
    RunFolder folder = new RunFolder(plan.out(), command);
    ForkRunner runner = new ForkRunner(folder.file("jmh.log"), plan.iterationMillis());
    List<ForkRecord> forks = new ArrayList<>();
    int total = plan.rounds() * plan.cells().size();
    err.println(total + " forks: " + plan.rounds() + " rounds of " + plan.cells().size() + " cells; files in "
        + plan.out());
    long start = System.nanoTime();
    for (int round = 0; round < plan.rounds() && fits(round, start); round++) {
      List<Cell> cells = plan.round(round);
      for (int order = 0; order < cells.size() && (round == 0 || !late(start)); order++) {
        ForkRecord fork = runner.run(cells.get(order), round, order);
        folder.append(fork);
        forks.add(fork);
        tell(fork, forks.size(), total, System.nanoTime() - start);
      }
    }
    Summary summary = new Summary(forks, plan.seed());
    folder.finish(summary, runner.jmhJson());
    out.println("WEB_SOCKET, API_GATEWAY: release one of so many live buffers at random, allocate one of another size,"
        + " write both ends.");
    out.println("trace: the allocations and frees of a recorded program, first byte of each page written.");
    out.println("pair: free one of a ring of 64 live objects, allocate its successor. One thread each.");
    out.println();
    out.print(summary.table());
    out.println();
    summary.notes().forEach(out::println);
    out.println("files: " + plan.out().toAbsolutePath());
    out.flush();
    if (summary.failed() > 0) {
      err.println("slablab: failed forks = " + summary.failed() + " of " + forks.size() + ": see "
          + folder.file("jmh.log"));
      return FAILED;
    }
    return 0;
  }

  /** A round that takes longer than those before is broken off; what it has measured counts where it has a baseline. */
  private boolean late(long start) {
    return plan.budgetSeconds() > 0 && System.nanoTime() - start > plan.budgetSeconds() * 1_000_000_000L;
  }

  private boolean fits(int round, long start) {
    double seconds = (System.nanoTime() - start) / 1e9;
    boolean fits = round == 0 || plan.budgetSeconds() == 0 || seconds + seconds / round <= plan.budgetSeconds();
    if (!fits) {
      err.printf(Locale.ROOT, "stopped after %d of %d rounds: the next would not end within %d s (--budget)%n", round,
          plan.rounds(), plan.budgetSeconds());
    }
    return fits;
  }

  private void tell(ForkRecord fork, int done, int total, long nanos) {
    Duration left = Duration.ofNanos(nanos / done * (total - done));
    Duration budget = Duration.ofSeconds(plan.budgetSeconds()).minusNanos(nanos);
    if (plan.budgetSeconds() > 0 && left.compareTo(budget) > 0) {
      left = budget.isNegative() ? Duration.ZERO : budget;
    }
    String what = fork.nsPerOp() == null ? "FAILED: " + fork.error()
        : String.format(Locale.ROOT, "%.2f ns", fork.nsPerOp());
    err.printf(Locale.ROOT, "[%3d/%d] round %d  %-16s %-16s  %-14s ETA %d:%02d%n", done, total, fork.round() + 1,
        fork.cell().subject(), fork.cell().workload().label(), what, left.toMinutes(),
        left.toSecondsPart());
  }
}

package dev.slablab.bench.sweep;

import module java.base;
import org.openjdk.jmh.runner.RunnerException;

/** Runs a plan: every cell once a round, every fork told, recorded at once and never dropped. */
public final class Sweep {
  private static final int FAILED = 2;
  private static final int INTERRUPTED = 130;
  /** For the files of an interrupted run. */
  private static final int GRACE_SECONDS = 10;

  private final Plan plan;
  private final RunFolder folder;
  private final Forks runner;
  private final int budgetSeconds;
  private final PrintWriter out;
  private final PrintWriter err;
  private final List<Fork> forks = new ArrayList<>();
  private volatile boolean stopped;

  /** Who runs a fork. */
  interface Forks {
    /** Runs one; throws when JMH did not even begin because another run holds its lock. */
    Fork run(Cell cell, int round, int order) throws IOException, RunnerException;
  }

  /** What becomes of the forks: files, text, and the exit status if none failed. */
  interface View {
    /** Shows them. */
    int show(Plan plan, List<Fork> forks, RunFolder folder, PrintWriter out) throws IOException;
  }

  /**
   * A run to be: results go to {@code out}, progress to {@code err}. No fork begins after {@code budgetSeconds}, and no
   * round that would probably end later; 0 = no limit.
   */
  public Sweep(RunFolder folder, int budgetSeconds, PrintWriter out, PrintWriter err) throws IOException {
    this(folder, new JmhForks(folder, folder.plan().millis(), 1), budgetSeconds, out, err);
  }

  Sweep(RunFolder folder, Forks runner, int budgetSeconds, PrintWriter out, PrintWriter err) throws IOException {
    plan = folder.plan();
    this.folder = folder;
    this.runner = runner;
    this.budgetSeconds = budgetSeconds;
    this.out = out;
    this.err = err;
  }

  /** Runs what is not recorded yet; the view's status, or 2 when a fork failed, or 130 when it was interrupted. */
  public int run() throws IOException, RunnerException {
    CountDownLatch ended = new CountDownLatch(1);
    Thread hook = new Thread(() -> stop(ended));
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      measure();
      folder.write("jmh.json", JmhJson.of(folder));
      if (forks.size() == plan.rounds() * plan.cells().size()) {
        JmhJson.forget(folder);
      }
      int status = Goals.view(plan).show(plan, forks, folder, out);
      out.println("files: " + Path.of(folder.toString()).toAbsolutePath());
      long failed = forks.stream().filter(fork -> fork.error() != null).count();
      if (failed > 0) {
        err.println("slablab: failed forks = " + failed + " of " + forks.size() + ": see "
            + folder.file(RunFolder.LOG));
      }
      if (stopped) {
        err.println("interrupted: " + forks.size() + " forks are kept; sweep --resume "
            + RunFolder.quoted(folder.toString()) + " goes on");
      }
      return stopped ? INTERRUPTED : failed > 0 ? FAILED : status;
    } finally {
      ended.countDown();
      if (!stopped) {
        boolean _ = Runtime.getRuntime().removeShutdownHook(hook);
      }
    }
  }

  /** When the JVM is told to end, so is the fork, but not before what was measured is in its files. */
  private void stop(CountDownLatch ended) {
    stopped = true;
    ProcessHandle.current().descendants().forEach(fork -> {
      boolean _ = fork.destroy();
    });
    try {
      boolean _ = ended.await(GRACE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What is recorded is the beginning of the plan: the rest follows, each at its place. */
  private void measure() throws IOException, RunnerException {
    forks.addAll(folder.forks());
    int before = forks.size();
    int cells = plan.cells().size();
    int total = plan.rounds() * cells;
    err.println(total + " forks: " + plan.rounds() + " rounds of " + cells + " cells; files in " + folder
        + (before == 0 ? "" : "; " + before + " are there"));
    long start = System.nanoTime();
    for (int at = before; at < total; at++) {
      double seconds = (System.nanoTime() - start) / 1e9;
      double round = at % cells == 0 ? cells * seconds / (at - before) : 0;
      if (stopped || (at > before && at >= cells && !fits(seconds, round))) {
        return;
      }
      Fork fork = runner.run(plan.round(at / cells).get(at % cells), at / cells, at % cells);
      stopped |= fork.toldToEnd();
      if (stopped) {
        return;
      }
      if (fork.round() == 0 && fork.error() != null && !fork.values().isEmpty()) {
        throw new IllegalArgumentException(fork.error()); // a metric's name: the other forks would say no more
      }
      folder.append(fork);
      forks.add(fork);
      long passed = (System.nanoTime() - start) / 1_000_000_000;
      long left = passed * (total - at - 1) / (at - before + 1);
      tell(fork, at + 1, total, budgetSeconds == 0 ? left : Math.clamp(budgetSeconds - passed, 0, left));
    }
  }

  /** No fork begins too late, and no round that would end too late; what is measured counts where it has a baseline. */
  private boolean fits(double seconds, double more) {
    boolean fits = budgetSeconds == 0 || seconds + more <= budgetSeconds;
    if (!fits) {
      err.printf(Locale.ROOT, "stopped after %d of %d rounds: the next would not end within %d s (--budget)%n",
          forks.size() / plan.cells().size(), plan.rounds(), budgetSeconds);
    }
    return fits;
  }

  private void tell(Fork fork, int done, int total, long left) {
    String what = fork.error() != null ? "FAILED: " + fork.error()
        : String.format(Locale.ROOT, "%.2f %s", fork.value(), fork.cell().isTime() ? fork.unit() : "");
    err.printf(Locale.ROOT, "[%3d/%d] round %d  %-40s %-14s ETA %d:%02d%n", done, total, fork.round() + 1, fork.cell(),
        what, left / 60, left % 60);
  }
}

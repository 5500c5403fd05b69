package dev.slablab.bench.cli;

import module java.base;
import dev.slablab.bench.sweep.*;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.runner.RunnerException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** What {@code quick}, {@code sweep} and {@code goals} have in common. */
final class RunOptions {
  @Option(names = "--out", paramLabel = "DIR",
      description = "Folder for the results, empty or new (default: slablab-NAME-DATE-TIME here).")
  private @Nullable Path out;

  @Option(names = "--rounds", paramLabel = "1..1000", description = "How often each cell is run (default: 8, what a"
      + " claim needs, or as many of them as fit in the budget).")
  @Nullable Integer rounds;

  @Option(names = "--budget", paramLabel = "0..86400",
      description = "Seconds after which no fork begins; 0 = none (default; for quick without --rounds 170).")
  private @Nullable Integer budget;

  @Option(names = "--seed", paramLabel = "NUMBER", defaultValue = "1",
      description = "Of the order within rounds and of the statistics (default: 1).")
  private long seed;

  @Option(names = "--iteration", paramLabel = "1..60000",
      description = "Milliseconds of an iteration, of which there are ten in a fork (default: 200; for quick 40).")
  private @Nullable Integer iteration;

  @Option(names = "--dry-run", description = "Only say what would be run, and for how long.")
  boolean dryRun;

  /** Runs a plan with these rounds; the numbers are defaults. */
  int run(CommandSpec spec, Plan what, int seconds, int millis) throws IOException, RunnerException {
    Plan plan = with(what, millis);
    Path to = out != null ? out : Path.of("slablab-" + spec.name() + "-" + LocalDateTime.now(ZoneId.systemDefault())
        .format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss")));
    RunFolder.checkFree(to);
    plan.checkJvms();
    if (dryRun) {
      spec.commandLine().getOut().print(plan.describe());
      return 0;
    }
    return run(spec, new RunFolder(to, LabCommand.command(spec), plan), seconds);
  }

  Plan with(Plan what, int millis) {
    int times = rounds == null ? Plan.ROUNDS : rounds;
    int length = iteration == null ? millis : iteration;
    LabCommand.check("--rounds", times, 1, 1000);
    LabCommand.check("--iteration", length, 1, 60_000);
    LabCommand.check("--budget", budget == null ? 0 : budget, 0, 86_400);
    return what.with(times, seed, length);
  }

  int run(CommandSpec spec, RunFolder folder, int seconds) throws IOException, RunnerException {
    int most = budget == null ? seconds : budget;
    LabCommand.check("--budget", most, 0, 86_400);
    return new Sweep(folder, most, spec.commandLine().getOut(), spec.commandLine().getErr()).run();
  }
}

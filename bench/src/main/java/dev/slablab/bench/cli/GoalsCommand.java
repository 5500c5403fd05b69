package dev.slablab.bench.cli;

import module java.base;
import dev.slablab.bench.goals.Goals;
import picocli.CommandLine.*;
import picocli.CommandLine.Model.CommandSpec;

/** {@code goals}: the performance goals, decided. */
@Command(name = "goals", description = "Decides the performance goals P1 to P7 as far as they can be asked, in"
    + " interleaved rounds. Exit status 1: one is missed, 3: one is undecided.")
final class GoalsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help.")
  @SuppressWarnings("unused") // picocli acts on it
  private boolean help;

  @Parameters(arity = "0..*", paramLabel = "GOAL", description = "P1 to P7, LIMIT: both slabs on both sides of 16"
      + " KiB, or COST: of the statistics (default: all).")
  private List<String> goals = List.of();

  @Option(names = "--out", paramLabel = "DIR", required = true, description = "Folder for the results.")
  private Path out = Path.of("");

  @Option(names = "--rounds", paramLabel = "1..1000", defaultValue = "8", description = "Rounds (default: 8).")
  private int rounds;

  @Option(names = "--seed", paramLabel = "NUMBER", defaultValue = "1", description = "Of order and statistics (1).")
  private long seed;

  @Option(names = "--iteration", paramLabel = "1..60000", defaultValue = "200",
      description = "Milliseconds of an iteration (default: 200).")
  private int iteration;

  @Override
  public Integer call() throws IOException {
    LabCommand.check("--rounds", rounds, 1, 1000);
    return new Goals(goals, out, rounds, seed, iteration)
        .run(LabCommand.command(spec), spec.commandLine().getOut(), spec.commandLine().getErr());
  }
}

package dev.slablab.bench.cli;

import module java.base;
import dev.slablab.bench.sweep.*;
import org.openjdk.jmh.runner.RunnerException;
import picocli.CommandLine.*;
import picocli.CommandLine.Model.CommandSpec;

/** {@code goals}: the performance goals, decided. */
@Command(name = "goals", description = "Decides the performance goals P1 to P7 as far as they can be asked, in"
    + " interleaved rounds. Exit status 1: one is missed, 3: one is undecided.")
final class GoalsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private RunOptions options = new RunOptions();

  @Parameters(arity = "0..*", paramLabel = "GOAL", description = "P1 to P7, LIMIT: both slabs on both sides of 16"
      + " KiB, or COST: of the statistics (default: all).")
  private List<String> goals = List.of();

  @Override
  public Integer call() throws IOException, RunnerException {
    return options.run(spec, new Goals(goals).plan(), 0, Plan.MILLIS);
  }
}

package dev.slablab.bench.cli;

import module java.base;
import dev.slablab.bench.report.Table;
import dev.slablab.bench.sweep.*;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.runner.RunnerException;
import picocli.CommandLine.*;
import picocli.CommandLine.Model.*;

/** {@code sweep}: interleaved comparisons of any benchmark's parameters. */
@Command(name = "sweep", description = "Compares cells in interleaved rounds, a fork per cell and round, with controls"
    + " and verdicts. The first of --param, --jvm-args, --threads that has several values is compared, its first value"
    + " is the baseline; each combination of the others is a comparison of its own.")
final class SweepCommand implements Callable<Integer> {
  private static final Set<String> OF_A_PLAN = Set.of("--rounds", "--seed", "--iteration", "--param", "--metric",
      "--threads", "--jvm-args");

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private RunOptions options = new RunOptions();

  @Parameters(arity = "0..1", paramLabel = "PRESET|BENCHMARK", description = "A preset (see --list), or parts of"
      + " benchmarks' names with commas between.")
  private @Nullable String target;

  @Option(names = "--list", description = "List the presets.")
  private boolean list;

  @Option(names = "--param", paramLabel = "NAME=VALUES", description = "A parameter of the benchmarks, tunables too:"
      + " 1,2,4..64 (doubles) or 1..9+2 (adds); A/B=0/1,2/3 varies two together.")
  private List<String> params = List.of();

  @Option(names = "--threads", paramLabel = "NUMBERS", description = "Threads, likewise (default: 1).")
  private @Nullable String threads;

  @Option(names = "--jvm-args", paramLabel = "ARGS", description = "Arguments of the forks, as -XX:+UseZGC; given"
      + " again, one more value.")
  private List<String> jvmArgs = List.of();

  @Option(names = "--metric", paramLabel = "NAME", defaultValue = Grid.SCORE, description = "What is compared, for"
      + " instance grow_p99 (default: the time of an operation).")
  private String metric = "";

  @Option(names = "--resume", paramLabel = "DIR", description = "Go on with an interrupted sweep, quick or goals."
      + " It needs no other option; a plan that is given must be the same.")
  private @Nullable Path resume;

  @Override
  public Integer call() throws IOException, RunnerException {
    if (list) {
      Table table = new Table("preset", ">cells", "question");
      Preset.ALL.forEach(one -> table.row(one.name(), "" + one.plan().cells().size(), one.question()));
      spec.commandLine().getOut().print(table);
      return 0;
    }
    if (target == null && resume == null) {
      throw new IllegalArgumentException("PRESET|BENCHMARK: is missing; see sweep --list, or -l for the benchmarks");
    }
    if (resume == null) {
      return options.run(spec, plan(String.valueOf(target)), 0, Plan.MILLIS);
    }
    if (options.dryRun) {
      throw new IllegalArgumentException("--dry-run: goes with a new sweep, not with --resume");
    }
    for (OptionSpec option : spec.commandLine().getParseResult().matchedOptions()) {
      String name = option.longestName();
      if (name.equals("--out") || (target == null && OF_A_PLAN.contains(name))) {
        throw new IllegalArgumentException(name + ": does not go with --resume" + (target == null ? " alone" : "")
            + ", which goes on as the sweep began");
      }
    }
    RunFolder folder = RunFolder.of(resume);
    folder.resume(target == null ? folder.plan() : options.with(plan(target), Plan.MILLIS), LabCommand.command(spec),
        spec.commandLine().getErr());
    return options.run(spec, folder, 0);
  }

  private Plan plan(String what) {
    Map<String, List<String>> dimensions = new LinkedHashMap<>();
    params.forEach(param -> Grid.add(dimensions, param));
    if (!jvmArgs.isEmpty()) {
      dimensions.put(Grid.JVM, jvmArgs);
    }
    if (threads != null) {
      Grid.add(dimensions, Grid.THREADS + "=" + threads);
    }
    boolean free = !dimensions.isEmpty() || !metric.equals(Grid.SCORE);
    return Preset.ALL.stream().filter(one -> one.name().equals(what) && !free).findFirst().map(Preset::plan)
        .orElseGet(() -> new Grid(List.of(what.split(",", -1)), dimensions, metric).plan(what));
  }
}

package dev.slablab.bench.cli;

import dev.slablab.bench.quick.Plan;
import dev.slablab.bench.quick.Quick;
import dev.slablab.bench.subject.SubjectKind;
import dev.slablab.bench.suite.Parameters;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.runner.RunnerException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code quick}: the headline comparison in three minutes. */
@Command(name = "quick", description = "The headline comparison in at most 3 minutes on two cores: a pair of free and"
    + " alloc for every subject, in interleaved rounds, with controls and verdicts.")
final class QuickCommand implements Callable<Integer> {
  /** As many as a claim needs; an idle machine with two cores does them within the budget. */
  private static final int DEFAULT_ROUNDS = 8;
  /** Leaves ten seconds of the three minutes for the start and the statistics. */
  private static final int DEFAULT_BUDGET = 170;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help.")
  @SuppressWarnings("unused") // picocli acts on it
  private boolean help;

  @Option(names = "--out", paramLabel = "DIR",
      description = "Folder for the results, empty or new (default: slablab-quick-DATE-TIME here).")
  private @Nullable Path out;

  @Option(names = "--rounds", paramLabel = "1..1000",
      description = "How often each cell is run (default: 8, or as many of them as fit in the budget).")
  private @Nullable Integer rounds;

  @Option(names = "--budget", paramLabel = "0..86400",
      description = "Seconds after which no fork begins; 0 = none (default: 170, or none with --rounds).")
  private @Nullable Integer budget;

  @Option(names = "--seed", paramLabel = "NUMBER", defaultValue = "1",
      description = "Of the order within rounds and of the statistics (default: 1).")
  private long seed;

  @Option(names = "--subjects", paramLabel = "NAME", split = ",",
      description = "Who is compared with SLABLAB (default: all).")
  private List<String> subjects = List.of();

  @Option(names = "--sizes", paramLabel = "BYTES", split = ",", defaultValue = "64,16384",
      description = "Object sizes (default: 64,16384).")
  private List<String> sizes = List.of();

  @Option(names = "--iteration", hidden = true, paramLabel = "1..60000", defaultValue = "100",
      description = "Milliseconds of an iteration.")
  private int iteration;

  @Override
  public Integer call() throws IOException, RunnerException {
    check("--rounds", rounds, 1, 1000);
    check("--budget", budget, 0, 86_400);
    check("--iteration", iteration, 1, 60_000);
    List<SubjectKind> kinds = subjects.isEmpty() ? List.of(SubjectKind.values())
        : subjects.stream().map(Parameters::subject).distinct().toList();
    List<Integer> bytes = sizes.stream().map(size -> Parameters.size("--sizes", size)).distinct().toList();
    int seconds = budget != null ? budget : rounds == null ? DEFAULT_BUDGET : 0;
    Path folder = out != null ? out
        : Path.of("slablab-quick-" + LocalDateTime.now(ZoneId.systemDefault())
            .format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss")));
    Plan plan = new Plan(kinds, bytes, rounds == null ? DEFAULT_ROUNDS : rounds, seconds, seed, iteration, folder);
    String command = "java -jar benchmarks.jar " + String.join(" ", spec.commandLine().getParent().getParseResult()
        .originalArgs());
    return new Quick(plan, spec.commandLine().getOut(), spec.commandLine().getErr()).run(command);
  }

  private static void check(String name, @Nullable Integer value, int min, int max) {
    if (value != null && (value < min || value > max)) {
      throw new IllegalArgumentException(name + " = " + value + ": must be " + min + ".." + max);
    }
  }
}

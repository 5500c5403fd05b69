package dev.slablab.bench.cli;

import module java.base;
import dev.slablab.bench.quick.*;
import dev.slablab.bench.quick.Workload.Kind;
import dev.slablab.bench.replay.TraceLoop;
import dev.slablab.bench.suite.*;
import dev.slablab.bench.suite.Parameters;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.runner.RunnerException;
import picocli.CommandLine.*;
import picocli.CommandLine.Model.CommandSpec;

/** {@code quick}: the headline comparison in three minutes. */
@Command(name = "quick", description = "The headline comparisons in at most 3 minutes on two cores: buffers of real"
    + " sizes beside Netty's, a pair of free and alloc, and a recorded program, in interleaved"
    + " rounds, with controls and verdicts.")
final class QuickCommand implements Callable<Integer> {
  /** As many as a claim needs: 14 forks each. */
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

  @Option(names = "--workloads", paramLabel = "LIVE|PAIR|TRACE", split = ",", defaultValue = "LIVE,PAIR,TRACE",
      description = "What is compared: a random live set of buffers, the hot pair, a recorded program (default: all).")
  private List<Kind> workloads = List.of();

  @Option(names = "--live", paramLabel = "BUFFERS", split = ",", defaultValue = "1024",
      description = "Live buffers of the live set, powers of two (default: 1024).")
  private List<String> live = List.of();

  @Option(names = "--subjects", paramLabel = "NAME", split = ",", defaultValue = "HEAP,NATIVE_MALLOC",
      description = "Who is compared with SLABLAB in the pair (default: HEAP,NATIVE_MALLOC).")
  private List<String> subjects = List.of();

  @Option(names = "--sizes", paramLabel = "BYTES", split = ",", defaultValue = "64",
      description = "Object sizes of the pair (default: 64).")
  private List<String> sizes = List.of();

  @Option(names = "--iteration", hidden = true, paramLabel = "1..60000", defaultValue = "50",
      description = "Milliseconds of an iteration.")
  private int iteration;

  @Override
  public Integer call() throws IOException, RunnerException {
    int times = rounds == null ? DEFAULT_ROUNDS : rounds;
    int seconds = budget != null ? budget : rounds == null ? DEFAULT_BUDGET : 0;
    LabCommand.check("--rounds", times, 1, 1000);
    LabCommand.check("--budget", seconds, 0, 86_400);
    LabCommand.check("--iteration", iteration, 1, 60_000);
    Path folder = out != null ? out
        : Path.of("slablab-quick-" + LocalDateTime.now(ZoneId.systemDefault())
            .format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss")));
    Plan plan = new Plan(chosen(), times, seconds, seed, iteration, folder);
    return new Quick(plan, spec.commandLine().getOut(), spec.commandLine().getErr()).run(LabCommand.command(spec));
  }

  private List<Workload> chosen() {
    List<String> peers = subjects.stream().map(name -> Parameters.subject(name).name()).distinct().toList();
    List<Workload> all = new ArrayList<>();
    for (Kind kind : workloads.stream().distinct().toList()) {
      switch (kind) {
        case LIVE -> {
          for (String buffers : live) {
            Parameters.check("live", buffers);
            for (Mixture mixture : Mixture.values()) {
              all.add(Workload.live(mixture, Integer.parseInt(buffers)));
            }
          }
        }
        case PAIR -> sizes.forEach(size -> all.add(Workload.pair(Parameters.size("--sizes", size), peers)));
        case TRACE -> all.add(Workload.trace(TraceLoop.names().getFirst()));
        case NONE -> { } // the control runs in any case
      }
    }
    return all.stream().distinct().toList();
  }
}

package dev.slablab.bench.cli;

import module java.base;
import dev.slablab.bench.replay.TraceLoop;
import dev.slablab.bench.suite.*;
import dev.slablab.bench.suite.Parameters;
import dev.slablab.bench.sweep.*;
import org.openjdk.jmh.runner.RunnerException;
import picocli.CommandLine.*;
import picocli.CommandLine.Model.CommandSpec;

/** {@code quick}: the headline comparison in three minutes. */
@Command(name = "quick", description = "The headline comparisons in at most 3 minutes on two cores: buffers of real"
    + " sizes beside Netty's, a pair of free and alloc, and a recorded program, in interleaved"
    + " rounds, with controls and verdicts.")
final class QuickCommand implements Callable<Integer> {
  /** Leaves ten seconds of the three minutes for the start and the statistics. */
  private static final int DEFAULT_BUDGET = 170;
  private static final int ITERATION_MILLIS = 40;

  /** What can be compared. */
  enum Kind {
    LIVE, PAIR, TRACE
  }

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private RunOptions options = new RunOptions();

  @Option(names = "--workloads", paramLabel = "LIVE|PAIR|TRACE", split = ",", defaultValue = "LIVE,PAIR,TRACE",
      description = "What is compared: a random live set of buffers, the hot pair, a recorded program (default: all).")
  private List<Kind> workloads = List.of();

  @Option(names = "--live", paramLabel = "BUFFERS", split = ",", defaultValue = "1024",
      description = "Live buffers of the live set, powers of two (default: 1024).")
  private List<String> live = List.of();

  @Option(names = "--subjects", paramLabel = "NAME", split = ",", defaultValue = "HEAP",
      description = "Who is compared with SLABLAB in the pair (default: HEAP; more take rounds from the 3 minutes).")
  private List<String> subjects = List.of();

  @Option(names = "--sizes", paramLabel = "BYTES", split = ",", defaultValue = "64",
      description = "Object sizes of the pair (default: 64).")
  private List<String> sizes = List.of();

  @Override
  public Integer call() throws IOException, RunnerException {
    return options.run(spec, plan(), options.rounds == null ? DEFAULT_BUDGET : 0, ITERATION_MILLIS);
  }

  private Plan plan() {
    Set<String> peers = new LinkedHashSet<>(List.of("SLABLAB"));
    subjects.forEach(name -> peers.add(Parameters.subject(name).name()));
    Set<Cell> cells = new LinkedHashSet<>();
    for (Kind kind : workloads) {
      switch (kind) {
        case LIVE -> live.forEach(buffers -> Stream.of(Mixture.values()).forEach(mixture -> cells.addAll(
            Grid.of("LiveSet.slabBuf,LiveSet.nettyAdaptive mixture=" + mixture + " live=" + buffers)
                .cells(mixture + " " + buffers))));
        case PAIR -> sizes.forEach(size -> cells.addAll(Grid.of("Peers subject=" + String.join(",", peers) + " size="
            + Parameters.size("--sizes", size)).cells("pair " + size + " B")));
        case TRACE -> cells.addAll(Grid.of("TraceReplay.slablab,TraceReplay.nettyAdaptive trace="
            + TraceLoop.names().getFirst()).cells("trace " + TraceLoop.names().getFirst()));
      }
    }
    return Plan.of("quick", """
        The headline comparisons.
        WEB_SOCKET, API_GATEWAY: release one of so many live buffers at random, allocate one of another size, write \
        both ends.
        trace: the allocations and frees of a recorded program, first byte of each page written.
        pair: free one of a ring of 64 live objects, allocate its successor. One thread each.""",
        List.copyOf(cells), List.of());
  }
}

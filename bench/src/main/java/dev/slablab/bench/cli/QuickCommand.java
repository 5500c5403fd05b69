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
  private static final int ITERATION_MILLIS = 50;

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

  @Option(names = "--subjects", paramLabel = "NAME", split = ",", defaultValue = "HEAP,NATIVE_MALLOC",
      description = "Who is compared with SLABLAB in the pair (default: HEAP,NATIVE_MALLOC).")
  private List<String> subjects = List.of();

  @Option(names = "--sizes", paramLabel = "BYTES", split = ",", defaultValue = "64",
      description = "Object sizes of the pair (default: 64).")
  private List<String> sizes = List.of();

  @Override
  public Integer call() throws IOException, RunnerException {
    return options.run(spec, chosen().plan(), options.rounds == null ? DEFAULT_BUDGET : 0, ITERATION_MILLIS);
  }

  private Quick chosen() {
    List<String> peers = subjects.stream().map(name -> Parameters.subject(name).name()).toList();
    Quick quick = new Quick();
    for (Kind kind : workloads) {
      switch (kind) {
        case LIVE -> {
          for (String buffers : live) {
            Parameters.check("live", buffers);
            Stream.of(Mixture.values()).forEach(mixture -> quick.live(mixture.name(), buffers));
          }
        }
        case PAIR -> sizes.forEach(size -> quick.pair(Integer.toString(Parameters.size("--sizes", size)), peers));
        case TRACE -> quick.trace(TraceLoop.names().getFirst());
      }
    }
    return quick;
  }
}

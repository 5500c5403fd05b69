package dev.slablab.bench.cli;

import module java.base;
import dev.slablab.bench.replay.*;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** What {@code replay} and {@code footprint} have in common. */
final class ReplayOptions {
  @Option(names = "--subjects", paramLabel = "NAME", split = ",", defaultValue = "SLABLAB",
      description = "SLABLAB, SLABLAB_LINUX, HEAP, ARENA, NATIVE_MALLOC, MIMALLOC, JEMALLOC, NETTY_POOLED,"
          + " NETTY_ADAPTIVE, NETTY_UNPOOLED; the others are compared with the first (default: SLABLAB).")
  private List<String> subjects = List.of();

  @Option(names = "--rounds", paramLabel = "1..1000", defaultValue = "1",
      description = "How often each subject runs, in forks of its own (default: 1; a claim needs 8). A fork that"
          + " is silent for 300 s, or as much longer as it is to idle, has failed.")
  private int rounds;

  @Option(names = "--seed", paramLabel = "NUMBER", defaultValue = "1", description = "Of order and statistics (1).")
  long seed;

  @Option(names = "--out", paramLabel = "DIR", description = "Folder for the results, empty or new (default: none).")
  private @Nullable Path out;

  int run(CommandSpec spec, Job job) throws IOException {
    LabCommand.check("--rounds", rounds, 1, 1000);
    CommandLine line = spec.commandLine();
    return new ReplayRun(job, subjects, rounds, line.getOut(), line.getErr()).run(LabCommand.command(spec), out);
  }
}

package dev.slablab.bench.cli;

import module java.base;
import dev.slablab.bench.replay.Job;
import dev.slablab.bench.replay.Job.Source;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.*;
import picocli.CommandLine.Model.CommandSpec;

/** {@code footprint}: resident bytes per live byte. */
@Command(name = "footprint", description = "Resident bytes per live byte: through a trace, through a burst and the idle"
    + " time behind it, or on a live set with a given distribution of sizes. The samples go to --out.")
final class FootprintCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ReplayOptions options = new ReplayOptions();

  @Parameters(arity = "0..1", paramLabel = "TRACE", description = "A file, or a shipped trace (see replay --list).")
  private @Nullable String trace;

  @Option(names = "--concurrent", description = "Each thread of the trace at its own pace (default: the file's order).")
  private boolean concurrent;

  @Option(names = "--burst", description = "Allocate --live-bytes in sizes up to 64 KiB, free all, idle, reap.")
  private boolean burst;

  @Option(names = "--distribution", paramLabel = "FILE",
      description = "Lines of size, allocation rate, live count; sizes above a 16th of --live-bytes are left out.")
  private @Nullable String distribution;

  @Option(names = "--live-bytes", paramLabel = "1..1048576 MiB", defaultValue = "64",
      description = "MiB of the burst or of the live set (default: 64).")
  private long liveMiB;

  @Option(names = "--idle", paramLabel = "0..3600 s", defaultValue = "" + Job.IDLE,
      description = "Seconds of rest behind it (default: ${DEFAULT-VALUE}); ageing takes up to twice cache_delay.")
  private long idle;

  @Override
  public Integer call() throws IOException {
    int given = (trace == null ? 0 : 1) + (burst ? 1 : 0) + (distribution == null ? 0 : 1);
    if (given != 1) {
      throw new IllegalArgumentException("TRACE, --burst, --distribution: must be exactly one of them, not " + given);
    }
    LabCommand.check("--live-bytes", liveMiB, 1, 1 << 20);
    LabCommand.check("--idle", idle, 0, 3600);
    Source source = burst ? Source.BURST : trace != null ? Source.TRACE : Source.DISTRIBUTION;
    String name = trace != null ? trace : distribution != null ? distribution : "";
    return options.run(spec, new Job(source, name, liveMiB << 20, options.seed, concurrent, 0, 0, idle));
  }
}

package dev.slablab.bench.cli;

import module java.base;
import dev.slablab.bench.replay.*;
import dev.slablab.bench.report.SlabTop;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.*;
import picocli.CommandLine.Model.CommandSpec;

/** {@code replay}: a recorded program against any allocator. */
@Command(name = "replay", description = "Replays a recorded program: checks every block, then measures time and memory."
    + " Needs a trace in the text format of Android's memory_replay, plain or gzip.")
final class ReplayCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ReplayOptions options = new ReplayOptions();

  @Parameters(arity = "0..1", paramLabel = "TRACE", description = "A file, or a shipped trace (see --list).")
  private @Nullable String trace;

  @Option(names = "--list", description = "List the shipped traces.")
  private boolean list;

  @Option(names = "--ordered", description = "Keep the order of the file: one thread at a time (default).")
  private boolean ordered;

  @Option(names = "--concurrent", description = "Each thread of the trace at its own pace; a free or realloc waits "
      + "until its block is there.")
  private boolean concurrent;

  @Option(names = "--passes", paramLabel = "1..1000", defaultValue = "10", description = "Timed passes (default: 10).")
  private int passes;

  @Option(names = "--warm-up", paramLabel = "0..1000", defaultValue = "20", description = "Passes before them (20).")
  private int warmUp;

  @Option(names = "--slabtop", description = "First replay once on Slablab in the order of the file, and show its "
      + "caches as slabtop does, when most bytes are live.")
  private boolean slabtop;

  @Option(names = "--sort", paramLabel = "[" + SlabTop.KEYS + "]", description = "Order of --slabtop: a active"
      + " objects, b objects per slab, c bytes, l slabs, v active slabs, n name, o objects (default), p pages per slab,"
      + " s object size, u use.")
  private @Nullable Character sort;

  @Override
  public Integer call() throws IOException {
    if (list) {
      spec.commandLine().getOut().print(ReplayRun.shipped());
      return 0;
    }
    if (trace == null || (ordered && concurrent)) {
      throw new IllegalArgumentException(trace == null ? "TRACE: is missing, must be a file or a shipped trace; see"
          + " replay --list" : "--ordered and --concurrent: must not both be given");
    }
    LabCommand.check("--passes", passes, 1, 1000);
    LabCommand.check("--warm-up", warmUp, 0, 1000);
    if (sort != null && (SlabTop.KEYS.indexOf(sort) < 0 || !slabtop)) {
      throw new IllegalArgumentException("--sort = " + sort + ": must be a letter of " + SlabTop.KEYS
          + ", and go with --slabtop");
    }
    if (slabtop) {
      spec.commandLine().getOut().print(SlabTopPass.run(trace, sort == null ? 'o' : sort));
    }
    return options.run(spec, new Job(Job.Source.TRACE, trace, 0, options.seed, concurrent, warmUp, passes, Job.IDLE));
  }
}

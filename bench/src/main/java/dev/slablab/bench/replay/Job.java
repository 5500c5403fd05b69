package dev.slablab.bench.replay;

import module java.base;

/**
 * What is replayed, and how; it goes to the forks as JSON.
 *
 * @param source where the events come from
 * @param name of a trace or distribution; empty for a burst
 * @param bytes of a burst or a live set
 * @param seed of what is made, of the order of the forks and of the statistics
 * @param concurrent each thread at its own pace
 * @param warmUp passes before those that count
 * @param passes timed; 0 = memory only
 * @param idle seconds without an operation before memory is looked at once more
 */
public record Job(Source source, String name, long bytes, long seed, boolean concurrent, int warmUp, int passes,
    long idle) {
  /** What others than {@code footprint} wait. */
  public static final long IDLE = 2;

  /** Where events come from. */
  public enum Source {
    /** A recording. */
    TRACE,
    /** Allocate, free, idle. */
    BURST,
    /** A live set after a distribution of sizes. */
    DISTRIBUTION
  }

  Trace trace() throws IOException {
    if (source != Source.TRACE && bytes > TraceReader.available() / 2) {
      throw new IllegalArgumentException("--live-bytes = " + (bytes >> 20) + ": must be at most half of the memory this"
          + " machine has available, " + (TraceReader.available() >> 21) + " MiB");
    }
    return switch (source) {
      case TRACE -> TraceReader.read(name);
      case BURST -> Synthetic.burst(bytes, seed);
      case DISTRIBUTION -> Synthetic.distribution(Path.of(name), bytes, seed);
    };
  }
}

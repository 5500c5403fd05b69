package dev.slablab.bench.replay;

import module java.base;
import dev.slablab.bench.subject.*;
import dev.slablab.spec.Tunables;

/** A shipped trace on one thread, event after event and over and over, for benchmarks. Not thread-safe. */
public final class TraceLoop implements AutoCloseable {
  /** Bytes that are resident and that are live, in the mean of a pass before the timed ones. */
  public final MemoryUse memory;

  private final Trace trace;
  private final Subject blocks;
  private final IntConsumer step;
  private int next;

  private TraceLoop(Trace trace, Subject blocks) {
    this.trace = trace;
    this.blocks = blocks;
    this.step = Steps.timing(trace, blocks);
    var _ = ReplayFork.check(trace, blocks, false);
    memory = MemoryPass.mean(trace, blocks);
  }

  /** Opens an allocator that {@code replay --subjects} takes, and replays the trace once with every block checked. */
  public static TraceLoop open(String subject, String name, Tunables tunables) throws IOException {
    Trace trace = TraceReader.read(name);
    return new TraceLoop(trace, SubjectKind.of(subject, SubjectKind.general()).open(trace.shape(tunables)));
  }

  /** {@return the shipped traces} */
  public static List<String> names() {
    return TraceReader.SHIPPED;
  }

  /** {@return the number of the event that was just replayed, its pages touched} */
  public int step() {
    int event = next;
    step.accept(event);
    next = event + 1 == trace.events() ? 0 : event + 1;
    return event;
  }

  /** Replays the rest, so that all is freed, and lets the allocator prove it. */
  @Override
  public void close() {
    while (next != 0) {
      int _ = step();
    }
    Steps.checkAllFreed(trace, blocks);
    blocks.close();
  }
}

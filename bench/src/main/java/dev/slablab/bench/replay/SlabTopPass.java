package dev.slablab.bench.replay;

import module java.base;
import dev.slablab.*;
import dev.slablab.bench.report.SlabTop;
import dev.slablab.bench.subject.*;

/** One replay on Slablab in this JVM, in the order of the file, looked at when most bytes are live. */
public final class SlabTopPass {
  private SlabTopPass() {}

  /** {@return the table of {@code slabtop} at that moment, sorted by a key} */
  public static String run(String name, char key) throws IOException {
    Trace trace = TraceReader.read(name);
    StringBuilder text = new StringBuilder();
    AtomicLong live = new AtomicLong();
    Kmem kmem = Kmem.create();
    try (Subject blocks = SubjectKind.general(kmem, trace.shape())) {
      IntConsumer step = Steps.timing(trace, blocks);
      long _ = new Replayer(trace, false, event -> {
        step.accept(event);
        if (live.addAndGet(trace.change(event)) == trace.peakLive && text.isEmpty()) { // the others wait for their turn
          text.append(String.format(Locale.ROOT, "%s on SLABLAB behind line %d, %,d bytes live; beside these caches %d "
              + "page runs, %dK%n", trace.name, trace.line[event], trace.peakLive, kmem.runs(), kmem.runBytes() / 1024))
              .append(SlabTop.text(kmem.caches().stream().map(KmemCache::stats).toList(), key)).append('\n');
        }
      }).run();
    }
    return text.toString();
  }
}

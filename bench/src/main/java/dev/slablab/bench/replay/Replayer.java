package dev.slablab.bench.replay;

import module java.base;
import io.netty.util.concurrent.DefaultThreadFactory;
import org.jspecify.annotations.Nullable;

/** Runs the events of a trace on one worker per thread of the trace; a value for one pass. */
final class Replayer {
  private static final int SPINS = 200;
  private static final int YIELDS = 400;
  private static final long PAUSE_NANOS = 20_000;
  /** As for JMH's forks: Netty's own kind of threads, for every subject alike. */
  private static final ThreadFactory THREADS = new DefaultThreadFactory("replay", true);

  private static final VarHandle BEGUN = MethodHandles.arrayElementVarHandle(byte[].class);

  private final Trace trace;
  private final boolean concurrent;
  private final IntConsumer step;
  /** Runs of consecutive events of one thread: where they begin, and behind the last. */
  private final int[] segments;
  private final int[][] mine;
  private final Thread[] workers;
  private final long[] began;
  private final long[] nanos;
  /** Concurrent, by block: 1 once the step that began it has ended; only then may another thread end it. */
  private final byte[] begun;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private volatile int turn;

  Replayer(Trace trace, boolean concurrent, IntConsumer step) {
    this.trace = trace;
    begun = new byte[concurrent ? trace.size.length : 0];
    this.concurrent = concurrent;
    this.step = step;
    workers = new Thread[trace.threads];
    nanos = new long[trace.threads];
    began = new long[trace.threads];
    segments = segments(trace);
    List<List<Integer>> all = new ArrayList<>();
    for (int thread = 0; thread < trace.threads; thread++) {
      all.add(new ArrayList<>());
    }
    for (int segment = 0; segment < segments.length - 1; segment++) {
      all.get(trace.thread[segments[segment]]).add(segment);
    }
    mine = all.stream().map(own -> own.stream().mapToInt(Integer::intValue).toArray()).toArray(int[][]::new);
  }

  private static int[] segments(Trace trace) {
    int[] starts = new int[trace.events() + 1];
    int n = 0;
    for (int event = 0; event < trace.events(); event++) {
      if (event == 0 || event == trace.recorded || trace.thread[event] != trace.thread[event - 1]) {
        starts[n++] = event;
      }
    }
    starts[n++] = trace.events();
    return Arrays.copyOf(starts, n);
  }

  /**
   * Runs all events once.
   *
   * @return nanoseconds of the recorded ones: ordered, the sum of the turns; concurrent, from the first thread's start
   *     to the last one's end
   * @throws IllegalStateException when an event failed, naming its line
   */
  long run() {
    Phaser gate = new Phaser(workers.length + 1); // opens twice: at the start, and when all are done
    for (int thread = 0; thread < workers.length; thread++) {
      int id = thread;
      workers[id] = THREADS.newThread(() -> {
        int _ = gate.arriveAndAwaitAdvance();
        began[id] = System.nanoTime(); // not by this method's thread, which may wake when all is over
        work(id);
        int _ = gate.arrive();
      });
      workers[id].start();
    }
    int _ = gate.arriveAndAwaitAdvance();
    int _ = gate.arriveAndAwaitAdvance();
    Throwable failed = failure.get();
    if (failed != null) {
      throw new IllegalStateException(failed.getMessage(), failed);
    }
    return !concurrent ? Arrays.stream(nanos).sum()
        : Arrays.stream(nanos).max().orElse(0) - Arrays.stream(began).min().orElse(0);
  }

  private void work(int thread) {
    int event = -1;
    try {
      for (int segment : mine[thread]) {
        awaitTurn(segment);
        event = segments[segment];
        int end = segments[segment + 1];
        boolean counts = event < trace.recorded;
        long start = System.nanoTime();
        for (; event < end && failure.getPlain() == null; event++) {
          if (concurrent && !awaitLife(trace.needs(event))) {
            return;
          }
          step.accept(event);
          if (concurrent && trace.verb[event] != Trace.FREE) {
            BEGUN.setRelease(begun, trace.block[event], (byte) 1);
          }
        }
        long now = System.nanoTime();
        nanos[thread] = !counts ? nanos[thread] : concurrent ? now : nanos[thread] + now - start;
        passTurn(segment + 1);
      }
    } catch (Throwable e) { // told by run(), with the line
      int line = event < 0 ? 0 : trace.line[event];
      boolean _ = failure.compareAndSet(null, new IllegalStateException("trace = " + trace.name
          + (line == 0 ? ", freeing what was left: " : ", line " + line + ": ") + text(e), e));
      Arrays.stream(workers).forEach(LockSupport::unpark);
    }
  }

  private static String text(Throwable e) {
    return e.getClass() == IllegalStateException.class ? String.valueOf(e.getMessage()) : e.toString();
  }

  private void awaitTurn(int segment) {
    for (int spins = 0; !concurrent && turn != segment && failure.get() == null; spins++) {
      if (spins < SPINS) {
        Thread.onSpinWait();
      } else {
        LockSupport.park(this);
      }
    }
  }

  private void passTurn(int segment) {
    if (!concurrent && segment < segments.length - 1) {
      turn = segment;
      LockSupport.unpark(workers[trace.thread[segments[segment]]]);
    }
  }

  /** False when it will never begin, as another thread failed. */
  private boolean awaitLife(int block) {
    for (int tries = 0; block >= 0 && (byte) BEGUN.getAcquire(begun, block) == 0; tries++) {
      if (failure.get() != null) {
        return false;
      }
      if (tries < SPINS) {
        Thread.onSpinWait();
      } else if (tries < YIELDS) {
        Thread.yield();
      } else {
        LockSupport.parkNanos(this, PAUSE_NANOS);
      }
    }
    return true;
  }
}

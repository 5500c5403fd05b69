package dev.slablab.bench.suite;

import dev.slablab.bench.subject.*;
import java.util.concurrent.atomic.AtomicLongArray;
import org.openjdk.jmh.annotations.*;
import org.openjdk.jmh.infra.*;

/**
 * What does it cost when one thread allocates and another frees?
 *
 * <p><b>Workload:</b> a producer allocates into the slots of a bounded ring, a consumer frees them; slots are handed
 * over {@code batch} at a time (single producer, single consumer, no allocation). An operation is one object, so the
 * scores of the two sides are equal up to waiting: read the slower side.
 * <br><b>Hypothesis:</b> per-CPU magazines turn the hand-over into a refill here and a flush there, half a magazine at
 * a time: cheap in large batches, dominated by the hand-over itself at batch 1.
 * <br><b>Baseline:</b> {@code subject=SLABLAB} at the same batch; Peers says what the same pair costs on one thread.
 * <br><b>Memory:</b> {@code mem.held} and {@code mem.peak}, bytes of slabs, beside {@code mem.objects}, those in
 * flight at the end of an iteration.
 * <br><b>Refuted</b> if a peer without thread caches (NATIVE_MALLOC in one arena) wins at batch 4096.
 * <br><b>Command:</b> {@code java -jar benchmarks.jar sweep ProducerConsumer}; needs two cores.
 */
public class ProducerConsumer extends Suite {
  /** The largest hand-over. */
  static final int MAX_BATCH = 1 << 16;
  /** The ring has room for two batches, so that both sides can work, and for a few small ones. */
  private static final int MIN_SLOTS = 64;

  /** Allocates an object. */
  @Benchmark
  @Group("handOver") @GroupThreads(1)
  public void allocHere(Queue queue, Control control) {
    queue.alloc(control);
  }

  /** Frees an object. */
  @Benchmark
  @Group("handOver") @GroupThreads(1)
  public void freeThere(Queue queue, Control control) {
    queue.free(control);
  }

  /** The ring: slots between {@code freed} and {@code allocated} hold objects. One producer, one consumer. */
  @State(Scope.Benchmark)
  @SuppressWarnings("NullAway.Init") // JMH sets up before it runs
  public static class Queue extends SubjectState {
    /** Words apart of the cursors: two lines, since processors fetch them in pairs. */
    private static final int APART = 16;
    private static final int HEAD = APART;
    private static final int TAIL = 4 * APART;
    /** Tens of microseconds: longer than any hand-over between two running threads. */
    private static final int SPINS = 1000;

    /** Who allocates. */
    @Param({"SLABLAB", "HEAP", "DIRECT", "ARENA", "NATIVE_MALLOC", "NETTY_POOLED", "NETTY_ADAPTIVE", "NETTY_UNPOOLED"})
    public String subject = "";

    /** Bytes of an object. */
    @Param("1024") public int size;

    /** Objects handed over at a time, a power of two. */
    @Param({"1", "64", "4096"}) public int batch;

    /** Published cursors and, a few lines on, each side's private one: allocated at HEAD, freed at TAIL. */
    private final AtomicLongArray cursors = new AtomicLongArray(6 * APART);
    private Subject slots;
    private int mask;

    /** Opens the allocator and proves a ring full of objects. */
    @Setup
    public void setUp(BenchmarkParams params) {
      if (params.getThreads() != 2) {
        throw new IllegalArgumentException("-t = " + params.getThreads() + ": must be 2, a producer and a consumer");
      }
      int length = Math.max(MIN_SLOTS, 2 * batch);
      mask = length - 1;
      slots = open(subject, size, length, true);
      takes(length);
      for (int slot = 0; slot < length; slot++) {
        slots.alloc(slot);
      }
      Patterns.prove(slots, 0, length, 0);
      for (int slot = 0; slot < length; slot++) {
        slots.free(slot);
      }
    }

    void alloc(Control control) {
      long mine = cursors.getPlain(HEAD + APART);
      if ((mine & batch - 1) == 0 && !await(TAIL, mine + batch - mask - 1, control)) {
        return;
      }
      slots.alloc((int) mine & mask);
      step(HEAD, mine + 1);
    }

    void free(Control control) {
      long mine = cursors.getPlain(TAIL + APART);
      if ((mine & batch - 1) == 0 && !await(HEAD, mine + batch, control)) {
        return;
      }
      slots.free((int) mine & mask);
      step(TAIL, mine + 1);
    }

    private void step(int side, long now) {
      cursors.setPlain(side + APART, now);
      if ((now & batch - 1) == 0) {
        cursors.setRelease(side, now);
      }
    }

    /** Waits until the other side's cursor has come far enough; false when the iteration ends first. */
    private boolean await(int side, long wanted, Control control) {
      for (int spins = 0; cursors.getAcquire(side) < wanted; spins++) {
        if (control.stopMeasurement) {
          return false;
        }
        if (spins < SPINS) {
          Thread.onSpinWait();
        } else { // the other side may have lost its core, perhaps to this loop
          Thread.yield();
        }
      }
      return true;
    }

    @Override
    long inFlight() {
      return cursors.get(HEAD + APART) - cursors.get(TAIL + APART);
    }

    /** Proves what is in flight, frees it and closes the allocator. */
    @TearDown(Level.Trial)
    public void tearDown() {
      long end = cursors.get(HEAD + APART);
      for (long at = cursors.get(TAIL + APART); at < end; at++) {
        int slot = (int) at & mask;
        Patterns.prove(slots, slot, slot + 1, at);
        slots.free(slot);
      }
      shut();
    }
  }
}

package dev.slablab.bench.suite;

import module java.base;
import dev.slablab.bench.subject.*;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.*;

/** The one allocator of a fork, what all its threads together hold of it, and the check of its accounts. */
@State(Scope.Benchmark)
public abstract class SubjectState extends TuningState {
  /** What the allocator held at the end of the last iteration, for {@link MemoryProfiler}. */
  private static volatile MemoryUse lastUse = MemoryUse.UNKNOWN;
  /** What the threads held of it then; -1 where nobody counts. */
  private static volatile long lastObjects = -1;
  /** How often a pair asks the slabs for objects; -1 where nobody counts, or it cannot be told. */
  private static volatile double lastRefills = -1;

  /** Whether objects must read as zero; HEAP, DIRECT and ARENA always do. */
  @Param("false") public boolean zeroed;

  private final AtomicLong live = new AtomicLong();
  private @Nullable Subject subject;
  private int views;
  private int size;
  private long most;

  static MemoryUse lastUse() {
    return lastUse;
  }

  static long lastObjects() {
    return lastObjects;
  }

  static double lastRefills() {
    return lastRefills;
  }

  static void tellRefills(double perPair) {
    lastRefills = perPair;
  }

  /** For benchmarks whose subjects are no {@link Subject}. */
  static void report(MemoryUse use) {
    lastUse = use;
  }

  /** Makes the allocator. */
  final Subject open(String kind, int size, int slots, boolean handedOver) {
    lastUse = MemoryUse.UNKNOWN;
    lastObjects = -1;
    lastRefills = -1;
    Subject made = SubjectKind.valueOf(kind).open(Shape.of(size, slots, zeroed, handedOver, tunables()));
    subject = made;
    this.size = size;
    return made;
  }

  /** A table for one more thread. */
  final synchronized Subject join() {
    views++;
    return subject().view();
  }

  /** A thread has freed its objects; the last one closes the allocator. */
  final synchronized void leave() {
    if (--views == 0) {
      shut();
    }
  }

  final void shut() {
    subject().verify(live.get());
    subject().close();
  }

  /** Objects taken (positive) or given back (negative) that stay so at every quiet point until the next call. */
  final void holds(long objects) {
    live.addAndGet(objects);
  }

  /** Objects a thread takes now and then, and has given back at every quiet point. */
  final synchronized void takes(long objects) {
    most += objects;
  }

  /** Between the iterations of all threads: nothing is under way. */
  @TearDown(Level.Iteration)
  public void account() {
    long objects = live.get() + inFlight();
    lastUse = subject().memoryUse().beside(size * Math.max(most, objects));
    lastObjects = objects;
    subject().verify(objects);
  }

  /** {@return objects held beyond those of {@link #holds}} */
  long inFlight() {
    return 0;
  }

  private Subject subject() {
    return Objects.requireNonNull(subject);
  }
}

package dev.slablab.slab;

import dev.slablab.spec.KmemException;
import java.util.function.LongSupplier;

/**
 * One SLEEP allocation's fight for pages: reap, wait with growing back-off, give up after {@code alloc_timeout} without
 * progress. Not thread-safe.
 */
public final class Shortage {
  private static final long FIRST_WAIT_NANOS = 1_000_000;
  private static final long LONGEST_WAIT_NANOS = 100_000_000;

  /** Waits at most so long for memory, or until progress differs from what was seen. */
  @FunctionalInterface
  public interface Wait {
    void await(long nanos, long seen, LongSupplier progress);
  }

  private final SlabContext context;
  private final String what;
  private final long bytes;
  private final LongSupplier returned;
  private final Wait waiting;
  private boolean eager;
  private long wait = FIRST_WAIT_NANOS;
  private long progress;
  private long deadline;

  /** For an allocation (what, in words) that needs so many bytes of pages, or an object that was returned. */
  public Shortage(SlabContext context, String what, long bytes, LongSupplier returned, Wait waiting) {
    this.context = context;
    this.what = what;
    this.bytes = bytes;
    this.returned = returned;
    this.waiting = waiting;
    progress = progress();
    deadline = context.clock().nanoTime() + context.reclaimer().timeoutNanos();
  }

  /** Returns when another try may succeed. */
  public void waitOrThrow() {
    waitOrThrow(returned.getAsLong());
  }

  /** The same for who knows what had been returned before the try that failed, which may not have seen the rest. */
  public void waitOrThrow(long before) {
    long capacity = context.source().capacity();
    if (bytes > capacity) {
      throw noMemory("that takes " + bytes + " bytes of pages, the page source never holds more than " + capacity);
    }
    long now = context.clock().nanoTime();
    long seen = progress();
    if (seen - progress > 0) {
      deadline = now + context.reclaimer().timeoutNanos();
    }
    boolean missed = returned.getAsLong() != before;
    boolean found = context.reclaimer().reclaim() > 0 || progress() - seen > 0; // page runs may be kept
    progress = progress(); // own reclaim is none: it may return what the try before took, a descriptor's slab for one
    if (missed || (found && !eager)) {
      eager = true; // something came free: the next try tells; but reclaim that helps others only is throttled
      return;
    }
    eager = false;
    if (now - deadline >= 0) {
      throw noMemory("no page and no object came free for alloc_timeout = "
          + context.reclaimer().timeoutNanos() / 1_000_000 + " ms");
    }
    waiting.await(Math.min(wait, Math.max(deadline - now, 1)), progress, this::progress);
    wait = Math.min(2 * wait, LONGEST_WAIT_NANOS);
  }

  private long progress() {
    return context.reclaimer().progress() + returned.getAsLong();
  }

  private KmemException noMemory(String why) {
    return new KmemException.NoMemory("alloc: " + what + ": " + why + " (" + context.source().describe()
        + "); free objects, raise the limit, or close caches");
  }
}

package dev.slablab;

import dev.slablab.spec.*;

/**
 * Has an instance's caches shrink while the machine is short of memory. The timer looks, never an allocation; a scan
 * that returns no page doubles the time to the next look, so that what cannot be reclaimed costs little.
 */
final class Pressure {
  private static final long FIRST_NANOS = 1_000_000_000;
  private static final long LONGEST_NANOS = 64 * FIRST_NANOS;

  private final Kmem kmem;
  /** What the last look saw, -1 = it was none; when it was, and how long after it the next one is. */
  private long stalled = -1;
  private long since;
  private long pause = FIRST_NANOS;

  Pressure(Kmem kmem) {
    this.kmem = kmem;
  }

  /** Looks, and scans, when it is time to; gives the time from here to the next look. One thread at a time. */
  long look(long now, Failures thrown) {
    long percent = kmem.tunables().get(Tunable.MEMORY_PRESSURE);
    if (percent == 0) {
      stalled = -1;
      return LONGEST_NANOS;
    }
    long passed = now - since;
    if (stalled >= 0 && passed < pause) {
      return pause - passed;
    }
    long before = stalled;
    stalled = kmem.pressure.stalledNanos();
    since = now;
    if (before < 0 || 100.0 * (stalled - before) < (double) percent * passed) {
      pause = FIRST_NANOS;
    } else {
      long[] bytes = new long[1];
      thrown.run(() -> bytes[0] = kmem.caches.reap());
      pause = bytes[0] > 0 ? FIRST_NANOS : Math.min(2 * pause, LONGEST_NANOS);
    }
    return pause;
  }
}

package dev.slablab.spl;

import dev.slablab.spec.KmemException;

/**
 * One SLEEP allocation's fight for pages: reap, wait with growing back-off, give up after {@code alloc_timeout} without
 * progress. Not thread-safe.
 */
final class Shortage {
  private static final long FIRST_WAIT_NANOS = 1_000_000;
  private static final long LONGEST_WAIT_NANOS = 100_000_000;

  private final SplCache cache;
  private boolean eager;
  private long wait = FIRST_WAIT_NANOS;
  private long progress;
  private long deadline;

  Shortage(SplCache cache) {
    this.cache = cache;
    progress = progress();
    deadline = cache.context.clock().nanoTime() + cache.context.reclaimer().timeoutNanos();
  }

  /** Returns when another try may succeed. */
  void waitOrThrow() {
    long capacity = cache.context.source().capacity();
    if (cache.pages.mappedBytes > capacity) {
      throw noMemory("one slab takes " + cache.pages.mappedBytes + " bytes, the page source never holds more than "
          + capacity);
    }
    boolean reclaimed = cache.context.reclaimer().reclaim() > 0;
    if (reclaimed && !eager) {
      eager = true; // pages came free: the next try tells; but reclaim that helps others only is throttled
      return;
    }
    eager = false;
    long now = cache.context.clock().nanoTime();
    long seen = progress();
    if (seen != progress) {
      progress = seen;
      deadline = now + cache.context.reclaimer().timeoutNanos();
    } else if (now - deadline >= 0) {
      throw noMemory("no page and no object came free for alloc_timeout = "
          + cache.context.reclaimer().timeoutNanos() / 1_000_000 + " ms");
    }
    await(Math.min(wait, Math.max(deadline - now, 1)), seen);
    wait = Math.min(2 * wait, LONGEST_WAIT_NANOS);
  }

  /** Waits until a slab has a free object, or progress moves away from what was seen, or time is up. */
  private void await(long nanos, long seen) {
    boolean _ = cache.locked(() -> cache.context.clock().await(cache.lock, cache.memory, () ->
        !cache.lists.partial.isEmpty() || progress() != seen || cache.growth.closing(), nanos));
  }

  private long progress() {
    return cache.context.reclaimer().progress() + cache.locked(() -> cache.lists.returned);
  }

  private KmemException noMemory(String why) {
    return new KmemException.NoMemory("alloc: cache = " + cache.name() + ", size = " + cache.geometry.objectSize()
        + ": " + why + " (" + cache.context.source().describe() + "); free objects, raise the limit, or close caches");
  }
}

package dev.slablab.linux;

import module java.base;

/**
 * Who may look at freed objects of a cache. A grace period is over when all who were inside as it began are out; nobody
 * waits for it. A reader is counted before it looks; whoever returns a slab looks here after its objects were freed.
 */
final class Readers {
  private final AtomicLong next = new AtomicLong();
  /** By number, from the oldest. */
  private final ConcurrentSkipListMap<Long, Thread> inside = new ConcurrentSkipListMap<>();

  void read(Runnable body) {
    long mine = next.getAndIncrement();
    inside.put(mine, Thread.currentThread());
    VarHandle.fullFence();
    try {
      body.run();
    } finally {
      inside.remove(mine);
    }
  }

  /** Begins a grace period. */
  long begin() {
    VarHandle.fullFence();
    return next.get();
  }

  boolean isOver(long period) {
    return inside.headMap(period).isEmpty();
  }

  /** Whether this thread is one. */
  boolean areInside() {
    return inside.containsValue(Thread.currentThread());
  }
}

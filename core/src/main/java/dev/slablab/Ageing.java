package dev.slablab;

import module java.base;
import dev.slablab.spec.Failures;

/**
 * The periodic work of one instance: each cache's pass when its period is over, then the page runs kept. A chain of
 * tasks, each of which hands over the next (the last number) and does not keep the instance reachable while it waits.
 */
record Ageing(Kmem kmem, Caches caches, AtomicLong last) {
  /** The longest wait, within which caches of another period are seen. */
  private static final long LONGEST_NANOS = 5_000_000_000L;

  /** Has the next pass begin in so many nanoseconds, instead of when it was to. */
  void start(long delay) {
    long number = last.incrementAndGet();
    WeakReference<Ageing> self = new WeakReference<>(this);
    kmem.scheduler.submit(() -> {
      Ageing ageing = self.get();
      if (ageing != null && ageing.last.get() == number && !ageing.kmem.closed) {
        ageing.pass();
      }
    }, delay);
  }

  private synchronized void pass() {
    long now = kmem.clock.nanoTime();
    long period = caches.agePeriodNanos();
    long next = period == 0 ? LONGEST_NANOS : Math.min(period, LONGEST_NANOS);
    Failures thrown = new Failures();
    for (KmemCache cache : caches.all) {
      long own = cache.slabs.agePeriodNanos();
      if (own != 0 && now - cache.aged >= own) {
        cache.aged = now;
        thrown.run(cache.slabs::age);
      }
      next = own == 0 ? next : Math.min(next, cache.aged + own - now);
    }
    if (period != 0) {
      thrown.run(() -> kmem.runs.reap(period));
    }
    if (thrown.first() != null) { // nobody else would hear of it
      System.getLogger("dev.slablab").log(System.Logger.Level.ERROR, "ageing", thrown.first());
    }
    start(Math.max(0, next - (kmem.clock.nanoTime() - now))); // the next begins in time however long this one took
  }
}

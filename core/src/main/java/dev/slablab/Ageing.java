package dev.slablab;

import module java.base;
import dev.slablab.spec.Failures;

/**
 * The periodic work of one instance: a look at memory pressure, each cache's pass when its period is over, then the
 * page runs kept. A chain of
 * tasks, each of which hands over the next (the last number) and does not keep the instance reachable while it waits.
 */
final class Ageing {
  /** The longest wait, within which caches of another period are seen. */
  private static final long LONGEST_NANOS = 5_000_000_000L;

  private final Kmem kmem;
  private final Pressure pressure;
  private final AtomicLong last = new AtomicLong();
  private final AtomicBoolean busy = new AtomicBoolean();

  Ageing(Kmem kmem) {
    this.kmem = kmem;
    this.pressure = new Pressure(kmem);
  }

  /** Has the next pass begin at once, instead of when it was to. */
  void start() {
    submit(last.incrementAndGet(), 0);
  }

  private void submit(long number, long delay) {
    WeakReference<Ageing> self = new WeakReference<>(this);
    kmem.scheduler.submit(() -> Optional.ofNullable(self.get()).ifPresent(ageing -> ageing.pass(number)), delay);
  }

  /** One at a time: a pass that was overtaken while a destructor took long has its successor begin at once. */
  private void pass(long number) {
    if (last.get() != number || kmem.closed || !busy.compareAndSet(false, true)) {
      return;
    }
    long now = kmem.clock.nanoTime();
    long next = LONGEST_NANOS;
    try {
      long period = kmem.caches.agePeriodNanos();
      next = period == 0 ? next : Math.min(period, next);
      Failures thrown = new Failures();
      next = Math.min(next, pressure.look(now, thrown));
      for (KmemCache cache : kmem.caches.all) {
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
    } finally { // a log handler may throw
      busy.set(false);
      boolean mine = last.compareAndSet(number, number + 1); // the next begins in time however long this one took
      submit(mine ? number + 1 : last.incrementAndGet(), mine ? Math.max(0, next - (kmem.clock.nanoTime() - now)) : 0);
    }
  }
}

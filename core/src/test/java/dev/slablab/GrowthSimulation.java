package dev.slablab;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.AllocMode;
import dev.slablab.spec.KmemClock;
import dev.slablab.spec.KmemException;
import dev.slablab.testing.ManualScheduler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.function.BooleanSupplier;

/**
 * Time for one thread: whoever waits runs the tasks there are, then time jumps to the end of the wait. So a whole
 * history of growth, failure, back-off and timeouts is played on the test's thread, the same every time.
 */
final class GrowthSimulation implements KmemClock {
  final ManualScheduler scheduler = new ManualScheduler();
  /** Every wait that ran out, in nanoseconds. */
  final List<Long> timedOut = new ArrayList<>();
  /** Runs at every wait, before the tasks do. */
  Runnable meanwhile = () -> { };
  /** Whether tasks run only at waits without an end. */
  boolean stalled;
  private long now;

  @Override
  public long nanoTime() {
    return now;
  }

  @Override
  public boolean await(Lock lock, Condition condition, BooleanSupplier done, long timeoutNanos) {
    if (done.getAsBoolean()) {
      return true;
    }
    lock.unlock();
    try {
      meanwhile.run();
      int _ = !stalled || timeoutNanos == Long.MAX_VALUE ? scheduler.runAll() : 0;
    } finally {
      lock.lock();
    }
    if (done.getAsBoolean()) {
      return true;
    }
    if (timeoutNanos == Long.MAX_VALUE) {
      throw new AssertionError("an endless wait that nobody ends");
    }
    now += timeoutNanos;
    timedOut.add(timeoutNanos);
    return done.getAsBoolean();
  }

  /** Moves time on, and does what is due. */
  void advance(long nanos) {
    now += nanos;
    scheduler.runTimers();
  }

  /** Takes slabs until there are no more, then emergency objects until not one page run is left for them either. */
  List<Long> exhaust(KmemCache cache) {
    List<Long> all = new ArrayList<>();
    KmemException.NoMemory none = assertThrows(KmemException.NoMemory.class, () -> {
      for (;;) {
        all.add(cache.alloc());
      }
    });
    assertTrue(none.getMessage().contains("memory_limit = "), none.getMessage());
    assertTrue(none.getMessage().contains("alloc_timeout = 10000 ms"), none.getMessage());
    assertTrue(none.getMessage().contains(cache.spec().name()), none.getMessage());
    for (long object = cache.alloc(AllocMode.NOSLEEP); object != 0; object = cache.alloc(AllocMode.NOSLEEP)) {
      all.add(object);
    }
    scheduler.runAll();
    return all;
  }
}
